import Models

/// One chip of which one row is read at a time: every cell is read to its symbol, products are digital.
///
/// A row is read once for each window in which its input is not zero; arithmetic near the array multiplies
/// the symbols with the whole input code, as the chip estimate bills it. Frozen errors - a conductance
/// programmed past a boundary, a boundary that is off in one sense chain - change the weights once. Read noise
/// changes single reads: for every cell that it can move past a boundary, the errors among all its reads are
/// drawn with their exact distribution, but error-free reads cost nothing.
package struct RowSequentialEngine: MatrixEngine {
  private let exact: IntegerEngine
  private let layers: [SymbolErrors]
  private let windows: [Int]
  private let seed: UInt64
  private let chip: Int

  /// Programs a chip.
  package init(
    _ network: QuantizedNetwork, programmer: CellProgrammer, array: ArrayConfiguration,
    threads: Int
  ) {
    let layers = network.layers.indices.map { index in
      SymbolErrors(network.layers[index], index: index, programmer, array, threads: threads)
    }
    self.layers = layers
    exact = IntegerEngine(network, weights: layers.map(\.weights))
    windows = network.layers.map(\.windows)
    seed = programmer.seed
    chip = programmer.chip
  }

  package func sumStride(ofLayer layer: Int) -> Int { exact.sumStride(ofLayer: layer) }

  package func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    exact.multiply(layer: layer, inputs: inputs, inputStride: inputStride, item: item, sums: sums)
    let stride = sumStride(ofLayer: layer)
    let errors = layers[layer]
    for excess in errors.excess {
      for window in 0..<windows[layer] {
        sums[window * stride + excess.column] &+=
          Int32(inputs[window * inputStride + excess.row]) &* excess.amount
      }
    }
    errors.reads?.draw(
      windows: windows[layer], inputs: inputs, inputStride: inputStride, sums: sums, sumStride: stride
    ) { part in
      KeyedRandom(seed: seed, stage: "inference.reads.\(layer).\(part)", item: UInt64(chip) << 32 | item)
    }
  }
}
