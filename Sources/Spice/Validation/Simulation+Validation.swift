extension Circuit {
  /// Everything wrong with the circuit, each problem naming its place.
  public func problems() -> [SpiceError] { Validator(self).problems }
}

extension Simulation {
  /// Everything wrong with the simulation; only the circuit's problems while it has any.
  public func problems() -> [SpiceError] {
    // What follows presumes a circuit that holds together.
    let problems = circuit.problems()
    guard problems.isEmpty else { return problems }
    return analysisProblems() + signalProblems() + externalProblems() + noiseProblems()
  }

  /// Throws the first of ``problems()``.
  public func validate() throws(SpiceError) {
    if let first = problems().first { throw first }
  }

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
      }
    case .ac(let points, let start, let stop):
      if points < 1 || !(start > 0) || !(stop >= start) || !stop.isFinite {
        found.append(invalid("the frequency sweep needs points and 0 < start <= stop."))
      }
    case .transient(let step, let stop, let maximumStep, let windows, _):
      if ![step, stop, maximumStep].allSatisfy({ $0.isFinite && $0 > 0 }) {
        found.append(invalid("step, stop and maximum step must be positive."))
      }
      for window in windows {
        let finite = [window.start, window.stop, window.maximumStep].allSatisfy(\.isFinite)
        if !finite || window.start < 0 || window.stop <= window.start || window.maximumStep <= 0 {
          found.append(invalid("a step window needs 0 <= start < stop and a positive maximum step."))
        }
      }
    }
    return found
  }

  private func signalProblems() -> [SpiceError] {
    let path = CircuitPath(circuit)
    var found: [SpiceError] = []
    var seen: Set<Signal> = []
    for signal in saved {
      let place = "saved signal \(signal)"
      if !seen.insert(signal).inserted {
        found.append(SpiceError(.duplicateName, "the signal is saved twice.", place: place))
      }
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

  private func noiseProblems() -> [SpiceError] {
    guard case .transient(_, let stop, _, _, _) = analysis else { return [] }
    return CircuitPath(circuit).flattened.compactMap { path, element in
      guard let noise = element.device.noise else { return nil }
      let drawn = noiseValues[path]?.count ?? 0
      guard Double(drawn - 1) * noise.step < stop else { return nil }
      return SpiceError(
        .invalidValue, "its noise has not been drawn; call drawNoise first.", place: "element \(path)")
    }
  }

  private func externalProblems() -> [SpiceError] {
    var found: [SpiceError] = []
    let external = circuit.elements.filter {
      switch $0.device {
      case .voltageSource(.external, _), .currentSource(.external, _): true
      default: false
      }
    }
    let names = Set(external.map(\.name))
    for name in externalValues.keys.sorted() where !names.contains(name) {
      found.append(SpiceError(.unresolvedSource, "values for a source that is not external.", place: name))
    }
    for name in names.sorted() {
      let problems = SourceWaveform.pwl(externalValues[name] ?? []).problems
      found += problems.map { SpiceError(.invalidValue, "external values: \($0)", place: "element \(name)") }
    }
    return found
  }
}

extension SourceWaveform {
  /// What is wrong with the numbers.
  var problems: [String] {
    var found: [String] = []
    func need(_ condition: Bool, _ message: String) {
      if !condition { found.append(message) }
    }
    switch self {
    case .dc(let value): need(value.isFinite, "the value is not finite.")
    case .pulse(let from, let to, let delay, let rise, let fall, let width, let period):
      need(
        [from, to, delay, rise, fall, width].allSatisfy(\.isFinite), "a value of the pulse is not finite.")
      need(rise > 0 && fall > 0, "a pulse needs positive rise and fall times.")
      need(delay >= 0 && width >= 0, "a pulse needs a delay and a width that are not negative.")
      if let period { need(period >= rise + width + fall, "the period is shorter than the pulse.") }
    case .pwl(let points):
      need(!points.isEmpty, "there is no point.")
      need(points.allSatisfy { $0.time.isFinite && $0.value.isFinite }, "a point is not finite.")
      need(points.allSatisfy { $0.time >= 0 }, "a time is negative.")
      need(zip(points, points.dropFirst()).allSatisfy { $0.time < $1.time }, "times do not rise strictly.")
    case .sine(let offset, let amplitude, let frequency, let delay, let damping):
      need([offset, amplitude, delay, damping].allSatisfy(\.isFinite), "a value of the sine is not finite.")
      need(frequency > 0 && frequency.isFinite, "the frequency is not positive.")
    case .noise(let rms, let step, let dc):
      need(rms >= 0 && rms.isFinite && dc.isFinite, "the noise is negative or not finite.")
      need(step > 0 && step.isFinite, "the noise step is not positive.")
    case .external: break
    }
    return found
  }
}
