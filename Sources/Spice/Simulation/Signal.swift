/// A quantity that a simulation records, under SPICE's name for it: `v(out)`, `i(vdd)`, `@m1[id]`.
///
/// Names inside an instance are written with dots, `v(x1.n)`, `i(x1.vs)`, `@x1.m1[id]`; the name kept is ngspice's,
/// in which devices and sources of an instance carry their letter first: `i(v.x1.vs)`, `@m.x1.m1[id]`.
public struct Signal: Sendable, Hashable, ExpressibleByStringInterpolation, CustomStringConvertible {
  /// The name in lower case, without spaces.
  public let name: String

  /// Makes a signal from its SPICE name.
  public init(_ name: String) {
    let plain = name.lowercased().filter { $0 != " " }
    if plain.hasPrefix("i("), plain.hasSuffix(")") {
      self.name = "i(\(Self.hierarchical(String(plain.dropFirst(2).dropLast()))))"
    } else if plain.hasPrefix("@"), let bracket = plain.firstIndex(of: "[") {
      let path = plain[plain.index(after: plain.startIndex)..<bracket]
      self.name = "@\(Self.hierarchical(String(path)))\(plain[bracket...])"
    } else {
      self.name = plain
    }
  }

  /// Makes a signal from a literal.
  public init(stringLiteral value: String) { self.init(value) }

  /// The voltage of a node against ground.
  public static func voltage(_ node: Node) -> Signal { Signal("v(\(node))") }

  /// The current into the positive terminal of a voltage source, inductor or controlled voltage source.
  public static func current(_ element: String) -> Signal { Signal("i(\(element))") }

  /// An internal quantity of a device, such as `id` or `gm` of a MOSFET `m1` or `x1.m1`.
  public static func device(_ element: String, _ parameter: String) -> Signal {
    Signal("@\(element)[\(parameter)]")
  }

  /// The name.
  public var description: String { name }

  /// The unit: V, A, W, or empty where unknown.
  public var unit: String {
    if name.hasPrefix("v(") { return "V" }
    if name.hasPrefix("i(") || name.hasSuffix("[id]") { return "A" }
    return name.hasSuffix("[p]") ? "W" : ""
  }

  /// `x1.x2.m1` as ngspice calls it: `m.x1.x2.m1`.
  static func hierarchical(_ path: String) -> String {
    let lower = path.lowercased()
    guard let dot = lower.lastIndex(of: "."), lower.first == "x" else { return lower }
    guard let letter = lower[lower.index(after: dot)...].first else { return lower }
    return "\(letter).\(lower)"
  }

  /// The two parts between the parentheses of `v(a,b)`, the one of `v(a)` or `i(v1)`, or nil.
  package var arguments: [String]? {
    guard name.hasPrefix("v(") || name.hasPrefix("i("), name.hasSuffix(")") else { return nil }
    return name.dropFirst(2).dropLast().split(separator: ",", omittingEmptySubsequences: false).map(
      String.init)
  }
}
