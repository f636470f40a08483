import CKernels
import Models

/// Chooses the range of the flash converters of each layer on training images.
///
/// The column sums of error-free cells are counted on some windows of every calibration image. The step of
/// a layer is the one with the least mean squared error of the weighted sum: an error in input bit b and in
/// a slice of weight s counts 4^b s^2 fold.
package enum RangeCalibration {
  /// Windows of an image that are looked at in each layer.
  static let windowsPerImage = 16

  /// The steps of ``ranges(executor:cells:slicing:array:converter:calibrates:images:threads:)``.
  package static func steps(
    executor: NetworkExecutor, cells: CellArrayModel, slicing: WeightSlicing, array: ArrayConfiguration,
    converter: ConverterErrors, calibrates: Bool = true, images: ImageSet?, threads: Int
  ) throws(InferenceError) -> [ConverterStep] {
    try ranges(
      executor: executor, cells: cells, slicing: slicing, array: array, converter: converter,
      calibrates: calibrates, images: images, threads: threads
    ).map(\.step)
  }

  /// Range of a layer's converters.
  package struct Range: Sendable {
    package var step: ConverterStep
    /// Weight of each sum in levels; empty where no images were looked at.
    package var sums: [Double] = []
  }

  /// The range of each layer.
  ///
  /// - Parameters:
  ///   - array: Arrays in row-parallel mode; an ideal converter with a code for every sum has unit steps.
  ///   - converter: A characterised step is taken as it is.
  ///   - calibrates: Whether the range is chosen on images; otherwise it spans every sum that can occur.
  ///   - images: Images for calibration, never the ones that accuracy is measured on.
  package static func ranges(
    executor: NetworkExecutor, cells: CellArrayModel, slicing: WeightSlicing, array: ArrayConfiguration,
    converter: ConverterErrors, calibrates: Bool = true, images: ImageSet?, threads: Int
  ) throws(InferenceError) -> [Range] {
    let network = executor.network
    let codes = (1 << array.adcBits) - 1
    if let step = converter.stepInCellLevels {
      return network.layers.map { _ in Range(step: ConverterStep(requested: step, maximum: codes)) }
    }
    let programmer = CellProgrammer(cells: cells.withoutScatter, slicing: slicing, seed: 0, chip: 0)
    let geometry = RowParallelGeometry(
      cells: programmer.cells, slicing: slicing, array: array)
    let lossless = ConverterStep(requested: 1, maximum: geometry.largestSum)
    guard codes < geometry.largestSum else {
      // A flash converter has all its comparators; more codes than sums are left away.
      let maximum = array.adcBits <= RowParallelGeometry.ladderBits ? codes : geometry.largestSum
      return network.layers.map { _ in Range(step: ConverterStep(requested: 1, maximum: maximum)) }
    }
    guard calibrates else {
      let step = Double(geometry.largestSum) / Double(codes)
      return network.layers.map { _ in Range(step: ConverterStep(requested: step, maximum: codes)) }
    }
    guard let images else {
      throw InferenceError(
        .outOfRange, "a converter of \(array.adcBits) bits needs images to calibrate its range",
        at: "calibration")
    }
    try executor.check(images)
    let engine = RowParallelEngine(
      network, programmer: programmer, array: array, errors: .none,
      steps: network.layers.map { _ in lossless }, threads: threads)
    let exact = IntegerEngine(network)
    let bins = geometry.largestSum + 1
    let weights = geometry.slicing.levelWeights
    let slices = weights.count
    // Added in the order of the images, so that threads leave no trace, and a few at a time.
    var totals = network.layers.map { _ in [Double](repeating: 0, count: slices * bins) }
    for first in stride(from: 0, to: images.count, by: 4 * threads) {
      let some = Parallel.map(
        count: min(4 * threads, images.count - first), threads: threads, workspace: { Workspace(network) }
      ) { place, workspace in
        var histograms = network.layers.map { _ in [Double](repeating: 0, count: slices * bins) }
        _ = executor.run(images.image(first + place), engine: exact, item: 0, workspace: workspace) {
          layer, inputs, stride, _ in
          let windows = inputs.count / stride
          let units = lossless.units(geometry.unitsPerLevel)
          engine.withCrossbar(layer: layer, item: 0, step: units) { crossbar, scratch in
            withUnsafePointer(to: crossbar) {
              tessera_sum_histogram(
                engine.level, $0, Int32(geometry.unitsPerLevel), inputs.baseAddress, Int64(stride),
                Int32(windows), Int32(max(1, windows / windowsPerImage)), Int32(bins), &histograms[layer],
                scratch)
            }
          }
        }
        return histograms
      }
      for histograms in some {
        for (layer, histogram) in histograms.enumerated() {
          for (bin, count) in histogram.enumerated() { totals[layer][bin] += count }
        }
      }
    }
    return totals.map { total in
      var weighted = [Double](repeating: 0, count: bins)
      for slice in 0..<slices {
        let weight = Double(weights[slice])
        for bin in 0..<bins { weighted[bin] += weight * weight * total[slice * bins + bin] }
      }
      return Range(step: bestStep(weighted, maximum: codes), sums: weighted)
    }
  }

  /// The step, at least one level, with the least squared error over a histogram of sums.
  package static func bestStep(_ histogram: [Double], maximum: Int) -> ConverterStep {
    let largest = histogram.lastIndex { $0 > 0 } ?? 0
    var best = (step: 1.0, error: Double.infinity)
    var step = 1.0
    while step <= max(1, Double(largest) / Double(maximum)) {
      var error = 0.0
      for (sum, count) in histogram[...largest].enumerated() where count > 0 {
        let code = min((Double(sum) / step).rounded(), Double(maximum))
        error += count * (Double(sum) - code * step) * (Double(sum) - code * step)
      }
      if error < best.error { best = (step, error) }
      step *= 1.02
    }
    return ConverterStep(requested: best.step, maximum: maximum)
  }
}
