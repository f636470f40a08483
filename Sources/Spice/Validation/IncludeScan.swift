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

    init(portCount: Int, parameters: Set<String>) {
      self.portCount = portCount
      self.parameters = parameters
    }

    /// What a subcircuit of a circuit shows.
    init(_ subcircuit: Subcircuit) {
      self.init(portCount: subcircuit.ports.count, parameters: Set(subcircuit.parameters.map(\.name)))
    }
  }

  private(set) var models: Set<String> = []
  private(set) var subcircuits: [String: Interface] = [:]
  private(set) var parameters: Set<String> = []
  /// Every file read, with its state when it was.
  private var files: [String: FileText.Stamp] = [:]
  /// How many subcircuits hold the line that is taken.
  private var level = 0

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
    var files = IncludeFiles()
    var scan = IncludeScan(try files.lines(of: key))
    scan.files = files.stamps
    cache.withLock { [scan] in $0[key] = scan }
    return scan
  }

  /// The names that lines define.
  init(_ lines: [DeckLine]) {
    for line in lines { take(line) }
  }

  /// Takes the names that a line defines.
  private mutating func take(_ line: DeckLine) {
    guard line.bytes[0] == UInt8(ascii: ".") else { return }
    let keyword = line.keyword
    guard [".subckt", ".macro", ".ends", ".eom", ".model", ".param"].contains(keyword) else { return }
    let words = Self.words(line.text)
    switch keyword {
    case ".subckt", ".macro":
      level += 1
      if level == 1, words.count >= 2 {
        subcircuits[words[1].lowercased()] = Self.interface(words.dropFirst(2))
      }
    case ".ends", ".eom": level -= 1
    case ".model" where level == 0 && words.count >= 2:
      models.formUnion(Names.models(of: words[1].lowercased()))
    case ".param" where level == 0: parameters.formUnion(Self.assigned(words.dropFirst()))
    default: return
    }
  }

  // MARK: text

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
