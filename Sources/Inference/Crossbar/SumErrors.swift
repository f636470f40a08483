import Models

/// How far the sums of one chip are from exact ones, layer by layer, on calibration images.
///
/// The network runs on the chip; every layer is compared with the exact product of the inputs it really gets.
package struct SumErrors: Sendable {
  /// Root mean square of the error over that of the sums about their mean, of each layer.
  package let relative: [Double]

  /// Moments of one layer's sums.
  private struct Sums: Sendable {
    var sum = 0.0
    var squares = 0.0
    var errorSquares = 0.0
    var count = 0.0
  }

  /// Measures a chip.
  ///
  /// - Parameters:
  ///   - images: Calibration images, never those that accuracy is measured on.
  ///   - range: Which of them.
  package init(
    executor: NetworkExecutor, engine: some MatrixEngine, exact: IntegerEngine, images: ImageSet,
    range: Range<Int>, threads: Int
  ) {
    let layers = executor.network.layers
    let perImage = Parallel.map(
      count: range.count, threads: threads, workspace: { Workspace(executor.network) }
    ) { place, workspace in
      let index = range.lowerBound + place
      var found = layers.map { _ in Sums() }
      // Items beyond those of the test images: calibration has noise of its own.
      let item = UInt64(1) << 31 | UInt64(index)
      _ = executor.run(images.image(index), engine: engine, item: item, workspace: workspace) {
        layer, inputs, stride, sums in
        let right = exact.sums(layer: layer, inputs: inputs, inputStride: stride)
        let (width, exactWidth) = (engine.sumStride(ofLayer: layer), exact.sumStride(ofLayer: layer))
        let columns = layers[layer].columns
        for window in 0..<layers[layer].windows {
          for column in 0..<columns {
            let value = Double(right[window * exactWidth + column])
            let error = Double(sums[window * width + column]) - value
            found[layer].errorSquares += error * error
            found[layer].sum += value
            found[layer].squares += value * value
          }
        }
        found[layer].count += Double(layers[layer].windows * columns)
      }
      return found
    }
    relative = layers.indices.map { layer in
      var total = Sums()
      for image in perImage {
        total.sum += image[layer].sum
        total.squares += image[layer].squares
        total.errorSquares += image[layer].errorSquares
        total.count += image[layer].count
      }
      let spread = total.squares - total.sum * total.sum / total.count
      return spread > 0 ? (total.errorSquares / spread).squareRoot() : 0
    }
  }
}

/// Crossbars for some layers, exact products for the others: what each layer's errors cost.
package struct PartialEngine<Base: MatrixEngine>: MatrixEngine {
  let base: Base
  let exact: IntegerEngine
  /// Layers on crossbars.
  let layers: Set<Int>

  package func sumStride(ofLayer layer: Int) -> Int {
    layers.contains(layer) ? base.sumStride(ofLayer: layer) : exact.sumStride(ofLayer: layer)
  }

  package func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    if layers.contains(layer) {
      base.multiply(layer: layer, inputs: inputs, inputStride: inputStride, item: item, sums: sums)
    } else {
      exact.multiply(layer: layer, inputs: inputs, inputStride: inputStride, item: item, sums: sums)
    }
  }
}
