import Spice

/// Where a comparator's answer turns from "below" to "above".
public struct TurningPoint: Codable, Sendable, Hashable {
  /// Position of the cell, 0 to 1 between the nominal outer levels.
  public var position: Double
  /// Comparator input at the instant of firing, in volt, less the input at which the comparator alone turns with
  /// its trim: what its place in the chain adds.
  public var inputVolts: Double
  /// Voltage of the data node at that instant, in volt.
  public var dataVolts: Double

  /// Creates a point.
  public init(position: Double, inputVolts: Double, dataVolts: Double) {
    self.position = position
    self.inputVolts = inputVolts
    self.dataVolts = dataVolts
  }
}

/// One flash read of one cell as a netlist: data branch, references, comparators, decoder, drivers.
public struct FlashRead: Codable, Sendable, Hashable {
  /// The chain.
  public var design: SenseChainDesign
  /// When its phases happen.
  public var timing: ReadTiming
  /// The storing element.
  public var element: MemoryElement
  /// Positions of the levels, rising; one comparator stands between each two.
  public var levels: [Double]
  /// Position of the cell that is read.
  public var dataPosition: Double
  /// Where on its bitline the cell that is read lies: 0 next to the multiplexer, 1 at the far end.
  public var rowFraction: Double
  /// Positions of the reference cells, two per boundary for neighbour averages, one for midpoints;
  /// `nil` for their nominal positions.
  public var referencePositions: [[Double]]?
  /// Trim code of each comparator; `nil` for the middle code.
  public var trimCodes: [Int]?
  /// Where the comparators turn in place; `nil` before ``SimulationBench/trimmed(_:)``.
  public var turningPoints: [TurningPoint]?
  /// Input of each comparator when it fires with the cell midway between the levels, in volt: what its trim
  /// takes out; `nil` before ``SimulationBench/trimmed(_:)``.
  public var centreVolts: [Double]?
  /// Voltage to which idle bitlines are held, in volt (with standby biasing).
  public var bitlineVolts: Double

  /// Creates a read with nominal references.
  public init(
    design: SenseChainDesign, timing: ReadTiming, element: MemoryElement, levels: [Double],
    dataPosition: Double, bitlineVolts: Double = 0.2
  ) {
    self.design = design
    self.timing = timing
    self.element = element
    self.levels = levels
    self.dataPosition = dataPosition
    rowFraction = 0.5
    self.bitlineVolts = bitlineVolts
  }

  /// Number of comparators.
  public var boundaries: Int { levels.count - 1 }

  /// Nominal reference positions of each boundary.
  public var nominalReferences: [[Double]] {
    zip(levels, levels.dropFirst()).map { lower, upper -> [Double] in
      design.references == .neighbourAverage ? [lower, upper] : [(lower + upper) / 2]
    }
  }

  /// Positions of the replica's cells: those of the middle boundary's reference, so that a comparator input
  /// is released where the data node of a cell on that boundary stands.
  var replicaPositions: [Double] {
    let nominal = nominalReferences
    return nominal.isEmpty ? [] : nominal[nominal.count / 2]
  }

  /// Columns of the replica.
  var replicaTags: [String] { replicaPositions.count == 1 ? ["p"] : ["pa", "pb"] }

  /// Supplies whose energy is counted: `vddr` feeds the replica alone, `vwl` the wordline with the access
  /// gates, `vmx` the column multiplexers, `vcl` the clamp gates.
  package var energySources: [String] {
    var names = ["vdd", "vddr", "vwl", "vmx", "vcl"]
    if design.standby != nil { names.append("vblp") }
    return names
  }

  /// The inputs of the phase drivers (or, without drivers, the ideal phases themselves).
  package var phaseSources: [String] {
    var names = ["wl", "pc", "clk"].map { "vin_\($0)" }
    names.append(design.hasDrivers ? "vin_mx" : "vin_pcb")
    if design.standby != nil { names.append("vin_pd") }
    return names
  }

  /// Builds the netlist.
  package func bench(_ corner: TransistorCard, mismatch: MismatchDraw? = nil) -> Bench {
    var bench = Bench(
      title: "flash read, \(levels.count) levels, \(design.name) chain", corner: corner, mismatch: mismatch)
    let high = corner.supplyVolts
    bench.circuit.voltageSource("vdd", "vdd", .ground, .dc(high))
    bench.circuit.voltageSource("vddr", "vddr", .ground, .dc(high))
    bench.circuit.voltageSource("vwl", "vwl", .ground, .dc(design.wordlineVolts))
    bench.circuit.voltageSource("vmx", "vmx", .ground, .dc(design.wordlineVolts))
    bench.circuit.voltageSource("vcl", "vcl", .ground, .dc(design.clampGateVolts))
    if design.standby != nil { bench.circuit.voltageSource("vblp", "vblp", .ground, .dc(bitlineVolts)) }
    addPhases(&bench, high: high)
    addBranch(&bench, "d", output: "dd", position: dataPosition, .data)
    bench.pmos("pd", "dd", "dd", "vdd", design.mirror)
    let references = referencePositions ?? nominalReferences
    for (index, positions) in references.enumerated() {
      let k = index + 1
      let input = Node("y\(k)")
      bench.pmos("pm\(k)", input, "dd", "vdd", design.mirror.wider(design.mirrorRatio))
      for (letter, position) in zip(["a", "b"], positions) {
        addBranch(&bench, "r\(k)\(letter)", output: input, position: position, .reference)
      }
      bench.transmissionGate(
        "tg\(k)", input, "vpre", enable: "pc", enableBar: "pcb",
        width: design.inputPrechargeWidth * design.mirrorRatio)
      bench.latch(
        design.latch, k, positive: input, negative: "dd", clock: "clk", trimCode: trimCodes?[index])
    }
    bench.pmos("prp", "vpre", "vpre", "vddr", design.mirror.wider(design.mirrorRatio), bulk: "vddr")
    for (tag, position) in zip(replicaTags, replicaPositions) {
      addBranch(&bench, tag, output: "vpre", position: position, .replica)
    }
    bench.circuit.capacitor("cpre", "vpre", .ground, design.replicaFarads)
    if let standby = design.standby {
      bench.transmissionGate(
        "td", "dd", "vpre", enable: "pd", enableBar: "pdb", width: standby.dataWidth)
    }
    if design.latch.trim != nil { addDecoder(&bench) }
    return bench
  }

  /// The phases: wordline with multiplexer, input precharge, clock and standby.
  private func addPhases(_ bench: inout Bench, high: Double) {
    let t = timing
    let wordline = PhaseEdges(startsHigh: false, times: [t.start, t.sample])
    let clock = PhaseEdges(startsHigh: false, times: [t.fire, t.sample])
    let release = t.start + t.precharge
    guard design.hasDrivers else {
      bench.circuit.voltageSource("vin_wl", "wl", .ground, wordline.waveform(high: design.wordlineVolts))
      bench.circuit.voltageSource("vin_clk", "clk", .ground, clock.waveform(high: high))
      bench.circuit.voltageSource(
        "vin_pc", "pc", .ground,
        PhaseEdges(startsHigh: true, times: [release, t.sample]).waveform(high: high))
      bench.circuit.voltageSource(
        "vin_pcb", "pcb", .ground,
        PhaseEdges(startsHigh: false, times: [release, t.sample]).waveform(high: high))
      return
    }
    bench.driver("wl", wordline, high: design.wordlineVolts, supply: "vwl", width: 1.5e-6)
    bench.driver("mx", wordline, high: design.wordlineVolts, supply: "vmx", width: 6e-6)
    bench.driver("clk", clock, high: high, width: 1.5e-6)
    bench.driver(
      "pc", PhaseEdges(startsHigh: false, times: [t.start + t.inputTie, release]), high: high, width: 1e-6)
    if design.standby != nil {
      bench.driver(
        "pd", PhaseEdges(startsHigh: true, times: [t.start + t.standbyRelease, t.sample]), high: high,
        width: 2e-6)
    }
  }

  /// What a branch of the chain holds.
  private enum Branch {
    /// The bitline of the cell that is read.
    case data
    /// A reference cell.
    case reference
    /// A cell of the replica, always on.
    case replica
  }

  /// One bitline with its clamp, multiplexer, wire and cell.
  ///
  /// Reference and replica cells of real references stand beside the sense chain: always the same cells
  /// whatever row is read, behind half the resistance of a bitline so that they balance a cell in its middle,
  /// on a wire of eight cells' length.
  private func addBranch(
    _ bench: inout Bench, _ tag: String, output: Node, position: Double, _ branch: Branch
  ) {
    let column = Node("b\(tag)")
    let tap = Node("bc\(tag)")
    let far = Node("bf\(tag)")
    let cell = Node("n\(tag)")
    let alwaysOn = branch == .replica
    let isLocal = branch != .data && design.references == .neighbourAverage
    bench.nmos("cl\(tag)", output, "vcl", "s\(tag)", design.clamp)
    // Without drivers the multiplexer is always selected, as it was in the trial circuit.
    bench.nmos(
      "mx\(tag)", "s\(tag)", alwaysOn || !design.hasDrivers ? "vmx" : "mx", column, design.multiplexer)
    if let standby = design.standby, !alwaysOn {
      bench.nmos(
        "bp\(tag)", column, "pd", "vblp",
        TransistorSize(standby.bitlineWidth, bench.corner.minimumLengthMetres))
    }
    let wire = design.bitline
    if isLocal {
      bench.circuit.resistor("rw1\(tag)", column, tap, wire.ohms / 2)
      bench.circuit.capacitor("cw1\(tag)", tap, .ground, 8 * wire.faradsPerCell)
    } else {
      // The trial circuit's cells all lie at the far end of their bitlines.
      let near = design.references == .neighbourAverage ? min(max(rowFraction, 0.001), 0.999) : 0.999
      bench.circuit.capacitor("cw1\(tag)", column, .ground, near * wire.farads / 2)
      bench.circuit.resistor("rw1\(tag)", column, tap, near * wire.ohms)
      bench.circuit.capacitor("cw2\(tag)", tap, .ground, wire.farads / 2)
      bench.circuit.resistor("rw2\(tag)", tap, far, (1 - near) * wire.ohms)
      bench.circuit.capacitor("cw3\(tag)", far, .ground, (1 - near) * wire.farads / 2)
    }
    element.place(in: &bench.circuit, name: "j\(tag)", tap, cell, position: position)
    // Local cells are selected with the multiplexers, not by the wordline of the row that is read.
    let select: Node = alwaysOn ? "vmx" : isLocal && design.hasDrivers ? "mx" : "wl"
    bench.nmos("ac\(tag)", cell, select, .ground, design.access)
  }

  /// Thermometer to binary: b1 = T2, b0 = (T1 and not T2) or T3.
  private func addDecoder(_ bench: inout Bench) {
    let width = 3 * bench.corner.minimumLengthMetres
    switch boundaries {
    case 3:
      bench.inverter("e1", "t2n", "b1", width: width)
      bench.nand("e2", "t1", "t2n", "e2o", width: width)
      bench.nand("e3", "e2o", "t3n", "b0", width: width)
    case 1:
      bench.inverter("e1", "t1n", "b0", width: width)
    default: break
    }
  }

  /// The transient of one whole cycle with fine steps where the comparators regenerate.
  package func simulation(
    _ corner: TransistorCard, mismatch: MismatchDraw? = nil, temperatureCelsius: Double = 27,
    resolution: Double = 1, until stop: Double? = nil
  ) -> Simulation {
    let bench = bench(corner, mismatch: mismatch)
    var simulation = Simulation(
      bench.circuit,
      .transient(
        step: 1e-12, stop: stop ?? timing.end, maximumStep: 25e-12 / resolution,
        windows: [
          StepWindow(from: timing.fire, to: timing.fire + 0.12e-9, maximumStep: 2e-12 / resolution)
        ]),
      temperatureCelsius: temperatureCelsius)
    simulation.saved = savedSignals(bench.circuit)
    for source in energySources + phaseSources { simulation.save(energyOf: source) }
    return simulation
  }

  private func savedSignals(_ circuit: Circuit) -> [Signal] {
    var nodes: [Node] = ["wl", "clk", "dd", "vpre", "bcd", "bd"]
    for k in 1...boundaries { nodes += ["y\(k)", "op\(k)", "on\(k)"].map { Node($0) } }
    if design.latch.trim != nil {
      nodes += boundaries == 3 ? ["b1", "b0"] : ["b0"]
    }
    return nodes.map { .voltage($0) }
  }
}
