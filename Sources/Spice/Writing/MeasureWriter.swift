/// Writes measurements of a transient as `.measure` lines of a dialect.
///
/// ngspice's own lines come from ``Measurement/ngspiceLine(analysis:of:)``, which also knows other analyses.
struct MeasureWriter {
  let dialect: Dialect
  let simulation: Simulation
  let scopes: DialectScopes

  /// The lines; for others than ngspice, which looks at them last in any order, those of expressions at the
  /// end.
  ///
  /// - Throws: ``SpiceError/Code/notExpressible`` for what the dialect cannot measure, and the errors of
  ///   ``Measurement/ngspiceLine(analysis:of:)``.
  func lines(_ measurements: [Measurement]) throws(SpiceError) -> [String] {
    var lines: [String] = []
    let ordered =
      dialect == .ngspice
      ? measurements
      : measurements.filter { !$0.isExpression } + measurements.filter(\.isExpression)
    for measurement in ordered {
      let (analysis, circuit) = (simulation.analysis.word, simulation.circuit)
      if dialect == .ngspice {
        lines.append(try measurement.ngspiceLine(analysis: analysis, of: circuit))
      } else {
        // Names and numbers are checked there for every dialect.
        _ = try measurement.line(analysis: analysis, of: circuit)
        lines.append(try line(measurement))
      }
    }
    return lines
  }

  private func line(_ measurement: Measurement) throws(SpiceError) -> String {
    guard case .transient = simulation.analysis else {
      throw refusal("measurements of other analyses than transients", measurement)
    }
    let word = dialect == .ltspice ? ".meas" : ".measure"
    return try "\(word) tran \(measurement.name.lowercased()) \(body(measurement))"
  }

  private func body(_ measurement: Measurement) throws(SpiceError) -> String {
    func condition(_ crossing: Measurement.Crossing) throws(SpiceError) -> String {
      try "\(value(crossing.signal, measurement))=\(number(crossing.level)) \(edge(crossing))"
    }
    /// With the window, of which only Xyce has an end.
    func windowed(_ crossing: Measurement.Crossing) throws(SpiceError) -> String {
      guard crossing.until == .infinity || dialect == .xyce else {
        throw refusal("crossings up to an abscissa", measurement)
      }
      return try condition(crossing) + start(crossing) + window(-.infinity, crossing.until)
    }
    func event(_ crossing: Measurement.Crossing) throws(SpiceError) -> String {
      guard crossing.until == .infinity else {
        throw refusal("delays of crossings up to an abscissa", measurement)
      }
      if dialect == .xyce { return try condition(crossing) }
      return try "\(value(crossing.signal, measurement)) val=\(number(crossing.level)) \(edge(crossing))"
    }
    switch measurement.kind {
    case .when(let crossing): return try "when \(windowed(crossing))"
    case .delay(let trigger, let target):
      if dialect == .xyce {
        guard trigger.after == target.after else {
          throw refusal("a delay whose ends are counted from different times", measurement)
        }
        return try "trig \(event(trigger)) targ \(event(target))\(start(target))"
      }
      return try "trig \(event(trigger))\(start(trigger)) targ \(event(target))\(start(target))"
    case .delaySince(let position, target: let target):
      return try "trig at=\(number(position)) targ \(event(target))\(start(target))"
    case .delayUntil(let position, trigger: let trigger):
      guard dialect == .xyce else { throw refusal("a delay up to a fixed abscissa", measurement) }
      return try "trig \(event(trigger)) targ at=\(number(position))\(start(trigger))"
    case .find(let signal, at: let position):
      return try "find \(value(signal, measurement)) at=\(number(position))"
    case .findWhen(let signal, let crossing):
      return try "find \(value(signal, measurement)) when \(windowed(crossing))"
    case .derivative(of: let signal, at: let position):
      return try "deriv \(value(signal, measurement)) at=\(number(position))"
    case .derivativeWhen(of: let signal, let crossing):
      return try "deriv \(value(signal, measurement)) when \(windowed(crossing))"
    case .statistic(.minimumPosition, of: _, from: _, to: _):
      throw refusal("the position of a minimum", measurement)
    case .statistic(.maximumPosition, of: _, from: _, to: _):
      throw refusal("the position of a maximum", measurement)
    case .statistic(let statistic, of: let signal, from: let from, to: let to):
      return try "\(statistic.spiceWord) \(value(signal, measurement))\(window(from, to))"
    case .energy(source: let source, from: let from, to: let to):
      return try "integ \(power(source, measurement))\(window(from, to))"
    case .expression(let expression):
      let rules = SpiceRules.of(dialect == .spectre ? .hspice : dialect, inlinesModels: false).expressions
      switch dialect {
      case .xyce: return "eqn " + ExpressionWriter(rules: rules).value(expression)
      case .ltspice: return "param " + ExpressionWriter(rules: rules, marks: ("", "")).value(expression)
      default: return "param=" + ExpressionWriter(rules: rules, marks: ("'", "'")).value(expression)
      }
    }
  }

  // MARK: parts

  private func edge(_ crossing: Measurement.Crossing) -> String {
    let word =
      switch crossing.edge {
      case .rising: "rise"
      case .falling: "fall"
      case .either: "cross"
      }
    switch crossing.occurrence {
    case .last: return "\(word)=last"
    case .nth(let count): return "\(word)=\(count)"
    }
  }

  private func start(_ crossing: Measurement.Crossing) -> String {
    crossing.after > 0 ? " td=\(number(crossing.after))" : ""
  }

  private func window(_ from: Double, _ to: Double) -> String {
    (from.isFinite ? " from=\(number(from))" : "") + (to.isFinite ? " to=\(number(to))" : "")
  }

  /// A signal, or the difference of two voltages.
  private func value(_ signal: Signal, _ measurement: Measurement) throws(SpiceError) -> String {
    let parts = signal.recordedParts
    guard let minus = parts.minus else { return try name(signal, measurement) }
    switch (parts.plus, minus) {
    case (let plus, "v(0)"): return try name(plus, measurement)
    case ("v(0)", let minus): return expression("-\(try name(minus, measurement))")
    default: return expression("\(try name(parts.plus, measurement))-\(try name(minus, measurement))")
    }
  }

  /// The power that a source delivers.
  private func power(_ source: String, _ measurement: Measurement) throws(SpiceError) -> String {
    let nodes = Waveforms.terminals(of: simulation.circuit)[source.lowercased()] ?? []
    let current = try name(.current(source.lowercased()), measurement)
    let voltages = try nodes.map { (node) throws(SpiceError) -> String? in
      node == .ground ? nil : try name(.voltage(node), measurement)
    }
    switch (voltages.first.flatMap(\.self), voltages.last.flatMap(\.self)) {
    case (let plus?, nil): return expression("-\(plus)*\(current)")
    case (nil, let minus?): return expression("\(minus)*\(current)")
    case (let plus?, let minus?): return expression("(\(minus)-\(plus))*\(current)")
    case (nil, nil): throw refusal("the energy of \(source)", measurement)
    }
  }

  private func expression(_ text: String) -> String {
    switch dialect {
    case .xyce: "{\(text)}"
    case .ltspice: text
    default: "par('\(text)')"
    }
  }

  private func name(_ signal: Signal, _ measurement: Measurement) throws(SpiceError) -> String {
    // Spectre measures in a block of SPICE, where hierarchy and currents are HSPICE's.
    let names: SignalNames =
      switch dialect {
      case .xyce: .xyce
      case .ltspice: .ltspice
      default: .hspice
      }
    guard let name = names.name(of: signal, in: scopes.at) else {
      throw refusal("the signal \(signal)", measurement)
    }
    return name
  }

  private func number(_ value: Double) -> String { CanonicalNumber.text(value) }

  private func refusal(_ what: String, _ measurement: Measurement) -> SpiceError {
    measurement.refusal(by: dialect, of: what)
  }
}

extension Simulation {
  /// The simulation that also records what is measured, where it records a choice of signals.
  func recording(_ measurements: [Measurement]) -> Simulation {
    guard !saved.isEmpty else { return self }
    var whole = self
    for signal in measurements.flatMap({ $0.signals(in: circuit) }) {
      let parts = signal.recordedParts
      for part in [parts.plus, parts.minus].compactMap(\.self) where part != "v(0)" {
        whole.saved = whole.saved.appendingNew([part])
      }
    }
    return whole
  }
}

extension Measurement {
  /// What it looks at.
  fileprivate func signals(in circuit: Circuit) -> [Signal] {
    switch kind {
    case .when(let crossing): [crossing.signal]
    case .delay(let trigger, let target): [trigger.signal, target.signal]
    case .delaySince(_, target: let crossing), .delayUntil(_, trigger: let crossing): [crossing.signal]
    case .find(let signal, at: _), .derivative(of: let signal, at: _),
      .statistic(_, of: let signal, from: _, to: _):
      [signal]
    case .findWhen(let signal, let crossing), .derivativeWhen(of: let signal, let crossing):
      [signal, crossing.signal]
    case .expression: []
    case .energy(source: let source, from: _, to: _):
      [.current(source)] + (Waveforms.terminals(of: circuit)[source.lowercased()] ?? []).map { .voltage($0) }
    }
  }
}
