import CKernels
import Inference
import Models
import Testing

/// The fast fidelity against the bit-true engine from which it learns.
@Suite struct SurrogateTests {
  private static func array(rows: Int, adcBits: Int) -> ArrayConfiguration {
    ArrayConfiguration(
      rows: 128, columns: 128, readMode: .rowParallel, rowsPerRead: rows, adcBits: adcBits,
      columnsPerSense: 8,
      signScheme: .offset)
  }

  /// Where nothing is lost, the surrogate is exact.
  @Test(arguments: [1, 2]) func losslessConvertersLeaveNothing(bits: Int) throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let run = AccuracyRun(
      network: network, images: try ProbeImages.draw(count: 4, seed: 7),
      calibration: try ProbeImages.draw(count: 2, seed: 7, first: 100),
      cells: CellArrayModel(idealWithBits: bits, onOffRatio: 2), array: Self.array(rows: 128, adcBits: 9),
      fidelity: .fast, learningImages: 2, chips: 2, imagesPerChip: 2, seed: 1)
    let outcome = try run.run()
    #expect(outcome.identicalOutputs == 4)
    #expect(outcome.result.fidelity == .fast)
    #expect(outcome.result.sumErrors.allSatisfy { $0.value == 0 })
    let check = try #require(outcome.result.fidelityCheck)
    #expect(check.images == 4 && check.sameAnswers == 4 && check.difference.value == 0)
    // Four images alike: more than half of all might differ unseen, not more.
    #expect(check.difference.high > 0.4 && check.difference.high < 0.6)
  }

  /// Converters with a code for every sum round small deviations of cells away, all of them here; so does the surrogate.
  @Test func roundedDeviationsAreLeftOut() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    var cells = CellArrayModel(idealWithBits: 1, onOffRatio: 3)
    cells.sigmaDeviceToDevice = [0.02, 0.02]
    let sums = try Sums(network, cells, Self.array(rows: 16, adcBits: 5), .none)
    for layer in network.layers.indices {
      #expect(sums.errors(sums.chips[0], layer).allSatisfy { $0 == 0 }, "layer \(layer)")
      #expect(sums.errors(sums.fast, layer).allSatisfy { $0 == 0 }, "layer \(layer)")
    }
  }

  /// Errors of a kernel's noise alone, `[windows][columns]`.
  private static func noise(
    width: Int, height: Int, columns: Int, own: Float, blocks: ErrorShares.Blocks = (0, 0, 0),
    image: Float = 0,
    window: Float = 0, key: UInt64 = 77
  ) -> [[Float]] {
    let windows = width * height
    let zeros = [Int32](repeating: 0, count: windows * columns)
    // Means of every sum, and six terms of every output.
    let none = [Float](repeating: 0, count: max(windows, 6) * columns)
    let flat = [Float](repeating: 0, count: Int(TESSERA_SURROGATE_BINS))
    let ones = [Float](repeating: 1, count: Int(TESSERA_SURROGATE_BINS))
    let variances = [Float](repeating: 1e6, count: windows)
    let activity = [Int32](repeating: 1, count: windows)
    var sums = zeros
    NormalQuantiles.values.withUnsafeBufferPointer { normals in
      flat.withUnsafeBufferPointer { flat in
        ones.withUnsafeBufferPointer { ones in
          none.withUnsafeBufferPointer { outputs in
            var layer = tessera_surrogate_layer(
              columns: Int32(columns), unit: 1, bin_low: 0, bins_per_product: 0, bin_means: flat.baseAddress,
              bin_deviations: ones.baseAddress, own: own, blocks: blocks, image: image, window: window,
              width: Int32(width), output_means: outputs.baseAddress, output_variances: outputs.baseAddress,
              normals: normals.baseAddress, noise_key: key)
            tessera_surrogate(
              &layer, zeros, zeros, Int64(columns), none, Int64(columns), none, variances, activity,
              Int32(windows), &sums)
          }
        }
      }
    }
    return (0..<windows).map { window in
      (0..<columns).map { Float(sums[window * columns + $0]) / 1000 }
    }
  }

  /// Mean and size of every error by the formula: bins of the product, terms of each output, bounds of its variance; no error
  /// without inputs.
  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func sumsFollowTheLaw(seed: UInt64) {
    let (windows, columns, stride, meanStride, unit) = (6, 5, 8, 7, 1.0 / 32)
    var random = KeyedRandom(seed: seed, stage: "tests.law")
    func draw(_ count: Int, _ range: ClosedRange<Double>) -> [Float] {
      (0..<count).map { _ in Float(Double.random(in: range, using: &random)) }
    }
    let high = draw(windows * stride, -300...300).map { Int32($0) }
    let low = draw(windows * stride, -64...64).map { Int32($0) }
    let (means, shared) = (draw(windows * meanStride, -40...40), draw(windows, -9...9))
    let variances = draw(windows, 1e4...1e6)
    let activity: [Int32] = [120, 3, 900, 0, 45, 7]
    let bins = Int(TESSERA_SURROGATE_BINS)
    let (binMeans, binDeviations) = (draw(bins, -20...20), draw(bins, 0.5...2))
    let scales: [Double] = [1, 1e-3, 1e-3, 1e-6, 0.05, 1e-5]
    func terms(_ factor: Double) -> [Float] {
      scales.flatMap { draw(columns, -factor * $0...factor * $0) }
    }
    let (outputMeans, outputVariances) = (terms(20), terms(3))
    /// The kernel's sums where a share of every error is common to the image.
    func sums(image: Float) -> [Int32] {
      var sums = [Int32](repeating: 0, count: windows * columns)
      NormalQuantiles.values.withUnsafeBufferPointer { normals in
        binMeans.withUnsafeBufferPointer { binMeans in
          binDeviations.withUnsafeBufferPointer { binDeviations in
            outputMeans.withUnsafeBufferPointer { outputMeans in
              outputVariances.withUnsafeBufferPointer { outputVariances in
                var layer = tessera_surrogate_layer(
                  columns: Int32(columns), unit: Float(unit), bin_low: -500, bins_per_product: 0.03,
                  bin_means: binMeans.baseAddress, bin_deviations: binDeviations.baseAddress, own: 0,
                  blocks: (0, 0, 0), image: image, window: 0, width: 3,
                  output_means: outputMeans.baseAddress,
                  output_variances: outputVariances.baseAddress, normals: normals.baseAddress, noise_key: 5)
                tessera_surrogate(
                  &layer, high, low, Int64(stride), means, Int64(meanStride), shared, variances, activity,
                  Int32(windows), &sums)
              }
            }
          }
        }
      }
      return sums
    }
    // What an image has in common, by output: of sums that have no other error.
    let common = Self.noise(width: 1, height: 1, columns: columns, own: 0, image: 1, key: 5)[0].map(
      Double.init)
    let (alone, noisy) = (sums(image: 0), sums(image: 1))
    for window in 0..<windows {
      for column in 0..<columns {
        let place = window * stride + column
        let product = (128 * Double(high[place]) + Double(low[place])) * unit
        let active = Double(activity[window])
        let mean = Double(means[window * meanStride + column]) + Double(shared[window])
        func surface(_ terms: [Float]) -> Double {
          let basis = [1, product, active, product * product, mean, mean * product]
          return basis.indices.reduce(0) { $0 + Double(terms[$1 * columns + column]) * basis[$1] }
        }
        let bin = Int(min(max(0, (product + 500) * 0.03), Double(bins - 1)))
        let present = active > 0 ? 1.0 : 0
        let error = present * (mean + Double(binMeans[bin]) + surface(outputMeans))
        let more = min(max(1 + surface(outputVariances), 0.25), 4)
        let size =
          present * Double(variances[window]).squareRoot() * more.squareRoot() * Double(binDeviations[bin])
        #expect(abs(Double(alone[window * columns + column]) - product - error) < 0.6)
        // The common part is known to a thousandth.
        let noise = Double(noisy[window * columns + column]) - Double(alone[window * columns + column])
        #expect(abs(noise - size * common[column]) < 1.2 + 0.0006 * size)
      }
    }
  }

  /// What windows share: all of an image, those of a block, or none; variances add up.
  @Test func noiseIsSharedByWindows() {
    let (width, height, columns) = (11, 9, 4000)
    func draw(_ own: Float, _ blocks: ErrorShares.Blocks, _ image: Float, _ window: Float = 0) -> [[Float]] {
      Self.noise(
        width: width, height: height, columns: columns, own: own, blocks: blocks, image: image, window: window
      )
    }
    let shared = draw(0, (0, 0, 0), 1)
    #expect(shared.allSatisfy { $0 == shared[0] })
    for size in 0..<3 {
      var blocks: ErrorShares.Blocks = (0, 0, 0)
      if size == 0 { blocks.0 = 1 } else if size == 1 { blocks.1 = 1 } else { blocks.2 = 1 }
      let found = draw(0, blocks, 0)
      let side = 2 << size
      for window in found.indices {
        let (x, y) = (window % width, window / width)
        #expect(found[window] == found[y / side * side * width + x / side * side])
      }
      let corners = ((width + side - 1) / side) * ((height + side - 1) / side)
      #expect(Set(found).count == corners, "blocks of \(side)")
    }
    // Any shape: a single row of windows that has no end.
    let row = Self.noise(width: 70_000, height: 1, columns: 1, own: 0, blocks: (0, 0, 1))
    #expect(row.indices.allSatisfy { row[$0] == row[$0 / 8 * 8] } && Set(row).count > 2000)
    let together = draw(0, (0, 0, 0), 0, 1)
    #expect(together.allSatisfy { $0 == [Float](repeating: $0[0], count: columns) })
    #expect(Set(together.map { $0[0] }).count > width * height - 8)
    let mixed = draw(0.6, (0.48, 0.36, 0.2), 0.49)
    func product(_ one: Int, _ other: Int) -> Double {
      zip(mixed[one], mixed[other]).reduce(0) { $0 + Double($1.0 * $1.1) } / Double(columns)
    }
    let error = 5 * (2 / Double(columns)).squareRoot()
    let image = 0.49 * 0.49
    #expect(abs(product(0, 0) - 1) < error)
    #expect(abs(product(0, width + 1) - (image + 0.2 * 0.2 + 0.36 * 0.36 + 0.48 * 0.48)) < error)
    #expect(abs(product(0, 3 * width + 2) - (image + 0.2 * 0.2 + 0.36 * 0.36)) < error)
    #expect(abs(product(0, 7 * width + 5) - (image + 0.2 * 0.2)) < error)
    #expect(abs(product(0, width * height - 1) - image) < error)
  }

  /// The parts that the noise is drawn from are found in it; in small images none of large blocks.
  @Test func sharesAreFound() {
    func found(_ width: Int, _ height: Int, _ blocks: ErrorShares.Blocks, _ image: Float, _ window: Float)
      -> ErrorShares
    {
      let common =
        blocks.0 * blocks.0 + blocks.1 * blocks.1 + blocks.2 * blocks.2 + image * image + window * window
      let columns = 300
      let images = (0..<6).map { index in
        Self.noise(
          width: width, height: height, columns: columns, own: (1 - common).squareRoot(), blocks: blocks,
          image: image, window: window, key: UInt64(1000 + index)
        ).flatMap { $0 }
      }
      return ErrorShares(images, columns: columns, width: width)
    }
    /// Variances, within what so few blocks and outputs leave open.
    func alike(_ found: Float, _ wanted: Float, _ tolerance: Float = 0.01) -> Bool {
      abs(found * found - wanted * wanted) < tolerance
    }
    let none = found(16, 16, (0, 0, 0), 0, 0)
    let large = found(32, 32, (0.4, 0.3, 0.35), 0.3, 0.25)
    #expect(
      alike(large.blocks.0, 0.4) && alike(large.blocks.1, 0.3) && alike(large.blocks.2, 0.35), "\(large)")
    #expect(alike(large.image, 0.3) && alike(large.window, 0.25))
    let small = found(4, 4, (0.5, 0, 0), 0.4, 0)
    #expect(small.blocks.1 == 0 && small.blocks.2 == 0)
    #expect(alike(small.blocks.0, 0.5, 0.04) && alike(small.image, 0.4, 0.04), "\(small)")

    #expect(alike(none.own, 1))
    // One window has nothing to share with.
    let single = ErrorShares([[1, -1, 1]], columns: 3, width: 1)
    #expect(single.own == 1 && single.image == 0)
    // Whatever the parts, they make up the whole.
    let parts = large.blocks
    let sum = parts.0 * parts.0 + parts.1 * parts.1 + parts.2 * parts.2
    #expect(
      abs(sum + large.own * large.own + large.image * large.image + large.window * large.window - 1) < 1e-5)
  }

  /// Vectors are counted by read and class, and carry what all outputs share by the number of active rows itself.
  @Test func vectorsAreCounted() {
    // Three rows a read, two reads; codes 3 = 0b11 and 2 = 0b10.
    let inputs: [UInt8] = [3, 2, 0, 0, 0, 2]
    let fine: [Float] = [0, 1, 10, 100, 0, 1000, 10_000, 100_000]
    let classes: [UInt8] = [0, 0, 1, 1]
    var (vectors, squares) = ([Float](repeating: -1, count: 4), [Float](repeating: -1, count: 4))
    var (activity, shared): ([Int32], [Float]) = ([-1], [-1])
    tessera_count_vectors(inputs, 6, 1, 6, 3, classes, 2, fine, &vectors, &squares, &activity, &shared)
    // Read 0: one active row in bit 0, two in bit 1; read 1: one in bit 1.
    #expect(vectors == [1, 2, 2, 0] && squares == [1, 4, 4, 0])
    #expect(activity == [7] && shared == [1 + 2 * 10 + 2 * 1000])
  }

  /// Layers of few products are the bit-true engine's, code by code.
  @Test func smallLayersAreBitTrue() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let all = network.layers.reduce(0) { $0 + $1.multiplyAccumulates }
    let small = network.layers.indices.filter {
      network.layers[$0].multiplyAccumulates * 200 < all
    }
    #expect(small.contains(network.layers.count - 1) && small.count < network.layers.count / 2)
    var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 3)
    cells.sigmaDeviceToDevice = [0.05, 0.05, 0.05, 0.05]
    let sums = try Sums(
      network, cells, Self.array(rows: 128, adcBits: 5), ConverterErrors(sigmaThreshold: 0.4, sigmaNoise: 0.3)
    )
    for layer in network.layers.indices {
      #expect((sums.chips[0][layer] == sums.fast[layer]) == small.contains(layer), "layer \(layer)")
    }
  }

  /// Frozen errors are those of the same cells: sums are nearer to the bit-true engine's than those of another chip.
  ///
  /// What is left is the rounding of each conversion to whole levels, 0.29 levels at random beside 0.3 of each cell: with
  /// some fifty active rows about a fifth.
  @Test func frozenErrorsAreTheChips() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 3)
    cells.sigmaDeviceToDevice = [0.1, 0.1, 0.1, 0.1]
    let sums = try Sums(network, cells, Self.array(rows: 128, adcBits: 10), .none)
    for layer in network.layers.indices {
      let (same, other) = (
        sums.difference(sums.chips[0], sums.fast, layer), sums.difference(sums.chips[0], sums.chips[1], layer)
      )
      #expect(same < 0.4 * other, "layer \(layer): \(same) against \(other)")
    }
  }

  /// The deviation of a reference column, which all outputs share, is in the products, not in the noise: what is left is
  /// the rounding of conversions, where independent noise of its size would make as much as another chip.
  @Test func referenceColumnsAreTheChips() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let sums = try Sums(
      network, CellArrayModel(idealWithBits: 2, onOffRatio: 3), Self.array(rows: 128, adcBits: 10),
      ConverterErrors(sigmaReference: 0.1))
    for layer in network.layers.indices {
      let same = sums.difference(sums.chips[0], sums.fast, layer)
      let other = sums.difference(sums.chips[0], sums.chips[1], layer)
      #expect(same < 0.65 * other, "layer \(layer): \(same) against \(other)")
    }
  }

  /// Coarse converters with offsets and noise: on images it has not seen, the surrogate's errors have the mean and the
  /// size of the bit-true ones.
  @Test func errorsHaveTheirMeanAndSize() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 3)
    cells.sigmaDeviceToDevice = [0.01, 0.01, 0.01, 0.01]
    let sums = try Sums(
      network, cells, Self.array(rows: 64, adcBits: 5), ConverterErrors(sigmaThreshold: 0.4, sigmaNoise: 0.3))
    for layer in network.layers.indices {
      let (bitTrue, fast) = (sums.errors(sums.chips[0], layer), sums.errors(sums.fast, layer))
      let (one, other) = (moments(bitTrue), moments(fast))
      let size = one.variance.squareRoot()
      // The last layer has but ten sums; the sixteen windows of the deepest have much in common.
      guard bitTrue.count > 1000 else { continue }
      let common = bitTrue.count > 10_000 ? 0.1 : 0.35
      #expect(abs(one.mean - other.mean) < common * size, "layer \(layer)")
      let ratio = other.variance.squareRoot() / size
      #expect(abs(ratio - 1) < 0.08, "layer \(layer): \(ratio)")
    }
  }

  /// What all outputs of a window have in common is known by the number of active rows itself: window by window, the mean
  /// error over the outputs is the bit-true one's.
  @Test func outputsShareTheirErrors() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let sums = try Sums(
      network, CellArrayModel(idealWithBits: 2, onOffRatio: 3), Self.array(rows: 128, adcBits: 5), .none)
    for (layer, shape) in network.layers.enumerated() where shape.windows > 60 {
      func shared(_ found: [[Int32]]) -> [Double] {
        let errors = sums.errors(found, layer)
        return (0..<shape.windows).map { window in
          errors[window * shape.columns..<(window + 1) * shape.columns].reduce(0, +) / Double(shape.columns)
        }
      }
      let (one, other) = (shared(sums.chips[0]), shared(sums.fast))
      let (first, second) = (moments(one), moments(other))
      let product = zip(one, other).reduce(0) { $0 + ($1.0 - first.mean) * ($1.1 - second.mean) }
      let correlation = product / Double(one.count) / (first.variance * second.variance).squareRoot()
      // Nine tenths and more; what outputs share in the smallest layers is little beside the rest, and of few windows.
      #expect(correlation > (shape.windows > 100 ? 0.9 : 0.65), "layer \(layer): \(correlation)")
    }
  }

  /// The result does not depend on the number of threads.
  @Test(arguments: [AccuracyResult.Fidelity.fast, .bitTrue])
  func threadsLeaveNoTrace(fidelity: AccuracyResult.Fidelity) throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    var cells = CellArrayModel(idealWithBits: 2)
    cells.sigmaDeviceToDevice = [0.04, 0.04, 0.04, 0.04]
    let outcomes = try [1, 2, 3].map { threads in
      try AccuracyRun(
        network: network, images: try ProbeImages.draw(count: 4, seed: 7),
        calibration: try ProbeImages.draw(count: 3, seed: 7, first: 100), cells: cells,
        array: Self.array(rows: 128, adcBits: 6),
        converterErrors: ConverterErrors(sigmaThreshold: 0.5, sigmaNoise: 0.2),
        remedies: Remedies(correctsOffsets: true), fidelity: fidelity, learningImages: 3, chips: 2,
        imagesPerChip: 2, seed: 1, threads: threads
      ).run()
    }
    #expect(Set(outcomes.map(\.answers)).count == 1)
    #expect(Set(outcomes.map(\.identicalOutputs)).count == 1)
    #expect(Set(outcomes.map(\.result.sumErrors)).count == 1)
    #expect(outcomes[0].result.sumErrors.contains { $0.value > 0 })
  }
}

/// Sums of two bit-true chips and of the first one's surrogate on the same inputs, those of the integer network.
private struct Sums {
  let chips: [[[Int32]]]
  let fast: [[Int32]]
  private let exact: [[Int32]]

  init(
    _ network: QuantizedNetwork, _ cells: CellArrayModel, _ array: ArrayConfiguration,
    _ errors: ConverterErrors
  ) throws {
    let executor = try NetworkExecutor(network, normalization: .cifar10)
    let slicing = WeightSlicing(bitsPerCell: cells.bitsPerCell, scheme: array.signScheme)
    let calibration = try ProbeImages.draw(
      count: AccuracyRun.usualLearningImages, seed: 5, first: 1000)
    let steps = try RangeCalibration.steps(
      executor: executor, cells: cells, slicing: slicing, array: array, converter: errors,
      images: calibration,
      threads: 2)
    let engines = [0, 1].map { chip in
      RowParallelEngine(
        network, programmer: CellProgrammer(cells: cells, slicing: slicing, seed: 3, chip: chip),
        array: array,
        errors: errors, steps: steps, threads: 2)
    }
    let surrogate = SurrogateEngine(
      engines[0], executor: executor, images: calibration, count: calibration.count, threads: 2)
    let image = try ProbeImages.draw(count: 1, seed: 9)
    let integer = IntegerEngine(network)
    let workspace = Workspace(network)
    var found = [[[Int32]]](repeating: [], count: 4)
    func sums(_ engine: some MatrixEngine, _ layer: Int, _ inputs: UnsafeBufferPointer<UInt8>, _ stride: Int)
      -> [Int32]
    {
      let width = engine.sumStride(ofLayer: layer)
      var sums = [Int32](repeating: 0, count: inputs.count / stride * width)
      sums.withUnsafeMutableBufferPointer {
        engine.multiply(layer: layer, inputs: inputs, inputStride: stride, item: 77, sums: $0)
      }
      let columns = network.layers[layer].columns
      return (0..<inputs.count / stride).flatMap { sums[$0 * width..<$0 * width + columns] }
    }
    _ = executor.run(image.image(0), engine: integer, item: 0, workspace: workspace) {
      layer, inputs, stride, _ in
      found[0].append(sums(engines[0], layer, inputs, stride))
      found[1].append(sums(engines[1], layer, inputs, stride))
      found[2].append(sums(surrogate, layer, inputs, stride))
      found[3].append(sums(integer, layer, inputs, stride))
    }
    chips = [found[0], found[1]]
    fast = found[2]
    exact = found[3]
  }

  /// Errors of one layer.
  func errors(_ sums: [[Int32]], _ layer: Int) -> [Double] {
    zip(sums[layer], exact[layer]).map { Double($0 - $1) }
  }

  /// Root mean square of the difference on one layer.
  func difference(_ one: [[Int32]], _ other: [[Int32]], _ layer: Int) -> Double {
    let squares = zip(one[layer], other[layer]).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    return (squares / Double(one[layer].count)).squareRoot()
  }
}
