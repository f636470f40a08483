import Foundation

/// A number with the interval that its sampling allows.
public struct Estimate: Codable, Sendable, Hashable {
  /// The point estimate.
  public var value: Double
  /// Lower end of the interval.
  public var low: Double
  /// Upper end of the interval.
  public var high: Double
  /// Coverage of the interval, such as 0.95.
  public var confidence: Double
  /// How many independent samples stand behind it; 0 for a computed (not sampled) number.
  public var samples: Int

  /// Creates an estimate from its parts.
  public init(value: Double, low: Double, high: Double, confidence: Double = 0.95, samples: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.confidence = confidence
    self.samples = samples
  }

  /// A number that was computed and not sampled: its interval is the number itself.
  public static func exact(_ value: Double) -> Estimate {
    Estimate(value: value, low: value, high: value, confidence: 1, samples: 0)
  }

  /// The same estimate in another unit.
  public func scaled(by factor: Double) -> Estimate {
    Estimate(
      value: value * factor, low: min(low * factor, high * factor), high: max(low * factor, high * factor),
      confidence: confidence, samples: samples)
  }

  /// The estimate in a unit that is `factor` times as large.
  public func divided(by factor: Double) -> Estimate {
    var result = self
    (result.value, result.low, result.high) = (value / factor, low / factor, high / factor)
    return result
  }

  /// Mean of independent samples with its two-sided Student interval.
  ///
  /// - Returns: `nil` for no samples; a single sample gets an infinite interval.
  public static func mean(_ samples: [Double], confidence: Double = 0.95) -> Estimate? {
    guard let moments = Moments(samples) else { return nil }
    guard moments.count > 1 else {
      return Estimate(
        value: moments.mean, low: -.infinity, high: .infinity, confidence: confidence, samples: 1)
    }
    let half =
      Statistics.studentQuantile(0.5 + confidence / 2, degreesOfFreedom: moments.count - 1)
      * moments.standardDeviation / Double(moments.count).squareRoot()
    return Estimate(
      value: moments.mean, low: moments.mean - half, high: moments.mean + half, confidence: confidence,
      samples: moments.count)
  }

  /// The interval of a mean with one more variance, which no number of samples lessens: what all samples have in common.
  ///
  /// - Parameter variance: In the squared unit of the mean, 0 or more.
  public func widened(by variance: Double) -> Estimate {
    guard samples > 1, variance > 0, low.isFinite, high.isFinite else { return self }
    let quantile = Statistics.studentQuantile(0.5 + confidence / 2, degreesOfFreedom: samples - 1)
    let half = ((high - low) * (high - low) / 4 + quantile * quantile * variance).squareRoot()
    return Estimate(
      value: value, low: value - half, high: value + half, confidence: confidence, samples: samples)
  }

  /// Standard deviation of normal samples with its chi-square interval.
  ///
  /// The chi-square quantiles use the Wilson-Hilferty cube-root transform (error below 1 % from three
  /// degrees of freedom on).
  ///
  /// - Source: Wilson and Hilferty, PNAS 17, 684 (1931), doi:10.1073/pnas.17.12.684.
  public static func standardDeviation(_ samples: [Double], confidence: Double = 0.95) -> Estimate? {
    guard let moments = Moments(samples), moments.count > 1 else { return nil }
    let degrees = Double(moments.count - 1)
    let z = Math.probit(0.5 + confidence / 2)
    func chiSquare(_ z: Double) -> Double {
      let h = 2 / (9 * degrees)
      return degrees * pow(max(1e-12, 1 - h + z * h.squareRoot()), 3)
    }
    return Estimate(
      value: moments.standardDeviation,
      low: moments.standardDeviation * (degrees / chiSquare(z)).squareRoot(),
      high: moments.standardDeviation * (degrees / chiSquare(-z)).squareRoot(),
      confidence: confidence, samples: moments.count)
  }

  /// A proportion with its Wilson score interval.
  ///
  /// - Source: Wilson, JASA 22, 209 (1927), doi:10.1080/01621459.1927.10502953.
  public static func proportion(successes: Int, trials: Int, confidence: Double = 0.95) -> Estimate? {
    guard trials > 0 else { return nil }
    let n = Double(trials)
    let p = Double(successes) / n
    let z = Math.probit(0.5 + confidence / 2)
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return Estimate(
      value: p, low: max(0, centre - half), high: min(1, centre + half), confidence: confidence,
      samples: trials)
  }
}

/// Count, mean and unbiased standard deviation of a sample.
public struct Moments: Sendable, Hashable {
  /// Number of samples.
  public let count: Int
  /// Arithmetic mean.
  public let mean: Double
  /// Standard deviation with n - 1 in the denominator; 0 for one sample.
  public let standardDeviation: Double

  /// Computes the moments in two passes; `nil` for no samples.
  public init?(_ samples: [Double]) {
    guard !samples.isEmpty else { return nil }
    count = samples.count
    let mean = samples.reduce(0, +) / Double(samples.count)
    self.mean = mean
    let squares = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = samples.count > 1 ? (squares / Double(samples.count - 1)).squareRoot() : 0
  }
}

/// Quantiles and other sample statistics.
public enum Statistics {
  /// Linear-interpolation quantile (Hyndman and Fan type 7) of an unsorted, non-empty sample.
  public static func quantile(_ samples: [Double], _ probability: Double) -> Double? {
    guard !samples.isEmpty else { return nil }
    let sorted = samples.sorted()
    let position = min(max(probability, 0), 1) * Double(sorted.count - 1)
    let lower = Int(position)
    let upper = min(lower + 1, sorted.count - 1)
    return sorted[lower] + (position - Double(lower)) * (sorted[upper] - sorted[lower])
  }

  /// Quantiles at the probabilities i / (count - 1), the extremes of the sample among them, each as
  /// ``quantile(_:_:)`` gives it; empty for an empty sample.
  ///
  /// - Parameter count: At least 2.
  public static func quantiles(_ samples: [Double], count: Int) -> [Double] {
    guard !samples.isEmpty else { return [] }
    let sorted = samples.sorted()
    let step = Double(sorted.count - 1) / Double(count - 1)
    return (0..<count).map { index in
      let position = Double(index) * step
      let lower = min(Int(position), sorted.count - 1)
      let upper = min(lower + 1, sorted.count - 1)
      return sorted[lower] + (position - Double(lower)) * (sorted[upper] - sorted[lower])
    }
  }

  /// Quantile of Student's t distribution by bisection on its incomplete-beta integral.
  ///
  /// - Parameters:
  ///   - probability: In the open interval (0, 1).
  ///   - degreesOfFreedom: At least 1.
  public static func studentQuantile(_ probability: Double, degreesOfFreedom: Int) -> Double {
    let nu = Double(max(1, degreesOfFreedom))
    if probability < 0.5 { return -studentQuantile(1 - probability, degreesOfFreedom: degreesOfFreedom) }
    // The density integrated over theta with t = sqrt(nu) tan(theta) is proportional to cos^(nu-1).
    let norm = exp(lgamma((nu + 1) / 2) - lgamma(nu / 2)) / Double.pi.squareRoot()
    func upperHalf(_ t: Double) -> Double {
      let end = atan(t / nu.squareRoot())
      let steps = 400
      let h = end / Double(steps)
      var sum = 1 + pow(cos(end), nu - 1)
      for i in 1..<steps { sum += (i % 2 == 1 ? 4 : 2) * pow(cos(Double(i) * h), nu - 1) }
      return norm * sum * h / 3
    }
    var low = 0.0
    var high = 1e5
    for _ in 0..<200 where high - low > 1e-10 * max(1, low) {
      let middle = (low + high) / 2
      if 0.5 + upperHalf(middle) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// Least-squares line through points: `y = intercept + slope x`; `nil` below two distinct x.
  public static func line(_ x: [Double], _ y: [Double]) -> (slope: Double, intercept: Double)? {
    guard x.count == y.count, let mx = Moments(x), let my = Moments(y), mx.standardDeviation > 0 else {
      return nil
    }
    var sxy = 0.0
    var sxx = 0.0
    for (a, b) in zip(x, y) {
      sxy += (a - mx.mean) * (b - my.mean)
      sxx += (a - mx.mean) * (a - mx.mean)
    }
    return (sxy / sxx, my.mean - sxy / sxx * mx.mean)
  }
}
