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
    for model in circuit.models { write(model, subcircuit: nil, to: &builder) }
    for subcircuit in circuit.subcircuits { write(subcircuit, to: &builder) }
    for element in circuit.elements { write(element, subcircuit: nil, of: simulation, to: &builder) }
    for (node, voltage) in circuit.nodeSets.sorted(by: { $0.key < $1.key }) {
      builder.add(".nodeset v(\(node))=\(number(voltage))", .startingPoint(node.name))
    }
    for (node, voltage) in circuit.initialConditions.sorted(by: { $0.key < $1.key }) {
      builder.add(".ic v(\(node))=\(number(voltage))", .startingPoint(node.name))
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
    case .resistor(let value), .capacitor(let value), .inductor(let value), .vcvs(let value),
      .vccs(let value):
      words.append(NgspiceExpression.value(value))
    case .behavioralVoltage(let expression): words.append("v=" + NgspiceExpression.behavioral(expression))
    case .behavioralCurrent(let expression): words.append("i=" + NgspiceExpression.behavioral(expression))
    case .diode(let model, let parameters), .mosfet(let model, let parameters),
      .instance(of: let model, let parameters):
      words.append(model)
      words += parameters.map(assignment)
    case .voltageSource(.external, let ac) where style == .standalone,
      .currentSource(.external, let ac) where style == .standalone:
      words += course(.pwl(simulation?.externalValues[element.name] ?? []), ac: ac)
    case .voltageSource(.noise, let ac) where style == .worker,
      .currentSource(.noise, let ac) where style == .worker:
      words += course(.external, ac: ac)
    case .voltageSource(let waveform, let ac), .currentSource(let waveform, let ac):
      words += course(waveform, ac: ac)
    }
    builder.add(words.joined(separator: " "), .element(element.name, subcircuit: subcircuit))
  }

  private func writeAnalysis(_ simulation: Simulation, to builder: inout DeckBuilder) {
    let saved = simulation.saved.map(\.name)
    if !saved.isEmpty { builder.add(".save " + saved.joined(separator: " "), .saved) }
    let kind: String
    switch simulation.analysis {
    case .operatingPoint:
      builder.add(".op", .analysis)
      kind = "op"
    case .dcSweep(let source, let start, let stop, let step):
      let range = [start, stop, step].map(number).joined(separator: " ")
      builder.add(".dc \(source.lowercased()) \(range)", .analysis)
      kind = "dc"
    case .ac(let points, let start, let stop):
      builder.add(".ac dec \(points) \(number(start)) \(number(stop))", .analysis)
      kind = "ac"
    case .transient(let step, let stop, let maximumStep, let windows, let useInitialConditions):
      var cap = maximumStep
      if style == .standalone, let tightest = windows.map(\.maximumStep).min(), tightest < cap {
        for window in windows {
          let range = "\(number(window.start)) to \(number(window.stop))"
          builder.add("* step window: \(range) at most \(number(window.maximumStep))", .comment)
        }
        cap = tightest
      }
      let times = [step, stop, 0, cap].map(number).joined(separator: " ")
      builder.add(".tran \(times)" + (useInitialConditions ? " uic" : ""), .analysis)
      kind = "tran"
    }
    if style == .standalone, kind != "op", !saved.isEmpty {
      builder.add(".print \(kind) " + saved.joined(separator: " "), .saved)
    }
  }

  private func course(_ waveform: SourceWaveform, ac: ACStimulus?) -> [String] {
    var words: [String]
    switch waveform {
    case .dc(let value): words = ["dc", number(value)]
    case .pulse(let from, let to, let delay, let rise, let fall, let width, let period):
      let values = [from, to, delay, rise, fall, width] + (period.map { [$0] } ?? [])
      words = ["pulse(" + values.map(number).joined(separator: " ") + ")"]
    case .pwl(let points):
      words = ["pwl(" + points.map { "\(number($0.time)) \(number($0.value))" }.joined(separator: " ") + ")"]
    case .sine(let offset, let amplitude, let frequency, let delay, let damping):
      words = [
        "sin(" + [offset, amplitude, frequency, delay, damping].map(number).joined(separator: " ") + ")"
      ]
    case .noise(let rms, let step, let dc):
      words = ["dc", number(dc), "trnoise(\(number(rms)) \(number(step)) 0 0)"]
    case .external: words = ["external"]  // A DC value before it crashes ngspice 39.
    }
    if let ac { words += ["ac", number(ac.magnitude), number(ac.phaseDegrees)] }
    return words
  }

  private func assignment(_ parameter: Parameter) -> String {
    switch parameter.value {
    case .expression(let expression): "\(parameter.name)=\(NgspiceExpression.value(expression))"
    case .text(let text): "\(parameter.name)=\(text)"
    }
  }

  private func number(_ value: Double) -> String { CanonicalNumber.text(value) }
}
