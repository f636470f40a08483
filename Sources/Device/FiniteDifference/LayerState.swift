import Foundation
import Models

/// Magnetisation of a junction's film and of its lowest granular layer on a mesh.
public struct LayerState: Codable, Sendable, Hashable {
  /// The device's name.
  public var device: String
  /// Current of the pulse that led to it over the critical one.
  public var drive: Double
  /// Share of the area whose grains are up.
  public var share: Double
  /// Cells along x.
  public var nx: Int
  /// Cells along y.
  public var ny: Int
  /// Edge of a cell in metres.
  public var cellMetres: Double
  /// Thickness of the film and of the granular layer of cells in metres.
  public var thicknesses: [Double]
  /// m of the film, `[ny][nx]`, to 0.001; 0 outside.
  public var film: [SIMD3<Double>]
  /// m of the lowest granular layer, the same.
  public var grains: [SIMD3<Double>]

  init(device: String, drive: Double, share: Double, mesh: Mesh, magnetization m: [SIMD3<Double>]) {
    (self.device, self.drive, self.share) = (device, drive, share)
    (nx, ny, cellMetres) = (mesh.nx, mesh.ny, mesh.width)
    thicknesses = [0, 1].map(mesh.thickness)
    let rounded = m[..<(2 * mesh.plane)].map { ($0 * 1000).rounded(.toNearestOrEven) / 1000 }
    film = Array(rounded[..<mesh.plane])
    grains = Array(rounded[mesh.plane...])
  }

  /// A junction half way up its S-curve: the grains as one pulse of the grain engine leaves them, of sixteen pulses from
  /// 0.3 to 1.05 times the critical current that nearest to half of the area, and the film over them at its least energy
  /// on the mesh.
  ///
  /// - Parameters:
  ///   - seed: Of the junction, the first of the device's ensembles, and of the pulses.
  ///   - cellMetres: Edge of a cell in metres (0.2e-9 to 5e-9).
  /// - Throws: ``DeviceError`` for values out of range.
  public static func halfway(
    of spec: DeviceSpec, seed: UInt64, cellMetres: Double = 1e-9
  ) throws(DeviceError) -> LayerState {
    try DeviceError.check(spec: spec, programming: ProgrammingSpec(spec))
    guard (0.2e-9...5e-9).contains(cellMetres) else {
      throw DeviceError(
        .invalidInput, "cells of \(cellMetres) m; expected 0.2e-9 to 5e-9", at: spec.name)
    }
    let junction = GrainJunction(spec: spec, seed: seed, index: 0, tensors: GrainJunction.tensors(for: spec))
    let drives = (0..<SpinReplicas.count).map { 0.3 + 0.05 * Double($0) }
    let outcomes = junction.run(
      drives: drives.map { [$0] }, shape: PulseShape(widthSeconds: spec.dynamics.pulseWidthSeconds),
      streams: drives.indices.map { KeyedRandom(seed: seed, stage: "device.halfway", item: UInt64($0)) }
    ).map { $0[0] }
    let nearest =
      outcomes.indices.min { abs(outcomes[$0].fraction - 0.5) < abs(outcomes[$1].fraction - 0.5) } ?? 0
    let solver = MicromagneticSolver.filmOverHeldGrains(
      spec, junction.layout, up: outcomes[nearest].parallel, cellMetres: cellMetres)
    solver.minimize(toleranceTesla: 1e-4, steps: 5000)
    return LayerState(
      device: spec.name, drive: drives[nearest], share: outcomes[nearest].fraction, mesh: solver.magnet.mesh,
      magnetization: solver.magnetization)
  }

  /// The film as a file for other programs.
  public var filmFile: VectorFieldFile { file("film", film, thickness: thicknesses[0]) }

  /// The lowest granular layer as a file for other programs.
  public var grainsFile: VectorFieldFile { file("grains", grains, thickness: thicknesses[1]) }

  private func file(_ name: String, _ m: [SIMD3<Double>], thickness: Double) -> VectorFieldFile {
    VectorFieldFile(
      title: "\(device), \(name) half way", magnetization: m,
      mesh: Mesh(nx: nx, ny: ny, layers: 1, cell: SIMD3(cellMetres, cellMetres, thickness)), layers: 0..<1)
  }
}

extension MicromagneticSolver {
  /// A junction whose grains are held up or down, the film above them the same way and above boundaries sideways.
  static func filmOverHeldGrains(
    _ spec: DeviceSpec, _ layout: GrainLayout, up: [Bool], cellMetres: Double
  ) -> MicromagneticSolver {
    var cut = JunctionMesh()
    cut.cellMetres = cellMetres
    var magnet = Micromagnet(spec: spec, layout: layout, mesh: cut)
    let plane = magnet.mesh.plane
    magnet.isHeld = (0..<magnet.mesh.count).map { $0 >= plane }
    let solver = MicromagneticSolver(magnet)
    let grains = magnet.grains
    var m = solver.magnetization
    for cell in 0..<plane {
      let grain = grains[plane + cell]
      let z = grain >= 0 ? (up[grain] ? 1.0 : -1) : 0
      m[plane + cell] = SIMD3(0, 0, z)
      m[cell] = SIMD3(0, 0.05, z)
    }
    solver.magnetization = m
    return solver
  }
}
