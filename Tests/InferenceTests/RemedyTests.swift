import Foundation
import Inference
import Models
import Testing

/// What is done about errors does what it says.
@Suite struct RemedyTests {
  private static let schemes: [ArrayConfiguration.SignScheme] = [.offset, .differential]

  /// Symbols add up to the weight whatever the slices; slices of fewer bits use the outermost levels.
  @Test(arguments: schemes, [(1, 0), (2, 0), (2, 1), (2, 2), (2, 3), (2, 5), (2, 8)])
  func slicesHoldEveryWeight(scheme: ArrayConfiguration.SignScheme, setting: (bits: Int, single: Int)) {
    let slicing = WeightSlicing(bitsPerCell: setting.bits, scheme: scheme, singleBits: setting.single)
    let used = scheme == .offset ? 8 : 7
    let single = min(setting.single, used)
    let shared = (used - single + setting.bits - 1) / setting.bits
    #expect(slicing.count == (shared + single) * (scheme == .offset ? 1 : 2))
    for weight in (scheme == .offset ? -128 : -127)...127 {
      let value = slicing.sliceWeights.indices.reduce(-Int(slicing.offset)) {
        $0 + slicing.symbol(Int8(weight), slice: $1) * Int(slicing.sliceWeights[$1])
      }
      #expect(value == weight)
    }
  }

  /// With ideal cells, slices of fewer bits change nothing, in either read mode.
  @Test(arguments: [ArrayConfiguration.ReadMode.rowSequential, .rowParallel], [1, 2, 3, 8])
  func idealSlicesAreExact(mode: ArrayConfiguration.ReadMode, single: Int) throws {
    for scheme in Self.schemes {
      let random = RandomNetwork.everything(seed: 31, lowestWeight: -127)
      let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
      let array = ExactnessTests.array(mode, rows: 60, perRead: 20, scheme)
      let run = AccuracyRun(
        network: network, images: try random.images(), cells: CellArrayModel(idealWithBits: 2, onOffRatio: 3),
        array: array, remedies: Remedies(singleBitSlices: single), normalization: RandomNetwork.normalization,
        chips: 1, imagesPerChip: 1, seed: 1)
      #expect(try run.run().identicalOutputs == 1)
    }
  }

  /// A cell with its own outermost levels is misread only past the middle: a spread that confuses four levels does not
  /// confuse two.
  @Test func lonelyBitsAreReadAtTheMiddle() {
    let layer = SingleLayer(rows: 1, columns: 4000) { _, column in column % 2 == 0 ? -128 : 64 }
    var cells = CellArrayModel(idealWithBits: 2)
    cells.sigmaDeviceToDevice = [0.12, 0.12, 0.12, 0.12]
    let array = ExactnessTests.array(.rowSequential, rows: 128, .offset)
    func wrong(_ single: Int) -> Int {
      let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset, singleBits: single)
      let engine = RowSequentialEngine(
        layer.network, programmer: CellProgrammer(cells: cells, slicing: slicing, seed: 1, chip: 0),
        array: array,
        threads: 1)
      let sums = layer.sums(engine, [1])
      // The two highest bits: 00 for -128, 11 for 64.
      return sums.enumerated().count { ($1 + 128) / 64 != ($0 % 2 == 0 ? 0 : 3) }
    }
    // One in twelve beyond a sixth of the range, one in 65,000 beyond a half.
    let tail = 1 - Math.normalCDF(1.0 / 6 / 0.12)
    #expect(abs(Double(wrong(0)) - 4000 * tail) < 5 * (4000 * tail).squareRoot())
    #expect(wrong(2) <= 2)
  }

  /// Moved boundaries lie where fewest cells are misread, where the levels are now: for two normal levels where their
  /// densities cross.
  @Test func boundariesFollowTheLevels() {
    var cells = CellArrayModel(idealWithBits: 1, onOffRatio: 5)
    cells.sigmaDeviceToDevice = [0.02, 0.06]
    cells.driftMean = [0.9, 0.8]
    cells.shiftQuantiles = [[[0.1, 0.1], [-0.05, -0.05]]]
    cells.thresholds[0].offsetSigma = 0.1
    let moved = cells.withRecentredReferences
    let trimmed = cells.withTrimmedOffsets(bits: 4)
    // Off-state 0.25: (0.35 x 0.9 - 0.25, 1.2 x 0.8 - 0.25) with 0.018 and 0.048.
    let (below, above) = (0.018 * 0.018 + 0.01, 0.048 * 0.048 + 0.01)
    func density(_ distance: Double, _ variance: Double) -> Double {
      Foundation.exp(-distance * distance / 2 / variance) / variance.squareRoot()
    }
    func densities(_ place: Double) -> Double { density(place - 0.065, below) - density(place - 0.71, above) }
    // The places tried are 0.0025 apart.
    #expect(densities(moved.thresholds[0].position - 0.0013) > 0)
    #expect(densities(moved.thresholds[0].position + 0.0013) < 0)
    #expect(moved.thresholds[0].offsetSigma == 0.1)
    #expect(trimmed.thresholds[0].position == 0.5)
    // A step of 6 sigma / 16, evenly rounded.
    #expect(abs(trimmed.thresholds[0].offsetSigma - 0.6 / 16 / 12.0.squareRoot()) < 1e-12)
    #expect(
      abs(ConverterErrors(sigmaThreshold: 2).trimmed(bits: 5).sigmaThreshold - 12.0 / 32 / 12.0.squareRoot())
        < 1e-12)
  }

  /// Between bounded levels that do not meet, the boundary goes to the middle of the gap; a drop along the bitline narrows
  /// the gap evenly; nothing changes for levels without scatter.
  @Test func boundariesKeepToGaps() {
    var cells = CellArrayModel(idealWithBits: 1, onOffRatio: 5)
    #expect(abs(cells.withRecentredReferences.thresholds[0].position - 0.5) < 1e-9)
    cells.positionQuantiles = [[0, 0.1, 0.3], [0.8, 1, 1.1]]
    #expect(abs(cells.withRecentredReferences.thresholds[0].position - 0.55) < 0.005)
    cells.thresholds[0].rowShift = 0.2
    #expect(abs(cells.withRecentredReferences.thresholds[0].position - 0.55) < 0.005)
    // One in a hundred of the lower level overlaps the upper one: nothing is gained by following it.
    cells.positionQuantiles[0] = (0...100).map { $0 < 100 ? 0.3 * Double($0) / 99 : 1.5 }
    let position = cells.withRecentredReferences.thresholds[0].position
    #expect(position > 0.3 && position < 0.8)
  }

  /// Offsets that every image shares are measured and taken away.
  @Test func commonOffsetsAreCorrected() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let executor = try NetworkExecutor(network, normalization: .cifar10)
    let images = try ProbeImages.draw(count: 3, seed: 2)
    let exact = IntegerEngine(network)
    let offsets = network.layers.map { layer in (0..<layer.columns).map { Int32($0 % 7) - 3 } }
    // Taking an offset away makes an error of its negative.
    let shifted = OffsetCorrectedEngine(base: exact, offsets: offsets)
    let errors = SumErrors(
      executor: executor, engine: shifted, exact: exact, images: images, range: 0..<3, threads: 2)
    #expect(errors.offsets == offsets.map { $0.map { -$0 } })
    #expect(errors.relative.allSatisfy { $0 > 0 && $0 < 0.1 })
    let corrected = OffsetCorrectedEngine(base: shifted, offsets: errors.offsets)
    let workspace = Workspace(network)
    for index in 0..<images.count {
      let right = executor.run(images.image(index), engine: exact, item: 0, workspace: workspace)
      #expect(executor.run(images.image(index), engine: corrected, item: 0, workspace: workspace) == right)
    }
  }

  /// Offsets that are the same in every image stay, those that are chance go to their common mean.
  @Test func offsetsAreShrunkByChance() {
    #expect(SumErrors.shrunk([[1, 2, 6], [1, 2, 6]]) == [1, 2, 6])
    #expect(SumErrors.shrunk([[4, 5]]) == [4, 5])
    // Means 2, 3, 4 of two images: their variance 1 equals what a scatter of 2 makes of two images, nothing is left.
    let scatter = 1.0
    let noisy = SumErrors.shrunk([
      [2 + scatter, 3 + scatter, 4 + scatter], [2 - scatter, 3 - scatter, 4 - scatter],
    ])
    #expect(noisy.allSatisfy { abs($0 - 3) < 1e-12 })
    // Half the scatter: a quarter of the variance is chance, three quarters of the differences are kept.
    let half = SumErrors.shrunk([[2.5, 3.5, 4.5], [1.5, 2.5, 3.5]])
    #expect(zip(half, [2.25, 3, 3.75]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  /// A range over every sum is that of all rows at the highest level.
  @Test func theFullRangeSpansEverySum() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let executor = try NetworkExecutor(network, normalization: .cifar10)
    let array = ArrayConfiguration(
      rows: 128, columns: 128, readMode: .rowParallel, rowsPerRead: 64, adcBits: 5, columnsPerSense: 8,
      signScheme: .offset)
    let steps = try RangeCalibration.steps(
      executor: executor, cells: CellArrayModel(idealWithBits: 2),
      slicing: WeightSlicing(bitsPerCell: 2, scheme: .offset), array: array, converter: .none,
      calibrates: false,
      images: nil, threads: 1)
    #expect(steps.allSatisfy { $0 == ConverterStep(requested: 64.0 * 3 / 31, maximum: 31) })
  }
}
