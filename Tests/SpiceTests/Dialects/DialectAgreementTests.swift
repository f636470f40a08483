import Spice
import TestSupport
import Testing

/// Circuits of transistors whose decks other simulators run.
enum AgreementCircuit: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case ring, chain, latch

  var testDescription: String { rawValue }

  var simulation: Simulation {
    switch self {
    case .ring:
      return Simulation(
        Circuits.ring(stages: 5), .transient(step: 1e-12, stop: 1e-9, maximumStep: 2e-12),
        saving: ["v(n0)", "v(n3)", "i(vdd)"])
    case .chain:
      return Simulation(
        Circuits.chain(stages: 6), .transient(step: 1e-12, stop: 1.5e-9, maximumStep: 2e-12),
        saving: (0...6).map { "v(n\($0))" } + ["i(vdd)", "i(vin)"])
    case .latch:
      let cap = Analysis.transient(
        step: 1e-12, stop: 1.2e-9, maximumStep: 1e-11,
        windows: [StepWindow(from: 4e-10, to: 8e-10, maximumStep: 2e-12)])
      var simulation = Simulation(
        Circuits.latch, cap, saving: ["v(p)", "v(n)", "v(clk)", "i(vdd)", "i(vclk)"],
        externalValues: ["vin": [.init(0, 0.6), .init(3e-10, 0.6), .init(3.2e-10, 0.65)]])
      simulation.circuit.options = [Parameter("reltol", 1e-4)]
      return simulation
    }
  }
}

/// Exported decks in other simulators against the library.
@Suite(.requiresNgspice) struct DialectAgreementTests {
  /// The library's results of what a deck says: one cap for the whole transient, external values as PWL.
  private func ours(_ simulation: Simulation, maximumStep: Double? = nil) async throws -> Waveforms {
    try await WorkerPool(workers: 1).run(simulation.asWritten(maximumStep: maximumStep)).waveforms()
  }

  /// The program and the library are one engine.
  @Test(.requiresChecker(.ngspice), arguments: AgreementCircuit.allCases, [false, true])
  func ngspiceProgram(circuit: AgreementCircuit, inlined: Bool) async throws {
    let deck = try NetlistWriter(dialect: .ngspice, inlinesModels: inlined).deck(circuit.simulation)
    let agreement = try Agreement(
      await ours(circuit.simulation), OutsideRun(ngspice: deck.text), at: 0.6)
    #expect(agreement.crossings > 1)
    #expect(agreement.delay < 1e-6 && agreement.charge < 1e-6, "\(agreement)")
  }

  /// LTspice's language in ngspice's mode for it.
  @Test(.requiresChecker(.ngspice), arguments: AgreementCircuit.allCases)
  func ltspiceMode(circuit: AgreementCircuit) async throws {
    let deck = try NetlistWriter(dialect: .ltspice).deck(circuit.simulation)
    let agreement = try Agreement(
      await ours(circuit.simulation), OutsideRun(ngspice: deck.text, mode: .ltspice), at: 0.6)
    #expect(agreement.crossings > 1)
    #expect(agreement.delay < 1e-6 && agreement.charge < 1e-6, "\(agreement)")
  }

  /// HSPICE's language in ngspice's mode for it, where the longest step of HSPICE's option `delmax` is
  /// unknown and ngspice's own default holds: the printed step, or a fiftieth of the transient.
  @Test(.requiresChecker(.ngspice), arguments: AgreementCircuit.allCases)
  func hspiceMode(circuit: AgreementCircuit) async throws {
    let deck = try NetlistWriter(dialect: .hspice).deck(circuit.simulation)
    let agreement = try Agreement(
      await ours(circuit.simulation, maximumStep: 1e-12), OutsideRun(ngspice: deck.text, mode: .hspice),
      at: 0.6)
    #expect(agreement.crossings > 1)
    #expect(agreement.delay < 1e-6 && agreement.charge < 1e-6, "\(agreement)")
  }

  /// Another engine: its own integration and step control, the same transistor equations.
  ///
  /// Not the ring: how long it takes to leave its starting point is a matter of tolerances.
  @Test(.requiresChecker(.neospice), arguments: [AgreementCircuit.chain, .latch])
  func neospice(circuit: AgreementCircuit) async throws {
    let simulation = circuit.simulation
    let deck = try NetlistWriter(dialect: .ngspice, inlinesModels: true).deck(simulation)
    let agreement = try Agreement(
      await ours(simulation), OutsideRun(neospice: deck.text, simulation.saved), at: 0.6)
    #expect(agreement.crossings > 1)
    #expect(agreement.delay < 5e-3 && agreement.charge < 1e-2, "\(agreement)")
  }

  /// Xyce's language, where it is ngspice's: no behavioural sources, no windows, no other temperature.
  @Test(.requiresChecker(.ngspice), arguments: [AgreementCircuit.ring, .chain])
  func xyceDeckInNgspice(circuit: AgreementCircuit) async throws {
    let deck = try NetlistWriter(dialect: .xyce).deck(circuit.simulation)
    let agreement = try Agreement(
      await ours(circuit.simulation), OutsideRun(ngspice: deck.text), at: 0.6)
    #expect(agreement.crossings > 1)
    #expect(agreement.delay < 1e-6 && agreement.charge < 1e-6, "\(agreement)")
  }

  /// The circuit with one of each element: what stands for switches, models of passives and noise is the same.
  @Test(
    .requiresChecker(.ngspice),
    arguments: [
      (Dialect.hspice, OutsideRun.Mode.hspice), (.ltspice, .ltspiceAndPSpice),
    ])
  func richCircuit(dialect: Dialect, mode: OutsideRun.Mode) async throws {
    var simulation = RichCircuit.simulation
    simulation.saved =
      ["out", "far", "copy", "lb", "tl", "sv", "wv", "c", "jd", "hv", "y", "z", "all", "x"]
      .map { .voltage($0) } + ["i(vdd)"]
    simulation.stopConditions = []
    let theirs = try OutsideRun(ngspice: NetlistWriter(dialect: dialect).deck(simulation).text, mode: mode)
    let ours = try await ours(simulation, maximumStep: dialect == .hspice ? 1e-12 : nil)
    for signal in simulation.saved {
      let (here, there) = (try ours.signal(signal), try theirs.waveform(signal))
      let scale = max(abs(here.maximum()), abs(here.minimum()))
      #expect(abs(here.final - there.final) < 1e-6 * scale, "\(signal): \(there.final), here \(here.final)")
      #expect(abs(here.integral() - there.integral()) < 1e-3 * scale * 4e-9, "\(signal)")
    }
  }
}
