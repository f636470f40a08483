/// Writes simulations as ngspice decks, which carry whatever a circuit says: the same value always gives the
/// same bytes.
///
/// ``NetlistWriter`` writes the other dialects too.
public struct NgspiceWriter: Sendable {
  /// Whom a deck is for.
  public enum Style: Sendable {
    /// The worker: step windows, external values and drawn noise travel beside the deck.
    case worker
    /// The `ngspice -b` program: external values become PWL sources, noise is ngspice's own, the tightest
    /// step window caps the whole transient, and the saved signals are printed.
    ///
    /// What that changes is kept in remarks that begin with `* tessera:`.
    case standalone
  }

  /// Whom decks are written for.
  public var style: Style

  /// Makes a writer.
  public init(style: Style = .standalone) { self.style = style }

  /// Renders a simulation.
  ///
  /// It is not validated here: see ``Simulation/problems()``.
  public func deck(_ simulation: Simulation) -> Deck {
    var simulation = simulation
    simulation.circuit = simulation.circuit.withMultipliersAsParameters
    var writer = SpiceDeckWriter(simulation, rules: style == .worker ? .ngspiceWorker : .ngspice)
    return writer.deck()
  }
}
