import Foundation
import Models

extension GrainEnsemble {
  /// Reduces samples to levels, response curve, retention and compact model.
  ///
  /// Levels of one open-loop pulse are drawn from the response at the two currents around the wanted share, moved
  /// by the difference of the means. Verified levels replay the recorded rising pulses; an overshoot goes on
  /// with another replica of the same junction from a lower pulse. Both start after a reset.
  ///
  /// - Parameters:
  ///   - samples: Of the junctions 0, 1, ...
  ///   - bits: Numbers of bits per cell to report levels for (1 to 4).
  ///   - compactModel: The junction as a circuit element; see ``CompactFit``.
  /// - Throws: ``DeviceError`` for bits out of range, or where no rising pulses were recorded.
  public func characterize(
    plan: Plan, samples: [Sample], bits: [Int] = [1, 2], compactModel: CompactModel
  ) throws(DeviceError) -> DeviceCharacterization {
    for bits in bits where !(1...4).contains(bits) {
      throw DeviceError(.invalidInput, "\(bits) bits per cell; expected 1 to 4", at: spec.name)
    }
    let levelPlan = ProgrammingPlan(
      spec: spec, programming: programming, bits: bits, drives: plan.drives,
      schemes: sampling.staircases ? [.openLoop, .writeVerify] : [.openLoop])
    let replay = PulseReplay(ensemble: self, plan: plan, samples: samples)
    let outcomes = samples.enumerated().map { index, sample in
      ProgrammingPlan.Outcome(
        runs: levelPlan.runs.map { run in
          run.targets.map { target in
            switch run.scheme {
            case .openLoop: replay.openLoop(junction: index, target: target, stage: run.stage)
            case .writeVerify:
              replay.verified(
                junction: index, target: target, tolerance: levelPlan.tolerance(run), stage: run.stage)
            }
          }
        },
        curve: sample.curve.map { $0.map(sample.level) })
    }
    let provenance = Provenance(
      seed: seed, tools: ["tessera": Tessera.version], citations: GrainEnsemble.citations,
      assumptions: GrainEnsemble.assumptions)
    let statistics = levelPlan.statistics(
      programmed: outcomes, spec: spec, programming: programming, bits: bits,
      model: LevelStatistics.grainEngine,
      provenance: provenance)
    let response = response(plan: plan, samples: samples)
    let residual = zip(plan.drives, samples.isEmpty ? [] : replay.meanFraction).reduce(0) {
      let predicted = compactModel.meanReversedFraction(
        drive: response.nominal($1.0), pulseSeconds: response.pulseSeconds)
      return max($0, abs(predicted - $1.1))
    }
    return DeviceCharacterization(
      schemaVersion: Tessera.schemaVersion, spec: spec, programming: programming, devices: samples.count,
      cycles: sampling.cycles,
      meanGrains: Double(samples.reduce(0) { $0 + $1.weights.count }) / Double(max(1, samples.count)),
      effectiveGrains: Estimate.mean(samples.map(\.effectiveGrains)) ?? .exact(0),
      aboveBreakdown: spec.shareAboveBreakdown(
        samples.map { ($0.low, $0.high) },
        currentAmperes: programming.maximumDrive * spec.criticalCurrentAmperes),
      retention: Retention.of(samples.map(\.barriers).filter { !$0.isEmpty }, spec: spec),
      levels: statistics.map { $0.0 }, samples: statistics.map { $0.1 },
      curve: levelPlan.curve(programmed: outcomes, spec: spec), compactModel: compactModel,
      compactModelResidual: residual)
  }

  /// The publications behind the engine.
  public static let citations = [
    .gupte2026, .brown1963, .slonczewski1996, .newell1993,
    Citation(
      key: "e2007",
      text: "W. E, W. Ren and E. Vanden-Eijnden, Simplified and improved string method, "
        + "J. Chem. Phys. 126, 164103 (2007)", doi: "10.1063/1.2720838"),
  ]

  /// What the engine assumes.
  public static let assumptions = [
    "One macrospin of the film and one of the granular layer per grain; the same damping in both.",
    "Writing is by current of equal density over the whole junction; set and reset have equal thresholds.",
    Junction.assumption,
    "Cells more than \(SpinNetwork.wholeReach) pitches apart act on each other as one moment each.",
    "Levels of one pulse are drawn from the response at the two currents around the wanted mean and moved to it;"
      + " verified levels replay recorded series of rising pulses, so that every pulse has had all smaller ones"
      + " before it.",
    "The stored level is the area of the grains that stand parallel; levels stand at zero bias, right after"
      + " programming, without read noise of the junction.",
    "Retention: every grain turns alone, by Brown's rate over its barrier in the coupled layer; magnetisation and"
      + " anisotropy do not depend on temperature.",
  ]
}

extension GrainEnsemble.Sample {
  /// Level at a parallel share of the area, of the nominal conductance range.
  func level(_ fraction: Double) -> Double { low + (high - low) * fraction }
}

/// Programs junctions from what was recorded of them.
struct PulseReplay {
  private let ensemble: GrainEnsemble
  private let plan: GrainEnsemble.Plan
  private let samples: [GrainEnsemble.Sample]
  /// Mean parallel share at each current of the curve, rising.
  let meanFraction: [Double]
  /// Mean parallel share after each rising pulse, rising.
  private let meanRung: [Double]

  init(ensemble: GrainEnsemble, plan: GrainEnsemble.Plan, samples: [GrainEnsemble.Sample]) {
    self.ensemble = ensemble
    self.plan = plan
    self.samples = samples
    func rising(_ values: [Double]) -> [Double] {
      var highest = 0.0
      return values.map {
        highest = max(highest, $0)
        return highest
      }
    }
    func mean(_ lists: [[Double]]) -> Double {
      let all = lists.flatMap { $0 }
      return all.reduce(0, +) / Double(max(1, all.count))
    }
    meanFraction = rising(plan.drives.indices.map { drive in mean(samples.map { $0.curve[drive] }) })
    meanRung =
      samples.allSatisfy { $0.staircases.isEmpty }
      ? []
      : rising(plan.rungs.indices.map { rung in mean(samples.map { $0.staircases.map { $0[rung + 1] } }) })
  }

  private func stream(_ stage: String, _ junction: Int) -> KeyedRandom {
    KeyedRandom(seed: ensemble.seed, stage: stage, item: UInt64(junction))
  }

  /// Parallel shares after a reset; none recorded counts as a perfect one.
  private func resets(_ sample: GrainEnsemble.Sample) -> [Double] {
    sample.staircases.isEmpty ? [0] : sample.staircases.map { $0[0] }
  }

  /// A reset and one pulse; for the lowest level the reset alone.
  func openLoop(junction: Int, target: Double, stage: String) -> [ProgrammingPlan.Written] {
    let sample = samples[junction]
    var random = stream(stage, junction)
    let resets = resets(sample)
    // The two currents around the target; a junction is written with one of them in all its cycles.
    let above = meanFraction.firstIndex { $0 >= target } ?? meanFraction.count - 1
    var from = target >= 1 ? meanFraction.count - 1 : above
    if target < 1, above > 0, meanFraction[above] > target {
      let span = meanFraction[above] - meanFraction[above - 1]
      from = random.uniform() < (target - meanFraction[above - 1]) / span ? above : above - 1
    }
    let moved = target >= 1 ? 0 : target - meanFraction[from]
    return (0..<ensemble.sampling.cycles).map { cycle in
      let left = resets[cycle % resets.count]
      guard target > 0 else { return (sample.level(left), 1) }
      let fraction = min(1, max(0, sample.curve[from][cycle] + moved))
      // What a reset has left parallel stays so under the pulse.
      return (sample.level(fraction + (1 - fraction) * left), 2)
    }
  }

  /// A reset, then rising pulses with a read after each until the level is accepted.
  ///
  /// An overshoot costs a reset, after which the amplitude starts some steps lower. A further pulse of the highest
  /// amplitude changes nothing.
  func verified(
    junction: Int, target: Double, tolerance: Double, stage: String
  ) -> [ProgrammingPlan.Written] {
    let sample = samples[junction]
    let programming = ensemble.programming
    guard !sample.staircases.isEmpty else { return [] }
    var random = stream(stage, junction)
    let wanted = programming.startFraction * target
    let first = max(0, (meanRung.firstIndex { $0 > wanted } ?? plan.rungs.count) - 1)
    return (0..<ensemble.sampling.cycles).map { cycle in
      var pulses = 1
      var rung = first
      var replica = cycle % sample.staircases.count
      // The reset stands at 0, the first pulse at 1.
      var state = sample.staircases[replica][0]
      while true {
        let level = sample.level(state)
        let read = level + programming.verifyReadSigma * random.normal()
        if abs(read - target) <= tolerance || pulses > programming.maximumPulses { return (level, pulses) }
        if read < target {
          state = sample.staircases[replica][rung + 1]
          rung = min(plan.rungs.count - 1, rung + 1)
        } else {
          // Another replica, not the one that has just overshot.
          let others = sample.staircases.count - 1
          replica = (replica + 1 + Int(random.uniform() * Double(others))) % sample.staircases.count
          state = sample.staircases[replica][0]
          rung = max(0, rung - programming.backoffSteps)
        }
        pulses += 1
      }
    }
  }
}
