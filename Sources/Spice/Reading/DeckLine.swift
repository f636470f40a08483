/// One logical line of a netlist: continuations joined with blanks, comments gone.
struct DeckLine: Sendable {
  /// The text, at least one byte, beginning with none that is blank.
  private(set) var bytes: [UInt8]
  /// The file, as it was named.
  let file: String
  /// Where in the text each physical line begins.
  private var starts: [(offset: Int, line: Int)]

  init(_ bytes: some Sequence<UInt8>, file: String, line: Int) {
    self.bytes = Array(bytes)
    self.file = file
    starts = [(0, line)]
  }

  /// Continues the line on another physical one.
  mutating func append(_ more: some Sequence<UInt8>, line: Int) {
    bytes.append(UInt8(ascii: " "))
    starts.append((bytes.count, line))
    bytes += more
  }

  /// The first physical line.
  var place: DeckPlace { DeckPlace(file: file, line: starts[0].line) }

  /// The physical line of a byte.
  func place(at offset: Int) -> DeckPlace {
    DeckPlace(file: file, line: (starts.last { $0.offset <= offset } ?? starts[0]).line)
  }

  /// The whole text.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The first word in lower case, such as `.param` or `m1`.
  var keyword: String {
    String(
      decoding: bytes.prefix { !$0.isBlank && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "(") },
      as: UTF8.self
    )
    .lowercased()
  }

  /// An error about the text at a byte, quoting it.
  func error(_ code: SpiceError.Code, _ message: String, at offset: Int = 0) -> SpiceError {
    var start = Swift.max(0, Swift.min(offset, bytes.count))
    while start > 0, offset - start < 12, !bytes[start - 1].isBlank { start -= 1 }
    let quoted = bytes[start...].prefix(40)
    let text = String(decoding: quoted, as: UTF8.self) + (start + 40 < bytes.count ? "..." : "")
    return SpiceError(
      code, message, place: "\(place(at: offset))",
      cause: text.isEmpty ? "at the end of the line" : "at \(text)")
  }
}

extension UInt8 {
  /// Whether it is a space or tab.
  var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
  /// Whether it is a digit.
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  /// Whether it is an ASCII letter.
  var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  /// Whether it may stand in a name: letter, digit or underscore.
  var isNameByte: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }
  /// The ASCII letter in lower case; other bytes as they are.
  var lowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
