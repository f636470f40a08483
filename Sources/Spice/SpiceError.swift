/// The one error type of this module: what kind, one full sentence, where, and why.
///
/// An error means that the simulator was never asked or could not be started. A simulator that ran and said
/// no is a result: see ``SimulationOutcome``.
public struct SpiceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of error.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// A name that is empty, has a character SPICE cannot carry, or the wrong first letter.
    case invalidName
    /// A node named after a word of the expression language, such as `lt` or `time`.
    case reservedNodeName
    /// Two things of one kind with one name in one scope.
    case duplicateName
    /// A number out of its range.
    case invalidValue
    /// A model that no card and no included file defines.
    case unresolvedModel
    /// A subcircuit that nothing defines.
    case unresolvedSubcircuit
    /// A parameter that nothing defines.
    case unresolvedParameter
    /// A node that no element touches.
    case unresolvedNode
    /// A source that an expression, an analysis or a saved signal names and that does not exist.
    case unresolvedSource
    /// A node with a single connection.
    case floatingNode
    /// An instance with another number of nodes than its subcircuit has ports.
    case portMismatch
    /// A subcircuit that contains itself, or a parameter that depends on itself.
    case recursion
    /// A voltage, current or time where only numbers and parameters may stand.
    case misplacedExpression
    /// An include file that cannot be read, or a library section that it lacks.
    case includeUnreadable
    /// A signal that the waveforms do not hold.
    case signalMissing
    /// A measurement that the waveform does not allow, such as a crossing that never happens.
    case measurementFailed
    /// Waveforms asked of a simulation that did not complete.
    case simulationFailed
    /// libngspice cannot be loaded.
    case libraryMissing
    /// The worker program was not found.
    case workerMissing
    /// The worker program could not be started or did not answer.
    case workerStartFailed
    /// The task was cancelled before the simulation ran.
    case cancelled
    /// A file could not be written.
    case outputFailed
    /// A part of a circuit that a netlist dialect has no words for.
    case notExpressible
    /// A file could not be read.
    case inputFailed
    /// A line of a netlist that cannot be understood.
    case syntax
    /// A line of a netlist that has a meaning, but none that a circuit can carry.
    case unsupported
    /// A line of a foreign netlist that would run a command or reach a file that is not allowed.
    case refused
    /// A file that was read does not have the form it should have.
    case malformedFile

    /// Whether something refers to what no circuit and no file defines.
    var isUnresolved: Bool {
      [.unresolvedModel, .unresolvedSubcircuit, .unresolvedParameter].contains(self)
    }
  }

  /// What kind of error.
  public let code: Code
  /// One full sentence.
  public let message: String
  /// The place: element and subcircuit, file and line, or signal; empty when there is none.
  public let place: String
  /// The underlying reason, as the system or ngspice worded it; empty when there is none.
  public let cause: String

  /// Makes an error.
  public init(_ code: Code, _ message: String, place: String = "", cause: String = "") {
    self.code = code
    self.message = message
    self.place = place
    self.cause = cause
  }

  /// Place, sentence and cause in one line.
  public var description: String {
    var text = place.isEmpty ? message : "\(place): \(message)"
    if !cause.isEmpty { text += " (\(cause))" }
    return text
  }
}
