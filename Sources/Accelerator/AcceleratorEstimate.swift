import Models

/// Area, latency and energy of a network on an accelerator of memory arrays.
///
/// ```swift
/// let chip = try AcceleratorEstimate.estimate(
///   workload: network, array: array, cells: library, costs: .load("cmos45.toml"),
///   basis: .equalFootprint)
/// print(chip.tiles, chip.energyDelayProduct)
/// ```
///
/// Every layer has its own arrays. All arrays of a layer work in parallel; windows stream through a
/// pipeline of buffer, arrays, partial sums and rescaling; layers run one after another for the latency of
/// one inference.
public enum AcceleratorEstimate {
  /// Name of the entry in ``ChipEstimate/layers`` that holds residual additions, activations and pooling,
  /// which a workload does not assign to layers.
  public static let elementwiseLayerName = "element-wise"

  /// Estimates a chip: a pure function of its arguments.
  ///
  /// Windows count padding as the network does: a row under padding is a row with a zero input. The data
  /// statistics come with the workload's layers.
  ///
  /// - Parameters:
  ///   - workload: The network.
  ///   - array: The arrays and how they are read.
  ///   - cells: Characterised cells and reads.
  ///   - costs: Digital costs of the same node.
  ///   - basis: Which cell area to build from.
  ///   - replication: Copies of every layer that share its windows (at most one copy per window).
  /// - Throws: ``AcceleratorError``: a value out of range, a read that the library does not characterise,
  ///   a cell or column that cannot be built.
  public static func estimate(
    workload: Workload, array: ArrayConfiguration, cells: CellLibrary, costs: DigitalCosts,
    basis: ChipEstimate.CellAreaBasis, replication: Int = 1
  ) throws(AcceleratorError) -> ChipEstimate {
    try check(workload, array)
    let blocks = try DigitalBlocks(costs, for: cells)
    let sense = try SenseCosts(cells, array: array)
    let widths = ArrayHardware.Widths(
      workload: workload, bitsPerCell: cells.bitsPerCell, rows: array.rows)
    let slices = try LayerMapping.slices(
      weightBits: workload.weightBits, bitsPerCell: cells.bitsPerCell, signScheme: array.signScheme)
    let hardware = try ArrayHardware(
      array: array, cells: cells, basis: basis, slices: slices, widths: widths, sense: sense, blocks: blocks)
    let context = ChipContext(
      workload: workload, array: array, hardware: hardware, widths: widths, sense: sense, blocks: blocks)

    var layers: [LayerCost] = []
    for layer in workload.layers {
      let mapping = try LayerMapping(
        layer, weightBits: workload.weightBits, bitsPerCell: cells.bitsPerCell, array: array,
        replication: replication)
      let data = try DataStatistics(
        layer: layer, workload: workload, bitsPerCell: cells.bitsPerCell, scheme: array.signScheme)
      layers.append(LayerCost(layer, mapping: mapping, data: data, context: context))
    }
    let layerArea = layers.reduce(0) { $0 + $1.hardware.area }
    let shared = SharedCost(workload: workload, blocks: blocks, layerArea: layerArea)
    let running = layers.map { $0.running(side: shared.side) }
    let latency = running.reduce(shared.elementwise.seconds) { $0 + $1.seconds }

    // A layer leaks fully while it runs and through its power switches while another one does.
    let idle = costs.organisation.idleLeakageFraction
    var chip = Bill()
    for (layer, work) in zip(layers, running) {
      chip.add(layer.hardware, leakageWeight: idle + (1 - idle) * work.seconds / latency)
      chip.add(work)
    }
    chip.add(shared.hardware)
    chip.add(shared.elementwise)

    var rows = zip(layers, running).map { layer, work in
      ChipEstimate.Layer(
        name: layer.layer.name, tiles: layer.mapping.tiles, utilization: layer.mapping.utilization,
        areaSquareMetres: layer.hardware.area, energyJoules: work.named(\.energy),
        latencySeconds: work.named(\.seconds))
    }
    rows.append(
      ChipEstimate.Layer(
        name: elementwiseLayerName, tiles: 0, utilization: 0, areaSquareMetres: 0,
        energyJoules: shared.elementwise.named(\.energy),
        latencySeconds: shared.elementwise.named(\.seconds)))
    let macro = ComponentKind.allCases.filter(\.isArrayOrPeriphery).reduce(0) { $0 + chip[$1].area }
    let storedBits = Double(workload.weights) * Double(workload.weightBits)
    let notes = ComponentNotes(cells: cells, array: array, basis: basis, costs: costs)
    return ChipEstimate(
      title: cells.title, technology: cells.technology, bitsPerCell: cells.bitsPerCell, array: array,
      cellAreaBasis: basis, replication: replication, tiles: layers.reduce(0) { $0 + $1.mapping.tiles },
      components: ComponentKind.allCases.map { notes.component($0, chip[$0]) }, layers: rows,
      latencySeconds: latency,
      slowestStageSeconds: running.reduce(shared.elementwise.seconds) { max($0, $1.seconds) },
      multiplyAccumulates: workload.multiplyAccumulates,
      densityMegabitsPerSquareMillimetre: storedBits * 1e-6 / (macro * 1e6),
      provenance: notes.provenance(replication: replication, workload: workload))
  }

  private static func check(
    _ workload: Workload, _ array: ArrayConfiguration
  ) throws(AcceleratorError) {
    guard !workload.layers.isEmpty else {
      throw AcceleratorError(.outOfRange, "the workload has no matrix layer", at: workload.name)
    }
    try require(workload.weightBits, in: 1...32, "weightBits", at: workload.name)
    try require(workload.inputBits, in: 1...32, "inputBits", at: workload.name)
    for (name, value) in [
      ("additions", workload.additions), ("activations", workload.activations),
      ("poolingInputs", workload.poolingInputs),
    ] { try require(value, in: 0...1 << 40, name, at: workload.name) }
    var products = 0.0
    for layer in workload.layers {
      try require(layer.inputElements, in: 0...1 << 40, "inputElements", at: layer.name)
      products += Double(layer.rows) * Double(layer.columns) * Double(max(1, layer.windows))
    }
    try require(products, in: 1...1e15, "multiplyAccumulates", at: workload.name)
    try array.check()
  }
}
