import Spice
import TestSupport
import Testing

/// What is written is read back as the same value.
@Suite struct RoundTripTests {
  /// Hundreds of random simulations: every kind of element, course, expression and analysis.
  @Test(arguments: 0..<20) func randomSimulations(block: Int) throws {
    let directory = try TemporaryDirectory()
    let library = try directory.write(
      ".lib tt\n.model mlib nmos level=14\n.param plib=1\n.endl\n.lib ff\n.endl\n", to: "m.lib")
    let plain = try directory.write(".model mlib nmos level=14\n", to: "plain.inc")
    let includes = [Include(library, section: "tt"), Include(plain)]
    let reader = NetlistReader(allowedDirectories: [directory.path])
    for seed in 0..<40 {
      var random = RandomSimulation(seed: UInt64(block * 40 + seed), includes: includes)
      let simulation = random.make()
      let text = NgspiceWriter().deck(simulation).text
      let netlist: Netlist
      do throws(SpiceError) { netlist = try reader.read(text: text) } catch {
        Issue.record("\(block * 40 + seed): \(error)\n\(text)")
        return
      }
      let again = try #require(netlist.unresolvedSimulations.first)
      // Compared outside the expectation, which would print everything.
      // Random circuits have open ends, which a netlist may have.
      var expected = simulation
      expected.circuit.allowsDanglingNodes = again.circuit.allowsDanglingNodes
      let isSame = again == expected
      let difference = isSame ? "" : Self.difference(again, expected)
      #expect(isSame, "\(block * 40 + seed): \(difference)\n\(text)")
      #expect(NgspiceWriter().deck(again).text == text)
      #expect(netlist.remarks.allSatisfy { $0.text.hasSuffix("single connection.") })
      guard isSame else { return }
    }
  }

  /// The committed decks, byte for byte.
  @Test(arguments: [
    "column-read", "comparator", "flash-read-1bit", "flash-read-trial", "flash-read", "write-degenerated",
    "write-forward",
  ])
  func shippedDecks(name: String) throws {
    let root = ModelFileTests.root
    let path = "\(root)/netlists/\(name).cir"
    let netlist = try NetlistReader(allowedDirectories: ["\(root)/models"]).read(path)
    #expect(netlist.problems() == [] && netlist.remarks == [])
    let simulation = try #require(netlist.unresolvedSimulations.first)
    #expect(NgspiceWriter().deck(simulation).text == contents(of: path))
  }

  private static func difference(_ a: Simulation, _ b: Simulation) -> String {
    for (left, right) in zip(a.circuit.elements, b.circuit.elements) where left != right {
      return "\(left)\n\(right)"
    }
    for (left, right) in zip(a.circuit.subcircuits, b.circuit.subcircuits) where left != right {
      for (left, right) in zip(left.elements, right.elements) where left != right {
        return "\(left)\n\(right)"
      }
      return "\(left)\n\(right)"
    }
    if a.circuit.models != b.circuit.models { return "\(a.circuit.models)\n\(b.circuit.models)" }
    if a.circuit != b.circuit { return "circuit \(a.circuit)\n\(b.circuit)" }
    return
      "\(a.analysis) \(b.analysis) \(a.saved) \(b.saved) \(a.externalValues) \(b.externalValues) \(a.stopConditions) \(b.stopConditions) \(a.temperatureCelsius) \(b.temperatureCelsius)"
  }
}
