import CKernels
import Models

/// Where the cells of a layer lie in the kernel's tiles, and on which grid conductances are stored.
package struct RowParallelGeometry: Sendable {
  let slicing: WeightSlicing
  let rowsPerRead: Int
  let readsPerTile: Int
  /// Grid units of one level: a power of two, as fine as a signed byte allows for the cells' scatter and 16 bits for
  /// the ladder of a converter.
  package let unitsPerLevel: Int
  /// Grid units that a stored zero stands for: the middle of the range.
  let cellOffset: Int
  private let top: Double

  package init(
    cells: CellArrayModel, slicing: WeightSlicing, array: ArrayConfiguration, errors: ConverterErrors = .none
  ) {
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
        + cells.sigmaChip * cells.sigmaChip
      let list = cells.positionQuantiles.isEmpty ? [] : cells.positionQuantiles[level]
      let sigma = list.isEmpty ? cells.sigmaDeviceToDevice[level] : 0
      let shifts = cells.shiftQuantiles.map { $0[level] }
      let lowest = (list.first ?? cells.levelMeans[level]) + (shifts.map { $0[0] }.min() ?? 0)
      let highest =
        (list.last ?? cells.levelMeans[level]) + (shifts.map { $0[$0.count - 1] }.max() ?? 0)
      for position in [lowest, highest] {
        let total = off + position
        let spread = (sigma * sigma + relative * total * total).squareRoot()
        reach = max(reach, (abs(total * cells.driftMean[level] - off - 0.5) + 5 * spread) * top)
      }
    }
    let span =
      array.adcBits > Self.ladderBits
      ? 0
      : Double(rowsPerRead) * (top + errors.lowestLevel(array, levels: cells.levels)) + 16
        * errors.sigmaOffset
        + 2 * errors.integralNonlinearity
    let fitting = [64, 32, 16, 8, 4, 2, 1].filter { span * Double($0) <= 60_000 }
    unitsPerLevel = fitting.first { reach * Double($0) <= 127 } ?? 1
    cellOffset = (cells.levels - 1) * unitsPerLevel / 2
  }

  /// Most bits of a converter whose thresholds are looked up one by one.
  static let ladderBits = 6

  private var quads: Int { (rowsPerRead + 3) / 4 }
  private static let tileColumns = Int(TESSERA_TILE_COLUMNS)

  /// Tiles of the kernels that hold the slices of so many outputs.
  func tiles(_ outputs: Int) -> Int { (outputs * slicing.count + Self.tileColumns - 1) / Self.tileColumns }
  func reads(_ rows: Int) -> Int { (rows + rowsPerRead - 1) / rowsPerRead }

  /// Largest sum of one read, in levels.
  var largestSum: Int { rowsPerRead * Int(top) }

  /// Largest weighted sum of codes of a column with every converter at its largest code: what the kernels' 32
  /// bits must hold.
  func largestCodeSum(rows: Int, step: ConverterStep) -> Int {
    let weights = slicing.levelWeights.reduce(0) { $0 + Int(abs($1)) }
    return reads(rows) * step.maximum * weights * 255
  }

  /// Where the cell of a row and a slice of an output lies among those of a layer with so many outputs.
  func place(row: Int, output: Int, slice: Int, outputs: Int) -> Int {
    let column = slice * outputs + output
    let (read, inRead) = row.quotientAndRemainder(dividingBy: rowsPerRead)
    let width = Self.tileColumns
    let tile = read * tiles(outputs) + column / width
    return ((tile * quads + inRead / 4) * width + column % width) * 4 + inRead % 4
  }

  /// The programmed cells of a layer, `[reads, tiles, quads, 8, 4]`.
  func pack(_ layer: MatrixLayer, index: Int, programmer: CellProgrammer, threads: Int) -> [Int8] {
    let width = Self.tileColumns
    let tileSize = quads * width * 4
    let readSize = tiles(layer.columns) * tileSize
    let blocks = Parallel.map(
      count: reads(layer.rows), threads: threads, workspace: { CellRow(layer, slicing) }
    ) { read, cells in
      var block = [Int8](repeating: 0, count: readSize)
      let scale = top * Double(unitsPerLevel)
      let shift = Double(cellOffset)
      // Adding and subtracting 1.5 x 2^52 rounds to an integer, ties to even.
      let rounder = 0x1.8p52
      for row in read * rowsPerRead..<min((read + 1) * rowsPerRead, layer.rows) {
        let inRead = row - read * rowsPerRead
        programmer.program(layer, index: index, row: row, into: cells)
        cells.read { _, positions in
          block.withUnsafeMutableBufferPointer { block in
            for output in 0..<layer.columns {
              for slice in 0..<slicing.count {
                let column = slice * layer.columns + output
                let place = column / width * tileSize + (inRead / 4 * width + column % width) * 4 + inRead % 4
                let position = positions[output * slicing.count + slice]
                let units = (position * scale + rounder) - rounder - shift
                block[place] = Int8(min(max(units, -128), 127))
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

  /// Where the reference column's cell of a row lies in what the columns of a read share.
  func referencePlace(row: Int) -> Int {
    let (read, inRead) = row.quotientAndRemainder(dividingBy: rowsPerRead)
    return (read * quads + inRead / 4) * Self.tileColumns * 4 + 4 + inRead % 4
  }

  /// What the columns of a read share, `[reads, quads, 8, 4]`: a one for each row, and the deviation of the reference
  /// column's cells of standard deviation `sigma` of full range.
  func common(
    _ layer: MatrixLayer, index: Int, programmer: CellProgrammer, _ sigma: Double
  ) -> [Int8] {
    let width = Self.tileColumns
    var random = programmer.stream("reference", layer: index, item: 0)
    var common = [Int8](repeating: 0, count: reads(layer.rows) * quads * width * 4)
    for row in 0..<layer.rows {
      let place = referencePlace(row: row) - 4
      common[place] = 1
      guard sigma > 0 else { continue }
      let units = (sigma * top * Double(unitsPerLevel) * random.normal()).rounded(.toNearestOrEven)
      common[place + 4] = Int8(min(max(units, -128), 127))
    }
    return common
  }

  /// The thresholds of converters, each relative to a common centre.
  package struct Ladders: Sendable {
    /// Rising thresholds, `[arrays, columns, codes]` with ``stride`` from one converter to the next; followed by
    /// numbers without meaning.
    package var thresholds: [Int16]
    /// 0 if all converters are alike.
    package var stride: Int
    /// Grid units.
    package var centre: Int32
  }

  /// Thresholds of an ideal converter in grid units, rising.
  private func ideal(_ step: ConverterStep, bow: Double) -> [Int32] {
    let units = step.units(unitsPerLevel)
    return (1...step.maximum).map { code in
      let place = Double(code) / Double(step.maximum)
      let shift = 4 * bow * place * (1 - place) * Double(unitsPerLevel)
      return Int32(((Int64(code) << 16) + Int64(units.multiplier) - 1) / Int64(units.multiplier))
        - units.half + Int32(shift.rounded(.toNearestOrEven))
    }
  }

  /// The ladders of all converters of a layer; `nil` for more codes than the kernel looks up, or another number than
  /// those of a flash converter.
  ///
  /// A thermometer code counts thresholds, so that their order within a converter does not matter.
  package func ladders(
    _ layer: MatrixLayer, index: Int, programmer: CellProgrammer, step: ConverterStep,
    errors: ConverterErrors,
    layout: ColumnLayout
  ) -> Ladders? {
    let maximum = step.maximum
    guard maximum < 1 << Self.ladderBits, maximum & (maximum + 1) == 0 else { return nil }
    let ideal = ideal(step, bow: errors.integralNonlinearity)
    let centre = (ideal[0] + ideal[maximum - 1]) / 2
    func stored(_ thresholds: [Int32]) -> [Int16] {
      thresholds.map { Int16(clamping: max($0 - centre, -32767)) }.sorted()
    }
    let behind = [Int16](repeating: 0, count: 64)
    guard errors.placesThresholds else {
      return Ladders(thresholds: stored(ideal) + behind, stride: 0, centre: centre)
    }
    let arrays = (reads(layer.rows) + readsPerTile - 1) / readsPerTile
    let deviation = errors.sigmaThreshold * Double(unitsPerLevel)
    let shared = (errors.sigmaFrontEnd ?? 0) * Double(unitsPerLevel)
    var thresholds: [Int16] = []
    thresholds.reserveCapacity(arrays * layer.columns * slicing.count * maximum + behind.count)
    for array in 0..<arrays {
      let converters = (0..<layout.arrays(weights: layer.columns) * layout.sensesPerArray).map { sense in
        var random = programmer.stream("converters", layer: index, item: array << 16 | sense)
        let own = ideal.map { _ in deviation * random.normal() }
        // All thresholds of a converter, drawn apart from their own offsets.
        var frontEnd = programmer.stream("front ends", layer: index, item: array << 16 | sense)
        let common = shared > 0 ? shared * frontEnd.normal() : 0
        return stored(zip(ideal, own).map { $0 + Int32(($1 + common).rounded(.toNearestOrEven)) })
      }
      for slice in 0..<slicing.count {
        for output in 0..<layer.columns {
          thresholds += converters[layout.sense(weight: output, slice: slice)]
        }
      }
    }
    return Ladders(thresholds: thresholds + behind, stride: maximum, centre: centre)
  }
}
