import Models

/// Local variation of transistors after Pelgrom.
///
/// The coefficients are those of a *pair*: sigma(dVth) = A_VT / sqrt(W L). A single device gets 1/sqrt(2)
/// of it, so that the difference of two has the stated spread.
///
/// - Source: Pelgrom et al., IEEE J. Solid-State Circuits 24, 1433 (1989), doi:10.1109/JSSC.1989.572629.
public struct MismatchModel: Codable, Sendable, Hashable {
  /// Threshold coefficient of a pair in V m; 2.5e-9 (2.5 mV um) at 45 nm (assumption, sweep +-30 %).
  public var thresholdCoefficient: Double
  /// Current-factor coefficient of a pair in m; 0.7e-8 (0.7 % um) (assumption).
  public var currentFactorCoefficient: Double

  /// Creates a model; the defaults are those of the 45 nm class.
  public init(thresholdCoefficient: Double = 2.5e-9, currentFactorCoefficient: Double = 0.7e-8) {
    self.thresholdCoefficient = thresholdCoefficient
    self.currentFactorCoefficient = currentFactorCoefficient
  }
}

/// One chip's local variation: every device name has its own draw.
struct MismatchDraw: Sendable, Hashable {
  let model: MismatchModel
  let seed: UInt64
  let sample: Int

  /// Threshold shift in volt and relative change of the current factor of the named device.
  func draw(_ name: String, width: Double, length: Double) -> (threshold: Double, currentFactor: Double) {
    var random = KeyedRandom(seed: seed, stage: "circuit.mismatch.\(name)", item: UInt64(sample))
    let root = (2 * width * length).squareRoot()
    return (
      random.normal() * model.thresholdCoefficient / root,
      random.normal() * model.currentFactorCoefficient / root
    )
  }
}
