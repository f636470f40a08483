/// What ends a transient before its time: a decision that has been made costs no more steps.
///
/// ```swift
/// // Ends once the latch's outputs have stood 0.9 V apart for 20 ps, at 1 ns at the earliest.
/// simulation.stopConditions = [
///   StopCondition(.magnitude("v(op,on)", above: 0.9), after: 1e-9, holding: 20e-12)
/// ]
/// ```
public struct StopCondition: Sendable, Hashable {
  /// A comparison of a signal with a level.
  public struct Term: Sendable, Hashable {
    /// A recorded signal, or the difference of two recorded voltages, `v(a,b)`.
    public var signal: Signal
    /// Whether its magnitude is compared.
    public var isMagnitude: Bool
    /// Whether it must be above the level, else below.
    public var isAbove: Bool
    /// The level in the signal's unit.
    public var level: Double

    /// The signal is above a level.
    public static func value(_ signal: Signal, above level: Double) -> Term {
      Term(signal: signal, isMagnitude: false, isAbove: true, level: level)
    }

    /// The signal is below a level.
    public static func value(_ signal: Signal, below level: Double) -> Term {
      Term(signal: signal, isMagnitude: false, isAbove: false, level: level)
    }

    /// The signal's magnitude is above a level.
    public static func magnitude(_ signal: Signal, above level: Double) -> Term {
      Term(signal: signal, isMagnitude: true, isAbove: true, level: level)
    }

    /// The signal's magnitude is below a level.
    public static func magnitude(_ signal: Signal, below level: Double) -> Term {
      Term(signal: signal, isMagnitude: true, isAbove: false, level: level)
    }
  }

  /// What must hold, all at once.
  public var terms: [Term]
  /// It is not looked at before this time, in seconds.
  public var after: Double
  /// How long it must have held, in seconds.
  public var holding: Double

  /// Makes a condition.
  public init(_ terms: Term..., after: Double = 0, holding: Double = 0) {
    self.terms = terms
    self.after = after
    self.holding = holding
  }
}

extension StopCondition {
  /// The recorded signals that it looks at.
  var signals: [Signal] {
    terms.flatMap { term in
      let parts = term.signal.recordedParts
      return [parts.plus] + (parts.minus.map { [$0] } ?? [])
    }
  }
}
