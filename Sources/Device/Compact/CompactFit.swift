import Foundation
import Models

/// Fits the compact model to the grain engine's response under several pulse widths and temperatures.
///
/// Thresholds are the quantiles of the grains' own: the current at which each turns every other time. The law's
/// constants, and scale, width and skew of the thresholds are the least-squares fit to the mean reversed fraction of all
/// conditions, each weighted by what the sample knows; then the film's lead is fitted to that at the end of the pulses. Grains of each group have
/// the area that the sampled ones have: those at the edge, cut and small, go first. The stochastic generator has as many
/// grains, and late in the reversal as large clusters of them, as make it spread as sampled.
public struct CompactFit: Sendable {
  /// Response of junctions under pulses of one width at one temperature.
  public struct Condition: Codable, Sendable, Hashable {
    /// Pulse width in seconds.
    public var pulseSeconds: Double
    /// Temperature in kelvin.
    public var kelvin: Double
    /// Currents over the nominal critical one.
    public var drives: [Double]
    /// Parallel share of the area after one pulse: `[junction][current][cycle]`.
    public var fractions: [[[Double]]]
    /// Film along parallel less grains along parallel at the end of the pulse, mean over all.
    public var leads: [Double]
    /// Mean area of these junctions over the nominal one: by so much less a current does to them.
    public var meanArea: Double

    package init(
      pulseSeconds: Double, kelvin: Double, drives: [Double], fractions: [[[Double]]], leads: [Double],
      meanArea: Double = 1
    ) {
      self.pulseSeconds = pulseSeconds
      self.kelvin = kelvin
      self.drives = drives
      self.fractions = fractions
      self.leads = leads
      self.meanArea = meanArea
    }

    /// A current as nominal junctions would have to see it.
    public func nominal(_ drive: Double) -> Double { drive / meanArea }

    /// Mean over junctions and cycles at each current.
    public var means: [Double] {
      drives.indices.map { drive in
        let all = fractions.flatMap { $0[drive] }
        return all.reduce(0, +) / Double(max(1, all.count))
      }
    }
    /// Standard errors of the means; junctions are independent, their cycles are not.
    public var standardErrors: [Double] {
      drives.indices.map { drive in
        let means = fractions.map { $0[drive].reduce(0, +) / Double(max(1, $0[drive].count)) }
        return (Moments(means)?.standardDeviation ?? 0) / Double(max(1, means.count)).squareRoot()
      }
    }
    /// Standard deviation over junctions and cycles at each current.
    public var sigmas: [Double] {
      drives.indices.map { drive in Moments(fractions.flatMap { $0[drive] })?.standardDeviation ?? 0 }
    }
  }

  /// Time at rest for which the model holds its state, in seconds: far longer than any transient of a circuit.
  ///
  /// The ten years of the grains themselves are the retention's matter, not this model's.
  public static let restSeconds = 1e-4

  /// Grain groups of the model.
  public static let groups = 12

  /// Fits the model.
  ///
  /// - Parameters:
  ///   - samples: Junctions with their grains' own thresholds.
  ///   - conditions: The device's own pulse and others: three widths and two temperatures pin down every constant.
  public static func fit(
    _ ensemble: GrainEnsemble, samples: [GrainEnsemble.Sample], conditions: [Condition]
  ) -> CompactModel {
    precondition(!samples.isEmpty && !conditions.isEmpty, "a fit needs junctions and their response")
    let spec = ensemble.spec
    let pulse = spec.dynamics.pulseWidthSeconds
    // In terms of the current density.
    let grains = GrainGroups(
      samples.flatMap { sample in
        zip(sample.medianDrives, sample.weights).map { (threshold: $0 / sample.areaRatio, share: $1) }
      }, groups: groups)
    let quantiles = grains.thresholds
    let centre = zip(grains.weights, quantiles).reduce(0) { $0 + $1.0 * $1.1 }
    let width = zip(grains.weights, quantiles).reduce(0) { $0 + $1.0 * ($1.1 - centre) * ($1.1 - centre) }
      .squareRoot()
    let areaSigma = Moments(samples.map(\.areaRatio))?.standardDeviation ?? 0
    let data = conditions.map { (condition: $0, means: $0.means) }
    let range = CompactModel.Fit(
      drives: bounds(conditions.flatMap(\.drives)), pulseSeconds: bounds(conditions.map(\.pulseSeconds)),
      kelvin: bounds(conditions.map(\.kelvin)), referenceKelvin: spec.temperatureKelvin, rootMeanSquare: 0,
      largest: 0, areaSigma: areaSigma)
    func model(_ p: [Double]) -> CompactModel {
      // Width and skew keep the order: an exponential of each grain's place, straight without skew.
      let thresholds = quantiles.map { quantile in
        let place = (quantile - centre) / max(width, 1e-9)
        let stretched = abs(p[7]) < 1e-9 ? place : expm1(p[7] * place) / p[7]
        return max(0.02, exp(p[4]) * centre + exp(p[5]) * width * stretched)
      }
      return CompactModel(
        device: spec.name, model: LevelStatistics.grainEngine, grains: 1,
        thresholds: thresholds, weights: grains.weights, grainAreas: grains.areas,
        criticalCurrentAmperes: spec.criticalCurrentAmperes, attemptFrequencyHertz: exp(p[0]) / pulse,
        stability: exp(p[1]), barrierExponent: exp(p[2]), reversalTimeSeconds: pulse / exp(p[3]),
        incubationSeconds: exp(p[6]) * pulse, parallelOhms: spec.parallelOhms,
        tmrZeroBias: spec.junction.tmrZeroBias,
        tmrHalfVolts: spec.junction.tmrHalfVolts,
        capacitanceFarads: spec.junction.capacitancePerArea * spec.areaSquareMetres,
        breakdownVolts: spec.junction.breakdownVolts, pulseWidthSeconds: pulse, fit: range,
        provenance: Provenance(
          seed: ensemble.seed, tools: ["tessera": Tessera.version], citations: GrainEnsemble.citations,
          assumptions: GrainEnsemble.assumptions))
    }
    func deviations(_ base: CompactModel) -> [Double] {
      data.flatMap { condition, means in
        let warm = base.at(kelvin: condition.kelvin)
        return zip(condition.drives, means).map {
          warm.meanReversedFraction(
            drive: condition.nominal($0), pulseSeconds: condition.pulseSeconds) - $1
        }
      }
    }
    // A hundredth of the area counts, but less where the sample knows less.
    let weights = conditions.flatMap { $0.standardErrors.map { 1 / (1 + pow($0 / 0.01, 2)).squareRoot() } }
    // What each group would lose at rest in a tenth of a millisecond, at the highest temperature.
    func losses(_ base: CompactModel) -> [Double] {
      let warm = base.at(kelvin: range.kelvin[1])
      return zip(warm.thresholds, warm.weights).map {
        $1 * -expm1(-restSeconds * warm.rate(threshold: $0, drive: 0))
      }
    }
    func residuals(_ p: [Double]) -> [Double]? {
      // Constants outside what the law can mean are kept out: an exponent below 1 makes the rate infinitely steep where
      // the barrier goes, and nothing turns within less than 10 ps.
      guard abs(p[0]) < 12, (-1...6).contains(p[1]), (0...2).contains(p[2]), p[3] > -8,
        p[3] < log(pulse / 1e-11),
        abs(p[4]) < 2, abs(p[5]) < 2, (-6...0).contains(p[6]), abs(p[7]) < 1
      else { return nil }
      let model = model(p)
      return zip(deviations(model), weights).map { $0 * $1 } + losses(model)
    }
    // The law has more than one valley: the best of a few starts.
    let starts = [(2.0, 30.0, 0.0), (1.2, 30, 0), (2, 10, 0), (1.6, 20, 0), (1.6, 20, -1), (1.2, 60, -1)].map
    {
      exponent, stability, logarithm in
      LeastSquares.minimize(
        residuals, from: [logarithm, log(stability), log(exponent), log(12), 0, 0, -2, 0])
    }
    let best = starts.min { $0.squares < $1.squares }?.point ?? []
    var fitted = model(best)
    let remaining = deviations(fitted)
    fitted.fit?.rootMeanSquare = rootMeanSquare(remaining)
    fitted.fit?.largest = remaining.reduce(0) { max($0, abs($1)) }
    fitLead(&fitted, conditions: conditions)
    let mean = samples.reduce(0) { $0 + $1.effectiveGrains } / Double(samples.count)
    fitGenerator(&fitted, grains: mean, areas: grains.areas, conditions: conditions, seed: ensemble.seed)
    return fitted
  }

  private static func bounds(_ values: [Double]) -> [Double] { [values.min() ?? 0, values.max() ?? 0] }

  private static func rootMeanSquare(_ values: [Double]) -> Double {
    (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
  }

  /// Fits strength and exponent of the film's lead.
  private static func fitLead(_ model: inout CompactModel, conditions: [Condition]) {
    let base = model
    func residuals(_ p: [Double]) -> [Double]? {
      guard abs(p[0]) < 8, (0...2).contains(p[1]) else { return nil }
      var trial = base
      (trial.leadStrength, trial.leadExponent) = (exp(p[0]), exp(p[1]))
      return conditions.flatMap { condition in
        let warm = trial.at(kelvin: condition.kelvin)
        return zip(condition.drives, condition.leads).map {
          warm.meanResponse(drive: condition.nominal($0), pulseSeconds: condition.pulseSeconds).ahead - $1
        }
      }
    }
    let best = LeastSquares.minimize(residuals, from: [-1, 1]).point
    (model.leadStrength, model.leadExponent) = (exp(best[0]), exp(best[1]))
    model.fit?.leadRootMeanSquare = rootMeanSquare(residuals(best) ?? [])
  }

  /// Fits the generator: the number of grains, and the power of their area that is the area of what turns at once.
  ///
  /// - Parameters:
  ///   - grains: Number to start from.
  ///   - areas: Mean area of each group's grains.
  private static func fitGenerator(
    _ model: inout CompactModel, grains: Double, areas: [Double], conditions: [Condition], seed: UInt64
  ) {
    var best = Double.infinity
    for power in [1, 1.5, 2] {
      var trial = model
      trial.grainAreas = areas.map { pow($0, power) }
      var number = grains
      for _ in 0..<4 {
        trial.grains = min(2000, max(2, Int(number.rounded())))
        let logarithms = sigmaRatios(trial, conditions: conditions, seed: seed).map { log($0) }
        guard !logarithms.isEmpty else { return }
        let scatter = rootMeanSquare(logarithms)
        let mean = exp(logarithms.reduce(0, +) / Double(logarithms.count))
        if scatter < best {
          best = scatter
          (model.grains, model.grainAreas) = (trial.grains, trial.grainAreas)
          model.fit?.sigmaRatio = mean
          model.fit?.sigmaScatter = scatter
          model.fit?.clusterExponent = power
        }
        // The variance has a part that goes as 1 / N and others that do not.
        guard abs(mean - 1) > 0.01 else { break }
        number = Double(trial.grains) * mean * mean
      }
    }
  }

  /// Standard deviation of the generator over the sampled one, where 0.05 to 0.95 of the area is reversed.
  private static func sigmaRatios(_ model: CompactModel, conditions: [Condition], seed: UInt64) -> [Double] {
    conditions.flatMap { condition -> [Double] in
      let generator = CompactGenerator(model.at(kelvin: condition.kelvin), seed: seed)
      return condition.drives.indices.compactMap { index -> Double? in
        let (mean, sigma) = (condition.means[index], condition.sigmas[index])
        guard (0.05...0.95).contains(mean), sigma > 0 else { return nil }
        let generated = generator.moments(
          drive: condition.nominal(condition.drives[index]), pulseSeconds: condition.pulseSeconds,
          devices: 200, cycles: 2)
        return max(1e-6, generated.sigma) / sigma
      }
    }
  }
}

/// Junctions and writes drawn from a compact model.
///
/// - Device to device: N grain thresholds from the distribution of the model's groups, one of each Nth part of it, since
///   every junction has grains at its edge and in its middle; and the area of the junction.
/// - Cycle to cycle: every grain turns by chance at the rate of the law.
package struct CompactGenerator {
  private let model: CompactModel
  private let seed: UInt64

  package init(_ model: CompactModel, seed: UInt64) {
    self.model = model
    self.seed = seed
  }

  /// Mean and standard deviation of the reversed fraction after one pulse from the opposite state.
  package func moments(
    drive: Double, pulseSeconds: Double, devices: Int, cycles: Int
  ) -> (mean: Double, sigma: Double) {
    let all = fractions(drives: [drive], pulseSeconds: pulseSeconds, devices: devices, cycles: cycles)
    let moments = Moments(all.flatMap { $0[0] })
    return (moments?.mean ?? 0, moments?.standardDeviation ?? 0)
  }

  /// Reversed fractions after one pulse from the opposite state: `[junction][current][cycle]`.
  package func fractions(
    drives: [Double], pulseSeconds: Double, devices: Int, cycles: Int
  ) -> [[[Double]]] {
    (0..<devices).map { device in
      var random = stream(device)
      let (grains, area) = junction(&random)
      return drives.map { drive in
        let course = model.course(drive: drive / area, pulseSeconds: pulseSeconds)
        let chances = grains.map { -expm1(-model.integratedRate(threshold: $0.threshold, over: course[...])) }
        return (0..<cycles).map { _ in
          zip(grains, chances).reduce(0) { $0 + (random.uniform() < $1.1 ? $1.0.share : 0) }
        }
      }
    }
  }

  package func stream(_ index: Int) -> KeyedRandom {
    KeyedRandom(seed: seed, stage: "compact.device", item: UInt64(index))
  }

  /// One junction: its grains, and its area over the nominal one.
  package func junction(
    _ random: inout KeyedRandom
  ) -> (grains: [(threshold: Double, share: Double)], area: Double) {
    let grains = grains(&random)
    return (grains, max(0.1, 1 + (model.fit?.areaSigma ?? 0) * random.normal()))
  }

  /// Grains of one junction: the threshold of each and its share in the area.
  package func grains(_ random: inout KeyedRandom) -> [(threshold: Double, share: Double)] {
    let groups = model.thresholds
    // A group's grains are the more, the smaller they are.
    let numbers = zip(model.weights, model.grainAreas).map { $0 / $1 }
    let total = numbers.reduce(0, +)
    let drawn = (0..<model.grains).map { part -> (threshold: Double, area: Double) in
      var left = (Double(part) + random.uniform()) / Double(model.grains) * total
      var group = 0
      while group < groups.count - 1, left >= numbers[group] {
        left -= numbers[group]
        group += 1
      }
      // Group means stand at the middles of their shares; between them straight lines, beyond them the last.
      let place = Double(group) + min(1, left / numbers[group]) - 0.5
      let low = min(max(Int(place.rounded(.down)), 0), max(0, groups.count - 2))
      let high = min(low + 1, groups.count - 1)
      let threshold = groups[low] + (place - Double(low)) * (groups[high] - groups[low])
      return (max(0.02, threshold), model.grainAreas[group])
    }
    let whole = drawn.reduce(0) { $0 + $1.area }
    return drawn.map { ($0.threshold, $0.area / whole) }
  }
}

extension GrainEnsemble {
  /// Widths of the pulse, over the device's own, and temperatures over its own for which the model is fitted.
  public static let fitConditions = [(width: 1, warmer: 0.0), (0.5, 0), (2, 0), (1, 58)]
  /// Writes of each junction at each current under them: many junctions tell more of the mean than many writes.
  public static let fitCycles = 2
  /// The response to the device's own pulse, of which every sample has a record.
  public func response(plan: Plan, samples: [Sample]) -> CompactFit.Condition {
    CompactFit.Condition(
      pulseSeconds: spec.dynamics.pulseWidthSeconds, kelvin: spec.temperatureKelvin, drives: plan.drives,
      fractions: samples.map(\.curve),
      leads: plan.drives.indices.map { drive in
        samples.reduce(0) { $0 + $1.filmAhead[drive] } / Double(max(1, samples.count))
      }, meanArea: samples.reduce(0) { $0 + $1.areaRatio } / Double(max(1, samples.count)))
  }

  /// Responds to pulses of another width at another temperature.
  ///
  /// - Parameters:
  ///   - junctions: Number of junctions, from the first on.
  ///   - drives: Currents over the nominal critical one.
  ///   - stage: Name of the random streams.
  public func respond(
    pulseSeconds: Double, kelvin: Double, drives: [Double], junctions: Int, cycles: Int, stage: String,
    threads: Int = 1, progress: (@Sendable () -> Void)? = nil
  ) -> CompactFit.Condition {
    var warm = spec
    warm.temperatureKelvin = kelvin
    let shape = PulseShape(widthSeconds: pulseSeconds)
    let width = SpinReplicas.count
    let fixed = warm
    let responses = parallelMap(junctions, threads: threads) { index in
      let junction = GrainJunction(spec: fixed, seed: seed, index: index, tensors: tensors)
      var result = (
        fractions: [[Double]](repeating: [], count: drives.count),
        leads: [Double](repeating: 0, count: drives.count), area: junction.junction.areaRatio
      )
      let items = drives.indices.flatMap { drive in (0..<cycles).map { (drive, $0) } }
      for start in stride(from: 0, to: items.count, by: width) {
        let part = items[start..<min(start + width, items.count)]
        let outcomes = junction.run(
          drives: part.map { [drives[$0.0]] }, shape: shape,
          streams: part.map { stream(stage, junction: index, replica: $0.0 << 16 | $0.1) })
        for (item, outcome) in zip(part, outcomes) {
          result.fractions[item.0].append(outcome[0].fraction)
          result.leads[item.0] += outcome[0].filmAhead / Double(cycles)
        }
      }
      progress?()
      return result
    }
    return CompactFit.Condition(
      pulseSeconds: pulseSeconds, kelvin: kelvin, drives: drives, fractions: responses.map(\.fractions),
      leads: drives.indices.map { drive in
        responses.reduce(0) { $0 + $1.leads[drive] } / Double(max(1, junctions))
      }, meanArea: responses.reduce(0) { $0 + $1.area } / Double(max(1, junctions)))
  }
}

extension GrainEnsemble.Plan {
  /// Currents for a pulse of another width, from the first to the last: about as much higher as the layer then asks for.
  ///
  /// As many as replicas lie side by side, so that one write of a junction at each takes one run.
  public func drives(forWidth width: Double) -> [Double] {
    let count = SpinReplicas.count
    return (0..<count).map { index in
      let place = Double(index) / Double(count - 1) * Double(drives.count - 1)
      let low = min(Int(place), max(0, drives.count - 2))
      let high = min(low + 1, drives.count - 1)
      return (drives[low] + (place - Double(low)) * (drives[high] - drives[low])) * pow(width, -0.15)
    }
  }
}

extension CompactModel {
  /// The model of one junction that the generator draws, for Monte Carlo runs of circuits.
  ///
  /// It has the thresholds of its own N grains in groups, fewer than the model's where one gets no grain, and current, resistance and capacitance by its own
  /// area. What else differs between junctions, resistance-area product and magnetoresistance, is the device's
  /// specification to give.
  ///
  /// - Parameter index: Junction, 0 or more; the same seed and index give the same junction.
  public func instance(seed: UInt64, index: Int) -> CompactModel {
    let generator = CompactGenerator(self, seed: seed)
    var random = generator.stream(index)
    let (drawn, area) = generator.junction(&random)
    let groups = GrainGroups(drawn, groups: thresholds.count)
    var model = self
    model.thresholds = groups.thresholds
    model.weights = groups.weights
    model.grainAreas = groups.areas
    model.criticalCurrentAmperes *= area
    model.parallelOhms /= area
    model.capacitanceFarads *= area
    // The junction is one, so that nothing of its area is left to draw.
    model.fit?.areaSigma = 0
    return model
  }

  /// Standard deviation of the reversed fraction after one pulse, over junctions and writes that the model draws.
  public func generatedSigma(drive: Double, pulseSeconds: Double, seed: UInt64) -> Double {
    CompactGenerator(self, seed: seed).moments(
      drive: drive, pulseSeconds: pulseSeconds, devices: 200, cycles: 4
    ).sigma
  }
}
