import Models

/// Ends a campaign once its answer is known well enough.
///
/// The rule is asked after each record in the order of the samples, so that the number of samples does not
/// depend on the number of workers. An interval that was looked at after each sample covers somewhat less than
/// its nominal confidence; ``minimum`` keeps that small.
public struct StopRule<Output: Sendable>: Sendable {
  /// What is estimated.
  enum Kind: Sendable {
    case mean(@Sendable (Output) -> Double, halfWidth: Double, isRelative: Bool)
    case proportion(@Sendable (Output) -> Bool, halfWidth: Double)
  }

  private let kind: Kind
  /// Confidence of the interval, such as 0.95.
  public let confidence: Double
  /// The fewest measured samples.
  public let minimum: Int
  private var count = 0
  private var mean = 0.0
  private var squares = 0.0

  /// Until the mean's Student interval is at most so wide on either side, in its unit or relative to the mean.
  ///
  /// Samples whose value is not a number do not count.
  public static func mean(
    of value: @escaping @Sendable (Output) -> Double, halfWidth: Double, relative isRelative: Bool = false,
    confidence: Double = 0.95, minimum: Int = 30
  ) -> StopRule {
    StopRule(
      kind: .mean(value, halfWidth: halfWidth, isRelative: isRelative), confidence: confidence,
      minimum: minimum)
  }

  /// Until the Wilson interval of a proportion is at most so wide on either side.
  public static func proportion(
    of condition: @escaping @Sendable (Output) -> Bool, halfWidth: Double, confidence: Double = 0.95,
    minimum: Int = 30
  ) -> StopRule {
    StopRule(
      kind: .proportion(condition, halfWidth: halfWidth), confidence: confidence, minimum: minimum)
  }

  private init(kind: Kind, confidence: Double, minimum: Int) {
    self.kind = kind
    self.confidence = confidence
    self.minimum = minimum
  }

  /// Takes a record into account; a sample that gave nothing, or whose value is not a number, does not count.
  mutating func add(_ record: SampleRecord<Output>) {
    guard let output = record.output else { return }
    let value: Double =
      switch kind {
      case .mean(let value, _, _): value(output)
      case .proportion(let condition, _): condition(output) ? 1 : 0
      }
    guard !value.isNaN else { return }
    // Welford's update of mean and sum of squares.
    count += 1
    let delta = value - mean
    mean += delta / Double(count)
    squares += delta * (value - mean)
  }

  /// Whether enough is known.
  var isSatisfied: Bool {
    guard count >= Swift.max(minimum, 2) else { return false }
    switch kind {
    case .mean(_, let halfWidth, let isRelative):
      let sigma = (squares / Double(count - 1)).squareRoot()
      let half =
        Statistics.studentQuantile(0.5 + confidence / 2, degreesOfFreedom: count - 1) * sigma
        / Double(count).squareRoot()
      return half <= halfWidth * (isRelative ? abs(mean) : 1)
    case .proportion(_, let halfWidth):
      let successes = Int((mean * Double(count)).rounded())
      guard
        let estimate = Estimate.proportion(successes: successes, trials: count, confidence: confidence)
      else { return false }
      return Swift.max(estimate.high - estimate.value, estimate.value - estimate.low) <= halfWidth
    }
  }
}
