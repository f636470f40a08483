/// The course of an independent source; volts or amperes, seconds, hertz.
///
/// Values are numbers or expressions of parameters.
public enum SourceWaveform: Sendable, Hashable {
  /// A constant.
  case constant(Expression)
  /// A trapezoidal pulse.
  case pulse(Pulse)
  /// Straight lines between points of strictly rising time, constant outside.
  case pwl([Point])
  /// A damped sine.
  case sine(Sine)
  /// Two exponentials, there and back.
  case exponential(Exponential)
  /// White noise of the given standard deviation, a new value each `step`, linear between, upon a constant;
  /// its values are drawn by ``Simulation/drawNoise(using:)``.
  case noise(rms: Double, step: Double, dc: Double = 0)
  /// A value supplied while the simulation runs, from ``Simulation/externalValues`` or by a coupled system.
  case external

  /// A trapezoidal pulse; without a period it comes once.
  public struct Pulse: Sendable, Hashable {
    /// Value before, and value of the pulse.
    public var from, to: Expression
    /// Beginning of the first edge, durations of the edges, and time at the value of the pulse.
    public var delay, rise, fall, width: Expression
    /// Time from one pulse to the next; nil for a single one.
    public var period: Expression?
  }

  /// `offset + amplitude sin(2 pi frequency (t - delay)) exp(-(t - delay) damping)` after the delay.
  public struct Sine: Sendable, Hashable {
    /// Mean and amplitude.
    public var offset, amplitude: Expression
    /// Frequency in hertz, delay in seconds, damping in 1/s.
    public var frequency, delay, damping: Expression
  }

  /// From `from` towards `to` with a time constant from a delay on, back with another from a later one on.
  public struct Exponential: Sendable, Hashable {
    /// Value before, and value approached.
    public var from, to: Expression
    /// When it leaves, with what time constant; when it returns, with what time constant.
    public var riseDelay, riseTau, fallDelay, fallTau: Expression

    /// Makes a course.
    public init(
      from: Expression, to: Expression, riseDelay: Expression, riseTau: Expression, fallDelay: Expression,
      fallTau: Expression
    ) {
      (self.from, self.to) = (from, to)
      (self.riseDelay, self.riseTau, self.fallDelay, self.fallTau) = (riseDelay, riseTau, fallDelay, fallTau)
    }
  }

  /// One corner of a piecewise-linear course.
  public struct Point: Sendable, Hashable {
    /// Time in seconds.
    public var time: Expression
    /// Value in volts or amperes.
    public var value: Expression

    /// Makes a corner.
    public init(_ time: some ExpressionConvertible, _ value: some ExpressionConvertible) {
      self.time = time.expression
      self.value = value.expression
    }
  }

  /// A constant.
  public static func dc(_ value: some ExpressionConvertible) -> SourceWaveform {
    .constant(value.expression)
  }

  /// A trapezoidal pulse; without a period it comes once.
  public static func pulse(
    from: some ExpressionConvertible, to: some ExpressionConvertible, delay: some ExpressionConvertible,
    rise: some ExpressionConvertible, fall: some ExpressionConvertible, width: some ExpressionConvertible,
    period: (some ExpressionConvertible)? = Expression?.none
  ) -> SourceWaveform {
    .pulse(
      Pulse(
        from: from.expression, to: to.expression, delay: delay.expression, rise: rise.expression,
        fall: fall.expression, width: width.expression, period: period?.expression))
  }

  /// Straight lines between (time, value) pairs.
  public static func pwl(_ points: [(Double, Double)]) -> SourceWaveform {
    .pwl(points.map { Point($0.0, $0.1) })
  }

  /// `offset + amplitude sin(2 pi frequency (t - delay)) exp(-(t - delay) damping)` after the delay.
  public static func sine(
    offset: some ExpressionConvertible, amplitude: some ExpressionConvertible,
    frequency: some ExpressionConvertible, delay: some ExpressionConvertible = 0.0,
    damping: some ExpressionConvertible = 0.0
  ) -> SourceWaveform {
    .sine(
      Sine(
        offset: offset.expression, amplitude: amplitude.expression, frequency: frequency.expression,
        delay: delay.expression, damping: damping.expression))
  }

  /// Whether it begins with a constant of its own, so that the source has no other for the operating point.
  package var statesConstant: Bool {
    switch self {
    case .constant, .noise: true
    default: false
    }
  }

  /// Every value that may be an expression of parameters, in the order in which SPICE writes them.
  package var expressions: [Expression] {
    switch self {
    case .constant(let value): [value]
    case .pulse(let p): [p.from, p.to, p.delay, p.rise, p.fall, p.width] + (p.period.map { [$0] } ?? [])
    case .pwl(let points): points.flatMap { [$0.time, $0.value] }
    case .sine(let s): [s.offset, s.amplitude, s.frequency, s.delay, s.damping]
    case .exponential(let e): [e.from, e.to, e.riseDelay, e.riseTau, e.fallDelay, e.fallTau]
    case .noise, .external: []
    }
  }
}

/// A value at a moment, of a table that travels beside the circuit.
public struct TimedValue: Sendable, Hashable {
  /// Time in seconds.
  public var time: Double
  /// Value in volts or amperes.
  public var value: Double

  /// Makes a value at a moment.
  public init(_ time: Double, _ value: Double) {
    self.time = time
    self.value = value
  }
}

/// The small-signal excitation of a source.
public struct ACStimulus: Sendable, Hashable {
  /// Volts or amperes.
  public var magnitude: Expression
  /// Degrees.
  public var phaseDegrees: Expression

  /// Makes an excitation.
  public init(magnitude: some ExpressionConvertible, phaseDegrees: some ExpressionConvertible = 0.0) {
    self.magnitude = magnitude.expression
    self.phaseDegrees = phaseDegrees.expression
  }
}
