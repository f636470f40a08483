/// Something to be measured on the result of a simulation, as a value: what a `.measure` line says.
///
/// ```swift
/// let delay = Measurement(
///   "tphl",
///   .delay(
///     trigger: .init("v(in)", at: 0.6, .rising), target: .init("v(out)", at: 0.6, .falling)))
/// let seconds = try delay.value(in: waveforms)
/// let line = try delay.ngspiceLine(analysis: "tran")
/// ```
///
/// Counting is ngspice's: the trigger and the target of a delay are counted each from its own start, so that a
/// delay can be negative. Where ngspice 39 measures something else than the straight lines between its points
/// say, the definition here is the mathematical one: see ``ngspiceLine(analysis:of:)``.
///
/// After a sweep downwards edges, counting and integrals follow the sweep, as in ngspice: see ``Waveform``. A
/// list with expressions of its own results is measured by ``Waveforms/measured(_:in:)``.
public struct Measurement: Sendable, Hashable {
  /// The name of the result.
  public let name: String
  /// What is measured.
  public let kind: Kind

  /// Names a measurement.
  public init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }

  /// What can be measured; abscissae in seconds (hertz after `.ac`, the swept value after a sweep).
  public enum Kind: Sendable, Hashable {
    /// The abscissa of a crossing.
    case when(Crossing)
    /// The abscissa of the target minus that of the trigger.
    case delay(trigger: Crossing, target: Crossing)
    /// The abscissa of the target minus a fixed one, which need not be simulated.
    case delaySince(Double, target: Crossing)
    /// A fixed abscissa, which need not be simulated, minus that of the trigger.
    case delayUntil(Double, trigger: Crossing)
    /// The value of a signal at an abscissa.
    case find(Signal, at: Double)
    /// The value of a signal at the crossing of another.
    case findWhen(Signal, Crossing)
    /// The derivative of a signal by the abscissa at an abscissa: see ``Waveform/derivative(at:)``.
    case derivative(of: Signal, at: Double)
    /// The derivative of a signal by the abscissa at the crossing of another.
    case derivativeWhen(of: Signal, Crossing)
    /// A statistic of a signal between two abscissae.
    case statistic(Statistic, of: Signal, from: Double = -.infinity, to: Double = .infinity)
    /// The energy in joule that a voltage source of the top level delivers between two times.
    case energy(source: String, from: Double = -.infinity, to: Double = .infinity)
    /// An expression of other results and of the circuit's parameters, by name: ngspice's `param`.
    case expression(Expression)
  }

  /// A statistic over a window.
  public enum Statistic: String, Sendable, Hashable, CaseIterable {
    /// The smallest value.
    case minimum
    /// The largest value.
    case maximum
    /// Where the smallest value is; the last such place, as in ngspice.
    case minimumPosition
    /// Where the largest value is; the last such place, as in ngspice.
    case maximumPosition
    /// The largest minus the smallest value.
    case peakToPeak
    /// The mean, weighted by the distance of the points.
    case mean
    /// The root of the mean square.
    case rms
    /// The integral over the abscissa.
    case integral
  }

  /// A signal's passage through a level.
  public struct Crossing: Sendable, Hashable {
    /// The signal; `v(a,b)` at level 0 is where `v(a)` meets `v(b)`.
    public var signal: Signal
    /// The level, in the unit of the signal.
    public var level: Double
    /// The direction.
    public var edge: Waveform.Edge
    /// Which of the crossings in that direction.
    public var occurrence: Occurrence
    /// The smallest abscissa that counts, ngspice's `TD` or `FROM`.
    public var after: Double
    /// The largest abscissa that counts, ngspice's `TO`.
    public var until: Double

    /// Describes a crossing, by default the first.
    public init(
      _ signal: Signal, at level: Double, _ edge: Waveform.Edge = .either, _ occurrence: Occurrence = .nth(1),
      after: Double = -.infinity, until: Double = .infinity
    ) {
      self.signal = signal
      self.level = level
      self.edge = edge
      self.occurrence = occurrence
      self.after = after
      self.until = until
    }
  }

  /// Which of several crossings.
  public enum Occurrence: Sendable, Hashable {
    /// Counted from 1.
    case nth(Int)
    /// The last.
    case last
  }
}

extension Measurement.Kind {
  /// The time between two fractions of a rising step: the delay between two crossings of one signal, by default
  /// of 10 % and 90 %, of which each is counted by itself, as ngspice does.
  ///
  /// ``Waveform/riseTime(from:to:between:and:nth:after:)`` leaves out pulses that turn back on the way.
  ///
  /// - Parameters:
  ///   - signal: The signal.
  ///   - low: The level of 0 %.
  ///   - high: The level of 100 %.
  ///   - lower: The fraction at which the edge begins.
  ///   - upper: The fraction at which it ends.
  ///   - occurrence: Which crossing of either level.
  ///   - start: Where counting begins.
  public static func riseTime(
    _ signal: Signal, from low: Double, to high: Double, between lower: Double = 0.1, and upper: Double = 0.9,
    _ occurrence: Measurement.Occurrence = .nth(1), after start: Double = -.infinity
  ) -> Measurement.Kind {
    let (begin, end) = (low + lower * (high - low), low + upper * (high - low))
    return .delay(
      trigger: .init(signal, at: begin, .rising, occurrence, after: start),
      target: .init(signal, at: end, .rising, occurrence, after: start))
  }

  /// The time between two fractions of a falling step, by default 90 % and 10 %: see
  /// ``riseTime(_:from:to:between:and:_:after:)``.
  ///
  /// - Parameters:
  ///   - signal: The signal.
  ///   - high: The level of 100 %.
  ///   - low: The level of 0 %.
  ///   - upper: The fraction at which the edge begins.
  ///   - lower: The fraction at which it ends.
  ///   - occurrence: Which crossing of either level.
  ///   - start: Where counting begins.
  public static func fallTime(
    _ signal: Signal, from high: Double, to low: Double, between upper: Double = 0.9, and lower: Double = 0.1,
    _ occurrence: Measurement.Occurrence = .nth(1), after start: Double = -.infinity
  ) -> Measurement.Kind {
    let (begin, end) = (low + upper * (high - low), low + lower * (high - low))
    return .delay(
      trigger: .init(signal, at: begin, .falling, occurrence, after: start),
      target: .init(signal, at: end, .falling, occurrence, after: start))
  }
}
