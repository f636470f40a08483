import Circuit
import Models
import Spice
import TestSupport
import Testing

/// The shipped circuits in every dialect: other simulators agree on crossing times and charges, other readers on
/// the structure.
@Suite(.requiresNgspice) struct ShippedDialectTests {
  /// The simulations, each biased once.
  private actor Store {
    private var known: [ShippedCircuit: Task<Simulation, any Error>] = [:]

    func simulation(_ circuit: ShippedCircuit) async throws -> Simulation {
      let task = known[circuit] ?? Task { try await ShippedDeckTests.deck(circuit) }
      known[circuit] = task
      return try await task.value
    }
  }

  private static let store = Store()

  private func ours(_ simulation: Simulation, maximumStep: Double? = nil) async throws -> Waveforms {
    try await WorkerPool(workers: 1).run(simulation.asWritten(maximumStep: maximumStep)).waveforms()
  }

  /// One engine in two programs: the same to the last digits.
  @Test(.requiresChecker(.ngspice), arguments: ShippedCircuit.allCases)
  func ngspiceProgram(circuit: ShippedCircuit) async throws {
    let simulation = try await Self.store.simulation(circuit)
    let deck = try NetlistWriter(dialect: .ngspice, inlinesModels: true).deck(simulation).text
    let agreement = try Agreement(await ours(simulation), OutsideRun(ngspice: deck), at: 0.5)
    #expect(agreement.crossings > 0)
    #expect(agreement.delay < 1e-6 && agreement.charge < 1e-6, "\(agreement)")
  }

  @Test(.requiresChecker(.ngspice), arguments: ShippedCircuit.allCases)
  func ltspiceMode(circuit: ShippedCircuit) async throws {
    let simulation = try await Self.store.simulation(circuit)
    let deck = try NetlistWriter(dialect: .ltspice).deck(simulation).text
    let agreement = try Agreement(
      await ours(simulation), OutsideRun(ngspice: deck, mode: .ltspice), at: 0.5)
    #expect(agreement.delay < 1e-6 && agreement.charge < 1e-6, "\(agreement)")
  }

  /// ngspice does not know HSPICE's `delmax`; its longest step is then the printed one.
  @Test(.requiresChecker(.ngspice), arguments: ShippedCircuit.allCases)
  func hspiceMode(circuit: ShippedCircuit) async throws {
    let simulation = try await Self.store.simulation(circuit)
    guard case .transient(let transient) = simulation.analysis else { return }
    let printed = transient.step
    let deck = try NetlistWriter(dialect: .hspice).deck(simulation).text
    let agreement = try Agreement(
      await ours(simulation, maximumStep: printed), OutsideRun(ngspice: deck, mode: .hspice), at: 0.5)
    // The staircase's slopes last nanoseconds: where they cross follows the steps, which other roundings move.
    let tolerance = circuit == .levelStaircase ? 1e-4 : 1e-6
    #expect(agreement.delay < tolerance && agreement.charge < tolerance, "\(agreement)")
  }

  /// Another engine with steps of its own.
  ///
  /// It records zero for behavioural voltages at time zero, so that crossings count from a picosecond on.
  @Test(.requiresChecker(.neospice), arguments: ShippedCircuit.allCases)
  func neospice(circuit: ShippedCircuit) async throws {
    let simulation = try await Self.store.simulation(circuit)
    let deck = try NetlistWriter(dialect: .ngspice, inlinesModels: true).deck(simulation).text
    let agreement = try Agreement(
      await ours(simulation), OutsideRun(neospice: deck, simulation.saved), at: 0.5, after: 1e-12)
    #expect(agreement.delay < 5e-3 && agreement.charge < 1e-2, "\(agreement)")
  }

  /// klayout's comparer, which a changed width does not escape; circuits without transistors have nothing to compare.
  @Test(
    .requiresChecker(.ngspice), .requiresChecker(.klayout),
    arguments: ShippedCircuit.allCases.filter { $0 != .levelStaircase })
  func cdlEqualsTheCircuit(circuit: ShippedCircuit) async throws {
    let simulation = try await Self.store.simulation(circuit)
    let deck = try NetlistWriter(dialect: .ngspice, inlinesModels: true).deck(simulation).text
    let cdl = try NetlistWriter(dialect: .cdl).deck(simulation).text
    let said = try NetlistChecks.comparison(cdl: cdl, with: deck)
    #expect(said.hasPrefix("equal"), "\(said)")
    let changed = cdl.split(separator: " W=", maxSplits: 1).map(String.init).joined(separator: " W=1")
    #expect(try NetlistChecks.comparison(cdl: changed, with: deck).hasPrefix("unequal"))
  }

  @Test(.requiresChecker(.netlistParser), arguments: ShippedCircuit.allCases, [Dialect.spectre, .xyce])
  func instancesNodesAndMasters(circuit: ShippedCircuit, dialect: Dialect) async throws {
    let simulation = try await Self.store.simulation(circuit)
    let netlist = try NetlistWriter(dialect: dialect).deck(simulation).text
    let found = try NetlistChecks.structure(of: netlist, as: dialect)
    let expected = NetlistChecks.structure(of: simulation.circuit)
    #expect(found == expected, "\(found.symmetricDifference(expected).sorted())")
    #expect(expected.count > 5)
  }
}
