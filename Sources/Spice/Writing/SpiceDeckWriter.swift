/// Writes decks of the SPICE family by the rules of one dialect: the same value always gives the same bytes.
///
/// What the dialect cannot carry is collected in ``problems``; what is harmless becomes a remark.
struct SpiceDeckWriter {
  let rules: SpiceRules
  let simulation: Simulation
  let scopes: DialectScopes
  var builder = DeckBuilder()
  /// The `.measure` lines.
  var measures: [String] = []
  /// What the dialect cannot carry.
  var problems: [SpiceError] = []

  /// A writer of a simulation that has been lowered for the dialect.
  init(_ simulation: Simulation, rules: SpiceRules) {
    self.rules = rules
    self.simulation = simulation
    scopes = DialectScopes(simulation.circuit) { rules.names(of: $0, ports: $1) }
  }

  /// Renders the simulation.
  mutating func deck() -> Deck {
    let circuit = simulation.circuit
    builder.add(circuit.title.split(whereSeparator: \.isNewline).joined(separator: " "), .title)
    writeSettings()
    for include in circuit.includes {
      let path = rules.absoluteIncludes ? FileText.absolute(include.path) : include.path
      let text = include.section.map { ".lib \"\(path)\" \($0)" } ?? ".include \"\(path)\""
      builder.add(text, .include(include.path))
    }
    writeParameters(circuit.parameters)
    writeGlobals(circuit.globalNodes)
    for model in circuit.models { write(model, subcircuit: nil) }
    for subcircuit in circuit.subcircuits { write(subcircuit) }
    for element in circuit.elements { write(element, subcircuit: nil, scopes.top) }
    let writer = rules.writer(scopes.top)
    for (node, voltage) in circuit.nodeSets.sorted(by: { $0.key < $1.key }) {
      builder.add(".nodeset v(\(node))=\(writer.value(voltage))", .startingPoint(node.name))
    }
    for (node, voltage) in circuit.initialConditions.sorted(by: { $0.key < $1.key }) {
      builder.add(".ic v(\(node))=\(writer.value(voltage))", .startingPoint(node.name))
    }
    writeAnalysis()
    for measure in measures { builder.add(measure, .measurement) }
    builder.add(".end", .end)
    checkLines()
    return Deck(lines: builder.lines)
  }

  /// Adds a line that simulators pass over.
  mutating func remark(_ text: String) { builder.add("* \(text)", .comment) }

  /// `name=value`.
  func assignment(_ parameter: Parameter, _ writer: ExpressionWriter) -> String {
    switch parameter.value {
    case .expression(let expression): "\(parameter.name)=\(writer.value(expression))"
    case .text(let text): "\(parameter.name)=\(text)"
    }
  }

  /// The one form of a number.
  func number(_ value: Double) -> String { CanonicalNumber.text(value) }

  // MARK: settings

  private mutating func writeSettings() {
    for line in rules.header { builder.add(line, .option("")) }
    var options = simulation.circuit.options
    for option in rules.defaultOptions where !options.contains(where: { $0.name == option.name }) {
      options.append(option)
    }
    for option in options {
      let text = assignment(option, rules.writer())
      guard let known = rules.options else {
        builder.add("\(rules.optionWord) \(text)", .option(option.name))
        continue
      }
      if let name = known[option.name] {
        let value = text.dropFirst(option.name.count)
        builder.add("\(rules.optionWord) \(name)\(value)", .option(option.name))
      } else if Circuit.geometricOptions.contains(option.name) {
        problems.append(.notExpressible(option: option.name, rules.dialect))
      } else {
        remark("option \(text) has no counterpart in \(rules.dialect.title) and is left out")
      }
    }
    builder.add(rules.temperatureWord + number(simulation.temperatureCelsius), .analysis)
  }

  private mutating func writeParameters(_ parameters: [Parameter]) {
    for parameter in parameters {
      check(parameter)
      builder.add(".param \(assignment(parameter, rules.writer()))", .parameter(parameter.name))
    }
  }

  private mutating func writeGlobals(_ nodes: [Node]) {
    guard !nodes.isEmpty else { return }
    let lines = rules.globalsApart ? nodes.map { [$0] } : [nodes]
    for line in lines { builder.add(".global " + line.map(\.name).joined(separator: " "), .globalNodes) }
  }

  private mutating func check(_ parameter: Parameter) {
    guard rules.parameterWords.contains(parameter.name) else { return }
    problems.append(
      SpiceError(
        .notExpressible, "\(rules.dialect.title) has a meaning of its own for the name.",
        place: "parameter \(parameter.name)"))
  }

  private mutating func checkLines() {
    guard let longest = rules.longestLine else { return }
    for line in builder.lines where line.physical.contains(where: { $0.utf8.count > longest }) {
      problems.append(
        SpiceError(
          .notExpressible, "\(rules.dialect.title) reads lines of up to \(longest) characters.",
          place: "\(line.origin)"))
    }
  }

  // MARK: models and subcircuits

  private mutating func write(_ model: DeviceModel, subcircuit: String?) {
    var parameters = model.parameters
    if model.isMOSFET, let levels = rules.levels {
      if let level = MOSFETFamily(model).flatMap({ levels[$0] }) {
        parameters.removeAll { $0.name == "level" }
        parameters.insert(Parameter("level", level), at: 0)
      } else {
        problems.append(
          SpiceError(
            .notExpressible, "\(rules.dialect.title) has no such transistor equations.",
            place: "model \(model.name)"))
      }
    }
    if rules.numericVersion { parameters = parameters.map(\.withNumericVersion) }
    let writer = rules.writer()
    let words = [".model", model.name, model.type] + parameters.map { assignment($0, writer) }
    builder.add(words.joined(separator: " "), .model(model.name, subcircuit: subcircuit))
  }

  private mutating func write(_ subcircuit: Subcircuit) {
    let names = scopes.inside(subcircuit.name)
    let writer = rules.writer(names)
    var words = [".subckt", subcircuit.name] + subcircuit.ports.map(names.node)
    if !subcircuit.parameters.isEmpty, !rules.definitionWord.isEmpty { words.append(rules.definitionWord) }
    for parameter in subcircuit.parameters { check(parameter) }
    words += subcircuit.parameters.map { assignment($0, writer) }
    builder.add(words.joined(separator: " "), .subcircuit(subcircuit.name))
    writeParameters(subcircuit.localParameters)
    for model in subcircuit.models { write(model, subcircuit: subcircuit.name) }
    for element in subcircuit.elements { write(element, subcircuit: subcircuit.name, names) }
    builder.add(".ends \(subcircuit.name)", .subcircuit(subcircuit.name))
  }
}
