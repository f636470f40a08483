import Circuit
import Device
import Foundation
import Models
import Spice
import TestSupport
import Testing

/// The fitted junction as a subcircuit.
@Suite(.requiresNgspice) struct CompactSubcircuitTests {
  private static func shipped() throws -> CompactModel {
    let url = try ModelLibrary.standard.url("granular-mtj/compact.json", in: "devices")
    return try ResultFile.decode(CompactModel.self, from: ResultFile.read(url), at: "compact.json")
  }

  /// A junction between a current source and ground, one rectangular pulse towards parallel.
  private static func pulse(_ model: CompactModel, drive: Double, seconds: Double) -> Simulation {
    var staircase = LevelStaircase(junction: model, drives: [drive])
    staircase.junction.pulseWidthSeconds = seconds
    staircase.edgeSeconds = 1e-12
    return staircase.simulation(temperatureCelsius: 27)
  }

  /// A junction in a state under a voltage.
  private static func junction(_ model: CompactModel, state: Double, volts: Double) -> Circuit {
    var circuit = Circuit(title: "junction under a voltage")
    let subcircuit = model.subcircuit()
    circuit.subcircuits.append(subcircuit)
    circuit.instance(
      "x1", ["top", .ground, "q"], of: subcircuit.name, parameters: [Parameter("qinit", state)])
    circuit.voltageSource("v1", "top", .ground, .dc(volts))
    return circuit
  }

  /// After one pulse the subcircuit stands where the rate equations say, at several widths and currents.
  @Test(arguments: [0.5, 0.6, 0.7, 0.85], [2e-9, 4e-9, 8e-9])
  func responseIsTheRateEquations(drive: Double, seconds: Double) async throws {
    let model = try Self.shipped()
    let waves = try await WorkerPool(workers: 1).run(Self.pulse(model, drive: drive, seconds: seconds))
      .waveforms()
    let reversed = try 1 - waves.signal("v(q)").final
    #expect(abs(reversed - model.reversedFraction(drive: drive, pulseSeconds: seconds)) < 0.01)
  }

  /// Under a pulse the conductance is the film's: what conducts is ahead of what stays by the model's lead, towards
  /// parallel and towards antiparallel.
  @Test(arguments: [1.0, 0.0])
  func filmConductsAheadOfItsGrains(from state: Double) async throws {
    let model = try Self.shipped()
    let (drive, seconds) = (0.7, 2e-9)
    var circuit = Self.junction(model, state: state, volts: 0)
    circuit.elements.removeAll { $0.name == "v1" }
    // Drawn out of the upper node it drives towards parallel.
    let amperes = (state > 0.5 ? 1 : -1) * drive * model.criticalCurrentAmperes
    circuit.currentSource(
      "iwrite", "top", .ground,
      .pwl([(0, 0), (1e-9, 0), (1.001e-9, amperes), (3.001e-9, amperes), (3.002e-9, 0)]))
    let simulation = Simulation(
      circuit, .transient(step: 20e-12, stop: 4e-9, maximumStep: 20e-12), saving: ["v(q)", "v(top)"])
    let waves = try await WorkerPool(workers: 1).run(simulation).waveforms()
    let end = 3e-9
    let (q, volts) = (try waves.signal("v(q)").value(at: end), try waves.signal("v(top)").value(at: end))
    let ratio = 1 + model.tmrZeroBias / (1 + pow(volts / model.tmrHalfVolts, 2))
    // I = V G_P (1 - c + c / ratio).
    let conducting = (1 + amperes * model.parallelOhms / volts) / (1 - 1 / ratio)
    let ahead = model.response(drive: drive, pulseSeconds: seconds).ahead
    #expect(ahead > 0.05)
    #expect(abs((state > 0.5 ? q - conducting : conducting - q) - ahead) < 0.01)
  }

  /// The state at the operating point is the one asked for, from any start.
  @Test(arguments: [0.0, 0.35, 1.0])
  func operatingPointHoldsTheState(state: Double) async throws {
    let model = try Self.shipped()
    let circuit = Self.junction(model, state: state, volts: 0.1)
    let simulation = Simulation(
      circuit, .transient(step: 1e-11, stop: 5e-9, maximumStep: 1e-10), saving: ["v(q)", "i(v1)"])
    let waves = try await WorkerPool(workers: 1).run(simulation).waveforms()
    let q = try waves.signal("v(q)").final
    #expect(abs(q - state) < 2e-3)
    // I = V G(V, q) of the model.
    let ratio = 1 + model.tmrZeroBias / (1 + pow(0.1 / model.tmrHalfVolts, 2))
    let expected = 0.1 / model.parallelOhms * (1 - state + state / ratio)
    #expect(try abs(abs(waves.signal("i(v1)").final) / expected - 1) < 5e-3)
  }

  /// Without current a state stays for longer than any transient of a circuit.
  @Test(arguments: [0.0, 0.5, 1.0])
  func holdsAtRest(state: Double) async throws {
    let model = try Self.shipped()
    let circuit = Self.junction(model, state: state, volts: 0)
    let stop = CompactFit.restSeconds
    let simulation = Simulation(
      circuit, .transient(step: stop / 100, stop: stop, maximumStep: stop / 100), saving: ["v(q)"])
    let waves = try await WorkerPool(workers: 1).run(simulation).waveforms()
    #expect(try abs(waves.signal("v(q)").final - state) < 3e-3)
  }

  /// Rising pulses give levels that fall monotonically from antiparallel to parallel, each held between pulses.
  @Test func staircaseFallsStepByStep() async throws {
    let model = try Self.shipped()
    let staircase = LevelStaircase(junction: model)
    let waves = try await WorkerPool(workers: 1).run(staircase.simulation(temperatureCelsius: 27)).waveforms()
    let state = try waves.signal("v(q)")
    let period = model.pulseWidthSeconds + staircase.edgeSeconds + staircase.gapSeconds
    var levels = [1.0]
    for pulse in staircase.drives.indices {
      let before = 1e-9 + Double(pulse + 1) * period - 0.6e-9
      levels.append(state.value(at: before))
      #expect(abs(state.value(at: before + 0.5e-9) - state.value(at: before)) < 5e-3)
    }
    for (high, low) in zip(levels, levels.dropFirst()) { #expect(low < high + 1e-6) }
    #expect(levels[levels.count - 1] < 0.02)
    #expect(levels.count { (0.05...0.95).contains($0) } >= 4)
  }
}
