import Accelerator
import Models
import Testing

/// Each impossible request is one sentence that names what is wrong.
@Suite struct RefusalTests {
  private func refusal(
    array: ArrayConfiguration = arrays(.rowSequential), basis: ChipEstimate.CellAreaBasis = .equalFootprint,
    workload: Workload = resNet18(), replication: Int = 1,
    changing: (inout CellLibrary) -> Void = { _ in }
  ) throws -> AcceleratorError {
    var cells = plausibleLibrary(bitsPerCell: 2)
    changing(&cells)
    let costs = try DigitalCosts.load("cmos45.toml")
    return try #require(throws: AcceleratorError.self) {
      try AcceleratorEstimate.estimate(
        workload: workload, array: array, cells: cells, costs: costs, basis: basis,
        replication: replication)
    }
  }

  @Test func rowsPerReadBeyondTheArray() throws {
    let error = try refusal(array: arrays(.rowParallel, rowsPerRead: 129))
    #expect(error.code == .outOfRange && error.description == "'rowsPerRead' is 129; expected 1 to 128")
  }

  @Test func rowParallelWithoutColumnRead() throws {
    let error = try refusal(array: arrays(.rowParallel)) { $0.columnRead = nil }
    #expect(error.code == .notCharacterized && error.sentence.contains("needs 'columnRead'"))
  }

  @Test func columnReadOfOtherSettings() throws {
    let error = try refusal(array: arrays(.rowParallel, adcBits: 6))
    #expect(error.code == .notCharacterized)
    #expect(error.sentence.contains("16 rows and 5 bits") && error.sentence.contains("16 rows and 6 bits"))
  }

  @Test func infeasibleColumn() throws {
    let error = try refusal(array: arrays(.rowParallel)) {
      $0.columnRead?.feasible = false
      $0.columnRead?.note = "the clamp leaves its range"
    }
    #expect(error.code == .infeasible && error.sentence.hasSuffix("the clamp leaves its range"))
  }

  @Test func writeCurrentOutOfReach() throws {
    let error = try refusal(basis: .fromWriteCurrent) {
      $0.cell.fromWriteCurrent = .infinity
      $0.cell.requiredAccessWidthMetres = .infinity
    }
    #expect(error.code == .infeasible && error.description.contains("write current of 0.0001 A"))
    var cells = plausibleLibrary(bitsPerCell: 2)
    cells.cell.fromWriteCurrent = .infinity
    #expect(throws: Never.self, "the other basis is still estimated") {
      try AcceleratorEstimate.estimate(
        workload: resNet18(), array: arrays(.rowSequential), cells: cells, costs: .load("cmos45.toml"),
        basis: .equalFootprint)
    }
  }

  @Test func anotherNode() throws {
    let error = try refusal { $0.featureMetres = 22e-9 }
    #expect(error.code == .notCharacterized && error.sentence.contains("not scaled"))
    #expect(try refusal { $0.supplyVolts = 0.4 }.code == .outOfRange)
  }

  @Test func readEnergiesOfTheWrongNumberOfLevels() throws {
    #expect(try refusal { $0.symbolRead.energyJoules = [1e-13, 1e-13] }.sentence.contains("2 levels"))
    #expect(try refusal { $0.symbolRead.cycleSeconds = 0 }.code == .outOfRange)
    #expect(try refusal { $0.symbolRead.cycleSeconds = .nan }.code == .outOfRange)
  }

  @Test func emptyOrImpossibleWorkloads() throws {
    var empty = resNet18()
    empty.layers = []
    #expect(try refusal(workload: empty).sentence == "the workload has no matrix layer")
    var negative = resNet18()
    negative.layers[2].windows = 0
    #expect(try refusal(workload: negative).place == negative.layers[2].name)
    var huge = resNet18()
    huge.layers[0].rows = .max
    #expect(try refusal(workload: huge).code == .outOfRange)
    var densities = resNet18()
    densities.layers[0].zeroBitFractions = [0.5]
    #expect(try refusal(workload: densities).sentence.contains("1 entries; expected 8 or none"))
  }

  @Test func wrongStatistics() throws {
    for counts in [[1, 2, 1, 0], [Int](repeating: 0, count: 256), [-1] + [Int](repeating: 1, count: 255)] {
      var short = resNet18()
      short.layers[0].weightHistogram = counts
      let error = try refusal(workload: short)
      #expect(error.place == "stem" && error.sentence.contains("one count for each of 2^8 weights"))
    }
    var fraction = resNet18()
    fraction.layers[0].zeroInputFraction = 1.5
    #expect(try refusal(workload: fraction).sentence.contains("zeroInputFraction"))
    #expect(try refusal(replication: 0).sentence.contains("'replication' is 0"))
    #expect(
      try refusal(array: arrays(.rowSequential, columnsPerSense: 0)).sentence.contains("columnsPerSense"))
  }

  @Test func comparisonOfDifferentNetworks() throws {
    var other = resNet18()
    other.layers.removeLast()
    let costs = try DigitalCosts.load("cmos45.toml")
    let chips = try [resNet18(), other].map {
      try AcceleratorEstimate.estimate(
        workload: $0, array: arrays(.rowSequential), cells: plausibleLibrary(bitsPerCell: 1), costs: costs,
        basis: .equalFootprint)
    }
    #expect(throws: AcceleratorError.self) { try ChipComparison(baseline: chips[0], candidate: chips[1]) }
  }
}
