/// Checks a circuit before any simulator sees it: everything named exists, once, and in its place.
struct Validator {
  var problems: [CircuitProblem] = []
  /// The most elements, all instances opened.
  private static let mostElements = 10_000_000
  /// Whether what the part refers to has to exist.
  private(set) var checksReferences = true
  /// What is being checked.
  var part: CircuitPart?
  let circuit: Circuit
  /// Finds names along instances.
  let paths: CircuitPath
  private var modelNames: Set<String>
  private var globalParameters: Set<String>
  /// What the subcircuits of the circuit and of its files show.
  private(set) var interfaces: [String: IncludeScan.Interface]
  /// How many connections each port of a subcircuit has inside it, by name; see ``Validator/connections(of:)``.
  private var portConnections: [String: [Int]] = [:]

  /// Finds the nodes of a circuit that ``Circuit/allowsDanglingNodes`` would allow, and nothing else.
  static func danglingNodes(of circuit: Circuit) -> [CircuitProblem] {
    func floating(_ isAllowed: Bool) -> [CircuitProblem] {
      var circuit = circuit
      circuit.allowsDanglingNodes = isAllowed
      var validator = Validator(unchecked: circuit)
      validator.checkNodes(Scope(circuit))
      for subcircuit in circuit.subcircuits { validator.checkNodes(Scope(subcircuit, of: circuit)) }
      return validator.problems.filter { $0.error.code == .floatingNode }
    }
    let all = floating(false)
    guard !all.isEmpty else { return [] }
    let never = Set(floating(true).map(\.error))
    return all.filter { !never.contains($0.error) }
  }

  private init(unchecked circuit: Circuit) {
    self.circuit = circuit
    paths = CircuitPath(circuit)
    interfaces = Dictionary(
      circuit.subcircuits.map { ($0.name, IncludeScan.Interface($0)) },
      uniquingKeysWith: { first, _ in first })
    modelNames = Set(circuit.models.flatMap { Names.models(of: $0.name) })
    globalParameters = Set(circuit.parameters.map(\.name))
  }

  /// Checks the whole circuit.
  init(_ circuit: Circuit) {
    self.init(unchecked: circuit)
    for include in circuit.includes {
      part = .include(include)
      do {
        let scan = try IncludeScan.of(include)
        modelNames.formUnion(scan.models)
        globalParameters.formUnion(scan.parameters)
        interfaces.merge(scan.subcircuits) { first, _ in first }
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
    let used = paths.usedSubcircuits
    check(Scope(circuit))
    for subcircuit in circuit.subcircuits {
      // What no instance opens may refer to what is not there, as in a library of which a part is used.
      checksReferences = circuit.elements.isEmpty || used.contains(subcircuit.name)
      check(Scope(subcircuit, of: circuit))
    }
    checksReferences = true
    for node in Set(circuit.initialConditions.keys).union(circuit.nodeSets.keys).sorted() {
      part = .startingVoltage(node)
      if paths.node(node.name) == nil {
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
  struct Scope {
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
      let names = globalParameters.union(scope.parameters.map(\.name))
      checkParameters(scope.parameters, place: place, names: names)
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
    let known = Known(
      parameters: names,
      nodes: Set(scope.elements.flatMap(\.nodes) + scope.ports + scope.globals + [.ground]),
      branches: Set(scope.elements.filter(\.device.hasBranchCurrent).map(\.name)),
      inductors: Set(scope.elements.filter(\.isInductor).map(\.name)),
      models: modelNames.union(scope.models.flatMap { Names.models(of: $0.name) }))
    for element in scope.elements {
      part = .element(element.name, subcircuit: scope.name)
      check(element, scope, known)
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
        let isHeld = fixesVoltage && index < 2 && !element.isInductor
        connections[node, default: 0] += isHeld ? 2 : Swift.max(1, innerConnections(of: element, at: index))
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
      if connections[node] == 1, node != .ground, !ports.contains(node),
        !(circuit.allowsDanglingNodes && element.conducts(at: node))
      {
        report(.floatingNode, "the node has this single connection.", place)
      }
    }
  }

  /// How many connections a port of an instance has inside; two, enough, where that is not known.
  private mutating func innerConnections(of element: Element, at index: Int) -> Int {
    guard case .instance(of: let name) = element.device else { return 1 }
    let ports = connections(of: name)
    return index < ports.count ? ports[index] : 2
  }

  /// The connections of each port of a subcircuit inside it; none for those of files.
  private mutating func connections(of name: String) -> [Int] {
    if let known = portConnections[name] { return known }
    // One that contains itself is found elsewhere.
    portConnections[name] = []
    guard let subcircuit = paths.subcircuit(name) else { return [] }
    var counts: [Node: Int] = [:]
    for element in subcircuit.elements {
      for (index, node) in element.nodes.enumerated() {
        counts[node, default: 0] += innerConnections(of: element, at: index)
      }
    }
    portConnections[name] = subcircuit.ports.map { counts[$0] ?? 0 }
    return portConnections[name] ?? []
  }

  // MARK: the whole

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
    for subcircuit in circuit.subcircuits {
      checkCycles(in: subcircuit.parameters + subcircuit.localParameters, of: subcircuit)
    }
  }

  /// A few subcircuits that hold each other twice open into more elements than any memory holds.
  private mutating func checkSize() {
    var counts: [String: Int] = [:]
    func count(_ elements: [Element]) -> Int {
      elements.reduce(0) { sum, element in
        guard case .instance(of: let name) = element.device else { return Swift.min(sum + 1, .max / 4) }
        if counts[name] == nil {
          counts[name] = count(paths.subcircuit(name)?.elements ?? [])
        }
        return Swift.min(sum + 1 + (counts[name] ?? 0), .max / 4)
      }
    }
    if count(circuit.elements) > Self.mostElements {
      part = nil
      report(.invalidValue, "its instances open into more than \(Self.mostElements) elements.", "circuit")
    }
  }

  private mutating func checkCycles(in parameters: [Parameter], of subcircuit: Subcircuit?) {
    let dependencies = parameters.dependencies(defaults: subcircuit?.parameters ?? [])
    if let name = Names.cycle(in: dependencies) {
      part = .parameter(name, subcircuit: subcircuit?.name)
      let scope = subcircuit.map { " of subcircuit \($0.name)" } ?? ""
      report(.recursion, "the parameter depends on itself.", "parameter \(name)\(scope)")
    }
  }
}

extension [Parameter] {
  /// The names that each is computed from.
  ///
  /// - Parameter defaults: Those of them that are defaults of a subcircuit: there its own name means that of
  ///   the scope around.
  func dependencies(defaults: [Parameter]) -> [String: [String]] {
    let declared = Set(defaults.map(\.name))
    var dependencies: [String: [String]] = [:]
    for parameter in self {
      guard case .expression(let value) = parameter.value else { continue }
      dependencies[parameter.name] = value.parameterNames.filter {
        $0 != parameter.name || !declared.contains($0)
      }
    }
    return dependencies
  }
}
