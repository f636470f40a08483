import Spice
import Testing

/// Checks of netlists as structures, by other programs' readers.
public enum NetlistChecks {
  /// What klayout says of a CDL netlist beside the flat circuit that ngspice makes of a deck: `equal N devices`,
  /// or `unequal` and what differs.
  ///
  /// - Parameters:
  ///   - cdl: The CDL netlist.
  ///   - deck: The ngspice deck with its models inside.
  public static func comparison(
    cdl: String, with deck: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let listing = try TemporaryDirectory()
    _ = try listing.write(deck, to: "deck.cir")
    let commands = ["list", ".control", "source deck.cir", "listing expand", "quit", ".endc", ".end"]
    let file = try listing.write(commands.joined(separator: "\n") + "\n", to: "list.cir")
    let program = try #require(Program.find("ngspice"), "ngspice is missing", sourceLocation: sourceLocation)
    _ = try Program.run(program, ["-b", file], in: listing.path)
    let directory = try TemporaryDirectory()
    return try Checker.run(
      "compare_cdl.py", [directory.write(cdl, to: "circuit.cdl"), "\(listing.path)/stdout"], in: directory,
      sourceLocation: sourceLocation)
  }

  /// What eda-netlist-parser sees in a netlist: `CELL INSTANCE MASTER NODE...` of each instance that it knows.
  public static func structure(
    of netlist: String, as dialect: Dialect, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Set<String> {
    let directory = try TemporaryDirectory()
    let file = try directory.write(netlist, to: "netlist.\(dialect.fileExtension)")
    let printed = try Checker.run(
      "netlist_structure.py", [file], in: directory, sourceLocation: sourceLocation)
    return Set(printed.split(separator: "\n").map(String.init))
  }

  /// The same of a circuit: what ``structure(of:as:)`` should give.
  public static func structure(of circuit: Circuit) -> Set<String> {
    var lines: [String] = []
    func add(_ elements: [Element], _ cell: String) {
      for element in elements {
        let master: String
        switch element.device {
        case .resistor, .capacitor: master = "-"
        case .diode(let model), .mosfet(let model), .instance(of: let model): master = model
        default: continue
        }
        lines.append(([cell, element.name, master] + element.nodes.map(\.name)).joined(separator: " "))
      }
    }
    for subcircuit in circuit.subcircuits { add(subcircuit.elements, subcircuit.name) }
    add(circuit.elements, "top")
    return Set(lines)
  }
}
