/// A piece of an element or control line.
struct CardToken: Sendable {
  /// The kinds of piece.
  enum Kind: Sendable {
    /// A name, a number or what else stands without blanks.
    case word
    /// What stands between braces or single quotes.
    case expression
    /// What stands between double quotes.
    case string
    case equals
    case open
    case close
    case comma
  }

  var kind: Kind
  /// The text, without braces or quotes.
  var text: String
  /// Its first byte in the line, within braces or quotes.
  var offset: Int
  /// Whether a blank stands before it.
  var isDetached: Bool
}

/// The pieces of a line, to be taken from left to right.
struct CardTokens: Sendable {
  let line: DeckLine
  private let tokens: [CardToken]
  private var position = 0

  /// Takes a line apart from a byte on.
  init(_ line: DeckLine, from start: Int = 0) throws(SpiceError) {
    self.line = line
    let bytes = line.bytes
    var tokens: [CardToken] = []
    var index = start
    var isDetached = true
    func add(_ kind: CardToken.Kind, _ range: Range<Int>) {
      tokens.append(
        CardToken(
          kind: kind, text: String(decoding: bytes[range], as: UTF8.self), offset: range.lowerBound,
          isDetached: isDetached))
    }
    while index < bytes.count {
      let byte = bytes[index]
      if byte.isBlank {
        isDetached = true
        index += 1
        continue
      }
      switch byte {
      case UInt8(ascii: "="), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","):
        let kind: CardToken.Kind =
          byte == UInt8(ascii: "=")
          ? .equals
          : byte == UInt8(ascii: ",")
            ? .comma
            : byte == UInt8(ascii: "(") ? .open : .close
        add(kind, index..<(index + 1))
        index += 1
      case UInt8(ascii: "{"), UInt8(ascii: "'"), UInt8(ascii: "\""):
        guard let close = Self.close(of: index, in: bytes) else {
          throw line.error(.syntax, "what opens here has no end.", at: index)
        }
        add(byte == UInt8(ascii: "\"") ? .string : .expression, (index + 1)..<close)
        index = close + 1
      default:
        let begin = index
        while index < bytes.count, !Self.isStop(bytes[index]) { index += 1 }
        // A stray closing brace ends a word, but is no word.
        guard index > begin else { throw line.error(.syntax, "nothing opens what closes here.", at: index) }
        add(.word, begin..<index)
      }
      isDetached = false
    }
    self.tokens = tokens
  }

  private static func isStop(_ byte: UInt8) -> Bool {
    byte.isBlank || "=(),{}'\"".utf8.contains(byte)
  }

  /// The byte that closes the brace or quote at a byte.
  private static func close(of open: Int, in bytes: [UInt8]) -> Int? {
    let mark = bytes[open]
    guard mark == UInt8(ascii: "{") else { return bytes[(open + 1)...].firstIndex(of: mark) }
    var depth = 0
    for index in open..<bytes.count {
      if bytes[index] == mark { depth += 1 }
      if bytes[index] == UInt8(ascii: "}") { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }

  /// The next piece, or one after it.
  func peek(_ ahead: Int = 0) -> CardToken? {
    position + ahead < tokens.count ? tokens[position + ahead] : nil
  }

  /// How many pieces are left.
  var remaining: Int { tokens.count - position }

  /// Takes the next piece.
  mutating func next() -> CardToken? {
    guard position < tokens.count else { return nil }
    position += 1
    return tokens[position - 1]
  }

  /// Takes a piece of a kind, if it comes next.
  mutating func take(_ kind: CardToken.Kind) -> Bool {
    guard peek()?.kind == kind else { return false }
    position += 1
    return true
  }

  /// Takes a word in lower case, if that comes next.
  mutating func take(keyword: String) -> Bool {
    guard let token = peek(), token.kind == .word, token.text.lowercased() == keyword else { return false }
    position += 1
    return true
  }

  /// Takes a word.
  mutating func word(_ what: String) throws(SpiceError) -> String {
    guard let token = peek(), token.kind == .word else { throw error("expected \(what).") }
    position += 1
    return token.text
  }

  /// Takes a word or a text between quotes, as a file is named.
  mutating func name(_ what: String) throws(SpiceError) -> String {
    guard let token = peek(), [.word, .string, .expression].contains(token.kind), !token.text.isEmpty else {
      throw error("expected \(what).")
    }
    position += 1
    return token.text
  }

  /// Whether `name =` comes next.
  var isAssignment: Bool { peek()?.kind == .word && peek(1)?.kind == .equals }

  /// The byte of the next piece, or the end of the line.
  var offset: Int { peek()?.offset ?? line.bytes.count }

  /// An error at the next piece.
  func error(_ message: String, code: SpiceError.Code = .syntax) -> SpiceError {
    line.error(code, message, at: offset)
  }

  /// Fails where something is left.
  func expectEnd() throws(SpiceError) {
    guard position == tokens.count else { throw error("expected the end of the line.") }
  }

  /// Moves to the first piece at or after a byte.
  mutating func move(to offset: Int) {
    position = tokens.firstIndex { $0.offset >= offset } ?? tokens.count
  }
}
