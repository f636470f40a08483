/// The files that a foreign deck may reach.
struct DeckPaths: Sendable {
  /// Directories without symbolic links, each ending with a slash.
  private var roots: [String] = []

  /// Allows directories with all that is below them.
  init(_ directories: [String]) throws(SpiceError) {
    for directory in directories {
      let named = directory.isEmpty ? "." : directory
      guard let real = RegularFile.realPath(named) else {
        throw SpiceError(.inputFailed, "the directory is not there.", place: named)
      }
      roots.append(real.hasSuffix("/") ? real : real + "/")
    }
  }

  /// Whether a file, symbolic links resolved, lies below one of the directories.
  func contains(_ real: String) -> Bool { roots.contains { "\(real)/".hasPrefix($0) } }

  /// What an `.include` or `.lib` line says.
  enum Directive {
    /// The file to include, by its path as it stands.
    case include(Include)
    /// The section that begins (`.lib name`).
    case section(String)
  }

  /// Takes an `.include` or `.lib` line apart as ngspice does.
  ///
  /// - Throws: ``SpiceError/Code/refused`` for a path that ngspice would take apart otherwise than it stands.
  static func directive(_ line: DeckLine) throws(SpiceError) -> Directive {
    let keyword = line.keyword
    var rest = line.bytes[keyword.utf8.count...].drop(while: \.isBlank)
    let isLibrary = keyword.hasPrefix(".lib")
    guard keyword == ".include" || keyword == ".inc" || keyword == ".lib" else {
      throw line.error(.refused, "ngspice would include a file here; write .include or .lib.")
    }
    func word() -> [UInt8] {
      guard let first = rest.first, first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") else {
        let word = Array(rest.prefix { !$0.isBlank })
        rest = rest.dropFirst(word.count).drop(while: \.isBlank)
        return word
      }
      let word = Array(rest.dropFirst().prefix { $0 != first })
      rest = rest.dropFirst(word.count + 2).drop(while: \.isBlank)
      return word
    }
    let path = String(decoding: word(), as: UTF8.self)
    let section = isLibrary ? String(decoding: word(), as: UTF8.self) : ""
    guard !path.isEmpty else { throw line.error(.syntax, "expected the name of a file.") }
    if isLibrary, section.isEmpty { return .section(path) }
    let isPlain =
      !path.hasPrefix("~") && !path.contains("//") && path.utf8.allSatisfy { !"\"'`;$\\".utf8.contains($0) }
    guard isPlain, !isLibrary || path.utf8.allSatisfy({ !$0.isBlank }) else {
      throw line.error(
        .refused, "ngspice would take this name of a file apart (blanks after .lib, ~, //, quotes, ; or $).")
    }
    return .include(Include(path, section: isLibrary ? section : nil))
  }
}
