/// Writes simulations in any dialect: the same value always gives the same bytes.
///
/// ```swift
/// let deck = try NetlistWriter(dialect: .spectre).deck(simulation)
/// print(deck.text)
/// ```
///
/// What a dialect cannot carry is an error that names the element and the dialect, or, where the simulation
/// means the same without it, a remark in the deck. Nothing is dropped in silence. What each dialect carries,
/// and how that is checked, is in <doc:Dialects>.
public struct NetlistWriter: Sendable {
  /// The dialect.
  public var dialect: Dialect
  /// Whether the model cards that a circuit uses are written into the deck instead of the files that it
  /// includes.
  ///
  /// Without it a deck refers to files in ngspice's language, which few other simulators read.
  public var inlinesModels: Bool

  /// Makes a writer.
  ///
  /// - Parameters:
  ///   - dialect: The dialect.
  ///   - inlinesModels: Whether models are written into the deck; nil for all dialects but ngspice.
  public init(dialect: Dialect, inlinesModels: Bool? = nil) {
    self.dialect = dialect
    self.inlinesModels = inlinesModels ?? (dialect != .ngspice)
  }

  /// Renders a simulation.
  ///
  /// It is not validated here: see ``Simulation/problems()``.
  ///
  /// - Parameters:
  ///   - simulation: The simulation.
  ///   - measurements: What the simulator shall measure; CDL, which has no analyses, leaves them out with
  ///     everything else that is no structure.
  /// - Throws: ``SpiceError/Code/notExpressible`` for what the dialect cannot carry,
  ///   ``SpiceError/Code/includeUnreadable`` if models are to be taken from a file that cannot be read.
  public func deck(
    _ simulation: Simulation, measuring measurements: [Measurement] = []
  ) throws(SpiceError) -> Deck {
    if dialect == .cdl {
      var writer = CDLWriter(simulation.circuit)
      return try checked(writer.deck(), writer.problems)
    }
    var simulation = simulation.recording(measurements)
    if inlinesModels { simulation.circuit = try simulation.circuit.inliningIncludes() }
    if dialect == .spectre {
      var writer = SpectreWriter(try simulation.lowered(SpectreWriter.lowering, for: dialect))
      writer.measures = try measures(measurements, writer.simulation, writer.scopes)
      return try checked(writer.deck(), writer.problems)
    }
    let rules = SpiceRules.of(dialect, inlinesModels: inlinesModels)
    var writer = SpiceDeckWriter(try simulation.lowered(rules.lowering, for: dialect), rules: rules)
    writer.measures = try measures(measurements, writer.simulation, writer.scopes)
    return try checked(writer.deck(), writer.problems)
  }

  private func measures(
    _ measurements: [Measurement], _ simulation: Simulation, _ scopes: DialectScopes
  ) throws(SpiceError) -> [String] {
    try MeasureWriter(dialect: dialect, simulation: simulation, scopes: scopes).lines(measurements)
  }

  private func checked(_ deck: Deck, _ problems: [SpiceError]) throws(SpiceError) -> Deck {
    if let problem = problems.first { throw problem }
    return deck
  }
}
