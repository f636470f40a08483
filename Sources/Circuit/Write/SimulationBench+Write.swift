import Models
import Spice

/// The smallest access transistor with which both polarities switch a junction, and the lowest supply that
/// allows one.
public struct WriteRequirement: Codable, Sendable, Hashable {
  /// Width in metres; infinite if no width at any supply does it.
  public var accessWidth: Double
  /// Supply in volt.
  public var supplyVolts: Double
  /// The pulses of both polarities at that width and supply.
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

  /// The smallest access transistor, and before it the lowest supply, with which both polarities switch.
  ///
  /// - Parameters:
  ///   - design: The driver; its supply is the lowest tried.
  ///   - junction: The junction.
  ///   - completion: Fraction of the layer that a full pulse must have switched.
  ///   - widest: Widest access transistor considered, in metres.
  ///   - highestSupply: Highest supply considered, in volt.
  public func writeRequirement(
    _ design: WriteDesign, junction: CompactModel, completion: Double = 0.98, widest: Double = 4e-6,
    highestSupply: Double = 3.0
  ) async throws(CircuitError) -> WriteRequirement {
    func pulses(_ design: WriteDesign) async throws(CircuitError) -> [WriteResult] {
      let forward = WriteCircuit(design: design, junction: junction, polarity: .forward, initialState: 0)
      let degenerated = WriteCircuit(
        design: design, junction: junction, polarity: .degenerated, initialState: 1)
      return [try await run(forward).result, try await run(degenerated).result]
    }
    func complete(_ results: [WriteResult]) -> Bool {
      results.allSatisfy { abs($0.finalState - $0.initialState) >= completion }
    }
    var trial = design
    // The bridge grows with the access transistor so that the cell, not the driver, limits.
    func sized(_ width: Double, _ supply: Double) -> WriteDesign {
      var sized = design
      sized.accessWidth = width
      sized.supplyVolts = supply
      sized.driverPWidth = max(design.driverPWidth, 4 * width)
      sized.driverNWidth = max(design.driverNWidth, 2 * width)
      return sized
    }
    var supply = design.supplyVolts
    while supply <= highestSupply + 1e-9 {
      trial = sized(widest, supply)
      if complete(try await pulses(trial)) { break }
      supply += 0.1
    }
    guard supply <= highestSupply + 1e-9 else {
      return WriteRequirement(
        accessWidth: .infinity, supplyVolts: highestSupply, pulses: try await pulses(trial))
    }
    var low = 2 * corner.minimumLengthMetres
    var high = widest
    while high / low > 1.02 {
      let middle = (low * high).squareRoot()
      if complete(try await pulses(sized(middle, supply))) { high = middle } else { low = middle }
    }
    return WriteRequirement(
      accessWidth: high, supplyVolts: supply, pulses: try await pulses(sized(high, supply)))
  }
}
