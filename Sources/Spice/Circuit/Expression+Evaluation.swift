import Glibc

extension Expression {
  /// The value of an expression of numbers and parameters; nil where it reads a voltage, a current, the time or
  /// the temperature, or a parameter without a value.
  ///
  /// - Parameter parameters: The values of parameters by name in lower case.
  public func value(_ parameters: (String) -> Double? = { _ in nil }) -> Double? {
    switch self {
    case .constant(let value): return value
    case .parameter(let name): return parameters(name.lowercased())
    case .voltage, .current, .time, .temperature: return nil
    case .negated(let operand): return operand.value(parameters).map { -$0 }
    case .binary(let operation, let lhs, let rhs):
      guard let a = lhs.value(parameters), let b = rhs.value(parameters) else { return nil }
      switch operation {
      case .add: return a + b
      case .subtract: return a - b
      case .multiply: return a * b
      case .divide: return a / b
      }
    case .call(let function, let arguments):
      let values = arguments.compactMap { $0.value(parameters) }
      guard values.count == arguments.count, values.count == function.argumentCount else { return nil }
      return function.value(values)
    case .conditional(let condition, let then, let otherwise):
      guard let holds = condition.holds(parameters) else { return nil }
      return (holds ? then : otherwise).value(parameters)
    }
  }

  /// The same expression with some of its leaves replaced; what the closure returns nil for stays.
  public func replacing(_ replacement: (Expression) -> Expression?) -> Expression {
    if let replaced = replacement(self) { return replaced }
    switch self {
    case .constant, .parameter, .voltage, .current, .time, .temperature: return self
    case .negated(let operand): return .negated(operand.replacing(replacement))
    case .binary(let operation, let lhs, let rhs):
      return .binary(operation, lhs.replacing(replacement), rhs.replacing(replacement))
    case .call(let function, let arguments):
      return .call(function, arguments.map { $0.replacing(replacement) })
    case .conditional(let condition, let then, let otherwise):
      return .conditional(
        condition.replacing(replacement), then: then.replacing(replacement),
        otherwise: otherwise.replacing(replacement))
    }
  }
}

extension Expression.Function {
  /// The value of the function at as many arguments as it takes.
  func value(_ x: [Double]) -> Double {
    switch self {
    case .exp: Glibc.exp(x[0])
    case .ln: Glibc.log(x[0])
    case .log10: Glibc.log10(x[0])
    case .sqrt: x[0].squareRoot()
    case .abs: Swift.abs(x[0])
    case .sign: x[0] > 0 ? 1 : x[0] < 0 ? -1 : 0
    case .sin: Glibc.sin(x[0])
    case .cos: Glibc.cos(x[0])
    case .tan: Glibc.tan(x[0])
    case .asin: Glibc.asin(x[0])
    case .acos: Glibc.acos(x[0])
    case .atan: Glibc.atan(x[0])
    case .sinh: Glibc.sinh(x[0])
    case .cosh: Glibc.cosh(x[0])
    case .tanh: Glibc.tanh(x[0])
    case .asinh: Glibc.asinh(x[0])
    case .acosh: Glibc.acosh(x[0])
    case .atanh: Glibc.atanh(x[0])
    case .floor: x[0].rounded(.down)
    case .ceil: x[0].rounded(.up)
    case .min: Swift.min(x[0], x[1])
    case .max: Swift.max(x[0], x[1])
    case .pow: Glibc.pow(x[0], x[1])
    case .signedPow: x[0] < 0 ? -Glibc.pow(-x[0], x[1]) : Glibc.pow(x[0], x[1])
    case .unitStep: x[0] > 0 ? 1 : 0
    case .ramp: Swift.max(x[0], 0)
    }
  }
}

extension Expression.Condition {
  /// Whether it holds; nil where an operand has no value.
  func holds(_ parameters: (String) -> Double?) -> Bool? {
    switch self {
    case .comparison(let lhs, let comparison, let rhs):
      guard let a = lhs.value(parameters), let b = rhs.value(parameters) else { return nil }
      switch comparison {
      case .less: return a < b
      case .lessOrEqual: return a <= b
      case .greater: return a > b
      case .greaterOrEqual: return a >= b
      case .equal: return a == b
      case .notEqual: return a != b
      }
    case .and(let first, let second):
      guard let a = first.holds(parameters), let b = second.holds(parameters) else { return nil }
      return a && b
    case .or(let first, let second):
      guard let a = first.holds(parameters), let b = second.holds(parameters) else { return nil }
      return a || b
    case .not(let condition): return condition.holds(parameters).map { !$0 }
    }
  }

  /// The same condition with some of its leaves replaced.
  func replacing(_ replacement: (Expression) -> Expression?) -> Expression.Condition {
    switch self {
    case .comparison(let lhs, let comparison, let rhs):
      .comparison(lhs.replacing(replacement), comparison, rhs.replacing(replacement))
    case .and(let first, let second): .and(first.replacing(replacement), second.replacing(replacement))
    case .or(let first, let second): .or(first.replacing(replacement), second.replacing(replacement))
    case .not(let condition): .not(condition.replacing(replacement))
    }
  }
}

extension Circuit {
  /// The values of the circuit's parameters that depend on numbers alone, by name.
  public var parameterValues: [String: Double] {
    var known: [String: Double] = [:]
    // Parameters may be stated in any order; each round finds at least one more or is the last.
    var open = parameters
    while true {
      let before = open.count
      open = open.filter { parameter in
        guard case .expression(let expression) = parameter.value,
          let value = expression.value({ known[$0] })
        else { return true }
        known[parameter.name] = value
        return false
      }
      if open.count == before { return known }
    }
  }
}
