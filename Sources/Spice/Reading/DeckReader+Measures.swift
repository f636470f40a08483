/// `.measure` lines as measurements.
extension DeckReader {
  /// Reads a `.measure` line; what ``Measurement`` does not have is kept as text, with a remark.
  mutating func readMeasure(_ line: DeckLine) -> MeasureLine {
    do throws(SpiceError) {
      var tokens = try CardTokens(line, from: line.keyword.utf8.count)
      let analysis = try tokens.word("tran, ac or dc").lowercased()
      guard ["tran", "ac", "dc"].contains(analysis) else { throw tokens.error("expected tran, ac or dc.") }
      let name = try tokens.name("the name of the result").lowercased()
      let kind = try measured(&tokens)
      try tokens.expectEnd()
      return MeasureLine(
        line.text, at: line.place, analysis: analysis, measurement: Measurement(name, kind))
    } catch {
      remarks.append(
        Remark("the measurement is not evaluated: \(error.message) (\(error.cause))", at: line.place))
      return MeasureLine(line.text, at: line.place)
    }
  }

  private mutating func measured(_ tokens: inout CardTokens) throws(SpiceError) -> Measurement.Kind {
    let word = try tokens.word("what to measure").lowercased()
    let statistics: [String: Measurement.Statistic] = [
      "avg": .mean, "min": .minimum, "max": .maximum, "pp": .peakToPeak, "rms": .rms, "integ": .integral,
      "integral": .integral,
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
      return .statistic(statistic, of: signal, from: start, to: stop)
    }
    switch word {
    case "when": return .when(try crossing(&tokens, hasEquals: true))
    case "find":
      let signal = try measuredSignal(&tokens)
      if tokens.take(keyword: "when") { return .findWhen(signal, try crossing(&tokens, hasEquals: true)) }
      guard tokens.isAssignment, case ("at", let position) = try assignment(&tokens) else {
        throw tokens.error("expected at= or when.")
      }
      return .find(signal, at: position)
    case "trig":
      let trigger = try crossing(&tokens, hasEquals: false)
      guard tokens.take(keyword: "targ") else { throw tokens.error("expected targ.") }
      return .delay(trigger: trigger, target: try crossing(&tokens, hasEquals: false))
    default: throw tokens.error("\(word) is not supported.")
    }
  }

  /// `v(a)=0.5 rise=1` or `v(a) val=0.5 rise=1`.
  private mutating func crossing(
    _ tokens: inout CardTokens, hasEquals: Bool
  ) throws(SpiceError) -> Measurement.Crossing {
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
      case ("td", let value), ("from", let value): crossing.after = value
      default: throw tokens.error("\(name)= is not supported here.")
      }
    }
    return crossing
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
