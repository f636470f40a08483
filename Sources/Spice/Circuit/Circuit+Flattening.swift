extension Circuit {
  /// The circuit with every instance of its own subcircuits replaced by their elements, so that each device is
  /// one of its own: what mismatch needs.
  ///
  /// Element `m1` of instance `x1` becomes `m_x1_m1`, node `n` in it `x1_n`; parameters of subcircuits are
  /// replaced by their values. Instances of subcircuits from included files stay.
  ///
  /// - Throws: ``SpiceError/Code/recursion`` for a subcircuit that contains itself,
  ///   ``SpiceError/Code/unresolvedSubcircuit``, ``SpiceError/Code/portMismatch``, or
  ///   ``SpiceError/Code/misplacedExpression`` for a multiplier on an instance with a device that has none.
  public func flattened() throws(SpiceError) -> Circuit {
    var flattening = Flattening(self)
    var flat = self
    flat.elements = []
    flat.subcircuits = []
    for element in elements { try flattening.add(element, Flattening.Scope(), to: &flat, depth: 0) }
    flat.initialConditions = Dictionary(
      initialConditions.map { (Node(FlatName.node($0.key.name)), $0.value) }, uniquingKeysWith: { a, _ in a })
    flat.nodeSets = Dictionary(
      nodeSets.map { (Node(FlatName.node($0.key.name)), $0.value) }, uniquingKeysWith: { a, _ in a })
    return flat
  }
}

extension Simulation {
  /// The simulation of the flattened circuit, its signals and noise under their new names.
  ///
  /// - Throws: As ``Circuit/flattened()``.
  public func flattened() throws(SpiceError) -> Simulation {
    var flat = self
    flat.circuit = try circuit.flattened()
    flat.saved = saved.map(FlatName.signal)
    flat.stopConditions = stopConditions.map { condition in
      var condition = condition
      for index in condition.terms.indices {
        condition.terms[index].signal = FlatName.signal(condition.terms[index].signal)
      }
      return condition
    }
    flat.renameNoise(FlatName.element)
    return flat
  }
}

extension Measurement {
  /// The measurement of the flattened circuit: its signals under their new names.
  public func flattened() -> Measurement {
    func flat(_ crossing: Crossing) -> Crossing {
      var crossing = crossing
      crossing.signal = FlatName.signal(crossing.signal)
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
      return Measurement(name, .find(FlatName.signal(signal), at: position))
    case .findWhen(let signal, let crossing):
      return Measurement(name, .findWhen(FlatName.signal(signal), flat(crossing)))
    case .derivative(let signal, let position):
      return Measurement(name, .derivative(of: FlatName.signal(signal), at: position))
    case .derivativeWhen(let signal, let crossing):
      return Measurement(name, .derivativeWhen(of: FlatName.signal(signal), flat(crossing)))
    case .statistic(let statistic, let signal, let start, let stop):
      return Measurement(
        name, .statistic(statistic, of: FlatName.signal(signal), from: start, to: stop))
    case .energy, .expression: return self
    }
  }
}

/// Names of a flattened circuit from dotted paths.
enum FlatName {
  /// `x1.x2.n` becomes `x1_x2_n`.
  static func node(_ path: String) -> String {
    String(path.map { $0 == "." ? "_" : $0 })
  }

  /// `x1.x2.m1` becomes `m_x1_x2_m1`; also from ngspice's `m.x1.x2.m1`.
  static func element(_ path: String) -> String {
    var parts = path.split(separator: ".").map(String.init)
    if parts.count > 2, parts[0].count == 1 { parts.removeFirst() }
    guard parts.count > 1, let letter = parts.last?.first else { return path }
    return "\(letter)_" + parts.joined(separator: "_")
  }

  static func signal(_ signal: Signal) -> Signal {
    if signal.name.hasPrefix("@"), let bracket = signal.name.firstIndex(of: "[") {
      let path = signal.name[signal.name.index(after: signal.name.startIndex)..<bracket]
      return Signal("@\(element(String(path)))\(signal.name[bracket...])")
    }
    guard let arguments = signal.arguments else { return signal }
    let isVoltage = signal.name.hasPrefix("v(")
    let names = arguments.map { isVoltage ? node($0) : element($0) }
    return Signal("\(isVoltage ? "v" : "i")(\(names.joined(separator: ",")))")
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

  init(_ circuit: Circuit) {
    self.circuit = circuit
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
      let inner = self.scope(of: subcircuit, instance: element, in: scope)
      for model in subcircuit.models {
        flat.models.append(
          DeviceModel(
            modelName(model.name, inner), type: model.type,
            parameters: model.parameters.map { $0.rewritten { rewrite($0, inner) } }))
      }
      for child in subcircuit.elements { try add(child, inner, to: &flat, depth: depth + 1) }
      return
    }
    var parameters = element.parameters.map { $0.rewritten { rewrite($0, scope) } }
    if let multiplier = scope.multiplier {
      parameters = try multiplied(parameters, by: multiplier, element.device, place)
    }
    let device = element.device.rewritten(
      expression: { rewrite($0, scope) }, reference: { elementName($0, scope) },
      model: { scope.models.contains($0) ? modelName($0, scope) : $0 })
    flat.elements.append(
      Element(
        elementName(element.name, scope), element.nodes.map { node($0, scope) }, device,
        parameters: parameters))
  }

  private func scope(of subcircuit: Subcircuit, instance: Element, in outer: Scope) -> Scope {
    var scope = Scope()
    scope.path = outer.path + [instance.name]
    scope.nodes = Dictionary(
      zip(subcircuit.ports, instance.nodes.map { node($0, outer) }), uniquingKeysWith: { a, _ in a })
    scope.models = Set(subcircuit.models.map(\.name))
    let declared = Set(subcircuit.parameters.map(\.name))
    // Defaults see the circuit's parameters; what the instance gives is meant in the scope around it.
    for parameter in subcircuit.parameters {
      if case .expression(let value) = parameter.value { scope.parameters[parameter.name] = value }
    }
    for parameter in instance.parameters where declared.contains(parameter.name) {
      if case .expression(let value) = parameter.value {
        scope.parameters[parameter.name] = rewrite(value, outer)
      }
    }
    // They may stand in any order: each round resolves one more of a chain.
    for _ in subcircuit.localParameters {
      for parameter in subcircuit.localParameters {
        if case .expression(let value) = parameter.value {
          scope.parameters[parameter.name] = rewrite(value, scope)
        }
      }
    }
    scope.multiplier = outer.multiplier
    if !declared.contains("m"), let own = instance[parameter: "m"].map({ rewrite($0, outer) }) {
      scope.multiplier = scope.multiplier.map { $0 * own } ?? own
    }
    return scope
  }

  private func multiplied(
    _ parameters: [Parameter], by multiplier: Expression, _ device: Device, _ place: String
  ) throws(SpiceError) -> [Parameter] {
    switch device {
    case .resistor, .capacitor, .inductor, .diode, .bjt, .jfet, .mosfet, .instance: break
    default:
      throw SpiceError(
        .misplacedExpression, "an instance with a multiplier holds a device that has none.", place: place)
    }
    var element = Element("x", [], device, parameters: parameters)
    element[parameter: "m"] = element[parameter: "m"].map { $0 * multiplier } ?? multiplier
    return element.parameters
  }

  // MARK: names

  private func node(_ node: Node, _ scope: Scope) -> Node {
    if scope.path.isEmpty || globals.contains(node) { return node }
    return scope.nodes[node] ?? Node(FlatName.node((scope.path + [node.name]).joined(separator: ".")))
  }

  private func elementName(_ name: String, _ scope: Scope) -> String {
    FlatName.element((scope.path + [name]).joined(separator: "."))
  }

  private func modelName(_ name: String, _ scope: Scope) -> String {
    (scope.path + [name]).joined(separator: "_")
  }

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
