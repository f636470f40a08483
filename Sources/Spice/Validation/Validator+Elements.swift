/// Elements: their names, nodes, values and what they refer to.
extension Validator {
  /// The names that the elements of a scope may use.
  struct Known {
    var parameters: Set<String>
    var nodes: Set<Node>
    /// Elements whose current has a name.
    var branches: Set<String>
    var inductors: Set<String>
    var models: Set<String>
  }

  /// Checks one element.
  mutating func check(_ element: Element, _ scope: Scope, _ known: Known) {
    let place = scope.place("element \(element.name)")
    let device = element.device
    if !device.letters.contains(where: { $0 == element.name.first }) || !Names.isWord(element.name) {
      report(
        .invalidName,
        "its name begins with \(device.letters[0]) and has letters, digits and underscores.",
        place)
    }
    if let counts = device.nodeCounts, !counts.contains(element.nodes.count) {
      let wanted = counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
      report(.portMismatch, "it has \(element.nodes.count) nodes and needs \(wanted).", place)
    }
    for value in device.values { check(value, names: known.parameters, place: place) }
    checkParameters(element.parameters, place: place, names: known.parameters)
    checkReferences(of: device, known, place: place)
    switch device {
    case .resistor(nil, nil), .capacitor(nil, nil), .inductor(nil, nil):
      report(.invalidValue, "it has neither a value nor a model.", place)
    case .resistor(.constant(0)?, _):
      report(.invalidValue, "a resistance of zero; connect the nodes or use a voltage source.", place)
    case .mutualInductance(.constant(let k), _, _) where !(-1...1).contains(k):
      report(.invalidValue, "a coupling coefficient is between -1 and 1.", place)
    case .behavioralVoltage(let expression), .behavioralCurrent(let expression):
      checkBehavioral(expression, known, isTop: scope.name == nil, place: place)
    case .voltageSource(let waveform, let dc, let ac), .currentSource(let waveform, let dc, let ac):
      for problem in waveform.problems { report(.invalidValue, problem, place) }
      let values = waveform.expressions + [dc, ac?.magnitude, ac?.phaseDegrees].compactMap(\.self)
      for value in values { check(value, names: known.parameters, place: place) }
      if dc != nil, waveform.statesConstant {
        report(.invalidValue, "a constant source has no other value for the operating point.", place)
      }
      if waveform == .external, scope.name != nil {
        report(.misplacedExpression, "external sources belong to the top level.", place)
      }
    case .instance(of: let name):
      checkInstance(of: name, element.parameters, nodeCount: element.nodes.count, place: place)
    default: break
    }
    guard let model = device.model, case let isInstance = device == .instance(of: model), !isInstance else {
      return
    }
    if !known.models.contains(model) {
      report(.unresolvedModel, "no model card named \(model).", place)
    }
  }

  /// Whatever an element names in its scope exists and is of the right kind.
  private mutating func checkReferences(of device: Device, _ known: Known, place: String) {
    if case .mutualInductance(_, let first, let second) = device {
      for name in [first, second] where !known.inductors.contains(name) {
        report(.unresolvedSource, "no inductor named \(name).", place)
      }
      if first == second { report(.invalidValue, "it couples an inductor with itself.", place) }
      return
    }
    for name in device.references where !known.branches.contains(name) {
      report(.unresolvedSource, "no voltage source named \(name).", place)
    }
  }

  private mutating func checkInstance(
    of name: String, _ values: [Parameter], nodeCount: Int, place: String
  ) {
    guard let interface = interfaces[name] else {
      report(.unresolvedSubcircuit, "no subcircuit named \(name).", place)
      return
    }
    if interface.portCount != nodeCount {
      report(
        .portMismatch, "it connects \(nodeCount) nodes and \(name) has \(interface.portCount) ports.", place)
    }
    if values.contains(where: { $0.name == "m" }), !interface.parameters.contains("m"), holdsSwitch(name) {
      report(
        .misplacedExpression, "it stands for several, and \(name) holds a switch, of which there is one.",
        place)
    }
    for value in values where !interface.parameters.contains(value.name) && value.name != "m" {
      report(.unresolvedParameter, "subcircuit \(name) has no parameter \(value.name).", place)
    }
  }

  /// Whether a subcircuit of the circuit, or one in it, holds a switch.
  private func holdsSwitch(_ name: String) -> Bool {
    var open = [name]
    var seen: Set<String> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted, let subcircuit = paths.subcircuit(next) else { continue }
      for element in subcircuit.elements {
        switch element.device {
        case .voltageSwitch, .currentSwitch: return true
        case .instance(of: let inner): open.append(inner)
        default: break
        }
      }
    }
    return false
  }

  private mutating func checkBehavioral(
    _ expression: Expression, _ known: Known, isTop: Bool, place: String
  ) {
    switch expression {
    case .voltage(let a, let b):
      for node in [a, b]
      where !known.nodes.contains(node) && !(isTop && paths.node(node.name) != nil) {
        report(.unresolvedNode, "no element touches node \(node).", place)
      }
    default: checkLeaf(expression, names: known.parameters, place: place)
    }
    for child in expression.children {
      checkBehavioral(child, known, isTop: isTop, place: place)
    }
  }
}

extension Element {
  /// Whether a direct current can flow through its connection to a node; of a subcircuit that is not known.
  func conducts(at node: Node) -> Bool {
    switch device {
    case .capacitor, .currentSource, .vccs, .cccs, .behavioralCurrent, .mutualInductance: false
    case .vcvs, .voltageSwitch: nodes.prefix(2).contains(node)
    case .mosfet, .jfet: nodes.firstIndex(of: node) != 1
    default: true
    }
  }

  /// Whether it is an inductor.
  var isInductor: Bool {
    if case .inductor = device { true } else { false }
  }
}
