/// Looks through a file that ngspice is to read itself, and through all that it includes, before ngspice does.
///
/// What a foreign model file could do: commands between `.control` and `.endc` or after `*#` run when the deck
/// is loaded, in a library even outside the wanted section; further includes reach any file; some sources and
/// code models read files that they name. ngspice takes lines apart before it joins continuations, so the
/// physical lines are looked at, without carriage returns, which it leaves out wherever they stand.
struct IncludeInspection {
  private let paths: DeckPaths
  private var seen: Set<Include> = []
  private var bytesRead = 0

  /// How deep includes may nest.
  static let deepest = 32
  private static let totalLimit = 512 << 20

  init(_ paths: DeckPaths) { self.paths = paths }

  /// Refuses a file that would do more than define things.
  ///
  /// - Parameters:
  ///   - include: The file, its path complete.
  ///   - origin: The line that includes it.
  ///   - files: Reads it, so that what is looked at is what is used.
  /// - Throws: ``SpiceError/Code/refused``, or ``SpiceError/Code/includeUnreadable``.
  mutating func inspect(
    _ include: Include, from origin: DeckLine, in files: inout IncludeFiles, depth: Int = 0
  ) throws(SpiceError) {
    let key = Include(include.path, section: include.section?.lowercased())
    guard seen.insert(key).inserted else { return }
    func failure(_ code: SpiceError.Code, _ message: String, _ cause: String = "") -> SpiceError {
      SpiceError(code, "\(include.path): \(message)", place: "\(origin.place)", cause: cause)
    }
    guard depth < Self.deepest else {
      throw failure(.includeUnreadable, "includes nest deeper than \(Self.deepest) levels.")
    }
    guard let real = RegularFile.realPath(include.path) else {
      throw failure(.includeUnreadable, "the file is not there.")
    }
    guard paths.contains(real) else {
      throw failure(
        .refused,
        "the file lies outside the deck's directory; --allow-directory names others that it may read from.",
        real == include.path ? "" : "it is \(real)")
    }
    let bytes: [UInt8]
    switch files.bytes(include.path, at: real) {
    case .success(let content): bytes = content
    case .failure(let reason):
      throw failure(.includeUnreadable, "the file cannot be read.", reason.text)
    }
    bytesRead += bytes.count
    guard bytesRead <= Self.totalLimit else {
      throw failure(.includeUnreadable, "the deck includes more than \(Self.totalLimit >> 20) MiB.")
    }
    try inspectLines(bytes, of: include, in: &files, depth: depth)
  }

  private mutating func inspectLines(
    _ bytes: [UInt8], of include: Include, in files: inout IncludeFiles, depth: Int
  ) throws(SpiceError) {
    var number = 0
    var section: String?
    let directory = FileText.directory(of: include.path)
    for raw in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let whole = raw.contains(UInt8(ascii: "\r")) ? raw.filter { $0 != UInt8(ascii: "\r") }[...] : raw
      let start = whole.drop(while: \.isBlank)
      guard let first = start.first else { continue }
      let line = DeckLine(start, file: include.path, line: number)
      if let reason = Self.danger(of: start, first) { throw line.error(.refused, reason) }
      guard first == UInt8(ascii: ".") else { continue }
      let keyword = line.keyword
      if keyword.hasPrefix(".endl") { section = nil }
      guard keyword.hasPrefix(".inc") || keyword.hasPrefix(".lib") else { continue }
      let uncommented = DeckText(Array(start), file: include.path, isTitled: false, firstLine: number)
      guard let text = uncommented.lines.first else { continue }
      switch try DeckPaths.directive(text) {
      case .section(let name): section = name.lowercased()
      case .include(let next):
        // Other sections' references are not followed by ngspice; includes are, wherever they stand.
        if next.section != nil, let wanted = include.section?.lowercased(), section != wanted { continue }
        try inspect(
          Include(RegularFile.path(next.path, from: directory), section: next.section), from: text,
          in: &files, depth: depth + 1)
      }
    }
  }

  /// Why a physical line, without leading blanks, must not reach ngspice; nil where it may.
  static func danger(of line: ArraySlice<UInt8>, _ first: UInt8) -> String? {
    func begins(_ text: String) -> Bool {
      line.count >= text.utf8.count && zip(line, text.utf8).allSatisfy { $0.lowercased == $1 }
    }
    if first == UInt8(ascii: "*") {
      if begins("*#") { return "ngspice would run what follows *# as a command." }
      return begins("*ng_script") ? "ngspice would run this file as a script." : nil
    }
    if first == UInt8(ascii: "@") { return "ngspice would stop reading here." }
    if begins(".control") || begins(".endc") { return "ngspice would run the commands that stand here." }
    if line.contains(UInt8(ascii: "`")) { return "backquotes run a command." }
    if line.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") }) {
      return "the line holds a control character."
    }
    return namesFile(line) ? "it reads a file that it names (file=)." : nil
  }

  /// Whether a line has `file =` as a word of its own.
  static func namesFile(_ line: ArraySlice<UInt8>) -> Bool {
    let word = Array("file".utf8)
    var index = line.startIndex
    while index + word.count <= line.endIndex {
      defer { index += 1 }
      guard line[index].lowercased == word[0],
        line[index..<(index + word.count)].elementsEqual(word, by: { $0.lowercased == $1 })
      else { continue }
      if index > line.startIndex, line[index - 1].isNameByte { continue }
      if line[(index + word.count)...].first(where: { !$0.isBlank }) == UInt8(ascii: "=") { return true }
    }
    return false
  }
}
