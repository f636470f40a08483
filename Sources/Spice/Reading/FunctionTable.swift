/// The functions that a deck defines (`.func`, or `.param` with arguments), each read once when first called.
///
/// Used by one reader alone.
final class FunctionTable {
  /// A function that has been read.
  struct Definition {
    var arguments: [String]
    /// The body, the arguments in it as parameters of their names.
    var body: ExpressionPiece
  }

  private struct Source {
    var arguments: [String]
    var line: DeckLine
    var start: Int
    var end: Int
  }

  private enum Entry {
    case reading
    case read(Definition)
  }

  private var sources: [String: Source] = [:]
  /// What has been read, by language: a few words differ.
  private var entries: [ExpressionParser.Language: [String: Entry]] = [:]
  private let outer: FunctionTable?
  private var depth = 0

  /// Makes a table in which functions of an enclosing scope are found too.
  init(inside outer: FunctionTable? = nil) { self.outer = outer }

  /// Keeps a definition; a later one of the same name wins, as in ngspice.
  ///
  /// - Parameters:
  ///   - line: The line.
  ///   - start: The byte at which the name begins.
  func define(_ line: DeckLine, at start: Int) throws(SpiceError) {
    let names = ExpressionNames(functions: self, isParameter: { _ in false })
    var parser = ExpressionParser(line, at: start, .braced, names)
    _ = parser.peek()
    let name = parser.word()
    guard !name.isEmpty, parser.take("(") else { throw parser.error("expected name(argument, ...).") }
    var arguments: [String] = []
    while !parser.take(")") {
      _ = parser.peek()
      let argument = parser.word()
      guard !argument.isEmpty, !arguments.contains(argument) else {
        throw parser.error("expected the names of arguments, each once.")
      }
      arguments.append(argument)
      _ = parser.take(",")
    }
    _ = parser.take("=")
    guard let first = parser.peek() else { throw parser.error("expected the body of the function.") }
    var (begin, end) = (parser.position, line.bytes.count)
    let close = first == UInt8(ascii: "{") ? UInt8(ascii: "}") : first
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") {
      guard line.bytes[end - 1] == close, end - 1 > begin else { throw parser.error("the body has no end.") }
      begin += 1
      end -= 1
    }
    sources[name] = Source(arguments: arguments, line: line, start: begin, end: end)
  }

  /// The function of a name, or nil.
  subscript(name: String, from caller: ExpressionParser) -> Definition? {
    get throws(SpiceError) {
      guard let source = sources[name] else { return try outer?[name, from: caller] }
      let language = caller.language
      switch entries[language]?[name] {
      case .read(let definition): return definition
      case .reading: throw caller.error("the function \(name) calls itself.")
      case nil: break
      }
      guard depth < 50 else { throw caller.error("functions call each other deeper than 50 levels.") }
      depth += 1
      entries[language, default: [:]][name] = .reading
      defer {
        depth -= 1
        if case .reading? = entries[language]?[name] { entries[language]?[name] = nil }
      }
      var names = caller.names
      names.functions = self
      names.arguments = Set(source.arguments)
      var parser = ExpressionParser(source.line, at: source.start, to: source.end, language, names)
      let definition = Definition(arguments: source.arguments, body: try parser.wholeExpression())
      entries[language, default: [:]][name] = .read(definition)
      return definition
    }
  }
}
