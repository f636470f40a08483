/// A circuit node.
///
/// SPICE does not distinguish case, so names are kept in lower case.
public struct Node: Hashable, Sendable, Comparable, ExpressibleByStringInterpolation,
  CustomStringConvertible
{
  /// The name in lower case; ground is `"0"`.
  public let name: String

  /// The reference node.
  public static let ground = Node("0")

  /// Makes a node from its name; `gnd` is another name of ground.
  public init(_ name: String) {
    let lower = name.lowercased()
    self.name = lower == "gnd" ? "0" : lower
  }

  /// Makes a node from a literal such as `"out"` or `"y\(k)"`.
  public init(stringLiteral value: String) { self.init(value) }

  /// The name.
  public var description: String { name }

  /// Orders by name.
  public static func < (lhs: Node, rhs: Node) -> Bool { lhs.name < rhs.name }
}
