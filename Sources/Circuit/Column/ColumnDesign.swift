import Spice

/// Sizes of a column read: several rows on one bitline, a regulated clamp, a mirror into a load, and a
/// flash converter.
public struct ColumnDesign: Codable, Sendable, Hashable {
  /// Rows that conduct at once.
  public var rowsPerRead: Int
  /// Bits of the flash converter (1 to 6).
  public var adcBits: Int
  /// Bitline wire of all physical rows.
  public var bitline: SenseChainDesign.BitlineWire
  /// Cell access transistor.
  public var access: TransistorSize
  /// Wordline level in volt.
  public var wordlineVolts: Double
  /// Voltage at which the clamp regulates the bitline, in volt.
  public var bitlineVolts: Double
  /// Clamp transistor.
  public var clamp: TransistorSize
  /// Mirror diode.
  public var mirror: TransistorSize
  /// Width of the mirror's copy relative to the diode.
  public var copyRatio: Double
  /// Cascode of the mirror's copy.
  public var cascode: TransistorSize
  /// Gate bias of the cascode in volt.
  public var cascodeGateVolts: Double
  /// Output voltage at full range in volt: the span of the converter.
  public var spanVolts: Double
  /// Input pair of the clamp's amplifier.
  public var amplifierInput: TransistorSize
  /// Bias current of the amplifier in ampere.
  public var amplifierBias: Double
  /// Comparators (with P inputs).
  public var latch: LatchDesign
  /// Hold capacitance per comparator in farad, once at each ladder tap and all together at the output, so
  /// that the comparators' kickback meets the same capacitance on both sides.
  public var holdFarads: Double
  /// Ladder resistance per step in ohm.
  public var ladderOhms: Double
  /// Integral nonlinearity, in cell levels, beyond which a column is called infeasible.
  public var nonlinearityLimit: Double

  /// The default column for a number of rows at once and converter bits.
  public static func standard(rowsPerRead: Int, adcBits: Int, rows: Int = 128) -> ColumnDesign {
    var latch = LatchDesign.standard
    latch.trim?.commonVolts = 0.2
    return ColumnDesign(
      rowsPerRead: rowsPerRead, adcBits: adcBits, bitline: .init(rows: rows),
      access: TransistorSize(0.8e-6, 50e-9), wordlineVolts: 1.1, bitlineVolts: 0.15,
      clamp: TransistorSize(16e-6, 50e-9), mirror: TransistorSize(16e-6, 0.8e-6), copyRatio: 1,
      cascode: TransistorSize(16e-6, 0.1e-6), cascodeGateVolts: 0.35, spanVolts: 0.4,
      amplifierInput: TransistorSize(16e-6, 0.4e-6), amplifierBias: 60e-6, latch: latch,
      holdFarads: 10e-15, ladderOhms: 5e3, nonlinearityLimit: 0.5)
  }

  /// Comparators of the converter.
  public var comparators: Int { (1 << adcBits) - 1 }

  /// Checks counts and levels.
  public func validate(supplyVolts: Double) throws(CircuitError) {
    guard (1...6).contains(adcBits) else {
      throw CircuitError(.invalidDesign, "'adcBits' is \(adcBits); expected 1 to 6", place: "column")
    }
    guard rowsPerRead >= 1, rowsPerRead <= bitline.rows else {
      throw CircuitError(
        .invalidDesign, "'rowsPerRead' is \(rowsPerRead); expected 1 to \(bitline.rows) physical rows",
        place: "column")
    }
    guard spanVolts > 0, spanVolts < 0.7 * supplyVolts else {
      throw CircuitError(
        .invalidDesign, "'spanVolts' is \(spanVolts); expected 0 to \(0.7 * supplyVolts)", place: "column")
    }
  }
}

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

  static let wordlineAt = 0.1e-9
  var sources: [String] { ["vdd", "vwl", "vref", "vlad", "vtop", "vin_clk"] }

  /// The transient up to the decision.
  func simulation(_ corner: TransistorCard, fire: Double, temperatureCelsius: Double) -> Simulation {
    let stop = fire + 0.3e-9
    var simulation = Simulation(
      bench(corner, fire: fire).circuit,
      .transient(
        step: 1e-12, stop: stop, maximumStep: 50e-12,
        windows: [StepWindow(from: fire, to: fire + 0.15e-9, maximumStep: 3e-12)]),
      saving: ["v(wl)", "v(out)", "v(bl0)", "v(clk)"], temperatureCelsius: temperatureCelsius)
    for j in 1...design.comparators { simulation.saved += [Signal("v(op\(j))"), Signal("v(on\(j))")] }
    for source in sources { simulation.save(energyOf: source) }
    return simulation
  }

  /// Builds the netlist.
  ///
  /// - Parameter fire: When the comparators fire, in seconds; `nil` leaves converter and ladder out (for
  ///   the transfer curve).
  func bench(_ corner: TransistorCard, fire: Double?, mismatch: MismatchDraw? = nil) -> Bench {
    var bench = Bench(
      title: "column read, \(positions.count) rows, \(design.adcBits) bits", corner: corner,
      mismatch: mismatch)
    bench.circuit.voltageSource("vdd", "vdd", .ground, .dc(corner.supplyVolts))
    let wordline: SourceWaveform =
      fire == nil
      ? .dc(design.wordlineVolts)
      : PhaseEdges(startsHigh: false, times: [ColumnRead.wordlineAt]).waveform(high: design.wordlineVolts)
    bench.circuit.voltageSource("vwl", "wl", .ground, wordline)
    bench.circuit.voltageSource("vref", "ref", .ground, .dc(design.bitlineVolts))
    addCells(&bench)
    addClamp(&bench, corner)
    bench.pmos("md", "d", "d", "vdd", design.mirror)
    bench.pmos("mo", "copy", "d", "vdd", design.mirror.wider(design.copyRatio))
    // The cascode keeps the copy's drain near the diode's, whatever the load's voltage.
    bench.pmos("mc", "out", "cas", "copy", design.cascode)
    bench.circuit.voltageSource("vcas", "cas", .ground, .dc(design.cascodeGateVolts))
    bench.circuit.resistor("rload", "out", .ground, loadOhms)
    if let fire { addConverter(&bench, fire: fire) }
    return bench
  }

  /// The conducting cells, spread evenly along the bitline's wire.
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

  /// The clamp and its five-transistor amplifier with P inputs.
  private func addClamp(_ bench: inout Bench, _ corner: TransistorCard) {
    let load = TransistorSize(design.amplifierInput.width / 4, design.amplifierInput.length)
    bench.circuit.currentSource("ibias", "bias", .ground, .dc(design.amplifierBias))
    bench.pmos("ab", "bias", "bias", "vdd", design.amplifierInput)
    bench.pmos("at", "tail", "bias", "vdd", design.amplifierInput)
    bench.pmos("ai", "left", "ref", "tail", design.amplifierInput)
    bench.pmos("aj", "gate", "bl0", "tail", design.amplifierInput)
    bench.nmos("al", "left", "left", .ground, load)
    bench.nmos("am", "gate", "left", .ground, load)
    bench.nmos("cl", "d", "gate", "bl0", design.clamp)
    // A trickle keeps the mirror alive and the loop closed while no cell conducts.
    bench.circuit.resistor("rkeep", "bl0", .ground, design.bitlineVolts / 2e-6)
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
      "clk", PhaseEdges(startsHigh: true, times: [fire]), high: bench.corner.supplyVolts,
      width: 0.25e-6 * Double(design.comparators))
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
