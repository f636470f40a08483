import Spice
import TestSupport
import Testing

/// Netlists that no simulator is to be had for, read as structures by other programs' readers.
@Suite struct DialectStructureTests {
  /// CDL against the circuit that ngspice makes of the deck, by klayout's comparer.
  @Test(.requiresChecker(.ngspice), .requiresChecker(.klayout)) func cdlEqualsTheCircuit() throws {
    let simulation = HierarchicalCircuit.simulation
    let cdl = try NetlistWriter(dialect: .cdl).deck(simulation).text
    let deck = try NetlistWriter(dialect: .ngspice).deck(simulation).text
    let said = try NetlistChecks.comparison(cdl: cdl, with: deck)
    #expect(said == "equal 10 devices\n")
  }

  /// The comparer sees what it should see.
  @Test(
    .requiresChecker(.ngspice), .requiresChecker(.klayout),
    arguments: [
      ("x1 in out vdd cell", "x1 out in vdd cell"), ("W=5e-7", "W=5.1e-7"), ("rcopy copy 0 1000\n", ""),
      ("r1 a m 500", "r1 a m 501"), ("Xbj far in out", "Xbj far in vdd"),
      ("d1 m b dx", "d1 b m dx"),
    ])
  func plantedChangeIsUnequal(original: String, changed: String) throws {
    let simulation = HierarchicalCircuit.simulation
    let cdl = try NetlistWriter(dialect: .cdl).deck(simulation).text
    try #require(cdl.contains(original))
    let planted = cdl.split(separator: original, maxSplits: 1, omittingEmptySubsequences: false)
      .joined(separator: changed)
    let deck = try NetlistWriter(dialect: .ngspice).deck(simulation).text
    #expect(try NetlistChecks.comparison(cdl: planted, with: deck).hasPrefix("unequal"))
  }

  /// Every instance that eda-netlist-parser knows has the circuit's nodes and master.
  @Test(.requiresChecker(.netlistParser), arguments: [Dialect.spectre, .xyce, .hspice, .ngspice])
  func instancesNodesAndMasters(dialect: Dialect) throws {
    for simulation in [HierarchicalCircuit.simulation, RichCircuit.simulation] {
      let netlist = try NetlistWriter(dialect: dialect).deck(simulation).text
      let found = try NetlistChecks.structure(of: netlist, as: dialect)
      let expected = NetlistChecks.structure(of: simulation.circuit)
      #expect(found == expected, "\(found.symmetricDifference(expected).sorted())")
    }
  }

  /// Every statement of a Spectre netlist is one, and every instance the circuit's.
  @Test func statementsOfSpectre() throws {
    for simulation in [HierarchicalCircuit.simulation, RichCircuit.simulation] {
      let structure = SpectreStructure(try NetlistWriter(dialect: .spectre).deck(simulation).text)
      #expect(structure.unread == [])
      let expected = SpectreStructure.expected(simulation.circuit)
      #expect(structure.instances == expected)
      let known = simulation.circuit.elements.compactMap { element -> String? in
        switch element.device {
        case .diode, .bjt, .jfet, .mosfet, .instance: element.device.model
        default: nil
        }
      }
      #expect(structure.masters.isSuperset(of: known))
    }
  }
}
