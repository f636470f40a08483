import Circuit
import Spice
import Testing

/// Energy that sources deliver over a transient against what channels, resistors and junctions dissipate.
///
/// They agree when the circuit ends in the state it started from, so that nothing stays stored.
struct EnergyBalance {
  private(set) var delivered = 0.0
  private(set) var dissipated = 0.0

  /// - Parameter excluded: Nodes that carry a model's state and no charge of the circuit.
  init(_ simulation: Simulation, on bench: SimulationBench, excluding excluded: Set<Node> = []) async throws {
    var simulation = simulation
    let elements = simulation.circuit.elements.filter { excluded.isDisjoint(with: $0.nodes) }
    simulation.saved = Set(elements.flatMap(\.nodes)).subtracting([.ground]).sorted().map { .voltage($0) }
    for element in elements {
      switch element.device {
      case .mosfet: simulation.saved.append(.device(element.name, "id"))
      case .behavioralCurrent: simulation.saved.append(.device(element.name, "i"))
      case .voltageSource: simulation.save(energyOf: element.name)
      default: break
      }
    }
    let waves = try await bench.waveforms(simulation)
    func drop(_ a: Node, _ b: Node) throws -> [Double] {
      func volts(_ node: Node) throws -> [Double] {
        node == .ground ? [Double](repeating: 0, count: waves.count) : try waves.signal(.voltage(node)).y
      }
      return zip(try volts(a), try volts(b)).map { $0 - $1 }
    }
    func energy(_ volts: [Double], _ amperes: [Double]) -> Double {
      Waveform(name: "p", unit: "W", x: waves.scale, y: zip(volts, amperes).map { abs($0 * $1) }).integral()
    }
    for element in elements {
      switch element.device {
      case .mosfet:
        dissipated += energy(
          try drop(element.nodes[0], element.nodes[2]), try waves.signal(.device(element.name, "id")).y)
      case .resistor(.constant(let ohms)?, _):
        let volts = try drop(element.nodes[0], element.nodes[1])
        dissipated += energy(volts, volts.map { $0 / ohms })
      case .behavioralCurrent:
        dissipated += energy(
          try drop(element.nodes[0], element.nodes[1]), try waves.signal(.device(element.name, "i")).y)
      case .currentSource(.constant(.constant(let amperes)), _, _):
        // A bias current out of its node takes energy from the circuit.
        let volts = try drop(element.nodes[0], element.nodes[1])
        dissipated += energy(volts, volts.map { _ in amperes })
      case .voltageSource: delivered += try waves.energy(source: element.name)
      default: break
      }
    }
  }
}
