/// The names that a model file defines, so that a circuit can be checked against it without a simulator.
struct IncludeScan {
  /// A subcircuit of the file.
  struct Interface {
    var portCount: Int
    var parameters: Set<String>
  }

  private(set) var models: Set<String> = []
  private(set) var subcircuits: [String: Interface] = [:]
  private(set) var parameters: Set<String> = []

  /// Reads a file and all that it includes.
  ///
  /// - Throws: ``SpiceError/Code/includeUnreadable``.
  init(_ include: Include) throws(SpiceError) {
    try read(FileText.absolute(include.path), section: include.section?.lowercased(), depth: 0)
  }

  private mutating func read(_ path: String, section: String?, depth: Int) throws(SpiceError) {
    guard depth < 32 else {
      throw SpiceError(.includeUnreadable, "the file includes itself.", place: path)
    }
    let text: String
    switch FileText.read(path) {
    case .success(let content): text = content
    case .failure(let reason):
      throw SpiceError(.includeUnreadable, "the model file cannot be read.", place: path, cause: reason.text)
    }
    var inSection = section == nil
    var found = inSection
    var depthOfSubcircuit = 0
    for line in Self.logicalLines(text) {
      let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
      guard let keyword = words.first, keyword.hasPrefix(".") else { continue }
      switch keyword {
      case ".lib" where words.count == 2:
        if let section, Self.unquoted(words[1]) == section {
          inSection = true
          found = true
        }
      case ".endl": if section != nil { inSection = false }
      case _ where !inSection: continue
      case ".include", ".inc", ".lib":
        guard words.count >= 2 else { continue }
        let target = Self.unquoted(Self.originalCase(of: words[1], in: text))
        let next = target.hasPrefix("/") ? target : FileText.directory(of: path) + "/" + target
        try read(next, section: keyword == ".lib" ? words.last : nil, depth: depth + 1)
      case ".subckt":
        depthOfSubcircuit += 1
        if depthOfSubcircuit == 1, words.count >= 2 {
          subcircuits[words[1]] = Self.interface(words.dropFirst(2))
        }
      case ".ends": depthOfSubcircuit -= 1
      case ".model" where depthOfSubcircuit == 0 && words.count >= 2:
        models.insert(words[1])
        // Binned models: nch.1, nch.2 ... are chosen from by nch.
        if let dot = words[1].lastIndex(of: "."), words[1][dot...].dropFirst().allSatisfy(\.isNumber) {
          models.insert(String(words[1][..<dot]))
        }
      case ".param" where depthOfSubcircuit == 0: parameters.formUnion(Self.assigned(words.dropFirst()))
      default: continue
      }
    }
    guard found else {
      throw SpiceError(.includeUnreadable, "the model file has no section \(section ?? "").", place: path)
    }
  }

  /// Lower-case lines with continuations joined and remarks left out.
  private static func logicalLines(_ text: String) -> [String] {
    var lines: [String] = []
    for raw in text.split(whereSeparator: \.isNewline) {
      let line = raw.drop { $0 == " " || $0 == "\t" }
      if line.hasPrefix("*") || line.isEmpty { continue }
      if line.hasPrefix("+"), !lines.isEmpty {
        lines[lines.count - 1] += " " + line.dropFirst().lowercased()
      } else {
        lines.append(line.lowercased())
      }
    }
    return lines
  }

  private static func interface(_ words: ArraySlice<String>) -> Interface {
    let ports = words.prefix { !$0.contains("=") && !$0.hasPrefix("params:") }
    let rest = words.dropFirst(ports.count)
    // `w = 1` with spaces: the word before a lone sign is a name, not a port.
    let spaced = rest.first == "=" ? 1 : 0
    return Interface(
      portCount: ports.count - spaced, parameters: assigned(words.dropFirst(ports.count - spaced)))
  }

  /// The names before `=` signs.
  private static func assigned(_ words: some Sequence<String>) -> Set<String> {
    var names: Set<String> = []
    var last = ""
    for word in words {
      if let sign = word.firstIndex(of: "=") {
        let name = word[..<sign]
        let whole = name.isEmpty ? Substring(last) : name
        names.insert(String(whole.prefix { $0 != "(" }))
      }
      last = word
    }
    return names
  }

  private static func unquoted(_ word: String) -> String {
    word.filter { $0 != "\"" && $0 != "'" }
  }

  /// Paths are case-sensitive although keywords are not.
  private static func originalCase(of lower: String, in text: String) -> String {
    for line in text.split(whereSeparator: \.isNewline) {
      for word in line.split(whereSeparator: { $0 == " " || $0 == "\t" }) where word.lowercased() == lower {
        return String(word)
      }
    }
    return lower
  }
}
