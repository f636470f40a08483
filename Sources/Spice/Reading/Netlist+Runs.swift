extension Netlist {
  /// The simulations: one for each analysis, of nested sweeps one for each value of the outer source.
  public var runs: [NetlistRun] { runs(of: resolvedCircuit) }

  /// The simulations of ``runs``.
  public var simulations: [Simulation] { runs.map(\.simulation) }

  /// The simulations with the paths of includes as they stand in the file, to be written beside it again.
  public var unresolvedSimulations: [Simulation] { runs(of: circuit).map(\.simulation) }

  private func runs(of circuit: Circuit) -> [NetlistRun] {
    var counts: [String: Int] = [:]
    return cards.flatMap { card -> [NetlistRun] in
      let kind = card.analysis.label
      counts[kind, default: 0] += 1
      let number = counts[kind] ?? 1
      let name = number > 1 ? "\(kind) \(number)" : kind
      let plain = NetlistRun(label: name, simulation: simulation(circuit, card.analysis), place: card.place)
      guard let outer = card.outer else { return [plain] }
      return outer.values.map { value in
        var run = plain
        run.label += ", \(outer.source)=\(CanonicalNumber.text(value))"
        run.simulation.circuit.setConstant(outer.source, value)
        return run
      }
    }
  }

  /// The simulation of an analysis, without an outer sweep.
  func simulation(_ circuit: Circuit, _ analysis: Analysis) -> Simulation {
    var simulation = Simulation(
      circuit, analysis, saving: saved, temperatureCelsius: temperatureCelsius,
      externalValues: externalValues)
    if case .transient = analysis { simulation.stopConditions = stopConditions }
    return simulation
  }
}

extension Analysis {
  /// What a run of it is called.
  var label: String {
    switch self {
    case .operatingPoint: "op"
    case .dcSweep(let source, _, _, _): "dc \(source)"
    case .ac: "ac"
    case .transient: "tran"
    }
  }
}

extension Circuit {
  /// Gives a source of the top level another constant value for operating points and sweeps.
  mutating func setConstant(_ source: String, _ value: Double) {
    guard let index = elements.firstIndex(where: { $0.name == source }) else { return }
    func changed(_ waveform: SourceWaveform) -> (SourceWaveform, Expression?) {
      if case .constant = waveform { return (.dc(value), nil) }
      if case .noise(let rms, let step, _) = waveform {
        return (.noise(rms: rms, step: step, dc: value), nil)
      }
      return (waveform, .constant(value))
    }
    switch elements[index].device {
    case .voltageSource(let waveform, _, let ac):
      let (course, dc) = changed(waveform)
      elements[index].device = .voltageSource(course, dc: dc, ac: ac)
    case .currentSource(let waveform, _, let ac):
      let (course, dc) = changed(waveform)
      elements[index].device = .currentSource(course, dc: dc, ac: ac)
    default: break
    }
  }
}
