/// What can be wrong with data that comes from outside: files, settings, stored results.
public struct ModelsError: Error, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// A file is missing or cannot be read or written.
    case fileAccess
    /// A file or value has the wrong form.
    case malformed
    /// A key is not known.
    case unknownKey
    /// A value is outside its valid range.
    case outOfRange
  }

  /// The kind of fault.
  public let code: Code
  /// One sentence: what is wrong and what was expected.
  public let sentence: String
  /// Where: `file:line:column`, a key path or a field; empty if there is no place.
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
