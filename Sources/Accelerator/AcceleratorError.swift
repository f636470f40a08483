/// Why an accelerator cannot be estimated.
public struct AcceleratorError: Error, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// A setting, workload or library value is outside its valid range.
    case outOfRange
    /// The library does not characterise what the array configuration asks for.
    case notCharacterized
    /// The cell or its read cannot be built: no transistor delivers the current, or no clamp holds it.
    case infeasible
    /// Two estimates that do not belong to the same network.
    case notComparable
  }

  /// The kind of fault.
  public let code: Code
  /// One sentence: what is wrong and what was expected.
  public let sentence: String
  /// The field, layer or library it is about; empty if there is no place.
  public let place: String

  /// Creates an error.
  public init(_ code: Code, _ sentence: String, at place: String = "") {
    self.code = code
    self.sentence = sentence
    self.place = place
  }

  /// The place and the sentence on one line.
  public var description: String { place.isEmpty ? sentence : "\(place): \(sentence)" }
}

/// Throws when `value` is outside `range`.
func require<Value: Comparable>(
  _ value: Value, in range: ClosedRange<Value>, _ name: String, at place: String = ""
) throws(AcceleratorError) {
  guard range.contains(value) else {
    throw AcceleratorError(
      .outOfRange, "'\(name)' is \(value); expected \(range.lowerBound) to \(range.upperBound)", at: place)
  }
}
