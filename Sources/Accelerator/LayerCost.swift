import Models

/// What all layers of one chip share.
struct ChipContext: Sendable {
  let workload: Workload
  let array: ArrayConfiguration
  let hardware: ArrayHardware
  let widths: ArrayHardware.Widths
  let sense: SenseCosts
  let blocks: DigitalBlocks
}

/// Hardware, energy and time of one layer.
struct LayerCost: Sendable {
  let layer: Workload.Layer
  let mapping: LayerMapping
  /// Area and leakage of the hardware that only this layer uses.
  let hardware: Bill
  private let context: ChipContext
  private let data: DataStatistics
  private let reads: ReadCount
  private let layerSumBits: Int
  private let lineBankBytes: Double
  private let rowBufferBytes: Double

  init(
    _ layer: Workload.Layer, mapping: LayerMapping, data: DataStatistics, context: ChipContext
  ) {
    self.layer = layer
    self.mapping = mapping
    self.context = context
    self.data = data
    reads = ReadCount(mapping: mapping, array: context.array, data: data)
    let (widths, blocks) = (context.widths, context.blocks)
    layerSumBits = widths.weight + widths.input + layer.rows.bitsToCount
    var bill = Bill()
    bill.add(context.hardware.bill, times: Double(mapping.tiles))
    let copies = Double(mapping.copies)

    // Row buffer: the row tile's inputs of two windows. Line buffer: the input lines under the kernel,
    // at most `rows` per window of an output line (stride up to the kernel's width).
    rowBufferBytes = Double(2 * mapping.tileRows[0] * widths.input) / 8
    let outputLine = Double(layer.windows).squareRoot().rounded(.up)
    let lineBits = min(Double(layer.inputElements), Double(layer.rows) * outputLine) * Double(widths.input)
    lineBankBytes = lineBits / 8 / Double(mapping.rowTiles)
    let bufferBits = copies * (lineBits + Double(2 * layer.rows * widths.input))
    bill[.inputBuffers].area = blocks.memoryArea(bits: bufferBits)
    bill[.inputBuffers].leakage = blocks.memoryLeakage(bits: bufferBits)

    // One adder below each array passes the sum on to the next row tile.
    let adders = Double((mapping.rowTiles - 1) * mapping.columnTiles) * copies
    bill[.partialSums].area =
      adders * (blocks.adderArea(layerSumBits) + blocks.registerArea(layerSumBits))
    bill[.partialSums].leakage = blocks.logicLeakage(area: bill[.partialSums].area)

    // One rescaling unit per column tile, and with offset weights one sum of the inputs per row tile.
    let scaleBits = blocks.costs.organisation.scaleBits
    var requantization =
      Double(mapping.columnTiles)
      * (blocks.multiplierArea(layerSumBits, scaleBits) + blocks.adderArea(layerSumBits)
        + blocks.registerArea(layerSumBits + scaleBits))
    if context.subtractsInputSum {
      requantization +=
        Double(mapping.rowTiles) * (blocks.adderArea(layerSumBits) + blocks.registerArea(layerSumBits))
    }
    bill[.requantization].area = copies * requantization
    bill[.requantization].leakage = blocks.logicLeakage(area: bill[.requantization].area)
    hardware = bill
  }

  /// Energy per inference and time on the critical path.
  ///
  /// - Parameter side: Side of the chip in metres, the length of a path through the H-tree.
  func running(side: Double) -> Bill {
    var bill = Bill()
    addReadEnergy(to: &bill)
    addDigitalEnergy(to: &bill)
    addTransferEnergy(to: &bill, side: side)
    addTime(to: &bill, side: side)
    return bill
  }

  private func addReadEnergy(to bill: inout Bill) {
    let windows = Double(layer.windows)
    let columns = Double(layer.columns * mapping.slices)
    let conversions = windows * columns * reads.total
    let steps = windows * Double(mapping.switchPositionsOfAllTiles) * reads.total
    bill[.rowDecoders].energy = steps * context.hardware.decodeEnergy
    switch context.array.readMode {
    case .rowSequential:
      bill[.senseChains].energy = context.sense.symbolEnergy(
        reads: conversions, levelFractions: data.levelFractions)
      bill[.wordlineDrivers].energy = steps * context.hardware.wordlineEnergy
    case .rowParallel:
      let activations = windows * Double(layer.rows) * data.oneFractions.reduce(0, +)
      bill[.senseChains].energy = context.sense.conversionEnergy(
        conversions: conversions, cellActivations: activations * columns,
        levelFractions: data.levelFractions)
      bill[.wordlineDrivers].energy =
        activations * Double(mapping.switchPositionsOfAllTiles) * context.hardware.wordlineEnergy
    }
  }

  private func addDigitalEnergy(to bill: inout Bill) {
    let (widths, blocks) = (context.widths, context.blocks)
    let outputs = Double(layer.windows) * Double(layer.columns)
    switch context.array.readMode {
    case .rowSequential:
      let weightReads = outputs * reads.total
      let subtraction = context.array.signScheme == .differential ? blocks.adderEnergy(widths.weight) : 0
      let product =
        blocks.multiplierEnergy(widths.weight, widths.input) + blocks.adderEnergy(widths.tileSum)
        + blocks.registerEnergy(widths.weight + widths.input + widths.tileSum)
      // A zero weight stops at the weight register.
      bill[.nearMemoryArithmetic].energy =
        weightReads
        * (blocks.registerEnergy(widths.weight) + subtraction + (1 - layer.zeroWeightFraction) * product)
    case .rowParallel:
      let conversions = outputs * Double(mapping.slices) * reads.total
      let join = blocks.adderEnergy(widths.tileSum) + blocks.registerEnergy(widths.tileSum)
      bill[.nearMemoryArithmetic].energy =
        conversions
        * (blocks.gateEnergy(2 * Double(context.sense.thermometerCodes))
          + blocks.adderEnergy(widths.columnSum) + blocks.registerEnergy(widths.columnSum))
        + outputs * Double(mapping.rowTiles * (mapping.slices - 1)) * join
    }
    let sum = blocks.adderEnergy(layerSumBits) + blocks.registerEnergy(layerSumBits)
    bill[.partialSums].energy = outputs * Double(mapping.rowTiles - 1) * sum
    let scaleBits = blocks.costs.organisation.scaleBits
    bill[.requantization].energy =
      outputs
      * (blocks.multiplierEnergy(layerSumBits, scaleBits) + blocks.adderEnergy(layerSumBits)
        + blocks.registerEnergy(layerSumBits + scaleBits))
    if context.subtractsInputSum {
      bill[.requantization].energy +=
        Double(layer.windows) * Double(layer.rows) * sum + outputs * blocks.adderEnergy(layerSumBits)
    }
  }

  private func addTransferEnergy(to bill: inout Bill, side: Double) {
    let (widths, blocks) = (context.widths, context.blocks)
    let bankBytes = Double(blocks.costs.organisation.bufferBankBytes)
    let windows = Double(layer.windows)
    let inputs = Double(layer.inputElements * widths.input)
    let outputs = windows * Double(layer.columns * widths.input)
    let windowBits = windows * Double(layer.rows * widths.input)
    let rowReadBits = windowBits * Double(mapping.switchPositions)
    bill[.globalBuffer].energy = (inputs + outputs) * blocks.memoryEnergyPerBit(bytes: bankBytes)
    bill[.inputBuffers].energy =
      (inputs + windowBits) * blocks.memoryEnergyPerBit(bytes: lineBankBytes)
      + (windowBits + rowReadBits) * blocks.memoryEnergyPerBit(bytes: rowBufferBytes)
    let pitch = context.hardware.pitchMetres
    bill[.interconnect].energy =
      blocks.wireEnergy(bits: inputs + outputs, metres: side)
      + blocks.wireEnergy(bits: rowReadBits, metres: pitch * Double(mapping.columnTiles))
      + blocks.wireEnergy(
        bits: windows * Double(layer.columns * (mapping.rowTiles - 1) * layerSumBits), metres: pitch)
  }

  /// Windows stream through a pipeline: each stage once to fill it, then the slowest per window.
  private func addTime(to bill: inout Bill, side: Double) {
    let (widths, blocks) = (context.widths, context.blocks)
    let organisation = blocks.costs.organisation
    let copies = Double(mapping.copies)
    let bus = Double(organisation.globalBusBits)
    let cycle = blocks.memoryCycleSeconds
    let newBits = Double(layer.inputElements * widths.input) / Double(layer.windows)
    let outputBits = Double(layer.columns * widths.input)
    let weights = Double(mapping.weightsOfFullestTile)
    let tileInputBits = mapping.tileRows[0] * widths.input
    let readsPerWindow = Double(mapping.switchPositions) * reads.slowest
    var stages: [(kind: ComponentKind, seconds: Double)] = [
      (.globalBuffer, max(1, newBits * copies / bus) * cycle),
      (.inputBuffers, Double(tileInputBits.dividedRoundingUp(by: organisation.linePortBits)) * cycle),
      (
        context.hardware.readSetsClock ? .senseChains : .nearMemoryArithmetic,
        readsPerWindow * context.hardware.clockSeconds
      ),
      (.requantization, weights * blocks.multiplyStageSeconds),
      (.globalBuffer, max(1, outputBits * copies / bus) * cycle),
    ]
    if mapping.rowTiles > 1 {
      stages.append((.partialSums, (weights + Double(mapping.rowTiles - 1)) * blocks.addStageSeconds))
    }
    var slowest = stages[0]
    for stage in stages {
      bill[stage.kind].seconds += stage.seconds
      if stage.seconds > slowest.seconds { slowest = stage }
    }
    bill[slowest.kind].seconds += Double(mapping.windowsPerCopy - 1) * slowest.seconds
    // Behind the last read: product and sum, or shift-add and the joining of the slices.
    let stagesBehind =
      context.array.readMode == .rowSequential ? 2 : Double(mapping.slices)
    bill[.nearMemoryArithmetic].seconds += stagesBehind * context.hardware.clockSeconds
    bill[.interconnect].seconds += 2 * blocks.wireDelay(metres: side)
  }
}

extension ChipContext {
  /// Whether the offset of the weights is removed by subtracting a multiple of the sum of the inputs.
  ///
  /// Only where sums are formed before the weights are known: a weight that was read to its symbol loses
  /// its offset by one inverter.
  var subtractsInputSum: Bool { array.readMode == .rowParallel && array.signScheme == .offset }
}
