import Models
import Spice

/// The code of "Couple a solver of your own", as it stands there.
enum SlowCapacitor {
  // example: system
  struct Capacitor: CoupledSystem {
    let farads: Double
    var volts = 0.0

    func start() -> [Double] { [volts] }

    func attempt(_ step: CoupledStep) -> CoupledAttempt {
      CoupledAttempt(outputs: [volts + step.mean(of: 0) * step.seconds / farads])
    }

    mutating func commit(_ step: CoupledStep) {
      volts += step.mean(of: 0) * step.seconds / farads
    }
  }
  // end

  // example: coupling
  static func charge() async throws -> Waveform {
    var circuit = Circuit(title: "RC with its capacitor outside")
    circuit.voltageSource("vin", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", "top", 1e3)
    circuit.voltageSource("vc", "top", .ground, .external)

    let simulation = Simulation(
      circuit, .transient(step: 1e-11, stop: 4e-9, maximumStep: 1e-11), saving: ["v(top)"])
    let coupling = Coupling(inputs: ["i(vc)"], outputs: ["vc"]) { Capacitor(farads: 1e-12) }
    let outcome = try await WorkerPool(workers: 1).run(simulation, coupledTo: [coupling])
    return try outcome.waveforms().signal("v(top)")
  }
  // end
}

/// A noisy system, for "Couple a solver of your own".
enum NoisySystem {
  // example: noise
  struct ThermalVoltage: CoupledSystem {
    var path: BrownianPath
    var volts = 0.0

    init(seed: UInt64, sample: Int) {
      path = BrownianPath(
        dimensions: 1, random: KeyedRandom(seed: seed, stage: "thermal", item: UInt64(sample)))
    }

    func start() -> [Double] { [volts] }

    mutating func attempt(_ step: CoupledStep) -> CoupledAttempt {
      let noise = path.increment(from: step.time, to: step.end)[0]
      return CoupledAttempt(outputs: [volts - volts * step.seconds / 1e-9 + 1e3 * noise])
    }

    mutating func commit(_ step: CoupledStep) {
      volts += -volts * step.seconds / 1e-9 + 1e3 * path.increment(from: step.time, to: step.end)[0]
      path.forget(before: step.end)
    }
  }
  // end
}
