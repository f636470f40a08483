import Models

/// How the weight matrix of one layer lies on arrays, in exact integer arithmetic.
///
/// The im2col matrix of `rows` x `columns` weights is cut into row tiles of the array's height; weights and
/// chains lie on the columns as `Models.ColumnLayout` says. At each of ``switchPositions`` every sense chain of
/// the array reads another column. Replicas hold the same weights and share the windows.
public struct LayerMapping: Sendable, Hashable {
  /// Name of the layer.
  public let name: String
  /// Physical columns per weight.
  public let slices: Int
  /// Weights side by side in one array.
  public let weightsPerTile: Int
  /// Arrays above each other.
  public let rowTiles: Int
  /// Arrays beside each other.
  public let columnTiles: Int
  /// Replicas of the layer: the wanted replication, but at most one per window.
  public let copies: Int
  /// Weights of the fullest array's row.
  public let weightsOfFullestTile: Int
  /// Rows of each row tile.
  public let tileRows: [Int]
  /// Sense chains or converters per array.
  public let sensesPerArray: Int
  /// Positions of the column switches that the fullest array uses.
  public let switchPositions: Int
  /// The same, summed over the column tiles of one copy.
  public let switchPositionsOfAllTiles: Int
  /// Windows that one copy handles per inference, rounded up.
  public let windowsPerCopy: Int
  /// Fraction of the cells of its arrays that hold weights.
  public let utilization: Double

  /// Arrays of the layer, all copies.
  public var tiles: Int { rowTiles * columnTiles * copies }

  /// Maps a layer.
  ///
  /// - Parameters:
  ///   - layer: The layer.
  ///   - weightBits: Bits of a weight.
  ///   - bitsPerCell: Bits of a cell.
  ///   - array: The arrays.
  ///   - replication: Wanted copies of the layer.
  /// - Throws: ``AcceleratorError`` when a weight does not fit into an array's row, or a size is out of
  ///   range.
  public init(
    _ layer: Workload.Layer, weightBits: Int, bitsPerCell: Int, array: ArrayConfiguration,
    replication: Int = 1
  ) throws(AcceleratorError) {
    try array.check()
    try require(layer.rows, in: 1...1 << 20, "rows", at: layer.name)
    try require(layer.columns, in: 1...1 << 20, "columns", at: layer.name)
    try require(layer.windows, in: 1...1 << 24, "windows", at: layer.name)
    try require(replication, in: 1...1 << 16, "replication", at: layer.name)
    slices = try LayerMapping.slices(
      weightBits: weightBits, bitsPerCell: bitsPerCell, signScheme: array.signScheme)
    guard slices <= array.columns else {
      throw AcceleratorError(
        .outOfRange, "a weight takes \(slices) columns; an array has \(array.columns)", at: layer.name)
    }
    name = layer.name
    let layout = ColumnLayout(array, slices: slices)
    weightsPerTile = layout.weightsPerArray
    rowTiles = layer.rows.dividedRoundingUp(by: array.rows)
    columnTiles = layout.arrays(weights: layer.columns)
    copies = min(replication, layer.windows)
    windowsPerCopy = layer.windows.dividedRoundingUp(by: copies)
    tileRows = (0..<rowTiles).map { min(array.rows, layer.rows - $0 * array.rows) }
    weightsOfFullestTile = min(layer.columns, weightsPerTile)
    sensesPerArray = layout.sensesPerArray
    switchPositions = (weightsOfFullestTile * slices).dividedRoundingUp(by: sensesPerArray)
    let lastWeights = layer.columns - (columnTiles - 1) * weightsPerTile
    switchPositionsOfAllTiles =
      (columnTiles - 1) * switchPositions + (lastWeights * slices).dividedRoundingUp(by: sensesPerArray)
    utilization =
      Double(layer.rows * layer.columns * slices)
      / (Double(rowTiles * columnTiles) * Double(array.rows) * Double(array.columns))
  }

  /// Physical columns of a weight: ceil(b / c) with the offset scheme, 2 ceil((b - 1) / c) as a pair.
  public static func slices(
    weightBits: Int, bitsPerCell: Int, signScheme: ArrayConfiguration.SignScheme
  ) throws(AcceleratorError) -> Int {
    try require(bitsPerCell, in: 1...8, "bitsPerCell")
    switch signScheme {
    case .offset:
      try require(weightBits, in: 1...32, "weightBits")
      return weightBits.dividedRoundingUp(by: bitsPerCell)
    case .differential:
      try require(weightBits, in: 2...32, "weightBits")
      return 2 * (weightBits - 1).dividedRoundingUp(by: bitsPerCell)
    }
  }
}

extension Int {
  /// Quotient of positive integers, rounded up.
  func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
  /// Bits that tell this many values apart: ceil(log2); 0 for one value.
  var bitsToCount: Int { self <= 1 ? 0 : Int.bitWidth - (self - 1).leadingZeroBitCount }
}

extension ArrayConfiguration {
  /// Throws unless the sizes fit each other.
  func check() throws(AcceleratorError) {
    try require(rows, in: 1...1 << 16, "rows")
    try require(columns, in: 1...1 << 16, "columns")
    try require(rowsPerRead, in: 1...rows, "rowsPerRead")
    try require(columnsPerSense, in: 1...columns, "columnsPerSense")
    if readMode == .rowParallel { try require(adcBits, in: 1...12, "adcBits") }
  }
}
