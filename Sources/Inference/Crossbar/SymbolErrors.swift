import Foundation
import Models

/// The symbols that a chip's sense chains read from the cells of one layer.
struct SymbolErrors: Sendable {
  /// A frozen change of a weight that does not fit a signed byte.
  struct Excess: Sendable {
    var row: Int
    var column: Int
    var amount: Int32
  }

  /// A cell that read noise can move past a boundary.
  struct NoisyCell: Sendable {
    var row: Int32
    var column: Int32
    /// Weight of its slice in the digital sum.
    var weight: Int32
    /// The symbol that it reads without noise.
    var symbol: Int32
    /// Probability to read wrongly a symbol of at most this index.
    var cumulative: SIMD4<Float>

    /// Probability that a read gives another symbol.
    var total: Float { cumulative[3] }

    /// The change of the digital sum by the wrong symbol that a draw in 0..<total selects.
    func change(_ draw: Float) -> Int32 {
      var read: Int32 = 0
      while read < 3 && draw >= cumulative[Int(read)] { read += 1 }
      return (read - symbol) * weight
    }
  }

  /// Weights as they are read without noise, in the order of ``MatrixLayer/weights``.
  var weights: [Int8]
  /// What `weights` cannot hold.
  var excess: [Excess] = []
  /// Noisy cells by the power of two above their error probability: group g holds (2^-(g+1), 2^-g].
  var noisy: [[NoisyCell]]

  /// Errors rarer than 2^-59 for each read are left out: below one in ten thousand images.
  private static let groups = 59

  init(
    _ layer: MatrixLayer, index: Int, _ programmer: CellProgrammer, _ array: ArrayConfiguration,
    threads: Int
  ) {
    let chains = SenseChains(layer, index: index, programmer, array)
    let slicing = programmer.slicing
    let decisionNoise = programmer.cells.thresholds.map(\.noiseSigma)
    let rows = Parallel.map(count: layer.rows, threads: threads, workspace: {}) { row, _ in
      var weights = [Int32](repeating: -slicing.offset, count: layer.columns)
      var noisy: [NoisyCell] = []
      programmer.program(layer, index: index, row: row) { column, slice, symbol, position in
        let sliceWeight = slicing.sliceWeights[slice]
        let sigma = programmer.cells.sigmaRead[symbol]
        chains.withBoundaries(row: row, column: column * slicing.count + slice) { boundaries in
          var read = 0
          for boundary in boundaries where position > boundary { read += 1 }
          weights[column] += Int32(read) * sliceWeight
          if let wrong = Self.wrongSymbols(
            position, sigmaCell: sigma, boundaries, sigmas: decisionNoise, read: read)
          {
            noisy.append(
              NoisyCell(
                row: Int32(row), column: Int32(column), weight: sliceWeight, symbol: Int32(read),
                cumulative: wrong))
          }
        }
      }
      return (weights, noisy)
    }
    weights = [Int8](repeating: 0, count: layer.weights.count)
    noisy = Array(repeating: [], count: Self.groups)
    for (row, (values, cells)) in rows.enumerated() {
      for (column, value) in values.enumerated() {
        let stored = Int8(clamping: value)
        weights[column * layer.rows + row] = stored
        if Int32(stored) != value {
          excess.append(Excess(row: row, column: column, amount: value - Int32(stored)))
        }
      }
      for cell in cells { noisy[Int((-log2(cell.total)).rounded(.down))].append(cell) }
    }
  }

  /// Cumulative probabilities of the wrong symbols, or `nil` if together they are negligible.
  ///
  /// Noise of the cell is common to the decisions of one read; the noise of the decisions themselves widens
  /// each boundary on its own.
  private static func wrongSymbols(
    _ position: Double, sigmaCell: Double, _ boundaries: UnsafeBufferPointer<Double>, sigmas: [Double],
    read: Int
  ) -> SIMD4<Float>? {
    var isNear = false
    for (boundary, sigma) in zip(boundaries, sigmas) {
      isNear = isNear || abs(position - boundary) < 9 * (sigmaCell * sigmaCell + sigma * sigma).squareRoot()
    }
    guard isNear else { return nil }
    let distances = zip(boundaries, sigmas).sorted { $0.0 < $1.0 }.map { boundary, sigma in
      (position - boundary) / (sigmaCell * sigmaCell + sigma * sigma).squareRoot()
    }
    // Symbols below the right one from lower tails, those above from upper tails: small ones stay exact.
    var cumulative = SIMD4<Float>(repeating: 0)
    var sum = 0.0
    for symbol in 0..<4 {
      if symbol < read {
        sum += max(0, upperTail(distances[symbol]) - (symbol == 0 ? 0 : upperTail(distances[symbol - 1])))
      } else if symbol > read && symbol <= distances.count {
        sum += max(
          0,
          upperTail(-distances[symbol - 1]) - (symbol == distances.count ? 0 : upperTail(-distances[symbol])))
      }
      cumulative[symbol] = Float(min(sum, 1))
    }
    return cumulative[3] > 0x1p-58 ? cumulative : nil
  }

  private static func upperTail(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }
}
