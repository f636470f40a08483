import Models

/// What can be wrong with a device that is to be characterised.
public struct DeviceError: Error, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// A value of the specification or of the programming is outside its valid range.
    case invalidInput
    /// The device cannot hold or take a state under the conditions asked for.
    case notProgrammable
    /// A published device has no figures for what was asked.
    case notPublished
    /// A device file cannot be read.
    case unreadable
  }

  /// The kind of fault.
  public let code: Code
  /// One sentence: what is wrong and what was expected.
  public let sentence: String
  /// Which device, file or field.
  public let place: String
  /// The fault underneath, if it arose in reading a file or checking a specification.
  public let cause: ModelsError?

  /// Creates an error.
  public init(_ code: Code, _ sentence: String, at place: String, cause: ModelsError? = nil) {
    self.code = code
    self.sentence = sentence
    self.place = place
    self.cause = cause
  }

  /// Wraps a fault of a file or a specification, whose sentence and place it keeps.
  init(_ code: Code, _ cause: ModelsError) {
    self.init(code, cause.sentence, at: cause.place, cause: cause)
  }

  /// The place and the sentence on one line.
  public var description: String { place.isEmpty ? sentence : "\(place): \(sentence)" }
}
