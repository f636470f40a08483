import Spice

/// The statements of a Spectre netlist, read by its grammar alone: `name (node ...) master parameter=value ...`.
struct SpectreStructure {
  /// `CELL INSTANCE MASTER NODE...` of each instance; the top level is the cell `top`.
  private(set) var instances: Set<String> = []
  /// The names of model statements and subcircuits.
  private(set) var masters: Set<String> = []
  /// Lines that are no statement.
  private(set) var unread: [String] = []

  private static let keywords: Set<String> = [
    "simulator", "global", "parameters", "nodeset", "ic", "save", "ends", "simulatorOptions", "analysis",
  ]

  /// Reads a netlist.
  init(_ text: String) {
    var statements: [String] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("//") {
      if line.hasPrefix("+"), let last = statements.popLast() {
        statements.append(last + " " + line.dropFirst().drop { $0 == " " })
      } else {
        statements.append(String(line))
      }
    }
    var cell = "top"
    for statement in statements {
      let words = statement.split(separator: " ").map(String.init)
      switch words[0] {
      case "subckt":
        cell = words[1]
        masters.insert(cell)
      case "ends": cell = "top"
      case "model": masters.insert(words[1])
      case let word where Self.keywords.contains(word): break
      default: readInstance(statement, words, cell)
      }
    }
  }

  private mutating func readInstance(_ statement: String, _ words: [String], _ cell: String) {
    guard words.count > 1 else { return unread.append(statement) }
    guard words[1].hasPrefix("(") else {
      // A component without nodes.
      instances.insert("\(cell) \(words[0]) \(words[1])")
      return
    }
    guard let open = statement.firstIndex(of: "("), let close = statement.firstIndex(of: ")") else {
      return unread.append(statement)
    }
    let nodes = statement[statement.index(after: open)..<close]
    guard let master = statement[close...].dropFirst().split(separator: " ").first else {
      return unread.append(statement)
    }
    instances.insert("\(cell) \(words[0]) \(master) \(nodes)")
  }

  /// What a circuit's instances should read as.
  static func expected(_ circuit: Circuit) -> Set<String> {
    func lines(_ elements: [Element], _ cell: String) -> [String] {
      elements.map { element in
        let nodes =
          [.mutual, .switched].contains(element.kind) ? element.nodes.prefix(2) : element.nodes[...]
        let master = element.kind.component ?? element.device.model ?? ""
        return ([cell, element.name, master] + nodes.map(\.name)).joined(separator: " ")
      }
    }
    return Set(
      circuit.subcircuits.flatMap { lines($0.elements, $0.name) } + lines(circuit.elements, "top"))
  }
}

/// The kinds of element with the components that Spectre has for them.
private enum Kind {
  case mutual, switched, component(String), model

  var component: String? {
    switch self {
    case .mutual: "mutual_inductor"
    case .switched: "bsource"
    case .component(let name): name
    case .model: nil
    }
  }
}

extension Kind: Equatable {}

extension Element {
  fileprivate var kind: Kind {
    switch device {
    case .resistor: .component("resistor")
    case .capacitor: .component("capacitor")
    case .inductor: .component("inductor")
    case .mutualInductance: .mutual
    case .voltageSource: .component("vsource")
    case .currentSource: .component("isource")
    case .vcvs: .component("vcvs")
    case .vccs: .component("vccs")
    case .cccs: .component("cccs")
    case .ccvs: .component("ccvs")
    case .behavioralVoltage, .behavioralCurrent: .component("bsource")
    case .voltageSwitch, .currentSwitch: .switched
    case .transmissionLine: .component("tline")
    case .diode, .bjt, .jfet, .mosfet, .instance: .model
    }
  }
}
