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

  /// The first name, in alphabetical order, that reaches itself.
  static func cycle(in graph: [String: [String]]) -> String? {
    for start in graph.keys.sorted() {
      var reached: Set<String> = []
      var open = graph[start] ?? []
      while let name = open.popLast() {
        if name == start { return start }
        if reached.insert(name).inserted { open += graph[name] ?? [] }
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

/// Finds nodes and elements by dotted path, such as `x1.x2.n`.
struct CircuitPath {
  private let circuit: Circuit

  init(_ circuit: Circuit) { self.circuit = circuit }

  /// The node at a path, or nil.
  func node(_ path: String) -> Node? {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let last = parts.last, let elements = elements(along: parts.dropLast()) else { return nil }
    let node = Node(last)
    return node == .ground || elements.contains { $0.nodes.contains(node) } ? node : nil
  }

  /// The element at a path, with ngspice's leading letter (`m.x1.m1`) or without (`x1.m1`), or nil.
  func element(_ path: String) -> Element? {
    var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 2, parts[0].count == 1 { parts.removeFirst() }
    guard let last = parts.last else { return nil }
    return elements(along: parts.dropLast())?.first { $0.name == last }
  }

  /// Every element with its dotted path, in the order of the circuit, instances opened.
  ///
  /// Ends also for a circuit that contains itself: nothing is opened deeper than 64 levels.
  var flattened: [(path: String, element: Element)] { flattened(circuit.elements, prefix: "", depth: 0) }

  private func flattened(_ elements: [Element], prefix: String, depth: Int) -> [(String, Element)] {
    var all: [(String, Element)] = []
    for element in elements {
      all.append((prefix + element.name, element))
      if case .instance(of: let name) = element.device, depth < 64,
        let subcircuit = circuit.subcircuits.first(where: { $0.name == name })
      {
        all += flattened(subcircuit.elements, prefix: "\(prefix)\(element.name).", depth: depth + 1)
      }
    }
    return all
  }

  private func elements(along path: some Sequence<String>) -> [Element]? {
    var elements = circuit.elements
    for name in path {
      guard case .instance(of: let next)? = elements.first(where: { $0.name == name })?.device,
        let subcircuit = circuit.subcircuits.first(where: { $0.name == next })
      else { return nil }
      elements = subcircuit.elements
    }
    return elements
  }
}
