import Inference
import Models
import Testing

/// Which sense chain reads which column, in the definition and in both engines.
@Suite struct ColumnLayoutTests {
  private static func array(
    _ mode: ArrayConfiguration.ReadMode, columns: Int, columnsPerSense: Int
  ) -> ArrayConfiguration {
    ArrayConfiguration(
      rows: 16, columns: columns, readMode: mode, rowsPerRead: 16, adcBits: 5,
      columnsPerSense: columnsPerSense, signScheme: .offset)
  }

  /// Physical column modulo the number of chains, array after array; columns left over stay empty.
  @Test(arguments: [(128, 8, 8), (128, 8, 4), (100, 8, 8), (20, 3, 8), (8, 8, 8), (14, 1, 14)])
  func chainIsThePhysicalColumnModuloTheChains(columns: Int, perSense: Int, slices: Int) {
    let layout = ColumnLayout(
      Self.array(.rowSequential, columns: columns, columnsPerSense: perSense), slices: slices)
    let chains = (columns + perSense - 1) / perSense
    #expect(layout.sensesPerArray == chains)
    var (array, physical) = (0, 0)
    var reads = [[Int]](repeating: [], count: 200)
    for weight in 0..<50 {
      if physical + slices > columns { (array, physical) = (array + 1, 0) }
      for slice in 0..<slices {
        let sense = layout.sense(weight: weight, slice: slice)
        #expect(sense == array * chains + physical % chains)
        if sense < reads.count { reads[sense].append(physical) }
        physical += 1
      }
      let own = Set((0..<slices).map { layout.sense(weight: weight, slice: $0) })
      #expect(own.count == min(slices, chains), "neighbouring slices are sensed together")
    }
    #expect(layout.arrays(weights: 50) == array + 1)
    #expect(reads.allSatisfy { $0.count <= perSense })
  }

  /// Bits of each weight that are read wrong, one layer of equal weights with one active row.
  private func wrongBits(_ mode: ArrayConfiguration.ReadMode, columns: Int, perSense: Int) -> [Int] {
    let layer = SingleLayer(rows: 16, columns: 12) { _, _ in 0b0101_0101 }
    var cells = CellArrayModel(idealWithBits: 1)
    // Boundaries so far off that a chain reads all cells alike.
    cells.thresholds[0].offsetSigma = 9
    let array = Self.array(mode, columns: columns, columnsPerSense: perSense)
    let slicing = WeightSlicing(bitsPerCell: 1, scheme: .offset)
    let programmer = CellProgrammer(cells: cells, slicing: slicing, seed: 2, chip: 0)
    let engine: any MatrixEngine =
      switch mode {
      case .rowSequential:
        RowSequentialEngine(layer.network, programmer: programmer, array: array, threads: 1)
      case .rowParallel:
        RowParallelEngine(
          layer.network, programmer: programmer, array: array, errors: ConverterErrors(sigmaThreshold: 5),
          steps: [ConverterStep(requested: 1, maximum: 1)], threads: 1)
      }
    let inputs = (0..<16).map { UInt8($0 == 0 ? 1 : 0) }
    return layer.sums(engine, inputs).map { ($0 + 128) ^ (0b0101_0101 + 128) }
  }

  /// Two chains for each slice: weights of an array share them, slices of a weight and other arrays do not.
  @Test(arguments: ArrayConfiguration.ReadMode.allCases)
  func weightsOfAnArrayShareTheirChains(mode: ArrayConfiguration.ReadMode) {
    let wrong = wrongBits(mode, columns: 16, perSense: 2)
    for pair in stride(from: 0, to: 12, by: 2) { #expect(wrong[pair] == wrong[pair + 1]) }
    #expect(Set(wrong).count > 3)
    // Each chain reads either value right half of the time: 48 slices of 6 arrays, 5 standard deviations.
    let errors = stride(from: 0, to: 12, by: 2).reduce(0) { $0 + wrong[$1].nonzeroBitCount }
    #expect(abs(Double(errors) - 24) < 5 * 12.0.squareRoot())
    // One chain for all columns errs on all ones or on all zeros.
    let single = wrongBits(mode, columns: 8, perSense: 8)
    #expect(single.allSatisfy { [0, 0b1101_0101, 0b0010_1010].contains($0) } && Set(single).count > 1)
  }
}
