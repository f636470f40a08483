/// One element of a circuit: a name, its nodes in SPICE order, what it is and its instance parameters.
public struct Element: Sendable, Hashable {
  /// The name with SPICE's leading letter, in lower case.
  public let name: String
  /// The nodes in SPICE order (MOSFET: drain, gate, source, bulk).
  public var nodes: [Node]
  /// What it is.
  public var device: Device
  /// Instance parameters, such as `w` and `l` of a MOSFET or `ic` of a capacitor, in the order in which they
  /// are written.
  public var parameters: [Parameter]

  /// Makes an element.
  public init(_ name: String, _ nodes: [Node], _ device: Device, parameters: [Parameter] = []) {
    self.name = name.lowercased()
    self.nodes = nodes
    self.device = device
    self.parameters = parameters
  }

  /// The value of a numeric instance parameter; setting appends it where it is not there yet, nil removes it.
  public subscript(parameter name: String) -> Expression? {
    get {
      guard case .expression(let value)? = parameters.last(where: { $0.name == name })?.value else {
        return nil
      }
      return value
    }
    set {
      let position = parameters.lastIndex { $0.name == name }
      switch (position, newValue) {
      case (let index?, let value?): parameters[index] = Parameter(name, value)
      case (nil, let value?): parameters.append(Parameter(name, value))
      case (let index?, nil): parameters.remove(at: index)
      case (nil, nil): break
      }
    }
  }
}

/// The kinds of element with their values.
public enum Device: Sendable, Hashable {
  /// Resistance in ohm; nil where a model computes it from instance parameters.
  case resistor(Expression?, model: String? = nil)
  /// Capacitance in farad; nil where a model computes it from instance parameters.
  case capacitor(Expression?, model: String? = nil)
  /// Inductance in henry; nil where a model computes it from instance parameters.
  case inductor(Expression?, model: String? = nil)
  /// Coupling coefficient (0 to 1) between two inductors of the same scope; has no nodes.
  case mutualInductance(Expression, between: String, and: String)
  /// A voltage source; current counts into its positive terminal.
  ///
  /// `dc` is the value for the operating point and small-signal analyses where it differs from the waveform's
  /// start.
  case voltageSource(SourceWaveform, dc: Expression? = nil, ac: ACStimulus? = nil)
  /// A current source; current flows through it from the first node to the second.
  case currentSource(SourceWaveform, dc: Expression? = nil, ac: ACStimulus? = nil)
  /// A voltage-controlled voltage source with a gain in volt per volt.
  case vcvs(Expression)
  /// A voltage-controlled current source with a transconductance in siemens.
  case vccs(Expression)
  /// A current-controlled current source: the controlling voltage source and the gain.
  case cccs(Expression, control: String)
  /// A current-controlled voltage source: the controlling voltage source and the transresistance in ohm.
  case ccvs(Expression, control: String)
  /// A voltage given by an expression.
  case behavioralVoltage(Expression)
  /// A current given by an expression.
  case behavioralCurrent(Expression)
  /// A switch controlled by the voltage between its third and fourth node.
  case voltageSwitch(model: String)
  /// A switch controlled by the current of a voltage source.
  case currentSwitch(model: String, control: String)
  /// A lossless line: characteristic impedance in ohm and delay in seconds.
  case transmissionLine(impedance: Expression, delay: Expression)
  /// A diode.
  case diode(model: String)
  /// A bipolar transistor: collector, base, emitter, optionally substrate.
  case bjt(model: String)
  /// A junction field-effect transistor: drain, gate, source.
  case jfet(model: String)
  /// A MOSFET: drain, gate, source, bulk.
  case mosfet(model: String)
  /// An instance of a subcircuit.
  case instance(of: String)

  /// The letters with one of which SPICE wants the name to begin, the usual one first.
  public var letters: [Character] {
    switch self {
    case .resistor: ["r"]
    case .capacitor: ["c"]
    case .inductor: ["l"]
    case .mutualInductance: ["k"]
    case .voltageSource: ["v"]
    case .currentSource: ["i"]
    case .vcvs: ["e"]
    case .vccs: ["g"]
    case .cccs: ["f"]
    case .ccvs: ["h"]
    case .behavioralVoltage: ["b", "e"]
    case .behavioralCurrent: ["b", "g"]
    case .voltageSwitch: ["s"]
    case .currentSwitch: ["w"]
    case .transmissionLine: ["t"]
    case .diode: ["d"]
    case .bjt: ["q"]
    case .jfet: ["j"]
    case .mosfet: ["m"]
    case .instance: ["x"]
    }
  }

  /// Whether the simulator solves for its current, so that `i(name)` exists.
  public var hasBranchCurrent: Bool {
    switch self {
    case .voltageSource, .inductor, .vcvs, .ccvs, .behavioralVoltage: true
    default: false
    }
  }

  /// The model or subcircuit that it names; nil where it names none.
  public var model: String? {
    switch self {
    case .resistor(_, let model), .capacitor(_, let model), .inductor(_, let model): model
    case .voltageSwitch(let model), .currentSwitch(let model, _), .diode(let model), .bjt(let model),
      .jfet(let model), .mosfet(let model), .instance(of: let model):
      model
    default: nil
    }
  }

  /// The elements of the same scope that it refers to by name: controlling sources, coupled inductors.
  public var references: [String] {
    switch self {
    case .mutualInductance(_, let first, let second): [first, second]
    case .cccs(_, let control), .ccvs(_, let control), .currentSwitch(_, let control): [control]
    case .behavioralVoltage(let expression), .behavioralCurrent(let expression): expression.currentNames
    default: []
    }
  }

  /// How many nodes it may have; nil for an instance.
  package var nodeCounts: ClosedRange<Int>? {
    switch self {
    case .mutualInductance: 0...0
    case .vcvs, .vccs, .voltageSwitch, .transmissionLine, .mosfet: 4...4
    case .jfet: 3...3
    case .bjt: 3...4
    case .instance: nil
    default: 2...2
    }
  }

  /// The values that may be expressions of parameters, without those of source waveforms.
  package var values: [Expression] {
    switch self {
    case .resistor(let value, _), .capacitor(let value, _), .inductor(let value, _): value.map { [$0] } ?? []
    case .mutualInductance(let value, _, _), .vcvs(let value), .vccs(let value), .cccs(let value, _),
      .ccvs(let value, _):
      [value]
    case .transmissionLine(let impedance, let delay): [impedance, delay]
    default: []
    }
  }

  /// The course of an independent source.
  package var waveform: SourceWaveform? {
    switch self {
    case .voltageSource(let waveform, _, _), .currentSource(let waveform, _, _): waveform
    default: nil
    }
  }
}
