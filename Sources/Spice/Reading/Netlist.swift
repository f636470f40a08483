/// What a netlist file says: a circuit, what to do with it and what to record.
///
/// ```swift
/// let netlist = try NetlistReader().read("deck.cir")
/// for problem in netlist.problems() { print(problem) }
/// for run in netlist.runs { print(run.label, try await pool.run(run.simulation).waveforms()) }
/// ```
public struct Netlist: Sendable, Hashable {
  /// The file, as it was named.
  public let name: String
  /// The directory from which the paths of ``Circuit/includes`` count; empty for the current one.
  public let directory: String
  /// The circuit, the paths of its includes as they stand in the file.
  public var circuit: Circuit
  /// The analyses in their order.
  public var cards: [AnalysisCard] = []
  /// The signals to record, from `.save`, `.print`, `.plot` and `.probe`; when empty, every node voltage and
  /// branch current.
  public var saved: [Signal] = []
  /// The temperature in degree Celsius.
  public var temperatureCelsius = 27.0
  /// The `.measure` lines.
  public var measurements: [MeasureLine] = []
  /// The tables of external sources, by source name.
  public var externalValues: [String: [TimedValue]] = [:]
  /// What ends the transients before their time.
  public var stopConditions: [StopCondition] = []
  /// The files that were included, one in the other too, sorted.
  public var files: [String] = []
  /// What was left out, or read otherwise than it stands.
  public var remarks: [Remark] = []
  /// What the file held when it was read.
  var ownContent: [UInt8] = []
  /// What each of ``files`` held, by its path.
  var contents: [String: [UInt8]] = [:]
  /// The lines of the files that ``circuit`` includes, by their complete path.
  var includedTexts: [Include: String] = [:]
  /// Where each part stands; several places for a name that is used several times.
  var places: [CircuitPart: [DeckPlace]] = [:]

  init(name: String, directory: String, circuit: Circuit) {
    self.name = name
    self.directory = directory
    self.circuit = circuit
  }

  /// The analyses alone.
  public var analyses: [Analysis] { cards.map(\.analysis) }

  /// Where an element of the top level or of a subcircuit stands.
  public func place(ofElement name: String, subcircuit: String? = nil) -> DeckPlace? {
    places[.element(name.lowercased(), subcircuit: subcircuit?.lowercased())]?.first
  }

  /// Where a model card stands.
  public func place(ofModel name: String, subcircuit: String? = nil) -> DeckPlace? {
    places[.model(name.lowercased(), subcircuit: subcircuit?.lowercased())]?.first
  }

  /// Where the line stands from which a line of a simulator's deck was written.
  public func place(of origin: Deck.Origin) -> DeckPlace? {
    switch origin {
    case .element(let name, let subcircuit): place(ofElement: name, subcircuit: subcircuit)
    case .model(let name, let subcircuit): place(ofModel: name, subcircuit: subcircuit)
    case .parameter(let name): place(ofParameter: name)
    default: nil
    }
  }

  /// Where a parameter is defined.
  public func place(ofParameter name: String, subcircuit: String? = nil) -> DeckPlace? {
    places[.parameter(name.lowercased(), subcircuit: subcircuit?.lowercased())]?.first
  }

  /// The circuit with the paths of its includes complete, so that it runs from the current directory.
  public var resolvedCircuit: Circuit {
    var circuit = circuit
    for index in circuit.includes.indices {
      circuit.includes[index].path = RegularFile.path(circuit.includes[index].path, from: directory)
    }
    return circuit
  }
}

/// An analysis as a netlist asks for it.
public struct AnalysisCard: Sendable, Hashable {
  /// The analysis; of nested sweeps the inner one.
  public var analysis: Analysis
  /// The outer sweep of a `.dc` with two sources.
  public var outer: SourceSweep?
  /// Where it stands.
  public var place: DeckPlace

  /// Makes a card.
  public init(_ analysis: Analysis, outer: SourceSweep? = nil, at place: DeckPlace) {
    self.analysis = analysis
    self.outer = outer
    self.place = place
  }
}

/// The values that a source takes one after the other.
public struct SourceSweep: Sendable, Hashable {
  /// The source.
  public var source: String
  /// The first value, the last one and their distance.
  public var start, stop, step: Double

  /// Makes a sweep.
  public init(source: String, start: Double, stop: Double, step: Double) {
    self.source = source
    self.start = start
    self.stop = stop
    self.step = step
  }

  /// The most values that a netlist may ask for.
  static let mostValues = 10_000

  /// The values, the last one included where steps lead to it; the first ten thousand of more.
  public var values: [Double] {
    guard step != 0, (stop - start) / step >= 0 else { return [start] }
    let count = Swift.min((stop - start) / step * (1 + 1e-12) + 1e-9, Double(Self.mostValues))
    return (0...Int(count)).map { CanonicalNumber.rounded(start + Double($0) * step) }
  }
}

/// One simulation that a netlist asks for.
public struct NetlistRun: Sendable, Hashable {
  /// What it is called, such as `tran` or `dc v1, v2=1.5`.
  public var label: String
  /// The simulation, complete.
  public var simulation: Simulation
  /// Where its analysis stands.
  public var place: DeckPlace

  /// Names a simulation.
  public init(label: String, simulation: Simulation, place: DeckPlace) {
    self.label = label
    self.simulation = simulation
    self.place = place
  }
}
