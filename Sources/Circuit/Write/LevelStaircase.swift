import Models
import Spice

/// The junction's subcircuit under current pulses of rising amplitude, from the antiparallel state.
///
/// Each pulse turns further grains parallel; what `v(q)` holds between pulses are the levels.
public struct LevelStaircase: Sendable, Hashable {
  /// The junction.
  public var junction: CompactModel
  /// Amplitudes over the critical current, in order.
  public var drives: [Double]
  /// Time between pulses in seconds.
  public var gapSeconds = 2e-9
  /// Rise and fall of a pulse in seconds.
  public var edgeSeconds = 50e-12

  /// A staircase up to the highest current of the model's range, in steps of about 5 %.
  public init(junction: CompactModel, drives: [Double]? = nil) {
    self.junction = junction
    let highest = junction.fit?.drives[1] ?? 1.2
    let steps: [Double] = (0..<14).map { step in
      let share: Double = 0.5 + 0.5 * Double(step) / 13
      return (1e3 * highest * share).rounded() / 1e3
    }
    self.drives = drives ?? steps
  }

  /// Time at which a pulse begins to rise, in seconds.
  func start(_ pulse: Int) -> Double {
    1e-9 + Double(pulse) * (junction.pulseWidthSeconds + edgeSeconds + gapSeconds)
  }

  package func simulation(temperatureCelsius: Double) -> Simulation {
    var circuit = Circuit(title: "levels under rising current pulses")
    let subcircuit = junction.at(kelvin: temperatureCelsius + 273.15).subcircuit()
    circuit.subcircuits.append(subcircuit)
    circuit.instance(
      "xmtj", ["top", .ground, "q"], of: subcircuit.name, parameters: [Parameter("qinit", 1.0)])
    var corners: [(Double, Double)] = [(0, 0)]
    for (pulse, drive) in drives.enumerated() {
      let amperes = drive * junction.criticalCurrentAmperes
      let start = start(pulse)
      let end = start + junction.pulseWidthSeconds
      corners += [(start, 0), (start + edgeSeconds, amperes), (end, amperes), (end + edgeSeconds, 0)]
    }
    // Drawn out of the upper node: from the lower to the upper end of the junction, towards parallel.
    circuit.currentSource("iwrite", "top", .ground, .pwl(corners))
    return Simulation(
      circuit, .transient(step: 20e-12, stop: start(drives.count), maximumStep: 20e-12),
      saving: ["v(q)", "v(top)"], temperatureCelsius: temperatureCelsius)
  }
}
