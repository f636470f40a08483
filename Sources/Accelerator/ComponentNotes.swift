import Models

/// Where each component's figures come from, in words.
struct ComponentNotes {
  let cells: CellLibrary
  let array: ArrayConfiguration
  let basis: ChipEstimate.CellAreaBasis
  let costs: DigitalCosts

  /// Origin of what the library supplies: simulated if ngspice took part in it.
  private var libraryOrigin: Origin { cells.provenance.tools["ngspice"] == nil ? .assumption : .spice }

  func component(_ kind: ComponentKind, _ item: Bill.Item) -> ChipEstimate.Component {
    let (origin, note) = note(kind)
    return ChipEstimate.Component(
      name: kind.rawValue, areaSquareMetres: item.area, energyJoules: item.energy,
      latencySeconds: item.seconds, leakageWatts: item.leakage, origin: origin, note: note)
  }

  /// What a column read loses, in words; empty if nothing.
  private var resolution: String {
    guard let read = cells.columnRead else { return "" }
    let sums = LosslessConversion.codes(rowsPerRead: read.rowsPerRead, bitsPerCell: cells.bitsPerCell)
    let resolved = LosslessConversion.resolvedSums(read, bitsPerCell: cells.bitsPerCell)
    return resolved < sums ? "; resolves \(resolved) of \(sums) sums" : ""
  }

  private func note(_ kind: ComponentKind) -> (Origin, String) {
    let sequential = array.readMode == .rowSequential
    switch kind {
    case .cellArray:
      return (
        .analytic,
        (basis == .equalFootprint
          ? "cell area of the library, the same footprint for any bits per cell"
          : "cell area of the library, from the access transistor that the write current asks for")
          + "; read energy is counted at the sense chains"
      )
    case .senseChains:
      let source = libraryOrigin == .spice ? "simulated" : "stated"
      return sequential
        ? (
          libraryOrigin,
          "\(source) single-cell flash read: area, cycle, energy by level, leakage; registers of the trim"
        )
        : (
          libraryOrigin,
          "\(source) column read of \(array.rowsPerRead) rows, \(array.adcBits) bits: area, cycle, "
            + "static energy + slope x mean column current, leakage; registers of the trim" + resolution
        )
    case .wordlineDrivers:
      return (
        .analytic,
        "fan-out-of-four chains into access gates and wire of the whole row at the wordline's level; the "
          + "characterised read's own wordline is taken off the sense chains"
      )
    case .rowDecoders:
      return (
        .assumption, "\(costs.organisation.gatesPerRow) gates per row, predecoded lines along the array"
      )
    case .columnSwitches:
      return (.assumption, "one switch per column beyond what the sense chain contains")
    case .writeDrivers:
      return cells.write == nil
        ? (.assumption, "not characterised in this library: area left out")
        : (libraryOrigin, "one per sense chain, off during inference; write energy is no part of it")
    case .nearMemoryArithmetic:
      return sequential
        ? (.literature, "multiply-accumulate beside the array; \(costs.multiplierEnergyJoulesPerBit2.source)")
        : (
          .literature,
          "two encoder gates per comparator, shift-add per converter; "
            + "\(costs.adderEnergyJoulesPerBit.source)"
        )
    case .partialSums:
      return (
        .literature, "one adder per row tile passes the sum on; \(costs.adderEnergyJoulesPerBit.source)"
      )
    case .requantization:
      return (.literature, "rescaling per column tile; \(costs.multiplierEnergyJoulesPerBit2.source)")
    case .inputBuffers:
      return (.literature, "line and row buffers; \(costs.sramEnergyJoulesPerBit.source)")
    case .globalBuffer:
      return (.literature, "banks for one layer's input and output; \(costs.sramEnergyJoulesPerBit.source)")
    case .elementwise:
      return (
        .literature,
        "residual additions, activations, pooling; "
          + "\(costs.adderEnergyJoulesPerBit.source)"
      )
    case .interconnect:
      return (
        .literature,
        "H-tree over the chip's side and buses in the layers; \(costs.wireEnergyJoulesPerBitMetre.source)"
      )
    }
  }

  func provenance(replication: Int, workload: Workload) -> Provenance {
    var assumptions = [
      "every layer has its own arrays, copies: \(replication); layers run one after another",
      "idle layers are power-gated to \(costs.organisation.idleLeakageFraction) of their leakage; "
        + "the cells keep the weights",
      "leakage is at room temperature and is not scaled with temperature",
    ]
    if workload.layers.contains(where: \.weightHistogram.isEmpty) {
      assumptions.append("where no histogram of weights is given, non-zero weights are equally likely")
    }
    if array.readMode == .rowSequential,
      workload.layers.contains(where: { $0.zeroInputFraction == nil && !$0.zeroBitFractions.isEmpty })
    {
      assumptions.append("where no fraction of zero inputs is given, the bits of an input are independent")
    }
    if array.readMode == .rowParallel {
      assumptions.append(
        "the range of the column read ends with all rows at the highest level; the current of cells at the "
          + "lowest level is converted with the sum and subtracted with the sum of the inputs")
      if workload.layers.contains(where: { $0.zeroBitFractions.isEmpty }) {
        assumptions.append("where no input densities are given, every input bit is one half of the time")
      }
    }
    if cells.write == nil { assumptions.append("write drivers are not characterised and take no area") }
    return Provenance(
      seed: 0, tools: ["tessera": Tessera.version], citations: costs.citations,
      assumptions: assumptions + cells.provenance.assumptions)
  }
}
