import Foundation
import Models

/// Programs junctions open loop or with verification, knowing only the average device.
struct Programmer: Sendable {
  let programming: ProgrammingSpec
  let table: SwitchingTable
  let pulseSeconds: Double
  /// Amplitudes of verified sequences in rising order, each a step above the last; ends at the maximum.
  let rungs: [Double]
  /// Average parallel fraction after one pulse of each rung.
  let meanFraction: [Double]

  /// Prepares programming from the average response of a population.
  init(
    programming: ProgrammingSpec, table: SwitchingTable, pulseSeconds: Double, population: [Junction],
    threads: Int
  ) {
    self.programming = programming
    self.table = table
    self.pulseSeconds = pulseSeconds
    let ratio = 1 + programming.amplitudeStep
    let count = Int(log(programming.maximumDrive / 0.1) / log(ratio))
    let rungs = (0...count).map { programming.maximumDrive * pow(ratio, Double($0 - count)) }
    self.rungs = rungs
    let fractions = parallelMap(population.count, threads: threads) { index in
      rungs.map {
        Programmer.expectedFraction(
          population[index], drive: $0, table: table, pulseSeconds: pulseSeconds)
      }
    }
    meanFraction = rungs.indices.map { rung in
      fractions.reduce(0) { $0 + $1[rung] } / Double(max(1, population.count))
    }
  }

  /// Expected parallel fraction of one junction after a reset without failures and one pulse.
  static func expectedFraction(
    _ junction: Junction, drive: Double, table: SwitchingTable, pulseSeconds: Double
  ) -> Double {
    junction.layer.grains.reduce(0) {
      $0 + $1.weight
        * table.probability(of: $1, drive: drive / junction.areaRatio, pulseSeconds: pulseSeconds)
    }
  }

  /// Probability of each grain of `junction` to reverse under one pulse.
  func probabilities(_ junction: Junction, drive: Double) -> [Double] {
    junction.layer.grains.map {
      table.probability(of: $0, drive: drive / junction.areaRatio, pulseSeconds: pulseSeconds)
    }
  }

  /// Amplitude whose one pulse brings the average device to a fraction; `nil` for none at all.
  func drive(forMeanFraction fraction: Double) -> Double? {
    guard fraction > 0 else { return nil }
    guard let above = meanFraction.firstIndex(where: { $0 >= fraction }) else { return rungs.last }
    guard above > 0 else { return rungs[0] }
    let share = (fraction - meanFraction[above - 1]) / (meanFraction[above] - meanFraction[above - 1])
    return rungs[above - 1] + share * (rungs[above] - rungs[above - 1])
  }

  /// Reset and one pulse: levels of repeated programming, and the write pulses of each.
  func openLoop(_ state: inout JunctionState, target: Double, cycles: Int) -> [(level: Double, pulses: Int)] {
    let amplitude = target < 1 ? drive(forMeanFraction: target) : programming.maximumDrive
    let pulse = amplitude.map { probabilities(state.junction, drive: $0) }
    let erase = probabilities(state.junction, drive: programming.maximumDrive)
    return (0..<cycles).map { _ in
      state.saturate()
      state.reset(erase)
      if let pulse { state.set(pulse) }
      return (state.level, pulse == nil ? 1 : 2)
    }
  }

  /// Reset, then rising pulses with a read after each until the level is accepted.
  ///
  /// An overshoot costs a reset, after which the amplitude starts some steps lower.
  func writeVerify(
    _ state: inout JunctionState, target: Double, tolerance: Double, cycles: Int, ladder: [[Double]]
  ) -> [(level: Double, pulses: Int)] {
    let wanted = programming.startFraction * target
    let first = max(0, (meanFraction.firstIndex { $0 > wanted } ?? rungs.count) - 1)
    let erase = ladder[rungs.count - 1]
    return (0..<cycles).map { _ in
      var pulses = 1
      var rung = first
      state.saturate()
      state.reset(erase)
      while true {
        let level = state.level
        let read = level + programming.verifyReadSigma * state.random.normal()
        if abs(read - target) <= tolerance || pulses > programming.maximumPulses { return (level, pulses) }
        if read < target {
          state.set(ladder[rung])
          rung = min(rungs.count - 1, rung + 1)
        } else {
          state.reset(erase)
          rung = max(0, rung - programming.backoffSteps)
        }
        pulses += 1
      }
    }
  }
}

extension ProgrammingPlan {
  /// Programs one junction through every run and along the response curve.
  func run(
    junction: Junction, index: Int, programmer: Programmer, cycles: Int, seed: UInt64
  ) -> Outcome {
    func state(_ stage: String) -> JunctionState {
      JunctionState(
        junction: junction, random: KeyedRandom(seed: seed, stage: stage, item: UInt64(index)))
    }
    let ladder = programmer.rungs.map { programmer.probabilities(junction, drive: $0) }
    let outcome = runs.map { run in
      var state = state(run.stage)
      return run.targets.map { target in
        switch run.scheme {
        case .openLoop: programmer.openLoop(&state, target: target, cycles: cycles)
        case .writeVerify:
          programmer.writeVerify(
            &state, target: target, tolerance: tolerance(run), cycles: cycles, ladder: ladder)
        }
      }
    }
    var along = state("device.curve")
    let erase = programmer.probabilities(junction, drive: programmer.programming.maximumDrive)
    let curve = drives.map { drive in
      let pulse = programmer.probabilities(junction, drive: drive)
      return (0..<cycles).map { _ in
        along.saturate()
        along.reset(erase)
        along.set(pulse)
        return along.level
      }
    }
    return Outcome(runs: outcome, curve: curve)
  }
}
