import Foundation
import Models

/// What is done to every junction of an ensemble, and how the outcome becomes statistics.
struct ProgrammingPlan: Sendable {
  /// One run: a scheme and its targets.
  struct Run: Sendable {
    var scheme: LevelStatistics.Programming.Scheme
    var targets: [Double]
    var levels: Int { targets.count }
    var stage: String { "device.\(scheme.rawValue).\(targets.count)" }
  }
  /// What one junction did: levels and pulses by run, target and cycle; levels by drive and cycle.
  struct Outcome: Sendable {
    var runs: [[[Written]]]
    var curve: [[Double]]
  }
  /// A written level and the pulses that it took.
  typealias Written = (level: Double, pulses: Int)

  /// Quantiles of each level: steps of one in 1024.
  private static let quantileCount = 1025

  let runs: [Run]
  let drives: [Double]
  let acceptance: Double
  private let capacity: ClosedRange<Int>

  /// Numbers of levels for which ``LevelStatistics/capacity`` is sampled.
  static let capacityLevels = 2...8

  /// - Parameters:
  ///   - drives: Currents of the response curve over the critical one; `nil` for steps of 0.05.
  ///   - schemes: Schemes to program by.
  init(
    spec: DeviceSpec, programming: ProgrammingSpec, bits: [Int], drives: [Double]? = nil,
    schemes: [LevelStatistics.Programming.Scheme] = [.openLoop, .writeVerify],
    capacity: ClosedRange<Int> = capacityLevels
  ) {
    let counts = Set(capacity).union(bits.map { 1 << $0 }).sorted()
    runs = schemes.flatMap { scheme in
      counts.map { Run(scheme: scheme, targets: programming.targets(levels: $0, scheme: scheme, spec: spec)) }
    }
    self.drives = drives ?? Array(stride(from: 0.3, through: programming.maximumDrive + 1e-9, by: 0.05))
    acceptance = programming.acceptance
    self.capacity = capacity
  }

  /// Accepted deviation of a run, of full range.
  func tolerance(_ run: Run) -> Double {
    acceptance * (run.targets[run.levels - 1] - run.targets[0]) / Double(run.levels - 1)
  }

  /// Response curve of the ensemble.
  func curve(programmed: [Outcome], spec: DeviceSpec) -> SCurve {
    SCurve(
      diameterMetres: spec.diameterMetres,
      points: drives.enumerated().map { index, drive in
        let sample = NestedSample(programmed.map { $0.curve[index] })
        return SCurve.Point(
          drive: drive, currentAmperes: drive * spec.criticalCurrentAmperes, mean: sample.mean,
          sigmaDeviceToDevice: sample.sigmaDeviceToDevice, sigmaCycleToCycle: sample.sigmaCycleToCycle)
      })
  }

  /// Statistics and samples for each requested number of bits and scheme.
  func statistics(
    programmed: [Outcome], spec: DeviceSpec, programming: ProgrammingSpec, bits: [Int],
    model: String, provenance: Provenance
  ) -> [(LevelStatistics, LevelSamples)] {
    let reduced = runs.indices.map { index in
      (run: runs[index], levels: levels(of: index, programmed: programmed))
    }
    return bits.flatMap { bits in
      runs.indices.filter { runs[$0].levels == 1 << bits }.map { index in
        let run = runs[index]
        let pulses = programmed.flatMap { $0.runs[index].flatMap { $0.map(\.pulses) } }
        let capacities = reduced.filter { $0.run.scheme == run.scheme && capacity.contains($0.run.levels) }
          .map { entry in
            LevelStatistics.Capacity(
              levels: entry.run.levels,
              worstSymbolError: entry.levels.map(\.symbolError).max { $0.value < $1.value } ?? .exact(1))
          }
        let high = 1 / spec.parallelOhms
        let statistics = LevelStatistics(
          technology: spec.name, title: title(spec, run.scheme),
          model: model, origin: .sampled, bitsPerCell: bits,
          diameterMetres: spec.diameterMetres, highConductanceSiemens: high,
          lowConductanceSiemens: high / (1 + spec.junction.tmrZeroBias),
          tmrZeroBias: spec.junction.tmrZeroBias, tmrHalfVolts: spec.junction.tmrHalfVolts,
          levels: reduced[index].levels, globalConductanceSigma: spec.conductanceSigma,
          programming: LevelStatistics.Programming(
            scheme: run.scheme,
            meanPulses: Double(pulses.reduce(0, +)) / Double(max(1, pulses.count)),
            tolerance: run.scheme == .writeVerify ? tolerance(run) : nil,
            note: note(run.scheme, programming)),
          capacity: capacities, provenance: provenance)
        var histogram = [Int](repeating: 0, count: (pulses.max() ?? 0) + 1)
        for count in pulses { histogram[count] += 1 }
        let samples = LevelSamples(
          targets: run.targets,
          positions: run.targets.indices.map { target in
            programmed.flatMap { $0.runs[index][target].map(\.level) }
          }, pulseHistogram: histogram)
        return (statistics, samples)
      }
    }
  }

  private func levels(of index: Int, programmed: [Outcome]) -> [LevelStatistics.Level] {
    let targets = runs[index].targets
    return targets.indices.map { level in
      let sample = NestedSample(programmed.map { $0.runs[index][level].map(\.level) })
      let below = level > 0 ? (targets[level - 1] + targets[level]) / 2 : -.infinity
      let above = level + 1 < targets.count ? (targets[level] + targets[level + 1]) / 2 : .infinity
      let all = sample.devices.flatMap { $0 }
      return LevelStatistics.Level(
        target: targets[level], mean: sample.mean.value,
        sigmaDeviceToDevice: sample.sigmaDeviceToDevice.value,
        sigmaCycleToCycle: sample.sigmaCycleToCycle.value, sigmaRead: 0,
        symbolError: sample.proportion { $0 < below || $0 > above },
        quantiles: Statistics.quantiles(all, count: ProgrammingPlan.quantileCount),
        spread: LevelStatistics.Level.Spread(
          deviceToDevice: sample.sigmaDeviceToDevice, cycleToCycle: sample.sigmaCycleToCycle))
    }
  }

  private func title(_ spec: DeviceSpec, _ scheme: LevelStatistics.Programming.Scheme) -> String {
    let how = scheme == .openLoop ? "one pulse" : "write-verify"
    return "Granular MTJ \(Int((spec.diameterMetres * 1e9).rounded())) nm, \(how)"
  }

  private func note(
    _ scheme: LevelStatistics.Programming.Scheme, _ programming: ProgrammingSpec
  ) -> String {
    switch scheme {
    case .openLoop:
      "reset, then one current pulse whose amplitude is the population's average for the target"
    case .writeVerify:
      "reset, pulses rising by \(Int((100 * programming.amplitudeStep).rounded())) %, verifying read sigma "
        + "\(programming.verifyReadSigma), at most \(programming.maximumPulses) pulses; outer levels within "
        + "reach of \(programming.reach) of the junctions"
    }
  }
}
