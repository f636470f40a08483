import Device
import Foundation
import Models
import Testing

/// What thermal waves shorter than a grain take of its moment.
@Suite struct ThermalLengthsTests {
  private static func spec(stiffness: Double) throws -> DeviceSpec {
    var spec = try Specs.withoutDeviceSpread(diameter: 40e-9)
    spec.film.exchangeStiffness = stiffness
    spec.granular.anisotropySigma = 0
    return spec
  }

  /// A field along x in tesla and a current density in A/m^2 whose torque, polarised along x, pushes along y.
  private static let (field, density) = (0.4, 2e12)

  /// What waves leave, mean over time.
  private struct Warm {
    /// Moments of the grains over those of their cells: film, granular layer.
    var kept = SIMD2(0.0, 0)
    /// Moment of the film in A m^2.
    var film = SIMD3(0.0, 0, 0)
  }

  /// A junction's cells under field and current; with large damping, which changes no equilibrium and is sooner there.
  private static func onCells(_ spec: DeviceSpec, _ layout: GrainLayout, _ cut: JunctionMesh) -> Warm {
    var magnet = Micromagnet(spec: spec, layout: layout, mesh: cut)
    magnet.dampings = magnet.dampings.map { _ in 0.3 }
    magnet.zeeman = Zeeman(tesla: SIMD3(field, 0, 0))
    magnet.slonczewski?.polarizer = SIMD3(1, 0, 0)
    let step = 0.1 / (magnet.gyromagneticRatio * magnet.largestFieldTesla)
    let solver = MicromagneticSolver(magnet, along: SIMD3(0, 0, -1))
    solver.currentDensity = { _ in density }
    let noise = solver.noise(
      ThermalField(kelvin: spec.temperatureKelvin, seed: 5, item: 1), stepSeconds: step,
      demagnetizationSteps: 8)
    noise.advance(steps: Int((60e-12 / step).rounded()))
    let (plane, snapshots) = (magnet.mesh.plane, 300)
    let volume = cut.cellMetres * cut.cellMetres * spec.film.thicknessMetres
    var warm = Warm()
    for _ in 0..<snapshots {
      noise.advance(steps: Int((2e-12 / step).rounded()))
      let m = solver.magnetization
      for layer in 0...1 {
        var moments: [Int: SIMD3<Double>] = [:]
        var cells = 0.0
        for cell in 0..<plane where magnet.grains[cell + plane] >= 0 {
          let index = cell + layer * plane
          let moment = m[index] * magnet.saturationMagnetizations[index]
          moments[magnet.grains[cell + plane], default: .zero] += moment
          cells += magnet.saturationMagnetizations[index]
          if layer == 0 { warm.film += moment * volume / Double(snapshots) }
        }
        warm.kept[layer] +=
          moments.values.reduce(0) { $0 + ($1 * $1).sum().squareRoot() } / cells / Double(snapshots)
      }
    }
    return warm
  }

  /// Moment of the film in A m^2 by the grain engine under the same.
  private static func byGrains(_ spec: DeviceSpec, _ layout: GrainLayout) -> SIMD3<Double> {
    var network = SpinNetwork(spec: spec, layout: layout, tensors: GrainJunction.tensors(for: spec))
    network.damping = network.damping.map { _ in 0.3 }
    network.outside = network.outside.map { _ in SIMD3(field, 0, 0) }
    network.polarizer = SIMD3(1, 0, 0)
    let kernel = SpinKernel(
      network, stepSeconds: network.longestStepSeconds / 2, kelvin: spec.temperatureKelvin,
      unitCurrentDensity: 1)
    let replicas = SpinReplicas(
      kernel,
      streams: (0..<SpinReplicas.count).map { KeyedRandom(seed: 5, stage: "test.lengths", item: UInt64($0)) },
      along: SIMD3(0, 0, -1))
    let drives = (0..<SpinReplicas.count).map { _ in (from: density, to: density) }
    replicas.advance(steps: replicas.steps(60e-12), drives: drives)
    var film = SIMD3(0.0, 0, 0)
    let snapshots = 60
    for _ in 0..<snapshots {
      replicas.advance(steps: replicas.steps(5e-12), drives: drives)
      for replica in 0..<SpinReplicas.count {
        for spin in 0..<network.lower {
          film += network.moments[spin] * replicas[spin, replica: replica]
        }
      }
    }
    return film / Double(snapshots * SpinReplicas.count)
  }

  /// With the parameters that the closed form gives, waves leave as much of a grain's moment as it says, and the film turns
  /// under field and torque as that of the grain engine; with the device's own it gives way more.
  @Test(arguments: [1e-12, 5e-12, 20e-12])
  func filmsAnswerAsTheGrainEngine(stiffness: Double) throws {
    let spec = try Self.spec(stiffness: stiffness)
    let layout = GrainJunction(
      spec: spec, seed: 1, index: 0, tensors: GrainJunction.tensors(for: spec)
    ).layout
    var cut = JunctionMesh()
    let unscaled = Self.onCells(spec, layout, cut)
    cut.lengths = try ThermalLengths(
      of: spec, cellMetres: cut.cellMetres, granularStiffness: cut.granularStiffness)
    let cells = Self.onCells(spec, layout, cut)
    let grains = Self.byGrains(spec, layout)
    for axis in 0..<3 { #expect(abs(cells.film[axis] / grains[axis] - 1) < 0.03, "\(axis)") }
    #expect(abs((1 - cells.kept[0]) / (1 - cut.lengths.film) - 1) < 0.15)
    #expect(abs(cells.kept[1] - cut.lengths.grains) < 0.015)
    func tilt(_ film: SIMD3<Double>) -> Double { abs(film.x / film.z) }
    #expect(tilt(unscaled.film) > 1.04 * tilt(grains))
  }

  /// Nothing is lost without temperature, nor on cells as large as grains; more on finer cells and in softer films.
  @Test func limits() throws {
    func lengths(_ cell: Double, _ change: (inout DeviceSpec) -> Void = { _ in }) throws -> ThermalLengths {
      var spec = try Self.spec(stiffness: 5e-12)
      change(&spec)
      return try ThermalLengths(of: spec, cellMetres: cell, granularStiffness: 1e-11)
    }
    let usual = try lengths(2e-9)
    #expect(abs(try lengths(2e-9) { $0.temperatureKelvin = 1e-6 }.film - 1) < 1e-8)
    let area = 3.0.squareRoot() / 2 * 1e-16
    #expect(try lengths(area.squareRoot()) == .none)
    #expect(try lengths(1e-9).film < usual.film)
    #expect(try lengths(2e-9) { $0.film.exchangeStiffness = 1e-12 }.film < usual.film)
    // Cells that feel nothing of each other: 1 / (1 + kT / E) of a cell, the share of the waves that are shorter than a grain.
    let alone = try lengths(2e-9) {
      $0.film.exchangeStiffness = 0
      $0.coupling.interlayerExchange = 0.1
    }
    let energy =
      (0.1 * 0.81 + 2 * (1.1e-3 - 2e-7 * Double.pi * 1.1e6 * 1.1e6 * 1e-9)) * 4e-18
    let kT = 1.380649e-23 * 300
    #expect(abs(1 / alone.film - 1 - kT / energy * (1 - 4e-18 / area)) < 1e-6)
    #expect(throws: DeviceError.self) {
      try lengths(1e-9) {
        $0.film.exchangeStiffness = 0
        $0.coupling.interlayerExchange = 0
      }
    }
  }
}
