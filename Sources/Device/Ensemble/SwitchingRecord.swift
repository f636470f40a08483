import Foundation
import Models

/// How one junction switches: its course under single pulses, its response to them, and its minor loops.
public struct SwitchingRecord: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The device.
  public var spec: DeviceSpec
  /// Index of the junction in its ensemble.
  public var junction: Int
  /// Cells of its layer.
  public var cells: Int
  /// Time step in seconds.
  public var stepSeconds: Double
  /// The course under single pulses of several currents, from the antiparallel state.
  public var traces: [Trace]
  /// Response to one pulse.
  public var curve: [Point]
  /// Minor loops: pulses that rise to a current, then fall, turn over and end with a reset.
  public var loops: [Loop]
  /// How the record came about.
  public var provenance: Provenance

  /// The course under one pulse.
  public struct Trace: Codable, Sendable, Hashable {
    /// Current over the critical one.
    public var drive: Double
    /// Current in ampere.
    public var currentAmperes: Double
    /// Times in seconds.
    public var seconds: [Double]
    /// Magnetisation of the film along z, mean by area.
    public var film: [Double]
    /// The same of the grains.
    public var grains: [Double]
    /// Conductance at zero bias in siemens.
    public var siemens: [Double]
  }

  /// The response to one current.
  public struct Point: Codable, Sendable, Hashable {
    /// Current over the critical one.
    public var drive: Double
    /// Parallel share of the area after each pulse.
    public var fractions: [Double]
  }

  /// One minor loop.
  public struct Loop: Codable, Sendable, Hashable {
    /// Pulses in their order, current over the critical one; positive towards parallel.
    public var drives: [Double]
    /// Parallel share of the area after each, mean over replicas.
    public var fractions: [Double]
  }

  /// Runs one junction.
  ///
  /// - Parameters:
  ///   - spec: The device.
  ///   - junction: Index in the ensemble of the seed.
  ///   - cycles: Pulses at each current of the response, and replicas of each loop.
  ///   - threads: Threads to share the work among; the result does not depend on it.
  /// - Throws: ``DeviceError`` for values out of range.
  public init(
    spec: DeviceSpec, junction index: Int, cycles: Int = 8, seed: UInt64, threads: Int = 1
  ) throws(DeviceError) {
    try DeviceError.check(spec: spec, programming: ProgrammingSpec(spec))
    guard (1...10_000).contains(cycles), index >= 0 else {
      throw DeviceError(
        .invalidInput, "\(cycles) cycles of junction \(index); expected 1 to 10,000 of 0 or more",
        at: spec.name)
    }
    let junction = GrainJunction(
      spec: spec, seed: seed, index: index, tensors: GrainJunction.tensors(for: spec))
    let shape = PulseShape(widthSeconds: spec.dynamics.pulseWidthSeconds)
    let highest = spec.dynamics.maximumDrive
    @Sendable func stream(_ stage: String, _ replica: Int) -> KeyedRandom {
      KeyedRandom(
        seed: seed, stage: "device.switch.\(stage)", item: UInt64(index) << 32 | UInt64(replica))
    }
    self.spec = spec
    self.junction = index
    cells = junction.count
    stepSeconds = junction.kernel.stepSeconds

    // Courses at evenly spaced currents, all at once.
    let shares = [0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 1]
    let drives = shares.map { $0 * highest }
    let replicas = SpinReplicas(
      junction.kernel, streams: drives.indices.map { stream("trace", $0) }, along: SIMD3(0, 0, -1))
    replicas.warm()
    replicas.rest(seconds: shape.settleSeconds)
    var traces = drives.map {
      Trace(
        drive: $0, currentAmperes: $0 * spec.criticalCurrentAmperes, seconds: [], film: [], grains: [],
        siemens: [])
    }
    let network = junction.kernel.network
    let range = spec.junction.tmrZeroBias / (1 + spec.junction.tmrZeroBias)
    var time = 0.0
    func record() {
      for lane in drives.indices {
        var (film, grains, moment) = (0.0, 0.0, 0.0)
        for cell in 0..<junction.count {
          film += junction.weights[cell] * replicas[cell, replica: lane].z
          let one = network.moments[junction.count + cell]
          grains += one * replicas[junction.count + cell, replica: lane].z
          moment += one
        }
        let antiparallel = (1 - film / junction.restPolarization) / 2
        traces[lane].seconds.append(time)
        traces[lane].film.append(film)
        traces[lane].grains.append(grains / moment)
        let level = junction.junction.level(atFraction: 1 - antiparallel)
        traces[lane].siemens.append((1 - range + range * level) / spec.parallelOhms)
      }
    }
    let interval = max(1, replicas.steps(20e-12))
    for (seconds, on) in [(0.2e-9, false), (shape.widthSeconds, true), (1e-9, false)] {
      for _ in 0..<max(1, replicas.steps(seconds) / interval) {
        record()
        replicas.advance(
          steps: interval, drives: on ? drives.map { (from: $0, to: $0) } : [])
        time += Double(interval) * junction.kernel.stepSeconds
      }
    }
    record()
    self.traces = traces

    let width = SpinReplicas.count
    let currents = (1...width).map { highest * (0.3 + 0.7 * Double($0) / Double(width)) }
    let responses = parallelMap(cycles, threads: threads) { cycle in
      junction.run(
        drives: currents.map { [$0] }, shape: shape,
        streams: currents.indices.map { stream("curve", $0 << 16 | cycle) }
      ).map { $0[0].fraction }
    }
    curve = currents.indices.map { lane in
      Point(drive: currents[lane], fractions: responses.map { $0[lane] })
    }

    let tops = [0.7, 0.8, 0.9, 1].map { $0 * highest }
    let steps = 10
    let pulses = tops.map { top -> [Double] in
      let up = (1...steps).map { top * (0.4 + 0.6 * Double($0) / Double(steps)) }
      let down = (1...steps).map { -highest * (0.4 + 0.6 * Double($0) / Double(steps)) }
      return up + down
    }
    let repeats = width / tops.count
    let ran = junction.run(
      drives: (0..<width).map { pulses[$0 / repeats] }, shape: shape,
      streams: (0..<width).map { stream("loop", $0) })
    loops = tops.indices.map { loop in
      Loop(
        drives: pulses[loop],
        fractions: pulses[loop].indices.map { pulse in
          (0..<repeats).reduce(0) { $0 + ran[loop * repeats + $1][pulse].fraction } / Double(repeats)
        })
    }
    provenance = Provenance(
      seed: seed, tools: ["tessera": Tessera.version], citations: GrainEnsemble.citations,
      assumptions: GrainEnsemble.assumptions)
  }
}
