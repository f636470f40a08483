extension Circuit {
  /// Everything wrong with the circuit, each problem naming its place.
  public func problems() -> [SpiceError] { Validator(self).problems.map(\.error) }
}

extension Simulation {
  /// Everything wrong with the simulation; only the circuit's problems while it has any.
  public func problems() -> [SpiceError] {
    // What follows presumes a circuit that holds together.
    let problems = circuit.problems()
    return problems.isEmpty ? ownProblems().map(\.error) : problems
  }

  /// What is wrong beside the circuit, noise that has not been drawn left out where that is still to be done.
  func ownProblems(noiseIsDrawn: Bool = true) -> [CircuitProblem] {
    func about(_ part: CircuitPart?, _ errors: [SpiceError]) -> [CircuitProblem] {
      errors.map { CircuitProblem(error: $0, part: part) }
    }
    let path = CircuitPath(circuit)
    let signals = saved.flatMap { signal in
      about(.saved(signal), problems(of: [signal], as: "saved signal", path))
    }
    let sources = circuit.elements.filter(\.device.isExternal).map(\.name)
    return about(.analysis, analysisProblems()) + about(nil, repeatedSignals()) + signals
      + about(sources.first.map { .element($0, subcircuit: nil) }, externalProblems(of: []))
      + about(.stopCondition, stopProblems()) + about(nil, noiseIsDrawn ? noiseProblems() : [])
  }

  /// Throws the first of ``problems()``.
  public func validate() throws(SpiceError) { try validate(coupledTo: []) }

  /// Throws the first problem of the simulation and of what it is coupled to.
  func validate(coupledTo couplings: [Coupling]) throws(SpiceError) {
    if let first = circuit.problems().first { throw first }
    let found =
      analysisProblems() + signalProblems() + couplingProblems(couplings)
      + externalProblems(of: couplings) + stopProblems() + noiseProblems()
    if let first = found.first { throw first }
  }

  /// The most points of a sweep: what no memory holds is a slip of the pen.
  private static let mostPoints = 1e9

  private func analysisProblems() -> [SpiceError] {
    func invalid(_ message: String) -> SpiceError { SpiceError(.invalidValue, message, place: "analysis") }
    var found: [SpiceError] = []
    if !temperatureCelsius.isFinite || temperatureCelsius <= -273.15 {
      found.append(invalid("the temperature is not above absolute zero."))
    }
    switch analysis {
    case .operatingPoint: break
    case .dcSweep(let source, let start, let stop, let step):
      switch circuit.elements.first(where: { $0.name == source.lowercased() })?.device {
      case .voltageSource, .currentSource: break
      default:
        found.append(SpiceError(.unresolvedSource, "no source named \(source) to sweep.", place: "analysis"))
      }
      if ![start, stop, step].allSatisfy(\.isFinite) || step == 0 || (stop - start) * step < 0 {
        found.append(invalid("the sweep needs finite ends and a step towards its stop."))
      } else if (stop - start) / step > Self.mostPoints {
        found.append(invalid("the sweep has more than \(Int(Self.mostPoints)) points."))
      }
    case .ac(_, let points, let start, let stop):
      if points < 1 || !(start > 0) || !(stop >= start) || !stop.isFinite {
        found.append(invalid("the frequency sweep needs points and 0 < start <= stop."))
      }
    case .transient(let transient):
      if ![transient.step, transient.stop, transient.maximumStep].allSatisfy({ $0.isFinite && $0 > 0 }) {
        found.append(invalid("step, stop and maximum step must be positive."))
      }
      if !(transient.recordFrom >= 0 && transient.recordFrom < transient.stop) {
        found.append(invalid("recording begins at or after 0 and before the end."))
      }
      for window in transient.windows {
        let finite = [window.start, window.stop, window.maximumStep].allSatisfy(\.isFinite)
        if !finite || window.start < 0 || window.stop <= window.start || window.maximumStep <= 0 {
          found.append(invalid("a step window needs 0 <= start < stop and a positive maximum step."))
        }
      }
    }
    return found
  }

  private func signalProblems() -> [SpiceError] {
    repeatedSignals() + problems(of: saved, as: "saved signal", CircuitPath(circuit))
  }

  private func repeatedSignals() -> [SpiceError] {
    var found: [SpiceError] = []
    var seen: Set<Signal> = []
    for signal in saved where !seen.insert(signal).inserted {
      let place = "saved signal \(signal)"
      found.append(SpiceError(.duplicateName, "the signal is saved twice.", place: place))
    }
    return found
  }

  /// What keeps signals from being recorded.
  private func problems(of signals: [Signal], as kind: String, _ path: CircuitPath) -> [SpiceError] {
    var found: [SpiceError] = []
    for signal in signals {
      let place = "\(kind) \(signal)"
      if let bracket = signal.name.firstIndex(of: "["), signal.name.hasPrefix("@"), signal.name.hasSuffix("]")
      {
        let device = String(signal.name[signal.name.index(after: signal.name.startIndex)..<bracket])
        if path.element(device) == nil {
          found.append(SpiceError(.unresolvedSource, "no element named \(device).", place: place))
        }
        continue
      }
      guard let arguments = signal.arguments, arguments.count == 1 else {
        let message = "save v(node), i(source) or @device[parameter]; v(a,b) is the difference of two saved."
        found.append(SpiceError(.invalidName, message, place: place))
        continue
      }
      if signal.name.hasPrefix("v(") {
        if Node(arguments[0]) == .ground {
          found.append(SpiceError(.unresolvedNode, "ground is zero and has no signal.", place: place))
        } else if path.node(arguments[0]) == nil {
          found.append(SpiceError(.unresolvedNode, "no element touches the node.", place: place))
        }
      } else if path.element(arguments[0])?.device.hasBranchCurrent != true {
        let message = "no voltage source or inductor of that name; put a source of 0 V in series."
        found.append(SpiceError(.unresolvedSource, message, place: place))
      }
    }
    return found
  }

  private func stopProblems() -> [SpiceError] {
    guard !stopConditions.isEmpty else { return [] }
    guard case .transient(let transient) = analysis else {
      return [SpiceError(.invalidValue, "only a transient has a stop condition.", place: "analysis")]
    }
    var found = problems(
      of: stopConditions.flatMap(\.signals), as: "stop condition,", CircuitPath(circuit))
    if transient.recordFrom > 0 {
      found.append(
        SpiceError(.invalidValue, "a stop condition needs recording from the start.", place: "analysis"))
    }
    for condition in stopConditions {
      let levels = condition.terms.map(\.level)
      if condition.terms.isEmpty || !(levels + [condition.after]).allSatisfy(\.isFinite)
        || !(condition.holding >= 0 && condition.holding.isFinite)
      {
        let message = "a stop condition needs terms, finite levels and times, and a time to hold from 0 on."
        found.append(SpiceError(.invalidValue, message, place: "stop condition"))
      }
    }
    return found
  }

  private func couplingProblems(_ couplings: [Coupling]) -> [SpiceError] {
    guard !couplings.isEmpty else { return [] }
    func invalid(_ message: String) -> SpiceError { SpiceError(.invalidValue, message, place: "coupling") }
    guard case .transient(let transient) = analysis, !transient.useInitialConditions,
      transient.recordFrom == 0
    else {
      return [invalid("a coupled transient starts from an operating point and records from there on.")]
    }
    var found = problems(
      of: CoupledTransient.signals(of: couplings), as: "coupled input", CircuitPath(circuit))
    var driven: Set<String> = []
    for coupling in couplings {
      for name in coupling.outputs {
        if !driven.insert(name).inserted {
          found.append(SpiceError(.duplicateName, "two outputs drive the source.", place: name))
        }
        if circuit.elements.first(where: { $0.name == name })?.device.isExternal != true {
          found.append(
            SpiceError(.unresolvedSource, "no external source of that name to drive.", place: name))
        }
        if externalValues[name] != nil {
          found.append(invalid("source \(name) has external values and a coupled system."))
        }
      }
      if coupling.outputs.isEmpty { found.append(invalid("it drives no source.")) }
      if !(coupling.maximumStep > 0) { found.append(invalid("the longest step is not positive.")) }
      if !coupling.inputTolerances.isEmpty,
        coupling.inputTolerances.count != coupling.inputs.count
          || !coupling.inputTolerances.allSatisfy({ $0 > 0 })
      {
        found.append(invalid("there is a positive tolerance for each input, or none."))
      }
    }
    return found
  }

  private func noiseProblems() -> [SpiceError] {
    guard case .transient(let transient) = analysis else { return [] }
    return CircuitPath(circuit).flattened.compactMap { path, element in
      guard let noise = element.device.noise else { return nil }
      let drawn = noiseValues[path]?.count ?? 0
      guard Double(drawn - 1) * noise.step < transient.stop else { return nil }
      return SpiceError(
        .invalidValue, "its noise has not been drawn; call drawNoise first.", place: "element \(path)")
    }
  }

  private func externalProblems(of couplings: [Coupling]) -> [SpiceError] {
    var found: [SpiceError] = []
    let external = circuit.elements.filter(\.device.isExternal)
    let names = Set(external.map(\.name))
    for name in externalValues.keys.sorted() where !names.contains(name) {
      found.append(SpiceError(.unresolvedSource, "values for a source that is not external.", place: name))
    }
    let driven = Set(couplings.flatMap(\.outputs))
    for name in names.sorted() where !driven.contains(name) {
      let points = (externalValues[name] ?? []).map { SourceWaveform.Point($0.time, $0.value) }
      if !points.isEmpty, !(externalValues[name] ?? []).allSatisfy({ $0.time.isFinite && $0.value.isFinite })
      {
        found.append(
          SpiceError(.invalidValue, "external values: one is not finite.", place: "element \(name)"))
      }
      found += SourceWaveform.pwl(points).problems.map {
        SpiceError(.invalidValue, "external values: \($0)", place: "element \(name)")
      }
    }
    return found
  }
}

extension SourceWaveform {
  /// What is wrong with the numbers; those that depend on parameters are not known yet.
  var problems: [String] {
    var found: [String] = []
    func need(_ condition: Bool, _ message: String) {
      if !condition { found.append(message) }
    }
    func known(_ expression: Expression) -> Double? {
      if case .constant(let value) = expression { value } else { nil }
    }
    func holds(_ expression: Expression, _ condition: (Double) -> Bool) -> Bool {
      known(expression).map(condition) ?? true
    }
    switch self {
    case .constant, .external: break
    case .pulse(let pulse):
      need(
        holds(pulse.rise) { $0 > 0 } && holds(pulse.fall) { $0 > 0 },
        "a pulse needs positive rise and fall times.")
      need(
        holds(pulse.delay) { $0 >= 0 } && holds(pulse.width) { $0 >= 0 },
        "a pulse needs a delay and a width that are not negative.")
      if let period = pulse.period.flatMap(known), let rise = known(pulse.rise),
        let width = known(pulse.width), let fall = known(pulse.fall)
      {
        need(period >= rise + width + fall, "the period is shorter than the pulse.")
      }
    case .pwl(let points):
      let times = points.compactMap { known($0.time) }
      need(!points.isEmpty, "there is no point.")
      need(times.allSatisfy { $0 >= 0 }, "a time is negative.")
      need(zip(times, times.dropFirst()).allSatisfy { $0 < $1 }, "times do not rise strictly.")
    case .sine(let sine):
      need(holds(sine.frequency) { $0 > 0 }, "the frequency is not positive.")
      need(holds(sine.delay) { $0 >= 0 }, "the delay is negative.")
    case .exponential(let course):
      need(
        holds(course.riseTau) { $0 > 0 } && holds(course.fallTau) { $0 > 0 },
        "the time constants are not positive.")
      need(
        holds(course.riseDelay) { $0 >= 0 } && holds(course.fallDelay) { $0 >= 0 }, "a delay is negative.")
    case .noise(let rms, let step, let dc):
      need(rms >= 0 && rms.isFinite && dc.isFinite, "the noise is negative or not finite.")
      need(step > 0 && step.isFinite, "the noise step is not positive.")
    }
    return found
  }
}
