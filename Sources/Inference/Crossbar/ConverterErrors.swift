import Foundation
import Models

/// What a row-parallel read does to a column sum beyond the data cells: the flash converter and the reference
/// column.
///
/// A converter without a characterised step is an ideal one. Its range is chosen on calibration images, and a
/// reference column that carries the off-state current of the active rows is subtracted from every column of
/// its array.
///
/// A characterised ladder spans the current of a column from zero to all rows at the highest level, so it
/// converts the off-state current along with the sum. With n comparators of step s on r rows, a cell at the
/// lowest of L levels carries n s / r - (L - 1) levels of current. It is subtracted behind the converter, as
/// a multiple of the sum of the inputs, which is exact: no reference column takes part.
public struct ConverterErrors: Sendable, Hashable, Codable {
  /// Standard deviation of every threshold by itself, frozen per converter, in cell levels.
  public var sigmaThreshold: Double
  /// Standard deviation of what moves all thresholds of a converter alike, frozen, in cell levels; `nil` for nothing.
  public var sigmaFrontEnd: Double?
  /// Standard deviation of the noise of one conversion, in cell levels.
  public var sigmaNoise: Double
  /// Standard deviation of the cells of the reference column, frozen, of full conductance range.
  ///
  /// One reference column serves all columns of a layer's row of arrays.
  public var sigmaReference: Double

  /// Step of a characterised converter in cell levels; `nil` for an ideal converter.
  public var stepInCellLevels: Double?
  /// Integral nonlinearity of bitline and clamp in cell levels, the same in every column.
  ///
  /// Threshold j of n lies 4 u (1 - u) times as far above its place on the straight line, u = j / n: a bow
  /// that vanishes at both ends of the range.
  public var integralNonlinearity: Double
  /// Resistance of bitline and source line together from one row to the next, times the difference of the highest
  /// and the lowest conductance of a cell: how much voltage the lines drop; 0 for lines without resistance.
  ///
  /// Lines are driven and sensed next to row 0 of the array.
  public var lineDrop: Double = 0
  /// Range of the cells' targets as a fraction of the range that the converter was characterised for.
  public var targetSpan: Double = 1
  /// Lowest target in that range: 0 is its low end, 1 its high end.
  public var lowestTarget: Double = 0

  /// Creates errors; none unless given.
  public init(
    sigmaThreshold: Double = 0, sigmaFrontEnd: Double? = nil, sigmaNoise: Double = 0,
    sigmaReference: Double = 0,
    stepInCellLevels: Double? = nil, integralNonlinearity: Double = 0
  ) {
    self.sigmaThreshold = sigmaThreshold
    self.sigmaFrontEnd = sigmaFrontEnd
    self.sigmaNoise = sigmaNoise
    self.sigmaReference = sigmaReference
    self.stepInCellLevels = stepInCellLevels
    self.integralNonlinearity = integralNonlinearity
  }

  /// No errors.
  public static let none = ConverterErrors()

  /// The converter of a characterised column read.
  public init(_ read: CellLibrary.ColumnRead) {
    self.init(
      sigmaThreshold: read.offsetSigmaInCellLevels, sigmaFrontEnd: read.frontEndSigmaInCellLevels,
      sigmaNoise: read.noiseSigmaInCellLevels,
      stepInCellLevels: read.stepInCellLevels, integralNonlinearity: read.integralNonlinearity)
  }

  /// The same converter on cells that use a part of the range it was characterised for.
  ///
  /// A write-verified device is programmed to targets inside the nominal range of conductance, say from 0.03 to
  /// 0.86, and the digital side counts levels of that span. In these smaller levels every error and the step are
  /// larger numbers, and the lowest level carries more: with a nominal lowest level of c levels and L levels, a
  /// cell at position x of the span conducts c + (L - 1) (lowestTarget + span x) nominal levels, which is
  /// (c + (L - 1) lowestTarget) / span of its own levels besides (L - 1) x.
  ///
  /// ```swift
  /// let converter = ConverterErrors(read).scaled(toSpan: 0.83, lowestTarget: 0.03)
  /// ```
  ///
  /// - Parameters:
  ///   - span: Highest minus lowest target, of the range that the converter was characterised for; above 0.
  ///   - lowestTarget: Lowest target in that range.
  /// - Returns: Errors in levels of the targets.
  public func scaled(toSpan span: Double, lowestTarget: Double) -> ConverterErrors {
    var errors = self
    errors.sigmaThreshold /= span
    errors.sigmaFrontEnd = sigmaFrontEnd.map { $0 / span }
    errors.sigmaNoise /= span
    errors.sigmaReference /= span
    errors.stepInCellLevels = stepInCellLevels.map { $0 / span }
    errors.integralNonlinearity /= span
    errors.lineDrop *= span
    errors.targetSpan = targetSpan * span
    errors.lowestTarget = self.lowestTarget + targetSpan * lowestTarget
    return errors
  }

  /// Standard deviation of an offset that is trimmed by a converter of so many bits, which spans three standard
  /// deviations to either side: that of rounding to its steps.
  static func trimmed(_ sigma: Double, bits: Int) -> Double {
    6 * sigma / exp2(Double(bits)) / 12.0.squareRoot()
  }

  /// The same converters with every threshold trimmed by so many bits, at the end of its column: the trim takes what all
  /// thresholds have in common as well, and leaves each its own rounding.
  public func trimmed(bits: Int) -> ConverterErrors {
    var errors = self
    errors.sigmaThreshold = Self.trimmed(sigmaOffset, bits: bits)
    errors.sigmaFrontEnd = nil
    return errors
  }

  /// Standard deviation of the whole offset of a threshold, in cell levels.
  var sigmaOffset: Double {
    let frontEnd = sigmaFrontEnd ?? 0
    // A front end without mismatch leaves the number as it is, to the last bit.
    return frontEnd > 0
      ? (sigmaThreshold * sigmaThreshold + frontEnd * frontEnd).squareRoot() : sigmaThreshold
  }

  /// Whether thresholds are placed one by one.
  var placesThresholds: Bool { sigmaOffset > 0 || integralNonlinearity > 0 }

  /// Current of a cell at the lowest level that the converter sees, in cell levels.
  package func lowestLevel(_ array: ArrayConfiguration, levels: Int) -> Double {
    guard let step = stepInCellLevels else { return 0 }
    let (comparators, top) = (Double((1 << array.adcBits) - 1), Double(levels - 1))
    let nominal = max(0, comparators * step * targetSpan / Double(array.rowsPerRead) - top)
    return (nominal + lowestTarget * top) / targetSpan
  }

  package func validate() throws(InferenceError) {
    for (name, value) in [
      ("sigmaThreshold", sigmaThreshold), ("sigmaFrontEnd", sigmaFrontEnd ?? 0), ("sigmaNoise", sigmaNoise),
      ("sigmaReference", sigmaReference),
      ("integralNonlinearity", integralNonlinearity), ("lineDrop", lineDrop),
    ] where !(0..<100 ~= value) {
      throw InferenceError(
        .outOfRange, "expected a number from 0 to 100, not \(value)", at: "converter.\(name)")
    }
    for (name, value, range) in [
      ("targetSpan", targetSpan, 0.01...100), ("lowestTarget", lowestTarget, -10...10),
    ] where !(range ~= value) {
      throw InferenceError(
        .outOfRange, "expected a number from \(range.lowerBound) to \(range.upperBound), not \(value)",
        at: "converter.\(name)")
    }
    guard let step = stepInCellLevels else { return }
    guard 0.05...100 ~= step else {
      throw InferenceError(
        .outOfRange, "expected a number from 0.05 to 100, not \(step)", at: "converter.stepInCellLevels")
    }
    guard sigmaReference == 0 else {
      throw InferenceError(
        .outOfRange, "a converter with a characterised step has no reference column",
        at: "converter.sigmaReference")
    }
  }
}

extension ArrayConfiguration {
  /// Throws if a number that the execution of a network uses is impossible or two contradict each other.
  ///
  /// - Parameter slices: Columns of a weight.
  package func validate(slices: Int) throws(InferenceError) {
    func fail(_ field: String, _ expected: String) -> InferenceError {
      InferenceError(.outOfRange, "expected \(expected)", at: "array.\(field)")
    }
    guard 1...1024 ~= rows else { throw fail("rows", "1 to 1024, not \(rows)") }
    guard columnsPerSense >= 1 else { throw fail("columnsPerSense", "at least 1, not \(columnsPerSense)") }
    guard columns >= slices else { throw fail("columns", "at least \(slices) for a weight, not \(columns)") }
    guard rowsPerRead >= 1 else { throw fail("rowsPerRead", "at least 1, not \(rowsPerRead)") }
    guard readMode == .rowParallel else { return }
    guard rows.isMultiple(of: rowsPerRead) else {
      throw fail("rowsPerRead", "a divisor of the \(rows) rows, not \(rowsPerRead)")
    }
    guard 1...16 ~= adcBits else { throw fail("adcBits", "1 to 16, not \(adcBits)") }
  }
}
