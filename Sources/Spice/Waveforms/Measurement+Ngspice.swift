extension Measurement {
  /// The measurement as a `.measure` line of ngspice.
  ///
  /// The difference `v(a,b)` and the power of an energy become `par('...')`, for which ngspice adds a source and
  /// a node to the circuit; it allows 99 of them in a deck.
  ///
  /// ngspice 39 measures the points of its plot, with these differences from ``value(in:)``:
  ///
  /// - `AVG`, `MIN`, `MAX` and `PP` take the points inside the window alone, without interpolated ends.
  /// - `RMS` and `INTEG` interpolate the ends but leave out the first point inside a window with a beginning,
  ///   and take Simpson's rule where steps are equal to a few units in the last place. `RMS` takes trapezoids
  ///   of the square, which are too large by (b - a)^2 / 6 on a line from a to b.
  /// - A crossing between the first two points of a plot, or after `TD` or `FROM`, is missed if it falls, and
  ///   if it rises is placed where the next segment, extended backwards, has the level. A crossing in the step
  ///   that holds `TD` is missed.
  /// - A signal that turns back on the level crosses it twice; one that stays on it crosses it again at every
  ///   point, where the measurement fails.
  ///
  /// - `TO` leaves out the crossing in the step that holds it, and `TD` counts for transients alone.
  /// - Of a list, expressions are evaluated after everything else.
  /// - After a sweep downwards `INTEG` and `RMS` know no window.
  ///
  /// The first two vanish with the step. After `.ac` lines are drawn over the frequency itself in either case.
  ///
  /// - Parameters:
  ///   - analysis: `tran`, `ac` or `dc`. A crossing's start is written as `TD` for `tran`; for the others as
  ///     `FROM`, which ngspice applies to both ends of a delay.
  ///   - circuit: Where the nodes of an energy's source are found.
  /// - Returns: The line without its end.
  /// - Throws: ``SpiceError/Code/invalidName`` for a name that ngspice cannot carry,
  ///   ``SpiceError/Code/invalidValue`` for a level or count that cannot be written or a difference in decibels,
  ///   ``SpiceError/Code/unresolvedSource`` for an energy of something else than a voltage source of the
  ///   circuit, ``SpiceError/Code/notExpressible`` for a derivative or a delay up to a fixed abscissa, which
  ///   ngspice 39 does not measure.
  public func ngspiceLine(analysis: String, of circuit: Circuit? = nil) throws(SpiceError) -> String {
    switch kind {
    case .derivative, .derivativeWhen: throw refusal(by: .ngspice, of: "derivatives")
    case .delayUntil: throw refusal(by: .ngspice, of: "a delay up to a fixed abscissa")
    default: return try line(analysis: analysis, of: circuit)
    }
  }

  /// That a dialect cannot measure something.
  func refusal(by dialect: Dialect, of what: String) -> SpiceError {
    SpiceError(.notExpressible, "\(dialect.title) cannot measure \(what).", place: "measurement \(name)")
  }

  /// The line in ngspice's syntax, also of what ngspice 39 reads and does not measure.
  func line(analysis: String, of circuit: Circuit?) throws(SpiceError) -> String {
    guard let first = name.utf8.first, Self.isLetter(first),
      name.utf8.allSatisfy({ Self.isLetter($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") })
    else {
      throw SpiceError(
        .invalidName, "must begin with a letter and consist of letters, digits and _.",
        place: "measurement \"\(name)\"")
    }
    let isTransient = analysis.lowercased() == "tran"
    func clause(_ crossing: Crossing) throws(SpiceError) -> String {
      let delay = crossing.after > 0 || (!isTransient && crossing.after.isFinite)
      return try edge(crossing) + (delay ? " \(isTransient ? "td" : "from")=\(number(crossing.after))" : "")
        + window(-.infinity, crossing.until)
    }
    func condition(_ crossing: Crossing) throws(SpiceError) -> String {
      try "\(expression(crossing.signal))=\(number(crossing.level)) \(clause(crossing))"
    }
    func event(_ crossing: Crossing) throws(SpiceError) -> String {
      try "\(expression(crossing.signal)) val=\(number(crossing.level)) \(clause(crossing))"
    }
    let body: String
    switch kind {
    case .when(let crossing): body = try "when \(condition(crossing))"
    case .delay(let trigger, let target): body = try "trig \(event(trigger)) targ \(event(target))"
    case .delaySince(let position, target: let target):
      body = try "trig at=\(number(position)) targ \(event(target))"
    case .delayUntil(let position, trigger: let trigger):
      body = try "trig \(event(trigger)) targ at=\(number(position))"
    case .find(let signal, at: let position): body = try "find \(expression(signal)) at=\(number(position))"
    case .findWhen(let signal, let crossing):
      body = try "find \(expression(signal)) when \(condition(crossing))"
    case .derivative(of: let signal, at: let position):
      body = try "deriv \(expression(signal)) at=\(number(position))"
    case .derivativeWhen(of: let signal, let crossing):
      body = try "deriv \(expression(signal)) when \(condition(crossing))"
    case .statistic(let statistic, of: let signal, from: let start, to: let stop):
      body = try "\(statistic.spiceWord) \(expression(signal))\(window(start, stop))"
    case .energy(source: let source, from: let start, to: let stop):
      body = try "integ \(power(source, circuit))\(window(start, stop))"
    case .expression(let expression):
      body = "param=" + ExpressionWriter(rules: .ngspice, marks: ("'", "'")).value(expression)
    }
    return ".measure \(analysis.lowercased()) \(name.lowercased()) \(body)"
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xdf) }

  private func edge(_ crossing: Crossing) throws(SpiceError) -> String {
    let word =
      switch crossing.edge {
      case .rising: "rise"
      case .falling: "fall"
      case .either: "cross"
      }
    switch crossing.occurrence {
    case .last: return "\(word)=last"
    case .nth(let count):
      guard count >= 1 else {
        throw SpiceError(
          .invalidValue, "crossings are counted from 1, not \(count).", place: "measurement \(name)")
      }
      return "\(word)=\(count)"
    }
  }

  private func expression(_ signal: Signal) throws(SpiceError) -> String {
    if signal.acFunction?.1.arguments?.count == 2 {
      throw SpiceError(
        .invalidValue, "ngspice cannot measure \(signal): its parts have to be measured one by one.",
        place: "measurement \(name)")
    }
    guard signal.name.hasPrefix("v("), let nodes = signal.arguments, nodes.count == 2 else {
      return signal.name
    }
    switch (Node(nodes[0]), Node(nodes[1])) {
    case (let node, .ground): return "v(\(node))"
    case (.ground, let node): return "par('-v(\(node))')"
    case (let node, let reference): return "par('v(\(node))-v(\(reference))')"
    }
  }

  private func power(_ source: String, _ circuit: Circuit?) throws(SpiceError) -> String {
    let name = source.lowercased()
    let terminals = circuit.map { Waveforms.terminals(of: $0) }
    guard let nodes = terminals?[name], nodes.count == 2 else {
      throw SpiceError(
        .unresolvedSource, "\(name) is not a voltage source of the circuit.",
        place: "measurement \(self.name)")
    }
    switch (nodes[0], nodes[1]) {
    case (let node, .ground): return "par('-v(\(node))*i(\(name))')"
    case (.ground, let node): return "par('v(\(node))*i(\(name))')"
    case (let node, let reference): return "par('-v(\(node),\(reference))*i(\(name))')"
    }
  }

  private func window(_ start: Double, _ stop: Double) throws(SpiceError) -> String {
    (start == -.infinity ? "" : try " from=\(number(start))")
      + (stop == .infinity ? "" : try " to=\(number(stop))")
  }

  private func number(_ value: Double) throws(SpiceError) -> String {
    guard value.isFinite else {
      throw SpiceError(.invalidValue, "\(value) cannot be written.", place: "measurement \(name)")
    }
    return CanonicalNumber.text(value)
  }
}

extension Measurement.Statistic {
  /// SPICE's word.
  var spiceWord: String {
    switch self {
    case .minimum: "min"
    case .maximum: "max"
    case .minimumPosition: "min_at"
    case .maximumPosition: "max_at"
    case .peakToPeak: "pp"
    case .mean: "avg"
    case .rms: "rms"
    case .integral: "integ"
    }
  }
}
