import CKernels
import Models

/// One chip of which several rows are read at once, each column through a flash converter.
///
/// Bit-true: for every read, input bit and weight slice the sum of the programmed conductances of the
/// active rows is converted on its own; codes are shifted and added, and scaled by the converter's step.
package struct RowParallelEngine: MatrixEngine {
  /// The cells and converters of a layer.
  struct Layer: Sendable {
    var cells: [Int8]
    var reference: [Int32]?
    var thresholds: [Int32]?
    var step: ConverterStep
  }

  let geometry: RowParallelGeometry
  let layers: [Layer]
  let errors: ConverterErrors
  /// What the converter sees of an active cell at the lowest level, in grid units.
  private let lowestUnits: Int32
  let noise: NoiseLaw
  let seed: UInt64
  let chip: Int
  private let columns: [Int]
  private let rows: [Int]
  /// Instruction set of the kernels.
  package var level = tessera_best_level()

  /// Programs a chip.
  ///
  /// - Parameters:
  ///   - network: What it computes.
  ///   - programmer: Draws the cells.
  ///   - array: Arrays in row-parallel mode.
  ///   - errors: Errors of converters and reference column.
  ///   - steps: Step of the converter of each layer, in levels.
  ///   - threads: Workers.
  package init(
    _ network: QuantizedNetwork, programmer: CellProgrammer, array: ArrayConfiguration,
    errors: ConverterErrors, steps: [ConverterStep], threads: Int
  ) {
    let geometry = RowParallelGeometry(
      cells: programmer.cells, slicing: programmer.slicing, array: array)
    self.geometry = geometry
    self.errors = errors
    lowestUnits = Int32(
      (errors.lowestLevel(array, levels: programmer.cells.levels) * Double(geometry.unitsPerLevel))
        .rounded(.toNearestOrEven))
    seed = programmer.seed
    chip = programmer.chip
    noise = NoiseLaw(programmer.cells, unitsPerLevel: geometry.unitsPerLevel)
    layers = network.layers.indices.map { index in
      let layer = network.layers[index]
      return Layer(
        cells: geometry.pack(layer, index: index, programmer: programmer, threads: threads),
        reference: geometry.reference(layer, index: index, programmer: programmer, errors.sigmaReference),
        thresholds: errors.placesThresholds
          ? geometry.thresholds(
            layer, index: index, programmer: programmer, step: steps[index], sigma: errors.sigmaThreshold,
            bow: errors.integralNonlinearity, layout: ColumnLayout(array, slices: programmer.slicing.count))
          : nil,
        step: steps[index])
    }
    columns = network.layers.map(\.columns)
    rows = network.layers.map(\.rows)
  }

  package func sumStride(ofLayer layer: Int) -> Int { geometry.columnGroups(columns[layer]) * 16 }

  package func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    let windows = inputs.count / inputStride
    let state = layers[layer]
    let step = state.step.units(geometry.unitsPerLevel)
    withCrossbar(layer: layer, item: item, step: step) { crossbar in
      _ = withUnsafePointer(to: crossbar) {
        tessera_row_parallel(
          level, $0, inputs.baseAddress, Int64(inputStride), Int32(windows), sums.baseAddress)
      }
    }
    let width = sumStride(ofLayer: layer)
    let scale = state.step.levels(geometry.unitsPerLevel)
    let allSlices = geometry.slicing.sliceWeights.reduce(0, +)
    let lowest = Double(lowestUnits) / Double(geometry.unitsPerLevel) * Double(allSlices)
    for window in 0..<windows {
      var active: Int32 = 0
      if geometry.slicing.offset != 0 {
        for code in inputs[window * inputStride..<window * inputStride + rows[layer]] {
          active &+= Int32(code)
        }
      }
      let correction = active &* geometry.slicing.offset
      let idle = lowest * Double(active)
      for column in window * width..<window * width + columns[layer] {
        let codes =
          scale == 1 && idle == 0
          ? sums[column]
          : Int32(
            min(max((Double(sums[column]) * scale - idle).rounded(.toNearestOrEven), -0x1p31), 0x1p31 - 1))
        sums[column] = codes &- correction
      }
    }
  }

  /// Describes a layer to the kernels for the time of a call.
  func withCrossbar(
    layer: Int, item: UInt64, step: ConverterStep.Units, _ body: (tessera_crossbar) -> Void
  ) {
    let state = layers[layer]
    let hasNoise = noise.isPresent || errors.sigmaNoise > 0
    var random = KeyedRandom(
      seed: seed, stage: "inference.noise.\(layer)", item: UInt64(chip) << 32 | item)
    let key = random.next()
    let own = errors.sigmaNoise * Double(geometry.unitsPerLevel)
    geometry.paddedSliceWeights.withUnsafeBufferPointer { sliceWeights in
      state.cells.withUnsafeBufferPointer { cells in
        NormalQuantiles.values.withUnsafeBufferPointer { normals in
          withOptional(state.reference) { reference in
            withOptional(state.thresholds) { thresholds in
              body(
                tessera_crossbar(
                  cells: cells.baseAddress, cell_offset: Int32(geometry.cellOffset) + lowestUnits,
                  rows: Int32(rows[layer]), rows_per_read: Int32(geometry.rowsPerRead),
                  reads_per_tile: Int32(geometry.readsPerTile),
                  column_groups: Int32(geometry.columnGroups(columns[layer])),
                  slice_groups: Int32(geometry.sliceGroups), slice_weights: sliceWeights.baseAddress,
                  reference: reference,
                  converter: tessera_converter(
                    half: step.half, multiplier: step.multiplier, maximum: step.maximum,
                    thresholds: thresholds, variance_fixed: Float(own * own),
                    variance_per_cell: noise.variancePerCell - noise.variancePerSum * Float(lowestUnits),
                    variance_per_sum: noise.variancePerSum,
                    normals: hasNoise ? normals.baseAddress : nil, noise_key: key)))
            }
          }
        }
      }
    }
  }

  private func withOptional(_ array: [Int32]?, _ body: (UnsafePointer<Int32>?) -> Void) {
    if let array {
      array.withUnsafeBufferPointer { body($0.baseAddress) }
    } else {
      body(nil)
    }
  }
}
