/// A named value of a circuit, subcircuit, instance, device or model card.
public struct Parameter: Sendable, Hashable {
  /// The name in lower case.
  public let name: String
  /// The value.
  public let value: Value

  /// A parameter's value.
  public enum Value: Sendable, Hashable {
    /// A number or an expression of parameters.
    case expression(Expression)
    /// A bare word, such as the version string of a transistor model.
    case text(String)
  }

  /// Makes a parameter with a number or an expression.
  public init(_ name: String, _ value: some ExpressionConvertible) {
    self.name = name.lowercased()
    self.value = .expression(value.expression)
  }

  /// Makes a parameter with a bare word.
  public init(_ name: String, text: String) {
    self.name = name.lowercased()
    self.value = .text(text)
  }
}

/// A model card: `.model name type (parameters)`.
public struct DeviceModel: Sendable, Hashable {
  /// The name in lower case.
  public let name: String
  /// The type, such as `nmos`, `pmos` or `d`, in lower case.
  public let type: String
  /// The parameters in the order in which they are written.
  public var parameters: [Parameter]

  /// Makes a model card.
  public init(_ name: String, type: String, parameters: [Parameter] = []) {
    self.name = name.lowercased()
    self.type = type.lowercased()
    self.parameters = parameters
  }
}

/// A model file that the simulator reads.
public struct Include: Sendable, Hashable {
  /// The path; a relative one counts from the current directory, in a standalone deck from that of the deck.
  public var path: String
  /// The section to read (`.lib path section`); nil includes the whole file.
  public var section: String?

  /// Names a file to include.
  public init(_ path: String, section: String? = nil) {
    self.path = path
    self.section = section
  }
}
