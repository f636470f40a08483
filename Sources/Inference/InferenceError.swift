/// What can be wrong with a network, a data set or a request to run one on the other.
public struct InferenceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// A file is missing or cannot be read.
    case fileAccess
    /// A file is truncated or not of the expected form.
    case malformed
    /// The network uses something that crossbars of this program do not execute.
    case unsupported
    /// A setting is outside its valid range, or settings contradict each other.
    case outOfRange
  }

  /// The kind of fault.
  public let code: Code
  /// One sentence: what is wrong and what was expected.
  public let sentence: String
  /// Where: a file, a node of a network or a setting; empty if there is no place.
  public let place: String

  /// Creates an error.
  public init(_ code: Code, _ sentence: String, at place: String = "") {
    self.code = code
    self.sentence = sentence
    self.place = place
  }

  /// The place and the sentence on one line.
  public var description: String { place.isEmpty ? sentence : "\(place): \(sentence)" }

  /// The same fault with names from a file made harmless: nothing in it ends a line.
  var onOneLine: InferenceError {
    func cleaned(_ text: String) -> String {
      var scalars = String.UnicodeScalarView()
      for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: scalars.append("\u{FFFD}")
        default: scalars.append(scalar)
        }
      }
      return String(scalars)
    }
    return InferenceError(code, cleaned(sentence), at: cleaned(place))
  }

  /// The same fault seen from further out: the outer place is put before the inner one.
  func within(_ outer: String) -> InferenceError {
    InferenceError(code, sentence, at: place.isEmpty ? outer : "\(outer): \(place)")
  }
}
