import Models

/// One chip's local variation: every device name has its own draw.
///
/// - Source: Pelgrom et al., IEEE J. Solid-State Circuits 24, 1433 (1989), doi:10.1109/JSSC.1989.572629.
package struct MismatchDraw: Sendable, Hashable {
  let model: TransistorLibrary.Mismatch
  let seed: UInt64
  let sample: Int

  /// Threshold shift in volt and relative change of the current factor of the named device.
  func draw(_ name: String, width: Double, length: Double) -> (threshold: Double, currentFactor: Double) {
    var random = KeyedRandom(seed: seed, stage: "circuit.mismatch.\(name)", item: UInt64(sample))
    return (
      random.normal() * model.thresholdSigmaVolts(widthMetres: width, lengthMetres: length),
      random.normal() * model.currentFactorSigma(widthMetres: width, lengthMetres: length)
    )
  }
}
