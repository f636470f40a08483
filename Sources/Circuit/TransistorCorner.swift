import Spice

/// One corner of a transistor library, opened: what a circuit needs to place devices.
public struct TransistorCorner: Sendable, Hashable {
  /// Polarity of a transistor.
  public enum Polarity: String, Sendable, Hashable, Codable {
    case nmos
    case pmos
  }

  /// Library and corner, for results.
  public var name: String
  /// The card file.
  public var include: Include
  /// Model names by polarity.
  public var models: [Polarity: String]
  /// Nominal supply in volt.
  public var supplyVolts: Double
  /// Smallest drawn length in metres.
  public var minimumLengthMetres: Double

  /// Creates a corner.
  public init(
    name: String, include: Include, models: [Polarity: String], supplyVolts: Double,
    minimumLengthMetres: Double
  ) {
    self.name = name
    self.include = include
    self.models = models
    self.supplyVolts = supplyVolts
    self.minimumLengthMetres = minimumLengthMetres
  }

  func place(
    in circuit: inout Circuit, name: String, polarity: Polarity, drain: Node, gate: Node, source: Node,
    bulk: Node, width: Double, length: Double, thresholdShift: Double?
  ) {
    // A positive draw raises |Vth| of either polarity.
    let shift = thresholdShift.map { polarity == .nmos ? $0 : -$0 }
    circuit.mosfet(
      "m\(name)", drain: drain, gate: gate, source: source, bulk: bulk, model: models[polarity] ?? "",
      width: width, length: length, delvto: shift)
  }
}
