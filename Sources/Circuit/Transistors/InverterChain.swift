import Spice

/// Five inverters, each four times as wide as the one before it: the middle one drives four like itself and
/// is driven by an edge of its own kind.
struct InverterChain: Sendable {
  var card: TransistorCard
  var temperatureCelsius: Double
  /// Cgg Vdd / Ion of the n-channel device, in seconds: a stage takes about ten of it.
  var unitSeconds: Double

  /// The delay of the middle stage in seconds, mean of both edges, 50 % to 50 %.
  func stageDelaySeconds(on pool: WorkerPool) async throws -> Double {
    let outcome = try await pool.run(simulation)
    do {
      let waveforms = try outcome.waveforms()
      let middle = card.supplyVolts / 2
      let rising = try waveforms.delay(
        from: "v(n2)", at: middle, .rising, to: "v(n3)", at: middle, .falling)
      let falling = try waveforms.delay(
        from: "v(n2)", at: middle, .falling, to: "v(n3)", at: middle, .rising)
      return (rising + falling) / 2
    } catch {
      throw CircuitError(
        .notMeasurable, "the inverter chain gave no delay.", place: "\(card.name) \(card.corner)",
        cause: "\(error)")
    }
  }

  private var simulation: Simulation {
    var circuit = Circuit(title: "\(card.name) \(card.corner) inverters driving four")
    card.include(in: &circuit)
    let width = 10 * card.minimumLengthMetres
    circuit.voltageSource("vdd", "vdd", .ground, .dc(card.supplyVolts))
    circuit.voltageSource(
      "vin", "n0", .ground,
      .pulse(
        from: 0, to: card.supplyVolts, delay: 20 * unitSeconds, rise: 15 * unitSeconds,
        fall: 15 * unitSeconds,
        width: 200 * unitSeconds))
    var size = 1
    for stage in 1...5 {
      let (input, output) = (Node("n\(stage - 1)"), Node("n\(stage)"))
      circuit.transistor(
        "n\(stage)", .nmos, of: card, drain: output, gate: input, source: .ground, bulk: .ground,
        width: width, length: card.minimumLengthMetres, multiplier: size)
      circuit.transistor(
        "p\(stage)", .pmos, of: card, drain: output, gate: input, source: "vdd", bulk: "vdd",
        width: 2 * width, length: card.minimumLengthMetres, multiplier: size)
      size *= 4
    }
    return Simulation(
      circuit,
      .transient(step: unitSeconds / 5, stop: 450 * unitSeconds, maximumStep: unitSeconds / 5),
      saving: ["v(n2)", "v(n3)"], temperatureCelsius: temperatureCelsius)
  }
}
