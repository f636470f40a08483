import Models

/// The data statistics that energy and time of one layer follow from, checked and completed.
///
/// What a workload does not carry is assumed: input bits are one half of the time, a whole input is zero as if
/// its bits were independent (which understates it after a rectifier), and non-zero weights are equally likely.
struct DataStatistics: Sendable {
  /// Fraction of cells at each level; sums to one.
  let levelFractions: [Double]
  /// Fraction of input elements that are zero in all bits.
  let zeroInputFraction: Double
  /// Fraction of input elements whose bit is one, least significant first.
  let oneFractions: [Double]
  /// Whether the inputs were measured, so that reads without any active row are skipped.
  let skipsIdleReads: Bool

  init(
    layer: Workload.Layer, workload: Workload, bitsPerCell: Int, scheme: ArrayConfiguration.SignScheme
  ) throws(AcceleratorError) {
    try require(layer.zeroWeightFraction, in: 0...1, "zeroWeightFraction", at: layer.name)
    // The workload's density is the fraction of zeros, by bit.
    let zeros = layer.zeroBitFractions
    for zero in zeros { try require(zero, in: 0...1, "zeroBitFractions", at: layer.name) }
    guard zeros.isEmpty || zeros.count == workload.inputBits else {
      throw AcceleratorError(
        .outOfRange, "'zeroBitFractions' has \(zeros.count) entries; expected \(workload.inputBits) or none",
        at: layer.name)
    }
    skipsIdleReads = !zeros.isEmpty
    oneFractions = zeros.isEmpty ? Array(repeating: 0.5, count: workload.inputBits) : zeros.map { 1 - $0 }
    if let given = layer.zeroInputFraction {
      try require(given, in: 0...1, "zeroInputFraction", at: layer.name)
      zeroInputFraction = given
    } else {
      zeroInputFraction = zeros.isEmpty ? 0 : zeros.reduce(1, *)
    }
    let histogram = layer.weightHistogram
    if !histogram.isEmpty {
      guard workload.weightBits <= 16, histogram.count == 1 << workload.weightBits,
        histogram.allSatisfy({ 0...1 << 40 ~= $0 }), histogram.contains(where: { $0 > 0 })
      else {
        throw AcceleratorError(
          .outOfRange,
          "'weightHistogram' has \(histogram.count) entries; expected none, or one count for each of "
            + "2^\(workload.weightBits) weights", at: layer.name)
      }
      levelFractions = DataStatistics.storedLevels(
        histogram, weightBits: workload.weightBits, bitsPerCell: bitsPerCell, scheme: scheme)
    } else {
      levelFractions = DataStatistics.storedLevels(
        zeroWeightFraction: layer.zeroWeightFraction, weightBits: workload.weightBits,
        bitsPerCell: bitsPerCell, scheme: scheme)
    }
  }

  /// Fractions of cells by level when a part of the weights is zero and all others are equally likely.
  ///
  /// With the offset scheme a zero weight is the code 2^(b-1): only its top slice is not at the lowest
  /// level. In a differential pair one side of every weight is at the lowest level.
  static func storedLevels(
    zeroWeightFraction zero: Double, weightBits: Int, bitsPerCell: Int, scheme: ArrayConfiguration.SignScheme
  ) -> [Double] {
    let bits = scheme == .offset ? weightBits : weightBits - 1
    let slices = bits.dividedRoundingUp(by: bitsPerCell)
    var fractions = [Double](repeating: 0, count: 1 << bitsPerCell)
    for slice in 0..<slices {
      let bitsHere = min(bitsPerCell, bits - slice * bitsPerCell)
      let spread = (scheme == .offset ? 1 - zero : (1 - zero) / 2) / Double(1 << bitsHere)
      for level in 0..<(1 << bitsHere) { fractions[level] += spread }
      switch scheme {
      case .offset: fractions[slice == slices - 1 ? 1 << (bitsHere - 1) : 0] += zero
      case .differential: fractions[0] += 1 - (1 - zero) / 2
      }
    }
    return fractions.map { $0 / Double(slices) }
  }

  /// Fractions of cells by level of counted weights.
  static func storedLevels(
    _ histogram: [Int], weightBits: Int, bitsPerCell: Int, scheme: ArrayConfiguration.SignScheme
  ) -> [Double] {
    let bits = scheme == .offset ? weightBits : weightBits - 1
    let slices = bits.dividedRoundingUp(by: bitsPerCell)
    var counts = [Int](repeating: 0, count: 1 << bitsPerCell)
    for (code, count) in histogram.enumerated() where count > 0 {
      let weight = code - histogram.count / 2
      let stored = scheme == .offset ? [code] : [max(0, weight), max(0, -weight)]
      for value in stored {
        for slice in 0..<slices { counts[value >> (slice * bitsPerCell) & (1 << bitsPerCell - 1)] += count }
      }
    }
    let total = Double(counts.reduce(0, +))
    return counts.map { Double($0) / total }
  }
}
