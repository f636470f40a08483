extension Circuit {
  /// The circuit with every instance of its own subcircuits replaced by their elements, so that each device is
  /// one of its own: what mismatch needs.
  ///
  /// Element `m1` of instance `x1` becomes `m_x1_m1`, node `n` in it `x1_n`; see ``FlatNames``. Parameters of
  /// subcircuits become values, or parameters of the circuit where they are computed. As in ngspice a
  /// subcircuit sees the parameters of those around its instance. Instances of subcircuits from included files
  /// stay: see ``inliningIncludes()``.
  ///
  /// - Throws: ``SpiceError/Code/recursion`` for a subcircuit that contains itself,
  ///   ``SpiceError/Code/unresolvedSubcircuit``, ``SpiceError/Code/portMismatch``, or
  ///   ``SpiceError/Code/misplacedExpression`` for a multiplier on an instance with a switch.
  public func flattened() throws(SpiceError) -> Circuit {
    let names = FlatNames(self)
    var flattening = Flattening(self, names)
    var flat = self
    flat.elements = []
    flat.subcircuits = []
    for element in elements { try flattening.add(element, Flattening.Scope(), to: &flat, depth: 0) }
    flat.initialConditions = Dictionary(
      initialConditions.map { (Node(names.node($0.key.name)), $0.value) }, uniquingKeysWith: { a, _ in a })
    flat.nodeSets = Dictionary(
      nodeSets.map { (Node(names.node($0.key.name)), $0.value) }, uniquingKeysWith: { a, _ in a })
    return flat
  }
}

extension Simulation {
  /// The simulation of the flattened circuit, its signals and noise under their new names.
  ///
  /// - Throws: As ``Circuit/flattened()``.
  public func flattened() throws(SpiceError) -> Simulation {
    let names = FlatNames(circuit)
    var flat = self
    flat.circuit = try circuit.flattened()
    flat.saved = saved.map(names.signal)
    flat.stopConditions = stopConditions.map { condition in
      var condition = condition
      for index in condition.terms.indices {
        condition.terms[index].signal = names.signal(condition.terms[index].signal)
      }
      return condition
    }
    flat.renameNoise(names.element)
    return flat
  }
}

extension Measurement {
  /// The measurement of the flattened circuit: its signals under their new names.
  ///
  /// - Parameter names: The names of the flattened circuit.
  public func flattened(_ names: FlatNames) -> Measurement {
    func flat(_ crossing: Crossing) -> Crossing {
      var crossing = crossing
      crossing.signal = names.signal(crossing.signal)
      return crossing
    }
    switch kind {
    case .when(let crossing): return Measurement(name, .when(flat(crossing)))
    case .delay(let trigger, let target):
      return Measurement(name, .delay(trigger: flat(trigger), target: flat(target)))
    case .delaySince(let position, let target):
      return Measurement(name, .delaySince(position, target: flat(target)))
    case .delayUntil(let position, let trigger):
      return Measurement(name, .delayUntil(position, trigger: flat(trigger)))
    case .find(let signal, let position):
      return Measurement(name, .find(names.signal(signal), at: position))
    case .findWhen(let signal, let crossing):
      return Measurement(name, .findWhen(names.signal(signal), flat(crossing)))
    case .derivative(let signal, let position):
      return Measurement(name, .derivative(of: names.signal(signal), at: position))
    case .derivativeWhen(let signal, let crossing):
      return Measurement(name, .derivativeWhen(of: names.signal(signal), flat(crossing)))
    case .statistic(let statistic, let signal, let start, let stop):
      return Measurement(
        name, .statistic(statistic, of: names.signal(signal), from: start, to: stop))
    case .energy, .expression: return self
    }
  }
}

/// Puts the elements of instances into a flat circuit.
private struct Flattening {
  /// Where an element stands: the path of its instance, what its ports and parameters are.
  struct Scope {
    var path: [String] = []
    var nodes: [Node: Node] = [:]
    var parameters: [String: Expression] = [:]
    var models: Set<String> = []
    var multiplier: Expression?
  }

  private let circuit: Circuit
  private let subcircuits: [String: Subcircuit]
  private let globals: Set<Node>
  private let names: FlatNames

  init(_ circuit: Circuit, _ names: FlatNames) {
    self.circuit = circuit
    self.names = names
    subcircuits = Dictionary(circuit.subcircuits.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    globals = Set(circuit.globalNodes + [.ground])
  }

  mutating func add(
    _ element: Element, _ scope: Scope, to flat: inout Circuit, depth: Int
  ) throws(SpiceError) {
    let place = "element \((scope.path + [element.name]).joined(separator: "."))"
    if case .instance(of: let name) = element.device, let subcircuit = subcircuits[name] {
      guard depth < 64 else {
        throw SpiceError(.recursion, "the subcircuit \(name) contains itself.", place: place)
      }
      guard subcircuit.ports.count == element.nodes.count else {
        throw SpiceError(
          .portMismatch,
          "it connects \(element.nodes.count) nodes and \(name) has \(subcircuit.ports.count) ports.",
          place: place)
      }
      let inner = try self.scope(of: subcircuit, instance: element, in: scope, to: &flat)
      for model in subcircuit.models {
        flat.models.append(
          DeviceModel(
            modelName(model.name, inner), type: model.type,
            parameters: model.parameters.map { $0.rewritten { rewrite($0, inner) } }))
      }
      for child in subcircuit.elements { try add(child, inner, to: &flat, depth: depth + 1) }
      return
    }
    let device = element.device.rewritten(
      expression: { rewrite($0, scope) }, reference: { elementName($0, scope) },
      model: { scope.models.contains($0) ? modelName($0, scope) : $0 })
    let single = Element(
      elementName(element.name, scope), element.nodes.map { node($0, scope) }, device,
      parameters: element.parameters.map { $0.rewritten { rewrite($0, scope) } })
    guard let several = scope.multiplier.map(single.multiplied) ?? single else {
      throw SpiceError(
        .misplacedExpression, "an instance with a multiplier holds a switch, which has none.", place: place)
    }
    flat.elements.append(several)
  }

  private func scope(
    of subcircuit: Subcircuit, instance: Element, in outer: Scope, to flat: inout Circuit
  ) throws(SpiceError) -> Scope {
    var scope = Scope()
    scope.path = outer.path + [instance.name]
    scope.nodes = Dictionary(
      zip(subcircuit.ports, instance.nodes.map { node($0, outer) }), uniquingKeysWith: { a, _ in a })
    scope.models = Set(subcircuit.models.map(\.name))
    scope.parameters = outer.parameters
    let declared = Set(subcircuit.parameters.map(\.name))
    var own: [String: Expression] = [:]
    for parameter in subcircuit.parameters + subcircuit.localParameters {
      if case .expression(let value) = parameter.value { own[parameter.name] = value }
    }
    // What the instance gives is meant in the scope around it, all else in its own.
    for parameter in instance.parameters where declared.contains(parameter.name) {
      guard case .expression(let value) = parameter.value else { continue }
      scope.parameters[parameter.name] = named(parameter.name, rewrite(value, outer), scope, &flat)
      own[parameter.name] = nil
    }
    for name in try order(of: own, subcircuit) {
      guard let value = own[name] else { continue }
      scope.parameters[name] = named(name, rewrite(value, scope), scope, &flat)
    }
    scope.multiplier = outer.multiplier
    if !declared.contains("m"), let factor = instance[parameter: "m"].map({ rewrite($0, outer) }) {
      scope.multiplier = scope.multiplier.map { $0 * factor } ?? factor
    }
    return scope
  }

  /// Parameters of one subcircuit, each behind those that it is computed from.
  private func order(
    of parameters: [String: Expression], _ subcircuit: Subcircuit
  ) throws(SpiceError) -> [String] {
    let list = parameters.map { Parameter($0.key, $0.value) }
    let uses = list.dependencies(defaults: subcircuit.parameters).mapValues { names in
      names.filter { parameters[$0] != nil }
    }
    if let name = Names.cycle(in: uses) {
      throw SpiceError(
        .recursion, "the parameter depends on itself.",
        place: "parameter \(name) of subcircuit \(subcircuit.name)")
    }
    var order: [String] = []
    var placed: Set<String> = []
    func place(_ name: String) {
      guard placed.insert(name).inserted else { return }
      for next in uses[name] ?? [] { place(next) }
      order.append(name)
    }
    for name in parameters.keys.sorted() { place(name) }
    return order
  }

  /// A value as it stands where it is a number or another parameter, else a parameter of the circuit that has
  /// it, so that chains of parameters do not grow into one another.
  private func named(
    _ name: String, _ value: Expression, _ scope: Scope, _ flat: inout Circuit
  ) -> Expression {
    switch value {
    case .constant, .parameter: return value
    default:
      let parameter = Parameter(names.joined(scope.path + [name]), value)
      flat.parameters.append(parameter)
      return .parameter(parameter.name)
    }
  }

  // MARK: names

  private func node(_ node: Node, _ scope: Scope) -> Node {
    if scope.path.isEmpty || globals.contains(node) { return node }
    return scope.nodes[node] ?? Node(names.joined(scope.path + [node.name]))
  }

  private func elementName(_ name: String, _ scope: Scope) -> String {
    names.element((scope.path + [name]).joined(separator: "."))
  }

  private func modelName(_ name: String, _ scope: Scope) -> String { names.joined(scope.path + [name]) }

  private func rewrite(_ expression: Expression, _ scope: Scope) -> Expression {
    expression.replacing { leaf in
      switch leaf {
      case .parameter(let name): scope.parameters[name.lowercased()]
      case .voltage(let a, let b): .voltage(node(a, scope), node(b, scope))
      case .current(let name): .current(elementName(name, scope))
      default: nil
      }
    }
  }
}
