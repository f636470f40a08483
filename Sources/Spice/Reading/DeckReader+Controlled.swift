/// Controlled and behavioural sources.
extension DeckReader {
  /// Reads an element whose value is an expression: `b1 a b v=...` or `i=...`.
  mutating func behavioral(_ name: String, _ tokens: inout CardTokens) throws(SpiceError) -> Element {
    let nodes = try nodes(2, &tokens)
    guard tokens.isAssignment, let kind = tokens.next()?.text.lowercased(), kind == "v" || kind == "i" else {
      throw tokens.error("expected v=EXPRESSION or i=EXPRESSION.")
    }
    _ = tokens.take(.equals)
    let expression = try course(&tokens)
    return Element(
      name, nodes, kind == "v" ? .behavioralVoltage(expression) : .behavioralCurrent(expression),
      parameters: try parameters(&tokens))
  }

  /// The expression of a behavioural source, in braces, quotes or bare.
  private mutating func course(_ tokens: inout CardTokens) throws(SpiceError) -> Expression {
    guard let token = tokens.peek() else { throw tokens.error("expected an expression.") }
    if token.kind == .expression, !isContinued(token, tokens) {
      _ = tokens.next()
      return try braced(token, tokens.line, .behavioral)
    }
    let start = token.kind == .expression ? token.offset - 1 : token.offset
    var parser = ExpressionParser(tokens.line, at: start, .behavioral, names)
    let piece = try parser.expression()
    tokens.move(to: parser.position)
    return piece.value
  }

  /// Whether an operator follows what stands in braces, as in `{a}*v(b)`.
  private func isContinued(_ token: CardToken, _ tokens: CardTokens) -> Bool {
    guard let next = tokens.peek(1), next.kind == .word, let first = next.text.utf8.first else {
      return false
    }
    return tokens.line.bytes[token.offset - 1] == UInt8(ascii: "{") && "+-*/^<>?:&|!%".utf8.contains(first)
  }

  // MARK: E and G

  /// Reads a source that voltages control.
  mutating func voltageControlled(_ name: String, _ tokens: inout CardTokens) throws(SpiceError) -> Element {
    let isVoltage = name.hasPrefix("e")
    let output = try nodes(2, &tokens)
    if let expression = try expressionOfControlled(&tokens, isVoltage ? ["value", "vol"] : ["value", "cur"]) {
      return Element(
        name, output, isVoltage ? .behavioralVoltage(expression) : .behavioralCurrent(expression),
        parameters: try parameters(&tokens))
    }
    _ = tokens.take(keyword: isVoltage ? "vcvs" : "vccs")
    if let count = try polynomial(&tokens) {
      let nodes = try nodes(2 * count, &tokens)
      let inputs = stride(from: 0, to: nodes.count, by: 2).map {
        Expression.voltage(nodes[$0], nodes[$0 + 1])
      }
      let expression = try sum(of: inputs, &tokens)
      return Element(
        name, output, isVoltage ? .behavioralVoltage(expression) : .behavioralCurrent(expression),
        parameters: try parameters(&tokens))
    }
    let control = try nodes(2, &tokens)
    let gain = try value(&tokens, "the gain")
    return Element(
      name, output + control, isVoltage ? .vcvs(gain) : .vccs(gain), parameters: try parameters(&tokens))
  }

  /// `value={...}`, `vol='...'` or `table {...} = (x,y) ...`; nil where none of them comes.
  private mutating func expressionOfControlled(
    _ tokens: inout CardTokens, _ words: [String]
  ) throws(SpiceError) -> Expression? {
    guard let token = tokens.peek(), token.kind == .word else { return nil }
    let word = token.text.lowercased()
    for other in ["laplace", "freq", "chebyshev", "delay", "pwl", "npwl", "ppwl", "and", "nand", "or", "nor"]
    where word == other {
      throw tokens.error("\(other) is not supported.", code: .unsupported)
    }
    let follows = tokens.peek(1)?.kind
    if words.contains(word), follows == .equals || follows == .expression {
      _ = tokens.next()
      _ = tokens.take(.equals)
      return try course(&tokens)
    }
    guard word == "table", follows == .equals || follows == .expression || follows == .open else {
      return nil
    }
    _ = tokens.next()
    _ = tokens.take(.equals)
    let input = try course(&tokens)
    _ = tokens.take(.equals)
    var numbers: [Double] = []
    while tokens.peek() != nil, !tokens.isAssignment {
      if tokens.take(.open) || tokens.take(.close) || tokens.take(.comma) { continue }
      numbers.append(try number(&tokens, "a value of the table"))
    }
    let points = stride(from: 0, to: numbers.count - 1, by: 2).map { (x: numbers[$0], y: numbers[$0 + 1]) }
    guard numbers.count >= 2, numbers.count % 2 == 0,
      zip(points, points.dropFirst()).allSatisfy({ $0.x < $1.x })
    else { throw tokens.line.error(.syntax, "a table has pairs (x,y) of rising x.", at: token.offset) }
    return ExpressionPiece.table(of: ExpressionPiece(input), points).value
  }

  // MARK: F and H

  /// Reads a source that currents control.
  mutating func currentControlled(_ name: String, _ tokens: inout CardTokens) throws(SpiceError) -> Element {
    let isVoltage = name.hasPrefix("h")
    let output = try nodes(2, &tokens)
    _ = tokens.take(keyword: isVoltage ? "ccvs" : "cccs")
    if let count = try polynomial(&tokens) {
      var inputs: [Expression] = []
      while inputs.count < count {
        if tokens.take(.open) || tokens.take(.close) || tokens.take(.comma) { continue }
        inputs.append(.current(reference(try tokens.word("the name of a controlling source"))))
      }
      let expression = try sum(of: inputs, &tokens)
      let other = Self.behavioralName(name)
      remark("\(name), a polynomial of currents, is written as the behavioural source \(other).", tokens.line)
      return Element(
        other, output, isVoltage ? .behavioralVoltage(expression) : .behavioralCurrent(expression),
        parameters: try parameters(&tokens))
    }
    let control = reference(try tokens.word("the name of the controlling source"))
    let gain = try value(&tokens, isVoltage ? "the transresistance" : "the gain")
    return Element(
      name, output, isVoltage ? .ccvs(gain, control: control) : .cccs(gain, control: control),
      parameters: try parameters(&tokens))
  }

  /// What a polynomial source of currents is called as a behavioural one.
  static func behavioralName(_ name: String) -> String { "b" + name }

  // MARK: polynomials

  /// `poly(n)`: the number of inputs; nil where no polynomial comes.
  private mutating func polynomial(_ tokens: inout CardTokens) throws(SpiceError) -> Int? {
    guard tokens.peek()?.text.lowercased() == "poly", tokens.peek(1)?.kind == .open else { return nil }
    _ = tokens.next()
    _ = tokens.take(.open)
    guard let count = Int(try tokens.word("the number of inputs")), (1...20).contains(count),
      tokens.take(.close)
    else { throw tokens.error("expected poly(n) with 1 to 20 inputs.") }
    return count
  }

  /// The polynomial with the coefficients that come next, in SPICE's order: constant, linear, quadratic terms
  /// and so on, each with its factors in the order of the inputs.
  private mutating func sum(
    of inputs: [Expression], _ tokens: inout CardTokens
  ) throws(SpiceError) -> Expression {
    var coefficients: [Expression] = []
    while let coefficient = try valueIfAny(&tokens) { coefficients.append(coefficient) }
    guard coefficients.count > 1 else {
      throw tokens.error(
        coefficients.isEmpty
          ? "expected coefficients."
          : "a single coefficient is a gain to some simulators, a constant to others.")
    }
    var terms: [Expression] = []
    var factors: [Int] = []
    for coefficient in coefficients {
      if coefficient != .constant(0) {
        terms.append(factors.reduce(coefficient) { $0 * inputs[$1] })
      }
      // The next product: the last factor that can move on does so, and those after it follow.
      if let index = factors.lastIndex(where: { $0 < inputs.count - 1 }) {
        let moved = factors[index] + 1
        for k in index..<factors.count { factors[k] = moved }
      } else {
        factors = [Int](repeating: 0, count: factors.count + 1)
      }
    }
    guard terms.count <= 500, factors.count <= 100 else {
      throw tokens.error("the polynomial is too large.", code: .unsupported)
    }
    return terms.dropFirst().reduce(terms.first ?? 0) { $0 + $1 }
  }
}
