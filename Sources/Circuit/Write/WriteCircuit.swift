import Models
import Spice

/// Sizes and levels of a one-transistor, one-junction write path with an H-bridge driver.
public struct WriteDesign: Codable, Sendable, Hashable {
  /// Driver and wordline supply in volt.
  public var supplyVolts: Double
  /// Width of the access transistor in metres.
  public var accessWidth: Double
  /// P width of each bridge leg in metres.
  public var driverPWidth: Double
  /// N width of each bridge leg in metres.
  public var driverNWidth: Double
  /// Pulse width in seconds.
  public var pulseSeconds: Double
  /// The bitline and source-line wires.
  public var wire: SenseChainDesign.BitlineWire

  /// Creates a design; the defaults are the trial's bridge (4 um and 2 um) at 1.2 V.
  public init(
    supplyVolts: Double = 1.2, accessWidth: Double = 0.8e-6, driverPWidth: Double = 4e-6,
    driverNWidth: Double = 2e-6, pulseSeconds: Double = 4e-9,
    wire: SenseChainDesign.BitlineWire = SenseChainDesign.BitlineWire(rows: 128)
  ) {
    self.supplyVolts = supplyVolts
    self.accessWidth = accessWidth
    self.driverPWidth = driverPWidth
    self.driverNWidth = driverNWidth
    self.pulseSeconds = pulseSeconds
    self.wire = wire
  }

  /// The same path with another access transistor; the bridge grows with it, so that the cell, not the
  /// driver, limits the current (P four times, N twice as wide; assumption).
  public func sized(accessWidth: Double) -> WriteDesign {
    var sized = self
    sized.accessWidth = accessWidth
    sized.driverPWidth = max(driverPWidth, 4 * accessWidth)
    sized.driverNWidth = max(driverNWidth, 2 * accessWidth)
    return sized
  }

  /// Checks every value.
  public func validate() throws(CircuitError) {
    let checks: [(String, Double, ClosedRange<Double>)] = [
      ("supplyVolts", supplyVolts, 0.2...5), ("accessWidth", accessWidth, 5e-8...1e-4),
      ("driverPWidth", driverPWidth, 5e-8...1e-3), ("driverNWidth", driverNWidth, 5e-8...1e-3),
      ("pulseSeconds", pulseSeconds, 1e-10...1e-5),
    ]
    for (name, value, range) in checks where !range.contains(value) {
      throw CircuitError(
        .invalidDesign, "'\(name)' is \(value); expected \(range.lowerBound) to \(range.upperBound)",
        place: "write path")
    }
  }
}

/// Direction of a write current.
public enum WritePolarity: String, Codable, Sendable, Hashable, CaseIterable {
  /// Bitline high: the access transistor's source is grounded. Drives the junction antiparallel.
  case forward
  /// Source line high: the junction degenerates the access transistor. Drives the junction parallel.
  case degenerated
}

/// What one write pulse does.
public struct WriteResult: Codable, Sendable, Hashable {
  /// Direction of the pulse.
  public var polarity: WritePolarity
  /// Supply of driver and wordline in volt.
  public var supplyVolts: Double
  /// Antiparallel fraction before the pulse.
  public var initialState: Double
  /// Antiparallel fraction after it.
  public var finalState: Double
  /// Mean magnitude of the junction current over the middle half of the pulse, in ampere.
  public var currentAmperes: Double
  /// Largest junction voltage in volt.
  public var peakJunctionVolts: Double
  /// Energy delivered by each source, in joule.
  public var energyBySource: [String: Double]
  /// Energy dissipated in the junction, in joule.
  public var junctionEnergyJoules: Double

  /// Energy of all sources in joule.
  public var energyJoules: Double { energyBySource.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value } }
}

/// A write pulse as a netlist: H-bridge, wires, access transistor and a junction that switches.
public struct WriteCircuit: Sendable, Hashable {
  /// Sizes and levels.
  public var design: WriteDesign
  /// The junction.
  public var junction: CompactModel
  /// Direction of the pulse.
  public var polarity: WritePolarity
  /// Antiparallel fraction before the pulse: all groups alike, 0 or 1, or a mean state between.
  public var initialState: Double

  /// Start of the pulse in seconds.
  static let start = 0.2e-9
  /// Edge of the driver inputs in seconds.
  static let edge = 50e-12

  /// Creates a pulse.
  public init(
    design: WriteDesign, junction: CompactModel, polarity: WritePolarity, initialState: Double
  ) {
    self.design = design
    self.junction = junction
    self.polarity = polarity
    self.initialState = initialState
  }

  var stop: Double { WriteCircuit.start + design.pulseSeconds + 1e-9 }
  var sources: [String] { ["vddw", "vin_b", "vin_s", "vwl"] }

  /// The circuit; with live grains the junction's state comes from outside, through the source `vlive`.
  func bench(_ corner: TransistorCard, temperatureCelsius: Double, isLive: Bool = false) -> Bench {
    var bench = Bench(title: "write pulse, \(polarity.rawValue)", corner: corner)
    let high = design.supplyVolts
    let end = WriteCircuit.start + design.pulseSeconds
    let idle = SourceWaveform.dc(high)
    let pulse = SourceWaveform.pwl([
      (0, high), (WriteCircuit.start, high), (WriteCircuit.start + WriteCircuit.edge, 0), (end, 0),
      (end + WriteCircuit.edge, high),
    ])
    bench.circuit.voltageSource("vddw", "vdd", .ground, .dc(high))
    bench.circuit.voltageSource(
      "vwl", "wl", .ground,
      .pwl([
        (0, 0), (WriteCircuit.start, 0), (WriteCircuit.start + WriteCircuit.edge, high), (end, high),
        (end + WriteCircuit.edge, 0),
      ]))
    // A low input raises its leg: the pulsed leg drives, the other sinks.
    bench.circuit.voltageSource("vin_b", "inb", .ground, polarity == .forward ? pulse : idle)
    bench.circuit.voltageSource("vin_s", "ins", .ground, polarity == .degenerated ? pulse : idle)
    for (leg, input, output) in [("b", "inb", "bl0"), ("s", "ins", "sl0")] as [(String, Node, Node)] {
      let length = corner.minimumLengthMetres
      bench.pmos("drp\(leg)", output, input, "vdd", TransistorSize(design.driverPWidth, length))
      bench.nmos("drn\(leg)", output, input, .ground, TransistorSize(design.driverNWidth, length))
    }
    addWire(&bench, "b", "bl0", "bl")
    addWire(&bench, "s", "sl0", "sl")
    bench.nmos(
      "acc", "n", "wl", "sl", TransistorSize(design.accessWidth, corner.minimumLengthMetres))
    let junction = junction.at(kelvin: temperatureCelsius + 273.15)
    if isLive {
      junction.placeLive(in: &bench.circuit, "bl", "n")
    } else {
      junction.place(in: &bench.circuit, "bl", "n", initialState: initialState)
    }
    return bench
  }

  private func addWire(_ bench: inout Bench, _ tag: String, _ near: Node, _ far: Node) {
    bench.circuit.capacitor("cn\(tag)", near, .ground, design.wire.farads / 2)
    bench.circuit.resistor("rw\(tag)", near, far, design.wire.ohms)
    bench.circuit.capacitor("cf\(tag)", far, .ground, design.wire.farads / 2)
  }

  package func simulation(
    _ corner: TransistorCard, temperatureCelsius: Double, isLive: Bool = false
  ) -> Simulation {
    var simulation = Simulation(
      bench(corner, temperatureCelsius: temperatureCelsius, isLive: isLive).circuit,
      .transient(step: 1e-12, stop: stop, maximumStep: 20e-12),
      saving: ["v(wl)", "v(bl)", "v(sl)", "v(n)", "v(q)", "v(x)"], temperatureCelsius: temperatureCelsius)
    if isLive { simulation.saved.append("v(settled)") }
    for source in sources { simulation.save(energyOf: source) }
    return simulation
  }

  func measure(_ waves: Waveforms) throws(CircuitError) -> WriteResult {
    do {
      let current = try waves.signal("v(x)").map("current", unit: "A") {
        $0 * junction.criticalCurrentAmperes
      }
      let drop = try waves.signal("v(bl)").combined(with: waves.signal("v(n)"), "drop", unit: "V", -)
      let from = WriteCircuit.start + 0.25 * design.pulseSeconds
      let to = WriteCircuit.start + 0.75 * design.pulseSeconds
      var energies: [String: Double] = [:]
      for source in sources { energies[source] = try waves.energy(source: source) }
      return WriteResult(
        polarity: polarity, supplyVolts: design.supplyVolts, initialState: initialState,
        finalState: try waves.signal("v(q)").final,
        currentAmperes: abs(current.mean(from: from, to: to)),
        peakJunctionVolts: max(drop.maximum(), -drop.minimum()), energyBySource: energies,
        junctionEnergyJoules: current.combined(with: drop, "power", unit: "W", *).integral())
    } catch {
      throw CircuitError.wrapping(error, "the write's waveforms lack an event")
    }
  }
}
