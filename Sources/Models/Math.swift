import Foundation

/// The few special functions that several stages share.
public enum Math {
  /// Natural logarithm.
  public static func log(_ x: Double) -> Double { Foundation.log(x) }

  /// The cumulative distribution of the standard normal.
  public static func normalCDF(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// The inverse of ``normalCDF(_:)`` for p in the open interval (0, 1); infinite at its ends.
  ///
  /// Acklam's rational approximation, then one Halley step, which brings it to double precision.
  ///
  /// - Source: Halley refinement of P. J. Acklam's inverse normal approximation (2003).
  public static func probit(_ p: Double) -> Double {
    guard p > 0 else { return -.infinity }
    guard p < 1 else { return .infinity }
    var z: Double
    if p < 0.02425 || p > 1 - 0.02425 {
      let q = (-2 * Foundation.log(min(p, 1 - p))).squareRoot()
      let numerator =
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q
          - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783
      let denominator =
        (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q
          + 3.754408661907416) * q + 1
      z = numerator / denominator
      if p > 0.5 { z = -z }
    } else {
      let q = p - 0.5
      let r = q * q
      let numerator =
        (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r
          + 1.383577518672690e+02) * r - 3.066479806614716e+01) * r + 2.506628277459239) * q
      let denominator =
        ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r
          + 6.680131188771972e+01) * r - 1.328068155288572e+01) * r + 1
      z = numerator / denominator
    }
    let error = normalCDF(z) - p
    let u = error * (2 * Double.pi).squareRoot() * exp(z * z / 2)
    z -= u / (1 + z * u / 2)
    return z
  }
}
