import Glibc

extension SpectreWriter {
  /// Writes options, what is recorded and what is simulated.
  ///
  /// No element is called `analysis`, `simulatorOptions`: SPICE wants other first letters.
  mutating func writeAnalysis() {
    writeOptions()
    var saved: [String] = []
    for signal in simulation.saved {
      if let name = SignalNames.spectre.name(of: signal, in: scopes.at) {
        saved.append(name)
      } else {
        remark("signal \(signal) has no name in Spectre and is not recorded")
      }
    }
    if !saved.isEmpty { builder.add("save " + saved.joined(separator: " "), .saved) }
    builder.add("analysis " + words().joined(separator: " "), .analysis)
  }

  private mutating func writeOptions() {
    var words: [String] = []
    for option in simulation.circuit.options where option.name != "method" {
      let text = assignment(option, writer(scopes.top))
      if let name = SpectreWords.options[option.name] {
        words.append(name + text.dropFirst(option.name.count))
      } else if Circuit.geometricOptions.contains(option.name) {
        problems.append(.notExpressible(option: option.name, .spectre))
      } else {
        remark("option \(text) has no counterpart in Spectre and is left out")
      }
    }
    words.append("temp=\(CanonicalNumber.text(simulation.temperatureCelsius))")
    if simulation.saved.isEmpty { words += ["save=allpub", "currents=all"] }
    builder.add("simulatorOptions options " + words.joined(separator: " "), .analysis)
  }

  private mutating func words() -> [String] {
    func named(_ name: String, _ value: Double) -> String { "\(name)=\(CanonicalNumber.text(value))" }
    switch simulation.analysis {
    case .operatingPoint: return ["dc"]
    case .dcSweep(let source, let start, let stop, let step):
      return [
        "dc", "dev=\(scopes.top.element(source.lowercased()))", "param=dc", named("start", start),
        named("stop", stop), named("step", step),
      ]
    case .ac(let spacing, let points, let start, let stop):
      guard points > 1 || spacing != .linear, stop > start else {
        return ["ac", "values=[\(CanonicalNumber.text(start))]"]
      }
      let range = [named("start", start), named("stop", stop)]
      switch spacing {
      case .decade: return ["ac"] + range + ["dec=\(points)"]
      // Spectre counts the steps of the whole sweep.
      case .octave: return ["ac"] + range + ["log=\(Int((Double(points) * log2(stop / start)).rounded()))"]
      case .linear: return ["ac"] + range + ["lin=\(points - 1)"]
      }
    case .transient(let transient):
      for remark in simulation.remarks() { builder.add("//" + remark.text.dropFirst(), .comment) }
      var words = ["tran", named("stop", transient.stop)]
      if transient.recordFrom > 0 { words.append(named("outputstart", transient.recordFrom)) }
      words.append(named("maxstep", transient.tightestStep))
      // Without skipdc the conditions of nodes hold, not those of elements.
      words.append(transient.useInitialConditions ? "skipdc=yes" : "ic=node")
      return words + method()
    }
  }

  private mutating func method() -> [String] {
    guard let option = simulation.circuit.options.last(where: { $0.name == "method" }) else { return [] }
    guard case .text(let method) = option.value, let name = SpectreWords.methods[method.lowercased()] else {
      remark("option \(assignment(option, writer(scopes.top))) has no counterpart in Spectre and is left out")
      return []
    }
    return ["method=\(name)"]
  }
}
