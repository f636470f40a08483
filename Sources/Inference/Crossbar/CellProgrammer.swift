import CKernels
import Models

/// The programmed cells of one row of a weight matrix; every worker has its own.
package final class CellRow {
  /// Stored levels, `[columns, slices]`.
  package fileprivate(set) var levels: [UInt8]
  /// Positions, normalised to full range with the nominal off-state current removed, `[columns, slices]`.
  package fileprivate(set) var positions: [Double]
  fileprivate var normals: [Double]

  /// Allocates a row.
  package init(_ layer: MatrixLayer, _ slicing: WeightSlicing) {
    let count = layer.columns * slicing.count
    levels = [UInt8](repeating: 0, count: count)
    positions = [Double](repeating: 0, count: count)
    normals = positions
  }

  /// Draws a standard normal value for each cell.
  fileprivate func draw(key: UInt64) { tessera_normals(key, Int64(normals.count), &normals) }

  /// Gives access to levels and positions.
  func read(_ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<Double>) -> Void) {
    levels.withUnsafeBufferPointer { levels in
      positions.withUnsafeBufferPointer { positions in body(levels, positions) }
    }
  }

  fileprivate func update(
    _ body: (UnsafeMutableBufferPointer<UInt8>, UnsafeMutableBufferPointer<Double>) -> Void
  ) {
    levels.withUnsafeMutableBufferPointer { levels in
      positions.withUnsafeMutableBufferPointer { positions in body(levels, positions) }
    }
  }
}

/// Programs the cells of one chip: draws every frozen error once.
///
/// The errors of a cell depend on the seed, the chip, the layer and the cell's place alone, not on how the
/// array is read: two read modes or converters are compared on the same chips.
package struct CellProgrammer: Sendable {
  let cells: CellArrayModel
  package let slicing: WeightSlicing
  let seed: UInt64
  let chip: Int
  /// Levels of every weight's cells, `[256, slices]`.
  private let levels: [UInt8]
  /// Quantiles of the position of each level, `[levels, quantilesPerLevel]`; empty for normal levels.
  private let quantiles: [Double]
  private let quantilesPerLevel: Int
  /// The same of the change since programming; empty for none.
  private let shifts: [Double]
  private let shiftsPerLevel: Int
  /// Factor on all conductances of the chip.
  private let chipFactor: Double

  /// Names a chip.
  package init(cells: CellArrayModel, slicing: WeightSlicing, seed: UInt64, chip: Int) {
    let cells = cells.ofChip(chip)
    self.cells = cells
    self.slicing = slicing
    self.seed = seed
    self.chip = chip
    var random = KeyedRandom(seed: seed, stage: "inference.chip", item: UInt64(chip))
    chipFactor = cells.sigmaChip > 0 ? max(0, 1 + cells.sigmaChip * random.normal()) : 1
    quantiles = Array(cells.positionQuantiles.joined())
    quantilesPerLevel = cells.positionQuantiles.first?.count ?? 0
    let population = cells.shiftQuantiles.first ?? []
    shifts = Array(population.joined())
    shiftsPerLevel = population.first?.count ?? 0
    levels = (0..<256).flatMap { weight in
      (0..<slicing.count).map { slice in
        UInt8(slicing.level(slicing.symbol(Int8(truncatingIfNeeded: weight), slice: slice), slice: slice))
      }
    }
  }

  /// The stream of an object of this chip.
  func stream(_ stage: String, layer: Int, item: Int) -> KeyedRandom {
    KeyedRandom(
      seed: seed, stage: "inference.\(stage).\(layer)", item: UInt64(chip) << 32 | UInt64(item))
  }

  /// Programs the cells of one row of a layer's weight matrix.
  package func program(_ layer: MatrixLayer, index: Int, row: Int, into cellRow: CellRow) {
    let slices = slicing.count
    let off = cells.offConductance
    let means = cells.levelMeans
    let centres = quantiles.isEmpty ? means.map { off + $0 } : means.map { _ in off }
    cellRow.update { cellLevels, positions in
      layer.weights.withUnsafeBufferPointer { weights in
        levels.withUnsafeBufferPointer { table in
          var cell = 0
          for column in 0..<layer.columns {
            let weight = Int(UInt8(bitPattern: weights[column * layer.rows + row]))
            for slice in 0..<slices {
              let level = table[weight * slices + slice]
              cellLevels[cell] = level
              positions[cell] = centres[Int(level)]
              cell += 1
            }
          }
        }
      }
    }
    if !quantiles.isEmpty {
      addQuantiles(cellRow, "cells", index, row, quantiles, quantilesPerLevel)
    } else if cells.sigmaDeviceToDevice.contains(where: { $0 > 0 }) {
      scatter(cellRow, "cells", index, row) { $0 + cells.sigmaDeviceToDevice[$1] * $2 }
    }
    if !shifts.isEmpty { addQuantiles(cellRow, "shift", index, row, shifts, shiftsPerLevel) }
    if cells.sigmaConductance > 0 {
      scatter(cellRow, "conductance", index, row) { position, _, normal in
        position * (1 + cells.sigmaConductance * normal)
      }
    }
    if cells.driftMean.contains(where: { $0 != 1 }) || cells.sigmaDrift.contains(where: { $0 > 0 }) {
      scatter(cellRow, "drift", index, row) { $0 * (cells.driftMean[$1] + cells.sigmaDrift[$1] * $2) }
    }
    var random = stream("stuck", layer: index, item: row)
    cellRow.update { _, positions in
      if cells.stuckFraction > 0 {
        for cell in positions.indices {
          let draw = random.uniform()
          guard draw < cells.stuckFraction else { continue }
          positions[cell] = off + means[draw < cells.stuckFraction / 2 ? 0 : cells.levels - 1]
        }
      }
      for cell in positions.indices { positions[cell] = max(0, positions[cell]) * chipFactor - off }
    }
  }

  /// Adds a draw from the distribution of its level to every position.
  private func addQuantiles(
    _ cellRow: CellRow, _ stage: String, _ index: Int, _ row: Int, _ quantiles: [Double], _ perLevel: Int
  ) {
    var random = stream(stage, layer: index, item: row)
    let key = random.next()
    cellRow.update { levels, positions in
      tessera_add_quantiles(
        key, Int64(positions.count), levels.baseAddress, quantiles, Int32(perLevel), positions.baseAddress)
    }
  }

  /// Changes every position by its level and a normal value of its own.
  private func scatter(
    _ cellRow: CellRow, _ stage: String, _ index: Int, _ row: Int, _ changed: (Double, Int, Double) -> Double
  ) {
    var random = stream(stage, layer: index, item: row)
    cellRow.draw(key: random.next())
    cellRow.normals.withUnsafeBufferPointer { normals in
      cellRow.update { levels, positions in
        for cell in positions.indices {
          positions[cell] = changed(positions[cell], Int(levels[cell]), normals[cell])
        }
      }
    }
  }
}
