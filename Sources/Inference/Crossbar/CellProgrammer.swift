import Models

/// Programs the cells of one chip: draws every frozen error once.
///
/// The errors of a cell depend on the seed, the chip, the layer and the cell's place alone, not on how the
/// array is read: two read modes or converters are compared on the same chips.
package struct CellProgrammer: Sendable {
  let cells: CellArrayModel
  let slicing: WeightSlicing
  let seed: UInt64
  let chip: Int

  /// Names a chip.
  package init(cells: CellArrayModel, slicing: WeightSlicing, seed: UInt64, chip: Int) {
    self.cells = cells
    self.slicing = slicing
    self.seed = seed
    self.chip = chip
  }

  /// The stream of an object of this chip.
  func stream(_ stage: String, layer: Int, item: Int) -> KeyedRandom {
    KeyedRandom(
      seed: seed, stage: "inference.\(stage).\(layer)", item: UInt64(chip) << 32 | UInt64(item))
  }

  /// Visits the programmed cells of one row of a layer's weight matrix.
  ///
  /// - Parameters:
  ///   - row: Row of the weight matrix.
  ///   - visit: Receives column, slice, symbol and the programmed position, normalised to full range with
  ///     the nominal off-state current removed.
  package func program(
    _ layer: MatrixLayer, index: Int, row: Int, visit: (Int, Int, Int, Double) -> Void
  ) {
    var random = stream("cells", layer: index, item: row)
    let off = cells.offConductance
    let scattersLevels = cells.sigmaDeviceToDevice.contains { $0 > 0 }
    let drifts = cells.driftMean.contains { $0 != 1 } || cells.sigmaDrift.contains { $0 > 0 }
    for column in 0..<layer.columns {
      let weight = layer.weights[column * layer.rows + row]
      for slice in 0..<slicing.count {
        let symbol = slicing.symbol(weight, slice: slice)
        var total = off + cells.levelMeans[symbol]
        if scattersLevels { total += cells.sigmaDeviceToDevice[symbol] * random.normal() }
        if cells.sigmaConductance > 0 { total *= 1 + cells.sigmaConductance * random.normal() }
        if drifts { total *= cells.driftMean[symbol] + cells.sigmaDrift[symbol] * random.normal() }
        if cells.stuckFraction > 0 {
          let draw = random.uniform()
          if draw < cells.stuckFraction {
            total =
              off
              + (draw < cells.stuckFraction / 2 ? cells.levelMeans[0] : cells.levelMeans[cells.levels - 1])
          }
        }
        visit(column, slice, symbol, max(0, total) - off)
      }
    }
  }
}
