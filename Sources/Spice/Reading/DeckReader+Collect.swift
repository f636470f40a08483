/// Which line belongs where.
extension DeckReader {
  /// How deep subcircuits may be defined inside each other.
  private static let deepestScope = 50

  /// Gives each line of the deck to its scope, and each include its place.
  mutating func collect(_ lines: [DeckLine]) {
    hasMultipliers = lines.contains(where: Self.isMultiplied)
    for (index, line) in lines.enumerated() {
      if line.keyword == ".end" {
        if index + 1 < lines.count { remark("what follows .end is not read.", lines[index + 1]) }
        break
      }
      attempt(line) { (reader) throws(SpiceError) in try reader.collect(line, isInDeck: true) }
    }
    if let section = openSection {
      errors.append(SpiceError(.syntax, "section \(section) has no .endl.", place: name))
    }
    if let header = scope.header {
      errors.append(header.error(.syntax, "the subcircuit has no .ends."))
    }
    scope = top
  }

  /// Reads the lines of a model file, which holds nothing else.
  mutating func readDefinitions(_ lines: [DeckLine]) {
    for line in lines {
      attempt(line) { (reader) throws(SpiceError) in try reader.collect(line, isInDeck: false) }
    }
    if let header = scope.header { errors.append(header.error(.syntax, "the subcircuit has no .ends.")) }
    scope = top
    for scope in top.all { errors += scope.learnNames() }
    nameSubcircuits()
    renamePolynomials()
    readParameters()
    for line in top.lines {
      attempt(line) { (reader) throws(SpiceError) in
        let keyword = line.keyword
        guard keyword == ".model" || keyword == ".func" || keyword.hasPrefix(".para") else {
          throw line.error(
            .unsupported, "a model file has models, subcircuits, parameters and functions alone.")
        }
        try reader.readCard(line)
      }
    }
    for scope in top.children { readSubcircuit(scope) }
  }

  private mutating func collect(_ line: DeckLine, isInDeck: Bool) throws(SpiceError) {
    let keyword = line.keyword
    if isInControl {
      // One error for the section is enough.
      isInControl = !keyword.hasPrefix(".endc")
      return
    }
    if let reason = IncludeInspection.danger(of: line.bytes[...], line.bytes[0]) {
      isInControl = keyword.hasPrefix(".control")
      throw line.error(.refused, reason)
    }
    if isInDeck, openSection != nil || keyword.hasPrefix(".lib") || keyword == ".endl" {
      try collectSection(line, keyword)
      return
    }
    switch keyword {
    case ".include", ".inc", ".incl": try include(line)
    case ".subckt", ".macro":
      var tokens = try CardTokens(line, from: keyword.utf8.count)
      let name = try tokens.word("the name of the subcircuit").lowercased()
      guard scope.depth < Self.deepestScope else {
        throw line.error(.syntax, "subcircuits nest deeper than \(Self.deepestScope) levels.")
      }
      let inner = DeckScope(name, header: line, in: scope)
      scope.add(inner)
      scope = inner
    case ".ends", ".eom":
      guard let outer = scope.parent else { throw line.error(.syntax, "no subcircuit ends here.") }
      let named = line.text.split { $0 == " " || $0 == "\t" }.dropFirst().first.map { $0.lowercased() }
      let open = scope.name
      scope = outer
      if let named, named != open {
        throw line.error(.syntax, "the subcircuit that ends here is \(open ?? "").")
      }
    case ".end": break
    default: scope.lines.append(line)
    }
  }

  /// Lines of a section that the deck itself defines, and references to sections.
  private mutating func collectSection(_ line: DeckLine, _ keyword: String) throws(SpiceError) {
    if keyword == ".endl" {
      guard openSection != nil else { throw line.error(.syntax, "no section ends here.") }
      openSection = nil
    } else if let section = openSection {
      sections[section, default: []].append(line)
    } else if case .section(let name) = try DeckPaths.directive(line) {
      guard !name.contains("."), !name.contains("/") else {
        throw line.error(.syntax, "a section of \(name) is missing; .include takes a whole file.")
      }
      openSection = name.lowercased()
      sections[name.lowercased()] = sections[name.lowercased()] ?? []
    } else {
      try include(line)
    }
  }

  /// Keeps an include for ngspice, where it defines models, subcircuits and parameters alone at the top level;
  /// else its lines become lines of the deck.
  private mutating func include(_ line: DeckLine) throws(SpiceError) {
    guard case .include(let named) = try DeckPaths.directive(line) else { return }
    let complete = Include(RegularFile.path(named.path, from: directoryOf(line)), section: named.section)
    if let section = named.section?.lowercased(), let own = sections[section],
      let real = RegularFile.realPath(complete.path), real == RegularFile.realPath(name)
    {
      for line in own { try collect(line, isInDeck: false) }
      return
    }
    if !files.isComplete { try inspection.inspect(complete, from: line, in: &files) }
    let lines = try files.lines(of: complete, from: line)
    // ngspice would lose multipliers in subcircuits that it reads itself.
    let isLost =
      lines.contains { $0.keyword == ".subckt" || $0.keyword == ".macro" }
      && (hasMultipliers || lines.contains(where: Self.isMultiplied))
    guard scope === top, line.file == name, Self.onlyDefines(lines), !isLost else {
      for line in lines {
        attempt(line) { (reader) throws(SpiceError) in try reader.collect(line, isInDeck: false) }
      }
      return
    }
    circuit.includes.append(named)
    note(.include(Include(complete.path, section: complete.section)), at: line.place)
    includedTexts[Include(complete.path, section: complete.section?.lowercased())] =
      lines.map { $0.text + "\n" }.joined()
    let scan = IncludeScan(lines)
    top.parameters.formUnion(scan.parameters)
    top.models.formUnion(scan.models)
    var level = 0
    for line in lines {
      let keyword = line.keyword
      if keyword == ".subckt" || keyword == ".macro" { level += 1 }
      if keyword == ".ends" || keyword == ".eom" { level -= 1 }
      guard level == 0 else { continue }
      if keyword == ".func" || keyword.hasPrefix(".para") && DeckScope.functionStart(line) != nil {
        try top.learn(line)
      } else if keyword.hasPrefix(".para") {
        includedParameters.append(line)
      }
    }
  }

  /// Whether a line is an instance that stands for several.
  private static func isMultiplied(_ line: DeckLine) -> Bool {
    guard line.bytes[0].lowercased == UInt8(ascii: "x"), let tokens = try? CardTokens(line) else {
      return false
    }
    return (0..<tokens.remaining).contains { index in
      tokens.peek(index)?.text.lowercased() == "m" && tokens.peek(index + 1)?.kind == .equals
    }
  }

  /// The directory from which the names on a line count.
  private func directoryOf(_ line: DeckLine) -> String {
    line.file == name ? directory : FileText.directory(of: line.file)
  }

  /// Whether lines define models, subcircuits, parameters and functions and do nothing else.
  private static func onlyDefines(_ lines: [DeckLine]) -> Bool {
    let definitions: Set = [
      ".model", ".param", ".params", ".parameters", ".func", ".subckt", ".macro", ".ends", ".eom", ".if",
      ".elseif", ".else", ".endif", ".end",
    ]
    var level = 0
    for line in lines {
      let keyword = line.keyword
      if line.bytes[0] == UInt8(ascii: ".") {
        guard definitions.contains(keyword) else { return false }
        if keyword == ".subckt" || keyword == ".macro" { level += 1 }
        if keyword == ".ends" || keyword == ".eom" { level -= 1 }
      } else {
        guard level > 0, line.bytes[0].isLetter, line.bytes[0].lowercased != UInt8(ascii: "a") else {
          return false
        }
      }
    }
    return level == 0
  }
}
