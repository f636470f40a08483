/// The figures by which a transistor is known.
///
/// Raw values are the keys used in files, SI with the unit in the name; per-metre figures are per metre of gate
/// width.
///
/// Bias is in magnitudes: for a p-channel device all voltages and currents change sign.
public enum TransistorFigure: String, Codable, CodingKeyRepresentable, Sendable, Hashable, CaseIterable {
  /// Drain current at Vgs = Vds = supply.
  case drive = "driveAmperesPerMetre"
  /// Drain current at Vgs = 0, Vds = supply.
  case leakage = "leakageAmperesPerMetre"
  /// Vgs at which the drain current is 100 nA W/L, at Vds = 50 mV.
  case thresholdLinear = "thresholdLinearVolts"
  /// Vgs at which the drain current is 100 nA W/L, at Vds = supply.
  case thresholdSaturation = "thresholdSaturationVolts"
  /// Difference of the two thresholds over the difference of their Vds (drain-induced barrier lowering).
  case drainLowering = "drainLoweringVoltsPerVolt"
  /// Mean subthreshold swing over Vgs = 0 to 0.1 V at Vds = supply.
  case swing = "swingVoltsPerDecade"
  /// All the capacitance that the gate sees at 1 MHz, Vgs = Vds = supply, overlap and fringe included.
  case gateCapacitance = "gateCapacitanceFaradsPerMetre"
  /// Transconductance over 2 pi times ``gateCapacitance``, same bias.
  case transitFrequency = "transitFrequencyHertz"

  /// The usual symbol.
  public var symbol: String {
    switch self {
    case .drive: "Ion"
    case .leakage: "Ioff"
    case .thresholdLinear: "Vth linear"
    case .thresholdSaturation: "Vth saturation"
    case .drainLowering: "DIBL"
    case .swing: "SS"
    case .gateCapacitance: "Cgg"
    case .transitFrequency: "fT"
    }
  }

  /// The unit in which engineers read it, and how many of them make one SI unit.
  public var display: (unit: String, perSI: Double) {
    switch self {
    case .drive: ("uA/um", 1)
    case .leakage: ("nA/um", 1e3)
    case .thresholdLinear, .thresholdSaturation: ("V", 1)
    case .drainLowering: ("mV/V", 1e3)
    case .swing: ("mV/dec", 1e3)
    case .gateCapacitance: ("fF/um", 1e9)
    case .transitFrequency: ("GHz", 1e-9)
    }
  }
}

/// The figures of a library in one corner at one temperature, as simulated.
public struct TransistorFigures: Codable, Sendable, Hashable {
  /// The library.
  public var library: String
  /// The corner.
  public var corner: String
  /// The temperature in degree Celsius.
  public var temperatureCelsius: Double
  /// Figures of the n-channel device at the shortest length.
  public var nmos: [TransistorFigure: Double]
  /// Figures of the p-channel device at the shortest length.
  public var pmos: [TransistorFigure: Double]
  /// Delay of an inverter that drives four like it, mean of both edges, in seconds; Wp = 2 Wn.
  public var fanoutOfFourDelaySeconds: Double

  /// States figures.
  public init(
    library: String, corner: String, temperatureCelsius: Double, nmos: [TransistorFigure: Double],
    pmos: [TransistorFigure: Double], fanoutOfFourDelaySeconds: Double
  ) {
    self.library = library
    self.corner = corner
    self.temperatureCelsius = temperatureCelsius
    self.nmos = nmos
    self.pmos = pmos
    self.fanoutOfFourDelaySeconds = fanoutOfFourDelaySeconds
  }

  /// The figures of a channel type.
  public subscript(_ channel: ChannelType) -> [TransistorFigure: Double] {
    channel == .nmos ? nmos : pmos
  }
}
