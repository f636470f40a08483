/// A number of a simulation that a sweep or a Monte Carlo run sets.
///
/// ```swift
/// let knobs = [Knob.parameter("vdd"), .element("mn1", "w"), .temperature]
/// ```
public struct Knob: Sendable, Hashable, CustomStringConvertible {
  /// What is set.
  public enum Target: Sendable, Hashable {
    /// A parameter of the circuit.
    case parameter(String)
    /// An instance parameter of an element of the top level, such as `w` of a MOSFET.
    case element(String, parameter: String)
    /// The value of a resistor, capacitor, inductor or controlled source, or the constant of a source.
    case value(String)
    /// A parameter of a model card.
    case model(String, parameter: String)
    /// The temperature in degree Celsius.
    case temperature
    /// A simulator option.
    case option(String)
  }

  /// What is set.
  public let target: Target

  /// A parameter of the circuit.
  public static func parameter(_ name: String) -> Knob { Knob(target: .parameter(name.lowercased())) }
  /// An instance parameter of an element.
  public static func element(_ name: String, _ parameter: String) -> Knob {
    Knob(target: .element(name.lowercased(), parameter: parameter.lowercased()))
  }
  /// The value of an element.
  public static func value(of element: String) -> Knob { Knob(target: .value(element.lowercased())) }
  /// A parameter of a model card.
  public static func model(_ name: String, _ parameter: String) -> Knob {
    Knob(target: .model(name.lowercased(), parameter: parameter.lowercased()))
  }
  /// The temperature in degree Celsius.
  public static let temperature = Knob(target: .temperature)
  /// A simulator option.
  public static func option(_ name: String) -> Knob { Knob(target: .option(name.lowercased())) }

  /// The name in tables: `vdd`, `m1.w`, `r1`, `nch.vth0`, `temperature`.
  public var description: String {
    switch target {
    case .parameter(let name), .value(let name), .option(let name): name
    case .element(let name, let parameter), .model(let name, let parameter): "\(name).\(parameter)"
    case .temperature: "temperature"
    }
  }

  /// The knob that a name means in a circuit: `temperature`, a parameter, an element with one value (`r1`), an
  /// instance parameter (`m1.w`) or a parameter of a model card (`nch.vth0`); nil for anything else.
  public init?(_ name: String, in circuit: Circuit) {
    let parts = name.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts == ["temperature"] {
      self = .temperature
    } else if parts.count == 1, circuit.parameters.contains(where: { $0.name == parts[0] }) {
      self = .parameter(parts[0])
    } else if parts.count == 1,
      let element = circuit.elements.first(where: { $0.name == parts[0] }),
      element.device.withValue(0) != nil
    {
      self = .value(of: parts[0])
    } else if parts.count == 2, circuit.elements.contains(where: { $0.name == parts[0] }) {
      self = .element(parts[0], parts[1])
    } else if parts.count == 2, circuit.models.contains(where: { $0.name == parts[0] }) {
      self = .model(parts[0], parts[1])
    } else {
      return nil
    }
  }

  private init(target: Target) { self.target = target }

  /// Sets the number.
  ///
  /// - Throws: ``SpiceError/Code/unresolvedParameter``, ``SpiceError/Code/unresolvedSource`` or
  ///   ``SpiceError/Code/unresolvedModel`` if the simulation has no such thing; ``SpiceError/Code/invalidValue``
  ///   for a value that is not finite.
  public func set(_ value: Double, in simulation: inout Simulation) throws(SpiceError) {
    guard value.isFinite else {
      throw SpiceError(.invalidValue, "a value that is not finite.", place: "knob \(self)")
    }
    switch target {
    case .parameter(let name):
      guard let index = simulation.circuit.parameters.firstIndex(where: { $0.name == name }) else {
        throw missing(.unresolvedParameter, "the circuit has no parameter of that name.")
      }
      simulation.circuit.parameters[index] = Parameter(name, value)
    case .element(let name, let parameter):
      simulation.circuit.elements[try element(name, of: simulation)][parameter: parameter] = .constant(value)
    case .value(let name):
      let index = try element(name, of: simulation)
      guard let device = simulation.circuit.elements[index].device.withValue(.constant(value)) else {
        throw missing(.invalidValue, "the element has no single value.")
      }
      simulation.circuit.elements[index].device = device
    case .model(let name, let parameter):
      guard let index = simulation.circuit.models.firstIndex(where: { $0.name == name }) else {
        throw missing(.unresolvedModel, "the circuit has no model card of that name; inline it first.")
      }
      simulation.circuit.models[index].parameters.removeAll { $0.name == parameter }
      simulation.circuit.models[index].parameters.append(Parameter(parameter, value))
    case .temperature: simulation.temperatureCelsius = value
    case .option(let name):
      simulation.circuit.options.removeAll { $0.name == name }
      simulation.circuit.options.append(Parameter(name, value))
    }
  }

  private func element(_ name: String, of simulation: Simulation) throws(SpiceError) -> Int {
    guard let index = simulation.circuit.elements.firstIndex(where: { $0.name == name }) else {
      throw missing(.unresolvedSource, "the circuit has no element of that name at its top level.")
    }
    return index
  }

  private func missing(_ code: SpiceError.Code, _ message: String) -> SpiceError {
    SpiceError(code, message, place: "knob \(self)")
  }
}

extension Device {
  /// The same device with another value; nil where it has none or several.
  func withValue(_ value: Expression) -> Device? {
    switch self {
    case .resistor(_, let model): .resistor(value, model: model)
    case .capacitor(_, let model): .capacitor(value, model: model)
    case .inductor(_, let model): .inductor(value, model: model)
    case .voltageSource(.constant, nil, let ac): .voltageSource(.dc(value), ac: ac)
    case .currentSource(.constant, nil, let ac): .currentSource(.dc(value), ac: ac)
    case .vcvs: .vcvs(value)
    case .vccs: .vccs(value)
    case .cccs(_, let control): .cccs(value, control: control)
    case .ccvs(_, let control): .ccvs(value, control: control)
    case .mutualInductance(_, let first, let second): .mutualInductance(value, between: first, and: second)
    default: nil
    }
  }
}
