/// Expressions in ngspice's two expression languages: `{...}` of parameters, and behavioural sources.
enum NgspiceExpression {
  /// A value on an element, model or parameter line: a plain number where possible, else `{...}`.
  static func value(_ expression: Expression) -> String {
    if case .constant(let value) = expression { return CanonicalNumber.text(value) }
    return "{" + render(expression, minimum: .conditional, braced: true) + "}"
  }

  /// The right-hand side of a behavioural source.
  static func behavioral(_ expression: Expression) -> String {
    render(expression, minimum: .conditional, braced: false)
  }

  /// How tightly a piece of text binds.
  private enum Binding: Int {
    case conditional, sum, product, atom
  }

  private static func render(_ expression: Expression, minimum: Binding, braced: Bool) -> String {
    let (text, binding) = piece(expression, braced: braced)
    return binding.rawValue < minimum.rawValue ? "(\(text))" : text
  }

  private static func piece(_ expression: Expression, braced: Bool) -> (String, Binding) {
    switch expression {
    case .constant(let value):
      return (CanonicalNumber.text(value), value.sign == .minus ? .sum : .atom)
    case .parameter(let name):
      // Substituted as text before the behavioural source is parsed: a negative value needs parentheses.
      return (braced ? name.lowercased() : "({\(name.lowercased())})", .atom)
    case .voltage(let node, .ground): return ("v(\(node))", .atom)
    case .voltage(.ground, let reference): return ("-v(\(reference))", .sum)
    case .voltage(let node, let reference): return ("v(\(node),\(reference))", .atom)
    case .current(let source): return ("i(\(source))", .atom)
    case .time: return ("time", .atom)
    case .temperature: return ("temper", .atom)
    case .negated(let operand): return ("-" + render(operand, minimum: .atom, braced: braced), .sum)
    case .binary(let operation, let lhs, let rhs):
      let own: Binding = operation == .add || operation == .subtract ? .sum : .product
      let left = render(lhs, minimum: own, braced: braced)
      // A leading sign on the right would meet the operator.
      let right = render(rhs, minimum: own == .sum ? .product : .atom, braced: braced)
      return (left + operation.rawValue + right, own)
    case .call(let function, let arguments):
      let list = arguments.map { render($0, minimum: .conditional, braced: braced) }.joined(separator: ",")
      return ("\(name(function))(\(list))", .atom)
    case .conditional(let condition, let then, let otherwise):
      let texts = [then, otherwise].map { render($0, minimum: .sum, braced: braced) }
      return ("\(text(condition, braced: braced)) ? \(texts[0]) : \(texts[1])", .conditional)
    }
  }

  private static func text(_ condition: Expression.Condition, braced: Bool) -> String {
    switch condition {
    case .comparison(let lhs, let comparison, let rhs):
      let texts = [lhs, rhs].map { render($0, minimum: .sum, braced: braced) }
      return "(\(texts[0])\(comparison.rawValue)\(texts[1]))"
    case .and(let first, let second):
      return "(\(text(first, braced: braced))&&\(text(second, braced: braced)))"
    case .or(let first, let second):
      return "(\(text(first, braced: braced))||\(text(second, braced: braced)))"
    case .not(let inner): return "(!\(text(inner, braced: braced)))"
    }
  }

  private static func name(_ function: Expression.Function) -> String {
    switch function {
    case .unitStep: "u"
    case .ramp: "uramp"
    case .sign: "sgn"
    case .signedPow: "pwr"
    default: function.rawValue
    }
  }
}
