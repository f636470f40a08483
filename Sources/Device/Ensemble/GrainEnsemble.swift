import Foundation
import Models

extension LevelStatistics {
  /// Label of figures from the grain-resolved engine.
  public static let grainEngine = "grain engine (stochastic LLG)"
}

/// How much of an ensemble is sampled.
public struct GrainSampling: Codable, Sendable, Hashable {
  /// Junctions (at least 3).
  public var devices: Int
  /// Times that each junction sees each current (at least 2).
  public var cycles: Int
  /// Currents of the response curve (at least 4); the last is the programming's highest.
  public var currents: Int
  /// Whether rising pulses after a reset are recorded, on which verified programming is played.
  public var staircases: Bool
  /// Junctions whose barriers are computed for the retention; 0 for none.
  public var retentionDevices: Int

  /// An amount; the default where nothing is said.
  public init(
    devices: Int = 20, cycles: Int = 8, currents: Int = 10, staircases: Bool = true, retentionDevices: Int = 8
  ) {
    self.devices = devices
    self.cycles = cycles
    self.currents = currents
    self.staircases = staircases
    self.retentionDevices = retentionDevices
  }
}

/// An ensemble of junctions under the grain-resolved engine.
///
/// The work falls into parts that can be done in any order and on any machine, and stored: a plan, then one sample
/// for each junction. Whatever is drawn depends on the seed and the index alone.
///
/// ```swift
/// let ensemble = try GrainEnsemble(spec: spec, seed: 1)
/// let plan = try ensemble.plan(threads: 2)
/// let samples = (0..<ensemble.sampling.devices).map { ensemble.sample(junction: $0, plan: plan) }
/// let own = ensemble.response(plan: plan, samples: samples)
/// let model = CompactFit.fit(ensemble, samples: samples, conditions: [own])
/// let result = try ensemble.characterize(plan: plan, samples: samples, bits: [1, 2], compactModel: model)
/// ```
public struct GrainEnsemble: Sendable {
  /// The device.
  public let spec: DeviceSpec
  /// Amplitudes, tolerances and limits.
  public let programming: ProgrammingSpec
  /// How much is sampled.
  public let sampling: GrainSampling
  /// Seed of every random stream.
  public let seed: UInt64
  package let tensors: LatticeTensors

  /// Currents that every junction sees.
  public struct Plan: Codable, Sendable, Hashable {
    /// Currents of the response curve over the nominal critical one, rising.
    public var drives: [Double]
    /// Amplitudes of the rising pulses, each a step above the last.
    public var rungs: [Double]
  }

  /// What one junction did.
  public struct Sample: Codable, Sendable, Hashable {
    /// Level with every grain antiparallel, of the nominal conductance range.
    public var low: Double
    /// Level with every grain parallel.
    public var high: Double
    /// Time step in seconds.
    public var stepSeconds: Double
    /// Critical current of this junction's area over the nominal one.
    public var areaRatio: Double
    /// Share of each cell in the area.
    public var weights: [Double]
    /// Current at which each grain turns every other time, over the nominal critical one.
    public var medianDrives: [Double]
    /// Parallel share of the area after one pulse on the antiparallel junction: `[current][cycle]`.
    public var curve: [[Double]]
    /// Film along parallel less grains along parallel at the end of the pulse, mean over cycles: `[current]`.
    public var filmAhead: [Double]
    /// Parallel share after a reset of the parallel junction, and after each rising pulse: `[replica][pulse]`.
    public var staircases: [[Double]]
    /// Barriers of every grain in each of four states; empty where none were computed.
    public var barriers: [StateBarriers]

    /// 1 / sum w_i^2 of the cells' area weights.
    public var effectiveGrains: Double { 1 / weights.reduce(0) { $0 + $1 * $1 } }

    /// What one junction did; the nominal one where nothing is said.
    package init(
      low: Double = 0, high: Double = 1, stepSeconds: Double = 0, areaRatio: Double = 1, weights: [Double],
      medianDrives: [Double], curve: [[Double]] = [], filmAhead: [Double] = [], staircases: [[Double]] = [],
      barriers: [StateBarriers] = []
    ) {
      self.low = low
      self.high = high
      self.stepSeconds = stepSeconds
      self.areaRatio = areaRatio
      self.weights = weights
      self.medianDrives = medianDrives
      self.curve = curve
      self.filmAhead = filmAhead
      self.staircases = staircases
      self.barriers = barriers
    }
  }

  /// Prepares an ensemble.
  ///
  /// - Throws: ``DeviceError`` for values out of range.
  public init(
    spec: DeviceSpec, programming: ProgrammingSpec? = nil,
    sampling: GrainSampling = GrainSampling(), seed: UInt64
  ) throws(DeviceError) {
    let programming = programming ?? ProgrammingSpec(spec)
    try DeviceError.check(spec: spec, programming: programming)
    guard sampling.devices >= 3, (2...10_000).contains(sampling.cycles), sampling.currents >= 4 else {
      throw DeviceError(
        .invalidInput,
        "\(sampling.devices) devices, \(sampling.cycles) cycles and \(sampling.currents) currents; the analysis"
          + " of variance needs 3, 2 (and at most 10,000) and 4 at least", at: spec.name)
    }
    self.spec = spec
    self.programming = programming
    self.sampling = sampling
    self.seed = seed
    tensors = GrainJunction.tensors(for: spec)
  }

  /// Pulses of the device's width.
  public var pulseShape: PulseShape { PulseShape(widthSeconds: spec.dynamics.pulseWidthSeconds) }

  package func junction(_ index: Int) -> GrainJunction {
    GrainJunction(spec: spec, seed: seed, index: index, tensors: tensors)
  }

  /// The stream of one replica of one junction in one experiment.
  func stream(_ stage: String, junction: Int, replica: Int) -> KeyedRandom {
    KeyedRandom(seed: seed, stage: stage, item: UInt64(junction) << 32 | UInt64(replica))
  }

  /// Finds the currents at which the layer goes over: a coarse response of four junctions.
  ///
  /// - Throws: ``DeviceError/Code/notProgrammable`` if the highest current does not turn nine tenths of the area.
  public func plan(threads: Int = 1) throws(DeviceError) -> Plan {
    let coarse = (1...SpinReplicas.count).map {
      programming.maximumDrive * Double($0) / Double(SpinReplicas.count)
    }
    let responses = parallelMap(4, threads: threads) { index in
      junction(index).run(
        drives: coarse.map { [$0] }, shape: pulseShape,
        streams: coarse.indices.map { stream("device.pilot", junction: index, replica: $0) }
      ).map { $0[0] }
    }
    // Rising by construction: a current turns at least what a smaller one does.
    var highest = 0.0
    let response = coarse.indices.map { lane in
      highest = max(highest, responses.reduce(0) { $0 + $1[lane].fraction } / Double(responses.count))
      return highest
    }
    guard highest > 0.9 else {
      let ahead = responses.reduce(0) { $0 + $1[coarse.count - 1].filmUnderPulse } / Double(responses.count)
      throw DeviceError(
        .notProgrammable,
        "a pulse of \(programming.maximumDrive) I_c and \(spec.dynamics.pulseWidthSeconds) s turns only "
          + "\(Int(100 * highest)) % of the grains\(ahead > highest + 0.3 ? ", the film alone goes over" : "");"
          + " expected a longer pulse, a higher 'maximumDrive' or a stronger 'coupling.interlayerExchange'",
        at: spec.name)
    }
    func drive(_ share: Double) -> Double {
      let above = response.firstIndex { $0 >= share } ?? response.count - 1
      guard above > 0 else { return coarse[0] }
      let span = response[above] - response[above - 1]
      let part = span > 0 ? (share - response[above - 1]) / span : 1
      return coarse[above - 1] + part * (coarse[above] - coarse[above - 1])
    }
    let inner = sampling.currents - 1
    var drives: [Double] = []
    for index in 0..<inner {
      let wanted = drive((Double(index) + 0.5) / Double(inner))
      drives.append(max(wanted, (drives.last ?? 0) + 1e-3 * programming.maximumDrive))
    }
    drives.append(max(programming.maximumDrive, (drives.last ?? 0) + 1e-3))
    let ratio = 1 + programming.amplitudeStep
    let count = max(1, Int(log(programming.maximumDrive / drive(0.04)) / log(ratio)))
    return Plan(
      drives: drives, rungs: (0...count).map { programming.maximumDrive * pow(ratio, Double($0 - count)) })
  }

  /// Samples one junction: response curve, rising pulses and barriers.
  public func sample(junction index: Int, plan: Plan) -> Sample {
    let junction = junction(index)
    let width = SpinReplicas.count
    var curve = [[Double]](repeating: [], count: plan.drives.count)
    var ahead = [Double](repeating: 0, count: plan.drives.count)
    var turned = plan.drives.map { _ in [Int](repeating: 0, count: junction.count) }
    var nearest: [(distance: Double, state: [Bool])] = StateBarriers.middle.map { _ in (.infinity, []) }
    let items = plan.drives.indices.flatMap { drive in (0..<sampling.cycles).map { (drive, $0) } }
    for start in stride(from: 0, to: items.count, by: width) {
      let part = items[start..<min(start + width, items.count)]
      let outcomes = junction.run(
        drives: part.map { [plan.drives[$0.0]] }, shape: pulseShape,
        streams: part.map { stream("device.curve", junction: index, replica: $0.0 << 16 | $0.1) })
      for (item, outcome) in zip(part, outcomes) {
        let one = outcome[0]
        curve[item.0].append(one.fraction)
        for (grain, isParallel) in one.parallel.enumerated() where isParallel { turned[item.0][grain] += 1 }
        ahead[item.0] += one.filmAhead / Double(sampling.cycles)
        for (place, share) in StateBarriers.middle.enumerated()
        where abs(one.fraction - share) < nearest[place].distance {
          nearest[place] = (abs(one.fraction - share), one.parallel)
        }
      }
    }
    var staircases: [[Double]] = []
    if sampling.staircases {
      let pulses = [-programming.maximumDrive] + plan.rungs
      // Whole vectors: at least one replica for every cycle.
      for first in stride(from: 0, to: sampling.cycles, by: width) {
        staircases += junction.run(
          drives: (0..<width).map { _ in pulses }, shape: pulseShape, fromParallel: true,
          streams: (0..<width).map { stream("device.staircase", junction: index, replica: first + $0) }
        ).map { $0.map(\.fraction) }
      }
    }
    var barriers: [StateBarriers] = []
    if index < sampling.retentionDevices {
      let cells = junction.count
      let states =
        [[Bool](repeating: false, count: cells)] + nearest.map(\.state) + [
          [Bool](repeating: true, count: cells)
        ]
      barriers = states.map { StateBarriers(junction, parallel: $0, spec: spec) }
    }
    return Sample(
      low: junction.junction.low, high: junction.junction.high, stepSeconds: junction.kernel.stepSeconds,
      areaRatio: junction.junction.areaRatio, weights: junction.weights,
      medianDrives: GrainEnsemble.medians(turned, drives: plan.drives, cycles: sampling.cycles), curve: curve,
      filmAhead: ahead, staircases: staircases, barriers: barriers)
  }

  /// Drives at which each grain turns with probability 1/2, from how often it turned at each current.
  ///
  /// The mean of the distribution whose function is the share turned, rising by construction, with straight lines
  /// between currents; of a grain that seldom turns even at the highest, a bound.
  private static func medians(_ turned: [[Int]], drives: [Double], cycles: Int) -> [Double] {
    (0..<(turned.first?.count ?? 0)).map { grain in
      var before = (drive: 0.0, share: 0.0)
      var sum = 0.0
      for (drive, counts) in zip(drives, turned) {
        let share = max(before.share, Double(counts[grain]) / Double(cycles))
        sum += (share - before.share) * (drive + before.drive) / 2
        before = (drive, share)
      }
      return sum + (1 - before.share) * before.drive * 1.1
    }
  }

  /// Samples what is needed, one junction after another on several threads.
  ///
  /// - Parameter progress: Called from any thread with the number of junctions done.
  public func samples(
    plan: Plan, threads: Int, progress: (@Sendable (Int) -> Void)? = nil
  ) -> [Sample] {
    let done = Counter()
    return parallelMap(sampling.devices, threads: threads) { index in
      let result = sample(junction: index, plan: plan)
      progress?(done.next())
      return result
    }
  }
}

extension DeviceError {
  /// Checks a device and its programming.
  static func check(spec: DeviceSpec, programming: ProgrammingSpec) throws(DeviceError) {
    do { try spec.validate(at: spec.name) } catch { throw DeviceError(.invalidInput, error) }
    try programming.validate()
    guard spec.filmAnisotropyPerArea > 0, spec.grainAnisotropyPerArea > 0 else {
      throw DeviceError(
        .notProgrammable, "film or grains lie in the plane; expected perpendicular anisotropy in both",
        at: spec.name)
    }
    guard spec.grainStability > 5 else {
      throw DeviceError(
        .notProgrammable,
        "a mean grain has a stability of \(spec.grainStability) kT and holds no state; expected above 5",
        at: spec.name)
    }
  }
}
