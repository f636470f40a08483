import Models

/// How an 8-bit weight is cut into the symbols of cells: -128 to 127 with an offset, -127 to 127 as a pair.
///
/// A slice may hold fewer bits than a cell can: it uses the lowest and the highest level alone, which lie farther
/// apart. Given to the highest bits, whose errors weigh most, that is significance-aware slicing.
package struct WeightSlicing: Sendable, Hashable {
  /// Bits that a cell can hold.
  let bitsPerCell: Int
  let scheme: ArrayConfiguration.SignScheme
  /// Weight of each slice in the digital sum of symbols.
  package let sliceWeights: [Int32]
  /// Bits that each slice tells apart.
  let sliceBits: [Int]
  /// What is added to a weight before it is stored.
  package let offset: Int32

  /// Cuts weights.
  ///
  /// - Parameters:
  ///   - bitsPerCell: 1 or 2.
  ///   - scheme: How signs are stored.
  ///   - singleBits: Highest bits that have a cell each, 0 to 8.
  package init(bitsPerCell: Int, scheme: ArrayConfiguration.SignScheme, singleBits: Int = 0) {
    self.bitsPerCell = bitsPerCell
    self.scheme = scheme
    // A pair of cells needs no bit for the sign.
    let bits = scheme == .offset ? 8 : 7
    let single = min(max(singleBits, 0), bits)
    let shared = bits - single
    // A bit that is left over stands alone at the low end, where errors weigh least.
    let over = single == 0 ? 0 : shared % bitsPerCell
    let slices =
      (0..<over).map { (first: $0, bits: 1) }
      + stride(from: over, to: shared, by: bitsPerCell).map { (first: $0, bits: bitsPerCell) }
      + (shared..<bits).map { (first: $0, bits: 1) }
    let weights = slices.map { Int32(1) << $0.first }
    switch scheme {
    case .offset:
      sliceWeights = weights
      sliceBits = slices.map(\.bits)
      offset = 128
    case .differential:
      sliceWeights = weights + weights.map { -$0 }
      sliceBits = slices.map(\.bits) + slices.map(\.bits)
      offset = 0
    }
  }

  /// Number of slices: cells of one weight.
  package var count: Int { sliceWeights.count }

  /// The symbol of one slice of a weight.
  package func symbol(_ weight: Int8, slice: Int) -> Int {
    let mask = 1 << sliceBits[slice] - 1
    let stored: Int
    switch scheme {
    case .offset: stored = Int(weight) + 128
    case .differential: stored = max(0, slice < count / 2 ? Int(weight) : -Int(weight))
    }
    return stored >> abs(sliceWeights[slice]).trailingZeroBitCount & mask
  }

  /// Level of a cell that holds a symbol of a slice.
  func level(_ symbol: Int, slice: Int) -> Int { symbol * levelStep(slice) }

  /// Levels from one symbol of a slice to the next: more than one where the slice has fewer bits than the cell.
  func levelStep(_ slice: Int) -> Int { (1 << bitsPerCell - 1) / (1 << sliceBits[slice] - 1) }

  /// Common denominator of ``levelWeights``.
  var denominator: Int32 { sliceBits.contains { $0 < bitsPerCell } ? Int32(1 << bitsPerCell - 1) : 1 }

  /// Weight of each slice in the digital sum of levels, times ``denominator``.
  var levelWeights: [Int32] {
    sliceWeights.indices.map { sliceWeights[$0] * denominator / Int32(levelStep($0)) }
  }
}
