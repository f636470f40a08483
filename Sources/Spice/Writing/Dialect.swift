/// The netlist languages that circuits are written in.
///
/// How each is checked, and what it cannot carry, is in <doc:Dialects>.
public enum Dialect: String, CaseIterable, Sendable, Hashable {
  /// ngspice 39 and later.
  case ngspice
  /// Xyce, by Sandia.
  case xyce
  /// HSPICE, by Synopsys.
  case hspice
  /// Spectre's native language, by Cadence.
  case spectre
  /// LTspice, by Analog Devices.
  case ltspice
  /// The circuit description language of layout comparison: structure alone, no sources and no analyses.
  case cdl

  /// The name as its makers write it.
  public var title: String {
    switch self {
    case .ngspice: "ngspice"
    case .xyce: "Xyce"
    case .hspice: "HSPICE"
    case .spectre: "Spectre"
    case .ltspice: "LTspice"
    case .cdl: "CDL"
    }
  }

  /// The usual extension of its files, without the dot.
  public var fileExtension: String {
    switch self {
    case .ngspice, .xyce: "cir"
    case .hspice: "sp"
    case .spectre: "scs"
    case .ltspice: "net"
    case .cdl: "cdl"
    }
  }
}
