/// Subcircuits: their interfaces, their bodies, and those inside others.
extension DeckReader {
  /// Gives inner subcircuits their names in the circuit, where all stand side by side.
  ///
  /// One keeps its name where it is the only one of it; else the name of the outer one is put before it.
  mutating func nameSubcircuits() {
    let scopes = top.all.dropFirst()
    var taken = Set(top.children.compactMap(\.name))
    for scope in scopes where scope.parent !== top {
      guard let name = scope.name, let outer = scope.parent else { continue }
      var candidate = name
      if taken.contains(name) { candidate = "\(outer.finalName)_\(name)" }
      while taken.contains(candidate) { candidate += "_" }
      taken.insert(candidate)
      scope.finalName = candidate
      if let header = scope.header {
        remark("the subcircuit \(name) inside \(outer.finalName) stands beside it as \(candidate).", header)
      }
    }
  }

  /// Gives the polynomials of currents the names of behavioural sources, before anything refers to them.
  mutating func renamePolynomials() {
    for scope in top.all {
      for line in scope.lines
      where line.bytes[0].lowercased == UInt8(ascii: "f") || line.bytes[0].lowercased == UInt8(ascii: "h") {
        let words = line.text.lowercased().split { $0 == " " || $0 == "\t" || $0 == "(" }
        guard words.count > 3, words[3] == "poly" || words.count > 4 && words[4] == "poly" else { continue }
        let name = naming.element(String(words[0]))
        renamedElements["\(scope.finalName) \(name)"] = Self.behavioralName(name)
      }
    }
  }

  /// Reads a subcircuit after those inside it.
  mutating func readSubcircuit(_ subject: DeckScope) {
    for child in subject.children { readSubcircuit(child) }
    guard let header = subject.header else { return }
    scope = subject
    defer { scope = top }
    var subcircuit = Subcircuit(subject.finalName, ports: [])
    attempt(header) { (reader) throws(SpiceError) in
      let (ports, parameters) = try reader.interface(header)
      subcircuit.ports = ports
      subcircuit.parameters = parameters
    }
    note(.subcircuit(subject.finalName), at: header.place)
    for line in subject.lines {
      attempt(line) { (reader) throws(SpiceError) in try reader.read(line, into: &subcircuit) }
    }
    inherit(into: &subcircuit, subject)
    circuit.subcircuits.append(subcircuit)
  }

  /// Ports and parameters of a `.subckt` line.
  private mutating func interface(_ header: DeckLine) throws(SpiceError) -> ([Node], [Parameter]) {
    var tokens = try CardTokens(header, from: header.keyword.utf8.count)
    _ = try tokens.word("the name of the subcircuit")
    var ports: [Node] = []
    while tokens.peek() != nil, !tokens.isAssignment {
      if tokens.take(.open) || tokens.take(.close) || tokens.take(.comma) { continue }
      let word = try tokens.word("a port")
      if word.lowercased() == "params:" { break }
      ports.append(naming.node(word))
    }
    return (ports, try parameters(&tokens, isExpression: true))
  }

  private mutating func read(_ line: DeckLine, into subcircuit: inout Subcircuit) throws(SpiceError) {
    let name = subcircuit.name
    guard line.bytes[0] == UInt8(ascii: ".") else {
      let element = try element(line)
      note(.element(element.name, subcircuit: name), at: line.place)
      subcircuit.elements.append(element)
      return
    }
    let keyword = line.keyword
    if keyword == ".model" {
      if let model = try model(line) {
        note(.model(model.name, subcircuit: name), at: line.place)
        subcircuit.models.append(model)
      }
    } else if keyword.hasPrefix(".para") {
      for (parameter, place) in try assignments(line) {
        note(.parameter(parameter.name, subcircuit: name), at: place)
        subcircuit.localParameters.append(parameter)
      }
    } else if keyword != ".func" {
      try refuse(line, keyword)
      throw line.error(.unsupported, "\(keyword) inside a subcircuit.")
    }
  }

  /// Model cards of enclosing subcircuits that an inner one uses go with it, since it leaves them.
  private func inherit(into subcircuit: inout Subcircuit, _ subject: DeckScope) {
    var own = Set(subcircuit.models.map(\.name))
    let used = Set(subcircuit.elements.compactMap(\.device.model))
    var outer = subject.parent
    while let scope = outer, scope !== top {
      for line in scope.lines where line.keyword == ".model" {
        var reader = self
        reader.scope = scope
        guard let model = try? reader.model(line), !own.contains(model.name),
          !used.isDisjoint(with: Names.models(of: model.name))
        else { continue }
        own.insert(model.name)
        subcircuit.models.append(model)
      }
      outer = scope.parent
    }
  }
}
