import Inference
import Models
import Testing

/// Row-parallel reads through a converter whose step, bow and range were characterised.
@Suite struct CharacterizedConverterTests {
  private static func array(
    rowsPerRead: Int, adcBits: Int, scheme: ArrayConfiguration.SignScheme = .offset
  ) -> ArrayConfiguration {
    ArrayConfiguration(
      rows: rowsPerRead * 4, columns: 128, readMode: .rowParallel, rowsPerRead: rowsPerRead,
      adcBits: adcBits, columnsPerSense: 8, signScheme: scheme)
  }

  private static func layer(rows: Int) -> SingleLayer {
    SingleLayer(rows: rows, columns: 24) { row, column in
      // No -128, which a differential pair does not hold.
      max(-127, Int8(truncatingIfNeeded: 37 &* row &+ 91 &* column ^ (row &* column)))
    }
  }

  private static func normalization(_ channels: Int) -> PixelNormalization {
    PixelNormalization(
      mean: [Double](repeating: 0, count: channels), deviation: [Double](repeating: 1, count: channels))
  }

  private func engine(
    _ layer: SingleLayer, bits: Int, _ array: ArrayConfiguration, _ errors: ConverterErrors
  ) throws -> RowParallelEngine {
    let cells = CellArrayModel(idealWithBits: bits, onOffRatio: 2)
    let steps = try RangeCalibration.steps(
      executor: NetworkExecutor(layer.network, normalization: Self.normalization(layer.rows)), cells: cells,
      slicing: WeightSlicing(bitsPerCell: bits, scheme: array.signScheme), array: array, converter: errors,
      images: nil, threads: 1)
    return RowParallelEngine(
      layer.network,
      programmer: CellProgrammer(
        cells: cells, slicing: WeightSlicing(bitsPerCell: bits, scheme: array.signScheme), seed: 1, chip: 0),
      array: array, errors: errors, steps: steps, threads: 2)
  }

  private func inputs(_ rows: Int) -> [UInt8] { (0..<rows).map { UInt8(truncatingIfNeeded: 151 &* $0 &+ 7) } }

  /// One step per level from zero current on: the off-state current leaves no trace.
  ///
  /// 15 rows without off-state current and 4 bits; 21 rows that carry two levels each when off and 6 bits.
  @Test(arguments: [(15, 4), (21, 6)], [ArrayConfiguration.SignScheme.offset, .differential])
  func stepOfOneLevelLosesNothing(sizes: (rows: Int, adcBits: Int), scheme: ArrayConfiguration.SignScheme)
    throws
  {
    let layer = Self.layer(rows: 100)
    let array = Self.array(rowsPerRead: sizes.rows, adcBits: sizes.adcBits, scheme: scheme)
    let engine = try engine(layer, bits: 1, array, ConverterErrors(stepInCellLevels: 1))
    let inputs = inputs(100)
    #expect(layer.sums(engine, inputs) == layer.sums(IntegerEngine(layer.network), inputs))
  }

  /// Step, range from zero current and bow as plain arithmetic; sums within the grid of a threshold may take
  /// either code.
  ///
  /// Cells of on/off ratio 2 (three levels of off-state current): 16 rows span 96 levels, 63 steps of 1.52.
  @Test(arguments: [0.0, 1.3]) func sumsAreConvertedByTheLadder(bow: Double) throws {
    let (rows, perRead, comparators) = (40, 16, 63)
    let step = 96.0 / 63
    let layer = Self.layer(rows: rows)
    let engine = try engine(
      layer, bits: 2, Self.array(rowsPerRead: perRead, adcBits: 6),
      ConverterErrors(stepInCellLevels: step, integralNonlinearity: bow))
    let inputs = inputs(rows)
    let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)
    let thresholds = (1...comparators).map { code in
      let place = Double(code) / Double(comparators)
      return (Double(code) - 0.5) * step + 4 * bow * place * (1 - place)
    }
    let codes = inputs.reduce(0) { $0 + Int($1) }
    let exact = layer.sums(IntegerEngine(layer.network), inputs)
    let found = layer.sums(engine, inputs)
    for column in 0..<layer.columns {
      var (low, high) = (0.0, 0.0)
      for first in stride(from: 0, to: rows, by: perRead) {
        for bit in 0..<8 {
          let active = (first..<min(first + perRead, rows)).filter { inputs[$0] >> bit & 1 == 1 }
          for slice in 0..<4 {
            let sum = active.reduce(0) {
              $0 + slicing.symbol(layer.network.layers[0].weights[column * rows + $1], slice: slice) + 3
            }
            let factor = Double(Int(slicing.sliceWeights[slice]) << bit) * step
            low += factor * Double(thresholds.count { $0 + 1.0 / 32 < Double(sum) })
            high += factor * Double(thresholds.count { $0 - 1.0 / 32 < Double(sum) })
          }
        }
      }
      let removed = Double(codes * (3 * 85 + 128))
      #expect(Double(found[column]) > low - removed - 1 && Double(found[column]) < high - removed + 1)
    }
    #expect(found != exact)
    // Rounding to a step errs by less than step / sqrt(12) + bow per conversion and slice, weights 2^bit s.
    let largest = 3 * 255 * 85 * (step / 2 + bow)
    #expect(zip(found, exact).allSatisfy { abs(Double($0 - $1)) < largest })
  }

  /// A sum beyond 32 bits after scaling stays at their end.
  @Test func scaledSumsEndWith32Bits() {
    let rows = 1 << 16
    let layer = SingleLayer(rows: rows, columns: 1) { _, _ in 127 }
    let array = ArrayConfiguration(
      rows: 1024, columns: 8, readMode: .rowParallel, rowsPerRead: 1024, adcBits: 16, columnsPerSense: 1,
      signScheme: .offset)
    let engine = RowParallelEngine(
      layer.network,
      programmer: CellProgrammer(
        cells: CellArrayModel(idealWithBits: 1), slicing: WeightSlicing(bitsPerCell: 1, scheme: .offset),
        seed: 1,
        chip: 0), array: array, errors: .none, steps: [ConverterStep(requested: 1024, maximum: 1)], threads: 2
    )
    // Every read gives code 1, a step of 1,024 levels: 64 x 255 x 255 x 1024 > 2^31.
    let sums = layer.sums(engine, [UInt8](repeating: 255, count: rows))
    #expect(sums == [Int(Int32.max) - rows * 255 * 128])
  }

  /// A converter of the nominal range on cells that use 0.03 to 0.86 of it: the ladder converts the physical
  /// current, in nominal levels, and sums in levels of the targets come out right on average.
  ///
  /// Nominal levels of on/off ratio 2: a cell at position x carries 3 + 3 x levels, 16 rows span 96.
  @Test func scaledConverterReadsPartOfTheRange() throws {
    let (rows, perRead, low, span) = (48, 16, 0.03, 0.83)
    let step = 96.0 / 63
    let layer = Self.layer(rows: rows)
    let converter = ConverterErrors(
      sigmaNoise: 0.1, stepInCellLevels: step, integralNonlinearity: 0.2
    ).scaled(toSpan: span, lowestTarget: low)
    #expect(converter.stepInCellLevels == step / span)
    #expect(converter.sigmaNoise == 0.1 / span && converter.integralNonlinearity == 0.2 / span)
    var ideal = converter
    (ideal.sigmaNoise, ideal.integralNonlinearity) = (0, 0)
    let engine = try engine(layer, bits: 2, Self.array(rowsPerRead: perRead, adcBits: 6), ideal)
    let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)
    // The kernel's integers realise the step to one in a thousand.
    let realised = ConverterStep(requested: step / span, maximum: 63).levels(64) * span
    #expect(abs(realised / step - 1) < 1e-3)
    var differences: [Double] = []
    for item in 0..<40 {
      let inputs = (0..<rows).map { UInt8(truncatingIfNeeded: (151 + 2 * item) &* $0 &+ 7 &* item) }
      let codes = inputs.reduce(0) { $0 + Int($1) }
      let found = layer.sums(engine, inputs)
      let exact = layer.sums(IntegerEngine(layer.network), inputs)
      for column in 0..<layer.columns {
        var (least, most) = (0.0, 0.0)
        for first in stride(from: 0, to: rows, by: perRead) {
          for bit in 0..<8 {
            let active = (first..<min(first + perRead, rows)).filter { inputs[$0] >> bit & 1 == 1 }
            for slice in 0..<4 {
              let current = active.reduce(0.0) {
                let symbol = slicing.symbol(layer.network.layers[0].weights[column * rows + $1], slice: slice)
                return $0 + 3 + 3 * (low + span * Double(symbol) / 3)
              }
              let factor = Double(Int(slicing.sliceWeights[slice]) << bit) * realised
              // The lowest level is kept to 1/64 of a level: an eighth of a level in a sum of 16 cells.
              least += factor * (max(current - 0.2, 0) / realised + 0.5).rounded(.down)
              most += factor * (min(current + 0.2, 96) / realised + 0.5).rounded(.down)
            }
          }
        }
        let removed = Double(codes) * (3 + 3 * low) * 85
        let rounding = Double(codes * 85) / 128 + 1
        #expect(Double(found[column] + codes * 128) >= (least - removed) / span - rounding)
        #expect(Double(found[column] + codes * 128) <= (most - removed) / span + rounding)
        differences.append(Double(found[column] - exact[column]))
      }
    }
    // Rounding errors of step / sqrt(12) in every conversion, weights 2^bit s: 9,000 in a sum, 290 in the mean.
    #expect(abs(moments(differences).mean) < 5 * 290)
    #expect(moments(differences).variance.squareRoot() < 2 * 9_000)
  }

  /// Rescaling twice is rescaling once, and by nothing is nothing.
  @Test func rescalingComposes() {
    let nominal = ConverterErrors(sigmaThreshold: 0.25, stepInCellLevels: 1.5, integralNonlinearity: 0.5)
    #expect(nominal.scaled(toSpan: 1, lowestTarget: 0) == nominal)
    let once = nominal.scaled(toSpan: 0.25, lowestTarget: 0.375)
    #expect(nominal.scaled(toSpan: 0.5, lowestTarget: 0.25).scaled(toSpan: 0.5, lowestTarget: 0.25) == once)
    let array = Self.array(rowsPerRead: 16, adcBits: 6)
    // 63 steps of 1.5 on 16 rows: 5.90625 levels each, of which three are the range.
    #expect(nominal.lowestLevel(array, levels: 4) == 2.90625)
    #expect(once.lowestLevel(array, levels: 4) == (2.90625 + 3 * 0.375) / 0.25)
  }

  /// Threshold j of n is shifted by 4 b u (1 - u), to the grid.
  @Test func bowShiftsTheThresholds() throws {
    let array = Self.array(rowsPerRead: 16, adcBits: 5)
    let layer = Self.layer(rows: 16).network.layers[0]
    let cells = CellArrayModel(idealWithBits: 2)
    let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)
    let geometry = RowParallelGeometry(cells: cells, slicing: slicing, array: array)
    func thresholds(_ bow: Double) throws -> [Int32] {
      let ladders = geometry.ladders(
        layer, index: 0, programmer: CellProgrammer(cells: cells, slicing: slicing, seed: 1, chip: 0),
        step: ConverterStep(requested: 1.7, maximum: 31), errors: ConverterErrors(integralNonlinearity: bow),
        layout: ColumnLayout(array, slices: slicing.count))
      let found = try #require(ladders)
      return found.thresholds.prefix(31).map { Int32($0) + found.centre }
    }
    let (straight, bowed) = (try thresholds(0), try thresholds(0.8))
    for code in 1...31 {
      let place = Double(code) / 31
      let shift = Double(bowed[code - 1] - straight[code - 1]) / Double(geometry.unitsPerLevel)
      #expect(abs(shift - 3.2 * place * (1 - place)) <= 0.5 / Double(geometry.unitsPerLevel))
    }
    #expect(bowed[30] == straight[30])
  }

  /// A front end moves all thresholds of a converter alike, and those of different converters by normal draws of its own.
  @Test func frontEndsMoveWholeConverters() throws {
    let array = Self.array(rowsPerRead: 16, adcBits: 5)
    let layer = SingleLayer(rows: 64, columns: 512) { _, _ in 1 }.network.layers[0]
    let cells = CellArrayModel(idealWithBits: 2)
    let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)
    let errors = ConverterErrors(sigmaFrontEnd: 0.7)
    let geometry = RowParallelGeometry(cells: cells, slicing: slicing, array: array, errors: errors)
    func thresholds(_ errors: ConverterErrors) throws -> [Double] {
      let found = geometry.ladders(
        layer, index: 0, programmer: CellProgrammer(cells: cells, slicing: slicing, seed: 1, chip: 0),
        step: ConverterStep(requested: 1.7, maximum: 31), errors: errors,
        layout: ColumnLayout(array, slices: slicing.count))
      return try #require(found).thresholds.map { Double($0) / Double(geometry.unitsPerLevel) }
    }
    let ideal = try thresholds(ConverterErrors())
    let moved = try thresholds(errors)
    let shifts = (0..<512 * slicing.count).map { column in
      (0..<31).map { moved[31 * column + $0] - ideal[$0] }
    }
    #expect(shifts.allSatisfy { converter in converter.allSatisfy { $0 == converter[0] } })
    let all = shifts.map { $0[0] }
    #expect(Set(all).count > 50)
    let deviation = (all.reduce(0) { $0 + $1 * $1 } / Double(all.count)).squareRoot()
    // 256 converters of eight columns each: the deviation is known to 4.4 %, four times that is allowed.
    #expect(abs(deviation - 0.7) < 0.18 * 0.7, "\(deviation)")
    // A trim at the end of the column takes the front end's part with each threshold's own.
    let both = ConverterErrors(sigmaThreshold: 0.3, sigmaFrontEnd: 0.4).trimmed(bits: 4)
    #expect(both.sigmaFrontEnd == nil && abs(both.sigmaThreshold - 6 * 0.5 / 16 / 12.0.squareRoot()) < 1e-12)
  }

  /// Read noise depends on the stored sum, not on the off-state current that is converted along with it.
  @Test func offStateCurrentAddsNoNoise() throws {
    let layer = SingleLayer(rows: 21, columns: 256) { _, _ in 127 }
    var cells = CellArrayModel(idealWithBits: 1, onOffRatio: 1.5)
    cells.sigmaRead = [0.3, 0.1]
    let array = Self.array(rowsPerRead: 21, adcBits: 6)
    let engine = RowParallelEngine(
      layer.network,
      programmer: CellProgrammer(
        cells: cells, slicing: WeightSlicing(bitsPerCell: 1, scheme: .offset), seed: 1, chip: 0),
      array: array, errors: ConverterErrors(stepInCellLevels: 1),
      steps: [ConverterStep(requested: 1, maximum: 63)], threads: 2)
    // Twelve active rows of stored ones.
    let inputs = (0..<21).map { UInt8($0 < 12 ? 1 : 0) }
    let sums = (0..<80).flatMap { layer.sums(engine, inputs, item: UInt64($0)) }.map { Double($0) }
    // Rounded to whole levels: k levels or more beyond the sum with the normal tail at k - 1/2.
    let sigma = (12 * 0.1 * 0.1).squareRoot()
    var rounded = 0.0
    for level in 1...4 {
      let tail = Math.normalCDF((0.5 - Double(level)) / sigma)
      rounded += 2 * Double(2 * level - 1) * tail
    }
    let squaredSliceWeights = 21_845.0
    let expected = rounded * squaredSliceWeights
    // The grid of 1/64 level changes the tails by a few per cent.
    #expect(abs(moments(sums).variance / expected - 1) < 0.1)
  }

  @Test func characterizedReadIsTakenAsItIs() throws {
    let read = CellLibrary.ColumnRead(
      rowsPerRead: 16, adcBits: 6, currentRangeAmperes: [0, 1e-3], stepInCellLevels: 1.7,
      integralNonlinearity: 0.4, frontEndSigmaInCellLevels: 0.15, offsetSigmaInCellLevels: 0.2,
      noiseSigmaInCellLevels: 0.1,
      delaySeconds: 1e-9, cycleSeconds: 2e-9, staticEnergyJoules: 1e-12, energyPerAmpere: 1e-9,
      energyBySource: [:], converterArea: 1e-10, leakageWatts: 1e-6, feasible: true, note: "")
    let converter = ConverterErrors(read)
    #expect(
      converter
        == ConverterErrors(
          sigmaThreshold: 0.2, sigmaFrontEnd: 0.15, sigmaNoise: 0.1, stepInCellLevels: 1.7,
          integralNonlinearity: 0.4))
    let layer = Self.layer(rows: 16)
    let images = try ImageSet(
      name: "made", origin: "made", path: nil, shape: layer.network.tensors[0].shape,
      pixels: inputs(32), labels: nil, classNames: [])
    var run = AccuracyRun(
      network: layer.network, images: images, cells: CellArrayModel(idealWithBits: 2),
      array: Self.array(rowsPerRead: 16, adcBits: 6), converterErrors: converter,
      normalization: Self.normalization(16), chips: 1, imagesPerChip: 2, seed: 1)
    let assumptions = try run.run().result.provenance.assumptions
    #expect(assumptions.contains { $0.contains("1.7 cell levels, too coarse for the 49 sums") })
    run.converterErrors.sigmaReference = 0.1
    #expect(throws: InferenceError.self) { try run.run() }
  }
}
