/// What is done about the errors of crossbars, each measure a switch of its own.
public struct Remedies: Codable, Sendable, Hashable {
  /// Whether the range of row-parallel converters is chosen on calibration images; otherwise it spans every sum that
  /// can occur.
  public var calibratesRange: Bool
  /// Whether the mean error of each column, measured on each chip with calibration images, is subtracted digitally.
  public var correctsOffsets: Bool
  /// Highest bits of every weight that have a cell each at its outermost levels, 0 to 8; the others share cells as the
  /// bits of a cell allow.
  public var singleBitSlices: Int
  /// Bits by which references and thresholds are trimmed after programming, at the time of the read; 0 for none.
  public var referenceTrimBits: Int

  /// Creates remedies; ranges are calibrated unless said otherwise.
  public init(
    calibratesRange: Bool = true, correctsOffsets: Bool = false, singleBitSlices: Int = 0,
    referenceTrimBits: Int = 0
  ) {
    self.calibratesRange = calibratesRange
    self.correctsOffsets = correctsOffsets
    self.singleBitSlices = singleBitSlices
    self.referenceTrimBits = referenceTrimBits
  }

  func validate() throws(InferenceError) {
    for (name, value, range) in [
      ("singleBitSlices", singleBitSlices, 0...8), ("referenceTrimBits", referenceTrimBits, 0...16),
    ] where !(range ~= value) {
      throw InferenceError(
        .outOfRange, "expected \(range.lowerBound) to \(range.upperBound), not \(value)",
        at: "remedies.\(name)")
    }
  }
}
