/// Reads an expression of ngspice into a tree.
///
/// Precedence from loose to tight: `?:`, `||`, `&&`, comparisons, `+ -`, `* / %`, signs and `!`, `** ^`. Powers
/// group from the left, as in ngspice: `2^3^2` is 64. `x**y` is the magnitude of `x` to the power of `y` there,
/// also for the integer powers that HSPICE takes of a negative base; it is read so.
struct ExpressionParser {
  /// Where an expression stands, which decides what some words mean.
  enum Language: Sendable {
    /// Between braces or quotes: parameters.
    case braced
    /// On the right of a behavioural source: voltages, currents and time too.
    case behavioral
  }

  let line: DeckLine
  let language: Language
  let names: ExpressionNames
  var position: Int
  let end: Int
  private var nesting = 0

  /// Begins to read at a byte of a line.
  init(_ line: DeckLine, at start: Int, to end: Int? = nil, _ language: Language, _ names: ExpressionNames) {
    self.line = line
    self.language = language
    self.names = names
    position = start
    self.end = end ?? line.bytes.count
  }

  /// Reads as far as the expression goes.
  mutating func expression() throws(SpiceError) -> ExpressionPiece { try choice() }

  /// Reads an expression that fills the whole range.
  mutating func wholeExpression() throws(SpiceError) -> ExpressionPiece {
    let piece = try choice()
    guard peek() == nil else { throw error("expected an operator or the end of the expression.") }
    return piece
  }

  // MARK: operators

  private mutating func choice() throws(SpiceError) -> ExpressionPiece {
    try nested { (parser) throws(SpiceError) in
      let condition = try parser.disjunction()
      guard parser.take("?") else { return condition }
      let then = try parser.choice()
      guard parser.take(":") else { throw parser.error("expected ':' of a '?'.") }
      return try parser.checked(.choice(condition, then, try parser.choice()))
    }
  }

  private mutating func disjunction() throws(SpiceError) -> ExpressionPiece {
    var left = try conjunction()
    while take("||") {
      let right = try conjunction()
      left = try checked(
        ExpressionPiece(.condition(.or(left.condition, right.condition)), above: [left, right]))
    }
    return left
  }

  private mutating func conjunction() throws(SpiceError) -> ExpressionPiece {
    var left = try comparison()
    while take("&&") {
      let right = try comparison()
      left = try checked(
        ExpressionPiece(.condition(.and(left.condition, right.condition)), above: [left, right]))
    }
    return left
  }

  private mutating func comparison() throws(SpiceError) -> ExpressionPiece {
    let left = try sum()
    guard let comparison = takeComparison() else { return left }
    let right = try sum()
    let start = position
    if takeComparison() != nil {
      position = start
      throw error("a comparison of comparisons needs parentheses.")
    }
    return try checked(.comparison(left, comparison, right))
  }

  private mutating func takeComparison() -> Expression.Comparison? {
    let spellings: [(String, Expression.Comparison)] = [
      ("<>", .notEqual), ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("==", .equal), ("!=", .notEqual),
      ("<", .less), (">", .greater),
    ]
    for (text, comparison) in spellings where take(text) { return comparison }
    return nil
  }

  private mutating func sum() throws(SpiceError) -> ExpressionPiece {
    var left = try product()
    while true {
      if take("+") {
        left = try checked(.binary(.add, left, try product()))
      } else if take("-") {
        left = try checked(.binary(.subtract, left, try product()))
      } else {
        return left
      }
    }
  }

  private mutating func product() throws(SpiceError) -> ExpressionPiece {
    var left = try signed()
    while true {
      if peek() == UInt8(ascii: "*"), peek(1) != UInt8(ascii: "*"), take("*") {
        left = try checked(.binary(.multiply, left, try signed()))
      } else if take("/") {
        left = try checked(.binary(.divide, left, try signed()))
      } else if take("%") {
        let right = try signed()
        let whole = ExpressionPiece.truncated(.binary(.divide, left, right))
        left = try checked(.binary(.subtract, left, .binary(.multiply, right, whole)))
      } else if take("\\") {
        left = try checked(.call(.floor, .call(.abs, .binary(.divide, left, try signed()))))
      } else {
        return left
      }
    }
  }

  private mutating func signed() throws(SpiceError) -> ExpressionPiece {
    if take("+") { return try nested { (parser) throws(SpiceError) in try parser.signed() } }
    if take("-") {
      let operand = try nested { (parser) throws(SpiceError) in try parser.signed() }
      if operand.isLiteral, case .constant(let value) = operand.value {
        return ExpressionPiece(.constant(-value))
      }
      return try checked(ExpressionPiece(.value(.negated(operand.value)), above: [operand]))
    }
    if peek() == UInt8(ascii: "!"), peek(1) != UInt8(ascii: "="), take("!") {
      let operand = try nested { (parser) throws(SpiceError) in try parser.signed() }
      return try checked(ExpressionPiece(.condition(.not(operand.condition)), above: [operand]))
    }
    return try power()
  }

  private mutating func power() throws(SpiceError) -> ExpressionPiece {
    var base = try primary()
    while take("**") || take("^") {
      let exponent = try signedPrimary()
      base = try checked(.call(.pow, base.magnitude, exponent))
    }
    return base
  }

  /// An exponent: a sign binds more tightly there than the next power.
  private mutating func signedPrimary() throws(SpiceError) -> ExpressionPiece {
    if take("+") { return try nested { (parser) throws(SpiceError) in try parser.signedPrimary() } }
    guard take("-") else { return try primary() }
    let operand = try nested { (parser) throws(SpiceError) in try parser.signedPrimary() }
    if operand.isLiteral, case .constant(let value) = operand.value {
      return ExpressionPiece(.constant(-value))
    }
    return try checked(ExpressionPiece(.value(.negated(operand.value)), above: [operand]))
  }

  // MARK: operands

  private mutating func primary() throws(SpiceError) -> ExpressionPiece {
    guard let first = peek() else { throw error("expected a number, a name or '('.") }
    if first.isDigit || first == UInt8(ascii: ".") { return try number() }
    for (open, close) in [("(", ")"), ("{", "}")] where take(open) {
      var inner = try choice()
      guard take(close) else { throw error("expected '\(close)'.") }
      inner.isLiteral = false
      return inner
    }
    guard first.isLetter || first == UInt8(ascii: "_") else {
      throw error("expected a number, a name or '('.")
    }
    let start = position
    let name = word()
    return peek() == UInt8(ascii: "(") ? try call(name, from: start) : try named(name, from: start)
  }

  private mutating func number() throws(SpiceError) -> ExpressionPiece {
    guard let number = SpiceNumber(line.bytes[position..<end]) else { throw error("expected a number.") }
    let after = position + number.count
    guard after >= end || !(line.bytes[after].isNameByte || line.bytes[after] == UInt8(ascii: ".")) else {
      throw error("a digit or point follows the unit of a number.")
    }
    guard !number.isMil else {
      throw error("mil is no unit inside an expression, where ngspice reads it as milli; write 25.4e-6.")
    }
    position = after
    var piece = ExpressionPiece(.constant(number.value))
    piece.isLiteral = true
    return piece
  }

  // MARK: bytes

  /// The next byte that is not blank, or one after it; nil at the end.
  mutating func peek(_ offset: Int = 0) -> UInt8? {
    while position < end, line.bytes[position].isBlank { position += 1 }
    return position + offset < end ? line.bytes[position + offset] : nil
  }

  /// Moves past a text, if it comes next.
  mutating func take(_ text: String) -> Bool {
    guard peek() != nil, line.bytes[position..<end].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  /// Letters, digits, underscores and dots, in lower case.
  mutating func word() -> String {
    let start = position
    while position < end, line.bytes[position].isNameByte || line.bytes[position] == UInt8(ascii: ".") {
      position += 1
    }
    return String(decoding: line.bytes[start..<position], as: UTF8.self).lowercased()
  }

  /// What stands up to a comma, parenthesis or blank.
  mutating func rawWord() -> String {
    let stops = Array(" \t,()".utf8)
    _ = peek()
    let start = position
    while position < end, !stops.contains(line.bytes[position]) { position += 1 }
    return String(decoding: line.bytes[start..<position], as: UTF8.self)
  }

  // MARK: limits

  /// Reads one level deeper.
  mutating func nested(
    _ read: (inout ExpressionParser) throws(SpiceError) -> ExpressionPiece
  ) throws(SpiceError) -> ExpressionPiece {
    nesting += 1
    guard nesting <= ExpressionPiece.deepestNesting else {
      throw error("the expression nests deeper than \(ExpressionPiece.deepestNesting) levels.")
    }
    let piece = try read(&self)
    nesting -= 1
    return piece
  }

  /// The piece, unless it has grown too large.
  func checked(_ piece: ExpressionPiece) throws(SpiceError) -> ExpressionPiece {
    guard piece.depth <= ExpressionPiece.deepestTree, piece.size <= ExpressionPiece.mostNodes else {
      throw error(
        "the expression is deeper than \(ExpressionPiece.deepestTree) levels or larger than "
          + "\(ExpressionPiece.mostNodes) parts, functions expanded.")
    }
    return piece
  }

  func error(_ message: String, code: SpiceError.Code = .syntax) -> SpiceError {
    line.error(code, message, at: position)
  }
}
