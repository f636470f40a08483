import Circuit
import Models
import Spice

extension ReadTrace {
  /// Takes a read's voltages from its waveforms, thinned.
  ///
  /// - Parameters:
  ///   - level: The level that was read.
  ///   - code: The code that came out.
  ///   - waveforms: What ``SimulationBench/run(_:resolution:)`` returned.
  ///   - maximumPoints: Points to keep at most.
  public init(level: Int, code: Int?, waveforms: Waveforms, maximumPoints: Int = 600) {
    let thin = waveforms.decimated(maximumPoints: maximumPoints)
    let voltages = thin.signals.filter { $0.name.hasPrefix("v(") }
    self.init(
      level: level, code: code, times: thin.scale,
      signals: Dictionary(
        voltages.map { ($0.name, thin[$0]?.y ?? []) }, uniquingKeysWith: { first, _ in first }))
  }

  /// A node's voltage; empty if it was not recorded.
  func voltage(_ node: String) -> [Double] {
    let values = signals["v(\(node))"] ?? []
    return values.count == times.count ? values : []
  }

  /// Numbers of the comparators whose input was recorded, rising.
  var comparators: [Int] {
    (1...15).filter { !voltage("y\($0)").isEmpty }
  }

  /// Output difference of a comparator in volt.
  func decision(_ comparator: Int) -> [Double] {
    let (p, n) = (voltage("op\(comparator)"), voltage("on\(comparator)"))
    return p.count == n.count ? zip(p, n).map(-) : []
  }
}

/// Waveforms of one write pulse, for a picture.
public struct WriteTrace: Codable, Sendable, Hashable {
  /// Direction of the pulse.
  public var polarity: WritePolarity
  /// Times in seconds.
  public var times: [Double]
  /// Current through the junction in ampere, positive towards antiparallel.
  public var junctionAmperes: [Double]
  /// Voltage across the junction in volt.
  public var junctionVolts: [Double]
  /// Antiparallel fraction.
  public var state: [Double]
  /// Critical current of the junction in ampere.
  public var criticalCurrentAmperes: Double

  /// Creates a trace.
  public init(
    polarity: WritePolarity, times: [Double], junctionAmperes: [Double], junctionVolts: [Double],
    state: [Double], criticalCurrentAmperes: Double
  ) {
    self.polarity = polarity
    self.times = times
    self.junctionAmperes = junctionAmperes
    self.junctionVolts = junctionVolts
    self.state = state
    self.criticalCurrentAmperes = criticalCurrentAmperes
  }

  /// Takes a pulse from its waveforms, thinned.
  ///
  /// - Throws: ``SpiceError`` if a signal of the pulse was not recorded.
  public init(
    _ circuit: WriteCircuit, waveforms: Waveforms, maximumPoints: Int = 600
  ) throws(SpiceError) {
    let thin = waveforms.decimated(maximumPoints: maximumPoints)
    let critical = circuit.junction.criticalCurrentAmperes
    self.init(
      polarity: circuit.polarity, times: thin.scale,
      junctionAmperes: try thin.signal("v(x)").y.map { $0 * critical },
      junctionVolts: try thin.signal("v(bl,n)").y, state: try thin.signal("v(q)").y,
      criticalCurrentAmperes: critical)
  }
}
