import Foundation
import Models

/// One junction under both engines: the same grains on a finite-difference mesh and as macrospins.
///
/// Every pulse starts with all grains down. What is compared is the share of the area whose grains stand up after it.
public struct EngineComparison: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The device.
  public var spec: DeviceSpec
  /// What was computed.
  public var sampling: Sampling
  /// Time step on the mesh in seconds.
  public var stepSeconds: Double
  /// The response at each current.
  public var points: [Point]
  /// Current at which half of the area goes over, over the critical one: on the mesh.
  public var cellsHalf: Estimate
  /// By the grain engine.
  public var grainsHalf: Estimate
  /// Magnetisation of the film and of the lowest granular layer after the pulse that left nearest to half of the area up.
  public var halfway: Halfway
  /// How the comparison came about.
  public var provenance: Provenance

  /// How much is computed.
  public struct Sampling: Codable, Sendable, Hashable {
    /// Index of the junction in its ensemble.
    public var junction = 0
    /// Currents over the critical one (at least 2), rising.
    public var drives = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    /// Pulses at each on the mesh (at least 2).
    public var pulses = 8
    /// Pulses at each by the grain engine (at least 2).
    public var grainPulses = 64
    /// Edge of a cell in metres (0.5e-9 to 5e-9).
    public var cellMetres = 2e-9
    /// Exchange stiffness within a grain in J/m.
    public var granularStiffness = 1e-11

    /// The usual amount.
    public init() {}
  }

  /// Both engines at one current.
  public struct Point: Codable, Sendable, Hashable {
    /// Current over the critical one.
    public var drive: Double
    /// Share of the area that went over on the mesh, for each pulse.
    public var cells: [Double]
    /// By the grain engine.
    public var grains: [Double]
    /// Film along parallel at the end of the pulse on the mesh, mean.
    public var cellsFilm: Double
    /// By the grain engine.
    public var grainsFilm: Double
  }

  /// A state on the mesh.
  public struct Halfway: Codable, Sendable, Hashable {
    /// Current over the critical one.
    public var drive: Double
    /// Share of the area whose grains are up.
    public var share: Double
    /// Cells along x.
    public var nx: Int
    /// Cells along y.
    public var ny: Int
    /// Edge of a cell in metres.
    public var cellMetres: Double
    /// Thickness of the film and of the lowest granular layer of cells in metres.
    public var thicknesses: [Double]
    /// m of the film, `[ny][nx][3]`; 0 outside.
    public var film: [[Double]]
    /// m of the lowest granular layer.
    public var grains: [[Double]]
  }

  /// The film half way as a file for other programs.
  public var filmFile: VectorFieldFile { file("film", halfway.film, thickness: halfway.thicknesses[0]) }

  /// The lowest granular layer half way.
  public var grainsFile: VectorFieldFile { file("grains", halfway.grains, thickness: halfway.thicknesses[1]) }

  private func file(_ name: String, _ m: [[Double]], thickness: Double) -> VectorFieldFile {
    VectorFieldFile(
      title: "\(spec.name), \(name) half way", magnetization: m.map { SIMD3($0[0], $0[1], $0[2]) },
      mesh: Mesh(
        nx: halfway.nx, ny: halfway.ny, layers: 1,
        cell: SIMD3(halfway.cellMetres, halfway.cellMetres, thickness)), layers: 0..<1)
  }

  /// Runs one junction.
  ///
  /// - Parameters:
  ///   - seed: Of the junction, which is that of the device's ensembles, and of the noise.
  ///   - threads: Threads to share the pulses among; the result does not depend on it.
  ///   - progress: Called from any thread with the number of pulses done on the mesh.
  /// - Throws: ``DeviceError`` for values out of range.
  public init(
    spec: DeviceSpec, seed: UInt64, sampling: Sampling = Sampling(), threads: Int = 1,
    progress: (@Sendable (Int) -> Void)? = nil
  ) throws(DeviceError) {
    try DeviceError.check(spec: spec, programming: ProgrammingSpec(spec))
    guard sampling.junction >= 0, sampling.drives.count >= 2, sampling.pulses >= 2, sampling.grainPulses >= 2,
      zip(sampling.drives, sampling.drives.dropFirst()).allSatisfy({ $0 < $1 }),
      (0.5e-9...5e-9).contains(sampling.cellMetres), (1e-13...1e-10).contains(sampling.granularStiffness)
    else {
      throw DeviceError(
        .invalidInput,
        "expected two rising currents and two pulses at least, cells of 0.5e-9 to 5e-9 m and a stiffness of 1e-13 to"
          + " 1e-10 J/m", at: spec.name)
    }
    let shape = PulseShape(widthSeconds: spec.dynamics.pulseWidthSeconds)
    let junction = GrainJunction(
      spec: spec, seed: seed, index: sampling.junction, tensors: GrainJunction.tensors(for: spec))
    let mesh = MeshJunction(spec: spec, junction: junction, sampling)
    let done = Counter()
    let items = sampling.drives.indices.flatMap { drive in (0..<sampling.pulses).map { (drive, $0) } }
    let onMesh = parallelMap(items.count, threads: threads) { place in
      let (drive, pulse) = items[place]
      let item = UInt64(sampling.junction) << 32 | UInt64(drive) << 16 | UInt64(pulse)
      let outcome = mesh.run(drive: sampling.drives[drive], shape: shape, seed: seed, item: item)
      progress?(done.next())
      return outcome
    }
    let width = SpinReplicas.count
    let batches = (sampling.grainPulses + width - 1) / width
    let byGrains = parallelMap(sampling.drives.count * batches, threads: threads) { place in
      let (drive, batch) = place.quotientAndRemainder(dividingBy: batches)
      let first = batch * width
      let count = min(width, sampling.grainPulses - first)
      return junction.run(
        drives: (0..<count).map { _ in [sampling.drives[drive]] }, shape: shape,
        streams: (0..<count).map {
          KeyedRandom(
            seed: seed, stage: "device.compare",
            item: UInt64(sampling.junction) << 32 | UInt64(drive) << 16 | UInt64(first + $0))
        }
      ).map { $0[0] }
    }
    let points = sampling.drives.indices.map { drive -> Point in
      let cells = items.indices.filter { items[$0].0 == drive }.map { onMesh[$0] }
      let grains = (0..<batches).flatMap { byGrains[drive * batches + $0] }
      return Point(
        drive: sampling.drives[drive], cells: cells.map(\.fraction), grains: grains.map(\.fraction),
        cellsFilm: cells.reduce(0) { $0 + $1.film } / Double(cells.count),
        grainsFilm: grains.reduce(0) { $0 + $1.filmUnderPulse } / Double(grains.count))
    }
    self.points = points
    cellsHalf = Self.half(points.map { ($0.drive, $0.cells) }, seed: seed, item: 0)
    grainsHalf = Self.half(points.map { ($0.drive, $0.grains) }, seed: seed, item: 1)
    let nearest = onMesh.indices.min { abs(onMesh[$0].fraction - 0.5) < abs(onMesh[$1].fraction - 0.5) } ?? 0
    halfway = Halfway(
      drive: sampling.drives[items[nearest].0], share: onMesh[nearest].fraction, nx: mesh.magnet.mesh.nx,
      ny: mesh.magnet.mesh.ny, cellMetres: sampling.cellMetres,
      thicknesses: [0, 1].map(mesh.magnet.mesh.thickness), film: onMesh[nearest].film3,
      grains: onMesh[nearest].grains3)
    self.spec = spec
    self.sampling = sampling
    stepSeconds = mesh.stepSeconds
    provenance = Provenance(
      seed: seed, tools: ["tessera": Tessera.version],
      citations: GrainEnsemble.citations + [.newell1993],
      assumptions: [
        "Both engines take magnetisations at the device's temperature; waves shorter than a cell are in them, longer ones"
          + " take a little more of it on the mesh."
      ])
  }

  /// Current at which the mean share passes one half, with the interval of a bootstrap over pulses.
  private static func half(_ curve: [(drive: Double, shares: [Double])], seed: UInt64, item: UInt64)
    -> Estimate
  {
    func crossing(_ means: [Double]) -> Double {
      var highest = 0.0
      let rising = means.map { mean -> Double in
        highest = max(highest, mean)
        return highest
      }
      guard let above = rising.firstIndex(where: { $0 >= 0.5 }) else { return curve[curve.count - 1].drive }
      guard above > 0 else { return curve[0].drive }
      let (low, high) = (rising[above - 1], rising[above])
      return curve[above - 1].drive + (0.5 - low) / (high - low)
        * (curve[above].drive - curve[above - 1].drive)
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    var random = KeyedRandom(seed: seed, stage: "device.compare.bootstrap", item: item)
    let resampled = (0..<2000).map { _ in
      crossing(
        curve.map { point in
          mean(point.shares.map { _ in point.shares[Int(random.uniform() * Double(point.shares.count))] })
        })
    }.sorted()
    return Estimate(
      value: crossing(curve.map { mean($0.shares) }), low: resampled[50], high: resampled[1949],
      samples: curve.reduce(0) { $0 + $1.shares.count })
  }
}

/// One junction on a mesh, under pulses.
private struct MeshJunction: Sendable {
  let magnet: Micromagnet
  let stepSeconds: Double
  private let weights: [Double]
  private let kelvin: Double
  private let unitDensity: Double

  init(spec: DeviceSpec, junction: GrainJunction, _ sampling: EngineComparison.Sampling) {
    var cut = JunctionMesh()
    cut.cellMetres = sampling.cellMetres
    cut.granularStiffness = sampling.granularStiffness
    magnet = Micromagnet(spec: spec, layout: junction.layout, mesh: cut)
    weights = junction.weights
    kelvin = spec.temperatureKelvin
    unitDensity = spec.criticalCurrentDensity / junction.junction.areaRatio
    stepSeconds = 0.2 / (magnet.gyromagneticRatio * magnet.largestFieldTesla)
  }

  struct Outcome: Sendable {
    /// Share of the area whose grains are up after the rest.
    var fraction: Double
    /// Film along up at the end of the pulse, of its moment: (1 + m_z) / 2.
    var film: Double
    /// m of each cell of the film after the rest.
    var film3: [[Double]]
    /// m of each cell of the lowest granular layer.
    var grains3: [[Double]]
  }

  func run(drive: Double, shape: PulseShape, seed: UInt64, item: UInt64) -> Outcome {
    let solver = MicromagneticSolver(magnet, along: SIMD3(0, 0, -1))
    let thermal = ThermalField(kelvin: kelvin, seed: seed, item: item)
    func steps(_ seconds: Double) -> Int { Int((seconds / stepSeconds).rounded(.up)) }
    let noise = solver.noise(thermal, stepSeconds: stepSeconds)
    noise.advance(steps: steps(shape.settleSeconds))
    let density = drive * unitDensity
    solver.currentDensity = { _ in density }
    noise.advance(steps: steps(shape.widthSeconds))
    let film = (1 + solver.mean(ofLayers: 0..<1).z) / 2
    solver.currentDensity = { _ in 0 }
    noise.advance(steps: steps(shape.restSeconds))
    let m = solver.magnetization
    let plane = magnet.mesh.plane
    var sums = [Double](repeating: 0, count: weights.count)
    for cell in plane..<m.count where magnet.grains[cell] >= 0 { sums[magnet.grains[cell]] += m[cell].z }
    return Outcome(
      fraction: zip(weights, sums).reduce(0) { $0 + ($1.1 > 0 ? $1.0 : 0) }, film: film,
      film3: m[..<plane].map { [$0.x, $0.y, $0.z] }, grains3: m[plane..<2 * plane].map { [$0.x, $0.y, $0.z] })
  }
}
