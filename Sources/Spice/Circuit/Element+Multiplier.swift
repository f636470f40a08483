extension Element {
  /// So many of the element side by side, as one element; nil for a switch, which has no such form.
  ///
  /// Ideal voltage sources side by side are one source, whose current is that of all of them together: who
  /// reads it takes the part of one. Inductors side by side are one of a part of the inductance, so that what
  /// couples them stays as it is; ngspice would couple those of one.
  func multiplied(by factor: Expression) -> Element? {
    var element = self
    func shared(_ value: Expression) -> Expression {
      value.replacing { leaf in
        if case .current = leaf { .binary(.divide, leaf, factor) } else { nil }
      }
    }
    switch device {
    case .inductor(let value?, model: nil):
      let count = self[parameter: "m"].map { .binary(.multiply, $0, factor) } ?? factor
      element.device = .inductor(value / count)
      element[parameter: "m"] = nil
      if let start = self[parameter: "ic"] { element[parameter: "ic"] = .binary(.multiply, start, count) }
    case .resistor, .capacitor, .inductor, .diode, .bjt, .jfet, .mosfet, .currentSource, .vccs, .instance:
      element[parameter: "m"] = self[parameter: "m"].map { .binary(.multiply, $0, factor) } ?? factor
    case .voltageSource, .vcvs, .cccs, .mutualInductance: break
    case .ccvs(let value, let control): element.device = .ccvs(value / factor, control: control)
    case .behavioralVoltage(let value): element.device = .behavioralVoltage(shared(value))
    case .behavioralCurrent(let value): element.device = .behavioralCurrent(shared(value) * factor)
    case .transmissionLine(let impedance, let delay):
      element.device = .transmissionLine(impedance: impedance / factor, delay: delay)
    case .voltageSwitch, .currentSwitch: return nil
    }
    return element
  }

  /// Whether ngspice itself multiplies the element inside an instance with a multiplier.
  ///
  /// It gives the instance's multiplier to each element in place of the element's own, to an instance inside it
  /// too, passes over what has no such parameter, and couples inductors by the inductance of one.
  ///
  /// - Source: ngspice 39, src/frontend/inpcom.c, `inp_fix_subckt_multiplier`.
  fileprivate var isMultipliedBySimulator: Bool {
    switch device {
    case .resistor, .capacitor, .diode, .bjt, .jfet, .mosfet, .currentSource, .vccs:
      self[parameter: "m"] == nil
    case .voltageSource, .vcvs: true
    default: false
    }
  }
}

extension Subcircuit {
  /// Whether `m` of an instance stands for several of them, and is no parameter of its own.
  fileprivate var takesMultiplier: Bool { !parameters.contains { $0.name == "m" } }
}

extension Circuit {
  /// The circuit with the multipliers of instances as parameters of their subcircuits, where ngspice would lose
  /// the multipliers inside: see ``Element/isMultipliedBySimulator``.
  var withMultipliersAsParameters: Circuit {
    let own = Dictionary(subcircuits.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    func instances(_ elements: [Element]) -> [(element: Element, subcircuit: Subcircuit)] {
      elements.compactMap { element in
        guard case .instance(of: let name) = element.device, let subcircuit = own[name] else { return nil }
        return (element, subcircuit)
      }
    }
    let multiplied = (elements + subcircuits.flatMap(\.elements)).filter { $0[parameter: "m"] != nil }
    var open = instances(multiplied).map(\.subcircuit).filter(\.takesMultiplier)
    guard open.contains(where: { !$0.elements.allSatisfy(\.isMultipliedBySimulator) }) else { return self }

    var changed: Set<String> = []
    while let subcircuit = open.popLast() {
      guard changed.insert(subcircuit.name).inserted else { continue }
      open += instances(subcircuit.elements).map(\.subcircuit).filter(\.takesMultiplier)
    }
    var taken = Set(parameters.map(\.name))
    for subcircuit in subcircuits {
      taken.formUnion((subcircuit.parameters + subcircuit.localParameters).map(\.name))
      for element in subcircuit.elements { taken.formUnion(element.parameters.map(\.name)) }
      // Those of files too.
      taken.formUnion(subcircuit.usedParameters)
    }
    var copies = "copies"
    while taken.contains(copies) { copies += "_" }

    func rewritten(_ element: Element) -> Element {
      guard case .instance(of: let name) = element.device, changed.contains(name),
        let count = element[parameter: "m"]
      else { return element }
      var element = element
      element.parameters.removeAll { $0.name == "m" }
      element.parameters.append(Parameter(copies, count))
      return element
    }
    var circuit = self
    circuit.elements = elements.map(rewritten)
    for index in subcircuits.indices {
      var inside = subcircuits[index].elements
      if changed.contains(subcircuits[index].name) {
        circuit.subcircuits[index].parameters.append(Parameter(copies, 1))
        inside = inside.map { $0.multiplied(by: .parameter(copies)) ?? $0 }
      }
      circuit.subcircuits[index].elements = inside.map(rewritten)
    }
    return circuit
  }
}
