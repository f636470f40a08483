import Glibc
import Spice
import TestSupport
import Testing

/// Simulations whose results are known in closed form.
@Suite(.requiresNgspice) struct ClosedFormTests {
  let pool: WorkerPool

  init() throws { pool = try WorkerPool(workers: 1) }

  @Test func divider() async throws {
    var circuit = Circuit(title: "divider")
    circuit.voltageSource("v1", "in", .ground, .dc(3))
    circuit.resistor("r1", "in", "out", 2e3)
    circuit.resistor("r2", "out", .ground, 1e3)
    let outcome = try await pool.run(Simulation(circuit, .operatingPoint))
    let waveforms = try outcome.waveforms()
    #expect(abs(try waveforms.signal("v(out)").final - 1) < 1e-9)
    #expect(abs(try waveforms.signal("i(v1)").final + 1e-3) < 1e-12)
    #expect(waveforms.signals.map(\.name) == ["i(v1)", "v(in)", "v(out)"])
  }

  /// v(t) = 1 - exp(-t / RC) after a step at t = 0.
  @Test func rcStep() async throws {
    var circuit = Circuit(title: "RC step")
    circuit.voltageSource("vin", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.capacitor("c1", "out", .ground, 1e-12)
    circuit.initialConditions["out"] = 0
    var simulation = Simulation(
      circuit, .transient(step: 1e-12, stop: 1e-8, maximumStep: 1e-11, useInitialConditions: true),
      saving: ["v(out)"])
    simulation.save(energyOf: "vin")
    let waveforms = try await pool.run(simulation).waveforms()
    let out = try waveforms.signal("v(out)")
    for time in [0.5e-9, 1e-9, 2e-9, 5e-9] {
      #expect(abs(out.value(at: time) - (1 - Math.exp(-time / 1e-9))) < 1e-4)
    }
    // ln 2 RC to half; the source delivers C V^2, half of it into heat.
    #expect(abs(try out.crossing(of: 0.5, .rising) - 0.693147e-9) < 1e-13)
    #expect(abs(try waveforms.energy(source: "vin") / 1e-12 - 1) < 1e-3)
  }
}

enum Math {
  static func exp(_ x: Double) -> Double { Glibc.exp(x) }
}
