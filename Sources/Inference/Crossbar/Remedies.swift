/// What is done about the errors of crossbars, each measure a switch of its own.
public struct Remedies: Codable, Sendable, Hashable {
  /// Whether the range of row-parallel converters is chosen on calibration images; otherwise it spans every sum that
  /// can occur.
  public var calibratesRange: Bool
  /// Whether the error of each column, measured on each chip with training images, is subtracted digitally: a constant and
  /// a multiple of the sum of the inputs of the window.
  ///
  /// Layer by layer, each behind corrected ones.
  public var correctsOffsets: Bool
  /// Highest bits of every weight that have a cell each at its outermost levels, 0 to 8; the others share cells as the
  /// bits of a cell allow.
  public var singleBitSlices: Int
  /// Whether the boundaries of row-sequential reads are moved to where fewest cells are misread at the time of the read.
  ///
  /// A cell of a bit of its own is read at the middle one, which lies where fewest cells of the two levels next to it are.
  public var recentresReferences: Bool
  /// Bits by which the offset of every sense chain and threshold is trimmed; 0 for none.
  ///
  /// For offsets that nothing has trimmed: those of characterised reads are what the trim of the circuit leaves.
  public var trimBits: Int

  /// Creates remedies; ranges are calibrated unless said otherwise.
  public init(
    calibratesRange: Bool = true, correctsOffsets: Bool = false, singleBitSlices: Int = 0,
    recentresReferences: Bool = false, trimBits: Int = 0
  ) {
    self.calibratesRange = calibratesRange
    self.correctsOffsets = correctsOffsets
    self.singleBitSlices = singleBitSlices
    self.recentresReferences = recentresReferences
    self.trimBits = trimBits
  }

  /// Throws if a number is outside its range.
  package func validate() throws(InferenceError) {
    for (name, value, range) in [
      ("singleBitSlices", singleBitSlices, 0...8), ("trimBits", trimBits, 0...16),
    ] where !(range ~= value) {
      throw InferenceError(
        .outOfRange, "expected \(range.lowerBound) to \(range.upperBound), not \(value)",
        at: "remedies.\(name)")
    }
  }
}
