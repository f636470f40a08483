extension CDLWriter {
  /// The lines of one element, remarks included.
  mutating func text(
    of element: Element, among sources: [Element], _ values: [String: Double]
  ) -> [String] {
    func number(_ value: Expression) -> String {
      guard let known = value.value({ values[$0] }), known.isFinite else {
        problems.append(.notExpressible("a value that is not known beforehand", element, .cdl))
        return "0"
      }
      return CanonicalNumber.text(known)
    }
    let head = ([element.name] + element.nodes.map(\.name)).joined(separator: " ")
    switch element.device {
    case .resistor(_, let model), .capacitor(_, let model), .inductor(_, let model):
      guard let value = value(of: element) else {
        problems.append(.notExpressible("a value that its model alone knows", element, .cdl))
        return []
      }
      var plain = element
      // The value already has what the model makes of these.
      if model != nil { plain.parameters.removeAll { ["w", "l"].contains($0.name) } }
      let rest = parameters(of: plain, ["m"], number)
      let words = [head, number(value)] + (model.map { ["$[\($0)]"] } ?? []) + rest.words
      return rest.remarks + [words.joined(separator: " ")]
    case .diode(let model):
      return device(head, model, parameters(of: element, ["area", "pj", "m"], number))
    case .bjt(let model): return device(head, model, parameters(of: element, ["area", "m"], number))
    case .jfet(let model): return device(head, model, parameters(of: element, ["area", "m"], number))
    case .mosfet(let model):
      let known = ["w", "l", "m", "nf", "ad", "as", "pd", "ps"]
      return device(head, model, parameters(of: element, known, number))
    case .instance(of: let name):
      guard let subcircuit = circuit.subcircuits.first(where: { $0.name == name }) else {
        return device(head, name, parameters(of: element, element.parameters.map(\.name), number))
      }
      let cell = cell(of: element, subcircuit, values)
      let multiplier = element[parameter: "m"].map { ["M=\(number($0))"] } ?? []
      return [([head, cell] + multiplier).joined(separator: " ")]
    case .mutualInductance: return ["* \(element.name) couples inductors and is no device of a layout"]
    default: return [instanceOfBox(element, among: sources, values)]
    }
  }

  private func device(_ head: String, _ model: String, _ rest: (words: [String], remarks: [String]))
    -> [String]
  {
    rest.remarks + [([head, model] + rest.words).joined(separator: " ")]
  }

  /// The parameters that a layout knows, and a remark about the others.
  private func parameters(
    of element: Element, _ known: [String], _ number: (Expression) -> String
  ) -> (words: [String], remarks: [String]) {
    var words: [String] = []
    var others: [String] = []
    for parameter in element.parameters {
      switch parameter.value {
      case .expression(let value) where known.contains(parameter.name):
        words.append("\(parameter.name.uppercased())=\(number(value))")
      default: others.append(parameter.name)
      }
    }
    let remark = "* \(element.name) without \(others.joined(separator: ", ")), which no layout states"
    return (words, others.isEmpty ? [] : [remark])
  }

  /// The value of a resistor, capacitor or inductor, from its model where it states none.
  private func value(of element: Element) -> Expression? {
    switch element.device {
    case .resistor(let value?, _), .capacitor(let value?, _), .inductor(let value?, _): return value
    case .resistor(nil, let name?), .capacitor(nil, let name?), .inductor(nil, let name?):
      let models = circuit.models + circuit.subcircuits.flatMap(\.models)
      guard let model = models.first(where: { $0.name == name }),
        let plain = element.withoutModel(model)
      else { return nil }
      return value(of: plain)
    default: return nil
    }
  }

  // MARK: what no layout has a device for

  private mutating func instanceOfBox(
    _ element: Element, among sources: [Element], _ values: [String: Double]
  ) -> String {
    var pins = element.nodes
    func add(_ nodes: [Node]) {
      for node in nodes where node != .ground && !pins.contains(node) { pins.append(node) }
    }
    add(element.device.expressions.flatMap(\.voltageNodes))
    for name in element.device.references {
      add(sources.first { $0.name == name }?.nodes ?? [])
    }
    var numbers: [Node: String] = [:]
    for (index, pin) in pins.enumerated() where numbers[pin] == nil { numbers[pin] = "p\(index + 1)" }
    let writer = ExpressionWriter(rules: .cdl, marks: ("", ""), names: DialectNames(nodes: numbers))
    func text(_ value: Expression) -> String {
      value.value({ values[$0] }).map(CanonicalNumber.text) ?? writer.behavioral(value.evaluated(values))
    }
    let meaning: String
    switch element.device {
    case .vcvs(let value): meaning = "voltage \(text(value)) v(p3,p4)"
    case .vccs(let value): meaning = "current \(text(value)) v(p3,p4)"
    case .cccs(let value, let control): meaning = "current \(text(value)) i(\(control))"
    case .ccvs(let value, let control): meaning = "voltage \(text(value)) i(\(control))"
    case .behavioralVoltage(let value): meaning = "voltage \(text(value))"
    case .behavioralCurrent(let value): meaning = "current \(text(value))"
    case .voltageSwitch(let model): meaning = "switch \(model) by v(p3,p4)"
    case .currentSwitch(let model, let control): meaning = "switch \(model) by i(\(control))"
    case .transmissionLine(let impedance, let delay):
      meaning = "line of \(text(impedance)) ohm and \(text(delay)) s"
    default: meaning = "source \(element.name)"
    }
    let cell = box(element.name, pins: pins.count, meaning: meaning)
    var name = "X\(element.name)"
    while sources.contains(where: { $0.name == name.lowercased() }) { name += "_" }
    return "\(name) \(pins.map(\.name).joined(separator: " ")) \(cell)"
  }
}

extension Expression {
  /// The expression with what is known written as numbers.
  fileprivate func evaluated(_ values: [String: Double]) -> Expression {
    replacing { part in part.value { values[$0] }.map { .constant($0) } }
  }
}
