/// Writes netlists in Spectre's native language: the same value always gives the same bytes.
///
/// - Source: Spectre Circuit Simulator Reference and Spectre Circuit Simulator Components and Device Models
///   Reference, version 23.1.
struct SpectreWriter {
  static let lowering: Lowering = [.switches, .passiveModels, .noise, .operatingValues]

  let simulation: Simulation
  let scopes: DialectScopes
  var builder = DeckBuilder()
  /// The `.measure` lines.
  var measures: [String] = []
  /// What Spectre cannot carry.
  var problems: [SpiceError] = []

  /// A writer of a simulation that has been lowered.
  init(_ simulation: Simulation) {
    self.simulation = simulation
    scopes = DialectScopes(simulation.circuit) { elements, ports in
      DialectNames(of: elements, ports: ports, avoiding: SpectreWords.keywords) { _ in [] }
    }
  }

  /// Renders the simulation.
  mutating func deck() -> Deck {
    let circuit = simulation.circuit
    builder.add("// " + circuit.title.split(whereSeparator: \.isNewline).joined(separator: " "), .title)
    builder.add("simulator lang=spectre", .comment)
    let globals = ([.ground] + circuit.globalNodes).map(scopes.top.node)
    builder.add("global " + globals.joined(separator: " "), .globalNodes)
    writeParameters(circuit.parameters)
    write(circuit.models, subcircuit: nil)
    for subcircuit in circuit.subcircuits { write(subcircuit) }
    for element in circuit.elements { write(element, subcircuit: nil, scopes.top) }
    writeStart("nodeset", circuit.nodeSets)
    writeStart("ic", circuit.initialConditions)
    writeAnalysis()
    if !measures.isEmpty {
      builder.add("simulator lang=spice", .comment)
      for measure in measures { builder.add(measure, .measurement) }
      builder.add("simulator lang=spectre", .comment)
    }
    return Deck(lines: builder.lines)
  }

  /// Adds a line that the simulator passes over.
  mutating func remark(_ text: String) { builder.add("// \(text)", .comment) }

  /// The writer of expressions in a scope.
  func writer(_ names: DialectNames) -> ExpressionWriter {
    ExpressionWriter(rules: .spectre, marks: ("(", ")"), bareAtoms: true, names: names)
  }

  /// `name=value`.
  func assignment(_ parameter: Parameter, _ writer: ExpressionWriter) -> String {
    switch parameter.value {
    case .expression(let expression): "\(parameter.name)=\(writer.value(expression))"
    case .text(let text): "\(parameter.name)=\(text)"
    }
  }

  /// Notes what Spectre cannot carry.
  mutating func refuse(_ what: String, place: String) {
    problems.append(
      SpiceError(.notExpressible, "\(Dialect.spectre.title) cannot carry \(what).", place: place))
  }

  // MARK: parts

  private mutating func writeParameters(_ parameters: [Parameter]) {
    for parameter in parameters {
      if SpectreWords.parameterWords.contains(parameter.name) {
        refuse("a parameter of this name, which is a word of its own", place: "parameter \(parameter.name)")
      }
      builder.add("parameters \(assignment(parameter, writer(scopes.top)))", .parameter(parameter.name))
    }
  }

  private mutating func write(_ subcircuit: Subcircuit) {
    let names = scopes.inside(subcircuit.name)
    let ports = subcircuit.ports.map(names.node).joined(separator: " ")
    builder.add("subckt \(subcircuit.name) (\(ports))", .subcircuit(subcircuit.name))
    writeParameters(subcircuit.parameters + subcircuit.localParameters)
    write(subcircuit.models, subcircuit: subcircuit.name)
    for element in subcircuit.elements { write(element, subcircuit: subcircuit.name, names) }
    builder.add("ends \(subcircuit.name)", .subcircuit(subcircuit.name))
  }

  /// Model cards; those of one name with the numbers of bins make one model.
  private mutating func write(_ models: [DeviceModel], subcircuit: String?) {
    var written: Set<String> = []
    for model in models where written.insert(model.baseName).inserted {
      let origin = Deck.Origin.model(model.name, subcircuit: subcircuit)
      guard let component = SpectreWords.component(of: model) else {
        refuse("models of type \(model.type) with these equations", place: "\(origin)")
        continue
      }
      let bins = models.filter { $0.baseName == model.baseName }
      guard bins.count > 1 else {
        let words = ["model", model.baseName, component.name] + words(model, component.polarity)
        builder.add(words.joined(separator: " "), origin)
        continue
      }
      builder.add("model \(model.baseName) \(component.name) {", origin)
      for bin in bins {
        let number = bin.name.dropFirst(bin.baseName.count + 1)
        builder.add(
          "\(number): " + words(bin, component.polarity).joined(separator: " "),
          .model(bin.name, subcircuit: subcircuit))
      }
      builder.add("}", origin)
    }
  }

  private func words(_ model: DeviceModel, _ polarity: String?) -> [String] {
    let writer = writer(scopes.top)
    let own = model.parameters.filter { $0.name != "level" }.map { assignment($0.withNumericVersion, writer) }
    return (polarity.map { ["type=\($0)"] } ?? []) + own
  }

  private mutating func writeStart(_ word: String, _ values: [Node: Expression]) {
    for (node, voltage) in values.sorted(by: { $0.key < $1.key }) {
      builder.add(
        "\(word) \(scopes.top.node(node))=\(writer(scopes.top).value(voltage))", .startingPoint(node.name))
    }
  }
}
