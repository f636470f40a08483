import Spice

/// The code of "When a simulation fails", as it stands there.
enum Faults {
  // example: outcome
  static func explain(_ outcome: SimulationOutcome) -> String {
    switch outcome.status {
    case .completed(let waveforms): "\(waveforms.count) points"
    case .timestepTooSmall(let time): "stuck at \(time) s; look at what switches there"
    case .singularMatrix(let place): "no unique solution at \(place)"
    case .nonConverged: "no operating point; state .ic or .nodeset voltages"
    case .parseError(let problem), .refused(let problem): "not accepted: \(problem)"
    case .aborted(let message): "ended early: \(message)"
    case .timedOut(let limit): "nothing within \(limit) s"
    case .outOfMemory(let limit): "more than \(limit >> 20) MiB"
    case .workerDied(let exit): "the simulator died twice: \(exit)"
    case .systemFailed(let message): "the coupled system gave up: \(message)"
    }
  }
  // end

  // example: problems
  static func problems() -> [String] {
    var circuit = Circuit(title: "full of mistakes")
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.mosfet(
      "m1", drain: "in", gate: "gt", source: .ground, bulk: .ground, model: "nosuch", width: 1e-6,
      length: 1e-7)
    return circuit.problems().map { "\($0)" }
  }
  // end

  // example: campaign
  static func yields(on pool: WorkerPool) async throws -> (good: Int, reasons: [String]) {
    let campaign = Campaign<Double>(samples: 10) { sample in
      var circuit = Circuit(title: "divider")
      circuit.voltageSource("v1", "in", .ground, .dc(1))
      circuit.resistor("r1", "in", "out", 1e3)
      circuit.resistor("r2", "out", .ground, Double(sample.index) * 1e3)  // Sample 0 has a short.
      return Simulation(circuit, .operatingPoint)
    } measure: { _, outcome in
      try outcome.waveforms().signal("v(out)").final
    }
    let result = try await campaign.run(on: pool)
    return (result.outputs.count, result.failures.map { "sample \($0.index): \($0.reason)" })
  }
  // end
}
