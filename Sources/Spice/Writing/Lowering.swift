/// Rewriting of what a dialect has no element for into what it has.
struct Lowering: OptionSet, Sendable {
  let rawValue: Int

  /// Switches become behavioural currents.
  static let switches = Lowering(rawValue: 1)
  /// Resistors, capacitors and inductors with a model get their value and temperature coefficients.
  static let passiveModels = Lowering(rawValue: 2)
  /// Noise sources become the straight lines between their drawn values.
  static let noise = Lowering(rawValue: 4)
  /// Instances may not stand for several.
  static let instanceMultiplier = Lowering(rawValue: 8)
  /// A source with a waveform states its value for analyses other than transients, as ngspice implies it.
  static let operatingValues = Lowering(rawValue: 16)
  /// Multipliers that the simulator would lose become parameters.
  static let multipliersAsParameters = Lowering(rawValue: 32)
}

extension Simulation {
  /// The simulation without what a dialect has no element for.
  ///
  /// - Throws: ``SpiceError/Code/notExpressible``, naming the element.
  func lowered(_ lowering: Lowering, for dialect: Dialect) throws(SpiceError) -> Simulation {
    var simulation = self
    if lowering.contains(.multipliersAsParameters) {
      simulation.circuit = circuit.withMultipliersAsParameters
    }
    let circuit = simulation.circuit
    let paths = lowering.contains(.noise) ? circuit.pathsOfSingleInstances : [:]
    simulation.circuit.elements = try lowered(
      circuit.elements, models: circuit.models, path: "", lowering, dialect)
    for index in circuit.subcircuits.indices {
      let subcircuit = circuit.subcircuits[index]
      simulation.circuit.subcircuits[index].elements = try lowered(
        subcircuit.elements, models: subcircuit.models + circuit.models,
        path: paths[subcircuit.name], lowering, dialect)
    }
    simulation.circuit.dropUnusedModels(lowering)
    return simulation
  }

  private func lowered(
    _ elements: [Element], models: [DeviceModel], path: String?, _ lowering: Lowering, _ dialect: Dialect
  ) throws(SpiceError) -> [Element] {
    var all: [Element] = []
    for element in elements {
      var element = element
      func refused(_ reason: String) -> SpiceError { .notExpressible(reason, element, dialect) }
      switch element.device {
      case .voltageSwitch(let name) where lowering.contains(.switches),
        .currentSwitch(let name, _) where lowering.contains(.switches):
        guard let model = models.first(where: { $0.name == name }) else {
          throw refused("a switch whose model is not in the circuit")
        }
        guard let lowered = element.behavioralSwitch(model) else { throw refused("a switch with hysteresis") }
        element = lowered
      case .resistor(_, let name?) where lowering.contains(.passiveModels),
        .capacitor(_, let name?) where lowering.contains(.passiveModels),
        .inductor(_, let name?) where lowering.contains(.passiveModels):
        guard let model = models.first(where: { $0.name == name }) else {
          throw refused("an element whose model is not in the circuit")
        }
        guard let lowered = element.withoutModel(model) else {
          throw refused("an element whose model states more than geometry and temperature coefficients")
        }
        element = lowered
      case .voltageSource(.noise, let dc, let ac) where lowering.contains(.noise):
        element.device = .voltageSource(try drawn(element, path, dialect), dc: dc, ac: ac)
      case .currentSource(.noise, let dc, let ac) where lowering.contains(.noise):
        element.device = .currentSource(try drawn(element, path, dialect), dc: dc, ac: ac)
      case .instance where lowering.contains(.instanceMultiplier):
        if let count = element[parameter: "m"], count != 1 {
          throw refused("an instance that stands for several")
        }
      default: break
      }
      if lowering.contains(.operatingValues) { element.device = stated(element) }
      all.append(element)
    }
    return all
  }

  /// A source with its value for the operating point stated, where the analysis is no transient.
  private func stated(_ element: Element) -> Device {
    if case .transient = analysis { return element.device }
    var start = element.device.waveform?.start
    if element.device.isExternal {
      start = (externalValues[element.name]?.first?.value).map { .constant($0) }
    }
    return switch element.device {
    case .voltageSource(let waveform, nil, let ac): .voltageSource(waveform, dc: start, ac: ac)
    case .currentSource(let waveform, nil, let ac): .currentSource(waveform, dc: start, ac: ac)
    default: element.device
    }
  }

  /// The course of a noise source through its drawn values.
  private func drawn(_ element: Element, _ path: String?, _ dialect: Dialect) throws(SpiceError)
    -> SourceWaveform
  {
    guard let noise = element.device.noise, let path, let values = noiseValues[path + element.name] else {
      throw .notExpressible(
        "noise unless it is drawn and its subcircuit has one instance", element, dialect)
    }
    return .pwl(values.indices.map { SourceWaveform.Point(Double($0) * noise.step, values[$0]) })
  }
}

extension SourceWaveform {
  /// The value at time zero; nil where the waveform begins with a constant of its own.
  fileprivate var start: Expression? {
    switch self {
    case .constant, .noise, .external: nil
    case .pulse(let pulse): pulse.from
    case .pwl(let points): points.first?.value
    case .sine(let sine): sine.offset
    case .exponential(let course): course.from
    }
  }
}

extension SpiceError {
  /// A dialect has no counterpart of an option on which the meaning of element lines depends.
  static func notExpressible(option name: String, _ dialect: Dialect) -> SpiceError {
    SpiceError(
      .notExpressible, "\(dialect.title) has no such option, and the elements depend on it.",
      place: "option \(name)")
  }

  /// A dialect has no words for part of an element.
  static func notExpressible(_ what: String, _ element: Element, _ dialect: Dialect) -> SpiceError {
    SpiceError(
      .notExpressible, "\(dialect.title) cannot carry \(what).", place: "element \(element.name)")
  }
}

extension Circuit {
  /// Options that decide what the lines of elements mean: a dialect without them cannot carry the circuit.
  static let geometricOptions: Set<String> = [
    "scale", "defw", "defl", "defad", "defas", "defpd", "defps", "defnrd", "defnrs",
  ]

  /// The paths of the subcircuits that have one instance, by name, each ending with a dot.
  fileprivate var pathsOfSingleInstances: [String: String] {
    var paths: [String: [String]] = [:]
    for (path, element) in CircuitPath(self).flattened {
      if case .instance(of: let name) = element.device { paths[name, default: []].append(path + ".") }
    }
    return paths.compactMapValues { $0.count == 1 ? $0[0] : nil }
  }

  /// Removes the model cards whose elements have been rewritten.
  fileprivate mutating func dropUnusedModels(_ lowering: Lowering) {
    func isRewritten(_ model: DeviceModel) -> Bool {
      switch model.type {
      case "r", "c", "l", "res", "cap", "ind": lowering.contains(.passiveModels)
      case "sw", "csw": lowering.contains(.switches)
      default: false
      }
    }
    models.removeAll(where: isRewritten)
    for index in subcircuits.indices { subcircuits[index].models.removeAll(where: isRewritten) }
  }
}
