/// Sizes, biases and wires of a flash sense chain that reads one cell to its symbol.
///
/// A data bitline and the reference bitlines each pass a column multiplexer and a clamp; the data current is
/// mirrored once per boundary and fights the boundary's reference current at a comparator input.
public struct SenseChainDesign: Codable, Sendable, Hashable {
  /// Name for results and netlists.
  public var name: String
  /// How the boundary between two levels is made.
  public var references: References
  /// Wordline and multiplexer level in volt.
  public var wordlineVolts: Double
  /// Gate bias of the clamps in volt; sets the bitline voltage.
  public var clampGateVolts: Double
  /// Cell access transistor.
  public var access: TransistorSize
  /// Column multiplexer.
  public var multiplexer: TransistorSize
  /// Clamp (common-gate) transistor.
  public var clamp: TransistorSize
  /// Diode of the mirror; the copies are wider by the mirror ratio.
  public var mirror: TransistorSize
  /// Width of the transmission gate that ties a comparator input to the replica, in metres.
  public var inputPrechargeWidth: Double
  /// Standby biasing of data node and bitlines; `nil` leaves them floating, as the trial circuit did.
  public var standby: Standby?
  /// The comparators.
  public var latch: LatchDesign
  /// Capacitance on the replica's node in farad.
  public var replicaFarads: Double
  /// Wire of a bitline.
  public var bitline: BitlineWire
  /// Whether phases come from inverters on the supplies (and their energy counts) or from ideal sources.
  public var hasDrivers: Bool

  /// How the boundary between two levels is made.
  public enum References: String, Codable, Sendable, Hashable {
    /// A cell that stands halfway between two levels; no such state can be stored.
    case idealMidpoint
    /// Two cells at the neighbouring levels, their currents summed against a 2:1 mirror.
    case neighbourAverage
  }

  /// Biasing before a read: data node tied to the replica, bitlines to their clamped voltage.
  public struct Standby: Codable, Sendable, Hashable {
    /// Width of the transmission gate between data node and replica in metres.
    public var dataWidth: Double
    /// Width of each bitline's precharge transistor in metres.
    public var bitlineWidth: Double
  }

  /// Bitline resistance and capacitance as a pi of two sections.
  public struct BitlineWire: Codable, Sendable, Hashable {
    /// Cells on the bitline.
    public var rows: Int
    /// Capacitance per cell in farad: wire and drain junction (0.15e-15 to 0.3e-15, assumption).
    public var faradsPerCell: Double
    /// Resistance per cell in ohm: 3.04 Ohm/um at 45 nm times the cell pitch.
    public var ohmsPerCell: Double

    /// Creates a wire.
    public init(rows: Int, faradsPerCell: Double = 0.3125e-15, ohmsPerCell: Double = 0.9375) {
      self.rows = rows
      self.faradsPerCell = faradsPerCell
      self.ohmsPerCell = ohmsPerCell
    }

    /// Total capacitance in farad.
    public var farads: Double { Double(rows) * faradsPerCell }
    /// Total resistance in ohm.
    public var ohms: Double { Double(rows) * ohmsPerCell }
  }

  /// Ratio of a mirror copy to the diode.
  public var mirrorRatio: Double { references == .neighbourAverage ? 2 : 1 }

  /// The default chain: devices large enough for their mismatch, real references, trimmed comparators.
  public static func standard(rows: Int = 128) -> SenseChainDesign {
    SenseChainDesign(
      name: "standard", references: .neighbourAverage, wordlineVolts: 1.1, clampGateVolts: 0.6,
      access: TransistorSize(0.8e-6, 50e-9), multiplexer: TransistorSize(4e-6, 50e-9),
      clamp: TransistorSize(16e-6, 0.2e-6), mirror: TransistorSize(12e-6, 0.4e-6),
      inputPrechargeWidth: 0.4e-6, standby: Standby(dataWidth: 2.4e-6, bitlineWidth: 1e-6),
      latch: .standard, replicaFarads: 1e-12, bitline: BitlineWire(rows: rows), hasDrivers: true)
  }

  /// The small trial circuit: minimum sizes, ideal mid-level references, ideal phases, no trimming.
  ///
  /// Kept as a regression of topology and timing; its mismatch makes it no product.
  public static let trial = SenseChainDesign(
    name: "trial", references: .idealMidpoint, wordlineVolts: 1.1, clampGateVolts: 0.66,
    access: TransistorSize(2.7 * 150e-9, 50e-9), multiplexer: TransistorSize(13.3 * 150e-9, 50e-9),
    clamp: TransistorSize(13.3 * 150e-9, 100e-9), mirror: TransistorSize(10 * 150e-9, 200e-9),
    inputPrechargeWidth: 1.33 * 150e-9, standby: nil, latch: .trial, replicaFarads: 300e-15,
    bitline: BitlineWire(rows: 128), hasDrivers: false)

  /// Checks sizes and biases.
  public func validate(supplyVolts: Double, minimumLength: Double) throws(CircuitError) {
    let sizes = [
      ("access", access), ("multiplexer", multiplexer), ("clamp", clamp), ("mirror", mirror),
    ]
    for (label, size) in sizes {
      guard size.width >= minimumLength, size.width <= 1e-3, size.length >= minimumLength, size.length <= 1e-5
      else {
        throw CircuitError(
          .invalidDesign,
          "'\(label)' is \(size.width) x \(size.length) m; expected a width of \(minimumLength) to 1e-3 and"
            + " a length of \(minimumLength) to 1e-5", place: "sense chain '\(name)'")
      }
    }
    guard clampGateVolts > 0, clampGateVolts <= 1.5 * supplyVolts else {
      throw CircuitError(
        .invalidDesign, "'clampGateVolts' is \(clampGateVolts); expected 0 to \(1.5 * supplyVolts)",
        place: "sense chain '\(name)'")
    }
    guard (1...4096).contains(bitline.rows) else {
      throw CircuitError(
        .invalidDesign, "'bitline.rows' is \(bitline.rows); expected 1 to 4096",
        place: "sense chain '\(name)'")
    }
  }
}

/// When the phases of a read happen, in seconds.
public struct ReadTiming: Codable, Sendable, Hashable {
  /// The wordline phase rises here, after the idle state.
  public var start: Double
  /// From the wordline until data node and bitlines leave their standby bias.
  public var standbyRelease: Double
  /// From the wordline until the comparator inputs are tied to the replica.
  public var inputTie: Double
  /// From the wordline until the comparator inputs are released.
  public var precharge: Double
  /// From that release until the comparators fire.
  public var develop: Double
  /// From firing until the code is sampled and everything returns to standby.
  public var decide: Double
  /// From sampling until the chain is back in its standby state.
  public var recover: Double

  /// The instant the comparators fire.
  public var fire: Double { start + precharge + develop }
  /// The instant the code is sampled.
  public var sample: Double { fire + decide }
  /// The end of the cycle.
  public var end: Double { sample + recover }
  /// Precharge to precharge.
  public var cycle: Double { end }

  /// Timing of the standard chain at a TMR around 100 % on 2 kOhm; a design closes its own.
  public static let standard = ReadTiming(
    start: 50e-12, standbyRelease: 0.5e-9, inputTie: 0.4e-9, precharge: 3e-9, develop: 0.3e-9,
    decide: 0.25e-9, recover: 1.0e-9)

  /// Timing of the trial circuit with its develop time as the free variable.
  public static func trial(develop: Double) -> ReadTiming {
    ReadTiming(
      start: 50e-12, standbyRelease: 0, inputTie: 0, precharge: 1.2e-9, develop: develop, decide: 0.12e-9,
      recover: 0.01e-9)
  }
}
