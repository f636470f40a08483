import Circuit
import Models
import Spice
import TestSupport
import Testing

/// A junction for write tests: a quiet single-group device unless told otherwise.
private func junction(critical: Double, thresholds: [Double] = [0.8, 0.9, 1.0, 1.1, 1.2]) -> CompactModel {
  CompactModel(
    device: "test", model: "groups", grains: 5 * thresholds.count, thresholds: thresholds,
    weights: thresholds.map { _ in 1 / Double(thresholds.count) }, criticalCurrentAmperes: critical,
    attemptFrequencyHertz: 1e9, stability: 60, barrierExponent: 2, reversalTimeSeconds: 0.3e-9,
    parallelOhms: 2037, tmrZeroBias: 1.2, tmrHalfVolts: 0.6, capacitanceFarads: 1.6e-16, breakdownVolts: 1.5,
    pulseWidthSeconds: 4e-9, provenance: Provenance(seed: 0))
}

@Suite(.requiresNgspice) struct WritePathTests {
  private let bench: SimulationBench

  init() throws {
    bench = SimulationBench(pool: try WorkerPool(workers: 2), corner: try TestCorner.typical())
  }

  private func pulse(
    _ polarity: WritePolarity, critical: Double, design: WriteDesign = WriteDesign()
  ) -> WriteCircuit {
    WriteCircuit(
      design: design, junction: junction(critical: critical), polarity: polarity,
      initialState: polarity == .forward ? 0 : 1)
  }

  /// Well above the critical current each polarity ends in its state; well below nothing moves.
  @Test(arguments: WritePolarity.allCases)
  func finalStates(polarity: WritePolarity) async throws {
    let strong = try await bench.run(pulse(polarity, critical: 40e-6)).result
    #expect(strong.currentAmperes > 2 * 40e-6)
    #expect(abs(strong.finalState - (polarity == .forward ? 1 : 0)) < 0.01, "\(strong.finalState)")
    let weak = try await bench.run(pulse(polarity, critical: 1e-3)).result
    #expect(weak.currentAmperes < 0.5e-3)
    #expect(abs(weak.finalState - weak.initialState) < 1e-3, "\(weak.finalState)")
  }

  /// The groups switch one after another: between the lowest and the highest threshold a part of the layer.
  @Test func middleCurrentsSwitchAPart() async throws {
    let forward = try await bench.run(pulse(.forward, critical: 40e-6)).result
    // The current falls as the junction's resistance rises: from above the middle threshold to below it.
    let part = try await bench.run(pulse(.forward, critical: 1.2 * forward.currentAmperes)).result
    #expect((0.15...0.9).contains(part.finalState), "\(part.finalState)")
  }

  /// Junction energy is the integral of its voltage and current, and what all sources deliver is dissipated.
  @Test(arguments: WritePolarity.allCases)
  func energyIsConserved(polarity: WritePolarity) async throws {
    let circuit = pulse(polarity, critical: 40e-6)
    let (result, waves) = try await bench.run(circuit)
    // The junction's law over the recorded voltages, independent of the deck's current.
    let bias = zip(try waves.signal("v(bl)").y, try waves.signal("v(n)").y).map { $0 - $1 }
    let power = zip(bias, try waves.signal("v(q)").y).map { volts, state in
      let ratio = 1 + 1.2 / (1 + (volts / 0.6) * (volts / 0.6))
      return volts * volts / 2037 * ((1 - state) + state / ratio)
    }
    let integral = Waveform(name: "p", unit: "W", x: waves.scale, y: power).integral()
    #expect(abs(result.junctionEnergyJoules / integral - 1) < 0.01)
    #expect(result.energyJoules > result.junctionEnergyJoules)

    let states = (1...5).map { Node("s\($0)") } + ["x", "q"]
    let balance = try await EnergyBalance(
      circuit.simulation(bench.corner, temperatureCelsius: 27), on: bench, excluding: Set(states))
    #expect(abs(balance.delivered / balance.dissipated - 1) < 0.01, "\(balance)")
    #expect(abs(result.energyJoules / balance.delivered - 1) < 0.01)
  }

  /// A larger critical current never needs a narrower transistor or a lower supply; one out of reach is told.
  @Test func requirementIsMonotone() async throws {
    var last: (supply: Double, width: Double) = (0, 0)
    for critical in [20e-6, 40e-6, 80e-6, 160e-6] {
      let found = try await bench.writeRequirement(
        WriteDesign(), junction: junction(critical: critical), currentAmperes: 1.35 * critical,
        highestSupply: 2.0)
      #expect(found.pulses.map(\.polarity) == [.forward, .degenerated])
      let supply = try #require(found.pulses.map(\.supplyVolts).max())
      #expect(supply >= last.supply - 0.11)
      if abs(supply - last.supply) < 0.05 { #expect(found.accessWidth >= last.width) }
      for pulse in found.pulses {
        #expect(abs(pulse.finalState - pulse.initialState) >= 0.98)
        #expect(pulse.currentAmperes >= 1.35 * critical)
        // Each polarity stands at the lowest supply of its own: what it carries beyond the demand is the
        // resolution of the search, not the strength of the other polarity.
        if pulse.supplyVolts > 0.65 { #expect(pulse.currentAmperes < 1.45 * critical) }
      }
      #expect(found.pulses[0].supplyVolts < found.pulses[1].supplyVolts)
      last = (supply, found.accessWidth)
    }
    let none = try await bench.writeRequirement(
      WriteDesign(), junction: junction(critical: 5e-3), currentAmperes: 6.75e-3, highestSupply: 1.3)
    #expect(none.accessWidth == .infinity)
  }
}
