/// A circuit or subcircuit under construction.
///
/// Names begin with SPICE's letter for the kind of element.
public protocol ElementContainer {
  /// The elements in the order in which they are written.
  var elements: [Element] { get set }
  /// The model cards.
  var models: [DeviceModel] { get set }
}

extension ElementContainer {
  /// Adds an element.
  public mutating func add(_ element: Element) { elements.append(element) }

  /// Adds a model card.
  public mutating func add(_ model: DeviceModel) { models.append(model) }

  /// Adds a resistor, in ohm.
  public mutating func resistor(_ name: String, _ a: Node, _ b: Node, _ ohms: some ExpressionConvertible) {
    add(Element(name, [a, b], .resistor(ohms.expression)))
  }

  /// Adds a capacitor, in farad.
  public mutating func capacitor(_ name: String, _ a: Node, _ b: Node, _ farads: some ExpressionConvertible) {
    add(Element(name, [a, b], .capacitor(farads.expression)))
  }

  /// Adds an inductor, in henry.
  public mutating func inductor(_ name: String, _ a: Node, _ b: Node, _ henries: some ExpressionConvertible) {
    add(Element(name, [a, b], .inductor(henries.expression)))
  }

  /// Adds a voltage source, in volt.
  public mutating func voltageSource(
    _ name: String, _ positive: Node, _ negative: Node, _ waveform: SourceWaveform, ac: ACStimulus? = nil
  ) {
    add(Element(name, [positive, negative], .voltageSource(waveform, ac: ac)))
  }

  /// Adds a current source, in ampere; the current flows through it from `positive` to `negative`.
  public mutating func currentSource(
    _ name: String, _ positive: Node, _ negative: Node, _ waveform: SourceWaveform, ac: ACStimulus? = nil
  ) {
    add(Element(name, [positive, negative], .currentSource(waveform, ac: ac)))
  }

  /// Adds a voltage-controlled voltage source, in volt per volt.
  public mutating func vcvs(
    _ name: String, _ positive: Node, _ negative: Node, control: (Node, Node),
    gain: some ExpressionConvertible
  ) {
    add(Element(name, [positive, negative, control.0, control.1], .vcvs(gain.expression)))
  }

  /// Adds a voltage-controlled current source, in siemens.
  public mutating func vccs(
    _ name: String, _ positive: Node, _ negative: Node, control: (Node, Node),
    transconductance: some ExpressionConvertible
  ) {
    add(Element(name, [positive, negative, control.0, control.1], .vccs(transconductance.expression)))
  }

  /// Adds a current source controlled by the current of a voltage source, in ampere per ampere.
  public mutating func cccs(
    _ name: String, _ positive: Node, _ negative: Node, control: String, gain: some ExpressionConvertible
  ) {
    add(Element(name, [positive, negative], .cccs(gain.expression, control: control.lowercased())))
  }

  /// Adds a voltage source controlled by the current of a voltage source, in ohm.
  public mutating func ccvs(
    _ name: String, _ positive: Node, _ negative: Node, control: String,
    transresistance: some ExpressionConvertible
  ) {
    add(
      Element(name, [positive, negative], .ccvs(transresistance.expression, control: control.lowercased())))
  }

  /// Couples two inductors with a coefficient from 0 to 1.
  public mutating func mutualInductance(
    _ name: String, between first: String, and second: String, coefficient: some ExpressionConvertible
  ) {
    add(
      Element(
        name, [],
        .mutualInductance(
          coefficient.expression, between: first.lowercased(), and: second.lowercased())))
  }

  /// Adds a lossless transmission line between two ports, in ohm and seconds.
  public mutating func transmissionLine(
    _ name: String, _ first: (Node, Node), _ second: (Node, Node), impedance: some ExpressionConvertible,
    delay: some ExpressionConvertible
  ) {
    add(
      Element(
        name, [first.0, first.1, second.0, second.1],
        .transmissionLine(impedance: impedance.expression, delay: delay.expression)))
  }

  /// Adds a switch that the voltage between two nodes controls.
  public mutating func voltageSwitch(
    _ name: String, _ a: Node, _ b: Node, control: (Node, Node), model: String
  ) {
    add(Element(name, [a, b, control.0, control.1], .voltageSwitch(model: model.lowercased())))
  }

  /// Adds a bipolar transistor.
  public mutating func bjt(
    _ name: String, collector: Node, base: Node, emitter: Node, model: String, parameters: [Parameter] = []
  ) {
    add(Element(name, [collector, base, emitter], .bjt(model: model.lowercased()), parameters: parameters))
  }

  /// Adds a source whose voltage is an expression.
  public mutating func behavioralVoltage(
    _ name: String, _ positive: Node, _ negative: Node, _ volts: Expression
  ) {
    add(Element(name, [positive, negative], .behavioralVoltage(volts)))
  }

  /// Adds a source whose current, from `positive` through it to `negative`, is an expression.
  public mutating func behavioralCurrent(
    _ name: String, _ positive: Node, _ negative: Node, _ amperes: Expression
  ) {
    add(Element(name, [positive, negative], .behavioralCurrent(amperes)))
  }

  /// Adds a diode.
  public mutating func diode(
    _ name: String, _ anode: Node, _ cathode: Node, model: String, parameters: [Parameter] = []
  ) {
    add(Element(name, [anode, cathode], .diode(model: model.lowercased()), parameters: parameters))
  }

  /// Adds a MOSFET.
  ///
  /// - Parameters:
  ///   - width: Gate width in metre.
  ///   - length: Gate length in metre.
  ///   - multiplier: Number of parallel devices.
  ///   - delvto: Threshold shift in volt, for mismatch; not written when nil.
  ///   - parameters: More instance parameters, written after these.
  public mutating func mosfet(
    _ name: String, drain: Node, gate: Node, source: Node, bulk: Node, model: String,
    width: some ExpressionConvertible, length: some ExpressionConvertible,
    multiplier: (any ExpressionConvertible)? = nil, delvto: (any ExpressionConvertible)? = nil,
    parameters: [Parameter] = []
  ) {
    var all = [Parameter("w", width), Parameter("l", length)]
    if let multiplier { all.append(Parameter("m", multiplier.expression)) }
    if let delvto { all.append(Parameter("delvto", delvto.expression)) }
    add(
      Element(
        name, [drain, gate, source, bulk], .mosfet(model: model.lowercased()), parameters: all + parameters))
  }

  /// Adds an instance of a subcircuit.
  public mutating func instance(
    _ name: String, _ nodes: [Node], of subcircuit: String, parameters: [Parameter] = []
  ) {
    add(Element(name, nodes, .instance(of: subcircuit.lowercased()), parameters: parameters))
  }
}
