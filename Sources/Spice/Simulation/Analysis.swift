/// What is simulated.
public enum Analysis: Sendable, Hashable {
  /// The operating point.
  case operatingPoint
  /// A sweep of one independent source's DC value, in volts or amperes.
  case dcSweep(source: String, start: Double, stop: Double, step: Double)
  /// A small-signal sweep over frequency, logarithmic, in hertz.
  case ac(pointsPerDecade: Int, start: Double, stop: Double)
  /// A transient from 0 to `stop` seconds.
  ///
  /// `step` sets the first step (a tenth of it) and the interval of printed tables; `maximumStep` caps the
  /// step everywhere, `windows` cap it further between two times. With `useInitialConditions` no operating
  /// point is sought: the transient starts from ``Circuit/initialConditions``.
  case transient(
    step: Double, stop: Double, maximumStep: Double, windows: [StepWindow] = [],
    useInitialConditions: Bool = false)
}

/// A tighter cap on the time step between two times, in seconds: small steps where a latch decides, large
/// ones elsewhere.
public struct StepWindow: Sendable, Hashable {
  /// Where the cap begins; the simulator steps exactly onto it.
  public var start: Double
  /// Where the cap ends.
  public var stop: Double
  /// The largest step inside.
  public var maximumStep: Double

  /// Makes a window.
  public init(from start: Double, to stop: Double, maximumStep: Double) {
    self.start = start
    self.stop = stop
    self.maximumStep = maximumStep
  }
}
