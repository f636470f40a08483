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
    var common: [Int8]
    var ladders: RowParallelGeometry.Ladders?
    var step: ConverterStep
  }

  let geometry: RowParallelGeometry
  let layers: [Layer]
  let errors: ConverterErrors
  /// What the converter sees of an active cell at the lowest level, in grid units.
  private let lowestUnits: Int32
  /// Resistance of the lines from row to row times the conductance of a grid unit.
  private let lineDrop: Float
  /// Off-state current of an active cell that the reference column carries, in grid units.
  private let idleCurrent: Float
  let noise: NoiseLaw
  /// What names the chip in random draws.
  struct Identity: Sendable {
    var seed: UInt64
    var chip: Int
  }

  let identity: Identity
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
      cells: programmer.cells, slicing: programmer.slicing, array: array, errors: errors)
    self.geometry = geometry
    self.errors = errors
    lowestUnits = Int32(
      (errors.lowestLevel(array, levels: programmer.cells.levels) * Double(geometry.unitsPerLevel))
        .rounded(.toNearestOrEven))
    let range = Double((programmer.cells.levels - 1) * geometry.unitsPerLevel)
    lineDrop = Float(errors.lineDrop / range)
    idleCurrent =
      errors.stepInCellLevels == nil ? Float(programmer.cells.offConductance * range) : 0
    identity = Identity(seed: programmer.seed, chip: programmer.chip)
    noise = NoiseLaw(programmer.cells, unitsPerLevel: geometry.unitsPerLevel)
    layers = network.layers.indices.map { index in
      let layer = network.layers[index]
      return Layer(
        cells: geometry.pack(layer, index: index, programmer: programmer, threads: threads),
        common: geometry.common(layer, index: index, programmer: programmer, errors.sigmaReference),
        ladders: geometry.ladders(
          layer, index: index, programmer: programmer, step: steps[index], errors: errors,
          layout: ColumnLayout(array, slices: programmer.slicing.count)),
        step: steps[index])
    }
    columns = network.layers.map(\.columns)
    rows = network.layers.map(\.rows)
  }

  package func sumStride(ofLayer layer: Int) -> Int { columns[layer] }

  package func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    multiply(layer: layer, inputs: inputs, inputStride: inputStride, item: item, sums: sums, profile: nil)
  }

  /// Multiplies, and if asked adds to a profile of the errors.
  func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>, profile: UnsafePointer<tessera_profile>?
  ) {
    let windows = inputs.count / inputStride
    let state = layers[layer]
    let step = state.step.units(geometry.unitsPerLevel)
    withCrossbar(layer: layer, item: item, step: step, profile: profile) {
      crossbar, scratch in
      _ = withUnsafePointer(to: crossbar) {
        tessera_row_parallel(
          level, $0, inputs.baseAddress, Int64(inputStride), Int32(windows), sums.baseAddress, scratch)
      }
    }
    let width = sumStride(ofLayer: layer)
    let denominator = Double(geometry.slicing.denominator)
    let scale = state.step.levels(geometry.unitsPerLevel) / denominator
    let allSlices = geometry.slicing.levelWeights.reduce(0, +)
    let lowest = Double(lowestUnits) / Double(geometry.unitsPerLevel) * Double(allSlices) / denominator
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

  /// Units of the digital sum in a grid unit of a kernel's errors.
  var errorUnit: Double { 1 / Double(geometry.unitsPerLevel) / Double(geometry.slicing.denominator) }

  /// Weights of a layer as the programmed cells hold them, less the reference column, `[rows, columns]`, before lines and converters.
  func programmedWeights(layer: Int) -> [Double] {
    let slicing = geometry.slicing
    let scale = slicing.levelWeights.map {
      Double($0) / Double(slicing.denominator) / Double(geometry.unitsPerLevel)
    }
    var weights = [Double](repeating: -Double(slicing.offset), count: rows[layer] * columns[layer])
    // The reference column takes the same from every output.
    let all = scale.reduce(0, +)
    layers[layer].cells.withUnsafeBufferPointer { cells in
      for row in 0..<rows[layer] {
        let deviation = Double(layers[layer].common[geometry.referencePlace(row: row)]) * all
        for output in 0..<columns[layer] {
          for slice in 0..<slicing.count {
            let place = geometry.place(row: row, output: output, slice: slice, outputs: columns[layer])
            weights[row * columns[layer] + output] +=
              Double(Int(cells[place]) + geometry.cellOffset) * scale[slice]
          }
          weights[row * columns[layer] + output] -= deviation
        }
      }
    }
    return weights
  }

  /// Describes a layer to the kernels for the time of a call, and gives it memory.
  func withCrossbar(
    layer: Int, item: UInt64, step: ConverterStep.Units, profile: UnsafePointer<tessera_profile>? = nil,
    _ body: (tessera_crossbar, UnsafeMutablePointer<UInt8>?) -> Void
  ) {
    let state = layers[layer]
    let hasNoise = noise.isPresent || errors.sigmaNoise > 0
    var random = KeyedRandom(
      seed: identity.seed, stage: "inference.noise.\(layer)", item: UInt64(identity.chip) << 32 | item)
    let key = random.next()
    let own = errors.sigmaNoise * Double(geometry.unitsPerLevel)
    geometry.slicing.levelWeights.withUnsafeBufferPointer { sliceWeights in
      state.cells.withUnsafeBufferPointer { cells in
        state.common.withUnsafeBufferPointer { common in
          NormalQuantiles.values.withUnsafeBufferPointer { normals in
            withOptional(state.ladders?.thresholds) { ladders in
              var crossbar = tessera_crossbar(
                cells: cells.baseAddress, common: common.baseAddress,
                cell_offset: Int32(geometry.cellOffset) + lowestUnits, rows: Int32(rows[layer]),
                rows_per_read: Int32(geometry.rowsPerRead), reads_per_tile: Int32(geometry.readsPerTile),
                outputs: Int32(columns[layer]), slices: Int32(geometry.slicing.count),
                slice_weights: sliceWeights.baseAddress,
                line_drop: lineDrop, idle_current: idleCurrent,
                converter: tessera_converter(
                  half: step.half, multiplier: step.multiplier, maximum: step.maximum, ladders: ladders,
                  ladder_stride: Int64(state.ladders?.stride ?? 0), ladder_centre: state.ladders?.centre ?? 0,
                  variance_fixed: Float(own * own),
                  variance_per_cell: noise.variancePerCell - noise.variancePerSum * Float(lowestUnits),
                  variance_per_sum: noise.variancePerSum, normals: hasNoise ? normals.baseAddress : nil,
                  noise_key: key),
                profile: profile)
              let size = Int(tessera_row_parallel_scratch(&crossbar))
              withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) {
                body(crossbar, $0.bindMemory(to: UInt8.self).baseAddress)
              }
            }
          }
        }
      }
    }
  }

  private func withOptional(_ array: [Int16]?, _ body: (UnsafePointer<Int16>?) -> Void) {
    if let array {
      array.withUnsafeBufferPointer { body($0.baseAddress) }
    } else {
      body(nil)
    }
  }
}
