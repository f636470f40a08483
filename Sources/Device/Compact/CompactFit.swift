import Foundation
import Models

/// Fits the compact model to the grain engine's response under several pulse widths and temperatures.
///
/// Thresholds are the quantiles of the grains' own: the current at which each turns every other time. The law's
/// constants, the coupling, and scale and spread of the thresholds are the least-squares fit to the mean reversed
/// fraction of all conditions. The number of grains of the stochastic generator is the one with which it spreads as
/// sampled; it stands for chance alone, since dipoles and exchange spread the layer otherwise than independent grains.
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

    /// Mean over junctions and cycles at each current.
    public var means: [Double] {
      drives.indices.map { drive in
        let all = fractions.flatMap { $0[drive] }
        return all.reduce(0, +) / Double(max(1, all.count))
      }
    }
    /// Standard deviation over junctions and cycles at each current.
    public var sigmas: [Double] {
      drives.indices.map { drive in Moments(fractions.flatMap { $0[drive] })?.standardDeviation ?? 0 }
    }
  }

  /// Grain groups of the model.
  public static let groups = 12

  /// Fits the model.
  ///
  /// - Parameters:
  ///   - samples: Junctions with their grains' own thresholds.
  ///   - conditions: At least the ensemble's own pulse; three widths and two temperatures pin down every constant.
  public static func fit(
    _ ensemble: GrainEnsemble, samples: [GrainEnsemble.Sample], conditions: [Condition]
  ) -> CompactModel {
    let spec = ensemble.spec
    let pulse = spec.dynamics.pulseWidthSeconds
    let quantiles = quantiles(samples)
    let centre = quantiles.reduce(0, +) / Double(quantiles.count)
    let data = conditions.map { (condition: $0, means: $0.means) }
    func model(_ p: [Double]) -> CompactModel {
      CompactModel(
        device: spec.name, model: LevelStatistics.grainEngine, grains: 1,
        thresholds: quantiles.map { max(0.02, exp(p[4]) * centre + exp(p[5]) * ($0 - centre)) },
        weights: [Double](repeating: 1 / Double(groups), count: groups),
        criticalCurrentAmperes: spec.criticalCurrentAmperes, attemptFrequencyHertz: exp(p[0]) / pulse,
        stability: exp(p[1]), barrierExponent: exp(p[2]), reversalTimeSeconds: pulse / exp(p[3]),
        incubationSeconds: exp(p[6]) * pulse, coupling: p[7], parallelOhms: spec.parallelOhms,
        tmrZeroBias: spec.junction.tmrZeroBias,
        tmrHalfVolts: spec.junction.tmrHalfVolts,
        capacitanceFarads: spec.junction.capacitancePerArea * spec.areaSquareMetres,
        breakdownVolts: spec.junction.breakdownVolts, pulseWidthSeconds: pulse,
        provenance: Provenance(
          seed: ensemble.seed, tools: ["tessera": Tessera.version], citations: GrainEnsemble.citations,
          assumptions: GrainEnsemble.assumptions))
    }
    func deviations(_ base: CompactModel) -> [Double] {
      data.flatMap { condition, means in
        var scaled = base
        scaled.stability *= spec.temperatureKelvin / condition.kelvin
        return zip(condition.drives, means).map {
          scaled.reversedFraction(drive: $0, pulseSeconds: condition.pulseSeconds) - $1
        }
      }
    }
    func misfit(_ p: [Double]) -> Double {
      // Constants far outside what the law can mean are kept out.
      guard abs(p[0]) < 12, (-1...6).contains(p[1]), (-1.5...2).contains(p[2]), abs(p[3]) < 8,
        abs(p[4]) < 2, abs(p[5]) < 2, (-6...0).contains(p[6]), abs(p[7]) < 0.6
      else { return .infinity }
      return deviations(model(p)).reduce(0) { $0 + $1 * $1 }
    }
    // The law has more than one valley: the best of a few starts.
    let starts = [(2.0, 30.0, 0.0), (1.2, 30, 0), (2, 10, 0), (1.6, 20, 0), (1.6, 20, -1), (1.2, 10, -1)].map
    {
      exponent, stability, logarithm in
      PatternSearch.minimize(
        misfit, from: [logarithm, log(stability), log(exponent), log(12), 0, 0, -2, 0], step: 0.3,
        smallestStep: 2e-3)
    }
    var best = starts.min { misfit($0) < misfit($1) } ?? starts[0]
    best = PatternSearch.minimize(misfit, from: best, step: 0.05, smallestStep: 1e-4)
    var fitted = model(best)
    let residuals = deviations(fitted)
    let areaSigma = Moments(samples.map(\.areaRatio))?.standardDeviation ?? 0
    fitted.grains = max(
      1, Int((samples.reduce(0) { $0 + $1.effectiveGrains } / Double(samples.count)).rounded()))
    fitted.fit = CompactModel.Fit(
      drives: bounds(conditions.flatMap(\.drives)), pulseSeconds: bounds(conditions.map(\.pulseSeconds)),
      kelvin: bounds(conditions.map(\.kelvin)), referenceKelvin: spec.temperatureKelvin,
      rootMeanSquare: (residuals.reduce(0) { $0 + $1 * $1 } / Double(max(1, residuals.count))).squareRoot(),
      largest: residuals.reduce(0) { max($0, abs($1)) }, areaSigma: areaSigma, sigmaRatio: 1)
    // The variance has a part that goes as 1 / N and one from the areas: a few rounds settle it.
    var ratio = sigmaRatio(fitted, conditions: conditions, seed: ensemble.seed)
    for _ in 0..<4 where abs(ratio - 1) > 0.01 {
      fitted.grains = min(2000, max(1, Int((Double(fitted.grains) * pow(ratio, 3)).rounded())))
      ratio = sigmaRatio(fitted, conditions: conditions, seed: ensemble.seed)
    }
    fitted.fit?.sigmaRatio = ratio
    return fitted
  }

  private static func bounds(_ values: [Double]) -> [Double] { [values.min() ?? 0, values.max() ?? 0] }

  /// Means of groups of equal area of the grains' thresholds, in terms of the current density.
  private static func quantiles(_ samples: [GrainEnsemble.Sample]) -> [Double] {
    let grains = samples.flatMap { sample in
      zip(sample.medianDrives, sample.weights).map {
        (threshold: $0 / sample.areaRatio, weight: $1 / Double(samples.count))
      }
    }.sorted { $0.threshold < $1.threshold }
    var sums = [Double](repeating: 0, count: groups)
    var weights = sums
    var passed = 0.0
    for grain in grains {
      let group = min(groups - 1, Int((passed + grain.weight / 2) * Double(groups)))
      sums[group] += grain.weight * grain.threshold
      weights[group] += grain.weight
      passed += grain.weight
    }
    var last = 0.0
    return zip(sums, weights).map { sum, weight in
      last = weight > 0 ? sum / weight : last
      return last
    }
  }

  /// Standard deviation of the generator over the sampled one, where 0.1 to 0.9 of the area is reversed; the root of
  /// the mean ratio of variances.
  private static func sigmaRatio(_ model: CompactModel, conditions: [Condition], seed: UInt64) -> Double {
    var (sum, count) = (0.0, 0.0)
    for condition in conditions {
      let generated = CompactGenerator(model.at(kelvin: condition.kelvin), seed: seed)
      for (index, (mean, sigma)) in zip(condition.means, condition.sigmas).enumerated()
      where (0.1...0.9).contains(mean) {
        let moments = generated.moments(
          drive: condition.drives[index], pulseSeconds: condition.pulseSeconds, devices: 100, cycles: 3)
        sum += moments.sigma * moments.sigma
        count += sigma * sigma
      }
    }
    return count > 0 ? (sum / count).squareRoot() : 1
  }
}

/// Junctions and writes drawn from a compact model.
///
/// - Device to device: N grain thresholds from the distribution of the model's groups, and the area of the junction.
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
    var values: [Double] = []
    values.reserveCapacity(devices * cycles)
    for device in 0..<devices {
      var random = KeyedRandom(seed: seed, stage: "compact.device", item: UInt64(device))
      let thresholds = thresholds(&random)
      let sigma = model.fit?.areaSigma ?? 0
      let area = max(0.1, 1 + sigma * random.normal())
      for _ in 0..<cycles {
        values.append(
          write(thresholds, drive: drive / area, pulseSeconds: pulseSeconds, random: &random))
      }
    }
    let moments = Moments(values)
    return (moments?.mean ?? 0, moments?.standardDeviation ?? 0)
  }

  /// Thresholds of the grains of one junction.
  package func thresholds(_ random: inout KeyedRandom) -> [Double] {
    let groups = model.thresholds
    return (0..<model.grains).map { _ in
      // Group means stand at the middles of their shares; between them straight lines, beyond them the last.
      let place = random.uniform() * Double(groups.count) - 0.5
      let low = min(max(Int(place.rounded(.down)), 0), groups.count - 2)
      return max(0.02, groups[low] + (place - Double(low)) * (groups[low + 1] - groups[low]))
    }
  }

  /// Reversed fraction after one write of one junction.
  package func write(
    _ thresholds: [Double], drive: Double, pulseSeconds: Double, random: inout KeyedRandom
  ) -> Double {
    var reversed = [Bool](repeating: false, count: thresholds.count)
    var count = 0
    for (y, seconds) in model.course(drive: drive, pulseSeconds: pulseSeconds) {
      let effective = y - model.coupling * (Double(count) / Double(thresholds.count) - 0.5)
      for index in thresholds.indices where !reversed[index] {
        let rate = model.rate(threshold: thresholds[index], drive: effective)
        if random.uniform() < -expm1(-rate * seconds) {
          reversed[index] = true
          count += 1
        }
      }
    }
    return Double(count) / Double(thresholds.count)
  }
}

extension GrainEnsemble {
  /// Widths of the pulse, over the device's own, and temperatures over its own for which the model is fitted.
  public static let fitConditions = [(width: 1.0, warmer: 0.0), (0.5, 0), (2, 0), (1, 58)]

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
    let fractions = parallelMap(junctions, threads: threads) { index in
      let junction = GrainJunction(spec: fixed, seed: seed, index: index, tensors: tensors)
      var result = [[Double]](repeating: [], count: drives.count)
      let items = drives.indices.flatMap { drive in (0..<cycles).map { (drive, $0) } }
      for start in stride(from: 0, to: items.count, by: width) {
        let part = items[start..<min(start + width, items.count)]
        let outcomes = junction.run(
          drives: part.map { [drives[$0.0]] }, shape: shape,
          streams: part.map { stream(stage, junction: index, replica: $0.0 << 16 | $0.1) })
        for (item, outcome) in zip(part, outcomes) { result[item.0].append(outcome[0].fraction) }
      }
      progress?()
      return result
    }
    return CompactFit.Condition(
      pulseSeconds: pulseSeconds, kelvin: kelvin, drives: drives, fractions: fractions)
  }
}

extension GrainEnsemble.Plan {
  /// Currents for a pulse of another width: about as much higher as the layer then asks for.
  public func drives(forWidth width: Double) -> [Double] { drives.map { $0 * pow(width, -0.15) } }
}

extension CompactModel {
  /// Standard deviation of the reversed fraction after one pulse, over junctions and writes that the model draws.
  public func generatedSigma(drive: Double, pulseSeconds: Double, seed: UInt64) -> Double {
    CompactGenerator(self, seed: seed).moments(
      drive: drive, pulseSeconds: pulseSeconds, devices: 200, cycles: 4
    ).sigma
  }
}
