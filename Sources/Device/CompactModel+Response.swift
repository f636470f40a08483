import Foundation
import Models

extension CompactModel {
  /// Rate at which a grain group reverses, in 1/s.
  ///
  /// - Parameters:
  ///   - threshold: x_k of the group.
  ///   - drive: x = I / I_c towards reversal.
  public func rate(threshold: Double, drive: Double) -> Double {
    let relative = drive / threshold
    return attemptFrequencyHertz
      * exp(-stability * threshold * pow(max(0, 1 - relative), barrierExponent))
      + max(0, relative - 1) / reversalTimeSeconds
  }

  /// Voltage across the junction at a current: the root of I = V G(V, q).
  ///
  /// - Parameters:
  ///   - currentAmperes: Current, not negative.
  ///   - antiparallelFraction: q, 0 to 1.
  public func junctionVolts(currentAmperes: Double, antiparallelFraction q: Double) -> Double {
    var low = 0.0
    var high = currentAmperes * parallelOhms * (1 + tmrZeroBias)
    for _ in 0..<60 {
      let volts = (low + high) / 2
      let relative = volts / tmrHalfVolts
      let conductance = (1 - q + q / (1 + tmrZeroBias / (1 + relative * relative))) / parallelOhms
      if volts * conductance < currentAmperes { low = volts } else { high = volts }
    }
    return (low + high) / 2
  }

  /// Mean reversed fraction after one rectangular pulse from the opposite state:
  /// F = sum w_k (1 - exp(-t_p r_k(x))), the reverse rate being negligible under current.
  public func reversedFraction(drive: Double, pulseSeconds: Double) -> Double {
    zip(weights, thresholds).reduce(0) {
      $0 + $1.0 * (1 - exp(-pulseSeconds * rate(threshold: $1.1, drive: drive)))
    }
  }
}
