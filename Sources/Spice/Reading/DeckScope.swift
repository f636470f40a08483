/// A circuit or subcircuit while its lines are collected.
///
/// Used by one reader alone.
final class DeckScope {
  /// The name in lower case; nil at the top level.
  let name: String?
  /// The `.subckt` line.
  let header: DeckLine?
  /// The enclosing circuit.
  let parent: DeckScope?
  /// The lines inside, without those of inner subcircuits.
  var lines: [DeckLine] = []
  /// The subcircuits that are defined inside, in order.
  private(set) var children: [DeckScope] = []
  private var childByName: [String: DeckScope] = [:]
  /// The functions.
  let functions: FunctionTable
  /// The parameters, wherever in the scope they are defined.
  var parameters: Set<String> = []
  /// The model cards.
  var models: Set<String> = []
  /// The name in the circuit, where inner subcircuits stand beside the outer ones.
  var finalName = ""

  init(_ name: String? = nil, header: DeckLine? = nil, in parent: DeckScope? = nil) {
    self.name = name
    self.header = header
    self.parent = parent
    functions = FunctionTable(inside: parent?.functions)
    finalName = name ?? ""
  }

  /// Whether a name is a parameter here.
  func isParameter(_ name: String) -> Bool {
    parameters.contains(name) || parent?.isParameter(name) == true
  }

  /// Whether a name is that of a model card here, of a bin too.
  func isModel(_ name: String) -> Bool { models.contains(name) || parent?.isModel(name) == true }

  /// The subcircuit that a name means here, if the deck defines it.
  func subcircuit(_ name: String) -> DeckScope? { childByName[name] ?? parent?.subcircuit(name) }

  /// Adds a subcircuit that is defined inside.
  func add(_ child: DeckScope) {
    children.append(child)
    childByName[child.name ?? ""] = child
  }

  /// How many subcircuits lie around.
  var depth: Int { parent.map { $0.depth + 1 } ?? 0 }

  /// This and every scope inside.
  var all: [DeckScope] { [self] + children.flatMap(\.all) }

  /// Learns the names that the lines define.
  ///
  /// - Returns: What is wrong with the definitions of functions.
  func learnNames() -> [SpiceError] {
    var errors: [SpiceError] = []
    if let header { parameters.formUnion(Self.assignedNames(header)) }
    for line in lines {
      do throws(SpiceError) { try learn(line) } catch { errors.append(error) }
    }
    return errors
  }

  /// Learns the names that a line defines.
  func learn(_ line: DeckLine) throws(SpiceError) {
    let keyword = line.keyword
    if keyword == ".func" {
      try functions.define(line, at: keyword.utf8.count)
    } else if keyword.hasPrefix(".para") {
      if let start = Self.functionStart(line) {
        try functions.define(line, at: start)
      } else {
        parameters.formUnion(Self.assignedNames(line))
      }
    } else if keyword == ".model" {
      let words = line.text.split { $0 == " " || $0 == "\t" || $0 == "(" }
      if words.count > 1 { models.formUnion(Names.models(of: words[1].lowercased())) }
    }
  }

  /// Where in a `.param` line a function begins (`.param f(x)={...}`); nil where none does.
  static func functionStart(_ line: DeckLine) -> Int? {
    guard let tokens = try? CardTokens(line, from: line.keyword.utf8.count), let first = tokens.peek(),
      first.kind == .word, tokens.peek(1)?.kind == .open
    else { return nil }
    return first.offset
  }

  /// The names before `=` signs.
  private static func assignedNames(_ line: DeckLine) -> Set<String> {
    guard let tokens = try? CardTokens(line, from: line.keyword.utf8.count) else { return [] }
    var names: Set<String> = []
    for index in 0..<tokens.remaining {
      guard let token = tokens.peek(index), token.kind == .word, tokens.peek(index + 1)?.kind == .equals,
        tokens.peek(index + 2)?.kind != .equals
      else { continue }
      names.insert(token.text.lowercased().withoutKeyword("params:"))
    }
    return names
  }
}

extension String {
  /// The rest after a keyword, or the whole where it does not begin with that.
  func withoutKeyword(_ keyword: String) -> String {
    hasPrefix(keyword) ? String(dropFirst(keyword.count)) : self
  }
}
