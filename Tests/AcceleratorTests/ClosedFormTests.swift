import Accelerator
import Models
import Testing

/// One window, one column, one array: every component by hand.
@Suite struct ClosedFormTests {
  private let feature = 45e-9
  private let volts = 1.0
  private let fanout = 15.4e-12

  private func workload(rows: Int) -> Workload {
    let layer = Workload.Layer(
      name: "column", kind: .linear, rows: rows, columns: 1, windows: 1, inputElements: rows)
    return Workload(
      name: "one column", layers: [layer], additions: 0, activations: 0, poolingInputs: 0, weightBits: 1,
      inputBits: 1)
  }

  @Test func rowSequentialColumn() throws {
    let costs = try DigitalCosts.load("cmos45.toml")
    let cells = plausibleLibrary(bitsPerCell: 1)
    let chip = try AcceleratorEstimate.estimate(
      workload: workload(rows: 4), array: arrays(.rowSequential, rows: 4, columns: 1, columnsPerSense: 1),
      cells: cells, costs: costs, basis: .equalFootprint)
    let scale = (volts / costs.supplyVolts) * (volts / costs.supplyVolts)
    let adder = costs.adderEnergyJoulesPerBit.value * scale
    let register = costs.registerEnergyJoulesPerBit.value * scale
    let product = costs.multiplierEnergyJoulesPerBit2.value * scale

    // Four reads of equally likely levels; sums of 1 + 1 + 2 bits; rescaling by 16 bits.
    #expect(agree(try #require(chip[.senseChains]).energyJoules, 4 * 60e-15))
    #expect(agree(try #require(chip[.senseChains]).latencySeconds, 4 * 2.0e-9))
    #expect(agree(try #require(chip[.senseChains]).areaSquareMetres, 25e-12))
    #expect(agree(try #require(chip[.cellArray]).areaSquareMetres, 4 * cells.cell.equalFootprint))
    #expect(
      agree(
        try #require(chip[.nearMemoryArithmetic]).energyJoules,
        4 * (register + product + 4 * adder + 6 * register)))
    #expect(agree(try #require(chip[.nearMemoryArithmetic]).latencySeconds, 2 * 2.0e-9))
    #expect(
      agree(
        try #require(chip[.requantization]).energyJoules, 4 * 16 * product + 4 * adder + 20 * register))
    let memory = costs.sramEnergyJoulesPerBit.value * scale
    #expect(agree(try #require(chip[.globalBuffer]).energyJoules, 5 * memory))
    #expect(agree(try #require(chip[.globalBuffer]).latencySeconds, 2 * 25 * fanout))

    // A wordline carries one access gate and one cell of wire; its driver chain adds a third.
    let wordline = 1.44e-9 * 405e-9 + 2e-10 * cells.cell.equalFootprint.squareRoot()
    #expect(
      agree(try #require(chip[.wordlineDrivers]).energyJoules, 4 * 4.0 / 3 * wordline * volts * volts))
    #expect(try #require(chip[.partialSums]).areaSquareMetres == 0)
    #expect(chip.tiles == 1 && chip.layers[0].utilization == 1)
    #expect(chip.multiplyAccumulates == 4)
    #expect(agree(chip.energyDelayProduct, chip.energyJoules * chip.latencySeconds))
  }

  /// Four rows in two conversions of two rows: static energy twice, slope times two active cells' current.
  @Test func rowParallelColumn() throws {
    let cells = plausibleLibrary(bitsPerCell: 1, rowsPerRead: 2, adcBits: 2)
    let chip = try AcceleratorEstimate.estimate(
      workload: workload(rows: 4),
      array: arrays(.rowParallel, rows: 4, columns: 1, rowsPerRead: 2, adcBits: 2, columnsPerSense: 1),
      cells: cells, costs: .load("cmos45.toml"), basis: .equalFootprint)
    let read = try #require(cells.columnRead)
    let meanCell = (30e-6 + 15e-6) / 2
    #expect(
      agree(
        try #require(chip[.senseChains]).energyJoules,
        2 * read.staticEnergyJoules + read.energyPerAmpere * 2 * meanCell))
    #expect(agree(try #require(chip[.senseChains]).latencySeconds, 2 * read.cycleSeconds))
  }

  /// A read's own wordline is taken off the sense chains: the array counts the whole one.
  @Test func wordlineIsCountedOnce() throws {
    var cells = plausibleLibrary(bitsPerCell: 1)
    func chip() throws -> ChipEstimate {
      try AcceleratorEstimate.estimate(
        workload: workload(rows: 4), array: arrays(.rowSequential, rows: 4, columns: 1, columnsPerSense: 1),
        cells: cells, costs: .load("cmos45.toml"), basis: .equalFootprint)
    }
    let without = try chip()
    cells.symbolRead.energyBySource = ["vdd": 40e-15, "vwl": 15e-15, "vmx": 5e-15]
    let with = try chip()
    #expect(agree(try #require(without[.senseChains]).energyJoules, 4 * 60e-15))
    #expect(agree(try #require(with[.senseChains]).energyJoules, 4 * (60e-15 - 15e-15)))
    #expect(
      try #require(with[.wordlineDrivers]).energyJoules == #require(without[.wordlineDrivers]).energyJoules)
    cells.symbolRead.energyBySource["vwl"] = 56e-15
    #expect(throws: AcceleratorError.self, "more than the read of the lowest level takes") { try chip() }
  }

  /// All access gates of a row and its wire, at the wordline's own level.
  @Test(arguments: [nil, 1.1, 1.3])
  func wordlineSwingsAtItsOwnLevel(level: Double?) throws {
    var cells = plausibleLibrary(bitsPerCell: 1)
    cells.wordlineVolts = level
    let chip = try AcceleratorEstimate.estimate(
      workload: workload(rows: 4), array: arrays(.rowSequential, rows: 4, columns: 64, columnsPerSense: 1),
      cells: cells, costs: .load("cmos45.toml"), basis: .equalFootprint)
    let farads = 64 * (1.44e-9 * 405e-9 + 2e-10 * cells.cell.equalFootprint.squareRoot())
    let swing = level ?? volts
    #expect(
      agree(try #require(chip[.wordlineDrivers]).energyJoules, 4 * 4.0 / 3 * farads * swing * swing))
  }

  /// A digital stage slower than the read takes over the clock, and the path is charged to it.
  @Test func slowLogicSetsTheClock() throws {
    var costs = try DigitalCosts.load("cmos45.toml")
    costs.multiplierDelayFanoutOfFour.value = 996
    let chip = try AcceleratorEstimate.estimate(
      workload: workload(rows: 4), array: arrays(.rowSequential, rows: 4, columns: 1, columnsPerSense: 1),
      cells: plausibleLibrary(bitsPerCell: 1), costs: costs, basis: .equalFootprint)
    #expect(agree(try #require(chip[.nearMemoryArithmetic]).latencySeconds, (4 + 2) * 1000 * fanout))
    #expect(try #require(chip[.senseChains]).latencySeconds == 0)
  }
}
