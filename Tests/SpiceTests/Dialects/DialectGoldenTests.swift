import Spice
import TestSupport
import Testing

/// Decks of every dialect as text: byte for byte, each read by eye against the dialect's manual.
@Suite struct DialectGoldenTests {
  @Test func richCircuitIsValid() throws {
    #expect(RichCircuit.simulation.problems() == [])
  }

  @Test(.requiresNgspice) func richCircuitSimulates() async throws {
    let waveforms = try await WorkerPool(workers: 1).run(RichCircuit.simulation).waveforms()
    #expect(waveforms.count > 100)
  }

  @Test(arguments: Dialect.allCases) func richCircuit(dialect: Dialect) throws {
    let deck = try NetlistWriter(dialect: dialect).deck(RichCircuit.simulation)
    try expectGolden(deck.text, "rich.\(dialect).\(dialect.fileExtension)")
  }
}
