import Foundation
import Models
import Synchronization

/// Characterises a population of junctions: sampled layers, sampled thermal chance, exact single-grain law.
///
/// ```swift
/// let result = try AnalyticEnsemble.characterize(spec: spec, bits: [1, 2], devices: 200, cycles: 20, seed: 1)
/// let levels = result.levels(bits: 2, scheme: .writeVerify)
/// ```
///
/// Grains are independent here: neither exchange nor dipoles couple them.
public enum AnalyticEnsemble {
  /// Highest current over the critical one where none is asked for: under this law film and grain turn as one, and
  /// nearly all do within some nanoseconds.
  public static let highestDrive = 1.35

  /// Samples an ensemble and reduces it to statistics.
  ///
  /// - Parameters:
  ///   - spec: The device; its diameter, temperature and pulse width hold throughout.
  ///   - programming: Amplitudes, tolerances and limits; `nil` for the defaults up to ``highestDrive``.
  ///   - bits: Numbers of bits per cell to report levels for (1 to 4).
  ///   - devices: Junctions to sample (at least 3).
  ///   - cycles: Times to program each junction to each level (at least 2).
  ///   - seed: Seed of every random stream.
  ///   - threads: Threads to share the work among; the result does not depend on it.
  ///   - progress: Called from any thread with the share done, 0 to 1.
  /// - Returns: Levels by bits and scheme, response curve, samples and compact model.
  /// - Throws: ``DeviceError`` for values out of range and for grains that no pulse in reach reverses or that
  ///   do not outlast a pulse.
  public static func characterize(
    spec: DeviceSpec, programming: ProgrammingSpec? = nil, bits: [Int] = [1, 2],
    devices: Int = 200, cycles: Int = 20, seed: UInt64, threads: Int = 1,
    progress: (@Sendable (Double) -> Void)? = nil
  ) throws(DeviceError) -> DeviceCharacterization {
    let programming = programming ?? ProgrammingSpec(maximumDrive: highestDrive)
    try check(spec: spec, programming: programming, bits: bits, devices: devices, cycles: cycles)
    let population = parallelMap(devices, threads: threads) { Junction(spec: spec, seed: seed, index: $0) }
    let pulse = spec.dynamics.pulseWidthSeconds
    let grains = population.flatMap { $0.layer.grains }
    let stabilities = grains.map { max(1, $0.stability) }
    let times = grains.map { $0.dampingRateHertz * pulse }
    let table = SwitchingTable(
      stabilities: (stabilities.min() ?? 1)...(stabilities.max() ?? 1),
      times: (times.min() ?? 1)...(times.max() ?? 1), threads: threads)
    let programmer = Programmer(
      programming: programming, table: table, pulseSeconds: pulse, population: population,
      threads: threads)
    guard let full = programmer.meanFraction.last, full > 0.9 else {
      throw DeviceError(
        .notProgrammable,
        "a pulse of \(programming.maximumDrive) I_c and \(pulse) s reverses only "
          + "\(Int(100 * (programmer.meanFraction.last ?? 0))) % of the area; "
          + "expected a longer pulse or a higher 'maximumDrive'", at: spec.name)
    }

    let plan = ProgrammingPlan(spec: spec, programming: programming, bits: bits)
    let done = Atomic(0)
    let programmed = parallelMap(devices, threads: threads) { index in
      let result = plan.run(
        junction: population[index], index: index, programmer: programmer, cycles: cycles, seed: seed)
      let finished = done.add(1, ordering: .relaxed).newValue
      progress?(Double(finished) / Double(devices))
      return result
    }
    let provenance = Provenance(
      seed: seed, tools: ["tessera": Tessera.version], citations: citations, assumptions: assumptions)
    // More groups than a fit has: no constant of this law makes up for coarse ones.
    let compact = CompactModel.fitted(
      spec: spec, population: population, table: table, groups: 14, provenance: provenance)
    let residual = zip(programmer.rungs, programmer.meanFraction).reduce(0) {
      max($0, abs(compact.reversedFraction(drive: $1.0, pulseSeconds: pulse) - $1.1))
    }
    let statistics = plan.statistics(
      programmed: programmed, spec: spec, programming: programming, bits: bits,
      model: LevelStatistics.analyticGrainLaw, provenance: provenance)
    return DeviceCharacterization(
      schemaVersion: Tessera.schemaVersion, spec: spec, programming: programming, devices: devices,
      cycles: cycles, meanGrains: Double(grains.count) / Double(devices),
      effectiveGrains: Estimate.mean(population.map { $0.layer.effectiveGrains }) ?? .exact(0),
      aboveBreakdown: spec.shareAboveBreakdown(
        population.map { ($0.low, $0.high) },
        currentAmperes: programming.maximumDrive * spec.criticalCurrentAmperes),
      retention: Retention.of(population, programmer: programmer, kelvin: spec.temperatureKelvin),
      levels: statistics.map { $0.0 },
      samples: statistics.map { $0.1 }, curve: plan.curve(programmed: programmed, spec: spec),
      compactModel: compact, compactModelResidual: residual)
  }

  private static func check(
    spec: DeviceSpec, programming: ProgrammingSpec, bits: [Int], devices: Int, cycles: Int
  ) throws(DeviceError) {
    try DeviceError.check(spec: spec, programming: programming)
    for bits in bits where !(1...4).contains(bits) {
      throw DeviceError(.invalidInput, "\(bits) bits per cell; expected 1 to 4", at: spec.name)
    }
    guard devices >= 3, cycles >= 2 else {
      throw DeviceError(
        .invalidInput,
        "\(devices) devices and \(cycles) cycles; the analysis of variance needs 3 and 2 at least",
        at: spec.name)
    }
  }

  private static let citations = [
    .gupte2026, .brown1963, .slonczewski1996,
    Citation(
      key: "butler2012",
      text: "W. H. Butler et al., Switching distributions for perpendicular spin-torque devices within the "
        + "macrospin approximation, IEEE Trans. Magn. 48, 4684 (2012)", doi: "10.1109/TMAG.2012.2209122"),
  ]

  private static let assumptions = [
    "Grains reverse independently, film and grain as one axial macrospin; no exchange, no dipoles.",
    "Writing is by current; set and reset have equal thresholds.",
    Junction.assumption,
    "Levels of the junction stand right after programming; the loss with time is stated, not applied.",
    "Levels stand at zero bias and without read noise of the junction.",
  ]
}
