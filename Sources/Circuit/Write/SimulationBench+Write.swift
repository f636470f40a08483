import Models
import Spice

/// The smallest access transistor with which both polarities drive a junction with the current asked for, and
/// the supplies that do.
public struct WriteRequirement: Codable, Sendable, Hashable {
  /// Width in metres; infinite if no width at any supply does it.
  public var accessWidth: Double
  /// The pulses at that width, forward then degenerated, each at the lowest supply that suffices for it.
  public var pulses: [WriteResult]
}

extension SimulationBench {
  /// Runs one pulse.
  public func run(
    _ circuit: WriteCircuit
  ) async throws(CircuitError) -> (result: WriteResult, waveforms: Waveforms) {
    try circuit.design.validate()
    let waves = try await waveforms(circuit.simulation(corner, temperatureCelsius: temperatureCelsius))
    return (try circuit.measure(waves), waves)
  }

  /// Runs one pulse with a live junction: a system that the transient is solved together with.
  ///
  /// Its input is the current over the critical one, positive towards antiparallel; its outputs are the antiparallel
  /// share that conducts and the one that stays.
  ///
  /// - Parameter makeSystem: Makes the system in its initial state.
  public func run(
    _ circuit: WriteCircuit, live makeSystem: @escaping @Sendable () throws -> any CoupledSystem
  ) async throws(CircuitError) -> (result: WriteResult, waveforms: Waveforms) {
    try circuit.design.validate()
    let simulation = circuit.simulation(corner, temperatureCelsius: temperatureCelsius, isLive: true)
    let coupling = Coupling(inputs: ["v(x)"], outputs: ["vlive", "vsettled"], makeSystem: makeSystem)
    do {
      let waves = try await pool.run(simulation, coupledTo: [coupling]).waveforms()
      var result = try circuit.measure(waves)
      result.finalState = try waves.signal("v(settled)").final
      return (result, waves)
    } catch {
      throw CircuitError.wrapping(error, "'\(simulation.circuit.title)' with live grains did not complete")
    }
  }

  /// Direct current through a plain resistor in place of the junction, both polarities, in ampere.
  ///
  /// Wordline and driving leg at the supply, the other leg at ground, no bridge resistance: the figure that
  /// tables of access transistors give.
  public func directCurrent(
    accessWidth: Double, supplyVolts: Double, ohms: Double
  ) async throws(CircuitError) -> [WritePolarity: Double] {
    var currents: [WritePolarity: Double] = [:]
    for polarity in WritePolarity.allCases {
      var bench = Bench(title: "access transistor, \(polarity.rawValue)", corner: corner)
      bench.circuit.voltageSource("vwl", "wl", .ground, .dc(supplyVolts))
      bench.circuit.voltageSource("vbl", "bl", .ground, .dc(polarity == .forward ? supplyVolts : 0))
      bench.circuit.voltageSource("vsl", "sl", .ground, .dc(polarity == .forward ? 0 : supplyVolts))
      bench.circuit.resistor("rj", "bl", "n", ohms)
      bench.nmos("acc", "n", "wl", "sl", TransistorSize(accessWidth, corner.minimumLengthMetres))
      let simulation = Simulation(
        bench.circuit, .operatingPoint, saving: ["i(vbl)"], temperatureCelsius: temperatureCelsius)
      do {
        currents[polarity] = try await abs(pool.run(simulation).waveforms().signal("i(vbl)").final)
      } catch {
        throw CircuitError.wrapping(error, "no operating point")
      }
    }
    return currents
  }

  /// The smallest access transistor, and before it the lowest supply, with which both polarities carry a
  /// current and switch the layer; then the lowest supply of each polarity for itself.
  ///
  /// The degenerated polarity decides width and supply. At its supply the other one would drive the junction
  /// well beyond the current that the levels were programmed with, and towards breakdown.
  ///
  /// - Parameters:
  ///   - design: The driver; its supply is the lowest tried for both.
  ///   - junction: The junction.
  ///   - currentAmperes: Mean current over the middle half of a pulse that both polarities must reach.
  ///   - completion: Fraction of the layer that a full pulse must have switched.
  ///   - widest: Widest access transistor considered, in metres.
  ///   - highestSupply: Highest supply considered, in volt.
  public func writeRequirement(
    _ design: WriteDesign, junction: CompactModel, currentAmperes: Double, completion: Double = 0.98,
    widest: Double = 4e-6, highestSupply: Double = 3.0
  ) async throws(CircuitError) -> WriteRequirement {
    func pulse(
      _ polarity: WritePolarity, width: Double, supply: Double
    ) async throws(CircuitError) -> WriteResult {
      var sized = design.sized(accessWidth: width)
      sized.supplyVolts = supply
      let circuit = WriteCircuit(
        design: sized, junction: junction, polarity: polarity,
        initialState: polarity == .forward ? 0 : 1)
      return try await run(circuit).result
    }
    func suffices(_ result: WriteResult) -> Bool {
      result.currentAmperes >= currentAmperes
        && abs(result.finalState - result.initialState) >= completion
    }
    func bothSuffice(width: Double, supply: Double) async throws(CircuitError) -> Bool {
      for polarity in [WritePolarity.degenerated, .forward] {
        guard suffices(try await pulse(polarity, width: width, supply: supply)) else { return false }
      }
      return true
    }
    var supply = design.supplyVolts
    while supply <= highestSupply + 1e-9 {
      if try await bothSuffice(width: widest, supply: supply) { break }
      supply += 0.1
    }
    var pulses: [WriteResult] = []
    guard supply <= highestSupply + 1e-9 else {
      for polarity in WritePolarity.allCases {
        pulses.append(try await pulse(polarity, width: widest, supply: highestSupply))
      }
      return WriteRequirement(accessWidth: .infinity, pulses: pulses)
    }
    var low = 2 * corner.minimumLengthMetres
    var width = widest
    while width / low > 1.02 {
      let middle = (low * width).squareRoot()
      if try await bothSuffice(width: middle, supply: supply) { width = middle } else { low = middle }
    }
    for polarity in WritePolarity.allCases {
      var result = try await pulse(polarity, width: width, supply: supply)
      var short = supply / 2
      while result.supplyVolts - short > 0.01 {
        let middle = (short + result.supplyVolts) / 2
        let trial = try await pulse(polarity, width: width, supply: middle)
        if suffices(trial) { result = trial } else { short = middle }
      }
      pulses.append(result)
    }
    return WriteRequirement(accessWidth: width, pulses: pulses)
  }
}
