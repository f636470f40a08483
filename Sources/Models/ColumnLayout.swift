/// Where the slices of weights lie on the columns of arrays, and which sense chain reads them.
///
/// A weight takes neighbouring columns and never straddles two arrays. The column switches are interleaved:
/// column c of an array is read by chain c mod n of its n sense chains or converters, so that the slices of a
/// weight are sensed together, each by a chain of its own where there are enough.
public struct ColumnLayout: Sendable, Hashable {
  /// Physical columns of a weight.
  public let slices: Int
  /// Weights side by side in one array.
  public let weightsPerArray: Int
  /// Sense chains or converters of one array.
  public let sensesPerArray: Int

  /// Lays out weights; at least one weight must fit into an array's row.
  public init(_ array: ArrayConfiguration, slices: Int) {
    self.slices = slices
    weightsPerArray = max(1, array.columns / slices)
    sensesPerArray = (array.columns + array.columnsPerSense - 1) / array.columnsPerSense
  }

  /// Columns of an array that can hold slices.
  public var usedColumnsPerArray: Int { weightsPerArray * slices }

  /// Arrays beside each other for so many weights.
  public func arrays(weights: Int) -> Int { (weights + weightsPerArray - 1) / weightsPerArray }

  /// Chain that reads a slice, counted through all arrays beside each other.
  public func sense(weight: Int, slice: Int) -> Int {
    let (array, place) = weight.quotientAndRemainder(dividingBy: weightsPerArray)
    return array * sensesPerArray + (place * slices + slice) % sensesPerArray
  }
}
