/// Writes expressions in a dialect, with as few parentheses as the order of operations allows.
struct ExpressionWriter: Sendable {
  let rules: ExpressionRules
  /// The marks around a value that is more than a plain number: `{...}` or `'...'`.
  var marks = ("{", "}")
  /// Whether a parameter or function alone needs no marks.
  var bareAtoms = false
  /// How nodes and elements are called.
  var names = DialectNames()

  /// A value on an element, model or parameter line: a plain number where possible.
  func value(_ expression: Expression) -> String {
    if case .constant(let value) = expression { return CanonicalNumber.text(value) }
    let (text, binding) = piece(expression, behavioral: false)
    return bareAtoms && binding == .atom ? text : marks.0 + text + marks.1
  }

  /// The right-hand side of a behavioural source.
  func behavioral(_ expression: Expression) -> String {
    render(expression, minimum: .conditional, behavioral: true)
  }

  /// How tightly a piece of text binds.
  private enum Binding: Int {
    case conditional, sum, product, atom
  }

  private func render(_ expression: Expression, minimum: Binding, behavioral: Bool) -> String {
    let (text, binding) = piece(expression, behavioral: behavioral)
    return binding.rawValue < minimum.rawValue ? "(\(text))" : text
  }

  private func piece(_ expression: Expression, behavioral: Bool) -> (String, Binding) {
    switch expression {
    case .constant(let value):
      return (CanonicalNumber.text(value), value.sign == .minus ? .sum : .atom)
    case .parameter(let name):
      let marks = behavioral ? rules.parameterMarks : ("", "")
      return (marks.0 + name.lowercased() + marks.1, .atom)
    case .voltage(let node, .ground): return ("v(\(names.node(node)))", .atom)
    case .voltage(.ground, let reference): return ("-v(\(names.node(reference)))", .sum)
    case .voltage(let node, let reference):
      return ("v(\(names.node(node)),\(names.node(reference)))", .atom)
    case .current(let source):
      return (rules.currentMarks.0 + names.element(source) + rules.currentMarks.1, .atom)
    case .time: return (rules.time, .atom)
    case .temperature: return (rules.temperature, .atom)
    case .negated(let operand):
      return ("-" + render(operand, minimum: .atom, behavioral: behavioral), .sum)
    case .binary(let operation, let lhs, let rhs):
      let own: Binding = operation == .add || operation == .subtract ? .sum : .product
      let left = render(lhs, minimum: own, behavioral: behavioral)
      // A leading sign on the right would meet the operator.
      let right = render(rhs, minimum: own == .sum ? .product : .atom, behavioral: behavioral)
      return (left + operation.rawValue + right, own)
    case .call(let function, let arguments):
      if arguments.count == function.argumentCount, let other = rules.substitute(function, arguments) {
        return piece(other, behavioral: behavioral)
      }
      let list = arguments.map { render($0, minimum: .conditional, behavioral: behavioral) }
      return ("\(rules.functionNames[function] ?? function.rawValue)(\(list.joined(separator: ",")))", .atom)
    case .conditional(let condition, let then, let otherwise):
      let texts = [then, otherwise].map { render($0, minimum: .sum, behavioral: behavioral) }
      let asked = text(condition, behavioral: behavioral)
      switch rules.choice {
      case .spacedTernary:
        // ngspice's parameters lose a sign that stands first in a branch, unless it is a number's.
        let branches = zip([then, otherwise], texts).map { branch, text in
          if case .constant = branch { text } else { text.hasPrefix("-") ? "(\(text))" : text }
        }
        return ("\(asked) ? \(branches[0]) : \(branches[1])", .conditional)
      case .ternary: return ("\(asked)?\(texts[0]):\(texts[1])", .conditional)
      case .enclosedTernary: return ("(\(asked)?\(texts[0]):\(texts[1]))", .atom)
      case .function(let name): return ("\(name)(\(asked),\(texts[0]),\(texts[1]))", .atom)
      }
    }
  }

  private func text(_ condition: Expression.Condition, behavioral: Bool) -> String {
    switch condition {
    case .comparison(let lhs, .equal, let rhs) where !rules.hasEquality:
      return text(
        .and(.comparison(lhs, .lessOrEqual, rhs), .comparison(lhs, .greaterOrEqual, rhs)),
        behavioral: behavioral)
    case .comparison(let lhs, .notEqual, let rhs) where !rules.hasEquality:
      return text(
        .or(.comparison(lhs, .less, rhs), .comparison(lhs, .greater, rhs)), behavioral: behavioral)
    case .comparison(let lhs, let comparison, let rhs):
      let texts = [lhs, rhs].map { render($0, minimum: .sum, behavioral: behavioral) }
      // `temper!` would be a name.
      let space = comparison == .notEqual && texts[0].last?.isLetter == true ? " " : ""
      return "(\(texts[0])\(space)\(comparison.rawValue)\(texts[1]))"
    case .and(let first, let second):
      return "(\(text(first, behavioral: behavioral))\(rules.and)\(text(second, behavioral: behavioral)))"
    case .or(let first, let second):
      return "(\(text(first, behavioral: behavioral))\(rules.or)\(text(second, behavioral: behavioral)))"
    case .not(let inner):
      guard let not = rules.not else { return text(inner.opposite, behavioral: behavioral) }
      return "(\(not)\(text(inner, behavioral: behavioral)))"
    }
  }
}

extension Expression.Condition {
  /// What holds when this does not.
  var opposite: Expression.Condition {
    switch self {
    case .comparison(let lhs, let comparison, let rhs): .comparison(lhs, comparison.opposite, rhs)
    case .and(let first, let second): .or(first.opposite, second.opposite)
    case .or(let first, let second): .and(first.opposite, second.opposite)
    case .not(let inner): inner
    }
  }
}

extension Expression.Comparison {
  fileprivate var opposite: Expression.Comparison {
    switch self {
    case .less: .greaterOrEqual
    case .lessOrEqual: .greater
    case .greater: .lessOrEqual
    case .greaterOrEqual: .less
    case .equal: .notEqual
    case .notEqual: .equal
    }
  }
}
