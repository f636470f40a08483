/// Why a study, or one of its chores around data and results, could not be done.
public struct StudyError: Error, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// A value cannot be used: an unusable address, inputs that cannot be written as JSON.
    case invalidInput
    /// Data are absent, damaged or not what they were said to be.
    case badData
    /// Something that is not ours lies where data would go.
    case conflict
    /// A program or library is missing.
    case missingProgram
    /// A program ran and failed.
    case programFailed
    /// A download did not arrive.
    case downloadFailed
    /// A file or directory cannot be read or written.
    case fileAccess
    /// The store of results cannot be opened.
    case storeUnusable
    /// What was asked for has no solution, such as a read that no timing closes.
    case infeasible
    /// The task was cancelled.
    case cancelled
  }

  /// The kind of fault.
  public let code: Code
  /// One sentence: what happened and what was expected.
  public let sentence: String
  /// The file, directory or address; empty if there is no place.
  public let place: String
  /// The message beneath, such as a program's own.
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

  /// The exit code of a command that ends with this error.
  public var exitStatus: Int32 {
    switch code {
    case .invalidInput: 64
    case .badData, .conflict, .infeasible: 65
    case .missingProgram: 69
    case .programFailed: 70
    case .downloadFailed, .fileAccess, .storeUnusable: 74
    case .cancelled: 130
    }
  }
}
