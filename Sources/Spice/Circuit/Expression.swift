/// A mathematical expression as a tree, so that it can be checked before a simulator sees it and written in
/// any dialect.
///
/// ```swift
/// let conductance: Expression = .parameter("gp") * (1 + .v("state"))
/// circuit.behavioralCurrent("b1", "top", "bottom", conductance * .v("top", "bottom"))
/// ```
public indirect enum Expression: Sendable, Hashable {
  /// A number.
  case constant(Double)
  /// A parameter of the subcircuit or of the circuit.
  case parameter(String)
  /// The voltage of the first node against the second.
  case voltage(Node, Node)
  /// The current through a voltage source of the same scope, into its positive terminal.
  case current(String)
  /// The time of a transient, in seconds.
  case time
  /// The temperature of the circuit, in degree Celsius.
  case temperature
  /// The negative.
  case negated(Expression)
  /// Two operands.
  case binary(BinaryOperator, Expression, Expression)
  /// A function of one or two arguments.
  case call(Function, [Expression])
  /// `then` if the condition holds, else `otherwise`.
  case conditional(Condition, then: Expression, otherwise: Expression)

  /// The arithmetic operators.
  public enum BinaryOperator: String, Sendable, Hashable {
    /// Sum.
    case add = "+"
    /// Difference.
    case subtract = "-"
    /// Product.
    case multiply = "*"
    /// Quotient.
    case divide = "/"
  }

  /// What a conditional asks.
  public indirect enum Condition: Sendable, Hashable {
    /// Two values compared.
    case comparison(Expression, Comparison, Expression)
    /// Both hold.
    case and(Condition, Condition)
    /// At least one holds.
    case or(Condition, Condition)
    /// It does not hold.
    case not(Condition)
  }

  /// The comparisons.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// Less.
    case less = "<"
    /// Less or equal.
    case lessOrEqual = "<="
    /// Greater.
    case greater = ">"
    /// Greater or equal.
    case greaterOrEqual = ">="
    /// Equal.
    case equal = "=="
    /// Not equal.
    case notEqual = "!="
  }

  /// The functions, by mathematical meaning; writers give them each dialect's name.
  public enum Function: String, Sendable, Hashable, CaseIterable {
    /// Exponential.
    case exp
    /// Natural logarithm.
    case ln
    /// Logarithm to base 10.
    case log10
    /// Square root.
    case sqrt
    /// Magnitude.
    case abs
    /// -1, 0 or 1.
    case sign
    /// Sine of radians.
    case sin
    /// Cosine of radians.
    case cos
    /// Tangent of radians.
    case tan
    /// Inverse sine, in radians.
    case asin
    /// Inverse cosine, in radians.
    case acos
    /// Inverse tangent, in radians.
    case atan
    /// Hyperbolic sine.
    case sinh
    /// Hyperbolic cosine.
    case cosh
    /// Hyperbolic tangent.
    case tanh
    /// Inverse hyperbolic sine.
    case asinh
    /// Inverse hyperbolic cosine.
    case acosh
    /// Inverse hyperbolic tangent.
    case atanh
    /// The largest integer that is not above.
    case floor
    /// The smallest integer that is not below.
    case ceil
    /// The smaller of two.
    case min
    /// The larger of two.
    case max
    /// The first argument, which must not be negative, to the power of the second.
    case pow
    /// The magnitude of the first argument to the power of the second, with the sign of the first.
    case signedPow
    /// Unit step: 1 above zero, else 0. Only in behavioural sources.
    case unitStep
    /// The argument above zero, else 0. Only in behavioural sources.
    case ramp

    /// How many arguments it takes.
    public var argumentCount: Int {
      switch self {
      case .min, .max, .pow, .signedPow: 2
      default: 1
      }
    }

    /// Whether it may stand only in behavioural sources.
    package var isBehavioral: Bool { self == .unitStep || self == .ramp }
  }
}

extension Expression: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// Makes a constant.
  public init(_ value: Double) { self = .constant(value) }
  /// Makes a constant from a literal.
  public init(floatLiteral value: Double) { self = .constant(value) }
  /// Makes a constant from a literal.
  public init(integerLiteral value: Int) { self = .constant(Double(value)) }

  /// The voltage between two nodes.
  public static func v(_ node: Node, _ reference: Node = .ground) -> Expression { .voltage(node, reference) }
  /// The current through a voltage source.
  public static func i(_ source: String) -> Expression { .current(source.lowercased()) }

  /// Sum.
  public static func + (lhs: Expression, rhs: Expression) -> Expression { .binary(.add, lhs, rhs) }
  /// Difference.
  public static func - (lhs: Expression, rhs: Expression) -> Expression { .binary(.subtract, lhs, rhs) }
  /// Product.
  public static func * (lhs: Expression, rhs: Expression) -> Expression { .binary(.multiply, lhs, rhs) }
  /// Quotient.
  public static func / (lhs: Expression, rhs: Expression) -> Expression { .binary(.divide, lhs, rhs) }
  /// Negative.
  public static prefix func - (operand: Expression) -> Expression {
    if case .constant(let value) = operand { return .constant(-value) }
    return .negated(operand)
  }

  /// Exponential.
  public static func exp(_ x: Expression) -> Expression { .call(.exp, [x]) }
  /// Natural logarithm.
  public static func ln(_ x: Expression) -> Expression { .call(.ln, [x]) }
  /// Square root.
  public static func sqrt(_ x: Expression) -> Expression { .call(.sqrt, [x]) }
  /// Magnitude.
  public static func abs(_ x: Expression) -> Expression { .call(.abs, [x]) }
  /// Sine of radians.
  public static func sin(_ x: Expression) -> Expression { .call(.sin, [x]) }
  /// Cosine of radians.
  public static func cos(_ x: Expression) -> Expression { .call(.cos, [x]) }
  /// Hyperbolic tangent.
  public static func tanh(_ x: Expression) -> Expression { .call(.tanh, [x]) }
  /// The smaller.
  public static func min(_ x: Expression, _ y: Expression) -> Expression { .call(.min, [x, y]) }
  /// The larger.
  public static func max(_ x: Expression, _ y: Expression) -> Expression { .call(.max, [x, y]) }
  /// A power of a base that is not negative.
  public static func pow(_ x: Expression, _ y: Expression) -> Expression { .call(.pow, [x, y]) }
  /// 1 above zero, else 0.
  public static func u(_ x: Expression) -> Expression { .call(.unitStep, [x]) }
  /// A choice, such as `.if(.v("a"), .greater, 0.5, then: 1, otherwise: 0)`.
  public static func `if`(
    _ lhs: Expression, _ comparison: Comparison, _ rhs: Expression, then: Expression, otherwise: Expression
  ) -> Expression {
    .conditional(.comparison(lhs, comparison, rhs), then: then, otherwise: otherwise)
  }

  /// The direct operands.
  package var children: [Expression] {
    switch self {
    case .constant, .parameter, .voltage, .current, .time, .temperature: []
    case .negated(let operand): [operand]
    case .binary(_, let lhs, let rhs): [lhs, rhs]
    case .call(_, let arguments): arguments
    case .conditional(let condition, let then, let otherwise): condition.operands + [then, otherwise]
    }
  }
}

extension Expression.Condition {
  /// The values that it compares, from left to right.
  package var operands: [Expression] {
    switch self {
    case .comparison(let lhs, _, let rhs): [lhs, rhs]
    case .and(let first, let second), .or(let first, let second): first.operands + second.operands
    case .not(let condition): condition.operands
    }
  }
}

/// Whatever can stand for an expression: a number or an ``Expression``.
public protocol ExpressionConvertible: Sendable {
  /// The expression.
  var expression: Expression { get }
}

extension Expression: ExpressionConvertible {
  /// Itself.
  public var expression: Expression { self }
}

extension Double: ExpressionConvertible {
  /// A constant.
  public var expression: Expression { .constant(self) }
}

extension Int: ExpressionConvertible {
  /// A constant.
  public var expression: Expression { .constant(Double(self)) }
}
