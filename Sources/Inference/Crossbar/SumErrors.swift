import Models

/// How far the sums of one chip are from exact ones, layer by layer, on calibration images.
///
/// The network runs on the chip; every layer is compared with the exact product of the inputs it really gets.
package struct SumErrors: Sendable {
  /// Mean error of each column, `[layers][columns]`, rounded; shrunk towards the layer's mean by what chance alone
  /// would make of it.
  package let offsets: [[Int32]]
  /// Root mean square of the error over that of the sums about their mean, of each layer.
  package let relative: [Double]

  /// Moments of one layer's columns.
  private struct Sums: Sendable {
    var errors: [Double]
    var sum = 0.0
    var squares = 0.0
    var errorSquares = 0.0
    var count = 0.0

    init(columns: Int) { errors = [Double](repeating: 0, count: columns) }
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
      var found = layers.map { Sums(columns: $0.columns) }
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
            found[layer].errors[column] += error
            found[layer].errorSquares += error * error
            found[layer].sum += value
            found[layer].squares += value * value
          }
        }
        found[layer].count += Double(layers[layer].windows)
      }
      return found
    }
    var offsets: [[Int32]] = []
    var relative: [Double] = []
    for layer in layers.indices {
      var total = Sums(columns: layers[layer].columns)
      for image in perImage {
        for column in total.errors.indices { total.errors[column] += image[layer].errors[column] }
        total.sum += image[layer].sum
        total.squares += image[layer].squares
        total.errorSquares += image[layer].errorSquares
        total.count += image[layer].count
      }
      offsets.append(
        Self.shrunk(perImage.map { image in image[layer].errors.map { $0 / image[layer].count } })
          .map { Int32($0.rounded(.toNearestOrEven)) })
      let spread = total.squares - total.sum * total.sum / (total.count * Double(layers[layer].columns))
      relative.append(spread > 0 ? (total.errorSquares / spread).squareRoot() : 0)
    }
    self.offsets = offsets
    self.relative = relative
  }

  /// Means of columns over images, `[images][columns]`, shrunk towards their common mean.
  ///
  /// The variance of a mean by chance is estimated from the scatter between images, over all columns; of one image it
  /// is unknown, and nothing is shrunk.
  package static func shrunk(_ images: [[Double]]) -> [Double] {
    let count = Double(images.count)
    let columns = images.first?.indices ?? 0..<0
    let means = columns.map { column in images.reduce(0) { $0 + $1[column] } / count }
    guard images.count > 1, means.count > 1 else { return means }
    let common = means.reduce(0, +) / Double(means.count)
    let spread = means.reduce(0) { $0 + ($1 - common) * ($1 - common) } / Double(means.count - 1)
    var scatter = 0.0
    for column in columns {
      for image in images { scatter += (image[column] - means[column]) * (image[column] - means[column]) }
    }
    let chance = scatter / Double(means.count) / (count - 1) / count
    let share = spread > chance ? 1 - chance / spread : 0
    return means.map { common + share * ($0 - common) }
  }
}

/// Another engine with a constant taken from each column's sums, digitally.
package struct OffsetCorrectedEngine<Base: MatrixEngine>: MatrixEngine {
  private let base: Base
  private let offsets: [[Int32]]

  /// Takes offsets, `[layers][columns]`, from the sums of an engine.
  package init(base: Base, offsets: [[Int32]]) {
    self.base = base
    self.offsets = offsets
  }

  package func sumStride(ofLayer layer: Int) -> Int { base.sumStride(ofLayer: layer) }

  package func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    base.multiply(layer: layer, inputs: inputs, inputStride: inputStride, item: item, sums: sums)
    let width = sumStride(ofLayer: layer)
    for window in 0..<inputs.count / inputStride {
      for (column, offset) in offsets[layer].enumerated() { sums[window * width + column] &-= offset }
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
