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
    let chains = SenseChains(layer, index: index, programmer, array)
    let rows = Parallel.map(count: layer.rows, threads: threads, workspace: {}) { row, _ in
      var weights = [Int32](repeating: -slicing.offset, count: layer.columns)
      var positions: [Float] = []
      if chains.hasNoise { positions.reserveCapacity(layer.columns * slicing.count) }
      programmer.program(layer, index: index, row: row) { column, slice, _, position in
        // Rounded once, so that frozen and random errors see the same cell.
        let rounded = Float(position)
        let read = chains.symbol(Double(rounded), chain: chains.chain(row: row, column: column, slice: slice))
        weights[column] += Int32(read) * slicing.sliceWeights[slice]
        if chains.hasNoise { positions.append(rounded) }
      }
      return (weights, positions)
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
    reads =
      chains.hasNoise ? ReadErrors(layer, slicing, chains, positions: Array(rows.map(\.1).joined())) : nil
  }
}
