import Foundation
import Models

/// The rate law of ``CompactModel`` for one grain, fitted to the exact switching probability.
///
/// The law has no memory, so it cannot know the incubation of precessional reversal; its constants are
/// therefore effective ones for one pulse width. They are the least-squares fit of
/// P = 1 - exp(-t_p r(y)) to ``AxialFokkerPlanck`` for the mean grain over 0 <= y <= 2.
struct RateLaw {
  let attemptFrequencyHertz: Double
  let barrierExponent: Double
  let reversalTimeSeconds: Double

  /// Fits the law for a grain and a pulse width.
  init(stability: Double, dampingRateHertz: Double, pulseSeconds: Double) {
    let drives = stride(from: 0.0, through: 2, by: 0.05).map { $0 }
    let exact = drives.map {
      AxialFokkerPlanck().reversalProbability(
        stability: stability, drive: $0, times: [pulseSeconds * dampingRateHertz])[0]
    }
    // Logarithms of f0 t_p, b and t_p / tau_d.
    let best = LeastSquares.minimize(
      { p in
        zip(drives, exact).map { drive, share in
          let exponent =
            exp(p[0] - stability * pow(max(0, 1 - drive), exp(p[1]))) + exp(p[2]) * max(0, drive - 1)
          return 1 - exp(-exponent) - share
        }
      }, from: [0, log(2), log(10)]
    ).point
    attemptFrequencyHertz = exp(best[0]) / pulseSeconds
    barrierExponent = exp(best[1])
    reversalTimeSeconds = pulseSeconds / exp(best[2])
  }
}

extension RateLaw {
  /// The threshold at which a grain of the law, Delta = stability x threshold, reverses with probability 1/2
  /// under a pulse of the given drive.
  func threshold(medianDrive: Double, stability: Double, pulseSeconds: Double) -> Double {
    var low = 1e-3
    var high = max(4, 4 * medianDrive)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      let relative = medianDrive / middle
      let rate =
        attemptFrequencyHertz * exp(-stability * middle * pow(max(0, 1 - relative), barrierExponent))
        + max(0, relative - 1) / reversalTimeSeconds
      if rate * pulseSeconds > log(2) { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

extension CompactModel {
  /// Builds the model of an ensemble's junctions.
  ///
  /// Each grain gets the threshold at which the law reverses it with probability 1/2 where the exact law does,
  /// so that a small grain's lower barrier is contained; the thresholds, weighted by area, are then sorted into
  /// groups; see ``GrainGroups``.
  static func fitted(
    spec: DeviceSpec, population: [Junction], table: SwitchingTable, groups: Int, provenance: Provenance
  ) -> CompactModel {
    let pulse = spec.dynamics.pulseWidthSeconds
    let mean = spec.meanGrain
    let law = RateLaw(
      stability: mean.stability, dampingRateHertz: mean.dampingRateHertz, pulseSeconds: pulse)
    var grains: [(threshold: Double, share: Double)] = []
    for grain in population.flatMap({ $0.layer.grains }) {
      var low = 0.0
      var high = 4 * grain.threshold
      for _ in 0..<40 {
        let middle = (low + high) / 2
        if table.probability(of: grain, drive: middle, pulseSeconds: pulse) > 0.5 {
          high = middle
        } else {
          low = middle
        }
      }
      grains.append(
        (
          law.threshold(medianDrive: (low + high) / 2, stability: mean.stability, pulseSeconds: pulse),
          grain.weight
        ))
    }
    let sorted = GrainGroups(grains, groups: groups)
    let effective =
      population.reduce(0) { $0 + $1.layer.effectiveGrains } / Double(max(1, population.count))
    return CompactModel(
      device: spec.name, model: LevelStatistics.analyticGrainLaw, grains: Int(effective.rounded()),
      thresholds: sorted.thresholds, weights: sorted.weights, grainAreas: sorted.areas,
      criticalCurrentAmperes: spec.criticalCurrentAmperes,
      attemptFrequencyHertz: law.attemptFrequencyHertz, stability: mean.stability,
      barrierExponent: law.barrierExponent, reversalTimeSeconds: law.reversalTimeSeconds,
      parallelOhms: spec.parallelOhms, tmrZeroBias: spec.junction.tmrZeroBias,
      tmrHalfVolts: spec.junction.tmrHalfVolts,
      capacitanceFarads: spec.junction.capacitancePerArea * spec.areaSquareMetres,
      breakdownVolts: spec.junction.breakdownVolts, pulseWidthSeconds: pulse, provenance: provenance)
  }
}

extension DeviceSpec {
  /// The grain of mean area and nominal anisotropy, alone carrying the whole area.
  package var meanGrain: Grain {
    let moment =
      film.saturationMagnetization * film.thicknessMetres
      + granular.saturationMagnetization * granular.thicknessMetres * magneticAreaFraction
    return Grain(
      weight: 1, threshold: 1, stability: grainStability,
      dampingRateHertz: dynamics.alpha / (1 + dynamics.alpha * dynamics.alpha)
        * PhysicalConstants.gyromagneticRatio * 2 * totalAnisotropyPerArea / moment, isCut: false)
  }
}
