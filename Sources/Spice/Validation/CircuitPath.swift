/// Finds nodes and elements by dotted path, such as `x1.x2.n`, each look-up in the same time however large the
/// circuit is.
///
/// The names of a scope are put into tables when the first of them is asked for. Used by one task alone.
final class CircuitPath {
  private let circuit: Circuit
  private lazy var subcircuits = Dictionary(
    circuit.subcircuits.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  private var scopes: [String?: Scope] = [:]

  /// The names of the circuit or of a subcircuit.
  private struct Scope {
    var elements: [String: Element]
    var nodes: Set<Node>

    init(_ list: [Element]) {
      elements = Dictionary(list.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      nodes = Set(list.lazy.flatMap(\.nodes))
    }
  }

  init(_ circuit: Circuit) { self.circuit = circuit }

  /// The subcircuit of a name, or nil.
  func subcircuit(_ name: String) -> Subcircuit? { subcircuits[name] }

  /// The node at a path, or nil.
  func node(_ path: String) -> Node? {
    let parts = Self.parts(path)
    guard let last = parts.last, let scope = scope(along: parts.dropLast()) else { return nil }
    let node = Node(last)
    return node == .ground || scope.nodes.contains(node) ? node : nil
  }

  /// The element at a path, with ngspice's leading letter (`m.x1.m1`) or without (`x1.m1`), or nil.
  func element(_ path: String) -> Element? {
    var parts = Self.parts(path)
    if parts.count > 2, parts[0].count == 1 { parts.removeFirst() }
    guard let last = parts.last else { return nil }
    return scope(along: parts.dropLast())?.elements[last]
  }

  /// The name of the subcircuit that a path of instances leads to; nil for the top level, or where it leads
  /// nowhere.
  func subcircuit(along path: some Sequence<String>) -> String? {
    name(along: path).flatMap(\.self)
  }

  /// The subcircuits that instances open, from the top level on.
  var usedSubcircuits: Set<String> {
    var used: Set<String> = []
    var open = [circuit.elements]
    while let elements = open.popLast() {
      for case .instance(of: let name) in elements.lazy.map(\.device) where used.insert(name).inserted {
        if let subcircuit = subcircuits[name] { open.append(subcircuit.elements) }
      }
    }
    return used
  }

  /// Every element with its dotted path, in the order of the circuit, instances opened.
  ///
  /// Ends also for a circuit that contains itself: nothing is opened deeper than 64 levels.
  var flattened: [(path: String, element: Element)] {
    var all: [(String, Element)] = []
    all.reserveCapacity(circuit.elements.count)
    add(circuit.elements, prefix: "", depth: 0, to: &all)
    return all
  }

  private func add(
    _ elements: [Element], prefix: String, depth: Int, to all: inout [(String, Element)]
  ) {
    for element in elements {
      all.append((prefix + element.name, element))
      if case .instance(of: let name) = element.device, depth < 64, let subcircuit = subcircuits[name] {
        add(subcircuit.elements, prefix: "\(prefix)\(element.name).", depth: depth + 1, to: &all)
      }
    }
  }

  private static func parts(_ path: String) -> [String] {
    path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  /// The scope at a path of instances.
  private func scope(along path: some Sequence<String>) -> Scope? { name(along: path).map(scope) }

  /// The name of the scope at a path of instances, which the top level has not.
  private func name(along path: some Sequence<String>) -> String?? {
    var reached: String?
    for name in path {
      guard case .instance(of: let next)? = scope(reached).elements[name]?.device, subcircuits[next] != nil
      else { return nil }
      reached = next
    }
    return .some(reached)
  }

  private func scope(_ name: String?) -> Scope {
    if let known = scopes[name] { return known }
    let scope = Scope(name.map { subcircuits[$0]?.elements ?? [] } ?? circuit.elements)
    scopes[name] = scope
    return scope
  }
}
