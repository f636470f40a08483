import Synchronization

extension Include {
  /// The file and every file that it includes in turn, as absolute paths in order.
  ///
  /// - Throws: ``SpiceError/Code/includeUnreadable`` if one of them cannot be read or the section is missing.
  public func files() throws(SpiceError) -> [String] { try IncludeScan.of(self).paths }
}

/// The names that a model file defines, so that a circuit can be checked against it without a simulator.
struct IncludeScan: Sendable {
  /// A subcircuit of the file.
  struct Interface: Sendable {
    var portCount: Int
    var parameters: Set<String>
  }

  private(set) var models: Set<String> = []
  private(set) var subcircuits: [String: Interface] = [:]
  private(set) var parameters: Set<String> = []
  /// Every file read, with its state when it was.
  private var files: [String: FileText.Stamp] = [:]

  private static let cache = Mutex<[Include: IncludeScan]>([:])

  /// Every file read, sorted by path.
  var paths: [String] { files.keys.sorted() }

  /// The names of a file and of all that it includes, read again only when one of them has changed.
  ///
  /// - Throws: ``SpiceError/Code/includeUnreadable``.
  static func of(_ include: Include) throws(SpiceError) -> IncludeScan {
    let key = Include(FileText.absolute(include.path), section: include.section?.lowercased())
    if let known = cache.withLock({ $0[key] }),
      known.files.allSatisfy({ FileText.stamp($0.key) == $0.value })
    {
      return known
    }
    var scan = IncludeScan()
    try scan.read(key.path, section: key.section, depth: 0)
    cache.withLock { [scan] in $0[key] = scan }
    return scan
  }

  private mutating func read(_ path: String, section: String?, depth: Int) throws(SpiceError) {
    guard depth < 32 else {
      throw SpiceError(.includeUnreadable, "the file includes itself.", place: path)
    }
    files[path] = FileText.stamp(path)
    let text: String
    switch FileText.read(path) {
    case .success(let content): text = content
    case .failure(let reason):
      throw SpiceError(.includeUnreadable, "the model file cannot be read.", place: path, cause: reason.text)
    }
    var isWanted = section == nil
    var isFound = isWanted
    var level = 0
    for line in Self.logicalLines(text) {
      let words = Self.words(line)
      let keyword = words[0].lowercased()
      switch keyword {
      case ".lib" where words.count == 2:
        if let section, words[1].lowercased() == section {
          isWanted = true
          isFound = true
        }
      case ".endl": isWanted = section == nil
      case _ where !isWanted: continue
      case ".include", ".inc", ".lib":
        guard words.count >= 2 else { continue }
        let next = words[1].hasPrefix("/") ? words[1] : FileText.directory(of: path) + "/" + words[1]
        try read(next, section: keyword == ".lib" ? words.last?.lowercased() : nil, depth: depth + 1)
      case ".subckt":
        level += 1
        if level == 1, words.count >= 2 {
          subcircuits[words[1].lowercased()] = Self.interface(words.dropFirst(2))
        }
      case ".ends": level -= 1
      case ".model" where level == 0 && words.count >= 2: addModel(words[1].lowercased())
      case ".param" where level == 0: parameters.formUnion(Self.assigned(words.dropFirst()))
      default: continue
      }
    }
    guard isFound else {
      throw SpiceError(.includeUnreadable, "the model file has no section \(section ?? "").", place: path)
    }
  }

  private mutating func addModel(_ name: String) {
    models.insert(name)
    // Binned models: nch.1, nch.2 and so on are chosen from by the name nch.
    if let dot = name.lastIndex(of: "."), name[dot...].dropFirst().allSatisfy(\.isNumber) {
      models.insert(String(name[..<dot]))
    }
  }

  // MARK: text

  /// The dot lines, continuations joined.
  private static func logicalLines(_ text: String) -> [String] {
    var lines: [String] = []
    var isDotLine = false
    for raw in text.split(whereSeparator: \.isNewline) {
      let line = raw.drop { $0 == " " || $0 == "\t" }
      switch line.first {
      case nil, "*": continue
      case "+": if isDotLine { lines[lines.count - 1] += " " + line.dropFirst() }
      case ".":
        isDotLine = true
        lines.append(String(line))
      default: isDotLine = false
      }
    }
    return lines
  }

  /// Words, quoted ones whole and without their quotes; each `=` is a word of its own.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var current = ""
    var quote: Character?
    func end() {
      if !current.isEmpty { words.append(current) }
      current = ""
    }
    for character in line {
      if character == quote {
        quote = nil
      } else if quote != nil {
        current.append(character)
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == "=" {
        end()
        words.append("=")
      } else if character.isWhitespace {
        end()
      } else {
        current.append(character)
        if current.lowercased() == "params:" { end() }
      }
    }
    end()
    return words
  }

  /// What follows the name on a `.subckt` line: ports, then parameters.
  private static func interface(_ words: ArraySlice<String>) -> Interface {
    let separator = words.firstIndex { $0.lowercased() == "params:" }
    let firstValue = words.firstIndex(of: "=").map { $0 - 1 }
    let end = separator ?? firstValue ?? words.endIndex
    return Interface(portCount: end - words.startIndex, parameters: assigned(words[end...]))
  }

  /// The names before `=` signs; of a function its name alone.
  private static func assigned(_ words: ArraySlice<String>) -> Set<String> {
    Set(
      zip(words, words.dropFirst()).filter { $0.1 == "=" }.map { $0.0.prefix { $0 != "(" }.lowercased() })
  }
}
