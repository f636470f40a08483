import Models

/// How an 8-bit weight is cut into the symbols of cells: -128 to 127 with an offset, -127 to 127 as a pair.
package struct WeightSlicing: Sendable, Hashable {
  let bitsPerCell: Int
  let scheme: ArrayConfiguration.SignScheme
  /// Weight of each slice in the digital sum.
  package let sliceWeights: [Int32]
  /// What is added to a weight before it is stored.
  package let offset: Int32

  package init(bitsPerCell: Int, scheme: ArrayConfiguration.SignScheme) {
    self.bitsPerCell = bitsPerCell
    self.scheme = scheme
    // A pair of cells needs no bit for the sign.
    let bits = scheme == .offset ? 8 : 7
    let weights = stride(from: 0, to: bits, by: bitsPerCell).map { Int32(1) << $0 }
    switch scheme {
    case .offset:
      sliceWeights = weights
      offset = 128
    case .differential:
      sliceWeights = weights + weights.map { -$0 }
      offset = 0
    }
  }

  /// Number of slices: cells of one weight.
  package var count: Int { sliceWeights.count }

  /// The symbol of one slice of a weight.
  package func symbol(_ weight: Int8, slice: Int) -> Int {
    let mask = 1 << bitsPerCell - 1
    switch scheme {
    case .offset: return (Int(weight) + 128) >> (slice * bitsPerCell) & mask
    case .differential:
      let half = count / 2
      let part = slice < half ? max(0, Int(weight)) : max(0, -Int(weight))
      return part >> (slice % half * bitsPerCell) & mask
    }
  }
}
