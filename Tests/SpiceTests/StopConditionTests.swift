import Foundation
import Spice
import TestSupport
import Testing

/// Transients that end once a decision has been made.
@Suite(.requiresNgspice) struct StopConditionTests {
  /// A cross-coupled pair that falls to one side from a small difference.
  private static var latch: Simulation {
    var circuit = Circuit(title: "cross-coupled inverters")
    circuit.models = Circuits.bsim4
    circuit.voltageSource("vdd", "vdd", .ground, .pwl([(0, 0), (0.1e-9, 1.2)]))
    for (a, b) in [("op", "on"), ("on", "op")] as [(Node, Node)] {
      circuit.mosfet(
        "mp\(a)", drain: a, gate: b, source: "vdd", bulk: "vdd", model: "pmos", width: 2e-6, length: 1e-7)
      circuit.mosfet(
        "mn\(a)", drain: a, gate: b, source: .ground, bulk: .ground, model: "nmos", width: 1e-6,
        length: 1e-7)
      circuit.capacitor("c\(a)", a, .ground, 5e-15)
    }
    circuit.currentSource(
      "ikick", "on", .ground,
      .pulse(
        from: 0, to: 1e-5, delay: 0.1e-9, rise: 1e-11, fall: 1e-11, width: 5e-11))
    return Simulation(
      circuit, .transient(step: 1e-12, stop: 5e-9, maximumStep: 1e-11), saving: ["v(op)", "v(on)"])
  }

  /// The decision is the same to the bit, the rest of the transient is not computed.
  @Test func endsOnceDecided() async throws {
    let pool = try WorkerPool(workers: 1)
    let whole = try await pool.run(Self.latch)
    let all = try whole.waveforms()
    let decided = try all.signal("v(op,on)").map("d", unit: "V", abs).crossing(of: 0.9, .rising)
    #expect(whole.haltedAtSeconds == nil)

    var simulation = Self.latch
    simulation.stopConditions = [StopCondition(.magnitude("v(op,on)", above: 0.9), holding: 5e-11)]
    let outcome = try await pool.run(simulation)
    let early = try outcome.waveforms()
    let halted = try #require(outcome.haltedAtSeconds)
    #expect(halted >= decided + 5e-11 && halted < decided + 8e-11)
    #expect(early.count < all.count / 2)
    #expect(early.signals == all.signals)
    for signal in all.signals {
      let expected = try all.signal(signal).y.prefix(early.count)
      let isPrefix = try early.signal(signal).y.elementsEqual(expected)
      #expect(isPrefix, "\(signal)")
    }
  }

  /// It is not looked at too early, all its terms must hold, and any one condition ends the transient.
  @Test func timesAndTerms() async throws {
    let pool = try WorkerPool(workers: 1)
    func end(_ conditions: StopCondition...) async throws -> Double? {
      var simulation = Self.latch
      simulation.saved = []
      simulation.stopConditions = conditions
      let outcome = try await pool.run(simulation)
      #expect(outcome.isCompleted)
      return outcome.haltedAtSeconds
    }
    let apart = StopCondition.Term.magnitude("v(op,on)", above: 0.9)
    let late = try await end(StopCondition(apart, after: 3e-9))
    #expect(late.map { (3e-9...3.02e-9).contains($0) } == true)
    #expect(try await end(StopCondition(apart, .value("v(vdd)", below: 0.5))) == nil)
    let first = try await end(
      StopCondition(apart, after: 2e-9), StopCondition(.value("v(vdd)", above: 1.1), after: 1e-9))
    #expect(first.map { (1e-9...1.02e-9).contains($0) } == true)
  }

  @Test func wrongConditionsAreRefused() throws {
    func problems(_ condition: StopCondition, _ change: (inout Simulation) -> Void = { _ in })
      -> [SpiceError.Code]
    {
      var simulation = Self.latch
      simulation.stopConditions = [condition]
      change(&simulation)
      return simulation.problems().map(\.code)
    }
    #expect(problems(StopCondition(.value("v(op)", above: 1))) == [])
    #expect(problems(StopCondition(.value("v(nowhere)", above: 1))) == [.unresolvedNode])
    #expect(problems(StopCondition(.value("v(op)", above: .nan))) == [.invalidValue])
    #expect(problems(StopCondition()) == [.invalidValue])
    #expect(problems(StopCondition(.value("v(op)", above: 1), holding: -1)) == [.invalidValue])
    #expect(
      problems(StopCondition(.value("v(op)", above: 1))) { $0.analysis = .operatingPoint } == [.invalidValue])
  }
}
