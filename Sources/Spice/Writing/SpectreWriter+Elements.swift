extension SpectreWriter {
  /// Writes one element: its name, its nodes, its component or model, and its parameters by name.
  mutating func write(_ element: Element, subcircuit: String?, _ names: DialectNames) {
    let writer = writer(names)
    func named(_ name: String, _ value: Expression) -> String { "\(name)=\(writer.value(value))" }
    var words: [String]
    var renamed = ["dtemp": "trise"]
    switch element.device {
    case .resistor(let value, let model):
      words = [model ?? "resistor"] + (value.map { [named("r", $0)] } ?? [])
    case .capacitor(let value, let model):
      words = [model ?? "capacitor"] + (value.map { [named("c", $0)] } ?? [])
    case .inductor(let value, let model):
      words = [model ?? "inductor"] + (value.map { [named("l", $0)] } ?? [])
    case .mutualInductance(let value, let first, let second):
      words = [
        "mutual_inductor", named("coupling", value), "ind1=\(names.element(first))",
        "ind2=\(names.element(second))",
      ]
    case .vcvs(let gain): words = ["vcvs", named("gain", gain)]
    case .vccs(let transconductance): words = ["vccs", named("gm", transconductance)]
    case .cccs(let gain, let control):
      words = ["cccs", "probe=\(names.element(control))", named("gain", gain)]
    case .ccvs(let transresistance, let control):
      words = ["ccvs", "probe=\(names.element(control))", named("rm", transresistance)]
    case .behavioralVoltage(let expression): words = ["bsource", "v=\(writer.behavioral(expression))"]
    case .behavioralCurrent(let expression): words = ["bsource", "i=\(writer.behavioral(expression))"]
    case .transmissionLine(let impedance, let delay):
      words = ["tline", named("z0", impedance), named("td", delay)]
    case .voltageSource(let waveform, let dc, let ac):
      words = ["vsource"] + source(element, waveform, dc, ac, subcircuit, writer)
    case .currentSource(let waveform, let dc, let ac):
      words = ["isource"] + source(element, waveform, dc, ac, subcircuit, writer)
    case .voltageSwitch(let model), .currentSwitch(let model, _), .diode(let model), .bjt(let model),
      .jfet(let model), .mosfet(let model):
      words = [model]
    case .instance(of: let model):
      words = [model]
      renamed = [:]
    }
    if !renamed.isEmpty {
      for parameter in element.parameters where ["temp", "off"].contains(parameter.name) {
        problems.append(.notExpressible("the parameter \(parameter.name)", element, .spectre))
      }
    }
    words += element.parameters.map { parameter in
      let text = assignment(parameter, writer)
      return renamed[parameter.name].map { $0 + text.dropFirst(parameter.name.count) } ?? text
    }
    let nodes = element.nodes.isEmpty ? "" : "(\(element.nodes.map(names.node).joined(separator: " "))) "
    builder.add(
      "\(names.element(element.name)) \(nodes)\(words.joined(separator: " "))",
      .element(element.name, subcircuit: subcircuit))
  }

  private mutating func source(
    _ element: Element, _ waveform: SourceWaveform, _ dc: Expression?, _ ac: ACStimulus?,
    _ subcircuit: String?, _ writer: ExpressionWriter
  ) -> [String] {
    func named(_ name: String, _ value: Expression) -> String { "\(name)=\(writer.value(value))" }
    var words: [String]
    switch waveform {
    case .constant(let value): words = ["type=dc", named("dc", value)]
    case .pulse(let p):
      words = [
        "type=pulse", named("val0", p.from), named("val1", p.to), named("delay", p.delay),
        named("rise", p.rise), named("fall", p.fall), named("width", p.width),
      ]
      if let period = p.period { words.append(named("period", period)) }
    case .sine(let s):
      words = [
        "type=sine", named("sinedc", s.offset), named("ampl", s.amplitude), named("freq", s.frequency),
        named("delay", s.delay), named("damp", s.damping),
      ]
    case .exponential(let e):
      words = [
        "type=exp", named("val0", e.from), named("val1", e.to), named("td1", e.riseDelay),
        named("tau1", e.riseTau), named("td2", e.fallDelay), named("tau2", e.fallTau),
      ]
    case .pwl, .noise, .external:
      var points = waveform.expressions
      if waveform == .external {
        let values = subcircuit == nil ? simulation.externalValues[element.name] ?? [] : []
        points = values.flatMap { [.constant($0.time), .constant($0.value)] }
      }
      if points.isEmpty { points = [0, 0] }
      words = ["type=pwl", "wave=[" + points.map(writer.value).joined(separator: " ") + "]"]
    }
    if let dc, !waveform.statesConstant { words.insert(named("dc", dc), at: 1) }
    if let ac { words += [named("mag", ac.magnitude), named("phase", ac.phaseDegrees)] }
    return words
  }
}
