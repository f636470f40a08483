/// A circuit as a typed value: what a netlist file says, before any simulator reads it.
///
/// ```swift
/// var circuit = Circuit(title: "RC step")
/// circuit.voltageSource("vin", "in", .ground, .pwl([(0, 0), (1e-12, 1)]))
/// circuit.resistor("r1", "in", "out", 1e3)
/// circuit.capacitor("c1", "out", .ground, 1e-12)
/// ```
public struct Circuit: ElementContainer, Sendable, Hashable {
  /// The first line of a deck.
  public var title: String
  /// The elements at the top level.
  public var elements: [Element] = []
  /// The subcircuits.
  public var subcircuits: [Subcircuit] = []
  /// The model cards.
  public var models: [DeviceModel] = []
  /// Model files.
  public var includes: [Include] = []
  /// Parameters, visible everywhere.
  public var parameters: [Parameter] = []
  /// Nodes that have the same name inside every subcircuit (`.global`).
  public var globalNodes: [Node] = []
  /// Simulator options, such as `reltol`.
  public var options: [Parameter] = []
  /// Voltages forced while the starting point is found (`.ic`), in volt.
  public var initialConditions: [Node: Expression] = [:]
  /// Guesses for the starting point (`.nodeset`), in volt.
  public var nodeSets: [Node: Expression] = [:]

  /// Whether a node with a single connection that can carry a direct current is left to the simulator, which
  /// solves it; else it is a problem of the circuit, as one without such a connection always is.
  public var allowsDanglingNodes = false

  /// Makes an empty circuit.
  public init(title: String) { self.title = title }
}

/// A circuit with ports that others instantiate.
public struct Subcircuit: ElementContainer, Sendable, Hashable {
  /// The name in lower case.
  public let name: String
  /// The nodes that an instance connects, in order.
  public var ports: [Node]
  /// The parameters with their default values, which an instance may give.
  public var parameters: [Parameter]
  /// Parameters of its own that no instance can give (`.param` inside).
  public var localParameters: [Parameter] = []
  /// The elements.
  public var elements: [Element] = []
  /// Model cards visible inside.
  public var models: [DeviceModel] = []

  /// Makes an empty subcircuit.
  public init(_ name: String, ports: [Node], parameters: [Parameter] = []) {
    self.name = name.lowercased()
    self.ports = ports
    self.parameters = parameters
  }
}
