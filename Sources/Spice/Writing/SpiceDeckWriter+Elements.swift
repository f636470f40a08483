extension SpiceDeckWriter {
  /// Writes one element.
  mutating func write(_ element: Element, subcircuit: String?, _ names: DialectNames) {
    let writer = rules.writer(names)
    let name = names.element(element.name)
    var parameters = element.parameters
    var words = [name] + element.nodes.map(names.node)
    switch element.device {
    case .resistor(let value, let model), .capacitor(let value, let model), .inductor(let value, let model):
      words += (value.map { [writer.value($0)] } ?? []) + (model.map { [$0] } ?? [])
    case .vcvs(let value), .vccs(let value): words.append(writer.value(value))
    case .cccs(let value, let control), .ccvs(let value, let control):
      words += [names.element(control), writer.value(value)]
    case .mutualInductance(let value, let first, let second):
      words += [names.element(first), names.element(second), writer.value(value)]
    case .transmissionLine(let impedance, let delay):
      words += ["z0=" + writer.value(impedance), "td=" + writer.value(delay)]
    case .behavioralVoltage(let expression):
      words.append(behavioral("v", rules.controlledWords.0, writer.behavioral(expression), name))
    case .behavioralCurrent(let expression):
      words.append(behavioral("i", rules.controlledWords.1, writer.behavioral(expression), name))
    case .voltageSwitch(let model), .mosfet(let model): words.append(model)
    case .diode(let model), .bjt(let model), .jfet(let model):
      words.append(model)
      if rules.areaByPosition, let area = element[parameter: "area"] {
        parameters.removeAll { $0.name == "area" }
        words.append(writer.value(area))
      }
    case .instance(of: let model):
      words.append(model)
      if !parameters.isEmpty, !rules.instanceWord.isEmpty { words.append(rules.instanceWord) }
    case .currentSwitch(let model, let control): words += [names.element(control), model]
    case .voltageSource(let waveform, let dc, let ac), .currentSource(let waveform, let dc, let ac):
      words += source(waveform, dc: dc, ac: ac, name: element.name, subcircuit: subcircuit, writer)
    }
    if element.device.isBuiltIn { words += special(element, &parameters, writer) }
    for parameter in parameters
    where rules.missingParameters.contains(parameter.name) && element.device.isBuiltIn {
      problems.append(.notExpressible("the parameter \(parameter.name)", element, rules.dialect))
    }
    words += parameters.map { assignment($0, writer) }
    builder.add(words.joined(separator: " "), .element(element.name, subcircuit: subcircuit))
  }

  /// Takes out the parameters that the dialect writes in another way, and gives the words for them.
  private mutating func special(
    _ element: Element, _ parameters: inout [Parameter], _ writer: ExpressionWriter
  ) -> [String] {
    if rules.initialConditionsHold, !simulation.usesInitialConditions, element[parameter: "ic"] != nil {
      // It has no effect in ngspice, which honours it only where no operating point is sought.
      remark("\(element.name) without ic, which would hold the operating point")
      parameters.removeAll { $0.name == "ic" }
    }
    guard rules.joinedCoefficients else { return [] }
    let coefficients = ["tc1", "tc2"].map { element[parameter: $0] }
    guard coefficients.contains(where: { $0 != nil }) else { return [] }
    guard case .resistor = element.device else {
      problems.append(.notExpressible("temperature coefficients of it", element, rules.dialect))
      return []
    }
    parameters.removeAll { ["tc1", "tc2"].contains($0.name) }
    return ["tc=" + coefficients.map { writer.value($0 ?? 0) }.joined(separator: ",")]
  }

  /// The right-hand side of a behavioural source, by the letter of its name.
  private func behavioral(_ word: String, _ controlledWord: String, _ text: String, _ name: String) -> String
  {
    name.hasPrefix("b")
      ? "\(word)=\(rules.behavioralMarks.0)\(text)\(rules.behavioralMarks.1)"
      : controlledWord + text + rules.controlledWords.2
  }

  private func source(
    _ waveform: SourceWaveform, dc: Expression?, ac: ACStimulus?, name: String, subcircuit: String?,
    _ writer: ExpressionWriter
  ) -> [String] {
    var written = waveform
    switch (waveform, rules.longestStep) {
    case (.noise, .besideWindows): written = .external
    case (.external, .besideWindows): break
    case (.external, _):
      let values = subcircuit == nil ? simulation.externalValues[name] ?? [] : []
      written = .pwl(values.map { SourceWaveform.Point($0.time, $0.value) })
    default: break
    }
    var words: [String] = []
    // A DC value before EXTERNAL crashes ngspice 39; elsewhere it comes first.
    if let dc, written != .external, !written.statesConstant { words += ["dc", writer.value(dc)] }
    let course = course(written, writer)
    let stimulus = ac.map { ["ac", writer.value($0.magnitude), writer.value($0.phaseDegrees)] } ?? []
    // A constant is the source's DC value and stays in front.
    return words + (rules.stimulusFirst && !written.statesConstant ? stimulus + course : course + stimulus)
  }

  private func course(_ waveform: SourceWaveform, _ writer: ExpressionWriter) -> [String] {
    let values = waveform.expressions.map(writer.value).joined(separator: " ")
    switch waveform {
    case .constant: return ["dc", values]
    case .pulse: return ["pulse(\(values))"]
    case .pwl: return ["pwl(\(values.isEmpty ? "0 0" : values))"]
    case .sine: return ["sin(\(values))"]
    case .exponential: return ["exp(\(values))"]
    case .noise(let rms, let step, let dc):
      return ["dc", number(dc), "trnoise(\(number(rms)) \(number(step)) 0 0)"]
    case .external: return ["external"]
    }
  }
}

extension Simulation {
  /// Whether the transient starts from initial conditions without an operating point.
  var usesInitialConditions: Bool {
    if case .transient(let transient) = analysis { transient.useInitialConditions } else { false }
  }
}

extension Device {
  /// Whether its parameters have a meaning in the simulator, not in a subcircuit.
  fileprivate var isBuiltIn: Bool {
    if case .instance = self { false } else { true }
  }
}
