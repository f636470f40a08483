import Glibc

extension Measurement {
  /// Measures.
  ///
  /// Signals are straight lines between their points, windows are cut to what was simulated, and their ends are
  /// interpolated. An abscissa that misses an end of what was simulated by no more than rounding is that end.
  /// After `.ac` a signal is its real part; `vm(out)`, `vdb(out)`, `vp(out)` (radians from -pi to
  /// pi, as in ngspice unless `set units=degrees`), `vr(out)` and `vi(out)` are understood.
  ///
  /// - Parameters:
  ///   - waveforms: What was simulated.
  ///   - values: What the names in an expression stand for, in lower case.
  /// - Throws: ``SpiceError/Code/signalMissing`` for a signal that was not recorded,
  ///   ``SpiceError/Code/measurementFailed`` if there is nothing to measure, such as a crossing that never
  ///   happens, an abscissa that was not simulated or an empty window, or if an expression is not a finite
  ///   number, ``SpiceError/Code/invalidValue`` for a count below 1, ``SpiceError/Code/unresolvedSource``
  ///   for an energy of something else than a voltage source, ``SpiceError/Code/unresolvedParameter`` for a
  ///   name in an expression without a value.
  public func value(
    in waveforms: Waveforms, given values: [String: Double] = [:]
  ) throws(SpiceError) -> Double {
    do throws(SpiceError) {
      return try measured(waveforms) { values[$0.lowercased()] }
    } catch {
      throw placed(error)
    }
  }

  /// The error with the measurement's name.
  func placed(_ error: SpiceError) -> SpiceError {
    SpiceError(error.code, error.message, place: "measurement \(name) of \(error.place)", cause: error.cause)
  }

  private func measured(
    _ waveforms: Waveforms, given values: (String) -> Double?
  ) throws(SpiceError) -> Double {
    switch kind {
    case .when(let crossing): return try position(of: crossing, waveforms)
    case .delay(let trigger, let target):
      return try position(of: target, waveforms) - position(of: trigger, waveforms)
    case .delaySince(let position, target: let target):
      return try self.position(of: target, waveforms) - finite(position, "trig at")
    case .delayUntil(let position, trigger: let trigger):
      return try finite(position, "targ at") - self.position(of: trigger, waveforms)
    case .find(let signal, at: let position): return try value(of: signal, at: position, waveforms)
    case .findWhen(let signal, let crossing):
      return try value(of: signal, at: try position(of: crossing, waveforms), waveforms)
    case .derivative(of: let signal, at: let position):
      return try waveforms.measurable(signal).derivative(at: position)
    case .derivativeWhen(of: let signal, let crossing):
      return try waveforms.measurable(signal).derivative(at: try position(of: crossing, waveforms))
    case .statistic(let statistic, of: let signal, from: let start, to: let stop):
      let part = try part(of: try waveforms.measurable(signal), start, stop)
      return try number(statistic.value(of: part), part)
    case .energy(source: let source, from: let start, to: let stop):
      let part = try part(of: try waveforms.power(source: source), start, stop)
      return try number(part.integral(), part)
    case .expression(let expression):
      return try self.value(of: expression, given: values)
    }
  }

  private func value(
    of expression: Expression, given values: (String) -> Double?
  ) throws(SpiceError) -> Double {
    let place = "its expression"
    for name in expression.parameterNames.sorted() where values(name) == nil {
      throw SpiceError(
        .unresolvedParameter, "\(name) is neither a result nor a parameter with a value.", place: place)
    }
    guard let result = expression.value(values) else {
      throw SpiceError(.measurementFailed, "it reads signals, not results alone.", place: place)
    }
    guard result.isFinite else {
      throw SpiceError(.measurementFailed, "it is not a finite number.", place: place)
    }
    return result
  }

  private func finite(_ position: Double, _ place: String) throws(SpiceError) -> Double {
    guard position.isFinite else {
      throw SpiceError(.invalidValue, "\(position) is no abscissa.", place: place)
    }
    return position
  }

  private func part(of wave: Waveform, _ start: Double, _ stop: Double) throws(SpiceError) -> Waveform {
    let part = wave.window(from: start, to: stop)
    guard !part.x.isEmpty else { throw wave.failure("nothing was simulated between \(start) and \(stop).") }
    return part
  }

  private func number(_ value: Double, _ wave: Waveform) throws(SpiceError) -> Double {
    guard !value.isNaN else { throw wave.failure("the signal is not a number there.") }
    return value
  }

  private func position(of crossing: Crossing, _ waveforms: Waveforms) throws(SpiceError) -> Double {
    let wave = try waveforms.measurable(crossing.signal)
    switch crossing.occurrence {
    case .nth(let count):
      guard count >= 1 else {
        throw SpiceError(.invalidValue, "crossings are counted from 1, not \(count).", place: wave.name)
      }
      return try wave.crossing(
        of: crossing.level, crossing.edge, nth: count, after: crossing.after, until: crossing.until)
    case .last:
      let all = wave.crossings(
        of: crossing.level, crossing.edge, after: crossing.after, until: crossing.until)
      guard let last = all.last else { throw wave.failure("the signal never crosses \(crossing.level).") }
      return last
    }
  }

  private func value(of signal: Signal, at position: Double, _ waveforms: Waveforms) throws(SpiceError)
    -> Double
  {
    let wave = try waveforms.measurable(signal)
    return try number(wave.value(at: try wave.simulated(position)), wave)
  }
}

extension Measurement.Statistic {
  /// The statistic over a whole waveform.
  fileprivate func value(of wave: Waveform) -> Double {
    switch self {
    case .minimum: wave.minimum()
    case .maximum: wave.maximum()
    case .minimumPosition: wave.lastPosition(of: wave.minimum())
    case .maximumPosition: wave.lastPosition(of: wave.maximum())
    case .peakToPeak: wave.peakToPeak()
    case .mean: wave.mean()
    case .rms: wave.rms()
    case .integral: wave.integral()
    }
  }
}

extension Waveform {
  /// The abscissa of the last point with a value; NaN where there is none.
  fileprivate func lastPosition(of value: Double) -> Double { y.lastIndex(of: value).map { x[$0] } ?? .nan }
}

extension Waveforms {
  /// A recorded signal, or what ngspice's `vm`, `vdb`, `vp`, `vr` and `vi` make of one.
  fileprivate func measurable(_ signal: Signal) throws(SpiceError) -> Waveform {
    if let wave = self[signal] { return wave }
    guard let (function, argument) = signal.acFunction, self[argument] != nil else {
      return try self.signal(signal)
    }
    let (re, im) = (try self.signal(argument), try imaginaryPart(argument))
    switch function {
    case .magnitude: return re.combined(with: im, signal.name, unit: re.unit, hypot)
    case .decibels: return re.combined(with: im, signal.name, unit: "dB") { 20 * log10(hypot($0, $1)) }
    case .phase: return re.combined(with: im, signal.name, unit: "rad") { atan2($1, $0) }
    case .real: return re
    case .imaginary: return im
    }
  }
}

extension Signal {
  /// ngspice's functions of a complex voltage.
  package enum ACFunction: String, Sendable, CaseIterable {
    case magnitude = "vm"
    case decibels = "vdb"
    case phase = "vp"
    case real = "vr"
    case imaginary = "vi"
  }

  /// The function and the voltage of a name such as `vdb(out)`; nil for other signals.
  package var acFunction: (ACFunction, Signal)? {
    guard let parenthesis = name.firstIndex(of: "("), name.hasSuffix(")"),
      let function = ACFunction(rawValue: String(name[..<parenthesis]))
    else {
      return nil
    }
    return (function, Signal("v" + name[parenthesis...]))
  }
}
