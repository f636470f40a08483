import Models

/// Errors of a row-parallel read that do not come from the data cells: the flash converter's and the
/// reference column's.
///
/// The reference column carries the off-state current of the active rows, which is subtracted from every
/// column of its array.
public struct ConverterErrors: Sendable, Hashable, Codable {
  /// Standard deviation of every threshold, frozen per converter, in cell levels.
  public var sigmaThreshold: Double
  /// Standard deviation of the noise of one conversion, in cell levels.
  public var sigmaNoise: Double
  /// Standard deviation of the cells of the reference column, frozen, of full conductance range.
  public var sigmaReference: Double

  /// Creates errors; none unless given.
  public init(sigmaThreshold: Double = 0, sigmaNoise: Double = 0, sigmaReference: Double = 0) {
    self.sigmaThreshold = sigmaThreshold
    self.sigmaNoise = sigmaNoise
    self.sigmaReference = sigmaReference
  }

  /// No errors.
  public static let none = ConverterErrors()

  /// The errors of a characterised column read, with an ideal reference column.
  public init(_ read: CellLibrary.ColumnRead) {
    self.init(sigmaThreshold: read.offsetSigmaInCellLevels, sigmaNoise: read.noiseSigmaInCellLevels)
  }

  func validate() throws(InferenceError) {
    for (name, value) in [
      ("sigmaThreshold", sigmaThreshold), ("sigmaNoise", sigmaNoise), ("sigmaReference", sigmaReference),
    ] where !(0..<100 ~= value) {
      throw InferenceError(
        .outOfRange, "expected a number from 0 to 100, not \(value)", at: "converter.\(name)")
    }
  }
}

extension ArrayConfiguration {
  /// Throws if a number that the execution of a network uses is impossible or two contradict each other.
  ///
  /// - Parameter slices: Columns of a weight.
  func validate(slices: Int) throws(InferenceError) {
    func fail(_ field: String, _ expected: String) -> InferenceError {
      InferenceError(.outOfRange, "expected \(expected)", at: "array.\(field)")
    }
    guard 1...1024 ~= rows else { throw fail("rows", "1 to 1024, not \(rows)") }
    guard columnsPerSense >= 1 else { throw fail("columnsPerSense", "at least 1, not \(columnsPerSense)") }
    guard columns >= slices else { throw fail("columns", "at least \(slices) for a weight, not \(columns)") }
    guard readMode == .rowParallel else { return }
    guard rowsPerRead >= 1, rows % rowsPerRead == 0 else {
      throw fail("rowsPerRead", "a divisor of the \(rows) rows, not \(rowsPerRead)")
    }
    guard 1...16 ~= adcBits else { throw fail("adcBits", "1 to 16, not \(adcBits)") }
  }
}
