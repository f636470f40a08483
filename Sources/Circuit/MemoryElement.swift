import Spice

/// The storing element of a cell as a circuit sees it while it is read: a conductance at a position.
public enum MemoryElement: Codable, Sendable, Hashable {
  /// A tunnel junction: I = V G_P [x + (1 - x) / (1 + TMR0 / (1 + (V/V_h)^2))] at position x.
  case junction(parallelOhms: Double, tmrZeroBias: Double, tmrHalfVolts: Double)
  /// An ohmic element whose conductance runs linearly from the low to the high value.
  case linear(highSiemens: Double, lowSiemens: Double)

  /// Conductance at zero bias in siemens.
  ///
  /// - Parameter position: 0 at the lowest, 1 at the highest nominal conductance; a device with its own
  ///   spread may lie slightly outside.
  public func conductance(at position: Double) -> Double {
    switch self {
    case .junction(let ohms, let tmr, _): (position + (1 - position) / (1 + tmr)) / ohms
    case .linear(let high, let low): low + position * (high - low)
    }
  }

  /// Places the element between two nodes; `name` without its SPICE letter.
  func place(
    in circuit: inout Circuit, name: String, _ positive: Node, _ negative: Node, position: Double
  ) {
    switch self {
    case .junction(let ohms, let tmr, let half):
      let bias = Expression.v(positive, negative)
      let ratio = Expression(1.0) + Expression(tmr) / (1 + Expression.pow(bias / Expression(half), 2))
      circuit.behavioralCurrent(
        "b\(name)", positive, negative,
        bias * Expression(1 / ohms) * (Expression(position) + Expression(1 - position) / ratio))
    case .linear:
      // An element that can be switched off entirely still needs a finite resistance.
      circuit.resistor("r\(name)", positive, negative, 1 / max(conductance(at: position), 1e-12))
    }
  }
}
