/// `.measure` lines as measurements.
extension DeckReader {
  /// Reads a `.measure` line; what ``Measurement`` does not have is kept as text, with a remark.
  mutating func readMeasure(_ line: DeckLine) -> MeasureLine {
    do throws(SpiceError) {
      var tokens = try CardTokens(line, from: line.keyword.utf8.count)
      let analysis = try tokens.word("tran, ac or dc").lowercased()
      guard ["tran", "ac", "dc"].contains(analysis) else { throw tokens.error("expected tran, ac or dc.") }
      let name = try tokens.name("the name of the result").lowercased()
      let kind = try measured(&tokens, analysis)
      try tokens.expectEnd()
      return MeasureLine(
        line.text, at: line.place, analysis: analysis, measurement: Measurement(name, kind))
    } catch {
      remarks.append(
        Remark("the measurement is not evaluated: \(error.message) (\(error.cause))", at: line.place))
      return MeasureLine(line.text, at: line.place)
    }
  }

  private mutating func measured(
    _ tokens: inout CardTokens, _ analysis: String
  ) throws(SpiceError) -> Measurement.Kind {
    let word = try tokens.word("what to measure").lowercased()
    let statistics: [String: Measurement.Statistic] = [
      "avg": .mean, "min": .minimum, "max": .maximum, "min_at": .minimumPosition,
      "max_at": .maximumPosition, "pp": .peakToPeak, "rms": .rms, "integ": .integral, "integral": .integral,
    ]
    if let statistic = statistics[word] {
      let signal = try measuredSignal(&tokens)
      var (start, stop) = (-Double.infinity, Double.infinity)
      while tokens.isAssignment {
        switch try assignment(&tokens) {
        case ("from", let value): start = value
        case ("to", let value): stop = value
        case (let name, _): throw tokens.error("\(name)= is not supported here.")
        }
      }
      if analysis == "dc", stop < start { (start, stop) = (stop, start) }
      return .statistic(statistic, of: signal, from: start, to: stop)
    }
    switch word {
    case "param", "expr":
      guard tokens.take(.equals) else { throw tokens.error("expected '='.") }
      let start = tokens
      let value = try expression(&tokens)
      guard !value.readsSignals else { throw start.error("signals are not supported here.") }
      return .expression(value)
    case "when": return .when(try condition(&tokens, analysis))
    case "find":
      let signal = try measuredSignal(&tokens)
      if tokens.take(keyword: "when") { return .findWhen(signal, try condition(&tokens, analysis)) }
      guard tokens.isAssignment, case ("at", let position) = try assignment(&tokens) else {
        throw tokens.error("expected at= or when.")
      }
      return .find(signal, at: position)
    case "deriv", "derivative":
      let signal = try measuredSignal(&tokens)
      if tokens.take(keyword: "when") {
        return .derivativeWhen(of: signal, try condition(&tokens, analysis))
      }
      guard tokens.isAssignment, case ("at", let position) = try assignment(&tokens) else {
        throw tokens.error("expected at= or when.")
      }
      return .derivative(of: signal, at: position)
    case "trig": return try delay(&tokens, analysis)
    default: throw tokens.error("\(word) is not supported.")
    }
  }

  /// `v(a) val=0.5 rise=1 targ v(b) val=0.5 rise=1`, or `at=1n` in place of an event.
  private mutating func delay(
    _ tokens: inout CardTokens, _ analysis: String
  ) throws(SpiceError) -> Measurement.Kind {
    let begin = try fixedEnd(&tokens)
    var trigger: Measurement.Crossing?
    var from: Double?
    if begin == nil { (trigger, from) = try crossing(&tokens, analysis, hasEquals: false) }
    guard tokens.take(keyword: "targ") else { throw tokens.error("expected targ.") }
    let start = tokens
    if let end = try fixedEnd(&tokens) {
      guard let trigger else { throw start.error("a delay between two fixed abscissae is not measured.") }
      return .delayUntil(end, trigger: trigger)
    }
    var (target, targetFrom): (Measurement.Crossing, Double?) = try crossing(
      &tokens, analysis, hasEquals: false)
    if let begin { return .delaySince(begin, target: target) }
    // Of a transient and over frequency ngspice applies a FROM of one end to both.
    if analysis != "dc" {
      if let from, targetFrom == nil { target.after = Swift.max(target.after, from) }
      if let targetFrom, from == nil, let after = trigger?.after {
        trigger?.after = Swift.max(after, targetFrom)
      }
    }
    guard let trigger else { throw start.error("expected a signal.") }
    return .delay(trigger: trigger, target: target)
  }

  /// `at=1n` of a delay.
  private mutating func fixedEnd(_ tokens: inout CardTokens) throws(SpiceError) -> Double? {
    guard tokens.isAssignment, tokens.peek()?.text.lowercased() == "at" else { return nil }
    return try assignment(&tokens).value
  }

  /// `v(a)=0.5 rise=1`.
  private mutating func condition(
    _ tokens: inout CardTokens, _ analysis: String
  ) throws(SpiceError) -> Measurement.Crossing {
    try crossing(&tokens, analysis, hasEquals: true).crossing
  }

  /// `v(a)=0.5 rise=1` or `v(a) val=0.5 rise=1`, and its `from=`.
  private mutating func crossing(
    _ tokens: inout CardTokens, _ analysis: String, hasEquals: Bool
  ) throws(SpiceError) -> (crossing: Measurement.Crossing, from: Double?) {
    var from: Double?
    var crossing = Measurement.Crossing(try measuredSignal(&tokens), at: 0)
    if hasEquals {
      guard tokens.take(.equals) else { throw tokens.error("expected '='.") }
      if let token = tokens.peek(), token.kind == .word, token.text.lowercased() == "v",
        tokens.peek(1)?.kind == .open
      {
        // Where two voltages meet their difference is zero.
        let other = try measuredSignal(&tokens)
        guard let a = crossing.signal.arguments, let b = other.arguments, a.count == 1, b.count == 1 else {
          throw tokens.error("only voltages of nodes can meet.")
        }
        crossing.signal = Signal("v(\(a[0]),\(b[0]))")
      } else {
        crossing.level = try number(&tokens, "a level")
      }
    }
    let edges: [String: Waveform.Edge] = ["rise": .rising, "fall": .falling, "cross": .either]
    while tokens.isAssignment {
      let name = tokens.peek()?.text.lowercased() ?? ""
      if let edge = edges[name] {
        crossing.edge = edge
        if tokens.peek(2)?.text.lowercased() == "last" {
          for _ in 0..<3 { _ = tokens.next() }
          crossing.occurrence = .last
        } else {
          let count = try assignment(&tokens).value
          guard count >= 1, let whole = Int(exactly: count) else {
            throw tokens.error("crossings are counted from 1.")
          }
          crossing.occurrence = .nth(whole)
        }
        continue
      }
      switch try assignment(&tokens) {
      case ("val", let value): crossing.level = value
      case ("td", let value):
        if analysis == "tran" {
          crossing.after = Swift.max(crossing.after, value)
        } else {
          remark("td= counts for transients alone, as in ngspice: use from=.", tokens.line)
        }
      case ("from", let value):
        crossing.after = Swift.max(crossing.after, value)
        from = value
      case ("to", let value): crossing.until = value
      default: throw tokens.error("\(name)= is not supported here.")
      }
    }
    if analysis == "dc", crossing.until < crossing.after {
      (crossing.after, crossing.until) = (crossing.until, crossing.after)
    }
    return (crossing, from)
  }

  /// Gives the parameters of included files in expressions of measures their values, as far as they are
  /// known.
  mutating func resolveMeasuredParameters() {
    let results = Set(measures.compactMap { $0.measurement?.name })
    let own = results.union(circuit.parameters.map(\.name))
    for index in measures.indices {
      let line = measures[index]
      guard let measurement = line.measurement, case .expression(let expression) = measurement.kind,
        expression.parameterNames.contains(where: { !own.contains($0) })
      else { continue }
      learnIncludedParameters()
      var values = values
      let known = expression.replacing { leaf in
        guard case .parameter(let name) = leaf, !own.contains(name.lowercased()) else { return nil }
        return values.value(of: leaf).map(Expression.constant)
      }
      measures[index] = MeasureLine(
        line.text, at: line.place, analysis: line.analysis,
        measurement: Measurement(measurement.name, .expression(known)))
    }
  }

  private mutating func assignment(_ tokens: inout CardTokens) throws(SpiceError) -> (
    name: String, value: Double
  ) {
    let name = try tokens.word("a name").lowercased()
    guard tokens.take(.equals) else { throw tokens.error("expected '='.") }
    return (name, try number(&tokens, "a value"))
  }

  private mutating func measuredSignal(_ tokens: inout CardTokens) throws(SpiceError) -> Signal {
    let word = try tokens.word("a signal").lowercased()
    if word.hasPrefix("@") { return Signal(word) }
    guard tokens.take(.open) else { return .voltage(naming.node(word)) }
    var names: [String] = []
    while !tokens.take(.close) {
      if tokens.take(.comma) { continue }
      names.append(try tokens.word("a node or source"))
    }
    let isCurrent = word == "i"
    guard isCurrent || ["v", "vm", "vdb", "vp", "vr", "vi"].contains(word), (1...2).contains(names.count)
    else {
      throw tokens.error("\(word)() is not supported.")
    }
    let written = names.map { isCurrent ? reference($0) : naming.node($0).name }
    return Signal("\(word)(\(written.joined(separator: ",")))")
  }
}

extension Expression {
  /// Whether it reads what a simulation gives.
  fileprivate var readsSignals: Bool {
    if case .time = self { return true }
    if case .temperature = self { return true }
    return !voltageNodes.isEmpty || !currentNames.isEmpty || children.contains(where: \.readsSignals)
  }
}
