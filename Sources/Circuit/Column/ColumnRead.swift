import Spice

/// One column read as a netlist.
public struct ColumnRead: Sendable, Hashable {
  /// Sizes.
  public var design: ColumnDesign
  /// The storing element.
  public var element: MemoryElement
  /// Position of each selected row's cell; `nil` for a row whose input is zero and whose wordline stays
  /// down.
  public var positions: [Double?]
  /// Load resistance in ohm, from the full-range current.
  public var loadOhms: Double
  /// Ends of the converter's ladder in volt: the column's own zero and full-range outputs.
  public var ladder: ClosedRange<Double>

  /// Creates a read.
  public init(
    design: ColumnDesign, element: MemoryElement, positions: [Double?], loadOhms: Double,
    ladder: ClosedRange<Double>
  ) {
    self.ladder = ladder
    self.design = design
    self.element = element
    self.positions = positions
    self.loadOhms = loadOhms
  }

  /// When the wordlines rise, in seconds.
  static let wordlineAt = 0.1e-9
  /// From firing until the code is sampled, wordlines fall and comparators reset, in seconds.
  static let decide = 0.25e-9
  /// From sampling to the end of the cycle, in seconds.
  static let recover = 0.3e-9

  /// Supplies whose energy is counted.
  ///
  /// The wordlines serve every column of an array, which counts them whole;
  /// here an ideal source drives them.
  var energySources: [String] { ["vdd", "vref", "vcas", "vlad", "vtop", "vin_clk"] }

  /// The far end of the bitline, where a regulated clamp senses.
  private var senseNode: Node { Node("bl\(positions.count)") }

  /// The transient of one cycle: wordlines up, conversion, wordlines down and comparators reset.
  ///
  /// - Parameters:
  ///   - fire: When the comparators fire, in seconds.
  ///   - recover: From sampling to the end, in seconds.
  package func simulation(
    _ corner: TransistorCard, fire: Double, temperatureCelsius: Double, recover: Double = ColumnRead.recover
  ) -> Simulation {
    let sample = fire + ColumnRead.decide
    var simulation = Simulation(
      bench(corner, fire: fire).circuit,
      .transient(
        step: 1e-12, stop: sample + recover, maximumStep: 50e-12,
        windows: [StepWindow(from: fire, to: fire + 0.15e-9, maximumStep: 3e-12)]),
      saving: ["v(wl)", "v(out)", "v(bl0)", "v(gate)", "v(clk)"], temperatureCelsius: temperatureCelsius)
    for j in 1...design.comparators { simulation.saved += [Signal("v(op\(j))"), Signal("v(on\(j))")] }
    for source in energySources { simulation.save(energyOf: source) }
    return simulation
  }

  /// The direct-current circuit of the front end alone: output, clamp's gate and the bitline at both ends.
  package func operatingPoint(
    _ corner: TransistorCard, mismatch: MismatchDraw? = nil, temperatureCelsius: Double
  ) -> Simulation {
    Simulation(
      bench(corner, fire: nil, mismatch: mismatch).circuit, .operatingPoint,
      saving: ["v(out)", "v(gate)", "v(bl0)", .voltage(senseNode)], temperatureCelsius: temperatureCelsius)
  }

  /// Builds the netlist.
  ///
  /// - Parameter fire: When the comparators fire, in seconds; `nil` leaves converter and ladder out and the
  ///   wordlines up (for the transfer curve).
  func bench(_ corner: TransistorCard, fire: Double?, mismatch: MismatchDraw? = nil) -> Bench {
    var bench = Bench(
      title: "column read, \(positions.count) rows, \(design.adcBits) bits", corner: corner,
      mismatch: mismatch)
    bench.circuit.voltageSource("vdd", "vdd", .ground, .dc(corner.supplyVolts))
    let wordline =
      fire.map {
        PhaseEdges(startsHigh: false, times: [ColumnRead.wordlineAt, $0 + ColumnRead.decide]).waveform(
          high: design.wordlineVolts)
      } ?? .dc(design.wordlineVolts)
    bench.circuit.voltageSource("vwl", "wl", .ground, wordline)
    bench.circuit.voltageSource("vref", "ref", .ground, .dc(design.bitlineVolts))
    addCells(&bench)
    bench.nmos("cl", "d", "gate", "bl0", design.clamp)
    bench.circuit.resistor("rkeep", "bl0", .ground, design.keeperOhms)
    switch design.regulation {
    case .fixed(let volts): bench.circuit.voltageSource("vgate", "gate", .ground, .dc(volts))
    case .amplifier(let amplifier): add(amplifier, to: &bench)
    }
    bench.pmos("md", "d", "d", "vdd", design.mirror)
    bench.pmos("mo", "copy", "d", "vdd", design.mirror.wider(design.copyRatio))
    // The cascode keeps the copy's drain near the diode's, whatever the load's voltage.
    bench.pmos("mc", "out", "cas", "copy", design.cascode)
    bench.circuit.voltageSource("vcas", "cas", .ground, .dc(design.cascodeGateVolts))
    bench.circuit.resistor("rload", "out", .ground, loadOhms)
    if let fire { addConverter(&bench, fire: fire) }
    return bench
  }

  /// The selected cells, spread evenly along the bitline's wire.
  private func addCells(_ bench: inout Bench) {
    let count = positions.count
    let segment = design.bitline.ohms / Double(count)
    let share = design.bitline.farads / Double(count)
    for (index, position) in positions.enumerated() {
      let here = Node("bl\(index + 1)")
      let cell = Node("n\(index + 1)")
      bench.circuit.resistor("rw\(index + 1)", index == 0 ? "bl0" : Node("bl\(index)"), here, segment)
      bench.circuit.capacitor("cw\(index + 1)", here, .ground, share)
      element.place(in: &bench.circuit, name: "j\(index + 1)", here, cell, position: position ?? 0)
      bench.nmos("ac\(index + 1)", cell, position == nil ? .ground : "wl", .ground, design.access)
    }
  }

  /// The clamp's amplifier; it senses the far end so that the wire's drop does not lower the cells' voltage.
  private func add(_ amplifier: ColumnDesign.Amplifier, to bench: inout Bench) {
    bench.circuit.currentSource("ibias", "bias", .ground, .dc(amplifier.biasAmperes))
    bench.pmos("ab", "bias", "bias", "vdd", amplifier.input)
    bench.pmos("at", "tail", "bias", "vdd", amplifier.input)
    bench.pmos("ai", "left", "ref", "tail", amplifier.input)
    bench.pmos("aj", "right", senseNode, "tail", amplifier.input)
    bench.nmos("al", "left", "left", .ground, amplifier.nMirror)
    bench.nmos("am", "right", "right", .ground, amplifier.nMirror)
    bench.nmos("an", "gate", "left", .ground, amplifier.nMirror)
    bench.nmos("ao", "up", "right", .ground, amplifier.nMirror)
    bench.pmos("ap", "up", "up", "vdd", amplifier.pMirror)
    bench.pmos("aq", "gate", "up", "vdd", amplifier.pMirror)
  }

  /// Ladder and comparators: boundary j lies half a step above code j - 1.
  private func addConverter(_ bench: inout Bench, fire: Double) {
    let steps = Double(design.comparators)
    // Half a step outside the outermost taps on either side.
    bench.circuit.voltageSource("vlad", "ladb", .ground, .dc(ladder.lowerBound))
    bench.circuit.voltageSource("vtop", "ladt", .ground, .dc(ladder.upperBound))
    bench.circuit.resistor("rlb", "ladb", "lad0", design.ladderOhms / 2)
    bench.circuit.resistor(
      "rlt", Node("lad\(design.comparators - 1)"), "ladt", design.ladderOhms / 2)
    bench.driver(
      "clk", PhaseEdges(startsHigh: true, times: [fire, fire + ColumnRead.decide]),
      high: bench.corner.supplyVolts, width: 0.25e-6 * steps)
    bench.circuit.capacitor("chold", "out", .ground, design.holdFarads * steps)
    for j in 1...design.comparators {
      bench.circuit.capacitor("cl\(j)", Node("lad\(j - 1)"), .ground, design.holdFarads)
      if j < design.comparators {
        bench.circuit.resistor("rl\(j)", "lad\(j - 1)", "lad\(j)", design.ladderOhms)
      }
      bench.latch(
        design.latch, j, positive: "out", negative: Node("lad\(j - 1)"), clock: "clk", trimCode: nil,
        inputs: .pmos)
    }
  }
}
