import Spice

/// The code of "Simulate your first latch", as it stands there.
enum FirstLatch {
  // example: circuit
  static func latch() -> Circuit {
    var circuit = Circuit(title: "a latch decides")
    for type in ["nmos", "pmos"] {
      circuit.models.append(
        DeviceModel(
          type, type: type, parameters: [Parameter("level", 14), Parameter("version", text: "4.8.2")]))
    }
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1.2))
    // The clock lets the pair go after 0.2 ns.
    circuit.voltageSource("vclk", "clk", .ground, .pwl([(0, 0), (0.2e-9, 0), (0.22e-9, 1.2)]))
    circuit.mosfet(
      "mtail", drain: "tail", gate: "clk", source: .ground, bulk: .ground, model: "nmos", width: 2e-6,
      length: 1e-7)
    for (output, input) in [("op", "on"), ("on", "op")] as [(Node, Node)] {
      circuit.mosfet(
        "mn\(output)", drain: output, gate: input, source: "tail", bulk: .ground, model: "nmos",
        width: 1e-6, length: 1e-7)
      circuit.mosfet(
        "mp\(output)", drain: output, gate: input, source: "vdd", bulk: "vdd", model: "pmos", width: 1e-6,
        length: 1e-7)
      circuit.capacitor("c\(output)", output, .ground, 2e-15)
    }
    // 20 mV apart: a pair left symmetric has no operating point that a simulator finds quickly.
    circuit.initialConditions = ["op": 0.61, "on": 0.59]
    return circuit
  }
  // end

  // example: run
  static func decision() async throws -> (delay: Double, energy: Double, output: Bool) {
    var simulation = Simulation(
      latch(), .transient(step: 1e-12, stop: 3e-9, maximumStep: 2e-12), saving: ["v(clk)", "v(op)", "v(on)"])
    simulation.save(energyOf: "vdd")

    let pool = try WorkerPool(workers: 2)
    let waveforms = try await pool.run(simulation).waveforms()
    let difference = try waveforms.signal("v(op,on)").map("difference", unit: "V", abs)
    let clock = try waveforms.signal("v(clk)").crossing(of: 0.6, .rising)
    let decided = try difference.crossing(of: 0.6, .rising, after: clock)
    return (
      delay: decided - clock,
      energy: try waveforms.energy(source: "vdd", from: clock, to: decided),
      output: try waveforms.signal("v(op,on)").final > 0
    )
  }
  // end

  // example: windows
  static func windowed() -> Simulation {
    var simulation = Simulation(
      latch(),
      .transient(
        step: 1e-12, stop: 3e-9, maximumStep: 50e-12,
        windows: [StepWindow(from: 0, to: 0.5e-9, maximumStep: 2e-12)]),
      saving: ["v(clk)", "v(op)", "v(on)"])
    simulation.stopConditions = [
      StopCondition(.magnitude("v(op,on)", above: 1.0), after: 0.2e-9, holding: 20e-12)
    ]
    return simulation
  }
  // end

  // example: mismatch
  static func wrongDecisions(of samples: Int, on pool: WorkerPool) async throws -> Double {
    let mismatch = Mismatch(thresholdVoltMetres: 3e-9, currentFactorMetres: 1e-8)
    let campaign = Campaign(
      samples: samples, seed: 1, stopRule: .proportion(of: { $0 }, halfWidth: 0.1)
    ) { sample in
      var simulation = windowed()
      simulation.circuit = try mismatch.applied(
        to: simulation.circuit, seed: sample.seed, sample: sample.index)
      return simulation
    } measure: { _, outcome in
      try outcome.waveforms().signal("v(op,on)").final < 0
    }
    let result = try await campaign.run(on: pool)
    let wrong = result.outputs.filter { $0 }.count
    return Double(wrong) / Double(result.outputs.count)
  }
  // end
}
