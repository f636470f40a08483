import CKernels
import Inference
import Models
import Testing

/// Every kernel on every instruction set against its plain twin, on random shapes.
@Suite struct KernelTests {
  /// The instruction sets that this processor has.
  static let levels: [tessera_level] = [
    TESSERA_LEVEL_PORTABLE, TESSERA_LEVEL_AVX2, TESSERA_LEVEL_AVX512_VNNI,
  ].filter { $0.rawValue <= tessera_best_level().rawValue }

  static func bytes(_ count: Int, _ random: inout KeyedRandom) -> [Int8] {
    (0..<count).map { _ in Int8.random(in: -128...127, using: &random) }
  }

  @Test(arguments: 0..<30)
  func multiplyEqualsItsTwin(seed: UInt64) {
    var random = KeyedRandom(seed: seed, stage: "tests.multiply")
    let quads = Int.random(in: 1...150, using: &random)
    let panels = Int.random(in: 1...3, using: &random)
    let windows = Int.random(in: 1...20, using: &random)
    let weights = Self.bytes(panels * quads * 256, &random)
    // Extremes as often as anything else: saturation would show.
    let inputs = (0..<windows * quads * 4).map { _ in
      Bool.random(using: &random) ? UInt8.max : UInt8.random(in: 0...255, using: &random)
    }
    weights.withUnsafeBufferPointer { weights in
      let matrix = tessera_matrix(
        panels: weights.baseAddress, panel_count: Int32(panels), quads: Int32(quads))
      var expected = [Int32](repeating: 0, count: windows * panels * 64)
      tessera_multiply_reference(matrix, inputs, Int64(quads * 4), Int32(windows), &expected)
      for level in Self.levels {
        var sums = [Int32](repeating: 0, count: expected.count)
        tessera_multiply(level, matrix, inputs, Int64(quads * 4), Int32(windows), &sums)
        #expect(sums == expected, "level \(level.rawValue)")
      }
    }
  }

  /// Shapes, converters, noise and lines in every combination that the seeds draw.
  @Test(arguments: 0..<80)
  func rowParallelEqualsItsTwin(seed: UInt64) {
    var random = KeyedRandom(seed: seed, stage: "tests.rowParallel")
    let rows = Int.random(in: 1...300, using: &random)
    let rowsPerRead = [1, 3, 16, 50, 128, 700][Int.random(in: 0...5, using: &random)]
    let reads = (rows + rowsPerRead - 1) / rowsPerRead
    let readsPerTile = Int.random(in: 1...3, using: &random)
    let arrays = (reads + readsPerTile - 1) / readsPerTile
    let slices = Int.random(in: 1...9, using: &random)
    let outputs = Int.random(in: 1...20, using: &random)
    let columns = outputs * slices
    let quads = (rowsPerRead + 3) / 4
    let windows = Int.random(in: 1...70, using: &random)
    let (hasReference, hasLadders, hasNoise) = (seed % 2 == 0, seed % 3 != 0, seed % 5 < 2)
    let maximum = hasLadders ? 1 << Int.random(in: 1...6, using: &random) - 1 : 40
    let cells = Self.bytes(reads * ((columns + 7) / 8) * quads * 32, &random)
    // Some windows and some high bits are empty.
    let inputs = (0..<windows).flatMap { window in
      (0..<rows).map { _ in
        window % 7 == 3
          ? 0
          : UInt8.random(in: 0...255, using: &random)
            & UInt8.random(in: 0...(window % 2 == 0 ? 255 : 9), using: &random)
      }
    }
    let sliceWeights = (0..<slices).map { _ in Int32.random(in: -64...64, using: &random) }
    var common = [Int8](repeating: 0, count: reads * quads * 32)
    for row in 0..<rows {
      let place = (row / rowsPerRead * quads + row % rowsPerRead / 4) * 32 + row % rowsPerRead % 4
      common[place] = 1
      if hasReference { common[place + 4] = Int8.random(in: -9...9, using: &random) }
    }
    let stride = seed % 4 == 1 ? 0 : maximum
    let ladders =
      (0..<max(1, arrays * columns)).flatMap { _ in
        (0..<maximum).map { _ in Int16.random(in: -32767...32767, using: &random) }.sorted()
      } + [Int16](repeating: 0, count: 64)
    let multiplier = Int32.random(in: 100...2000, using: &random)
    cells.withUnsafeBufferPointer { cells in
      sliceWeights.withUnsafeBufferPointer { sliceWeights in
        common.withUnsafeBufferPointer { common in
          ladders.withUnsafeBufferPointer { ladders in
            NormalQuantiles.values.withUnsafeBufferPointer { normals in
              var crossbar = tessera_crossbar(
                cells: cells.baseAddress, common: common.baseAddress, cell_offset: 96, rows: Int32(rows),
                rows_per_read: Int32(rowsPerRead), reads_per_tile: Int32(readsPerTile),
                outputs: Int32(outputs), slices: Int32(slices), slice_weights: sliceWeights.baseAddress,
                line_drop: seed % 7 < 3 ? 3e-7 : 0, idle_current: 40,
                converter: tessera_converter(
                  half: 32768 / multiplier, multiplier: multiplier, maximum: Int32(maximum),
                  ladders: hasLadders ? ladders.baseAddress : nil, ladder_stride: Int64(stride),
                  ladder_centre: 4000, variance_fixed: 100, variance_per_cell: 3.7, variance_per_sum: -0.01,
                  normals: hasNoise ? normals.baseAddress : nil, noise_key: seed), profile: nil)
              var expected = [Int32](repeating: 5, count: windows * outputs)
              let count = tessera_row_parallel_reference(
                &crossbar, inputs, Int64(rows), Int32(windows), &expected)
              let size = Int(tessera_row_parallel_scratch(&crossbar))
              withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) { scratch in
                for level in Self.levels {
                  // Whatever stands in the memory must not matter.
                  for index in scratch.indices { scratch[index] = UInt8(truncatingIfNeeded: index &* 37) }
                  var sums = [Int32](repeating: 5, count: expected.count)
                  let own = tessera_row_parallel(
                    level, &crossbar, inputs, Int64(rows), Int32(windows), &sums,
                    scratch.bindMemory(to: UInt8.self).baseAddress)
                  #expect(sums == expected, "level \(level.rawValue)")
                  #expect(own == count)
                }
              }
            }
          }
        }
      }
    }
  }

  private static func oneLayer(rows: Int) -> MatrixLayer {
    MatrixLayer(
      name: "one", kind: .linear, input: TensorShape(channels: rows, height: 1, width: 1),
      output: TensorShape(channels: 1, height: 1, width: 1),
      inputQuantization: Quantization(scale: 1, zeroPoint: 0), window: Window(height: 1, width: 1),
      weights: [Int8](repeating: 0, count: rows), bias: [0], weightScales: [1])
  }

  /// A ladder without scatter is the uniform converter.
  @Test(arguments: [1.0, 1.37, 2.5, 11.8])
  func unscatteredLaddersAreUniform(step: Double) throws {
    let array = ArrayConfiguration(
      rows: 64, columns: 64, readMode: .rowParallel, rowsPerRead: 64, adcBits: 4, columnsPerSense: 1,
      signScheme: .offset)
    let cells = CellArrayModel(idealWithBits: 2)
    let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)
    let geometry = RowParallelGeometry(cells: cells, slicing: slicing, array: array)
    let converter = ConverterStep(requested: step, maximum: 15)
    let found = geometry.ladders(
      Self.oneLayer(rows: 64), index: 0,
      programmer: CellProgrammer(cells: cells, slicing: slicing, seed: 1, chip: 0), step: converter,
      errors: .none, layout: ColumnLayout(array, slices: slicing.count))
    let ladders = try #require(found)
    let units = converter.units(geometry.unitsPerLevel)
    for sum in Int32(0)..<20_000 {
      let scaled = UInt32(sum + units.half) * UInt32(units.multiplier)
      let uniform = min(Int32(scaled >> 16), units.maximum)
      let counted = ladders.thresholds.prefix(15).count { Int32($0) + ladders.centre <= sum }
      #expect(uniform == Int32(counted), "sum \(sum)")
    }
  }

  /// Sums are counted as they are: a plain count over every read, bit and column.
  @Test(arguments: 0..<12)
  func sumsAreCounted(seed: UInt64) {
    var random = KeyedRandom(seed: seed, stage: "tests.histogram")
    let rows = Int.random(in: 1...200, using: &random)
    let rowsPerRead = [4, 7, 64, 128][Int.random(in: 0...3, using: &random)]
    let (slices, outputs, windows) = (
      Int.random(in: 1...5, using: &random), Int.random(in: 1...9, using: &random),
      Int.random(in: 1...90, using: &random)
    )
    let step = Int.random(in: 1...3, using: &random)
    let reads = (rows + rowsPerRead - 1) / rowsPerRead
    let quads = (rowsPerRead + 3) / 4
    let tiles = (outputs * slices + 7) / 8
    let cells = (0..<reads * tiles * quads * 32).map { _ in Int8.random(in: -24...24, using: &random) }
    var common = [Int8](repeating: 0, count: reads * quads * 32)
    for row in 0..<rows {
      common[(row / rowsPerRead * quads + row % rowsPerRead / 4) * 32 + row % rowsPerRead % 4] = 1
    }
    let inputs = (0..<windows * rows).map { _ in UInt8.random(in: 0...90, using: &random) }
    let (bins, unitsPerLevel) = (40, 16)
    var expected = [Double](repeating: 0, count: slices * bins)
    for window in stride(from: 0, to: windows, by: step) {
      for read in 0..<reads {
        for bit in 0..<8 {
          let active = (read * rowsPerRead..<min(rows, (read + 1) * rowsPerRead)).filter {
            inputs[window * rows + $0] >> bit & 1 == 1
          }
          guard !active.isEmpty else { continue }
          for column in 0..<outputs * slices {
            let sum = active.reduce(0) { sum, row in
              let (quad, lane) = ((row - read * rowsPerRead) / 4, (row - read * rowsPerRead) % 4)
              return sum + 24
                + Int(cells[(((read * tiles + column / 8) * quads + quad) * 8 + column % 8) * 4 + lane])
            }
            let bin = min(bins - 1, max(0, (sum + unitsPerLevel / 2) / unitsPerLevel))
            expected[column / outputs * bins + bin] += Double(1 << (2 * bit))
          }
        }
      }
    }
    for level in Self.levels {
      var histogram = [Double](repeating: 0, count: expected.count)
      cells.withUnsafeBufferPointer { cells in
        common.withUnsafeBufferPointer { common in
          var crossbar = tessera_crossbar()
          crossbar.cells = cells.baseAddress
          crossbar.common = common.baseAddress
          (crossbar.cell_offset, crossbar.rows, crossbar.rows_per_read) = (
            24, Int32(rows), Int32(rowsPerRead)
          )
          (crossbar.outputs, crossbar.slices) = (Int32(outputs), Int32(slices))
          let size = Int(tessera_row_parallel_scratch(&crossbar))
          withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) { scratch in
            tessera_sum_histogram(
              level, &crossbar, Int32(unitsPerLevel), inputs, Int64(rows), Int32(windows), Int32(step),
              Int32(bins),
              &histogram, scratch.bindMemory(to: UInt8.self).baseAddress)
          }
        }
      }
      #expect(histogram == expected, "level \(level.rawValue)")
    }
  }

  @Test func requantisationRoundsHalfToEven() {
    // Sums of half a unit: 0.5, 1.5, 2.5 ... and their negatives.
    let sums = (-9...9).map { Int32(2 * $0 + 1) }
    let count = sums.count
    var codes = [UInt8](repeating: 0, count: count)
    tessera_requantize(
      sums, Int64(count), 1, Int32(count), [Int32](repeating: 0, count: count),
      [Double](repeating: 0.5, count: count), 100, 95, 255, &codes, Int64(count))
    let expected = sums.map { sum in
      UInt8(max(95, (Double(sum) / 2).rounded(.toNearestOrEven) + 100))
    }
    #expect(codes == expected)
    #expect(codes.contains(100) && codes.contains(102) && !codes.contains(101))
  }

  @Test func requantisationAndAdditionClampAndRoundLikeSwift() {
    var random = KeyedRandom(seed: 4, stage: "tests.requantize")
    let sums = (0..<4096).map { _ in Int32.random(in: -(1 << 28)...(1 << 28), using: &random) }
    let offsets = (0..<64).map { _ in Int32.random(in: -1000...1000, using: &random) }
    let factors = (0..<64).map { _ in random.uniform() * 2e-6 }
    var codes = [UInt8](repeating: 0, count: 4096)
    tessera_requantize(sums, 64, 64, 64, offsets, factors, 17, 0, 200, &codes, 64)
    for i in 0..<4096 {
      let value = (Double(sums[i]) + Double(offsets[i % 64])) * factors[i % 64]
      #expect(Double(codes[i]) == min(max(value.rounded(.toNearestOrEven) + 17, 0), 200))
    }
    let left = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
    let right = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
    tessera_add(left, 30, 0.75, right, 200, 1.25, 4096, 9, 9, 201, &codes)
    for i in 0..<4096 {
      let value = Double(Int(left[i]) - 30) * 0.75 + Double(Int(right[i]) - 200) * 1.25
      #expect(Double(codes[i]) == min(max(value.rounded(.toNearestOrEven) + 9, 9), 201))
    }
  }

  /// The stream is Philox's, and the values are its words through the inverse normal distribution.
  @Test(arguments: [1, 31, 32, 1001]) func normalsAreTheQuantilesOfPhilox(count: Int) {
    let key: UInt64 = 0x0123_4567_89ab_cdef
    var values = [Double](repeating: .nan, count: count + 1)
    tessera_normals(key, Int64(count), &values)
    #expect(values[count].isNaN)
    for i in 0..<count {
      let words = KeyedRandom.philox(
        counter: SIMD4(UInt32(i / 2), 0, 0, 0), key: SIMD2(0x89ab_cdef, 0x0123_4567))
      let word =
        i % 2 == 0 ? UInt64(words.y) << 32 | UInt64(words.x) : UInt64(words.w) << 32 | UInt64(words.z)
      let expected = Math.probit((Double(word >> 12) + 0.5) * 0x1p-52)
      #expect(abs(values[i] - expected) <= 2e-9 * max(1, abs(expected)))
    }
  }

  /// Far tails are right: among two million values those beyond 4 standard deviations.
  @Test func normalsHaveTheirTails() {
    var beyond = 0
    var values = [Double](repeating: 0, count: 1 << 16)
    for key in UInt64(0)..<32 {
      tessera_normals(key, Int64(values.count), &values)
      beyond += values.count { abs($0) > 4 }
    }
    let expected = Double(32 << 16) * 2 * Math.normalCDF(-4)
    #expect(abs(Double(beyond) - expected) < 5 * expected.squareRoot())
  }

  /// Philox's words through the inverse distribution function of each symbol, added to what is there.
  @Test(arguments: [1, 63, 64, 1001]) func quantileDrawsInvertTheDistribution(count: Int) {
    let key: UInt64 = 0xfedc_ba98_7654_3210
    let quantiles = [0.0, 1, 3, 3.5, 9, -4, -4, -3, 8, 8.5]
    let symbols = (0..<count).map { UInt8($0 * 7 % 3 % 2) }
    var values = (0...count).map { Double($0) }
    tessera_add_quantiles(key, Int64(count), symbols, quantiles, 5, &values)
    #expect(values[count] == Double(count))
    for i in 0..<count {
      let words = KeyedRandom.philox(
        counter: SIMD4(UInt32(i / 4), 0, 0, 0), key: SIMD2(0x7654_3210, 0xfedc_ba98))
      let place = Double(words[i % 4]) * 0x1p-32 * 4
      let below = 5 * Int(symbols[i]) + Int(place)
      let (low, high) = (quantiles[below], quantiles[below + 1])
      let expected = low + (place - place.rounded(.down)) * (high - low)
      #expect(abs(values[i] - Double(i) - expected) < 1e-6)
    }
  }

  /// Symbols and distances by their definitions, for one and three boundaries and an unusual number.
  @Test(arguments: [1, 2, 3], [(1, 1), (20, 4), (21, 4), (7, 9), (200, 16), (200, 1)])
  func cellsAreReadAsDefined(boundaryCount: Int, sizes: (perArray: Int, chains: Int)) {
    var random = KeyedRandom(seed: UInt64(sizes.perArray), stage: "tests.cells")
    let count = 101
    let chains = (count + sizes.perArray - 1) / sizes.perArray * sizes.chains
    let positions = (0..<count).map { _ in random.uniform() }
    let levels = (0..<count).map { _ in UInt8.random(in: 0...3, using: &random) }
    let boundaries = (0..<chains * boundaryCount).map { _ in random.uniform() }
    let precisions = (0..<4 * boundaryCount).map { _ in 1 + random.uniform() }
    var kept = [Float](repeating: .nan, count: count)
    var symbols = [UInt8](repeating: 9, count: count)
    var distances = [Double](repeating: .nan, count: count)
    tessera_read_cells(
      positions, levels, Int64(count), boundaries, Int32(boundaryCount), Int64(sizes.perArray),
      Int64(sizes.chains), precisions, &kept, &symbols, &distances)
    for cell in 0..<count {
      let chain = cell / sizes.perArray * sizes.chains + cell % sizes.perArray % sizes.chains
      #expect(kept[cell] == Float(positions[cell]))
      let differences = (0..<boundaryCount).map {
        Double(kept[cell]) - boundaries[chain * boundaryCount + $0]
      }
      #expect(Int(symbols[cell]) == differences.count { $0 > 0 })
      let scaled = differences.enumerated().map {
        abs($0.element) * precisions[Int(levels[cell]) * boundaryCount + $0.offset]
      }
      #expect(distances[cell] == scaled.min())
    }
  }
}
