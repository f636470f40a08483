extension WorkerRequest {
  /// What a worker needs of a simulation: the deck and what travels beside it.
  init(_ deck: Deck, _ simulation: Simulation) {
    var windows: [Window] = []
    var stop = 0.0
    if case .transient(_, let end, _, let caps, _) = simulation.analysis {
      stop = end
      windows = caps.map { Window(start: $0.start, stop: $0.stop, step: $0.maximumStep) }
    }
    var externals: [External] = []
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
    self.init(
      lines: deck.lines.flatMap(\.physical), stopSeconds: stop, windows: windows, externals: externals)
  }
}
