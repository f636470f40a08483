/// Numbers, expressions and assignments.
extension DeckReader {
  // MARK: parameters of the circuit

  /// Reads every `.param` line of the top level, and lays the caller's values over them.
  mutating func readParameters() {
    scope = top
    for line in top.lines where line.keyword.hasPrefix(".para") {
      attempt(line) { (reader) throws(SpiceError) in
        for (parameter, place) in try reader.assignments(line) {
          reader.note(.parameter(parameter.name, subcircuit: nil), at: place)
          reader.circuit.parameters.append(parameter)
        }
      }
    }
    for (name, value) in options.parameterValues.sorted(by: { $0.key < $1.key }) {
      let lower = name.lowercased()
      let indices = circuit.parameters.indices.filter { circuit.parameters[$0].name == lower }
      for index in indices { circuit.parameters[index] = Parameter(lower, value) }
      if indices.isEmpty {
        let known = circuit.parameters.map(\.name).sorted().joined(separator: ", ")
        errors.append(
          SpiceError(
            .unresolvedParameter, "the deck has no parameter \(lower) to set.", place: self.name,
            cause: known.isEmpty ? "it has none" : "there are \(known)"))
      }
    }
    for parameter in circuit.parameters {
      if case .expression(let value) = parameter.value { values.define(parameter.name, value) }
    }
  }

  /// The assignments of a `.param` line with their places; none where it defines a function.
  mutating func assignments(_ line: DeckLine) throws(SpiceError) -> [(Parameter, DeckPlace)] {
    guard DeckScope.functionStart(line) == nil else { return [] }
    var tokens = try CardTokens(line, from: line.keyword.utf8.count)
    var list: [(Parameter, DeckPlace)] = []
    while tokens.peek() != nil {
      if tokens.take(.comma) { continue }
      guard tokens.isAssignment, let name = tokens.next() else { throw tokens.error("expected name=value.") }
      _ = tokens.take(.equals)
      let value = try expression(&tokens)
      list.append((Parameter(name.text, value), line.place(at: name.offset)))
    }
    return list
  }

  // MARK: values

  /// An expression as far as it goes, in braces or bare.
  mutating func expression(_ tokens: inout CardTokens) throws(SpiceError) -> Expression {
    guard let token = tokens.peek() else { throw tokens.error("expected a value.") }
    if token.kind == .expression {
      _ = tokens.next()
      return try braced(token, tokens.line)
    }
    if token.kind == .string { throw tokens.error("texts are not supported here.", code: .unsupported) }
    noteUnit(token, tokens.line)
    var parser = ExpressionParser(tokens.line, at: token.offset, .braced, names)
    let piece = try parser.expression()
    tokens.move(to: parser.position)
    return piece.value
  }

  /// What stands between braces or quotes, as a whole.
  func braced(
    _ token: CardToken, _ line: DeckLine, _ language: ExpressionParser.Language = .braced
  ) throws(SpiceError) -> Expression {
    var parser = ExpressionParser(
      line, at: token.offset, to: token.offset + token.text.utf8.count, language, names)
    return try parser.wholeExpression().value
  }

  /// A value of an element: a number, an expression in braces, or what parameters make up without blanks.
  ///
  /// - Returns: Nil, and nothing is taken, where another word comes, such as the name of a model.
  mutating func valueIfAny(_ tokens: inout CardTokens) throws(SpiceError) -> Expression? {
    guard let token = tokens.peek(), token.kind == .word || token.kind == .expression || token.kind == .open,
      !tokens.isAssignment
    else { return nil }
    if token.kind == .expression {
      _ = tokens.next()
      return try braced(token, tokens.line)
    }
    if token.kind == .word, let number = SpiceNumber(word: token.text), tokens.peek(1)?.kind != .open {
      _ = tokens.next()
      noteUnit(token, tokens.line)
      return .constant(number.value)
    }
    let end = endOfValue(tokens, token)
    var parser = ExpressionParser(tokens.line, at: token.offset, to: end, .braced, names)
    let value: Expression
    do throws(SpiceError) { value = try parser.wholeExpression().value } catch {
      if token.text.utf8.first?.isDigit == true { throw error }
      return nil
    }
    // A single word may be the name of a model, which only its definition tells from a parameter.
    guard token.kind == .open || value.parameterNames.allSatisfy(scope.isParameter) else { return nil }
    tokens.move(to: end)
    return value
  }

  /// The byte after a value that has no blanks outside its parentheses.
  private func endOfValue(_ tokens: CardTokens, _ first: CardToken) -> Int {
    var end = first.offset + first.text.utf8.count
    var depth = first.kind == .open ? 1 : 0
    var ahead = 1
    while let next = tokens.peek(ahead), !next.isDetached || depth > 0 {
      if next.kind == .equals || next.kind == .comma && depth == 0 { break }
      if next.kind == .close, depth == 0 { break }
      if next.kind == .open { depth += 1 }
      if next.kind == .close { depth -= 1 }
      end = next.offset + next.text.utf8.count + (next.kind == .expression ? 1 : 0)
      ahead += 1
    }
    return end
  }

  /// A value of an element that must be there.
  mutating func value(_ tokens: inout CardTokens, _ what: String) throws(SpiceError) -> Expression {
    guard let value = try valueIfAny(&tokens) else {
      throw tokens.error("expected \(what): a number, {expression} or parameter.")
    }
    return value
  }

  /// A number that a card needs, from parameters if need be.
  mutating func number(_ tokens: inout CardTokens, _ what: String) throws(SpiceError) -> Double {
    let start = tokens
    let expression = try value(&tokens, what)
    if let value = values.value(of: expression) { return value }
    learnIncludedParameters()
    guard let value = values.value(of: expression) else { throw start.error("\(what) has no known value.") }
    return value
  }

  /// Takes in the parameters of included files that the deck does not define.
  mutating func learnIncludedParameters() {
    let lines = includedParameters
    includedParameters = []
    for line in lines {
      // What cannot be read has no value here; ngspice may know better.
      for (parameter, _) in (try? assignments(line)) ?? [] {
        if case .expression(let value) = parameter.value, !values.isDefined(parameter.name) {
          values.define(parameter.name, value)
        }
      }
    }
  }

  private mutating func noteUnit(_ token: CardToken, _ line: DeckLine) {
    if SpiceNumber(word: token.text)?.hasUnitA == true {
      remark("the letter a of \(token.text) is taken for a unit, as in ngspice 39, not for atto.", line)
    }
  }

  // MARK: parameters of elements and models

  /// `name=value` up to the end of the line, with a few words that stand alone.
  ///
  /// - Parameters:
  ///   - isExpression: Whether a bare name is a parameter, known or not.
  ///   - flags: Words that may stand alone; they are left out with a remark.
  mutating func parameters(
    _ tokens: inout CardTokens, isExpression: Bool = false, flags: Set<String> = []
  ) throws(SpiceError) -> [Parameter] {
    var list: [Parameter] = []
    while let token = tokens.peek() {
      if token.kind == .comma || token.kind == .open || token.kind == .close {
        _ = tokens.next()
        continue
      }
      if token.kind == .word, flags.contains(token.text.lowercased()), !tokens.isAssignment {
        _ = tokens.next()
        remark("\(token.text) is not carried: set the starting point with .nodeset or .ic.", tokens.line)
        continue
      }
      guard tokens.isAssignment else { throw tokens.error("expected name=value.") }
      _ = tokens.next()
      _ = tokens.take(.equals)
      let name = token.text.lowercased().withoutKeyword("params:")
      if name == "tc", !isExpression {
        list += try temperatureCoefficients(&tokens)
        continue
      }
      list.append(try parameter(name, &tokens, isExpression: isExpression))
    }
    return list
  }

  /// The value of an assignment.
  mutating func parameter(
    _ name: String, _ tokens: inout CardTokens, isExpression: Bool = false
  ) throws(SpiceError) -> Parameter {
    guard let token = tokens.peek() else { throw tokens.error("expected a value.") }
    if isExpression { return Parameter(name, try expression(&tokens)) }
    if let list = try vector(&tokens) { return Parameter(name, text: list) }
    if token.kind == .word, let number = SpiceNumber(word: token.text),
      name == "version", CanonicalNumber.text(number.value) != token.text
    {
      _ = tokens.next()
      return Parameter(name, text: token.text)
    }
    if token.kind == .word, token.text.utf8.count(where: { $0 == UInt8(ascii: ".") }) > 1 {
      _ = tokens.next()
      return Parameter(name, text: token.text)
    }
    if let value = try valueIfAny(&tokens) { return Parameter(name, value) }
    guard token.kind == .word else { throw tokens.error("expected a number, {expression} or parameter.") }
    if name == "version" || Names.isWord(token.text.lowercased()) {
      _ = tokens.next()
      return name == "version"
        ? Parameter(name, text: token.text) : Parameter(name, Expression.parameter(token.text.lowercased()))
    }
    return Parameter(name, try expression(&tokens))
  }

  /// `tc=a,b` or `tc=a b`, as the two parameters that ngspice has for it.
  private mutating func temperatureCoefficients(
    _ tokens: inout CardTokens
  ) throws(SpiceError) -> [Parameter] {
    var list = [Parameter("tc1", try value(&tokens, "a temperature coefficient"))]
    _ = tokens.take(.comma)
    if let second = try valueIfAny(&tokens) { list.append(Parameter("tc2", second)) }
    return list
  }

  /// Several numbers with commas between them, such as `ic=0,1.2,0`, as one text; nil where one value stands.
  private mutating func vector(_ tokens: inout CardTokens) throws(SpiceError) -> String? {
    var ahead = tokens.peek()?.kind == .open ? 1 : 0
    var words: [String] = []
    while let token = tokens.peek(ahead), token.kind == .word {
      words.append(token.text)
      guard tokens.peek(ahead + 1)?.kind == .comma else { break }
      // A comma before the next assignment ends the list.
      guard tokens.peek(ahead + 2)?.kind == .word, tokens.peek(ahead + 3)?.kind != .equals else { break }
      ahead += 2
    }
    guard words.count > 1 else { return nil }
    for _ in 0...ahead { _ = tokens.next() }
    _ = tokens.take(.close)
    return words.joined(separator: ",")
  }
}
