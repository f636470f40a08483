import Glibc

/// The numbers behind parameters, where a card needs one: times, frequencies, temperatures.
struct ParameterValues {
  private var expressions: [String: Expression] = [:]
  private var known: [String: Double] = [:]
  private var open: Set<String> = []
  private var depth = 0

  /// The deepest nesting of expressions, parameters opened.
  private static let deepest = 2000

  /// Names a parameter; the last definition of a name counts.
  mutating func define(_ name: String, _ value: Expression) {
    expressions[name] = value
    known = [:]
  }

  /// Whether a parameter of that name is defined.
  func isDefined(_ name: String) -> Bool { expressions[name] != nil }

  /// The value of an expression of parameters and numbers, or nil where it has none.
  mutating func value(of expression: Expression) -> Double? {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { return nil }
    switch expression {
    case .constant(let value): return value
    case .parameter(let name): return value(ofParameter: name)
    case .voltage, .current, .time, .temperature: return nil
    case .negated(let operand): return value(of: operand).map { -$0 }
    case .binary(let operation, let lhs, let rhs):
      guard let a = value(of: lhs), let b = value(of: rhs) else { return nil }
      switch operation {
      case .add: return a + b
      case .subtract: return a - b
      case .multiply: return a * b
      case .divide: return a / b
      }
    case .call(let function, let arguments):
      var values: [Double] = []
      for argument in arguments {
        guard let value = value(of: argument) else { return nil }
        values.append(value)
      }
      guard values.count == function.argumentCount else { return nil }
      return Self.apply(function, values)
    case .conditional(let condition, let then, let otherwise):
      guard let holds = holds(condition) else { return nil }
      return value(of: holds ? then : otherwise)
    }
  }

  private mutating func value(ofParameter name: String) -> Double? {
    if let value = known[name] { return value }
    guard let expression = expressions[name], open.count < 200, open.insert(name).inserted else { return nil }
    defer { open.remove(name) }
    let value = value(of: expression)
    known[name] = value
    return value
  }

  private mutating func holds(_ condition: Expression.Condition) -> Bool? {
    switch condition {
    case .comparison(let lhs, let comparison, let rhs):
      guard let a = value(of: lhs), let b = value(of: rhs) else { return nil }
      switch comparison {
      case .less: return a < b
      case .lessOrEqual: return a <= b
      case .greater: return a > b
      case .greaterOrEqual: return a >= b
      case .equal: return a == b
      case .notEqual: return a != b
      }
    case .and(let first, let second):
      guard let a = holds(first), let b = holds(second) else { return nil }
      return a && b
    case .or(let first, let second):
      guard let a = holds(first), let b = holds(second) else { return nil }
      return a || b
    case .not(let inner): return holds(inner).map { !$0 }
    }
  }

  private static func apply(_ function: Expression.Function, _ x: [Double]) -> Double {
    switch function {
    case .exp: exp(x[0])
    case .ln: log(x[0])
    case .log10: log10(x[0])
    case .sqrt: x[0].squareRoot()
    case .abs: abs(x[0])
    case .sign: x[0] > 0 ? 1 : x[0] < 0 ? -1 : 0
    case .sin: sin(x[0])
    case .cos: cos(x[0])
    case .tan: tan(x[0])
    case .asin: asin(x[0])
    case .acos: acos(x[0])
    case .atan: atan(x[0])
    case .sinh: sinh(x[0])
    case .cosh: cosh(x[0])
    case .tanh: tanh(x[0])
    case .asinh: asinh(x[0])
    case .acosh: acosh(x[0])
    case .atanh: atanh(x[0])
    case .floor: x[0].rounded(.down)
    case .ceil: x[0].rounded(.up)
    case .min: Swift.min(x[0], x[1])
    case .max: Swift.max(x[0], x[1])
    case .pow: pow(x[0], x[1])
    case .signedPow: x[0] < 0 ? -pow(-x[0], x[1]) : pow(x[0], x[1])
    case .unitStep: x[0] > 0 ? 1 : 0
    case .ramp: Swift.max(x[0], 0)
    }
  }
}
