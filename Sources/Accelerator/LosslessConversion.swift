import Models

/// What a converter needs so that summing several rows loses nothing.
public enum LosslessConversion {
  /// Distinct sums of `rowsPerRead` cells with binary inputs: rows (2^bits - 1) + 1.
  public static func codes(rowsPerRead: Int, bitsPerCell: Int) -> Int {
    rowsPerRead * ((1 << bitsPerCell) - 1) + 1
  }
  /// Bits of a converter that tells all of them apart: 8 for 128 rows of 1-bit cells, 9 of 2-bit cells.
  public static func bits(rowsPerRead: Int, bitsPerCell: Int) -> Int {
    codes(rowsPerRead: rowsPerRead, bitsPerCell: bitsPerCell).bitsToCount
  }
  /// How many of these sums a characterised column read tells apart: all of them only if its step is at
  /// most one cell level.
  public static func resolvedSums(_ read: CellLibrary.ColumnRead, bitsPerCell: Int) -> Int {
    let sums = codes(rowsPerRead: read.rowsPerRead, bitsPerCell: bitsPerCell)
    guard read.stepInCellLevels > 1 else { return min(sums, 1 << read.adcBits) }
    return min(Int(Double(sums - 1) / read.stepInCellLevels) + 1, 1 << read.adcBits)
  }
}
