import Spice

/// The one error type of this module: what kind, one full sentence, where, and why.
///
/// A circuit that simulates to a wrong answer is a result; an error means that there is no answer.
public struct CircuitError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of error.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// Something a transistor library was asked for and does not have.
    case notInLibrary
    /// A model card whose text cannot be worked on.
    case cardUnreadable
    /// A simulation that gave no result, or no result that can be measured.
    case notMeasurable
    /// A design value that is impossible.
    case invalidDesign
    /// ngspice or its worker is not there or cannot be started.
    case simulatorMissing
    /// A requirement that no timing, bias or size fulfils.
    case infeasible
    /// A comparator that asks for more than its trim reaches.
    case trimOutOfRange
  }

  /// What kind of error.
  public let code: Code
  /// One full sentence.
  public let message: String
  /// The place: a file, device, corner or testbench; empty when there is none.
  public let place: String
  /// The underlying reason; empty when there is none.
  public let cause: String

  /// Makes an error.
  public init(_ code: Code, _ message: String, place: String = "", cause: String = "") {
    self.code = code
    self.message = message
    self.place = place
    self.cause = cause
  }

  /// An error of the simulator seen from a measurement: one of ours passes as it is.
  static func wrapping(_ error: any Error, _ message: String) -> CircuitError {
    if let error = error as? CircuitError { return error }
    if let error = error as? SpiceError,
      [.libraryMissing, .workerMissing, .workerStartFailed].contains(error.code)
    {
      return CircuitError(.simulatorMissing, error.message, place: error.place, cause: error.cause)
    }
    return CircuitError(.notMeasurable, message, cause: "\(error)")
  }

  /// Place, sentence and cause in one line.
  public var description: String {
    var text = place.isEmpty ? message : "\(place): \(message)"
    if !cause.isEmpty { text += " (\(cause))" }
    return text
  }
}
