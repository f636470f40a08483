/// A part of an expression under construction: a value or a condition, with its size.
///
/// A condition where a value is wanted is 1 or 0; a value where a condition is wanted holds unless it is zero.
struct ExpressionPiece: Sendable {
  /// What it is.
  enum Content: Sendable {
    case value(Expression)
    case condition(Expression.Condition)
  }

  /// The deepest nesting of parentheses, calls and signs.
  static let deepestNesting = 200
  /// The deepest tree; long sums are trees that lean to one side.
  static let deepestTree = 1000
  /// The most nodes of a tree, functions expanded.
  static let mostNodes = 100_000

  var content: Content
  var depth = 1
  var size = 1
  /// Whether it is a number as written, without sign or parentheses.
  var isLiteral = false

  /// A leaf.
  init(_ leaf: Expression) { content = .value(leaf) }

  /// A node above others.
  init(_ content: Content, above parts: [ExpressionPiece], nodes: Int = 1) {
    self.content = content
    depth = (parts.map(\.depth).max() ?? 0) + nodes
    size = parts.reduce(nodes) { $0 + $1.size }
  }

  /// As a value.
  var value: Expression {
    switch content {
    case .value(let value): value
    case .condition(let condition): .conditional(condition, then: 1, otherwise: 0)
    }
  }

  /// As a condition.
  var condition: Expression.Condition {
    switch content {
    case .value(let value): .comparison(value, .notEqual, 0)
    case .condition(let condition): condition
    }
  }

  /// Whether it cannot be negative, whatever the circuit does.
  var isNeverNegative: Bool {
    guard case .value(let value) = content else { return true }
    return Self.isNeverNegative(value)
  }

  private static func isNeverNegative(_ value: Expression) -> Bool {
    switch value {
    case .constant(let number): number >= 0
    case .call(.abs, _), .call(.exp, _), .call(.sqrt, _), .call(.cosh, _): true
    case .call(.pow, let arguments): arguments.first.map(isNeverNegative) ?? false
    default: false
    }
  }

  /// The magnitude.
  var magnitude: ExpressionPiece {
    isNeverNegative ? self : ExpressionPiece(.value(.abs(value)), above: [self])
  }

  static func call(_ function: Expression.Function, _ arguments: ExpressionPiece...) -> ExpressionPiece {
    ExpressionPiece(.value(.call(function, arguments.map(\.value))), above: arguments)
  }

  static func binary(
    _ operation: Expression.BinaryOperator, _ lhs: ExpressionPiece, _ rhs: ExpressionPiece
  ) -> ExpressionPiece {
    ExpressionPiece(.value(.binary(operation, lhs.value, rhs.value)), above: [lhs, rhs])
  }

  static func comparison(
    _ lhs: ExpressionPiece, _ comparison: Expression.Comparison, _ rhs: ExpressionPiece
  ) -> ExpressionPiece {
    ExpressionPiece(.condition(.comparison(lhs.value, comparison, rhs.value)), above: [lhs, rhs])
  }

  static func choice(
    _ condition: ExpressionPiece, _ then: ExpressionPiece, _ otherwise: ExpressionPiece
  ) -> ExpressionPiece {
    ExpressionPiece(
      .value(.conditional(condition.condition, then: then.value, otherwise: otherwise.value)),
      above: [condition, then, otherwise])
  }

  /// The largest integer that is not farther from zero.
  static func truncated(_ x: ExpressionPiece) -> ExpressionPiece {
    binary(.multiply, call(.sign, x), call(.floor, call(.abs, x)))
  }

  /// Straight lines between points of rising abscissa.
  ///
  /// The sum of the pieces is a balanced tree, so that a long table is no deep one.
  ///
  /// - Parameter goesOn: Whether the first and the last line go on outside the points; else it is constant there.
  static func table(
    of x: ExpressionPiece, _ points: [(x: Double, y: Double)], goesOn: Bool = false
  ) -> ExpressionPiece {
    func number(_ value: Double) -> ExpressionPiece { ExpressionPiece(.constant(value)) }
    var terms = [number(points.first?.y ?? 0)]
    for (index, (left, right)) in zip(points, points.dropFirst()).enumerated() {
      let slope = (right.y - left.y) / (right.x - left.x)
      guard slope != 0 else { continue }
      var inside = x
      if index > 0 || !goesOn { inside = call(.max, inside, number(left.x)) }
      if index < points.count - 2 || !goesOn { inside = call(.min, inside, number(right.x)) }
      terms.append(binary(.multiply, number(slope), binary(.subtract, inside, number(left.x))))
    }
    while terms.count > 1 {
      terms = stride(from: 0, to: terms.count, by: 2).map { k in
        k + 1 < terms.count ? binary(.add, terms[k], terms[k + 1]) : terms[k]
      }
    }
    return terms[0]
  }
}

extension ExpressionPiece {
  /// The piece with the arguments of a function in place of its ``Expression/parameter(_:)`` leaves.
  func replacing(_ arguments: [String: ExpressionPiece]) -> ExpressionPiece {
    guard !arguments.isEmpty else { return self }
    switch content {
    case .value(let value): return Self.replaced(value, arguments)
    case .condition(let condition): return Self.replaced(condition, arguments)
    }
  }

  private static func replaced(
    _ expression: Expression, _ arguments: [String: ExpressionPiece]
  ) -> ExpressionPiece {
    switch expression {
    case .parameter(let name): return arguments[name] ?? ExpressionPiece(expression)
    case .constant, .voltage, .current, .time, .temperature: return ExpressionPiece(expression)
    case .negated(let operand):
      let inner = replaced(operand, arguments)
      return ExpressionPiece(.value(.negated(inner.value)), above: [inner])
    case .binary(let operation, let lhs, let rhs):
      return binary(operation, replaced(lhs, arguments), replaced(rhs, arguments))
    case .call(let function, let list):
      let parts = list.map { replaced($0, arguments) }
      return ExpressionPiece(.value(.call(function, parts.map(\.value))), above: parts)
    case .conditional(let condition, let then, let otherwise):
      return choice(replaced(condition, arguments), replaced(then, arguments), replaced(otherwise, arguments))
    }
  }

  private static func replaced(
    _ condition: Expression.Condition, _ arguments: [String: ExpressionPiece]
  ) -> ExpressionPiece {
    switch condition {
    case .comparison(let lhs, let comparison, let rhs):
      return Self.comparison(replaced(lhs, arguments), comparison, replaced(rhs, arguments))
    case .and(let first, let second):
      let parts = [replaced(first, arguments), replaced(second, arguments)]
      return ExpressionPiece(.condition(.and(parts[0].condition, parts[1].condition)), above: parts)
    case .or(let first, let second):
      let parts = [replaced(first, arguments), replaced(second, arguments)]
      return ExpressionPiece(.condition(.or(parts[0].condition, parts[1].condition)), above: parts)
    case .not(let inner):
      let part = replaced(inner, arguments)
      return ExpressionPiece(.condition(.not(part.condition)), above: [part])
    }
  }
}
