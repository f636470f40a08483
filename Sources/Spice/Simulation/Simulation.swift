import Glibc

/// One simulation: a circuit, what to do with it and what to record.
public struct Simulation: Sendable, Hashable {
  /// The circuit.
  public var circuit: Circuit
  /// The analysis.
  public var analysis: Analysis
  /// The signals to record; when empty, every node voltage and branch current.
  public var saved: [Signal]
  /// The temperature in degree Celsius.
  public var temperatureCelsius: Double
  /// The courses of the external sources, by source name.
  ///
  /// A table here may have any number of points: it
  /// does not pass through the deck, and the simulator steps exactly onto each corner.
  public var externalValues: [String: [TimedValue]]
  /// What ends a transient before its time; any one of them does.
  public var stopConditions: [StopCondition] = []
  /// The drawn values of the noise sources, by dotted path: see ``drawNoise(using:)``.
  package private(set) var noiseValues: [String: [Double]] = [:]

  /// Makes a simulation.
  public init(
    _ circuit: Circuit, _ analysis: Analysis, saving saved: [Signal] = [], temperatureCelsius: Double = 27,
    externalValues: [String: [TimedValue]] = [:]
  ) {
    self.circuit = circuit
    self.analysis = analysis
    self.saved = saved
    self.temperatureCelsius = temperatureCelsius
    self.externalValues = externalValues
  }

  /// Also records what ``Waveforms/energy(source:from:to:)`` needs of the named voltage source.
  public mutating func save(energyOf source: String) {
    let name = source.lowercased()
    var wanted = [Signal.current(name)]
    if let element = circuit.elements.first(where: { $0.name == name }) {
      wanted += element.nodes.filter { $0 != .ground }.map { .voltage($0) }
    }
    for signal in wanted where !saved.contains(signal) { saved.append(signal) }
  }

  /// Draws the values of every noise source from a generator, in the order in which the circuit names them.
  ///
  /// ngspice's own generator cannot be set to the same start twice in one process, so that a sample would
  /// depend on those before it. The values drawn here travel with the simulation: one state of the generator
  /// gives one course, in any worker.
  ///
  /// - Source: Marsaglia and Bray, SIAM Review 6, 260 (1964), doi:10.1137/1006063 (the polar transform).
  public mutating func drawNoise(using generator: inout some RandomNumberGenerator) {
    guard case .transient(let transient) = analysis else { return }
    let stop = transient.stop
    noiseValues = [:]
    for (path, element) in CircuitPath(circuit).flattened {
      guard let (rms, step, dc) = element.device.noise, step > 0, stop / step < 1e9 else { continue }
      // As in ngspice, noise begins with its mean, so that the operating point is undisturbed.
      var values = [dc]
      while Double(values.count - 1) * step < stop {
        let u = Double.random(in: -1..<1, using: &generator)
        let v = Double.random(in: -1..<1, using: &generator)
        let s = u * u + v * v
        if s > 0, s < 1 {
          let factor = rms * (-2 * log(s) / s).squareRoot()
          values += [dc + u * factor, dc + v * factor]
        }
      }
      noiseValues[path] = values
    }
  }
}

extension Simulation {
  /// Moves the drawn noise to sources of other names.
  mutating func renameNoise(_ name: (String) -> String) {
    noiseValues = Dictionary(noiseValues.map { (name($0.key), $0.value) }, uniquingKeysWith: { a, _ in a })
  }
}

extension Device {
  /// The parameters of a noise source, or nil.
  var noise: (rms: Double, step: Double, dc: Double)? {
    guard case .noise(let rms, let step, let dc)? = waveform else { return nil }
    return (rms, step, dc)
  }

  /// Whether it is a source whose value is supplied while the simulation runs.
  var isExternal: Bool { waveform == .external }
}
