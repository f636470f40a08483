import Models

/// The boundaries of every sense chain of a layer, with their frozen errors, and the noise of their reads.
struct SenseChains: Sendable {
  /// Boundaries of a cell's levels.
  let count: Int
  /// Whether any read is noisy.
  let hasNoise: Bool
  private let slices: Int
  private let boundaries: [Double]
  /// Noise of cell and decision together, `[levels, boundaries]`.
  private let sigmas: [Double]
  private let columnsPerSense: Int
  private let chainsPerTile: Int
  private let rowsPerTile: Int

  init(_ layer: MatrixLayer, index: Int, _ programmer: CellProgrammer, _ array: ArrayConfiguration) {
    let cells = programmer.cells
    let nominal = cells.thresholds
    count = nominal.count
    slices = programmer.slicing.count
    columnsPerSense = array.columnsPerSense
    rowsPerTile = array.rows
    // Noise of the cell is common to the decisions of one read; the noise of the decisions themselves
    // widens each boundary on its own.
    sigmas = cells.sigmaRead.flatMap { cell in
      nominal.map { (cell * cell + $0.noiseSigma * $0.noiseSigma).squareRoot() }
    }
    hasNoise = sigmas.contains { $0 > 0 }
    guard nominal.contains(where: { $0.offsetSigma > 0 }) else {
      boundaries = nominal.map(\.position)
      chainsPerTile = 0
      return
    }
    chainsPerTile = (layer.columns * slices + columnsPerSense - 1) / columnsPerSense
    var boundaries: [Double] = []
    for tile in 0..<(layer.rows + rowsPerTile - 1) / rowsPerTile {
      var random = programmer.stream("senses", layer: index, item: tile)
      for _ in 0..<chainsPerTile {
        // A thermometer code counts boundaries: their order within a chain does not matter.
        boundaries += nominal.map { $0.position + $0.offsetSigma * random.normal() }.sorted()
      }
    }
    self.boundaries = boundaries
  }

  /// The chain that reads a cell.
  func chain(row: Int, column: Int, slice: Int) -> Int {
    chainsPerTile == 0 ? 0 : row / rowsPerTile * chainsPerTile + (column * slices + slice) / columnsPerSense
  }

  /// The symbol that is read without noise.
  func symbol(_ position: Double, chain: Int) -> Int {
    var symbol = 0
    for index in chain * count..<(chain + 1) * count where position > boundaries[index] { symbol += 1 }
    return symbol
  }

  /// Distance of a cell above a boundary in standard deviations of its noise.
  func distance(_ position: Double, level: Int, boundary: Int, chain: Int) -> Double {
    let difference = position - boundaries[chain * count + boundary]
    let sigma = sigmas[level * count + boundary]
    guard sigma > 0 else { return difference > 0 ? .infinity : -.infinity }
    return difference / sigma
  }

  /// Distance to the nearest boundary in standard deviations of the noise.
  func nearest(_ position: Double, level: Int, chain: Int) -> Double {
    var nearest = Double.infinity
    for boundary in 0..<count {
      nearest = min(nearest, abs(distance(position, level: level, boundary: boundary, chain: chain)))
    }
    return nearest
  }
}
