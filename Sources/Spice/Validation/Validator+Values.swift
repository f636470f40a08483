/// Parameters, values and names that stand twice.
extension Validator {
  mutating func checkParameters(
    _ list: [Parameter], place: String, names: Set<String>, part: ((String) -> CircuitPart)? = nil
  ) {
    checkDuplicates(list.map(\.name), kind: "parameter", place: place, part: part)
    for parameter in list {
      if let part { self.part = part(parameter.name) }
      if !Names.isWord(parameter.name) {
        report(.invalidName, "\(Names.rule) names a parameter.", "\(place), parameter \(parameter.name)")
      }
      check(parameter.value, names: names, place: "\(place), parameter \(parameter.name)")
    }
  }

  mutating func check(_ value: Parameter.Value, names: Set<String>, place: String) {
    switch value {
    case .expression(let expression): check(expression, names: names, place: place)
    case .text(let text):
      if text.isEmpty || text.contains(where: { $0.isWhitespace || $0 == "{" }) {
        report(.invalidValue, "the text is empty or has a space or brace.", place)
      }
    }
  }

  mutating func check(_ expression: Expression, names: Set<String>, place: String) {
    switch expression {
    case .call(let function, _) where function.isBehavioral:
      report(.misplacedExpression, "\(function) may stand in a behavioural source alone.", place)
    case .voltage, .current, .time:
      report(
        .misplacedExpression, "only numbers and parameters may stand here; use a behavioural source.", place)
    default: checkLeaf(expression, names: names, place: place)
    }
    for child in expression.children { check(child, names: names, place: place) }
  }

  mutating func checkLeaf(_ expression: Expression, names: Set<String>, place: String) {
    switch expression {
    case .constant(let value) where !value.isFinite: report(.invalidValue, "a number is not finite.", place)
    case .parameter(let name) where !names.contains(name.lowercased()):
      report(.unresolvedParameter, "no parameter named \(name).", place)
    case .call(let function, let arguments) where arguments.count != function.argumentCount:
      report(.invalidValue, "\(function) takes \(function.argumentCount) arguments.", place)
    default: return
    }
  }

  mutating func checkDuplicates(
    _ names: [String], kind: String, place: String, part: ((String) -> CircuitPart)? = nil
  ) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      let error = SpiceError(.duplicateName, "two \(kind)s are named \(name).", place: place)
      problems.append(CircuitProblem(error: error, part: part?(name) ?? self.part, isRepetition: part != nil))
    }
  }

  mutating func report(_ code: SpiceError.Code, _ message: String, _ place: String) {
    if !checksReferences, code.isUnresolved { return }
    problems.append(CircuitProblem(error: SpiceError(code, message, place: place), part: part))
  }
}
