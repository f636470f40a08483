import Foundation
import Models

/// A balanced sample of devices, each programmed the same number of times: the device is the independent
/// unit, its cycles are not.
package struct NestedSample {
  /// Values by device, then cycle.
  package let devices: [[Double]]
  private let means: [Double]
  private let variances: [Double]

  package init(_ devices: [[Double]]) {
    self.devices = devices
    let moments = devices.map { Moments($0) }
    means = moments.map { $0?.mean ?? 0 }
    variances = moments.map { ($0?.standardDeviation ?? 0) * ($0?.standardDeviation ?? 0) }
  }

  private var cycles: Double { Double(devices.first?.count ?? 0) }

  /// Mean with its interval over devices.
  package var mean: Estimate { Estimate.mean(means) ?? .exact(0) }

  /// Standard deviation between cycles of one device: root of the mean variance within devices.
  package var sigmaCycleToCycle: Estimate { NestedSample.root(Estimate.mean(variances) ?? .exact(0)) }

  /// Standard deviation between devices by one-way random-effects analysis of variance:
  /// sigma^2 = Var(device means) - within / cycles, at least 0, with a jackknife interval over devices.
  ///
  /// - Source: Searle, Casella and McCulloch, Variance Components (Wiley, 1992), doi:10.1002/9780470316856,
  ///   chapter 3 (the estimator); Efron and Stein, Ann. Statist. 9, 586 (1981), doi:10.1214/aos/1176345462
  ///   (the jackknife).
  package var sigmaDeviceToDevice: Estimate {
    let n = Double(means.count)
    guard n > 2 else {
      return Estimate(value: 0, low: 0, high: .infinity, samples: means.count)
    }
    let sum = means.reduce(0, +)
    let centre = sum / n
    let squares = means.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    let within = variances.reduce(0, +)
    func component(_ squares: Double, _ within: Double, _ n: Double) -> Double {
      squares / (n - 1) - within / n / cycles
    }
    let whole = component(squares, within, n)
    let pseudo = zip(means, variances).map { mean, variance -> Double in
      // Leaving out one value takes n/(n-1) (mean - centre)^2 from the sum of squares.
      let left = squares - n / (n - 1) * (mean - centre) * (mean - centre)
      return n * whole - (n - 1) * component(left, within - variance, n - 1)
    }
    var estimate = Estimate.mean(pseudo) ?? .exact(0)
    estimate.value = whole
    return NestedSample.root(estimate)
  }

  /// Standard deviation of all values, with a jackknife interval over devices.
  package var sigmaTotal: Estimate {
    func variance(_ devices: ArraySlice<[Double]>) -> Double {
      let sigma = Moments(devices.flatMap { $0 })?.standardDeviation ?? 0
      return sigma * sigma
    }
    let n = Double(devices.count)
    let whole = variance(devices[...])
    guard n > 2 else {
      return Estimate(value: whole.squareRoot(), low: 0, high: .infinity, samples: devices.count)
    }
    let pseudo = devices.indices.map { left in
      n * whole - (n - 1) * variance(devices[..<left] + devices[(left + 1)...])
    }
    var estimate = Estimate.mean(pseudo) ?? .exact(0)
    estimate.value = whole
    return NestedSample.root(estimate)
  }

  /// Share of values that `isError` holds for, with a Wilson interval at the effective sample size.
  ///
  /// Cycles of one device are alike, so n values carry the information of n / (1 + (m - 1) rho) independent
  /// ones, m cycles per device, rho the intraclass correlation of the *level* itself. The correlation of a
  /// thresholded level is no larger, so the interval errs on the wide side, and stands without any error seen.
  ///
  /// - Source: Kish, Survey Sampling (Wiley, 1965), section 5.4, the design effect.
  package func proportion(where isError: (Double) -> Bool) -> Estimate {
    let between = pow(sigmaDeviceToDevice.value, 2)
    let within = pow(sigmaCycleToCycle.value, 2)
    let correlation = between + within > 0 ? between / (between + within) : 0
    let count = devices.reduce(0) { $0 + $1.count }
    let errors = devices.reduce(0) { $0 + $1.reduce(0) { $0 + (isError($1) ? 1 : 0) } }
    let effective = Double(count) / (1 + (cycles - 1) * correlation)
    return Estimate.proportion(share: Double(errors) / Double(max(1, count)), effectiveTrials: effective)
  }

  /// The estimate of a variance as one of a standard deviation.
  private static func root(_ variance: Estimate) -> Estimate {
    var result = variance
    result.value = max(0, variance.value).squareRoot()
    result.low = max(0, variance.low).squareRoot()
    result.high = max(0, variance.high).squareRoot()
    return result
  }
}

extension Estimate {
  /// Mean of shares between 0 and 1, whose interval stays there.
  static func meanShare(_ shares: [Double]) -> Estimate {
    var estimate = mean(shares) ?? .exact(0)
    estimate.low = max(0, estimate.low)
    estimate.high = min(1, estimate.high)
    return estimate
  }

  /// A proportion with its Wilson score interval at a sample size that need not be whole.
  static func proportion(share p: Double, effectiveTrials n: Double) -> Estimate {
    guard n >= 1 else { return Estimate(value: p, low: 0, high: 1, samples: 0) }
    let z = Math.probit(0.975)
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return Estimate(
      value: p, low: max(0, centre - half), high: min(1, centre + half), samples: Int(n))
  }
}
