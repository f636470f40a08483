import Foundation
import Models

/// One junction under both engines: the same grains on a finite-difference mesh and as macrospins.
///
/// Every pulse starts with all grains down. What is compared is the share of the area whose grains stand up after it.
///
/// Cells that a dynamic mesh can afford are wider than the film's walls between grains, which then cost less than they
/// should. The grain engine therefore gets couplings that are fitted to energies on this very mesh (``couplings``), so
/// that what is compared is the dynamics; its response with the device's own couplings stands beside it. What the
/// couplings are where walls are resolved, a ``CouplingFit`` on fine cells says. Cells get parameters that undo what thermal
/// waves shorter than a grain take, see ``ThermalLengths``.
public struct EngineComparison: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The device.
  public var spec: DeviceSpec
  /// What was computed.
  public var sampling: Sampling
  /// Time step on the mesh in seconds.
  public var stepSeconds: Double
  /// Lengths that thermal waves on the mesh take from magnetisations and its parameters give back.
  public var lengths: ThermalLengths
  /// Both engines at each current.
  public var points: [Point]
  /// The grain engine's couplings on this mesh.
  public var couplings: CouplingFit
  /// What the mesh makes of the junction.
  public var mesh: Response
  /// What the grain engine makes of it with couplings of this mesh.
  public var grains: Response
  /// With the device's own.
  public var ownGrains: Response
  /// Current at which half of the area goes over on the mesh, over that of the grain engine; `nil` where either is not
  /// between the currents.
  public var switchingRatio: Estimate?
  /// Share of the area that goes over on the mesh less that of the grain engine, mean over the currents.
  public var difference: Estimate
  /// Magnetisation of the film and of the lowest granular layer after the pulse that left nearest to half of the area up.
  public var halfway: LayerState
  /// How the comparison came about.
  public var provenance: Provenance

  /// How much is computed.
  public struct Sampling: Codable, Sendable, Hashable {
    /// Index of the junction in its ensemble.
    public var junction = 0
    /// Currents over the critical one (2 to 1000), rising.
    public var drives = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    /// Pulses at each on the mesh (2 to 10,000).
    public var pulses = 6
    /// Pulses at each by the grain engine (2 to 10,000).
    public var grainPulses = 128
    /// Edge of a cell in metres (0.5e-9 to 5e-9).
    public var cellMetres = 2e-9
    /// Exchange stiffness within a grain in J/m (1e-13 to 1e-10); an assumption.
    public var granularStiffness = 1e-11
    /// Junctions and patterns of each from which couplings are fitted, see ``CouplingFit/Sampling``.
    public var couplingJunctions = 4
    /// Patterns of each.
    public var couplingPatterns = 12
    /// Steps after which stray fields on the mesh are computed anew (1 to 100).
    public var demagnetizationSteps = 8
    /// Whether cells get parameters that undo what thermal waves shorter than a grain take; else the device's own.
    public var givesLengthsBack = true

    /// The usual amount.
    public init() {}
  }

  /// Both engines at one current.
  public struct Point: Codable, Sendable, Hashable {
    /// Current over the critical one.
    public var drive: Double
    /// On the mesh.
    public var mesh: Shares
    /// By the grain engine with couplings of this mesh.
    public var grains: Shares
    /// With the device's own.
    public var ownGrains: Shares
    /// Mean share on the mesh less that of the grain engine with couplings of this mesh.
    public var difference: Estimate
  }

  /// What pulses at one current leave.
  public struct Shares: Codable, Sendable, Hashable {
    /// Share of the area whose grains are up after each pulse.
    public var up: [Double]
    /// Their mean.
    public var mean: Estimate
    /// Film along up less grains along up at the end of the pulse, mean.
    public var filmAhead: Double
  }

  /// What becomes of the junction under rising current, see ``DesignPoint``.
  public struct Response: Codable, Sendable, Hashable {
    /// Current at which half of the area goes over, over the critical one, with the interval of a bootstrap over
    /// pulses; `nil` where it is not between the currents.
    public var half: Estimate?
    /// Variance from pulse to pulse over that of as many independent grains, F (1 - F) / N_eff, together over the
    /// currents at which a tenth to nine tenths go over; `nil` without any.
    public var cooperation: Double?
    /// How the layer reverses.
    public var regime: DesignPoint.Regime
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
    let counts = 2...10_000
    guard sampling.junction >= 0, (2...1000).contains(sampling.drives.count),
      counts.contains(sampling.pulses),
      counts.contains(sampling.grainPulses),
      zip([0] + sampling.drives, sampling.drives).allSatisfy({ $0 < $1 }),
      (0.5e-9...5e-9).contains(sampling.cellMetres), (1e-13...1e-10).contains(sampling.granularStiffness),
      (1...100).contains(sampling.demagnetizationSteps)
    else {
      throw DeviceError(
        .invalidInput,
        "expected 2 to 1000 rising currents above 0, 2 to 10,000 pulses, cells of 0.5e-9 to 5e-9 m, a stiffness of 1e-13"
          + " to 1e-10 J/m and stray fields every 1 to 100 steps", at: spec.name)
    }
    let shape = PulseShape(widthSeconds: spec.dynamics.pulseWidthSeconds)
    let junction = GrainJunction(
      spec: spec, seed: seed, index: sampling.junction, tensors: GrainJunction.tensors(for: spec))
    let cells = try MeshJunction(spec: spec, junction: junction, sampling)
    var fitting = CouplingFit.Sampling()
    fitting.junctions = sampling.couplingJunctions
    fitting.patterns = sampling.couplingPatterns
    fitting.cellMetres = sampling.cellMetres
    let couplings = try CouplingFit(spec: spec, seed: seed, sampling: fitting, threads: threads)
    self.couplings = couplings
    let done = Counter()
    let items = sampling.drives.indices.flatMap { drive in (0..<sampling.pulses).map { (drive, $0) } }
    let onMesh = parallelMap(items.count, threads: threads) { place in
      let (drive, pulse) = items[place]
      let item = UInt64(sampling.junction) << 32 | UInt64(drive) << 16 | UInt64(pulse)
      let outcome = cells.run(drive: sampling.drives[drive], shape: shape, seed: seed, item: item)
      progress?(done.next())
      return outcome
    }
    let (own, fitted) = (
      Self.byGrains(junction, sampling, shape, seed: seed, threads: threads),
      Self.byGrains(
        GrainJunction(
          spec: couplings.fitted, seed: seed, index: sampling.junction,
          tensors: GrainJunction.tensors(for: couplings.fitted)), sampling, shape, seed: seed,
        threads: threads)
    )
    let points = sampling.drives.indices.map { drive -> Point in
      let onCells = items.indices.filter { items[$0].0 == drive }.map { onMesh[$0] }
      let mesh = Shares(onCells.map { ($0.fraction, $0.filmAhead) })
      let grains = Shares(fitted[drive].map { ($0.fraction, $0.filmAhead) })
      return Point(
        drive: sampling.drives[drive], mesh: mesh, grains: grains,
        ownGrains: Shares(own[drive].map { ($0.fraction, $0.filmAhead) }),
        difference: .difference([(mesh.mean, grains.mean)]))
    }
    self.points = points
    difference = .difference(points.map { ($0.mesh.mean, $0.grains.mean) })
    let effective = 1 / junction.weights.reduce(0) { $0 + $1 * $1 }
    let curves = [\Point.mesh, \.grains, \.ownGrains].map { path in points.map { $0[keyPath: path] } }
    let halves = curves.enumerated().map { item, curve in
      HalfCrossing(zip(sampling.drives, curve.map(\.up)).map { ($0, $1) }, seed: seed, item: UInt64(item))
    }
    let responses = zip(curves, halves).map {
      Response($0, half: $1.estimate, effectiveGrains: effective)
    }
    (self.mesh, grains, ownGrains) = (responses[0], responses[1], responses[2])
    switchingRatio = halves[0].ratio(to: halves[1])
    let nearest = onMesh.indices.min { abs(onMesh[$0].fraction - 0.5) < abs(onMesh[$1].fraction - 0.5) } ?? 0
    halfway = LayerState(
      device: spec.name, drive: sampling.drives[items[nearest].0], share: onMesh[nearest].fraction,
      mesh: cells.magnet.mesh, magnetization: onMesh[nearest].magnetization)
    self.spec = spec
    self.sampling = sampling
    stepSeconds = cells.stepSeconds
    lengths = cells.lengths
    provenance = Provenance(
      seed: seed, tools: ["tessera": Tessera.version],
      citations: GrainEnsemble.citations + (sampling.givesLengthsBack ? [.callen1966, .oezelt2022] : []),
      assumptions: [
        sampling.givesLengthsBack
          ? "Thermal waves shorter than a grain take \(Self.percent(1 - cells.lengths.film)) of the film's moment and"
            + " \(Self.percent(1 - cells.lengths.grains)) of the grains' on the mesh, by linear waves without current, which"
            + " makes them grow; cells have magnetisation and polarisation over the length m that is left, stiffness over m^2,"
            + " anisotropy over m^3, coupling over both m."
          : "Cells have the device's own parameters at its temperature, of which thermal waves shorter than a grain take a"
            + " part once more.",
        "Film exchange between grains and dipoles of the grain engine are fitted to energies on the same mesh, whose cells"
          + " need not resolve the film's walls.",
        "Grains have an exchange stiffness of \(sampling.granularStiffness) J/m inside; stray fields on the mesh are"
          + " computed every \(sampling.demagnetizationSteps) steps and continued along a line.",
      ])
  }
}

extension EngineComparison {
  private static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  /// Pulses of the grain engine at each current.
  private static func byGrains(
    _ junction: GrainJunction, _ sampling: Sampling, _ shape: PulseShape, seed: UInt64, threads: Int
  ) -> [[GrainJunction.Outcome]] {
    let width = SpinReplicas.count
    let batches = (sampling.grainPulses + width - 1) / width
    let outcomes = parallelMap(sampling.drives.count * batches, threads: threads) { place in
      let (drive, batch) = place.quotientAndRemainder(dividingBy: batches)
      let pulses = batch * width..<min((batch + 1) * width, sampling.grainPulses)
      return junction.run(
        drives: pulses.map { _ in [sampling.drives[drive]] }, shape: shape,
        streams: pulses.map {
          KeyedRandom(
            seed: seed, stage: "device.compare",
            item: UInt64(sampling.junction) << 32 | UInt64(drive) << 16 | UInt64($0))
        }
      ).map { $0[0] }
    }
    return sampling.drives.indices.map { drive in
      outcomes[drive * batches..<(drive + 1) * batches].flatMap { $0 }
    }
  }
}

extension EngineComparison.Shares {
  fileprivate init(_ pulses: [(up: Double, filmAhead: Double)]) {
    up = pulses.map(\.up)
    mean = .mean(up) ?? Estimate(value: 0, low: 0, high: 1, samples: 0)
    filmAhead = pulses.reduce(0) { $0 + $1.filmAhead } / Double(pulses.count)
  }
}

extension EngineComparison.Response {
  fileprivate init(_ shares: [EngineComparison.Shares], half: Estimate?, effectiveGrains: Double) {
    self.half = half
    let means = shares.map(\.mean.value)
    let middle = shares.filter { (0.1...0.9).contains($0.mean.value) }.compactMap { Moments($0.up) }
    let independent = middle.reduce(0) { $0 + $1.mean * (1 - $1.mean) / effectiveGrains }
    cooperation =
      independent > 0 ? middle.reduce(0) { $0 + pow($1.standardDeviation, 2) } / independent : nil
    let jumps = zip(means, means.dropFirst()).contains { $0 < 0.1 && $1 > 0.9 }
    regime = DesignPoint.Regime(
      top: means.max() ?? 0, filmAhead: shares.map(\.filmAhead).max() ?? 0,
      cooperation: jumps ? .infinity : cooperation)
  }
}

extension Estimate {
  /// Mean difference of pairs of independent means.
  fileprivate static func difference(_ pairs: [(Estimate, Estimate)]) -> Estimate {
    let value = pairs.reduce(0) { $0 + $1.0.value - $1.1.value } / Double(pairs.count)
    func half(_ estimate: Estimate) -> Double { (estimate.high - estimate.low) / 2 }
    let width =
      pairs.reduce(0) { $0 + pow(half($1.0), 2) + pow(half($1.1), 2) }.squareRoot() / Double(pairs.count)
    return Estimate(
      value: value, low: value - width, high: value + width,
      samples: pairs.reduce(0) { $0 + $1.0.samples + $1.1.samples })
  }
}

/// Where the mean share passes one half, and the same for resampled pulses.
package struct HalfCrossing {
  private let value: Double?
  private let resampled: [Double]
  private let samples: Int

  /// Resamples the pulses of a response.
  package init(_ curve: [(drive: Double, shares: [Double])], seed: UInt64, item: UInt64) {
    func crossing(_ means: [Double]) -> Double? {
      var highest = 0.0
      let rising = means.map { mean -> Double in
        highest = max(highest, mean)
        return highest
      }
      guard let above = rising.firstIndex(where: { $0 >= 0.5 }), above > 0 else { return nil }
      let (low, high) = (rising[above - 1], rising[above])
      return curve[above - 1].drive + (0.5 - low) / (high - low)
        * (curve[above].drive - curve[above - 1].drive)
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    value = crossing(curve.map { mean($0.shares) })
    samples = curve.reduce(0) { $0 + $1.shares.count }
    var random = KeyedRandom(seed: seed, stage: "device.compare.bootstrap", item: item)
    resampled = (0..<2000).compactMap { _ in
      crossing(
        curve.map { point in
          mean(point.shares.map { _ in point.shares[Int(random.uniform() * Double(point.shares.count))] })
        })
    }
  }

  private static func estimate(_ value: Double, _ resampled: [Double], samples: Int) -> Estimate {
    let sorted = resampled.sorted()
    return Estimate(
      value: value, low: sorted[sorted.count / 40], high: sorted[sorted.count - 1 - sorted.count / 40],
      samples: samples)
  }

  /// `nil` unless it is between the currents, and nearly always when pulses are resampled.
  package var estimate: Estimate? {
    value.flatMap { resampled.count >= 1900 ? Self.estimate($0, resampled, samples: samples) : nil }
  }

  /// Over that of another response; `nil` unless both are between their currents.
  package func ratio(to other: HalfCrossing) -> Estimate? {
    guard let value, let own = other.value, estimate != nil, other.estimate != nil else { return nil }
    return Self.estimate(
      value / own, zip(resampled, other.resampled).map { $0 / $1 }, samples: samples + other.samples)
  }
}

extension EngineComparison {
  /// The device beside two of its failures on the design map, with currents that show what they do.
  ///
  /// Film and grains coupled too weakly: the film goes over and leaves the grains. A stiff film strongly coupled to small
  /// grains: they go together.
  public static func regimes(of spec: DeviceSpec) -> [(spec: DeviceSpec, drives: [Double])] {
    var weak = spec
    weak.name += ", weakly coupled"
    weak.coupling.interlayerExchange = 0.8e-3
    var stiff = spec
    stiff.name += ", stiff film on small grains"
    stiff.film.exchangeStiffness = 20e-12
    stiff.coupling.interlayerExchange = 5e-3
    stiff.granular.pitchMetres = 6e-9
    stiff.granular.boundaryMetres = 0.7e-9
    return [
      (spec, Sampling().drives), (weak, [0.3, 0.5, 1, 2]), (stiff, [0.9, 1.05, 1.2, 1.35, 1.5, 1.8]),
    ]
  }
}

/// One junction on a mesh, under pulses.
private struct MeshJunction: Sendable {
  let magnet: Micromagnet
  let lengths: ThermalLengths
  let stepSeconds: Double
  private let weights: [Double]
  private let kelvin: Double
  private let unitDensity: Double
  private let demagnetizationSteps: Int

  init(
    spec: DeviceSpec, junction: GrainJunction, _ sampling: EngineComparison.Sampling
  ) throws(DeviceError) {
    var cut = JunctionMesh()
    cut.cellMetres = sampling.cellMetres
    cut.granularStiffness = sampling.granularStiffness
    if sampling.givesLengthsBack {
      cut.lengths = try ThermalLengths(
        of: spec, cellMetres: cut.cellMetres, granularStiffness: cut.granularStiffness)
    }
    lengths = cut.lengths
    magnet = Micromagnet(spec: spec, layout: junction.layout, mesh: cut)
    weights = junction.weights
    kelvin = spec.temperatureKelvin
    demagnetizationSteps = sampling.demagnetizationSteps
    unitDensity = spec.criticalCurrentDensity / junction.junction.areaRatio
    stepSeconds = 0.2 / (magnet.gyromagneticRatio * magnet.largestFieldTesla)
  }

  struct Outcome: Sendable {
    /// Share of the area whose grains are up after the rest.
    var fraction: Double
    /// Film along up, (1 + m_z / m_rest) / 2, less grains along up at the end of the pulse; m_rest is that before it.
    var filmAhead: Double
    /// m of each cell after the rest.
    var magnetization: [SIMD3<Double>]
  }

  func run(drive: Double, shape: PulseShape, seed: UInt64, item: UInt64) -> Outcome {
    let solver = MicromagneticSolver(magnet, along: SIMD3(0, 0, -1))
    let thermal = ThermalField(kelvin: kelvin, seed: seed, item: item)
    func steps(_ seconds: Double) -> Int { Int((seconds / stepSeconds).rounded(.up)) }
    let noise = solver.noise(thermal, stepSeconds: stepSeconds, demagnetizationSteps: demagnetizationSteps)
    noise.advance(steps: steps(shape.settleSeconds))
    let rest = -solver.mean(ofLayers: 0..<1).z
    let density = drive * unitDensity
    solver.currentDensity = { _ in density }
    noise.advance(steps: steps(shape.widthSeconds))
    let ahead = (1 + solver.mean(ofLayers: 0..<1).z / rest) / 2 - shareUp(solver.magnetization)
    solver.currentDensity = { _ in 0 }
    noise.advance(steps: steps(shape.restSeconds))
    let m = solver.magnetization
    return Outcome(fraction: shareUp(m), filmAhead: ahead, magnetization: m)
  }

  /// Share of the area whose grains have more of their moment up than down.
  private func shareUp(_ m: [SIMD3<Double>]) -> Double {
    var sums = [Double](repeating: 0, count: weights.count)
    for cell in magnet.mesh.plane..<m.count where magnet.grains[cell] >= 0 {
      sums[magnet.grains[cell]] += m[cell].z
    }
    return zip(weights, sums).reduce(0) { $0 + ($1.1 > 0 ? $1.0 : 0) }
  }
}
