import CKernels
import Foundation
import Models

/// The boundaries of every sense chain of a layer, with their frozen errors, and the noise of their reads.
struct SenseChains: Sendable {
  /// Boundaries of a cell's levels.
  let count: Int
  /// Whether any read is noisy.
  let hasNoise: Bool
  private let layout: ColumnLayout
  /// Boundaries that tell the symbols of each slice apart: the middle one alone where a slice has fewer bits than its
  /// cells.
  private let used: [Range<Int>]
  private let boundaries: [Double]
  /// Displacement of each boundary from the nearest to the farthest row.
  private let rowShifts: [Double]
  /// Reciprocal noise of cell and decision together, `[levels, boundaries]`; huge without noise.
  private let precisions: [Double]
  /// Chains of one row tile; 0 if all are the same.
  private let chainsPerTile: Int
  private let rowsPerTile: Int

  init(_ layer: MatrixLayer, index: Int, _ programmer: CellProgrammer, _ array: ArrayConfiguration) {
    let cells = programmer.cells
    let nominal = cells.thresholds
    count = nominal.count
    let slicing = programmer.slicing
    layout = ColumnLayout(array, slices: slicing.count)
    used = (0..<slicing.count).map { [count] slice in
      slicing.levelStep(slice) == 1 ? 0..<count : count / 2..<count / 2 + 1
    }
    rowsPerTile = array.rows
    rowShifts = nominal.map(\.rowShift)
    // Noise of the cell is common to the decisions of one read; the noise of the decisions themselves
    // widens each boundary on its own.
    let sigmas = cells.sigmaRead.flatMap { cell in
      nominal.map { (cell * cell + $0.noiseSigma * $0.noiseSigma).squareRoot() }
    }
    hasNoise = sigmas.contains { $0 > 0 }
    precisions = sigmas.map { 1 / max($0, 1e-100) }
    guard nominal.contains(where: { $0.offsetSigma > 0 }) else {
      boundaries = nominal.map(\.position)
      chainsPerTile = 0
      return
    }
    chainsPerTile = layout.arrays(weights: layer.columns) * layout.sensesPerArray
    var boundaries: [Double] = []
    for tile in 0..<(layer.rows + rowsPerTile - 1) / rowsPerTile {
      var random = programmer.stream("senses", layer: index, item: tile)
      for _ in 0..<chainsPerTile {
        // A thermometer code counts boundaries: their order within a chain does not matter.
        boundaries += nominal.map { $0.position + $0.offsetSigma * random.normal() }.sorted()
      }
    }
    self.boundaries = boundaries
  }

  /// The chain that reads a cell.
  func chain(row: Int, column: Int, slice: Int) -> Int {
    chainsPerTile == 0
      ? 0 : row / rowsPerTile * chainsPerTile + layout.sense(weight: column, slice: slice)
  }

  /// Place of a row on its bitline: -1/2 next to the multiplexer, 1/2 at the far end.
  private func place(ofRow row: Int) -> Double {
    (Double(row % rowsPerTile) + 0.5) / Double(rowsPerTile) - 0.5
  }

  /// Reads every cell of a row without noise, exactly as ``read(_:level:chain:row:slice:)`` does.
  ///
  /// - Parameters:
  ///   - kept: Receives the positions, rounded as they are kept.
  ///   - symbols: Receives the symbols.
  ///   - distances: Receives the distances to the nearest boundary.
  func readRow(
    _ row: Int, positions: UnsafeBufferPointer<Double>, levels: UnsafeBufferPointer<UInt8>,
    kept: inout [Float], symbols: inout [UInt8], distances: inout [Double]
  ) {
    let first = row / rowsPerTile * chainsPerTile * count
    let place = place(ofRow: row)
    var here = Array(boundaries[first..<(first + max(1, chainsPerTile) * count)])
    for index in here.indices { here[index] += rowShifts[index % count] * place }
    here.withUnsafeBufferPointer { here in
      tessera_read_cells(
        positions.baseAddress, levels.baseAddress, Int64(positions.count), here.baseAddress, Int32(count),
        Int64(chainsPerTile == 0 ? positions.count : layout.usedColumnsPerArray),
        Int64(chainsPerTile == 0 ? 1 : layout.sensesPerArray), precisions, &kept, &symbols, &distances)
    }
    for slice in used.indices where used[slice].count < count {
      for cell in stride(from: slice, to: positions.count, by: used.count) {
        let chain = chain(row: row, column: cell / used.count, slice: slice)
        (symbols[cell], distances[cell]) = read(
          Double(kept[cell]), level: Int(levels[cell]), chain: chain, row: row, slice: slice)
      }
    }
  }

  /// Reads a cell without noise.
  ///
  /// - Returns: The symbol, and the distance to the nearest boundary in standard deviations of the noise.
  func read(
    _ position: Double, level: Int, chain: Int, row: Int, slice: Int
  ) -> (symbol: UInt8, nearest: Double) {
    let place = place(ofRow: row)
    return boundaries.withUnsafeBufferPointer { boundaries in
      precisions.withUnsafeBufferPointer { precisions in
        var symbol: UInt8 = 0
        var nearest = Double.infinity
        for boundary in used[slice] {
          let difference = position - (boundaries[chain * count + boundary] + rowShifts[boundary] * place)
          if difference > 0 { symbol += 1 }
          nearest = min(nearest, abs(difference) * precisions[level * count + boundary])
        }
        return (symbol, nearest)
      }
    }
  }

  /// Probability to read each symbol but the right one.
  ///
  /// Symbols below the right one from lower tails and those above from upper tails, so that small
  /// probabilities stay exact. Boundaries beyond ``farthest`` are not passed. The noise of the cell is common to its
  /// boundaries: a farther one is passed with the nearer ones. Where the noise of decisions makes a farther one likelier to be
  /// passed than a nearer one, decisions are counted, as a thermometer code with a bubble is.
  func wrongSymbols(_ position: Double, level: Int, chain: Int, row: Int, slice: Int) -> SIMD4<Double> {
    let place = place(ofRow: row)
    let count = used[slice].count
    // How far above each boundary the cell lies, the lowest boundary first: drops along the bitline may exchange two.
    var above = SIMD4<Double>(repeating: 0)
    var widths = SIMD4<Double>(repeating: 0)
    for (index, boundary) in used[slice].enumerated() {
      above[index] = position - (boundaries[chain * self.count + boundary] + rowShifts[boundary] * place)
      widths[index] = precisions[level * self.count + boundary]
      for lower in stride(from: index, to: 0, by: -1) where above[lower] > above[lower - 1] {
        (above[lower], above[lower - 1]) = (above[lower - 1], above[lower])
        (widths[lower], widths[lower - 1]) = (widths[lower - 1], widths[lower])
      }
    }
    func tail(_ index: Int, sign: Double) -> Double {
      let distance = sign * above[index] * widths[index]
      return distance < Self.farthest ? Self.upperTail(distance) : 0
    }
    let right = (0..<count).count { above[$0] > 0 }
    /// Probabilities to pass at least so many boundaries, the fewest last.
    var tails = SIMD4<Double>(repeating: 0)
    func rise(_ range: Range<Int>) {
      for next in range.dropFirst() {
        for index in stride(from: next, to: range.lowerBound, by: -1) where tails[index] < tails[index - 1] {
          (tails[index], tails[index - 1]) = (tails[index - 1], tails[index])
        }
      }
    }
    var wrong = SIMD4<Double>(repeating: 0)
    for symbol in 0..<right { tails[symbol] = tail(symbol, sign: 1) }
    rise(0..<right)
    for symbol in 0..<right { wrong[symbol] = tails[symbol] - (symbol > 0 ? tails[symbol - 1] : 0) }
    // The farthest first here too.
    for symbol in right..<count { tails[count - 1 - symbol] = tail(symbol, sign: -1) }
    rise(0..<count - right)
    for symbol in right..<count {
      let place = count - 1 - symbol
      wrong[symbol + 1] = tails[place] - (place > 0 ? tails[place - 1] : 0)
    }
    return wrong
  }

  /// Beyond nine standard deviations (probability 1e-19) an error is left out: in all the reads of an image
  /// there is less than one in a billion images.
  static let farthest = 9.0

  /// Probability that a standard normal value exceeds z.
  static func upperTail(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }
}
