/// The rules of naming, and searches over names.
enum Names {
  /// Words that ngspice reads as operators even where a node is meant, and the names of its scales.
  static let reserved: Set<String> = [
    "eq", "ne", "gt", "lt", "ge", "le", "and", "or", "not", "time", "frequency",
  ]
  static let rule = "a letter followed by letters, digits and underscores"
  static let modelRule = "a letter, digit or underscore followed by those and by . + - # : /"

  /// A letter or underscore followed by letters, digits and underscores, all ASCII.
  static func isWord(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return false
    }
    return isNode(name) && !name.hasSuffix("!")
  }

  /// Letters, digits and underscores, all ASCII, and perhaps an exclamation mark at the end, as of `vdd!`.
  static func isNode(_ name: String) -> Bool {
    let word = name.hasSuffix("!") ? name.dropLast() : name[...]
    return !word.isEmpty
      && word.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || $0 == UInt8(ascii: "_")
      }
  }

  /// A name of a model or subcircuit, such as `nch.1`, `2n2222` or `bc547-b`.
  static func isModel(_ name: String) -> Bool {
    guard let first = name.utf8.first, first.isNameByte else { return false }
    return name.utf8.allSatisfy { $0.isNameByte || ".+-#:/".utf8.contains($0) }
  }

  /// The names by which a model card may be called: its own, and that of a binned model without the number of
  /// the bin (`nch.1` is chosen from by the name `nch`).
  static func models(of name: String) -> [String] {
    guard let dot = name.lastIndex(of: "."), name[dot...].dropFirst().allSatisfy(\.isNumber) else {
      return [name]
    }
    return [name, String(name[..<dot])]
  }

  /// A name that reaches itself: of the first cycle found, in alphabetical order, the first name.
  ///
  /// Each name and each edge is looked at once.
  static func cycle(in graph: [String: [String]]) -> String? {
    // Absent: not seen; false: on the path that is followed; true: leads to no cycle.
    var isDone: [String: Bool] = [:]
    for start in graph.keys.sorted() where isDone[start] == nil {
      var path: [(name: String, rest: ArraySlice<String>)] = []
      func enter(_ name: String) {
        isDone[name] = false
        path.append((name, (graph[name] ?? [])[...]))
      }
      enter(start)
      while !path.isEmpty {
        guard let next = path[path.count - 1].rest.popFirst() else {
          isDone[path.removeLast().name] = true
          continue
        }
        switch isDone[next] {
        case true?: continue
        case false?: return path.drop { $0.name != next }.map(\.name).min()
        case nil: enter(next)
        }
      }
    }
    return nil
  }
}

extension Expression {
  /// Every node whose voltage it reads.
  var voltageNodes: [Node] {
    if case .voltage(let a, let b) = self { return [a, b] }
    return children.flatMap(\.voltageNodes)
  }

  /// Every source whose current it reads.
  var currentNames: [String] {
    if case .current(let name) = self { return [name] }
    return children.flatMap(\.currentNames)
  }

  /// Every parameter that it reads.
  var parameterNames: [String] {
    if case .parameter(let name) = self { return [name.lowercased()] }
    return children.flatMap(\.parameterNames)
  }
}

extension Device {
  /// The expressions of a behavioural source.
  var expressions: [Expression] {
    switch self {
    case .behavioralVoltage(let expression), .behavioralCurrent(let expression): [expression]
    default: []
    }
  }
}
