/// The numbers behind parameters, where a card needs one: times, frequencies, temperatures.
struct ParameterValues {
  private struct Definition {
    var value: Expression
    var depth: Int
  }

  private var definitions: [String: Definition] = [:]
  private var known: [String: Double] = [:]
  private var open: Set<String> = []
  private var depth = 0

  /// The deepest nesting of expressions, parameters opened.
  private static let deepest = 4000

  /// Names a parameter; the last definition of a name counts.
  mutating func define(_ name: String, _ value: Expression) {
    definitions[name] = Definition(value: value, depth: value.depth)
    known = [:]
  }

  /// Whether a parameter of that name is defined.
  func isDefined(_ name: String) -> Bool { definitions[name] != nil }

  /// The value of an expression of parameters and numbers, or nil where it has none.
  mutating func value(of expression: Expression) -> Double? {
    expression.value { name in value(ofParameter: name) }
  }

  private mutating func value(ofParameter name: String) -> Double? {
    if let value = known[name] { return value }
    guard let definition = definitions[name], depth + definition.depth <= Self.deepest,
      open.insert(name).inserted
    else { return nil }
    depth += definition.depth
    let value = value(of: definition.value)
    depth -= definition.depth
    open.remove(name)
    known[name] = value
    return value
  }
}

extension Expression {
  /// How many levels its tree has.
  fileprivate var depth: Int { 1 + (children.map(\.depth).max() ?? 0) }
}
