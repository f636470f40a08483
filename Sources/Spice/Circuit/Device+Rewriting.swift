extension Device {
  /// The same device with every expression, element reference and model name rewritten.
  func rewritten(
    expression: (Expression) -> Expression, reference: (String) -> String, model: (String) -> String
  ) -> Device {
    switch self {
    case .resistor(let value, let name): .resistor(value.map(expression), model: name.map(model))
    case .capacitor(let value, let name): .capacitor(value.map(expression), model: name.map(model))
    case .inductor(let value, let name): .inductor(value.map(expression), model: name.map(model))
    case .mutualInductance(let value, let first, let second):
      .mutualInductance(expression(value), between: reference(first), and: reference(second))
    case .voltageSource(let waveform, let dc, let ac):
      .voltageSource(
        waveform.rewritten(expression), dc: dc.map(expression), ac: ac?.rewritten(expression))
    case .currentSource(let waveform, let dc, let ac):
      .currentSource(
        waveform.rewritten(expression), dc: dc.map(expression), ac: ac?.rewritten(expression))
    case .vcvs(let value): .vcvs(expression(value))
    case .vccs(let value): .vccs(expression(value))
    case .cccs(let value, let control): .cccs(expression(value), control: reference(control))
    case .ccvs(let value, let control): .ccvs(expression(value), control: reference(control))
    case .behavioralVoltage(let value): .behavioralVoltage(expression(value))
    case .behavioralCurrent(let value): .behavioralCurrent(expression(value))
    case .voltageSwitch(let name): .voltageSwitch(model: model(name))
    case .currentSwitch(let name, let control):
      .currentSwitch(model: model(name), control: reference(control))
    case .transmissionLine(let impedance, let delay):
      .transmissionLine(impedance: expression(impedance), delay: expression(delay))
    case .diode(let name): .diode(model: model(name))
    case .bjt(let name): .bjt(model: model(name))
    case .jfet(let name): .jfet(model: model(name))
    case .mosfet(let name): .mosfet(model: model(name))
    case .instance: self
    }
  }
}

extension SourceWaveform {
  /// The same course with every value rewritten.
  func rewritten(_ change: (Expression) -> Expression) -> SourceWaveform {
    switch self {
    case .constant(let value): .constant(change(value))
    case .pulse(let p):
      .pulse(
        Pulse(
          from: change(p.from), to: change(p.to), delay: change(p.delay), rise: change(p.rise),
          fall: change(p.fall), width: change(p.width), period: p.period.map(change)))
    case .pwl(let points): .pwl(points.map { Point(change($0.time), change($0.value)) })
    case .sine(let s):
      .sine(
        Sine(
          offset: change(s.offset), amplitude: change(s.amplitude), frequency: change(s.frequency),
          delay: change(s.delay), damping: change(s.damping)))
    case .exponential(let e):
      .exponential(
        Exponential(
          from: change(e.from), to: change(e.to), riseDelay: change(e.riseDelay),
          riseTau: change(e.riseTau), fallDelay: change(e.fallDelay), fallTau: change(e.fallTau)))
    case .noise, .external: self
    }
  }
}

extension ACStimulus {
  /// The same excitation with its values rewritten.
  func rewritten(_ change: (Expression) -> Expression) -> ACStimulus {
    ACStimulus(magnitude: change(magnitude), phaseDegrees: change(phaseDegrees))
  }
}

extension Parameter {
  /// The same parameter with its expression rewritten; a bare word stays.
  func rewritten(_ change: (Expression) -> Expression) -> Parameter {
    switch value {
    case .expression(let expression): Parameter(name, change(expression))
    case .text: self
    }
  }
}
