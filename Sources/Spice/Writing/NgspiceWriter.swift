/// Writes simulations as ngspice decks: the same value always gives the same bytes.
public struct NgspiceWriter: Sendable {
  /// Whom a deck is for.
  public enum Style: Sendable {
    /// The worker: step windows, external values and drawn noise travel beside the deck.
    case worker
    /// The `ngspice -b` program: external values become PWL sources, noise is ngspice's own, the tightest
    /// step window caps the whole transient, and the saved signals are printed.
    case standalone
  }

  /// Whom decks are written for.
  public var style: Style

  /// Makes a writer.
  public init(style: Style = .standalone) { self.style = style }

  /// Renders a simulation.
  ///
  /// It is not validated here: see ``Simulation/problems()``.
  public func deck(_ simulation: Simulation) -> Deck {
    var builder = DeckBuilder()
    let circuit = simulation.circuit
    builder.add(circuit.title.split(whereSeparator: \.isNewline).joined(separator: " "), .title)
    writeSettings(simulation, to: &builder)
    for include in circuit.includes {
      let path = style == .worker ? FileText.absolute(include.path) : include.path
      let text = include.section.map { ".lib \"\(path)\" \($0)" } ?? ".include \"\(path)\""
      builder.add(text, .include(include.path))
    }
    for parameter in circuit.parameters {
      builder.add(".param \(assignment(parameter))", .parameter(parameter.name))
    }
    if !circuit.globalNodes.isEmpty {
      builder.add(".global " + circuit.globalNodes.map(\.name).joined(separator: " "), .globalNodes)
    }
    for model in circuit.models { write(model, subcircuit: nil, to: &builder) }
    for subcircuit in circuit.subcircuits { write(subcircuit, to: &builder) }
    for element in circuit.elements { write(element, subcircuit: nil, of: simulation, to: &builder) }
    for (node, voltage) in circuit.nodeSets.sorted(by: { $0.key < $1.key }) {
      builder.add(".nodeset v(\(node))=\(NgspiceExpression.value(voltage))", .startingPoint(node.name))
    }
    for (node, voltage) in circuit.initialConditions.sorted(by: { $0.key < $1.key }) {
      builder.add(".ic v(\(node))=\(NgspiceExpression.value(voltage))", .startingPoint(node.name))
    }
    writeAnalysis(simulation, to: &builder)
    builder.add(".end", .end)
    return Deck(lines: builder.lines)
  }

  // MARK: parts

  private func writeSettings(_ simulation: Simulation, to builder: inout DeckBuilder) {
    if style == .standalone {
      // The default of two OpenMP threads is many times slower than one.
      builder.add(".options num_threads=1", .option("num_threads"))
    }
    for option in simulation.circuit.options {
      builder.add(".options \(assignment(option))", .option(option.name))
    }
    builder.add(".temp \(number(simulation.temperatureCelsius))", .analysis)
  }

  private func write(_ model: DeviceModel, subcircuit: String?, to builder: inout DeckBuilder) {
    let words = [".model", model.name, model.type] + model.parameters.map(assignment)
    builder.add(words.joined(separator: " "), .model(model.name, subcircuit: subcircuit))
  }

  private func write(_ subcircuit: Subcircuit, to builder: inout DeckBuilder) {
    let head = [".subckt", subcircuit.name] + subcircuit.ports.map(\.name)
    builder.add(
      (head + subcircuit.parameters.map(assignment)).joined(separator: " "), .subcircuit(subcircuit.name))
    for parameter in subcircuit.localParameters {
      builder.add(".param \(assignment(parameter))", .parameter(parameter.name))
    }
    for model in subcircuit.models { write(model, subcircuit: subcircuit.name, to: &builder) }
    for element in subcircuit.elements {
      write(element, subcircuit: subcircuit.name, of: nil, to: &builder)
    }
    builder.add(".ends \(subcircuit.name)", .subcircuit(subcircuit.name))
  }

  private func write(
    _ element: Element, subcircuit: String?, of simulation: Simulation?, to builder: inout DeckBuilder
  ) {
    var words = [element.name] + element.nodes.map(\.name)
    switch element.device {
    case .resistor(let value, let model), .capacitor(let value, let model), .inductor(let value, let model):
      words += (value.map { [NgspiceExpression.value($0)] } ?? []) + (model.map { [$0] } ?? [])
    case .vcvs(let value), .vccs(let value): words.append(NgspiceExpression.value(value))
    case .cccs(let value, let control), .ccvs(let value, let control):
      words += [control, NgspiceExpression.value(value)]
    case .mutualInductance(let value, let first, let second):
      words += [first, second, NgspiceExpression.value(value)]
    case .transmissionLine(let impedance, let delay):
      words += ["z0=" + NgspiceExpression.value(impedance), "td=" + NgspiceExpression.value(delay)]
    case .behavioralVoltage(let expression):
      words.append((element.name.hasPrefix("e") ? "vol=" : "v=") + behavioral(expression, element))
    case .behavioralCurrent(let expression):
      words.append((element.name.hasPrefix("g") ? "cur=" : "i=") + behavioral(expression, element))
    case .voltageSwitch(let model), .diode(let model), .bjt(let model), .jfet(let model),
      .mosfet(let model), .instance(of: let model):
      words.append(model)
    case .currentSwitch(let model, let control): words += [control, model]
    case .voltageSource(let waveform, let dc, let ac), .currentSource(let waveform, let dc, let ac):
      words += source(waveform, dc: dc, ac: ac, name: element.name, of: simulation)
    }
    words += element.parameters.map(assignment)
    builder.add(words.joined(separator: " "), .element(element.name, subcircuit: subcircuit))
  }

  /// E and G elements want their expression in quotes.
  private func behavioral(_ expression: Expression, _ element: Element) -> String {
    let text = NgspiceExpression.behavioral(expression)
    return element.name.hasPrefix("b") ? text : "'\(text)'"
  }

  private func source(
    _ waveform: SourceWaveform, dc: Expression?, ac: ACStimulus?, name: String, of simulation: Simulation?
  ) -> [String] {
    var written = waveform
    switch (waveform, style) {
    case (.external, .standalone):
      written = .pwl(
        (simulation?.externalValues[name] ?? []).map {
          SourceWaveform.Point($0.time, $0.value)
        })
    case (.noise, .worker): written = .external
    default: break
    }
    var words: [String] = []
    // A DC value before EXTERNAL crashes ngspice 39; elsewhere it comes first.
    if let dc, written != .external, !written.statesConstant { words += ["dc", NgspiceExpression.value(dc)] }
    words += course(written)
    if let ac {
      words += ["ac", NgspiceExpression.value(ac.magnitude), NgspiceExpression.value(ac.phaseDegrees)]
    }
    return words
  }

  private func writeAnalysis(_ simulation: Simulation, to builder: inout DeckBuilder) {
    let saved = simulation.saved.map(\.name)
    if !saved.isEmpty { builder.add(".save " + saved.joined(separator: " "), .saved) }
    if style == .standalone {
      for element in simulation.circuit.elements where element.device.isExternal {
        builder.add(StructuredRemark.external(element.name).text, .comment)
      }
    }
    let kind: String
    switch simulation.analysis {
    case .operatingPoint:
      builder.add(".op", .analysis)
      kind = "op"
    case .dcSweep(let source, let start, let stop, let step):
      let range = [start, stop, step].map(number).joined(separator: " ")
      builder.add(".dc \(source.lowercased()) \(range)", .analysis)
      kind = "dc"
    case .ac(let spacing, let points, let start, let stop):
      builder.add(".ac \(spacing.rawValue) \(points) \(number(start)) \(number(stop))", .analysis)
      kind = "ac"
    case .transient(let transient):
      var cap = transient.maximumStep
      if style == .standalone {
        var remarks = transient.windows.map(StructuredRemark.window)
        if let tightest = transient.windows.map(\.maximumStep).min(), tightest < cap {
          remarks.append(.maximumStep(cap))
          cap = tightest
        }
        for remark in remarks + simulation.stopConditions.map(StructuredRemark.stop) {
          builder.add(remark.text, .comment)
        }
      }
      let times = [transient.step, transient.stop, transient.recordFrom, cap].map(number)
      builder.add(
        ".tran " + times.joined(separator: " ") + (transient.useInitialConditions ? " uic" : ""), .analysis)
      kind = "tran"
    }
    if style == .standalone, kind != "op", !saved.isEmpty {
      builder.add(".print \(kind) " + saved.joined(separator: " "), .saved)
    }
  }

  private func course(_ waveform: SourceWaveform) -> [String] {
    func values(_ list: [Expression]) -> String {
      list.map(NgspiceExpression.value).joined(separator: " ")
    }
    switch waveform {
    case .dc(let value): return ["dc", NgspiceExpression.value(value)]
    case .pulse: return ["pulse(\(values(waveform.expressions)))"]
    case .pwl: return ["pwl(\(values(waveform.expressions)))"]
    case .sine: return ["sin(\(values(waveform.expressions)))"]
    case .exponential: return ["exp(\(values(waveform.expressions)))"]
    case .noise(let rms, let step, let dc):
      return ["dc", number(dc), "trnoise(\(number(rms)) \(number(step)) 0 0)"]
    case .external: return ["external"]
    }
  }

  private func assignment(_ parameter: Parameter) -> String {
    switch parameter.value {
    case .expression(let expression): "\(parameter.name)=\(NgspiceExpression.value(expression))"
    case .text(let text): "\(parameter.name)=\(text)"
    }
  }

  private func number(_ value: Double) -> String { CanonicalNumber.text(value) }
}
