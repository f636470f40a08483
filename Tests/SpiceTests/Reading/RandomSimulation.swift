import Spice

/// Random simulations that use everything a circuit can hold; they need make no sense to a simulator.
struct RandomSimulation {
  private var random: SplitMix
  private let includes: [Include]
  private let globals = ["pa", "pb", "width_1"]
  private let nodes: [Node] = ["a", "b", "out", "n_1", "7", .ground, "vdd!"]

  init(seed: UInt64, includes: [Include]) {
    random = SplitMix(state: seed &* 0x9E37_79B9)
    self.includes = includes
  }

  // MARK: choices

  private mutating func one<T>(of list: [T]) -> T { list[Int.random(in: 0..<list.count, using: &random)] }
  private mutating func flip() -> Bool { Bool.random(using: &random) }
  private mutating func number() -> Double { RandomExpression.number(&random) }
  private mutating func positive() -> Double { RandomExpression.positive(&random) }

  /// A number or an expression of parameters.
  private mutating func value(_ parameters: [String]) -> Expression {
    flip() ? .constant(number()) : RandomExpression(parameters: parameters).tree(3, &random)
  }

  private mutating func nonzero(_ parameters: [String]) -> Expression {
    flip() ? .constant(positive()) : RandomExpression(parameters: parameters).tree(2, &random) + 1
  }

  // MARK: parts

  private mutating func waveform(_ parameters: [String], isTop: Bool) -> SourceWaveform {
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return .dc(value(parameters))
    case 1:
      return .pulse(
        from: value(parameters), to: value(parameters), delay: value(parameters), rise: nonzero(parameters),
        fall: nonzero(parameters), width: nonzero(parameters), period: flip() ? nonzero(parameters) : nil)
    case 2:
      let count = Int.random(in: 1...30, using: &random)
      return .pwl((0..<count).map { _ in .init(value(parameters), value(parameters)) })
    case 3:
      return .sine(
        offset: value(parameters), amplitude: value(parameters), frequency: nonzero(parameters),
        delay: value(parameters), damping: value(parameters))
    case 4:
      return .exponential(
        .init(
          from: value(parameters), to: value(parameters), riseDelay: nonzero(parameters),
          riseTau: nonzero(parameters), fallDelay: nonzero(parameters), fallTau: nonzero(parameters)))
    case 5 where isTop: return .external
    default: return .noise(rms: positive(), step: positive(), dc: flip() ? 0 : number())
    }
  }

  private mutating func device(
    _ kind: Int, _ parameters: [String], models: [String], subcircuits: [Subcircuit], isTop: Bool
  ) -> (letter: String, nodes: Int, device: Device, parameters: [Parameter]) {
    let behavioral = RandomExpression(
      parameters: parameters, isBehavioral: true, nodes: nodes + (isTop ? ["x1.m"] : []),
      sources: ["v1", "e2"])
    let model = one(of: models)
    let geometry = [Parameter("w", value(parameters)), Parameter("l", value(parameters))]
    let area = flip() ? [Parameter("area", value(parameters))] : []
    switch kind {
    case 0: return ("r", 2, .resistor(value(parameters)), flip() ? [Parameter("tc1", number())] : [])
    case 1: return ("r", 2, .resistor(nil, model: model), geometry)
    case 2:
      return ("c", 2, .capacitor(value(parameters), model: flip() ? model : nil), [Parameter("ic", number())])
    case 3: return ("l", 2, .inductor(value(parameters)), [])
    case 4: return ("k", 0, .mutualInductance(value(parameters), between: "l1", and: "l2"), [])
    case 5, 6:
      let course = waveform(parameters, isTop: isTop)
      var states = false
      if case .constant = course { states = true }
      if case .noise = course { states = true }
      let dc = states || !flip() ? nil : value(parameters)
      let ac = flip() ? ACStimulus(magnitude: value(parameters), phaseDegrees: value(parameters)) : nil
      return kind == 5
        ? ("v", 2, .voltageSource(course, dc: dc, ac: ac), [])
        : ("i", 2, .currentSource(course, dc: dc, ac: ac), flip() ? [Parameter("m", 2)] : [])
    case 7: return ("e", 4, .vcvs(value(parameters)), [])
    case 8: return ("g", 4, .vccs(value(parameters)), flip() ? [Parameter("m", value(parameters))] : [])
    case 9: return ("f", 2, .cccs(value(parameters), control: "v1"), [])
    case 10: return ("h", 2, .ccvs(value(parameters), control: "v1"), [])
    case 11: return (flip() ? "b" : "e", 2, .behavioralVoltage(behavioral.tree(4, &random)), [])
    case 12:
      return (
        flip() ? "b" : "g", 2, .behavioralCurrent(behavioral.tree(4, &random)),
        flip() ? [Parameter("tc1", number()), Parameter("m", 3)] : []
      )
    case 13: return ("s", 4, .voltageSwitch(model: model), [])
    case 14: return ("w", 2, .currentSwitch(model: model, control: "v1"), [])
    case 15: return ("t", 4, .transmissionLine(impedance: value(parameters), delay: value(parameters)), [])
    case 16: return ("d", 2, .diode(model: model), area + [Parameter("ic", number())])
    case 17: return ("q", flip() ? 3 : 4, .bjt(model: model), area)
    case 18: return ("j", 3, .jfet(model: model), area)
    case 19: return ("m", 4, .mosfet(model: model), geometry + [Parameter("ic", text: "0,1.2,-3m")])
    default:
      guard let subcircuit = subcircuits.randomElement(using: &random) else {
        return ("r", 2, .resistor(1), [])
      }
      return (
        "x", subcircuit.ports.count, .instance(of: subcircuit.name),
        subcircuit.parameters.map { Parameter($0.name, value(parameters)) }
      )
    }
  }

  private mutating func elements(
    _ parameters: [String], models: [String], subcircuits: [Subcircuit], isTop: Bool
  ) -> [Element] {
    (0..<Int.random(in: 1...12, using: &random)).map { number in
      let (letter, count, device, own) = device(
        Int.random(in: 0...20, using: &random), parameters, models: models, subcircuits: subcircuits,
        isTop: isTop)
      return Element(
        "\(letter)\(number)", (0..<count).map { _ in one(of: nodes) }, device, parameters: own)
    }
  }

  private mutating func model(_ name: String, _ parameters: [String]) -> DeviceModel {
    let types = ["r", "c", "l", "d", "npn", "pnp", "njf", "pjf", "nmos", "pmos", "sw", "csw"]
    return DeviceModel(
      // The reader wants no digit first in the name of a resistor's or capacitor's model.
      name, type: name == "2n2222" ? "npn" : one(of: types),
      parameters: [
        Parameter("level", 14), Parameter("version", text: "4.8.2"), Parameter("is", value(parameters)),
        Parameter("vto", value(parameters)),
      ])
  }

  // MARK: the whole

  /// A simulation.
  mutating func make() -> Simulation {
    var circuit = Circuit(
      title: one(of: ["plain", "  two  blanks ", "* a star", "", "\u{FC}ml\u{E4}ut; $ 'quotes'", "+ plus"]))
    circuit.parameters = globals.map { Parameter($0, value([])) }
    if flip() { circuit.parameters.append(Parameter("late", value(globals))) }
    if flip() { circuit.includes = [one(of: includes)] }
    if flip() { circuit.globalNodes = ["vdd!", "vss"] }
    if flip() { circuit.options = [Parameter("reltol", positive()), Parameter("method", text: "gear")] }
    if flip() { circuit.options.append(Parameter("num_threads", 4)) }
    circuit.models = ["m1", "2n2222", "nch.1"].map { model($0, globals) }
    let models = circuit.models.map(\.name).filter { $0 != "2n2222" }
    for name in ["cell", "op-amp"].prefix(Int.random(in: 0...2, using: &random)) {
      var subcircuit = Subcircuit(
        name, ports: Array(nodes.prefix(Int.random(in: 1...3, using: &random))),
        parameters: flip() ? [Parameter("ratio", value(globals)), Parameter("k", value(globals))] : [])
      if flip() { subcircuit.localParameters = [Parameter("inner", value(globals))] }
      let known = globals + (subcircuit.parameters + subcircuit.localParameters).map(\.name)
      if flip() { subcircuit.models = [model("own", known)] }
      subcircuit.elements = elements(
        known, models: models + subcircuit.models.map(\.name), subcircuits: circuit.subcircuits, isTop: false)
      circuit.subcircuits.append(subcircuit)
    }
    circuit.elements = elements(globals, models: models, subcircuits: circuit.subcircuits, isTop: true)
    if flip() { circuit.initialConditions = ["a": value(globals), "x1.m": value(globals)] }
    if flip() { circuit.nodeSets = ["b": value(globals)] }

    var simulation = Simulation(circuit, analysis())
    simulation.temperatureCelsius = flip() ? 27 : number()
    if flip() { simulation.saved = ["v(a)", "v(x1.m)", "i(v1)", "i(v.x1.vs)", .device("m1", "id")] }
    for element in circuit.elements {
      switch element.device {
      case .voltageSource(.external, _, _), .currentSource(.external, _, _): break
      default: continue
      }
      simulation.externalValues[element.name] = (0..<5).map { TimedValue(Double($0) * 1e-9, number()) }
    }
    if case .transient = simulation.analysis, flip() {
      simulation.stopConditions = [
        StopCondition(
          .magnitude("v(a,b)", above: number()), .value("i(v1)", below: number()), after: number(),
          holding: positive()),
        StopCondition(.value("@m1[id]", above: number()), .magnitude("v(x1.m)", below: 0)),
      ]
    }
    return simulation
  }

  private mutating func analysis() -> Analysis {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return .operatingPoint
    case 1: return .dcSweep(source: one(of: ["v1", "i6"]), start: number(), stop: number(), step: number())
    case 2:
      return .ac(
        one(of: Analysis.FrequencySpacing.allCases), points: Int.random(in: 1...1000, using: &random),
        start: positive(), stop: positive())
    default:
      let windows = (0..<Int.random(in: 0...2, using: &random)).map { _ in
        StepWindow(from: positive(), to: positive(), maximumStep: positive())
      }
      return .transient(
        Transient(
          step: positive(), stop: positive(), maximumStep: positive(), recordFrom: flip() ? 0 : positive(),
          windows: windows, useInitialConditions: flip()))
    }
  }
}
