import Models

/// Where the cells of a layer lie in the kernel's panels, and on which grid conductances are stored.
package struct RowParallelGeometry: Sendable {
  let slicing: WeightSlicing
  let rowsPerRead: Int
  let readsPerTile: Int
  /// Grid units of one level: a power of two, as fine as a signed byte allows for the cells' scatter.
  package let unitsPerLevel: Int
  /// Grid units that a stored zero stands for: the middle of the range.
  let cellOffset: Int
  /// Weight of each slice, padded with zeros to groups of four.
  let paddedSliceWeights: [Int32]
  private let top: Double

  package init(cells: CellArrayModel, slicing: WeightSlicing, array: ArrayConfiguration) {
    self.slicing = slicing
    rowsPerRead = array.rowsPerRead
    readsPerTile = array.rows / array.rowsPerRead
    top = Double(cells.levels - 1)
    // Farthest position from the middle of the range, in levels: five standard deviations from the mean, or
    // the extremes of a sampled level.
    let off = cells.offConductance
    var reach = 0.0
    for level in 0..<cells.levels {
      let relative =
        cells.sigmaConductance * cells.sigmaConductance + cells.sigmaDrift[level] * cells.sigmaDrift[level]
      let list = cells.positionQuantiles.isEmpty ? [] : cells.positionQuantiles[level]
      let sigma = list.isEmpty ? cells.sigmaDeviceToDevice[level] : 0
      for position in [list.first ?? cells.levelMeans[level], list.last ?? cells.levelMeans[level]] {
        let total = off + position
        let spread = (sigma * sigma + relative * total * total).squareRoot()
        reach = max(reach, (abs(total * cells.driftMean[level] - off - 0.5) + 5 * spread) * top)
      }
    }
    unitsPerLevel = [64, 32].first { reach * Double($0) <= 127 } ?? 16
    cellOffset = (cells.levels - 1) * unitsPerLevel / 2
    let padding = (4 - slicing.count % 4) % 4
    paddedSliceWeights = slicing.sliceWeights + [Int32](repeating: 0, count: padding)
  }

  var sliceGroups: Int { paddedSliceWeights.count / 4 }
  private var quads: Int { (rowsPerRead + 3) / 4 }

  func columnGroups(_ columns: Int) -> Int { (columns + 15) / 16 }
  func reads(_ rows: Int) -> Int { (rows + rowsPerRead - 1) / rowsPerRead }

  /// Largest sum of one read, in levels.
  var largestSum: Int { rowsPerRead * Int(top) }

  /// Largest weighted sum of codes of a column with every converter at its largest code: what the kernels' 32
  /// bits must hold.
  func largestCodeSum(rows: Int, step: ConverterStep) -> Int {
    let weights = slicing.sliceWeights.reduce(0) { $0 + Int(abs($1)) }
    return reads(rows) * step.maximum * weights * 255
  }

  /// The programmed cells of a layer, `[reads, column groups, slice groups, quads, 64, 4]`.
  func pack(_ layer: MatrixLayer, index: Int, programmer: CellProgrammer, threads: Int) -> [Int8] {
    let panels = columnGroups(layer.columns) * sliceGroups
    let readSize = panels * quads * 256
    let blocks = Parallel.map(
      count: reads(layer.rows), threads: threads, workspace: { CellRow(layer, slicing) }
    ) { read, cells in
      var block = [Int8](repeating: 0, count: readSize)
      let scale = top * Double(unitsPerLevel)
      let shift = Double(cellOffset)
      let slices = slicing.count
      // Adding and subtracting 1.5 x 2^52 rounds to an integer, ties to even.
      let rounder = 0x1.8p52
      for row in read * rowsPerRead..<min((read + 1) * rowsPerRead, layer.rows) {
        let inRead = row - read * rowsPerRead
        programmer.program(layer, index: index, row: row, into: cells)
        cells.read { _, positions in
          block.withUnsafeMutableBufferPointer { block in
            var cell = 0
            for column in 0..<layer.columns {
              for slice in 0..<slices {
                let panel = column / 16 * sliceGroups + slice / 4
                let place =
                  (panel * quads + inRead / 4) * 256 + (slice % 4 * 16 + column % 16) * 4 + inRead % 4
                let units = (positions[cell] * scale + rounder) - rounder - shift
                block[place] = Int8(min(max(units, -128), 127))
                cell += 1
              }
            }
          }
        }
      }
      return block
    }
    var packed: [Int8] = []
    packed.reserveCapacity(blocks.count * readSize)
    for block in blocks { packed += block }
    return packed
  }

  /// Deviation of the reference column's cell of each row, in grid units; `nil` if it has none.
  func reference(
    _ layer: MatrixLayer, index: Int, programmer: CellProgrammer, _ sigma: Double
  ) -> [Int32]? {
    guard sigma > 0 else { return nil }
    var random = programmer.stream("reference", layer: index, item: 0)
    return (0..<layer.rows).map { _ in
      Int32((sigma * top * Double(unitsPerLevel) * random.normal()).rounded(.toNearestOrEven))
    }
  }

  /// Individual thresholds of every converter in grid units, `[tiles, panels, codes, 64]`.
  ///
  /// - Parameter bow: Largest shift of the thresholds in all converters, as
  ///   ``ConverterErrors/integralNonlinearity``.
  package func thresholds(
    _ layer: MatrixLayer, index: Int, programmer: CellProgrammer, step: ConverterStep, sigma: Double,
    bow: Double = 0, layout: ColumnLayout
  ) -> [Int32] {
    let units = step.units(unitsPerLevel)
    let maximum = step.maximum
    let panels = columnGroups(layer.columns) * sliceGroups
    let tiles = (reads(layer.rows) + readsPerTile - 1) / readsPerTile
    let deviation = sigma * Double(unitsPerLevel)
    let ideal = (1...maximum).map { code in
      let place = Double(code) / Double(maximum)
      let shift = 4 * bow * place * (1 - place) * Double(unitsPerLevel)
      return Int32(((Int64(code) << 16) + Int64(units.multiplier) - 1) / Int64(units.multiplier))
        - units.half + Int32(shift.rounded(.toNearestOrEven))
    }
    var thresholds = [Int32](repeating: .max, count: tiles * panels * maximum * 64)
    for tile in 0..<tiles {
      let base = tile * panels * maximum * 64
      let converters = (0..<layout.arrays(weights: layer.columns) * layout.sensesPerArray).map { sense in
        var random = programmer.stream("converters", layer: index, item: tile << 16 | sense)
        return ideal.map { $0 + Int32((deviation * random.normal()).rounded(.toNearestOrEven)) }
      }
      for column in 0..<layer.columns {
        for slice in 0..<slicing.count {
          let own = converters[layout.sense(weight: column, slice: slice)]
          let panel = column / 16 * sliceGroups + slice / 4
          for code in 0..<maximum {
            thresholds[base + (panel * maximum + code) * 64 + slice % 4 * 16 + column % 16] = own[code]
          }
        }
      }
    }
    return thresholds
  }
}
