import SpiceWire

extension WorkerRequest {
  /// What a worker needs of a simulation: the deck and what travels beside it.
  ///
  /// - Parameters:
  ///   - deck: The deck, written for a worker, with all of `watched` among its saved signals.
  ///   - watched: The signals to look at while the transient runs.
  init(_ deck: Deck, _ simulation: Simulation, watching watched: [Signal]) {
    self.init()
    lines = deck.lines.flatMap(\.physical)
    if case .transient(let transient) = simulation.analysis {
      stopSeconds = transient.stop
      windows = transient.windows.map { Window(start: $0.start, stop: $0.stop, step: $0.maximumStep) }
    }
    for (path, element) in CircuitPath(simulation.circuit).flattened {
      let name = Signal.hierarchical(path)
      if let points = simulation.externalValues[path] {
        externals.append(External(name: name, times: points.map(\.time), values: points.map(\.value)))
      } else if let noise = element.device.noise {
        let values = simulation.noiseValues[path] ?? [noise.dc]
        externals.append(
          External(name: name, times: values.indices.map { Double($0) * noise.step }, values: values))
      }
    }
    self.watched = watched.map(\.spellings)
    func index(_ signal: Signal) -> Int32 { Int32(watched.firstIndex(of: signal) ?? -1) }
    conditions = simulation.stopConditions.map { condition in
      Condition(
        after: condition.after, hold: condition.holding,
        terms: condition.terms.map { term in
          let parts = term.signal.recordedParts
          return Condition.Term(
            first: index(parts.plus), second: parts.minus.map(index) ?? -1, magnitude: term.isMagnitude,
            above: term.isAbove, level: term.level)
        })
    }
  }

  /// Ties the run to systems that have been started; their signals are the first that it watches.
  mutating func couple(to coupled: CoupledTransient) {
    coupling = Coupling(
      inputs: coupled.signals.indices.map(Int32.init), outputs: coupled.outputs, initial: coupled.initial,
      redoInterval: UInt32(coupled.redoInterval))
  }
}

/// The source whose voltage tells ngspice to end a transient, and the resistor that gives it a current path.
enum HaltSource {
  /// A node that the circuit does not have.
  static func node(beside circuit: Circuit) -> Node {
    let taken = Set(circuit.elements.map(\.name)).union(circuit.elements.flatMap { $0.nodes.map(\.name) })
    var name = "halt"
    while ["", "v", "r"].contains(where: { taken.contains($0 + name) }) { name += "_" }
    return Node(name)
  }

  /// What is added to the circuit.
  static func elements(at node: Node) -> [Element] {
    [
      Element("v\(node)", [node, .ground], .voltageSource(.external)),
      Element("r\(node)", [node, .ground], .resistor(1e3)),
    ]
  }
}
