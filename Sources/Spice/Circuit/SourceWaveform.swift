/// The course of an independent source; volts or amperes, seconds, hertz.
public enum SourceWaveform: Sendable, Hashable {
  /// A constant.
  case dc(Double)
  /// A trapezoidal pulse; without a period it comes once.
  case pulse(
    from: Double, to: Double, delay: Double, rise: Double, fall: Double, width: Double,
    period: Double? = nil)
  /// Straight lines between points of strictly rising time, constant outside.
  case pwl([Point])
  /// `offset + amplitude sin(2 pi frequency (t - delay)) exp(-(t - delay) damping)` after the delay.
  case sine(offset: Double, amplitude: Double, frequency: Double, delay: Double = 0, damping: Double = 0)
  /// White noise of the given standard deviation, a new value each `step`, linear between, upon a constant;
  /// its values are drawn by ``Simulation/drawNoise(using:)``.
  case noise(rms: Double, step: Double, dc: Double = 0)
  /// A value supplied while the simulation runs: see ``Simulation/externalValues``.
  case external

  /// One corner of a piecewise-linear course.
  public struct Point: Sendable, Hashable {
    /// Time in seconds.
    public var time: Double
    /// Value in volts or amperes.
    public var value: Double

    /// Makes a corner.
    public init(_ time: Double, _ value: Double) {
      self.time = time
      self.value = value
    }
  }

  /// Straight lines between (time, value) pairs.
  public static func pwl(_ points: [(Double, Double)]) -> SourceWaveform {
    .pwl(points.map { Point($0.0, $0.1) })
  }
}

/// The small-signal excitation of a source.
public struct ACStimulus: Sendable, Hashable {
  /// Volts or amperes.
  public var magnitude: Double
  /// Degrees.
  public var phaseDegrees: Double

  /// Makes an excitation.
  public init(magnitude: Double, phaseDegrees: Double = 0) {
    self.magnitude = magnitude
    self.phaseDegrees = phaseDegrees
  }
}
