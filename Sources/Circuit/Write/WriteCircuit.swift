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

  func bench(_ corner: TransistorCard) -> Bench {
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
    junction.place(in: &bench.circuit, "bl", "n", initialState: initialState)
    return bench
  }

  private func addWire(_ bench: inout Bench, _ tag: String, _ near: Node, _ far: Node) {
    bench.circuit.capacitor("cn\(tag)", near, .ground, design.wire.farads / 2)
    bench.circuit.resistor("rw\(tag)", near, far, design.wire.ohms)
    bench.circuit.capacitor("cf\(tag)", far, .ground, design.wire.farads / 2)
  }

  package func simulation(_ corner: TransistorCard, temperatureCelsius: Double) -> Simulation {
    var simulation = Simulation(
      bench(corner).circuit, .transient(step: 1e-12, stop: stop, maximumStep: 20e-12),
      saving: ["v(wl)", "v(bl)", "v(sl)", "v(n)", "v(q)", "v(x)"], temperatureCelsius: temperatureCelsius)
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

extension CompactModel {
  /// Capacitance that carries a group's state, in farad: 1 V is the whole group.
  private static let stateFarads = 1e-12

  /// Places the junction as plain behavioural sources: state nodes `s1...`, their weighted sum at `q`,
  /// the normalised current at `x`.
  ///
  /// Positive current from `positive` to `negative` drives towards antiparallel.
  func place(in circuit: inout Circuit, _ positive: Node, _ negative: Node, initialState: Double) {
    let bias = Expression.v(positive, negative)
    let ratio =
      Expression(1.0) + Expression(tmrZeroBias) / (1 + Expression.pow(bias / Expression(tmrHalfVolts), 2))
    let state = Expression.v("q")
    let current = bias * Expression(1 / parallelOhms) * ((1 - state) + state / ratio)
    circuit.behavioralCurrent("bj", positive, negative, current)
    circuit.capacitor("cj", positive, negative, capacitanceFarads)
    circuit.behavioralVoltage("bx", "x", .ground, current / Expression(criticalCurrentAmperes))
    circuit.resistor("rx", "x", .ground, 1e6)
    var sum = Expression(0.0)
    for (index, (threshold, weight)) in zip(thresholds, weights).enumerated() {
      let node = Node("s\(index + 1)")
      let s = Expression.v(node)
      let x = Expression.v("x")
      let rate = (1 - s) * rate(x, threshold: threshold) - s * self.rate(-x, threshold: threshold)
      circuit.capacitor("cs\(index + 1)", node, .ground, CompactModel.stateFarads)
      circuit.behavioralCurrent(
        "bs\(index + 1)", .ground, node, Expression(CompactModel.stateFarads) * rate)
      // Gives the state node a path at the operating point; its time constant is a second.
      circuit.resistor("rs\(index + 1)", node, .ground, 1 / CompactModel.stateFarads)
      circuit.initialConditions[node] = Expression(initialState)
      sum = sum + Expression(weight) * s
    }
    circuit.behavioralVoltage("bq", "q", .ground, sum)
    circuit.resistor("rq", "q", .ground, 1e6)
  }

  /// r_k(x) in 1/s as an expression.
  private func rate(_ x: Expression, threshold: Double) -> Expression {
    let over = x / Expression(threshold)
    let barrier =
      Expression(stability * threshold)
      * Expression.pow(Expression.max(0, 1 - over), Expression(barrierExponent))
    return Expression(attemptFrequencyHertz) * Expression.exp(-barrier)
      + Expression.max(0, over - 1) * Expression(1 / reversalTimeSeconds)
  }
}
