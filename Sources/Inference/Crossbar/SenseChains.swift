import Models

/// The boundaries of every sense chain of a layer, with their frozen errors.
struct SenseChains: Sendable {
  private let boundaries: [Double]
  private let count: Int
  private let columnsPerSense: Int
  private let chainsPerTile: Int
  private let rowsPerTile: Int

  init(
    _ layer: MatrixLayer, index: Int, _ programmer: CellProgrammer, _ array: ArrayConfiguration
  ) {
    let nominal = programmer.cells.thresholds
    count = nominal.count
    columnsPerSense = array.columnsPerSense
    rowsPerTile = array.rows
    guard nominal.contains(where: { $0.offsetSigma > 0 }) else {
      boundaries = nominal.map(\.position)
      chainsPerTile = 0
      return
    }
    let columns = layer.columns * programmer.slicing.count
    chainsPerTile = (columns + columnsPerSense - 1) / columnsPerSense
    var boundaries: [Double] = []
    for tile in 0..<(layer.rows + rowsPerTile - 1) / rowsPerTile {
      var random = programmer.stream("senses", layer: index, item: tile)
      for _ in 0..<chainsPerTile {
        for boundary in nominal {
          boundaries.append(boundary.position + boundary.offsetSigma * random.normal())
        }
      }
    }
    self.boundaries = boundaries
  }

  /// The boundaries against which a cell is read.
  func withBoundaries(row: Int, column: Int, _ body: (UnsafeBufferPointer<Double>) -> Void) {
    let chain = chainsPerTile == 0 ? 0 : row / rowsPerTile * chainsPerTile + column / columnsPerSense
    boundaries.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[chain * count..<(chain + 1) * count]))
    }
  }
}
