import Spice

/// Sizes of a StrongARM comparator.
///
/// - Source: Razavi, IEEE Solid-State Circuits Magazine 7(2), 12 (2015), doi:10.1109/MSSC.2015.2418155
///   (the topology).
public struct LatchDesign: Codable, Sendable, Hashable {
  /// Clocked tail width in metres.
  public var tailWidth: Double
  /// Input pair width in metres.
  public var inputWidth: Double
  /// N width of the cross-coupled pair in metres.
  public var crossNWidth: Double
  /// P width of the cross-coupled pair in metres.
  public var crossPWidth: Double
  /// Output reset width in metres.
  public var outputResetWidth: Double
  /// Internal reset width in metres.
  public var internalResetWidth: Double
  /// Capacitance on each output in farad.
  public var outputFarads: Double
  /// Offset trim; `nil` leaves the comparator untrimmed and its outputs unbuffered.
  public var trim: Trim?

  /// An auxiliary input pair whose gates are set by a small converter at power-up.
  public struct Trim: Codable, Sendable, Hashable {
    /// Width of each auxiliary transistor in metres.
    public var width: Double
    /// Bits of the converter.
    public var bits: Int
    /// Full differential span of the converter in volt, centred on zero.
    public var spanVolts: Double
    /// Common level of the two trim gates in volt.
    public var commonVolts: Double

    /// Largest input difference that the pair makes up for, beside an input pair of some width, in volt.
    func reachVolts(inputWidth: Double) -> Double { spanVolts / 2 * width / inputWidth }

    /// Differential trim voltage of a code (0 to 2^bits - 1).
    func volts(_ code: Int) -> Double {
      let steps = Double((1 << bits) - 1)
      return spanVolts * (Double(code) / steps - 0.5)
    }
    /// The code nearest to no trim.
    var middle: Int { 1 << (bits - 1) }
  }

  /// Sizes in units of 150 nm of the trial circuit.
  public static let trial = LatchDesign(
    tailWidth: 5.3 * 150e-9, inputWidth: 6.7 * 150e-9, crossNWidth: 4 * 150e-9, crossPWidth: 2.7 * 150e-9,
    outputResetWidth: 2 * 150e-9, internalResetWidth: 1.3 * 150e-9, outputFarads: 1e-15, trim: nil)

  /// The same comparator with a trim pair and buffered outputs.
  public static let standard = LatchDesign(
    tailWidth: 5.3 * 150e-9, inputWidth: 6.7 * 150e-9, crossNWidth: 4 * 150e-9, crossPWidth: 2.7 * 150e-9,
    outputResetWidth: 2 * 150e-9, internalResetWidth: 1.3 * 150e-9, outputFarads: 1e-15,
    trim: Trim(width: 300e-9, bits: 7, spanVolts: 0.7, commonVolts: 0.6))
}

extension Bench {
  /// Adds comparator `k`: nodes `op<k>` and `on<k>`, buffered (and inverted) as `t<k>` and `t<k>n`.
  ///
  /// With N inputs it fires on the rising clock and both outputs rest high; with P inputs everything is
  /// turned over: it fires on the falling clock and both outputs rest low. Either way `op` ends above `on`
  /// when `positive` is above `negative`.
  mutating func latch(
    _ design: LatchDesign, _ k: Int, positive: Node, negative: Node, clock: Node, trimCode: Int?,
    inputs: ChannelType = .nmos
  ) {
    let length = corner.minimumLengthMetres
    let rail: Node = inputs == .nmos ? .ground : "vdd"
    let far: Node = inputs == .nmos ? "vdd" : .ground
    let tail = Node("lt\(k)")
    let x = Node("lx\(k)")
    let y = Node("ly\(k)")
    let op = Node("op\(k)")
    let on = Node("on\(k)")
    /// Devices of the inputs' polarity stand on `rail`, the others on `far`.
    func put(_ name: String, _ drain: Node, _ gate: Node, _ source: Node, _ width: Double, same: Bool) {
      let size = TransistorSize(width, length)
      if (inputs == .nmos) == same {
        nmos("\(name)\(k)", drain, gate, source, size)
      } else {
        pmos("\(name)\(k)", drain, gate, source, size)
      }
    }
    put("lt", tail, clock, rail, design.tailWidth, same: true)
    put("lia", x, positive, tail, design.inputWidth, same: true)
    put("lib", y, negative, tail, design.inputWidth, same: true)
    put("lna", on, op, x, design.crossNWidth, same: true)
    put("lnb", op, on, y, design.crossNWidth, same: true)
    put("lpa", on, op, far, design.crossPWidth, same: false)
    put("lpb", op, on, far, design.crossPWidth, same: false)
    put("lra", on, clock, far, design.outputResetWidth, same: false)
    put("lrb", op, clock, far, design.outputResetWidth, same: false)
    put("lrx", x, clock, far, design.internalResetWidth, same: false)
    put("lry", y, clock, far, design.internalResetWidth, same: false)
    circuit.capacitor("cop\(k)", op, .ground, design.outputFarads)
    circuit.capacitor("con\(k)", on, .ground, design.outputFarads)
    guard let trim = design.trim else { return }
    let volts = trim.volts(trimCode ?? trim.middle)
    put("lta", x, "trp\(k)", tail, trim.width, same: true)
    put("ltb", y, "trn\(k)", tail, trim.width, same: true)
    circuit.voltageSource("vtrp\(k)", "trp\(k)", .ground, .dc(trim.commonVolts + volts / 2))
    circuit.voltageSource("vtrn\(k)", "trn\(k)", .ground, .dc(trim.commonVolts - volts / 2))
    inverter("bt\(k)", on, "t\(k)", width: 3 * length)
    inverter("bn\(k)", op, "t\(k)n", width: 3 * length)
  }
}
