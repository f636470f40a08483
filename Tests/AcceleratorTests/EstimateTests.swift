import Accelerator
import Models
import Testing

/// Invariants and orders of magnitude with a hand-written library.
@Suite struct EstimateTests {
  private func chip(
    _ mode: ArrayConfiguration.ReadMode, bits: Int, workload: Workload = resNet18(),
    array: ArrayConfiguration? = nil, basis: ChipEstimate.CellAreaBasis = .equalFootprint,
    replication: Int = 1, rowsPerRead: Int = 16, adcBits: Int = 5
  ) throws -> ChipEstimate {
    try AcceleratorEstimate.estimate(
      workload: workload, array: array ?? arrays(mode, adcBits: adcBits),
      cells: plausibleLibrary(bitsPerCell: bits, rowsPerRead: rowsPerRead, adcBits: adcBits),
      costs: .load("cmos45.toml"), basis: basis, replication: replication)
  }

  @Test(arguments: ArrayConfiguration.ReadMode.allCases, ChipEstimate.CellAreaBasis.allCases)
  func componentsAreTheSumsOfLayers(mode: ArrayConfiguration.ReadMode, basis: ChipEstimate.CellAreaBasis)
    throws
  {
    let chip = try chip(mode, bits: 2, basis: basis)
    for component in chip.components {
      let energy = chip.layers.reduce(0) { $0 + ($1.energyJoules[component.name] ?? 0) }
      let seconds = chip.layers.reduce(0) { $0 + ($1.latencySeconds[component.name] ?? 0) }
      #expect(agree(energy, component.energyJoules), "\(component.name)")
      #expect(agree(seconds, component.latencySeconds), "\(component.name)")
      #expect(component.areaSquareMetres >= 0 && component.leakageWatts >= 0 && !component.note.isEmpty)
    }
    #expect(agree(chip.latencySeconds, chip.components.reduce(0) { $0 + $1.latencySeconds }))
    #expect(chip.layers.reduce(0) { $0 + $1.tiles } == chip.tiles)
    #expect(chip.multiplyAccumulates == 555_422_720)
    #expect(chip.layers.last?.name == AcceleratorEstimate.elementwiseLayerName)
    let data = try ResultFile.encode(chip)
    #expect(try ResultFile.decode(ChipEstimate.self, from: data, at: "chip.json") == chip)
  }

  /// Where the columns are multiples of an array's width 2-bit cells halve the tiles exactly; only the
  /// classifier (80 or 40 columns of 128) does not.
  @Test(arguments: ArrayConfiguration.ReadMode.allCases)
  func twoBitCellsHalveTheTiles(mode: ArrayConfiguration.ReadMode) throws {
    let (one, two) = (try chip(mode, bits: 1), try chip(mode, bits: 2))
    for (a, b) in zip(one.layers, two.layers) where a.name != "classifier" {
      #expect(a.tiles == 2 * b.tiles, "\(a.name)")
    }
    #expect(one.tiles == 5472 && two.tiles == 2738)
    let ratios = try ChipComparison(baseline: one, candidate: two)
    #expect(abs(ratios.tileRatio - 0.5) < 0.001)
    #expect(abs(ratios.cellArrayDensityRatio - 2) < 0.01)
    #expect(ratios.densityRatio > 1.3 && ratios.densityRatio < 2, "periphery does not shrink as cells do")
    #expect(agree(ratios.energyDelayProductRatio, ratios.energyRatio * ratios.latencyRatio))
  }

  /// Silicon with memory cells that store bits lands at some ten 1-bit TOPS/W (MRAM macros: 22 to 69).
  @Test(arguments: ArrayConfiguration.ReadMode.allCases, [1, 2])
  func efficiencyIsOfTheOrderOfSilicon(mode: ArrayConfiguration.ReadMode, bits: Int) throws {
    let chip = try chip(mode, bits: bits)
    let perBit = chip.teraOperationsPerJoule * 8 * 8
    #expect(perBit > 1 && perBit < 100)
    #expect(chip.densityMegabitsPerSquareMillimetre > 1 && chip.densityMegabitsPerSquareMillimetre < 50)
  }

  /// Equal settings flatter 2-bit cells: at lossless conversion of 128 rows they need twice the comparators.
  @Test func equalSettingsFlatterTwoBitCells() throws {
    func advantage(_ bits: (Int, Int)) throws -> ChipComparison {
      let chips = try [(1, bits.0), (2, bits.1)].map { cell, adc in
        try chip(
          .rowParallel, bits: cell, array: arrays(.rowParallel, rowsPerRead: 128, adcBits: adc),
          rowsPerRead: 128, adcBits: adc)
      }
      return try ChipComparison(baseline: chips[0], candidate: chips[1])
    }
    let equal = try advantage((8, 8))
    let lossless = try advantage(
      (
        LosslessConversion.bits(rowsPerRead: 128, bitsPerCell: 1),
        LosslessConversion.bits(rowsPerRead: 128, bitsPerCell: 2)
      ))
    #expect(lossless.areaRatio < equal.areaRatio && lossless.energyRatio < equal.energyRatio)
  }

  @Test(arguments: ArrayConfiguration.ReadMode.allCases)
  func latencyIsMonotone(mode: ArrayConfiguration.ReadMode) throws {
    let base = try chip(mode, bits: 2)
    #expect(
      try chip(mode, bits: 2, array: arrays(mode, columnsPerSense: 16)).latencySeconds > base.latencySeconds)
    #expect(try chip(mode, bits: 2, array: arrays(mode, rows: 64)).latencySeconds < base.latencySeconds)
    let twice = try chip(mode, bits: 2, replication: 2)
    #expect(
      twice.latencySeconds < base.latencySeconds && twice.slowestStageSeconds < base.slowestStageSeconds)
    #expect(twice.areaSquareMetres > base.areaSquareMetres && twice.tiles > base.tiles)
    var larger = resNet18()
    larger.layers[3].windows *= 2
    #expect(try chip(mode, bits: 2, workload: larger).latencySeconds > base.latencySeconds)
  }

  /// All cells at one level cost that level's read energy exactly.
  @Test(arguments: 0..<4)
  func levelHistogramWeighsTheReads(level: Int) throws {
    var network = resNet18()
    // The code of four equal symbols.
    var histogram = [Int](repeating: 0, count: 256)
    histogram[level * 0b01_01_01_01] = 7
    for index in network.layers.indices { network.layers[index].weightHistogram = histogram }
    let chip = try chip(.rowSequential, bits: 2, workload: network)
    let reads = Double(555_422_720 * 4)
    #expect(
      agree(
        try #require(chip[.senseChains]).energyJoules, reads * [100e-15, 120e-15, 140e-15, 160e-15][level]))
  }

  /// Zero weights as stored codes: with an offset only the top slice is set (binary 10), in a pair nothing.
  @Test func zeroWeightsAreStoredAsTheirCodes() throws {
    var network = resNet18()
    for index in network.layers.indices { network.layers[index].zeroWeightFraction = 1 }
    let reads = Double(555_422_720)
    let offset = try #require(chip(.rowSequential, bits: 2, workload: network)[.senseChains])
    #expect(agree(offset.energyJoules, reads * (3 * 100e-15 + 140e-15)))
    let pair = try #require(
      chip(
        .rowSequential, bits: 2, workload: network, array: arrays(.rowSequential, scheme: .differential))[
          .senseChains])
    #expect(agree(pair.energyJoules, reads * 8 * 100e-15))
  }

  /// Rows whose input is zero are not read; with all inputs zero nothing is.
  @Test func zeroInputsAreSkipped() throws {
    func sense(_ zero: Double) throws -> (energy: Double, seconds: Double) {
      var network = resNet18()
      for index in network.layers.indices { network.layers[index].zeroInputFraction = zero }
      let item = try #require(chip(.rowSequential, bits: 2, workload: network)[.senseChains])
      return (item.energyJoules, item.latencySeconds)
    }
    let (all, half, none) = (try sense(0), try sense(0.5), try sense(1))
    #expect(agree(half.energy, all.energy / 2))
    #expect(half.seconds > all.seconds / 2 && half.seconds < all.seconds, "the slowest row tile decides")
    #expect(none.energy == 0 && none.seconds == 0)
  }

  /// Groups of 16 rows without an active bit need no conversion: 1 - 0.9^16 of them remain.
  @Test func idleConversionsAreSkipped() throws {
    var network = resNet18()
    network.layers = [network.layers[7]]  // 1152 rows, a multiple of 128
    let dense = try #require(chip(.rowParallel, bits: 2, workload: network)[.nearMemoryArithmetic])
    network.layers[0].zeroBitFractions = Array(repeating: 0.9, count: 8)
    let sparse = try chip(.rowParallel, bits: 2, workload: network)
    var cells = plausibleLibrary(bitsPerCell: 2)
    cells.columnRead?.energyPerAmpere = 0
    let counted = try AcceleratorEstimate.estimate(
      workload: network, array: arrays(.rowParallel), cells: cells, costs: .load("cmos45.toml"),
      basis: .equalFootprint)
    var power = 1.0
    for _ in 0..<16 { power *= 0.9 }
    let conversions = Double(network.layers[0].windows * 128 * 4 * 8 * 72) * (1 - power)
    let perConversion = try #require(cells.columnRead).staticEnergyJoules
    #expect(
      agree(try #require(counted[.senseChains]).energyJoules, conversions * perConversion, within: 1e-9))
    #expect(try #require(sparse[.nearMemoryArithmetic]).energyJoules < dense.energyJoules)
  }

  /// Without power gating every layer leaks all the time.
  @Test func gatingReducesLeakage() throws {
    var costs = try DigitalCosts.load("cmos45.toml")
    func leakage(_ fraction: Double) throws -> Double {
      costs.organisation.idleLeakageFraction = fraction
      return try AcceleratorEstimate.estimate(
        workload: resNet18(), array: arrays(.rowSequential), cells: plausibleLibrary(bitsPerCell: 2),
        costs: costs, basis: .equalFootprint
      ).components.first { $0.name == ComponentKind.senseChains.rawValue }?.leakageWatts ?? 0
    }
    #expect(agree(try leakage(1), 2738 * 16 * 120e-9))
    #expect(try leakage(0.05) < 0.2 * leakage(1))
  }

  /// The cell that the write current asks for is larger, and so is the chip.
  @Test func bothCellAreas() throws {
    let equal = try chip(.rowSequential, bits: 2)
    let write = try chip(.rowSequential, bits: 2, basis: .fromWriteCurrent)
    let cells = plausibleLibrary(bitsPerCell: 2)
    let ratio =
      try #require(write[.cellArray]).areaSquareMetres / #require(equal[.cellArray]).areaSquareMetres
    #expect(agree(ratio, (cells.cell.fromWriteCurrent ?? .nan) / cells.cell.equalFootprint))
    #expect(write.areaSquareMetres > equal.areaSquareMetres)
    #expect(write.densityMegabitsPerSquareMillimetre < equal.densityMegabitsPerSquareMillimetre)
  }
}
