/// Element lines.
extension DeckReader {
  /// Reads an element of the scope.
  mutating func element(_ line: DeckLine) throws(SpiceError) -> Element {
    var tokens = try CardTokens(line)
    let name = naming.element(try tokens.word("the name of an element"))
    let flags: Set = ["off", "on"]
    switch name.first {
    case "r", "c", "l": return try passive(name, &tokens)
    case "k": return try coupling(name, &tokens)
    case "v", "i": return try source(name, &tokens)
    case "e", "g": return try voltageControlled(name, &tokens)
    case "f", "h": return try currentControlled(name, &tokens)
    case "b": return try behavioral(name, &tokens)
    case "s":
      let nodes = try nodes(4, &tokens)
      let model = try tokens.word("the name of a model").lowercased()
      return Element(
        name, nodes, .voltageSwitch(model: model), parameters: try parameters(&tokens, flags: flags))
    case "w":
      let nodes = try nodes(2, &tokens)
      let control = reference(try tokens.word("the name of the controlling source"))
      let model = try tokens.word("the name of a model").lowercased()
      return Element(
        name, nodes, .currentSwitch(model: model, control: control),
        parameters: try parameters(&tokens, flags: flags))
    case "t": return try transmissionLine(name, &tokens)
    case "d":
      let nodes = try nodes(2, &tokens)
      let model = try tokens.word("the name of a model").lowercased()
      return Element(name, nodes, .diode(model: model), parameters: try junctionParameters(&tokens, flags))
    case "q": return try bipolar(name, &tokens, flags)
    case "j":
      let nodes = try nodes(3, &tokens)
      let model = try tokens.word("the name of a model").lowercased()
      return Element(name, nodes, .jfet(model: model), parameters: try junctionParameters(&tokens, flags))
    case "m": return try mosfet(name, &tokens, flags)
    case "x": return try instance(name, &tokens)
    default:
      let kind = name.first.map(String.init) ?? ""
      let isDevice = kind.utf8.first?.isLetter == true
      throw line.error(
        isDevice ? .unsupported : .syntax,
        kind == "a"
          ? "XSPICE devices (a) are not supported."
          : isDevice ? "elements of kind \(kind) are not supported." : "this is no element and no card.")
    }
  }

  /// The next nodes.
  func nodes(_ count: Int, _ tokens: inout CardTokens) throws(SpiceError) -> [Node] {
    var nodes: [Node] = []
    while nodes.count < count {
      if tokens.take(.open) || tokens.take(.close) || tokens.take(.comma) { continue }
      guard !tokens.isAssignment else { throw tokens.error("expected \(count) nodes.") }
      nodes.append(naming.node(try tokens.word("node \(nodes.count + 1) of \(count)")))
    }
    _ = tokens.take(.close)
    return nodes
  }

  // MARK: two nodes

  private mutating func passive(_ name: String, _ tokens: inout CardTokens) throws(SpiceError) -> Element {
    let nodes = try nodes(2, &tokens)
    let letter = String(name.prefix(1))
    var value = try valueIfAny(&tokens)
    var model: String?
    if let token = tokens.peek(), token.kind == .word, !tokens.isAssignment {
      model = token.text.lowercased()
      _ = tokens.next()
      if value == nil { value = try valueIfAny(&tokens) }
    }
    if value == nil, tokens.isAssignment, tokens.peek()?.text.lowercased() == letter {
      _ = tokens.next()
      _ = tokens.take(.equals)
      value = try self.value(&tokens, "a value")
    }
    if let value, !value.isStatic {
      throw tokens.line.error(
        .unsupported,
        "a value that depends on voltages, currents or time; use a behavioural source, such as "
          + "b... i=v(a,b)/(...).")
    }
    let parameters = try parameters(&tokens)
    let device: Device =
      switch letter {
      case "r": .resistor(value, model: model)
      case "c": .capacitor(value, model: model)
      default: .inductor(value, model: model)
      }
    return Element(name, nodes, device, parameters: parameters)
  }

  private mutating func coupling(_ name: String, _ tokens: inout CardTokens) throws(SpiceError) -> Element {
    let first = naming.element(try tokens.word("the name of an inductor"))
    let second = naming.element(try tokens.word("the name of another inductor"))
    let value = try value(&tokens, "the coupling coefficient; three and more inductors are coupled in pairs")
    return Element(
      name, [], .mutualInductance(value, between: first, and: second), parameters: try parameters(&tokens))
  }

  private mutating func transmissionLine(
    _ name: String, _ tokens: inout CardTokens
  ) throws(SpiceError) -> Element {
    let start = tokens
    let nodes = try nodes(4, &tokens)
    var rest = try parameters(&tokens)
    func take(_ names: String...) -> Expression? {
      guard let index = rest.firstIndex(where: { names.contains($0.name) }) else { return nil }
      guard case .expression(let value) = rest[index].value else { return nil }
      rest.remove(at: index)
      return value
    }
    guard let impedance = take("z0", "zo") else { throw start.line.error(.syntax, "expected z0=OHMS.") }
    if let delay = take("td") {
      return Element(name, nodes, .transmissionLine(impedance: impedance, delay: delay), parameters: rest)
    }
    guard let frequency = take("f") else {
      throw start.line.error(.syntax, "expected td=SECONDS or f=HERTZ.")
    }
    let wavelengths = take("nl") ?? 0.25
    var delay = wavelengths / frequency
    if case .constant(let a) = wavelengths, case .constant(let b) = frequency { delay = .constant(a / b) }
    return Element(name, nodes, .transmissionLine(impedance: impedance, delay: delay), parameters: rest)
  }

  // MARK: transistors and instances

  /// Parameters of a junction device, the first of which may be its area without a name.
  private mutating func junctionParameters(
    _ tokens: inout CardTokens, _ flags: Set<String>
  ) throws(SpiceError) -> [Parameter] {
    var list: [Parameter] = []
    if let token = tokens.peek(), token.kind == .expression || SpiceNumber(word: token.text) != nil,
      let area = try valueIfAny(&tokens)
    {
      list.append(Parameter("area", area))
    }
    return list + (try parameters(&tokens, flags: flags))
  }

  private mutating func bipolar(
    _ name: String, _ tokens: inout CardTokens, _ flags: Set<String>
  ) throws(SpiceError) -> Element {
    var nodes = try nodes(3, &tokens)
    var word = try tokens.word("a model or the substrate")
    // The substrate is a node where a model follows and the word itself names none.
    if let next = tokens.peek(), next.kind == .word, !tokens.isAssignment, !scope.isModel(word.lowercased()),
      scope.isModel(next.text.lowercased())
        || SpiceNumber(word: next.text) == nil && !flags.contains(next.text.lowercased())
    {
      nodes.append(naming.node(word))
      word = try tokens.word("the name of a model")
    }
    if let next = tokens.peek(), next.kind == .word, scope.isModel(next.text.lowercased()),
      !scope.isModel(word.lowercased())
    {
      throw tokens.line.error(.unsupported, "bipolar transistors with a thermal node are not supported.")
    }
    return Element(
      name, nodes, .bjt(model: word.lowercased()), parameters: try junctionParameters(&tokens, flags))
  }

  private mutating func mosfet(
    _ name: String, _ tokens: inout CardTokens, _ flags: Set<String>
  ) throws(SpiceError) -> Element {
    let nodes = try nodes(4, &tokens)
    guard let token = tokens.peek(), token.kind == .word, !tokens.isAssignment else {
      throw tokens.error("expected drain, gate, source, bulk and a model.")
    }
    let model = try tokens.word("the name of a model").lowercased()
    if let next = tokens.peek(), next.kind == .word, !tokens.isAssignment,
      !flags.contains(next.text.lowercased())
    {
      throw tokens.error("transistors with more than four nodes are not supported.", code: .unsupported)
    }
    return Element(name, nodes, .mosfet(model: model), parameters: try parameters(&tokens, flags: flags))
  }

  private mutating func instance(_ name: String, _ tokens: inout CardTokens) throws(SpiceError) -> Element {
    var words: [String] = []
    while tokens.peek() != nil, !tokens.isAssignment {
      if tokens.take(.open) || tokens.take(.close) || tokens.take(.comma) { continue }
      let word = try tokens.word("a node or the name of a subcircuit")
      if word.lowercased() == "params:" { break }
      words.append(word)
    }
    guard let last = words.popLast()?.lowercased() else {
      throw tokens.error("expected nodes and the name of a subcircuit.")
    }
    let subcircuit = scope.subcircuit(last)?.finalName ?? last
    return Element(
      name, words.map(naming.node), .instance(of: subcircuit),
      parameters: try parameters(&tokens, isExpression: true))
  }
}

extension Expression {
  /// Whether numbers and parameters alone decide it.
  var isStatic: Bool {
    switch self {
    case .voltage, .current, .time: false
    default: children.allSatisfy(\.isStatic)
    }
  }
}
