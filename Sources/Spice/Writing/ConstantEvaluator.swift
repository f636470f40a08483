import Glibc

/// Evaluates expressions of parameters to numbers.
struct ConstantEvaluator: Sendable {
  /// The parameters that are known.
  private(set) var values: [String: Double] = [:]

  /// Adds parameters, which may depend on each other in any order; those with texts or of unknown ones stay
  /// unknown.
  mutating func add(_ parameters: [Parameter]) {
    var open = parameters
    while true {
      let left = open.filter { parameter in
        guard case .expression(let expression) = parameter.value, let value = self[expression] else {
          return true
        }
        values[parameter.name] = value
        return false
      }
      if left.count == open.count { return }
      open = left
    }
  }

  /// Sets one parameter.
  mutating func set(_ name: String, _ value: Double) { values[name] = value }

  /// The value of an expression; nil where it depends on what is not known beforehand.
  subscript(_ expression: Expression) -> Double? {
    switch expression {
    case .constant(let value): return value
    case .parameter(let name): return values[name.lowercased()]
    case .voltage, .current, .time, .temperature: return nil
    case .negated(let operand): return self[operand].map { -$0 }
    case .binary(let operation, let lhs, let rhs):
      guard let lhs = self[lhs], let rhs = self[rhs] else { return nil }
      switch operation {
      case .add: return lhs + rhs
      case .subtract: return lhs - rhs
      case .multiply: return lhs * rhs
      case .divide: return lhs / rhs
      }
    case .call(let function, let arguments):
      let known = arguments.compactMap { self[$0] }
      return known.count == arguments.count && known.count == function.argumentCount
        ? function.value(known) : nil
    case .conditional(let condition, let then, let otherwise):
      return holds(condition).flatMap { self[$0 ? then : otherwise] }
    }
  }

  private func holds(_ condition: Expression.Condition) -> Bool? {
    switch condition {
    case .comparison(let lhs, let comparison, let rhs):
      guard let lhs = self[lhs], let rhs = self[rhs] else { return nil }
      switch comparison {
      case .less: return lhs < rhs
      case .lessOrEqual: return lhs <= rhs
      case .greater: return lhs > rhs
      case .greaterOrEqual: return lhs >= rhs
      case .equal: return lhs == rhs
      case .notEqual: return lhs != rhs
      }
    case .and(let first, let second):
      guard let first = holds(first), let second = holds(second) else { return nil }
      return first && second
    case .or(let first, let second):
      guard let first = holds(first), let second = holds(second) else { return nil }
      return first || second
    case .not(let inner): return holds(inner).map { !$0 }
    }
  }
}

extension Expression.Function {
  /// The function of as many numbers as it takes.
  fileprivate func value(_ x: [Double]) -> Double {
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
