import Inference
import Models
import Testing

/// Errors against their closed forms.
@Suite struct CellErrorTests {
  static func array(_ mode: ArrayConfiguration.ReadMode, rows: Int = 128, adcBits: Int = 16)
    -> ArrayConfiguration
  {
    ArrayConfiguration(
      rows: rows, columns: 128, readMode: mode, rowsPerRead: rows, adcBits: adcBits, columnsPerSense: 1,
      signScheme: .offset)
  }

  private func sequential(
    _ layer: SingleLayer, _ cells: CellArrayModel, chip: Int = 0, singleBits: Int = 0
  ) -> RowSequentialEngine {
    RowSequentialEngine(
      layer.network, programmer: programmer(cells, chip: chip, singleBits: singleBits),
      array: Self.array(.rowSequential), threads: 2)
  }

  /// Sum of 4^(bits s) over the slices.
  private func squaredSliceWeights(_ slices: Int, bits: Int = 1) -> Double {
    (0..<slices).reduce(0.0) { $0 + Double(1 << (2 * bits * $1)) }
  }

  private func programmer(_ cells: CellArrayModel, chip: Int = 0, singleBits: Int = 0) -> CellProgrammer {
    CellProgrammer(
      cells: cells,
      slicing: WeightSlicing(bitsPerCell: cells.bitsPerCell, scheme: .offset, singleBits: singleBits),
      seed: 5,
      chip: chip)
  }

  private func parallel(
    _ layer: SingleLayer, _ cells: CellArrayModel, errors: ConverterErrors = .none,
    step: ConverterStep? = nil,
    chip: Int = 0
  ) -> RowParallelEngine {
    RowParallelEngine(
      layer.network, programmer: programmer(cells, chip: chip), array: Self.array(.rowParallel),
      errors: errors,
      steps: [step ?? ConverterStep(requested: 1, maximum: 128 * (cells.levels - 1))], threads: 2)
  }

  /// A one-bit cell misprogrammed past the boundary: probability Q(0.5 / sigma) for each of two levels.
  @Test(arguments: [0.2, 0.25, 0.3]) func frozenSymbolErrorsHaveTheNormalTail(sigma: Double) {
    let layer = SingleLayer(rows: 256, columns: 256) { row, column in
      Int8(truncatingIfNeeded: row &* 31 ^ column)
    }
    var cells = CellArrayModel(idealWithBits: 1)
    cells.sigmaDeviceToDevice = [sigma, sigma]
    let engine = sequential(layer, cells)
    var wrong = 0
    for row in stride(from: 0, to: 256, by: 8) {
      // One active row at a time: the sum is the weight as it is read.
      var inputs = [UInt8](repeating: 0, count: 256)
      inputs[row] = 1
      for (column, sum) in layer.sums(engine, inputs).enumerated() {
        let weight = Int(layer.network.layers[0].weights[column * 256 + row])
        wrong += ((sum + 128) ^ (weight + 128)).nonzeroBitCount
      }
    }
    let trials = 32.0 * 256 * 8
    let probability = 1 - Math.normalCDF(0.5 / sigma)
    let deviation = (trials * probability * (1 - probability)).squareRoot()
    #expect(abs(Double(wrong) - trials * probability) < 5 * deviation)
  }

  /// Offsets of sense chains are shared by all rows of a tile and differ between columns.
  @Test func senseOffsetsAreFrozenPerColumn() {
    let layer = SingleLayer(rows: 128, columns: 64) { _, _ in 0 }
    var cells = CellArrayModel(idealWithBits: 1)
    cells.thresholds = [CellLibrary.Threshold(position: 0.5, offsetSigma: 0.5, noiseSigma: 0)]
    let engine = sequential(layer, cells)
    var first = [UInt8](repeating: 0, count: 128)
    var second = first
    first[0] = 1
    second[77] = 1
    let a = layer.sums(engine, first)
    #expect(a == layer.sums(engine, second))
    #expect(Set(a).count > 10)
  }

  /// A boundary that moves along the bitline misreads exactly the rows beyond the cell, in every tile, with
  /// and without noise to draw.
  @Test(arguments: [0.0, 1e-6]) func farRowsMeetAMovedBoundary(noise: Double) {
    // 127 + 128 stores a one in every slice; cells lie at 1, the boundary at 0.95 in the middle of a tile.
    let layer = SingleLayer(rows: 192, columns: 8) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: 1)
    cells.thresholds = [
      CellLibrary.Threshold(position: 0.95, offsetSigma: 0, noiseSigma: noise, rowShift: 0.4)
    ]
    let engine = sequential(layer, cells)
    for row in 0..<192 {
      var inputs = [UInt8](repeating: 0, count: 192)
      inputs[row] = 1
      // 0.95 + 0.4 ((r + 1/2) / 128 - 1/2) passes 1 between rows 79 and 80 of a tile of 128.
      let isFar = row % 128 >= 80
      #expect(layer.sums(engine, inputs).allSatisfy { $0 == (isFar ? -128 : 127) }, "row \(row)")
    }
  }

  /// Two boundaries that drops along the bitline exchange: reads whose noise is next to nothing give what those without
  /// give.
  @Test func boundariesMayBeExchanged() {
    // 42 + 128 stores the third level in every slice; it lies at 2/3.
    let layer = SingleLayer(rows: 128, columns: 4) { _, _ in 42 }
    func engine(noise: Double) -> RowSequentialEngine {
      var cells = CellArrayModel(idealWithBits: 2)
      let places: [(Double, Double)] = [(0.2, 0), (0.5, 0.5), (0.62, 0)]
      cells.thresholds = places.map {
        CellLibrary.Threshold(position: $0.0, offsetSigma: 0, noiseSigma: noise, rowShift: $0.1)
      }
      return sequential(layer, cells)
    }
    let (quiet, noisy) = (engine(noise: 0), engine(noise: 1e-6))
    var seen: Set<Int> = []
    for row in 0..<128 {
      var inputs = [UInt8](repeating: 0, count: 128)
      inputs[row] = 1
      let (right, drawn) = (layer.sums(quiet, inputs), layer.sums(noisy, inputs))
      #expect(right == drawn)
      for sum in right { seen.insert(Int(sum)) }
    }
    // Near rows pass all three boundaries, far ones the lowest and what was the highest.
    #expect(seen.sorted() == [42, 127])
  }

  /// Cells of a bit of their own are read at the middle boundary alone, and err as often as noise crosses that.
  @Test func lonelyBitsErrAtTheMiddleBoundary() {
    // 127 + 128 stores a one in every slice.
    let layer = SingleLayer(rows: 100, columns: 40) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: 2)
    let (sigma, probability) = (0.1, 0.045)
    cells.sigmaRead = [0.3, 0.3, 0.3, sigma]
    cells.thresholds = [0.1, 1 + sigma * Math.probit(probability), 1.4].map {
      CellLibrary.Threshold(position: $0, offsetSigma: 0, noiseSigma: 0)
    }
    let engine = sequential(layer, cells, singleBits: 8)
    let inputs = [UInt8](repeating: 1, count: 100)
    let sums = (0..<60).flatMap { layer.sums(engine, inputs, item: UInt64($0)) }.map { Double($0) }
    let mean: Double = 100 * (127 - probability * 255)
    let variance: Double = probability * (1 - probability) * 100 * squaredSliceWeights(8)
    let found = moments(sums)
    #expect(abs(found.mean - mean) < 5 * (variance / Double(sums.count)).squareRoot())
    #expect(abs(found.variance / variance - 1) < 0.2)
  }

  /// The one read of a row in a window is wrong independently, with its whole input code.
  ///
  /// Cells lie just so far from the boundary that noise crosses it with probability p; mean and variance of the
  /// sum follow. Rows whose input is zero are not read.
  @Test(arguments: [(0.5, 0.4), (0.5, 0.15), (0.1, 0.045), (0.05, 0.003)])
  func randomSymbolErrorsAreIndependentReads(sigma: Double, probability: Double) {
    // 127 + 128 stores a one in every slice.
    let layer = SingleLayer(rows: 100, columns: 40) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: 1)
    let boundary = 1 + sigma * Math.probit(probability)
    cells.sigmaRead = [sigma, sigma]
    cells.thresholds = [CellLibrary.Threshold(position: boundary, offsetSigma: 0, noiseSigma: 0)]
    let engine = sequential(layer, cells)
    let inputs = (0..<100).map { UInt8([0, 1, 5, 255][$0 % 4]) }
    let sums = (0..<60).flatMap { layer.sums(engine, inputs, item: UInt64($0)) }.map { Double($0) }
    // Each of the reads of 75 rows of code x and of slices s loses x 2^s with the probability.
    let codes = inputs.map { Double($0) }
    let total = codes.reduce(0, +)
    let squares = codes.reduce(0) { $0 + $1 * $1 }
    let mean: Double = total * 127 - probability * total * 255
    let variance: Double = probability * (1 - probability) * squares * squaredSliceWeights(8)
    let found = moments(sums)
    let count = Double(sums.count)
    #expect(abs(found.mean - mean) < 5 * (variance / count).squareRoot())
    // Excess kurtosis of a sum of independent errors: that of one Bernoulli draw times sum w^4 / (sum w^2)^2.
    let fourth = codes.reduce(0) { $0 + $1 * $1 * $1 * $1 } * squaredSliceWeights(8, bits: 2)
    let weights = squares * squaredSliceWeights(8)
    let single = (1 - 6 * probability * (1 - probability)) / (probability * (1 - probability))
    let kurtosis = 3 + single * fourth / (weights * weights)
    #expect(abs(found.variance / variance - 1) < 5 * ((kurtosis - 1) / count).squareRoot())
  }

  /// Every wrong read counts with the whole input code: with one active row the sum stays a multiple of it.
  @Test func oneErrorCountsWithTheWholeInputCode() {
    let layer = SingleLayer(rows: 16, columns: 64) { _, _ in 85 }
    var cells = CellArrayModel(idealWithBits: 2)
    cells.sigmaRead = [Double](repeating: 0.15, count: 4)
    let engine = sequential(layer, cells)
    var inputs = [UInt8](repeating: 0, count: 16)
    inputs[3] = 201
    let sums = (0..<40).flatMap { layer.sums(engine, inputs, item: UInt64($0)) }
    #expect(sums.allSatisfy { $0.isMultiple(of: 201) })
    #expect(Set(sums).count > 20)
    let silent = [UInt8](repeating: 0, count: 16)
    #expect(layer.sums(engine, silent).allSatisfy { $0 == 0 })
  }

  /// Every wrong symbol comes with its own probability, from likely neighbours to rare far ones.
  @Test func wrongSymbolsHaveTheirProbabilities() {
    // 85 + 128 = 0b11_01_01_01: the lowest slices store a one among four levels.
    let layer = SingleLayer(rows: 1, columns: 400) { _, _ in 85 }
    var cells = CellArrayModel(idealWithBits: 2)
    cells.sigmaRead = [0, 0.25, 0, 0]
    let engine = sequential(layer, cells)
    var counts = [Int](repeating: 0, count: 4)
    for item in 0..<100 {
      for sum in layer.sums(engine, [1], item: UInt64(item)) { counts[(sum + 128) & 3] += 1 }
    }
    for (symbol, count) in counts.enumerated() {
      let below = symbol == 0 ? 0 : Math.normalCDF(((Double(symbol) - 0.5) / 3 - 1.0 / 3) / 0.25)
      let above = symbol == 3 ? 1 : Math.normalCDF(((Double(symbol) + 0.5) / 3 - 1.0 / 3) / 0.25)
      let expected = 40_000 * (above - below)
      #expect(abs(Double(count) - expected) < 5 * (expected * (1 - expected / 40_000)).squareRoot())
    }
  }

  /// A farther boundary alone is noisy: its wrong decisions count as one, as a bubble in a thermometer code does.
  @Test(arguments: [(0, 1), (3, 2)]) func bubblesCountDecisions(level: Int, read: Int) {
    let layer = SingleLayer(rows: 1, columns: 400) { _, _ in level == 0 ? -128 : 127 }
    var cells = CellArrayModel(idealWithBits: 2)
    cells.thresholds[1].noiseSigma = 0.3
    let engine = sequential(layer, cells)
    var counts = [Int](repeating: 0, count: 4)
    for item in 0..<100 {
      for sum in layer.sums(engine, [1], item: UInt64(item)) { counts[(sum + 128) & 3] += 1 }
    }
    let expected = 40_000 * Math.normalCDF(-0.5 / 0.3)
    let wrong = Double(counts[read])
    #expect(abs(wrong - expected) < 5 * expected.squareRoot())
    #expect(counts[level] + counts[read] == 40_000)
  }

  /// Decision noise of the comparator adds to the noise of the cell in quadrature.
  @Test func decisionNoiseAddsToCellNoise() {
    let layer = SingleLayer(rows: 64, columns: 64) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: 1)
    cells.sigmaRead = [0.3, 0.3]
    cells.thresholds = [CellLibrary.Threshold(position: 0.5, offsetSigma: 0, noiseSigma: 0.4)]
    let engine = sequential(layer, cells)
    let inputs = [UInt8](repeating: 1, count: 64)
    let sums = (0..<40).flatMap { layer.sums(engine, inputs, item: UInt64($0)) }.map { Double($0) }
    // 0.3 and 0.4 make 0.5.
    let probability = 1 - Math.normalCDF(0.5 / 0.5)
    let deviation = (64 * probability * (1 - probability) * squaredSliceWeights(8)).squareRoot()
    let mean = 64.0 * 127 - probability * 64 * 255
    #expect(abs(moments(sums).mean - mean) < 5 * deviation / Double(sums.count).squareRoot())
  }

  /// The sum of n programmed conductances: variance n sigma^2 per conversion, and that of rounding to a
  /// level, 1/12.
  @Test(arguments: [1, 2]) func deviceScatterAddsUpAlongTheColumn(bits: Int) {
    let layer = SingleLayer(rows: 128, columns: 512) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: bits, onOffRatio: 2)
    cells.sigmaDeviceToDevice = [Double](repeating: 0.08, count: cells.levels)
    // Half of the rows, so that no sum reaches an end of the converter.
    let inputs = (0..<128).map { UInt8($0 % 2) }
    let sums = (0..<4).flatMap { layer.sums(parallel(layer, cells, chip: $0), inputs) }.map { Double($0) }
    let sigma = 0.08 * Double(cells.levels - 1)
    let expected = (64 * sigma * sigma + 1.0 / 12) * squaredSliceWeights(8 / bits, bits: bits)
    let found = moments(sums)
    let count = Double(sums.count)
    #expect(abs(found.variance / expected - 1) < 5 * (2 / count).squareRoot())
    #expect(abs(found.mean - 64 * 127) < 5 * (expected / count).squareRoot())
  }

  /// A spread of the whole conductance acts on the off-state part too, which the reference column cannot
  /// know: with on/off ratio 2 a cell at the highest level conducts twice its range.
  @Test func conductanceSpreadActsOnTheOffStateToo() {
    let layer = SingleLayer(rows: 128, columns: 512) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: 1, onOffRatio: 2)
    cells.sigmaConductance = 0.05
    let inputs = (0..<128).map { UInt8($0 % 2) }
    let sums = (0..<4).flatMap { layer.sums(parallel(layer, cells, chip: $0), inputs) }.map { Double($0) }
    let expected = (64 * 0.1 * 0.1 + 1.0 / 12) * squaredSliceWeights(8)
    #expect(abs(moments(sums).variance / expected - 1) < 5 * (2 / Double(sums.count)).squareRoot())
  }

  /// Errors of the reference column move all columns of an array alike: the spread is between chips.
  @Test func referenceErrorsAreCommonToTheColumns() {
    let layer = SingleLayer(rows: 128, columns: 16) { _, _ in 127 }
    let cells = CellArrayModel(idealWithBits: 1, onOffRatio: 2)
    let inputs = (0..<128).map { UInt8($0 % 2) }
    var means: [Double] = []
    for chip in 0..<400 {
      let engine = parallel(layer, cells, errors: ConverterErrors(sigmaReference: 0.1), chip: chip)
      let sums = layer.sums(engine, inputs)
      #expect(Set(sums).count == 1)
      means.append(Double(sums[0] + 128 * 64) / 255)
    }
    // Every conversion of a chip is off by the same sum of 64 deviations, rounded to a level.
    let expected = 64 * 0.1 * 0.1 + 1.0 / 12
    #expect(abs(moments(means).variance / expected - 1) < 5 * (2.0 / 400).squareRoot())
  }

  /// Frozen errors are the same on every image, noise is not.
  @Test func noiseChangesFromImageToImage() {
    let layer = SingleLayer(rows: 128, columns: 64) { row, column in Int8(truncatingIfNeeded: row &* column) }
    var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 2)
    cells.sigmaDeviceToDevice = [Double](repeating: 0.05, count: 4)
    let inputs = (0..<128).map { UInt8($0) }
    let frozen = parallel(layer, cells)
    #expect(layer.sums(frozen, inputs, item: 0) == layer.sums(frozen, inputs, item: 1))
    #expect(layer.sums(frozen, inputs) != layer.sums(parallel(layer, cells, chip: 1), inputs))
    cells.sigmaRead = [Double](repeating: 0.05, count: 4)
    let noisy = parallel(layer, cells)
    #expect(layer.sums(noisy, inputs, item: 0) == layer.sums(noisy, inputs, item: 0))
    #expect(layer.sums(noisy, inputs, item: 0) != layer.sums(noisy, inputs, item: 1))
  }

  /// Read noise of n active cells and of the converter add in quadrature in every conversion.
  @Test func readNoiseHasTheVarianceOfTheActiveCells() {
    let layer = SingleLayer(rows: 128, columns: 64) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: 1)
    cells.sigmaRead = [0.2, 0.1]
    let engine = parallel(layer, cells, errors: ConverterErrors(sigmaNoise: 2))
    // 50 active rows of stored ones.
    let inputs = (0..<128).map { UInt8($0 < 50 ? 1 : 0) }
    let sums = (0..<200).flatMap { layer.sums(engine, inputs, item: UInt64($0)) }.map { Double($0) }
    let each = 50 * 0.1 * 0.1 + 4 + 1.0 / 12
    let expected = each * squaredSliceWeights(8)
    let found = moments(sums)
    #expect(abs(found.variance / expected - 1) < 5 * (2 / Double(sums.count)).squareRoot())
    #expect(abs(found.mean - 50 * 127) < 5 * (expected / Double(sums.count)).squareRoot())
  }

  /// The quantiles have the moments of a standard normal.
  @Test func noiseQuantilesAreStandardNormal() {
    let values = NormalQuantiles.values.map { Double($0) }
    #expect(abs(moments(values).mean) < 1e-6)
    #expect(abs(moments(values).variance - 1) < 1e-3)
    #expect(abs(values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / 4096 - 3) < 0.06)
  }

  /// A flash code counts the thresholds below the sum; scattered thresholds make its variance.
  @Test func thresholdScatterMovesColumnsByItsSigma() {
    let layer = SingleLayer(rows: 128, columns: 640) { _, _ in 127 }
    let cells = CellArrayModel(idealWithBits: 1)
    let step = ConverterStep(requested: 4, maximum: 31)
    let engine = parallel(layer, cells, errors: ConverterErrors(sigmaThreshold: 6), step: step)
    // 64 active rows: every slice sums to 64 levels, 16 steps; each threshold is off by 1.5 steps.
    let sums = layer.sums(engine, (0..<128).map { UInt8($0 % 2) }).map { Double($0) }
    let variance = (1...31).reduce(0.0) { total, code in
      let below = Math.normalCDF((64 - (Double(code) * 4 - 2)) / 6)
      return total + below * (1 - below)
    }
    let expected = variance * 16 * squaredSliceWeights(8)
    #expect(abs(moments(sums).variance / expected - 1) < 5 * (2.0 / 640).squareRoot())
  }

  /// Stuck cells: half at either end.
  @Test func stuckCellsReadTheirEnd() {
    let layer = SingleLayer(rows: 64, columns: 256) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: 2)
    cells.stuckFraction = 0.1
    let row = CellRow(layer.network.layers[0], WeightSlicing(bitsPerCell: 2, scheme: .offset))
    programmer(cells).program(layer.network.layers[0], index: 0, row: 0, into: row)
    #expect(row.levels.allSatisfy { $0 == 3 })
    #expect(row.positions.allSatisfy { $0 == 0 || $0 == 1 })
    let zeros = row.positions.count { $0 == 0 }
    // 1,024 cells, 5 % at the low end.
    #expect(abs(Double(zeros) - 51.2) < 5 * (51.2 * 0.95).squareRoot())
  }

  /// Positions of the first row of a layer whose cells all hold the highest level.
  private func positions(_ cells: CellArrayModel, chip: Int = 0) -> [Double] {
    let layer = SingleLayer(rows: 1, columns: 4000) { _, _ in 127 }.network.layers[0]
    let slicing = WeightSlicing(bitsPerCell: cells.bitsPerCell, scheme: .offset)
    let row = CellRow(layer, slicing)
    CellProgrammer(cells: cells, slicing: slicing, seed: 5, chip: chip).program(
      layer, index: 0, row: 0, into: row)
    return row.positions
  }

  /// What has turned over moves each level by its own mean and spread.
  @Test func shiftsMoveLevels() {
    var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 3)
    // Evenly between -0.3 and -0.1.
    cells.shiftQuantiles = [[[0, 0], [0, 0], [0, 0], [-0.3, -0.1]]]
    let found = moments(positions(cells))
    let (count, sigma) = (16_000.0, 0.2 / 12.0.squareRoot())
    #expect(abs(found.mean - 0.8) < 5 * sigma / count.squareRoot())
    #expect(abs(found.variance.squareRoot() / sigma - 1) < 5 / (2 * count).squareRoot())
    #expect(abs(cells.currentMeans[3] - 0.8) < 1e-12)
  }

  /// Chips take populations in turn; levels on average are those of all.
  @Test func chipsTakePopulationsInTurn() {
    var cells = CellArrayModel(idealWithBits: 1, onOffRatio: 3)
    cells.shiftQuantiles = [[[0, 0], [-0.2, -0.2]], [[0, 0], [-0.4, -0.4]]]
    for (chip, expected) in [(0, 0.8), (1, 0.6), (2, 0.8)] {
      #expect(positions(cells, chip: chip).allSatisfy { abs($0 - expected) < 1e-12 })
    }
    #expect(abs(cells.currentMeans[1] - 0.7) < 1e-12)
  }

  /// Programmed positions too: each chip has the distribution of its turn.
  @Test func chipsTakeProgrammedPopulationsInTurn() {
    var cells = CellArrayModel(idealWithBits: 1, onOffRatio: 3)
    cells.positionQuantiles = [[0, 0.1], [0.9, 1.1]]
    cells.chipPositionQuantiles = [[[0, 0], [0.9, 0.9]], [[0.1, 0.1], [1.1, 1.1]]]
    for (chip, expected) in [(0, 0.9), (1, 1.1), (2, 0.9)] {
      #expect(positions(cells, chip: chip).allSatisfy { abs($0 - expected) < 1e-12 })
    }
  }

  /// A chip is off as a whole: all its conductances, the off-state's share too, by one factor that scatters from chip to
  /// chip.
  @Test func chipsAreOffAsAWhole() {
    var cells = CellArrayModel(idealWithBits: 1, onOffRatio: 3)
    cells.sigmaChip = 0.05
    let chips = (0..<400).map { positions(cells, chip: $0) }
    for positions in chips { #expect(Set(positions).count == 1) }
    // The highest level conducts 1.5 of the range, 0.5 of it when off.
    let factors = moments(chips.map { ($0[0] + 0.5) / 1.5 })
    #expect(abs(factors.mean - 1) < 5 * 0.05 / 20)
    #expect(abs(factors.variance.squareRoot() / 0.05 - 1) < 5 / 800.0.squareRoot())
  }

  /// Read noise misreads a lonely bit past the middle alone, as often as a normal tail says.
  @Test func lonelyBitsHaveTheirReadErrors() {
    let layer = SingleLayer(rows: 1, columns: 64) { _, column in column % 2 == 0 ? -128 : 64 }
    var cells = CellArrayModel(idealWithBits: 2)
    cells.sigmaRead = [0.25, 0.25, 0.25, 0.25]
    let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset, singleBits: 8)
    let array = ExactnessTests.array(.rowSequential, rows: 128, .offset)
    let engine = RowSequentialEngine(
      layer.network, programmer: CellProgrammer(cells: cells, slicing: slicing, seed: 1, chip: 0),
      array: array,
      threads: 1)
    var (wrong, reads) = (0, 0)
    for item in UInt64(0)..<400 {
      for (column, sum) in layer.sums(engine, [1], item: item).enumerated() {
        let right = column % 2 == 0 ? 0 : 192
        wrong += (UInt8(truncatingIfNeeded: sum + 128) ^ UInt8(right)).nonzeroBitCount
        reads += 8
      }
    }
    let expected = Double(reads) * (1 - Math.normalCDF(2))
    #expect(abs(Double(wrong) - expected) < 5 * expected.squareRoot())
  }

  /// Sums beyond the largest code of a fine converter stay there.
  @Test func finestConvertersSaturate() {
    let layer = SingleLayer(rows: 1024, columns: 2) { _, _ in 127 }
    let cells = CellArrayModel(idealWithBits: 2)
    let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)
    let array = ArrayConfiguration(
      rows: 1024, columns: 128, readMode: .rowParallel, rowsPerRead: 1024, adcBits: 16, columnsPerSense: 1,
      signScheme: .offset)
    // Steps of a 32nd: 3,072 levels would be code 98,304.
    let engine = RowParallelEngine(
      layer.network, programmer: CellProgrammer(cells: cells, slicing: slicing, seed: 1, chip: 0),
      array: array,
      errors: .none, steps: [ConverterStep(requested: 1.0 / 32, maximum: 65535)], threads: 1)
    let sums = layer.sums(engine, [UInt8](repeating: 1, count: 1024))
    let largest = (65535.0 / 32 * 85).rounded(.toNearestOrEven)
    #expect(sums.allSatisfy { $0 == Int(largest) - 128 * 1024 })
  }
}
