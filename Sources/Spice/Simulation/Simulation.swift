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
  /// The seed of noise sources.
  ///
  /// One seed gives one course, whatever ran before in the same process.
  public var noiseSeed: UInt32
  /// The courses of the external sources, by source name.
  ///
  /// A table here may have any number of points: it
  /// does not pass through the deck, and the simulator steps exactly onto each corner.
  public var externalValues: [String: [SourceWaveform.Point]]

  /// Makes a simulation.
  public init(
    _ circuit: Circuit, _ analysis: Analysis, saving saved: [Signal] = [], temperatureCelsius: Double = 27,
    noiseSeed: UInt32 = 1, externalValues: [String: [SourceWaveform.Point]] = [:]
  ) {
    self.circuit = circuit
    self.analysis = analysis
    self.saved = saved
    self.temperatureCelsius = temperatureCelsius
    self.noiseSeed = noiseSeed
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
}
