import Models

/// The symbols that a chip's sense chains read from the cells of one layer, errors included.
struct SymbolErrors: Sendable {
  /// A frozen change of a weight that does not fit a signed byte.
  struct Excess: Sendable {
    var row: Int
    var column: Int
    var amount: Int32
  }

  /// Weights as they are read without noise, in the order of ``MatrixLayer/weights``.
  let weights: [Int8]
  /// What `weights` cannot hold.
  let excess: [Excess]
  /// Errors of single reads; `nil` if there is no read noise.
  let reads: ReadErrors?

  init(
    _ layer: MatrixLayer, index: Int, _ programmer: CellProgrammer, _ array: ArrayConfiguration, threads: Int
  ) {
    let slicing = programmer.slicing
    let slices = slicing.count
    let sliceWeights = slicing.sliceWeights
    let chains = SenseChains(layer, index: index, programmer, array)
    let hasNoise = chains.hasNoise
    let rows = Parallel.map(
      count: layer.rows, threads: threads, workspace: { CellRow(layer, slicing) }
    ) { row, cells in
      programmer.program(layer, index: index, row: row, into: cells)
      var weights = [Int32](repeating: -slicing.offset, count: layer.columns)
      var errors = ReadErrors.Row()
      cells.read { levels, positions in
        var kept = [Float](repeating: 0, count: positions.count)
        var symbols = [UInt8](repeating: 0, count: positions.count)
        var distances = [Double](repeating: 0, count: positions.count)
        chains.readRow(
          row, positions: positions, levels: levels, kept: &kept, symbols: &symbols, distances: &distances)
        var cell = 0
        for column in 0..<layer.columns {
          for slice in 0..<slices {
            weights[column] += Int32(symbols[cell]) * sliceWeights[slice]
            cell += 1
          }
        }
        if hasNoise {
          errors = ReadErrors.Row(
            levels: Array(levels), positions: kept, symbols: symbols, distances: distances, row: row,
            slices: slices, chains)
        }
      }
      return (weights, errors)
    }
    var stored = [Int8](repeating: 0, count: layer.weights.count)
    var excess: [Excess] = []
    for (row, (weights, _)) in rows.enumerated() {
      for (column, weight) in weights.enumerated() {
        let kept = Int8(clamping: weight)
        stored[column * layer.rows + row] = kept
        if Int32(kept) != weight {
          excess.append(Excess(row: row, column: column, amount: weight - Int32(kept)))
        }
      }
    }
    weights = stored
    self.excess = excess
    reads = hasNoise ? ReadErrors(layer, slicing, chains, rows: rows.map(\.1)) : nil
  }
}
