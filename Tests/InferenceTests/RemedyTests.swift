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

  /// What every image shares is measured and taken away: constants, and multiples of the sum of the inputs.
  @Test func commonErrorsAreCorrected() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let executor = try NetworkExecutor(network, normalization: .cifar10)
    let images = try ProbeImages.draw(count: 3, seed: 2)
    let exact = IntegerEngine(network)
    // Taking a correction away makes an error of its negative.
    let wrong = network.layers.map { layer in
      ColumnCorrection.Law(
        centre: 0, constants: (0..<layer.columns).map { Double($0 % 7) - 3 },
        slopes: (0..<layer.columns).map { Double($0 % 3) / 64 })
    }
    let shifted = CorrectedEngine(base: exact, correction: ColumnCorrection(laws: wrong))
    let errors = SumErrors(
      executor: executor, engine: shifted, exact: exact, images: images, range: 0..<3, threads: 2)
    #expect(errors.relative.allSatisfy { $0 > 0 && $0 < 0.5 })
    let correction = ColumnCorrection(
      executor: executor, engine: shifted, exact: exact, images: images, range: 0..<3, threads: 2)
    for (law, wrong) in zip(correction.laws, wrong) {
      for column in law.constants.indices {
        // Errors are whole numbers: each is off by up to a half; slopes of three windows are shrunk by what that makes.
        let (constant, slope) = (-wrong.constants[column], -wrong.slopes[column])
        #expect(abs(law.constants[column] - constant - slope * law.centre) < 0.6)
        #expect(abs(law.slopes[column] - slope) * law.centre < 0.5 + 0.05 * abs(slope) * law.centre)
      }
    }
    let corrected = SumErrors(
      executor: executor, engine: CorrectedEngine(base: shifted, correction: correction), exact: exact,
      images: images, range: 0..<3, threads: 2)
    #expect(zip(corrected.relative, errors.relative).allSatisfy { $0 < 0.05 * $1 })
  }

  /// The groups of a convolution, a layer each, are corrected as any layer.
  @Test(arguments: 0..<4) func groupsAreCorrected(seed: UInt64) throws {
    let random = RandomNetwork.grouped(seed: seed)
    let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
    let executor = try NetworkExecutor(network, normalization: RandomNetwork.normalization)
    let exact = IntegerEngine(network)
    let wrong = network.layers.indices.map { layer in
      ColumnCorrection.Law(
        centre: 0,
        constants: [Double](repeating: Double(10 + layer), count: network.layers[layer].columns),
        slopes: [Double](repeating: 0, count: network.layers[layer].columns))
    }
    let correction = ColumnCorrection(
      executor: executor, engine: CorrectedEngine(base: exact, correction: ColumnCorrection(laws: wrong)),
      exact: exact, images: try random.images(), range: 0..<1, threads: 2)
    // All columns of a layer are wrong alike, which one image is enough for.
    for (layer, law) in correction.laws.enumerated() {
      #expect(law.constants.allSatisfy { $0 == -Double(10 + layer) }, "layer \(layer): \(law.constants)")
    }
  }

  /// Where one layer is on crossbars alone, the exact ones are left as they are.
  @Test func exactLayersAreNotCorrected() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let outcome = try AccuracyRun(
      network: network, images: try ProbeImages.draw(count: 2, seed: 7),
      calibration: try ProbeImages.draw(count: 5, seed: 7, first: 100),
      cells: CellArrayModel(idealWithBits: 2),
      array: ArrayConfiguration(
        rows: 128, columns: 128, readMode: .rowParallel, rowsPerRead: 128, adcBits: 5, columnsPerSense: 8,
        signScheme: .offset),
      remedies: Remedies(correctsOffsets: true), layers: [2], learningImages: 5, chips: 1, imagesPerChip: 2,
      seed: 1, threads: 2
    ).run()
    let errors = outcome.result.sumErrors.map(\.value)
    #expect(
      errors.count == network.layers.count && errors.indices.allSatisfy { (errors[$0] > 0) == ($0 == 2) },
      "\(errors)")
  }

  /// Coefficients that are the same in every image stay, those that are chance go to their common mean, and that to 0.
  @Test func correctionsAreShrunkByChance() {
    func coefficients(_ values: [Double], _ influences: [[Double]]) -> [ColumnCorrection.Coefficient] {
      zip(values, influences).map { ColumnCorrection.Coefficient(value: $0, influences: $1) }
    }
    let certain = ColumnCorrection.shrunk(coefficients([1, 2, 6], [[0, 0], [0, 0], [0, 0]]))
    #expect(zip(certain, [1, 2, 6]).allSatisfy { abs($0 - $1) < 1e-12 })
    // Values 2, 3, 4 of variance 1; two images that each move a value by a half have a variance by chance of 1.
    let (up, down) = ([0.5, -0.5], [-0.5, 0.5])
    let noisy = ColumnCorrection.shrunk(coefficients([2, 3, 4], [up, down, [0.5, -0.5]]))
    // What all share is moved by a sixth by each image: a variance of 1/9 beside a square of 9. Apart from that the three
    // columns have variances of 4/9, 16/9 and 4/9 over two degrees of freedom: more than their spread, nothing is left.
    #expect(noisy.allSatisfy { abs($0 - 3 * (1 - 1.0 / 81)) < 1e-12 })
    // What moves all columns alike says nothing against their differences.
    let alike = ColumnCorrection.shrunk(coefficients([2, 3, 4], [up, up, up]))
    #expect(zip(alike, [-1.0, 0, 1]).allSatisfy { abs($0 - (3 * (1 - 1.0 / 9) + $1)) < 1e-12 })
    // Two columns against each other, a third that is sure: a quarter of the differences is chance.
    let half = ColumnCorrection.shrunk(coefficients([2, 3, 4], [[0.25, -0.25], [-0.25, 0.25], [0, 0]]))
    #expect(zip(half, [2.25, 3, 3.75]).allSatisfy { abs($0 - $1) < 1e-12 })
    // Of one image only the mean is left.
    #expect(ColumnCorrection.shrunk(coefficients([1, 2, 6], [[0], [0], [0]])) == [3, 3, 3])
  }

  /// A few windows whose converters clip do not move the correction of the others: noisy errors, and errors that are the
  /// same but for them.
  @Test(arguments: [true, false])
  func clippedWindowsAreLeftOut(isNoisy: Bool) {
    let slope = isNoisy ? 0.5 : 0
    let images = (0..<4).map { image in
      var observation = ColumnCorrection.Observation(columns: 2)
      for window in 0..<50 {
        let activity = 100 + Double(window)
        let jitter = isNoisy ? Double((window * 7 + image * 3) % 5) - 2 : 0
        observation.add(activity: activity) { column in
          // Another window and another height in each column.
          image == column && window >= 40
            ? -1e6 / Double(column + 1) : 20 + slope * (activity - 124.5) + jitter
        }
      }
      return observation
    }
    let law = ColumnCorrection.law(images, threads: 2)
    #expect(abs(law.centre - 124.5) < 1e-9)
    for column in 0..<2 {
      #expect(abs(law.constants[column] - 20) < 0.5)
      #expect(abs(law.slopes[column] - slope) < 0.02)
    }
  }

  /// Where most windows are quiet, the few busy ones still make the slope.
  @Test func busyWindowsMakeTheSlope() {
    let images = (0..<5).map { image in
      var observation = ColumnCorrection.Observation(columns: 1)
      for window in 0..<100 {
        let activity = window < 80 ? Double(window % 7) : Double(100 * (window - 79))
        let jitter = Double((window * 7 + image * 3) % 5) - 2
        observation.add(activity: activity) { _ in -0.25 * activity + jitter }
      }
      return observation
    }
    let law = ColumnCorrection.law(images, threads: 1)
    #expect(abs(law.slopes[0] + 0.25) < 0.01)
    #expect(abs(law.constants[0] + 0.25 * law.centre) < 2)
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
