/// One element of a circuit: a name, its nodes in SPICE order, and what it is.
public struct Element: Sendable, Hashable {
  /// The name with SPICE's leading letter, in lower case.
  public let name: String
  /// The nodes in SPICE order (MOSFET: drain, gate, source, bulk).
  public var nodes: [Node]
  /// What it is.
  public var device: Device

  /// Makes an element.
  public init(_ name: String, _ nodes: [Node], _ device: Device) {
    self.name = name.lowercased()
    self.nodes = nodes
    self.device = device
  }
}

/// The kinds of element with their values.
public enum Device: Sendable, Hashable {
  /// Resistance in ohm.
  case resistor(Expression)
  /// Capacitance in farad.
  case capacitor(Expression)
  /// Inductance in henry.
  case inductor(Expression)
  /// A voltage source; current counts into its positive terminal.
  case voltageSource(SourceWaveform, ac: ACStimulus?)
  /// A current source; current flows through it from the first node to the second.
  case currentSource(SourceWaveform, ac: ACStimulus?)
  /// A voltage-controlled voltage source with a gain in volt per volt.
  case vcvs(Expression)
  /// A voltage-controlled current source with a transconductance in siemens.
  case vccs(Expression)
  /// A voltage given by an expression.
  case behavioralVoltage(Expression)
  /// A current given by an expression.
  case behavioralCurrent(Expression)
  /// A diode: its model and instance parameters.
  case diode(model: String, [Parameter])
  /// A MOSFET: its model and instance parameters.
  case mosfet(model: String, [Parameter])
  /// An instance of a subcircuit.
  case instance(of: String, [Parameter])

  /// The letter with which SPICE wants the name to begin.
  public var letter: Character {
    switch self {
    case .resistor: "r"
    case .capacitor: "c"
    case .inductor: "l"
    case .voltageSource: "v"
    case .currentSource: "i"
    case .vcvs: "e"
    case .vccs: "g"
    case .behavioralVoltage, .behavioralCurrent: "b"
    case .diode: "d"
    case .mosfet: "m"
    case .instance: "x"
    }
  }

  /// Whether the simulator solves for its current, so that `i(name)` exists.
  public var hasBranchCurrent: Bool {
    switch self {
    case .voltageSource, .inductor, .vcvs, .behavioralVoltage: true
    default: false
    }
  }

  /// How many nodes it has; nil for an instance.
  package var nodeCount: Int? {
    switch self {
    case .vcvs, .vccs, .mosfet: 4
    case .instance: nil
    default: 2
    }
  }
}
