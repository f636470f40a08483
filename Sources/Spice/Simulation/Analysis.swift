/// What is simulated.
public enum Analysis: Sendable, Hashable {
  /// The operating point.
  case operatingPoint
  /// A sweep of one independent source's DC value, in volts or amperes.
  case dcSweep(source: String, start: Double, stop: Double, step: Double)
  /// A small-signal sweep over frequency, in hertz.
  case ac(FrequencySpacing, points: Int, start: Double, stop: Double)
  /// A transient.
  case transient(Transient)

  /// How the frequencies of a small-signal sweep are spaced, and what its number of points counts.
  public enum FrequencySpacing: String, Sendable, Hashable, CaseIterable {
    /// Logarithmic; points per decade.
    case decade = "dec"
    /// Logarithmic; points per octave.
    case octave = "oct"
    /// Linear; points in all.
    case linear = "lin"
  }

  /// A transient from 0 to `stop` seconds.
  ///
  /// - Parameters:
  ///   - step: A tenth of it is the first step; it is the interval of printed tables.
  ///   - stop: The end.
  ///   - maximumStep: The cap on the step everywhere.
  ///   - windows: Tighter caps between two times.
  ///   - useInitialConditions: Seek no operating point: start from ``Circuit/initialConditions``.
  public static func transient(
    step: Double, stop: Double, maximumStep: Double, windows: [StepWindow] = [],
    useInitialConditions: Bool = false
  ) -> Analysis {
    .transient(
      Transient(
        step: step, stop: stop, maximumStep: maximumStep, windows: windows,
        useInitialConditions: useInitialConditions))
  }

  /// A small-signal sweep over frequency, logarithmic, in hertz.
  public static func ac(pointsPerDecade: Int, start: Double, stop: Double) -> Analysis {
    .ac(.decade, points: pointsPerDecade, start: start, stop: stop)
  }
}

/// A transient analysis; all times in seconds.
public struct Transient: Sendable, Hashable {
  /// A tenth of it is the first step; it is the interval of printed tables.
  public var step: Double
  /// The end.
  public var stop: Double
  /// The cap on the step everywhere.
  public var maximumStep: Double
  /// Recording begins here.
  public var recordFrom: Double
  /// Tighter caps between two times.
  public var windows: [StepWindow]
  /// Whether no operating point is sought: the transient starts from ``Circuit/initialConditions``.
  public var useInitialConditions: Bool

  /// Makes a transient.
  public init(
    step: Double, stop: Double, maximumStep: Double, recordFrom: Double = 0, windows: [StepWindow] = [],
    useInitialConditions: Bool = false
  ) {
    self.step = step
    self.stop = stop
    self.maximumStep = maximumStep
    self.recordFrom = recordFrom
    self.windows = windows
    self.useInitialConditions = useInitialConditions
  }
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
