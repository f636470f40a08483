/// A dynamic system outside a circuit that a transient is solved together with, step by step.
///
/// The circuit's solver means to take a step from the last committed time. It asks for the system's outputs at
/// the end of that step (``attempt(_:)``), solves the circuit with them, and then either accepts the step
/// (``commit(_:)``) or rejects it and asks for a shorter one. An attempt therefore changes nothing: whatever it
/// finds depends on the committed state and the step alone, never on attempts that were given up. A system
/// with noise draws it from a ``BrownianPath``, which conditions instead of drawing anew.
///
/// ```swift
/// struct Capacitor: CoupledSystem {
///   let farads: Double
///   var volts = 0.0
///
///   func start() -> [Double] { [volts] }
///   func attempt(_ step: CoupledStep) -> CoupledAttempt {
///     CoupledAttempt(outputs: [volts + step.mean(of: 0) * step.seconds / farads])
///   }
///   mutating func commit(_ step: CoupledStep) { volts += step.mean(of: 0) * step.seconds / farads }
/// }
/// ```
public protocol CoupledSystem {
  /// The outputs at time zero, before the circuit has an operating point.
  mutating func start() throws -> [Double]

  /// The outputs at the end of a step from the committed state; the inputs at its end are extrapolated.
  ///
  /// - Throws: Whatever makes the system unable to go on; the sample is recorded as failed with the reason.
  mutating func attempt(_ step: CoupledStep) throws -> CoupledAttempt

  /// Moves the committed state to the end of a step that the circuit accepted; its inputs are the circuit's.
  mutating func commit(_ step: CoupledStep) throws
}

/// A step of a coupled system: from the committed time over a span in which the inputs run linearly.
public struct CoupledStep: Sendable, Hashable {
  /// The committed time, in seconds.
  public var time: Double
  /// The length of the step, in seconds.
  public var seconds: Double
  /// The inputs at the committed time, in volts and amperes.
  public var inputsBefore: [Double]
  /// The inputs at the end of the step: extrapolated in an attempt, the circuit's own in a commit.
  public var inputsAfter: [Double]

  /// Makes a step.
  public init(time: Double, seconds: Double, inputsBefore: [Double], inputsAfter: [Double]) {
    self.time = time
    self.seconds = seconds
    self.inputsBefore = inputsBefore
    self.inputsAfter = inputsAfter
  }

  /// The time at the end of the step, in seconds.
  public var end: Double { time + seconds }

  /// An input at a fraction (0 to 1) of the step.
  public func input(_ index: Int, at fraction: Double) -> Double {
    inputsBefore[index] + (inputsAfter[index] - inputsBefore[index]) * fraction
  }

  /// The mean of an input over the step.
  public func mean(of index: Int) -> Double { 0.5 * (inputsBefore[index] + inputsAfter[index]) }
}

/// What a coupled system says of a step.
public struct CoupledAttempt: Sendable, Hashable {
  /// The outputs at the end of the step.
  public var outputs: [Double]
  /// The longest step, from the committed time, that the system can vouch for; a longer one is attempted anew
  /// at this length.
  public var longestStepSeconds: Double
  /// Moments at which its outputs bend, which a step must end on; in seconds.
  public var breakpoints: [Double]
  /// Whether nothing more is to be learned: the transient ends at the committed time.
  public var isDone: Bool

  /// Says what a step leads to.
  public init(
    outputs: [Double], longestStepSeconds: Double = .infinity, breakpoints: [Double] = [],
    isDone: Bool = false
  ) {
    self.outputs = outputs
    self.longestStepSeconds = longestStepSeconds
    self.breakpoints = breakpoints
    self.isDone = isDone
  }
}
