/// The text of a netlist file, taken apart into logical lines.
struct DeckText: Sendable {
  /// The lines that are no comments.
  private(set) var lines: [DeckLine] = []
  /// The comments that speak to us: see ``StructuredRemark``.
  private(set) var remarks: [DeckLine] = []
  /// The first line, where it is a title.
  private(set) var title: String?
  /// What is wrong with single lines.
  private(set) var errors: [SpiceError] = []

  private static let asterisk = UInt8(ascii: "*")

  /// Takes a file apart.
  ///
  /// - Parameters:
  ///   - content: The bytes, UTF-8 or else Latin-1.
  ///   - file: Its name for messages.
  ///   - isTitled: Whether the first line is the title.
  ///   - firstLine: The number of the first line.
  init(_ content: [UInt8], file: String, isTitled: Bool, firstLine: Int = 1) {
    let bytes = Self.utf8(content)
    var number = firstLine - 1
    var canContinue = false
    var continuesBySlashes = false
    for raw in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      // As ngspice reads a file: carriage returns go wherever they stand.
      let whole = raw.contains(UInt8(ascii: "\r")) ? raw.filter { $0 != UInt8(ascii: "\r") }[...] : raw
      if number == firstLine, isTitled {
        title = String(decoding: whole, as: UTF8.self)
        continue
      }
      var line = whole.drop(while: \.isBlank)
      guard let first = line.first, first != Self.asterisk else {
        if StructuredRemark.isAddressed(line) { remarks.append(DeckLine(line, file: file, line: number)) }
        continue
      }
      line = Self.withoutComment(line)
      guard let first = line.first else { continue }
      if let control = line.first(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") }) {
        errors.append(
          SpiceError(
            .syntax, "the line holds a control character.", place: "\(DeckPlace(file: file, line: number))",
            cause: "code \(control)"))
        continue
      }
      let goesOn = line.count > 2 && line.suffix(2).allSatisfy { $0 == UInt8(ascii: "\\") }
      if goesOn { line = line.dropLast(2) }
      if first == UInt8(ascii: "+") || continuesBySlashes {
        let rest = first == UInt8(ascii: "+") ? line.dropFirst() : line
        if canContinue {
          lines[lines.count - 1].append(rest, line: number)
        } else {
          errors.append(
            DeckLine(line, file: file, line: number).error(
              .syntax, "there is no line that it could continue."))
        }
      } else {
        lines.append(DeckLine(line, file: file, line: number))
        canContinue = true
      }
      continuesBySlashes = goesOn
    }
  }

  /// The line up to a comment at its end, without blanks before it: `;`, `//`, or `$` after a blank or comma.
  private static func withoutComment(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end = line.endIndex
    for index in line.indices {
      let byte = line[index]
      let isComment =
        switch byte {
        case UInt8(ascii: ";"): true
        case UInt8(ascii: "#"): index == line.startIndex
        case UInt8(ascii: "$"):
          index == line.startIndex || line[index - 1].isBlank || line[index - 1] == UInt8(ascii: ",")
        case UInt8(ascii: "/"): index + 1 < line.endIndex && line[index + 1] == byte
        default: false
        }
      if isComment {
        end = index
        break
      }
    }
    var rest = line[..<end]
    while let last = rest.last, last.isBlank { rest = rest.dropLast() }
    return rest
  }

  /// The bytes as UTF-8: as they are, or converted from Latin-1.
  private static func utf8(_ bytes: [UInt8]) -> [UInt8] {
    let marked = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    if marked.allSatisfy({ $0 < 0x80 }) || String(validating: marked, as: UTF8.self) != nil { return marked }
    return marked.flatMap { $0 < 0x80 ? [$0] : [0xC0 | $0 >> 6, 0x80 | $0 & 0x3F] }
  }
}
