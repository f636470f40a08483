/// Checks a circuit before any simulator sees it: everything named exists, once, and in its place.
struct Validator {
  private(set) var problems: [CircuitProblem] = []
  /// The most elements, all instances opened.
  private static let mostElements = 10_000_000
  /// What is being checked.
  private var part: CircuitPart?
  private let circuit: Circuit
  private var modelNames: Set<String>
  private var globalParameters: Set<String>
  private var includedSubcircuits: [String: IncludeScan.Interface] = [:]

  /// Checks the whole circuit.
  init(_ circuit: Circuit) {
    self.circuit = circuit
    modelNames = Set(circuit.models.flatMap { Names.models(of: $0.name) })
    globalParameters = Set(circuit.parameters.map(\.name))
    for include in circuit.includes {
      part = .include(include)
      do {
        let scan = try IncludeScan.of(include)
        modelNames.formUnion(scan.models)
        globalParameters.formUnion(scan.parameters)
        includedSubcircuits.merge(scan.subcircuits) { first, _ in first }
      } catch {
        problems.append(CircuitProblem(error: error, part: part))
      }
    }
    checkTitle()
    checkParameters(circuit.parameters, place: "circuit", names: globalParameters) {
      .parameter($0, subcircuit: nil)
    }
    for option in circuit.options {
      part = .option(option.name)
      check(option.value, names: [], place: "option \(option.name)")
    }
    checkDuplicates(circuit.subcircuits.map(\.name), kind: "subcircuit", place: "circuit") {
      .subcircuit($0)
    }
    checkRecursion()
    check(Scope(circuit))
    for subcircuit in circuit.subcircuits { check(Scope(subcircuit, of: circuit)) }
    let known = Set(circuit.elements.flatMap(\.nodes))
    for node in Set(circuit.initialConditions.keys).union(circuit.nodeSets.keys).sorted() {
      part = .startingVoltage(node)
      if !known.contains(node), CircuitPath(circuit).node(node.name) == nil {
        report(
          .unresolvedNode, "no element touches the node that is given a starting voltage.", "node \(node)")
      }
    }
    for (node, voltage) in (circuit.initialConditions.map { $0 } + circuit.nodeSets.map { $0 }) {
      part = .startingVoltage(node)
      check(voltage, names: globalParameters, place: "starting voltage of node \(node)")
    }
  }

  /// What the circuit and a subcircuit have in common.
  private struct Scope {
    var name: String?
    var elements: [Element]
    var models: [DeviceModel]
    var ports: [Node]
    var parameters: [Parameter]
    var localParameters: [Parameter] = []
    var globals: [Node]

    init(_ circuit: Circuit) {
      (elements, models, ports, parameters) = (circuit.elements, circuit.models, [], [])
      globals = circuit.globalNodes
    }

    init(_ subcircuit: Subcircuit, of circuit: Circuit) {
      globals = circuit.globalNodes
      name = subcircuit.name
      (elements, models) = (subcircuit.elements, subcircuit.models)
      (ports, parameters) = (subcircuit.ports, subcircuit.parameters)
      localParameters = subcircuit.localParameters
    }

    func place(_ thing: String) -> String { name.map { "\(thing) of subcircuit \($0)" } ?? thing }
  }

  // MARK: scopes

  private mutating func check(_ scope: Scope) {
    let place = scope.name.map { "subcircuit \($0)" } ?? "circuit"
    checkDuplicates(scope.elements.map(\.name), kind: "element", place: place) {
      .element($0, subcircuit: scope.name)
    }
    checkDuplicates(scope.models.map(\.name), kind: "model", place: place) {
      .model($0, subcircuit: scope.name)
    }
    part = scope.name.map { .subcircuit($0) }
    checkDuplicates(scope.ports.map(\.name), kind: "port", place: place)
    if let name = scope.name {
      if !Names.isModel(name) { report(.invalidName, "\(Names.modelRule) names a subcircuit.", place) }
      checkParameters(scope.parameters, place: place, names: globalParameters)
    }
    let names = globalParameters.union((scope.parameters + scope.localParameters).map(\.name))
    checkParameters(scope.localParameters, place: place, names: names) {
      .parameter($0, subcircuit: scope.name)
    }
    part = scope.name.map { .subcircuit($0) }
    checkDuplicates((scope.parameters + scope.localParameters).map(\.name), kind: "parameter", place: place)
    for model in scope.models {
      part = .model(model.name, subcircuit: scope.name)
      if !Names.isModel(model.name) {
        report(.invalidName, "\(Names.modelRule) names a model.", "model \(model.name)")
      }
      checkDuplicates(
        model.parameters.map(\.name), kind: "parameter", place: scope.place("model \(model.name)"))
      for parameter in model.parameters {
        check(parameter.value, names: names, place: scope.place("model \(model.name), \(parameter.name)"))
      }
    }
    let branches = Set(scope.elements.filter(\.device.hasBranchCurrent).map(\.name))
    let nodes = Set(scope.elements.flatMap(\.nodes) + scope.ports + scope.globals + [.ground])
    let models = modelNames.union(scope.models.flatMap { Names.models(of: $0.name) })
    for element in scope.elements {
      part = .element(element.name, subcircuit: scope.name)
      check(element, scope, parameters: names, nodes: nodes, branches: branches, models: models)
    }
    checkNodes(scope)
  }

  private mutating func checkNodes(_ scope: Scope) {
    var firstTouch: [Node: Element] = [:]
    var connections: [Node: Int] = [:]
    for element in scope.elements {
      let fixesVoltage = element.device.hasBranchCurrent
      for (index, node) in element.nodes.enumerated() {
        if firstTouch[node] == nil { firstTouch[node] = element }
        // A node held by a voltage source alone has a voltage; any other single connection floats.
        connections[node, default: 0] += fixesVoltage && index < 2 && !element.isInductor ? 2 : 1
      }
      for node in element.device.expressions.flatMap(\.voltageNodes) { connections[node, default: 0] += 1 }
    }
    let ports = Set(scope.ports + scope.globals)
    for (node, element) in firstTouch.sorted(by: { $0.key < $1.key }) {
      let place = scope.place("node \(node), element \(element.name)")
      part = .element(element.name, subcircuit: scope.name)
      if Names.reserved.contains(node.name) {
        report(.reservedNodeName, "\(node) is a word of ngspice's expressions, not a node name.", place)
      } else if !Names.isNode(node.name) {
        report(.invalidName, "letters, digits and underscores name a node.", place)
      }
      if connections[node] == 1, node != .ground, !ports.contains(node) {
        report(.floatingNode, "the node has this single connection.", place)
      }
    }
  }

  // MARK: elements

  private mutating func check(
    _ element: Element, _ scope: Scope, parameters: Set<String>, nodes: Set<Node>, branches: Set<String>,
    models: Set<String>
  ) {
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
    for value in device.values { check(value, names: parameters, place: place) }
    checkParameters(element.parameters, place: place, names: parameters)
    checkReferences(of: device, scope, branches: branches, place: place)
    switch device {
    case .resistor(nil, nil), .capacitor(nil, nil), .inductor(nil, nil):
      report(.invalidValue, "it has neither a value nor a model.", place)
    case .resistor(.constant(0)?, _):
      report(.invalidValue, "a resistance of zero; connect the nodes or use a voltage source.", place)
    case .mutualInductance(.constant(let k), _, _) where !(-1...1).contains(k):
      report(.invalidValue, "a coupling coefficient is between -1 and 1.", place)
    case .behavioralVoltage(let expression), .behavioralCurrent(let expression):
      checkBehavioral(expression, parameters, nodes, isTop: scope.name == nil, place: place)
    case .voltageSource(let waveform, let dc, let ac), .currentSource(let waveform, let dc, let ac):
      for problem in waveform.problems { report(.invalidValue, problem, place) }
      let values = waveform.expressions + [dc, ac?.magnitude, ac?.phaseDegrees].compactMap(\.self)
      for value in values { check(value, names: parameters, place: place) }
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
    if !models.contains(model) {
      report(.unresolvedModel, "no model card named \(model).", place)
    }
  }

  /// Whatever an element names in its scope exists and is of the right kind.
  private mutating func checkReferences(
    of device: Device, _ scope: Scope, branches: Set<String>, place: String
  ) {
    if case .mutualInductance(_, let first, let second) = device {
      for name in [first, second] where !scope.elements.contains(where: { $0.name == name && $0.isInductor })
      {
        report(.unresolvedSource, "no inductor named \(name).", place)
      }
      if first == second { report(.invalidValue, "it couples an inductor with itself.", place) }
      return
    }
    for name in device.references where !branches.contains(name) {
      report(.unresolvedSource, "no voltage source named \(name).", place)
    }
  }

  private mutating func checkInstance(
    of name: String, _ values: [Parameter], nodeCount: Int, place: String
  ) {
    let own = circuit.subcircuits.first { $0.name == name }.map {
      IncludeScan.Interface(portCount: $0.ports.count, parameters: Set($0.parameters.map(\.name)))
    }
    guard let interface = own ?? includedSubcircuits[name] else {
      report(.unresolvedSubcircuit, "no subcircuit named \(name).", place)
      return
    }
    if interface.portCount != nodeCount {
      report(
        .portMismatch, "it connects \(nodeCount) nodes and \(name) has \(interface.portCount) ports.", place)
    }
    for value in values where !interface.parameters.contains(value.name) && value.name != "m" {
      report(.unresolvedParameter, "subcircuit \(name) has no parameter \(value.name).", place)
    }
  }

  private mutating func checkBehavioral(
    _ expression: Expression, _ parameters: Set<String>, _ nodes: Set<Node>, isTop: Bool, place: String
  ) {
    switch expression {
    case .voltage(let a, let b):
      for node in [a, b]
      where !nodes.contains(node) && !(isTop && CircuitPath(circuit).node(node.name) != nil) {
        report(.unresolvedNode, "no element touches node \(node).", place)
      }
    default: checkLeaf(expression, names: parameters, place: place)
    }
    for child in expression.children {
      checkBehavioral(child, parameters, nodes, isTop: isTop, place: place)
    }
  }

  // MARK: values

  private mutating func checkParameters(
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

  private mutating func check(_ value: Parameter.Value, names: Set<String>, place: String) {
    switch value {
    case .expression(let expression): check(expression, names: names, place: place)
    case .text(let text):
      if text.isEmpty || text.contains(where: { $0.isWhitespace || $0 == "{" }) {
        report(.invalidValue, "the text is empty or has a space or brace.", place)
      }
    }
  }

  private mutating func check(_ expression: Expression, names: Set<String>, place: String) {
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

  private mutating func checkLeaf(_ expression: Expression, names: Set<String>, place: String) {
    switch expression {
    case .constant(let value) where !value.isFinite: report(.invalidValue, "a number is not finite.", place)
    case .parameter(let name) where !names.contains(name.lowercased()):
      report(.unresolvedParameter, "no parameter named \(name).", place)
    case .call(let function, let arguments) where arguments.count != function.argumentCount:
      report(.invalidValue, "\(function) takes \(function.argumentCount) arguments.", place)
    default: return
    }
  }

  // MARK: reports

  private mutating func checkDuplicates(
    _ names: [String], kind: String, place: String, part: ((String) -> CircuitPart)? = nil
  ) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      let error = SpiceError(.duplicateName, "two \(kind)s are named \(name).", place: place)
      problems.append(CircuitProblem(error: error, part: part?(name) ?? self.part, isRepetition: part != nil))
    }
  }

  /// ngspice acts on a first line that looks like a card or a script, title or not.
  private mutating func checkTitle() {
    part = .title
    let words = [".inc", ".lib", ".control", ".endc", "*ng_script", "@"]
    let title = circuit.title.lowercased()
    if words.contains(where: title.drop(while: \.isWhitespace).hasPrefix) {
      report(.invalidName, "ngspice would not take the first line for a title.", "title")
    }
  }

  private mutating func checkRecursion() {
    var uses: [String: [String]] = [:]
    for subcircuit in circuit.subcircuits {
      uses[subcircuit.name] = subcircuit.elements.compactMap {
        if case .instance(of: let name) = $0.device { name } else { nil }
      }
    }
    if let name = Names.cycle(in: uses) {
      part = .subcircuit(name)
      report(.recursion, "the subcircuit contains itself.", "subcircuit \(name)")
    } else {
      checkSize()
    }
    checkCycles(in: circuit.parameters, of: nil)
    for subcircuit in circuit.subcircuits { checkCycles(in: subcircuit.localParameters, of: subcircuit.name) }
  }

  /// A few subcircuits that hold each other twice open into more elements than any memory holds.
  private mutating func checkSize() {
    var counts: [String: Int] = [:]
    func count(_ elements: [Element]) -> Int {
      elements.reduce(0) { sum, element in
        guard case .instance(of: let name) = element.device else { return Swift.min(sum + 1, .max / 4) }
        if counts[name] == nil {
          counts[name] = count(circuit.subcircuits.first { $0.name == name }?.elements ?? [])
        }
        return Swift.min(sum + 1 + (counts[name] ?? 0), .max / 4)
      }
    }
    if count(circuit.elements) > Self.mostElements {
      part = nil
      report(.invalidValue, "its instances open into more than \(Self.mostElements) elements.", "circuit")
    }
  }

  private mutating func checkCycles(in parameters: [Parameter], of subcircuit: String?) {
    var dependencies: [String: [String]] = [:]
    for parameter in parameters {
      if case .expression(let value) = parameter.value { dependencies[parameter.name] = value.parameterNames }
    }
    if let name = Names.cycle(in: dependencies) {
      part = .parameter(name, subcircuit: subcircuit)
      let scope = subcircuit.map { " of subcircuit \($0)" } ?? ""
      report(.recursion, "the parameter depends on itself.", "parameter \(name)\(scope)")
    }
  }

  private mutating func report(_ code: SpiceError.Code, _ message: String, _ place: String) {
    problems.append(CircuitProblem(error: SpiceError(code, message, place: place), part: part))
  }
}

extension Element {
  /// Whether it is an inductor.
  var isInductor: Bool {
    if case .inductor = device { true } else { false }
  }
}
