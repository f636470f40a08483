/// What the nodes and elements of one scope are called in a dialect, where that is not their own name.
struct DialectNames: Sendable {
  private var nodes: [Node: String] = [:]
  private var elements: [String: String] = [:]

  /// Every name as it is.
  init() {}

  /// Given names of nodes.
  init(nodes: [Node: String]) { self.nodes = nodes }

  /// Finds names for what a dialect cannot call by its own name.
  ///
  /// - Parameters:
  ///   - elements: The elements of the scope.
  ///   - ports: The nodes of its interface.
  ///   - words: The words that name nothing in the dialect; they get an underscore.
  ///   - letters: The letters with one of which an element's name begins, the usual one first; none where any
  ///     name will do.
  init(
    of elements: [Element], ports: [Node] = [], avoiding words: Set<String>,
    letters: (Element) -> [Character]
  ) {
    var taken = Set(elements.map(\.name))
    for element in elements {
      let wanted = letters(element)
      var name = element.name
      if let usual = wanted.first, !wanted.contains(where: { $0 == name.first }) { name = "\(usual)\(name)" }
      if words.contains(name) { name += "_" }
      guard name != element.name else { continue }
      while !taken.insert(name).inserted { name += "_" }
      self.elements[element.name] = name
    }
    let all = Set(elements.flatMap { $0.nodes + $0.device.expressions.flatMap(\.voltageNodes) } + ports)
    for node in all.sorted() where words.contains(node.name) {
      var name = node.name + "_"
      while all.contains(Node(name)) { name += "_" }
      nodes[node] = name
    }
  }

  /// The name of a node.
  func node(_ node: Node) -> String { nodes[node] ?? node.name }

  /// The name of an element.
  func element(_ name: String) -> String { elements[name] ?? name }
}

/// The names of every scope of a circuit.
struct DialectScopes: Sendable {
  /// The names of the top level.
  let top: DialectNames
  /// What the instances of each scope are instances of, by scope and name; the top level has no name.
  private let instances: [String?: [String: String]]
  private let subcircuits: [String: DialectNames]

  /// Finds the names of each scope.
  init(_ circuit: Circuit, _ names: ([Element], [Node]) -> DialectNames) {
    func instances(_ elements: [Element]) -> [String: String] {
      let pairs = elements.compactMap { element in
        if case .instance(of: let subcircuit) = element.device { (element.name, subcircuit) } else { nil }
      }
      return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
    self.instances = Dictionary(
      [(nil, instances(circuit.elements))] + circuit.subcircuits.map { ($0.name, instances($0.elements)) },
      uniquingKeysWith: { first, _ in first })
    top = names(circuit.elements, [])
    subcircuits = Dictionary(
      circuit.subcircuits.map { ($0.name, names($0.elements, $0.ports)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The names inside a subcircuit.
  func inside(_ subcircuit: String) -> DialectNames { subcircuits[subcircuit] ?? DialectNames() }

  /// The names of the scope at a path of instances, and what the path itself is called.
  func at(_ path: ArraySlice<String>) -> (path: [String], names: DialectNames) {
    var names = top
    var inner = instances[nil] ?? [:]
    var called: [String] = []
    for part in path {
      called.append(names.element(part))
      let next = inner[part]
      names = next.map(inside) ?? DialectNames()
      inner = next.flatMap { instances[$0] } ?? [:]
    }
    return (called, names)
  }
}
