import Spice

/// Sizes of a column read: several rows on one bitline, a clamp, a mirror into a load, and a flash
/// converter.
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
  /// Voltage at which a regulated clamp holds the bitline's far end, in volt.
  public var bitlineVolts: Double
  /// What sets the clamp's gate.
  public var regulation: Regulation
  /// Clamp transistor.
  public var clamp: TransistorSize
  /// Resistance from the bitline to ground in ohm: its current keeps the mirror alive and the clamp's loop
  /// closed while no cell conducts.
  public var keeperOhms: Double
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
  /// Comparators (with P inputs).
  public var latch: LatchDesign
  /// Hold capacitance per comparator in farad, once at each ladder tap and all together at the output, so
  /// that the comparators' kickback meets the same capacitance on both sides.
  public var holdFarads: Double
  /// Ladder resistance per step in ohm.
  public var ladderOhms: Double
  /// Integral nonlinearity, in cell levels, beyond which a column is called infeasible.
  public var nonlinearityLimit: Double

  /// What sets the clamp's gate.
  public enum Regulation: Codable, Sendable, Hashable {
    /// A fixed bias in volt: the bitline falls as the column's current rises.
    case fixed(gateVolts: Double)
    /// An amplifier that compares the bitline with its reference.
    case amplifier(Amplifier)
  }

  /// A current-mirror amplifier with P inputs.
  ///
  /// Its input pair stands at the low bitline voltage and its output must reach the clamp's gate 0.3 V above
  /// it: a pair that drives the gate directly (five transistors) has no drain voltage left there and a gain
  /// of 5 to 20; mirrored, both output devices stay saturated.
  public struct Amplifier: Codable, Sendable, Hashable {
    /// Each input transistor; the tail is as wide.
    public var input: TransistorSize
    /// Each N transistor: the input pair's diodes and their copies.
    public var nMirror: TransistorSize
    /// Each P transistor of the output mirror.
    public var pMirror: TransistorSize
    /// Tail current in ampere.
    public var biasAmperes: Double
  }

  /// The default column for a number of rows at once and converter bits.
  ///
  /// Mirror and cascode grow with the rows, that is, with the column's current (about 60 uA per row of 2 kOhm
  /// cells).
  public static func standard(rowsPerRead: Int, adcBits: Int, rows: Int = 128) -> ColumnDesign {
    var latch = LatchDesign.standard
    latch.trim?.commonVolts = 0.2
    let mirrorWidth = 8e-6 * Double(rowsPerRead)
    return ColumnDesign(
      rowsPerRead: rowsPerRead, adcBits: adcBits, bitline: .init(rows: rows),
      access: TransistorSize(0.8e-6, 50e-9), wordlineVolts: 1.1, bitlineVolts: 0.15,
      regulation: .amplifier(
        Amplifier(
          input: TransistorSize(8e-6, 0.2e-6), nMirror: TransistorSize(1e-6, 0.4e-6),
          pMirror: TransistorSize(2e-6, 0.4e-6), biasAmperes: 30e-6)),
      clamp: TransistorSize(24e-6, 50e-9), keeperOhms: 30e3,
      mirror: TransistorSize(mirrorWidth, 0.4e-6), copyRatio: 1,
      cascode: TransistorSize(mirrorWidth, 0.1e-6), cascodeGateVolts: 0.35, spanVolts: 0.4, latch: latch,
      holdFarads: 10e-15, ladderOhms: 5e3, nonlinearityLimit: 0.5)
  }

  /// The design with mirror, copy and cascode for the current of a cell.
  ///
  /// The diode takes 9.2 A/m of width at full range; a small current is copied up to 100 uA so that the load
  /// stays below some kilo-ohm and the output settles as fast as that of a large one.
  public func fitted(to element: MemoryElement) -> ColumnDesign {
    let amperes = Double(rowsPerRead) * bitlineVolts * element.conductance(at: 1)
    var fitted = self
    fitted.mirror.width = max(1e-6, (amperes / 9.2 * 1e7).rounded() / 1e7)
    fitted.copyRatio = max(1, (100e-6 / amperes).rounded())
    fitted.cascode.width = fitted.mirror.width * fitted.copyRatio
    return fitted
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
    let levels: [(String, Double, ClosedRange<Double>)] = [
      ("spanVolts", spanVolts, 0.01...0.7 * supplyVolts), ("bitlineVolts", bitlineVolts, 0.01...supplyVolts),
      ("keeperOhms", keeperOhms, 1...1e9), ("copyRatio", copyRatio, 0.01...100),
    ]
    for (name, value, range) in levels where !range.contains(value) {
      throw CircuitError(
        .invalidDesign, "'\(name)' is \(value); expected \(range.lowerBound) to \(range.upperBound)",
        place: "column")
    }
  }
}
