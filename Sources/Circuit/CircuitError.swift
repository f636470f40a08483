/// What can go wrong between a cell and its characterised figures.
public struct CircuitError: Error, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// A design value is impossible.
    case invalidDesign
    /// A simulation could not be run or did not complete.
    case simulationFailed
    /// A waveform lacks the event that a measurement needs.
    case measurementFailed
    /// No timing or bias fulfils the requirement.
    case infeasible
    /// A transistor library is missing, malformed or lacks what is asked of it.
    case transistorLibrary
  }

  /// The kind of fault.
  public let code: Code
  /// One sentence: what happened and what was expected.
  public let sentence: String
  /// Sweep point, sample, element or file.
  public let place: String
  /// The message beneath, such as ngspice's own.
  public let cause: String

  /// Creates an error.
  public init(_ code: Code, _ sentence: String, at place: String = "", cause: String = "") {
    self.code = code
    self.sentence = sentence
    self.place = place
    self.cause = cause
  }

  /// Place, sentence and cause on one line.
  public var description: String {
    (place.isEmpty ? "" : "\(place): ") + sentence + (cause.isEmpty ? "" : " (\(cause))")
  }
}
