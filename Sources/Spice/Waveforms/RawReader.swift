/// Reads the pieces of a raw file: lines, words and doubles, and says where something is wrong.
struct RawReader {
  private let bytes: [UInt8]
  private let name: String
  /// The next byte.
  var position = 0
  /// Whether binary values came before, after which lines are no measure of a place.
  var isPastBinary = false

  init(_ bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  /// An error at a byte, by default the next one, which names the line unless binary values came before.
  func failure(_ message: String, at offset: Int? = nil) -> SpiceError {
    let offset = offset ?? position
    let line = bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
    return SpiceError(
      .malformedFile, message + ".", place: isPastBinary ? "\(name), byte \(offset)" : "\(name):\(line)")
  }

  /// The beginning of a text for a message, without what a terminal would not show.
  func excerpt(_ text: some StringProtocol) -> String {
    let shown = text.prefix(40).map { $0.isASCII && ($0.asciiValue ?? 0) >= 32 && $0 != "\u{7f}" ? $0 : "?" }
    return String(shown) + (text.count > 40 ? "..." : "")
  }

  /// What was found instead of something, for a message.
  func quoted(_ word: String) -> String { word.isEmpty ? "the end of the file" : "\"\(excerpt(word))\"" }

  /// Whether a byte is an ASCII letter.
  func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xdf) }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  /// Skips blanks and empty lines; false at the end.
  @discardableResult mutating func skipToContent() -> Bool {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
    return position < bytes.count
  }

  /// The next line without its end (LF or CR LF), or nil at the end of the file.
  mutating func line() throws(SpiceError) -> String? {
    guard position < bytes.count else { return nil }
    let limit = min(bytes.count, position + (1 << 16))
    guard
      let end = bytes[position..<limit].firstIndex(of: UInt8(ascii: "\n"))
        ?? (limit == bytes.count ? limit : nil)
    else {
      throw failure("expected a header line and found more than \(1 << 16) bytes without a line break")
    }
    var text = bytes[position..<end]
    if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
    position = min(end + 1, bytes.count)
    return String(decoding: text, as: UTF8.self)
  }

  /// The next word up to a blank or comma, without either; empty at the end of the file.
  mutating func token() -> String {
    guard skipToContent() else { return "" }
    let start = position
    while position < bytes.count, !isBlank(bytes[position]), bytes[position] != UInt8(ascii: ",") {
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Without blanks at its ends.
  func trimmed(_ text: some StringProtocol) -> String {
    let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
    let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? start
    return String(text[start..<end])
  }

  /// The count that a header line gives.
  func number(_ text: String, minimum: Int, _ key: String, at start: Int) throws(SpiceError) -> Int {
    guard let value = Int(text), value >= minimum else {
      throw failure(
        "expected a count of at least \(minimum) after \"\(key):\" and found \"\(excerpt(text))\"", at: start)
    }
    return value
  }

  /// The number of a variable at a point.
  mutating func textNumber(of name: String, _ row: Int) throws(SpiceError) -> Double {
    skipToContent()
    let start = position
    let word = token()
    guard let value = Double(word) else {
      throw failure(
        "expected the value of \(excerpt(name)) at point \(row) and found \(quoted(word))", at: start)
    }
    return value
  }

  /// The comma and the number behind it.
  mutating func imaginaryTextNumber(of name: String, _ row: Int) throws(SpiceError) -> Double {
    guard skipToContent(), bytes[position] == UInt8(ascii: ",") else {
      throw failure("expected a comma and the imaginary part of \(excerpt(name)) at point \(row)")
    }
    position += 1
    return try textNumber(of: name, row)
  }

  /// The double at a byte; it must lie within the file.
  func double(at offset: Int) -> Double {
    let pattern = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    return Double(bitPattern: UInt64(littleEndian: pattern))
  }

  /// Makes sure, before anything is allocated, that the file has room for the values that its header promises.
  func require(_ lengths: [Int], bytesPerValue: Int, missingAtEnd: Int = 0) throws(SpiceError) {
    let available = bytes.count - position
    var needed = 0
    var overflows = false
    for length in lengths {
      let (size, first) = length.multipliedReportingOverflow(by: bytesPerValue)
      let (sum, second) = needed.addingReportingOverflow(size)
      overflows = overflows || first || second
      needed = sum
    }
    guard !overflows, needed - missingAtEnd <= available else {
      let promised = overflows ? "more bytes than can be counted" : "at least \(needed) bytes"
      throw failure(
        "expected the values of \(lengths.count) variables at \(lengths.max() ?? 0) points, \(promised), and found \(available)"
      )
    }
  }
}
