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
      // The last layer has but ten sums.
      guard bitTrue.count > 1000 else { continue }
      #expect(abs(one.mean - other.mean) < 0.3 * size, "layer \(layer)")
      #expect(abs(other.variance.squareRoot() / size - 1) < 0.3, "layer \(layer)")
    }
  }

  /// The result does not depend on the number of threads.
  @Test func threadsLeaveNoTrace() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    var cells = CellArrayModel(idealWithBits: 2)
    cells.sigmaDeviceToDevice = [0.04, 0.04, 0.04, 0.04]
    let outcomes = try [1, 2, 3].map { threads in
      try AccuracyRun(
        network: network, images: try ProbeImages.draw(count: 4, seed: 7),
        calibration: try ProbeImages.draw(count: 3, seed: 7, first: 100), cells: cells,
        array: Self.array(rows: 128, adcBits: 6), converterErrors: ConverterErrors(sigmaThreshold: 0.5),
        remedies: Remedies(correctsOffsets: true), fidelity: .fast, learningImages: 3, chips: 2,
        imagesPerChip: 2,
        seed: 1, threads: threads
      ).run()
    }
    #expect(Set(outcomes.map(\.answers)).count == 1)
    #expect(Set(outcomes.map(\.identicalOutputs)).count == 1)
    #expect(Set(outcomes.map(\.result.sumErrors)).count == 1)
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
    let calibration = try ProbeImages.draw(count: 6, seed: 5, first: 1000)
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
    let surrogate = SurrogateEngine(engines[0], executor: executor, images: calibration, count: 6, threads: 2)
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
