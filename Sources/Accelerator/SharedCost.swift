import Models

/// Hardware that serves all layers, and the element-wise work between them.
struct SharedCost: Sendable {
  /// Area and leakage of the shared hardware.
  let hardware: Bill
  /// Energy per inference and time of the residual additions, activations and pooling.
  let elementwise: Bill
  /// Side of the square of layers and shared hardware, the length of a path through the H-tree, in metres.
  let side: Double

  /// - Parameters:
  ///   - layerArea: Area of the hardware of all layers, around which the chip's square is drawn.
  init(workload: Workload, blocks: DigitalBlocks, layerArea: Double) {
    let organisation = blocks.costs.organisation
    let (bits, scaleBits) = (workload.inputBits, organisation.scaleBits)
    var hardware = Bill()

    // The buffer holds input and output of one layer at a time, and a shortcut if there are any.
    let outputs = workload.layers.map { $0.columns * $0.windows }
    let transit = zip(workload.layers, outputs).map { $0.0.inputElements + $0.1 }.max() ?? 0
    let shortcut = workload.additions > 0 ? outputs.max() ?? 0 : 0
    let bankBits = 8 * organisation.bufferBankBytes
    let banks = max(1, ((transit + shortcut) * bits).dividedRoundingUp(by: bankBits))
    hardware[.globalBuffer].area = blocks.memoryArea(bits: Double(banks * bankBits))
    hardware[.globalBuffer].leakage = blocks.memoryLeakage(bits: Double(banks * bankBits))

    // As many lanes as operands arrive per cycle: two rescaling multipliers and an adder each.
    let lanes = Double(organisation.globalBusBits.dividedRoundingUp(by: bits))
    let sumBits = bits + scaleBits
    hardware[.elementwise].area =
      lanes
      * (2 * blocks.multiplierArea(bits, scaleBits) + blocks.adderArea(sumBits)
        + blocks.registerArea(2 * sumBits))
    hardware[.elementwise].leakage = blocks.logicLeakage(area: hardware[.elementwise].area)

    // H-tree to the layers, inwards and outwards: repeaters only, its wires run above the arrays.
    side = (layerArea + hardware.area).squareRoot()
    let treeMetres = max(side, 1.5 * side * (Double(workload.layers.count).squareRoot() - 1))
    hardware[.interconnect].area =
      2 * Double(organisation.globalBusBits) * treeMetres
      * blocks.costs.repeaterSquareMetresPerBitMetre.value
    hardware[.interconnect].leakage = blocks.logicLeakage(area: hardware[.interconnect].area)
    self.hardware = hardware

    // A residual addition moves three operands, a pooling input one; activations work in passing.
    var work = Bill()
    let additions = Double(workload.additions)
    let pooled = Double(workload.poolingInputs)
    let moved = (3 * additions + pooled) * Double(bits)
    let bank = blocks.memoryEnergyPerBit(bytes: Double(organisation.bufferBankBytes))
    work[.globalBuffer].energy = moved * bank
    work[.globalBuffer].seconds =
      (moved / Double(organisation.globalBusBits)).rounded(.up) * blocks.memoryCycleSeconds
    work[.interconnect].energy = blocks.wireEnergy(bits: moved, metres: side)
    work[.elementwise].energy =
      additions
      * (2 * blocks.multiplierEnergy(bits, scaleBits) + blocks.adderEnergy(sumBits)
        + blocks.registerEnergy(2 * sumBits))
      + pooled * (blocks.adderEnergy(sumBits) + blocks.registerEnergy(sumBits))
      + Double(workload.activations) * blocks.adderEnergy(bits)
    if moved > 0 {
      work[.elementwise].seconds = blocks.multiplyStageSeconds + blocks.addStageSeconds
      work[.interconnect].seconds = 2 * blocks.wireDelay(metres: side)
    }
    elementwise = work
  }
}
