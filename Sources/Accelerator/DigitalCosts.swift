import Models

/// Areas, energies and delays of the digital blocks, memories and wires of one CMOS technology.
///
/// ```swift
/// let costs = try DigitalCosts.load("cmos45.toml")
/// print(costs.adderEnergyJoulesPerBit.value, costs.adderEnergyJoulesPerBit.source)
/// ```
///
/// Areas are in squares of ``featureMetres``. Delays are in units of the fan-out-of-four inverter delay
/// that the cell library measured. Energies hold at ``supplyVolts`` and scale with its square.
public struct DigitalCosts: Codable, Sendable, Hashable {
  /// One figure with its origin.
  public struct Figure: Codable, Sendable, Hashable {
    /// The value, in the unit that the key names.
    public var value: Double
    /// Where it comes from.
    public var origin: Origin
    /// Source, derivation or reason.
    public var source: String
  }

  /// Widths and sizes that a designer chooses.
  public struct Organisation: Codable, Sendable, Hashable {
    /// Bits per cycle between the global buffer and a layer, in each direction.
    public var globalBusBits: Int
    /// Bits per cycle from a layer's line buffer to each of its row tiles.
    public var linePortBits: Int
    /// Bytes of one bank of the global buffer.
    public var bufferBankBytes: Int
    /// Bits of the factor that rescales an accumulated sum to an activation.
    public var scaleBits: Int
    /// Gates of the decoder per wordline.
    public var gatesPerRow: Int
    /// Leakage that remains of a layer's circuits while another layer runs (0 to 1); 1 = no power gating.
    public var idleLeakageFraction: Double
  }

  /// Identifier.
  public var name: String
  /// Title for tables.
  public var title: String
  /// Feature size F in metres.
  public var featureMetres: Double
  /// Supply at which the energies hold, in volt.
  public var supplyVolts: Double
  /// Works that the sources name.
  public var citations: [Citation]

  /// Area of a static memory cell in F^2.
  public var sramCellFeatures2: Figure
  /// Share of a memory macro that is cells.
  public var sramArrayEfficiency: Figure
  /// Energy per bit accessed in a memory of ``sramReferenceBytes``, in joule.
  public var sramEnergyJoulesPerBit: Figure
  /// Capacity at which ``sramEnergyJoulesPerBit`` holds, in bytes.
  public var sramReferenceBytes: Figure
  /// Cycle of a memory bank in FO4.
  public var sramCycleFanoutOfFour: Figure
  /// Leakage of a memory bit in watt.
  public var sramLeakageWattsPerBit: Figure
  /// Area of a flip-flop in F^2.
  public var registerFeatures2PerBit: Figure
  /// Energy of a clocked flip-flop in joule.
  public var registerEnergyJoulesPerBit: Figure
  /// Overhead of a pipeline register in FO4.
  public var registerDelayFanoutOfFour: Figure
  /// Area of an adder per bit in F^2.
  public var adderFeatures2PerBit: Figure
  /// Energy of an addition per bit in joule.
  public var adderEnergyJoulesPerBit: Figure
  /// Delay of an adder in FO4.
  public var adderDelayFanoutOfFour: Figure
  /// Area of a multiplier per product of its widths in F^2.
  public var multiplierFeatures2PerBit2: Figure
  /// Energy of a multiplication per product of its widths in joule.
  public var multiplierEnergyJoulesPerBit2: Figure
  /// Delay of a multiplier in FO4.
  public var multiplierDelayFanoutOfFour: Figure
  /// Area of a two-input gate in F^2.
  public var gateFeatures2: Figure
  /// Mean energy of a gate per cycle, activity included, in joule.
  public var gateEnergyJoules: Figure
  /// Placed and routed area over cell area.
  public var logicLayoutFactor: Figure
  /// Leakage of placed logic in W/m^2.
  public var logicLeakageWattsPerSquareMetre: Figure
  /// Energy of a repeated wire in J/(bit m).
  public var wireEnergyJoulesPerBitMetre: Figure
  /// Resistance of the global wires in ohm/m.
  public var wireOhmsPerMetre: Figure
  /// Capacitance of a wire in F/m.
  public var wireFaradsPerMetre: Figure
  /// Area of repeaters in m^2/(bit m).
  public var repeaterSquareMetresPerBitMetre: Figure
  /// Gate capacitance of a transistor per width in F/m.
  public var gateFaradsPerMetre: Figure
  /// Off current of a transistor per width in A/m.
  public var offAmperesPerMetre: Figure
  /// Layout pitch of a transistor finger in F.
  public var transistorPitchFeatures: Figure
  /// Width of a column switch in metres.
  public var columnSwitchMetres: Figure
  /// Widths and sizes.
  public var organisation: Organisation

  /// Reads a technology file of the model library, or a path.
  ///
  /// - Throws: ``ModelsError``: no such file, an unknown or missing key, a value out of range.
  public static func load(
    _ name: String, from library: ModelLibrary = .standard
  ) throws(ModelsError) -> DigitalCosts {
    let file = try TOMLFile(library.url(name, in: "technologies"))
    let costs = try file.decode(DigitalCosts.self)
    try costs.validate(at: file)
    return costs
  }

  private func validate(at file: TOMLFile) throws(ModelsError) {
    var checks: [(path: [String], value: Double, range: ClosedRange<Double>)] = [
      (["featureMetres"], featureMetres, 1e-9...1e-6),
      (["supplyVolts"], supplyVolts, 0.1...5),
      (["sramArrayEfficiency"], sramArrayEfficiency.value, 0.01...1),
      (["organisation", "globalBusBits"], Double(organisation.globalBusBits), 1...65536),
      (["organisation", "linePortBits"], Double(organisation.linePortBits), 1...65536),
      (["organisation", "bufferBankBytes"], Double(organisation.bufferBankBytes), 64...1e9),
      (["organisation", "scaleBits"], Double(organisation.scaleBits), 1...64),
      (["organisation", "gatesPerRow"], Double(organisation.gatesPerRow), 1...1000),
      (["organisation", "idleLeakageFraction"], organisation.idleLeakageFraction, 0...1),
    ]
    for child in Mirror(reflecting: self).children {
      guard let name = child.label, let figure = child.value as? Figure else { continue }
      checks.append(([name, "value"], figure.value, Double.leastNormalMagnitude...1e12))
    }
    for check in checks where !check.range.contains(check.value) {
      throw ModelsError(
        .outOfRange,
        "'\(check.path.joined(separator: "."))' is \(check.value); expected "
          + "\(check.range.lowerBound) to \(check.range.upperBound)",
        at: file.location(of: check.path))
    }
  }
}
