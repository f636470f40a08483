import Models

/// The circuits of one physical array, the same for every array of the chip.
struct ArrayHardware: Sendable {
  /// Area and leakage by component of one array.
  let bill: Bill
  /// Energy of raising one wordline across the array, in joule.
  let wordlineEnergy: Double
  /// Energy of decoding and addressing one read, in joule.
  let decodeEnergy: Double
  /// Clock of the array: the characterised read, or the slowest digital stage behind it, in seconds.
  let clockSeconds: Double
  /// Whether the read (not the digital stage) sets the clock.
  let readSetsClock: Bool
  /// Side of a square of the array's whole area, the distance between neighbouring arrays, in metres.
  var pitchMetres: Double { bill.area.squareRoot() }

  /// Widths in bits of what the array computes with.
  struct Widths: Sendable {
    let weight: Int
    let input: Int
    /// Sum over the array's rows that leaves the array, per weight.
    let tileSum: Int
    /// Sum over rows and input bits of one physical column (row-parallel).
    let columnSum: Int

    init(workload: Workload, bitsPerCell: Int, rows: Int) {
      weight = workload.weightBits
      input = workload.inputBits
      tileSum = workload.weightBits + workload.inputBits + rows.bitsToCount
      columnSum = bitsPerCell + workload.inputBits + rows.bitsToCount
    }
  }

  init(
    array: ArrayConfiguration, cells: CellLibrary, basis: ChipEstimate.CellAreaBasis, slices: Int,
    widths: Widths, sense: SenseCosts, blocks: DigitalBlocks
  ) throws(AcceleratorError) {
    if let volts = cells.wordlineVolts { try require(volts, in: 0.1...5, "wordlineVolts", at: cells.title) }
    let (cellArea, accessWidth) = try ArrayHardware.cell(cells, basis: basis)
    let cellPitch = cellArea.squareRoot()
    let wireFarads = blocks.costs.wireFaradsPerMetre.value
    let senses = ColumnLayout(array, slices: slices).sensesPerArray
    let organisation = blocks.costs.organisation
    var bill = Bill()

    // The rows of the power-up calibration hold no weights.
    let rows = array.rows + cells.symbolRead.calibrationRows
    bill[.cellArray].area = Double(rows) * Double(array.columns) * cellArea
    let trim = blocks.registerArea(sense.trimBits)
    bill[.senseChains].area = Double(senses) * (sense.area + trim)
    bill[.senseChains].leakage = Double(senses) * (sense.leakage + blocks.logicLeakage(area: trim))

    let wordline = blocks.driver(
      farads: Double(array.columns)
        * (wireFarads * cellPitch + blocks.costs.gateFaradsPerMetre.value * accessWidth),
      volts: cells.wordlineVolts)
    wordlineEnergy = wordline.energy
    bill[.wordlineDrivers].area = Double(rows) * wordline.area
    bill[.wordlineDrivers].leakage = Double(rows) * wordline.leakage

    // Predecoded address lines run along all rows; two of them and a gate per address bit switch.
    let addressBits = max(1, rows.bitsToCount)
    let addressLine = blocks.driver(farads: wireFarads * cellPitch * Double(rows))
    decodeEnergy = 2 * addressLine.energy + blocks.gateEnergy(2 * Double(addressBits))
    bill[.rowDecoders].area = blocks.gateArea(Double(rows * organisation.gatesPerRow))
    bill[.rowDecoders].leakage = blocks.logicLeakage(area: bill[.rowDecoders].area)

    bill[.columnSwitches].area =
      Double(array.columns) * blocks.transistorArea(width: blocks.costs.columnSwitchMetres.value)
    let driverArea = cells.write?.driverArea ?? 0
    try require(driverArea, in: 0...1e-6, "write.driverArea", at: cells.title)
    bill[.writeDrivers].area = Double(senses) * driverArea

    let stage: Double
    let perArray: Double
    switch array.readMode {
    case .rowSequential:
      // One multiply-accumulate unit serves the sense chains that together read one weight.
      let units = Double(senses.dividedRoundingUp(by: slices))
      let registers = widths.weight + widths.weight + widths.input + widths.tileSum
      let subtractor = array.signScheme == .differential ? blocks.adderArea(widths.weight) : 0
      perArray =
        units
        * (blocks.multiplierArea(widths.weight, widths.input) + blocks.adderArea(widths.tileSum)
          + blocks.registerArea(registers) + subtractor)
      stage = max(blocks.multiplyStageSeconds, blocks.addStageSeconds)
    case .rowParallel:
      // Every converter has an encoder and a shift-add accumulator; one adder joins the slices.
      let accumulator =
        blocks.gateArea(2 * Double(sense.thermometerCodes))
        + blocks.adderArea(widths.columnSum) + blocks.registerArea(widths.columnSum)
      perArray =
        Double(senses) * accumulator + blocks.adderArea(widths.tileSum) + blocks.registerArea(widths.tileSum)
      stage = blocks.addStageSeconds
    }
    bill[.nearMemoryArithmetic].area = perArray
    bill[.nearMemoryArithmetic].leakage = blocks.logicLeakage(area: perArray)
    clockSeconds = max(sense.cycleSeconds, stage)
    readSetsClock = sense.cycleSeconds >= stage
    self.bill = bill
  }

  /// Area of a cell and width of its access transistor on the chosen basis.
  private static func cell(
    _ cells: CellLibrary, basis: ChipEstimate.CellAreaBasis
  ) throws(AcceleratorError) -> (area: Double, accessWidth: Double) {
    let (known, knownWidth): (Double?, Double?) =
      switch basis {
      case .equalFootprint: (cells.cell.equalFootprint, cells.cell.accessWidthMetres)
      case .fromWriteCurrent: (cells.cell.fromWriteCurrent, cells.cell.requiredAccessWidthMetres)
      }
    guard let area = known, let width = knownWidth else {
      throw AcceleratorError(
        .infeasible,
        "the write current is not known, so there is no cell area on the basis '\(basis.rawValue)'",
        at: cells.title)
    }
    guard area.isFinite, width.isFinite else {
      throw AcceleratorError(
        .infeasible,
        "no access transistor delivers the write current"
          + (cells.write.map { " of \($0.requiredCurrentAmperes) A" } ?? "")
          + ", so there is no cell area on the basis '\(basis.rawValue)'", at: cells.title)
    }
    try require(area, in: 1e-18...1e-8, "cell.\(basis.rawValue)", at: cells.title)
    try require(width, in: 0...1e-3, "access width", at: cells.title)
    return (area, width)
  }
}
