import Spice

/// Width and length of a transistor in metres.
public struct TransistorSize: Codable, Sendable, Hashable {
  /// Width in metres.
  public var width: Double
  /// Length in metres.
  public var length: Double

  /// Creates a size.
  public init(_ width: Double, _ length: Double) {
    self.width = width
    self.length = length
  }

  /// The same length, a multiple of the width.
  func wider(_ factor: Double) -> TransistorSize { TransistorSize(width * factor, length) }
}

/// A circuit under construction with its transistors: the gates and switches that the chains are made of.
///
/// Every transistor draws its own mismatch by name when a draw is given.
package struct Bench {
  package var circuit: Circuit
  let corner: TransistorCard
  let mismatch: MismatchDraw?
  /// Drawn gate area of all transistors in m^2, for area estimates.
  private(set) var gateArea = 0.0
  /// Drawn width of all transistors in metres.
  private(set) var totalWidth = 0.0
  /// Number of transistors.
  package private(set) var transistors = 0

  init(title: String, corner: TransistorCard, mismatch: MismatchDraw? = nil) {
    circuit = Circuit(title: title)
    corner.include(in: &circuit)
    circuit.options = [Parameter("reltol", 1e-4)]
    self.corner = corner
    self.mismatch = mismatch
  }

  mutating func nmos(_ name: String, _ drain: Node, _ gate: Node, _ source: Node, _ size: TransistorSize) {
    place(name, .nmos, drain, gate, source, .ground, size)
  }

  mutating func pmos(
    _ name: String, _ drain: Node, _ gate: Node, _ source: Node, _ size: TransistorSize, bulk: Node = "vdd"
  ) {
    place(name, .pmos, drain, gate, source, bulk, size)
  }

  private mutating func place(
    _ name: String, _ channel: ChannelType, _ drain: Node, _ gate: Node, _ source: Node,
    _ bulk: Node, _ size: TransistorSize
  ) {
    var width = size.width
    var shift = 0.0
    if let mismatch {
      let draw = mismatch.draw(name, width: size.width, length: size.length)
      width *= 1 + draw.currentFactor
      shift = draw.threshold
    }
    circuit.transistor(
      name, channel, of: corner, drain: drain, gate: gate, source: source, bulk: bulk, width: width,
      length: size.length, thresholdShiftVolts: shift)
    gateArea += size.width * size.length
    totalWidth += size.width
    transistors += 1
  }

  /// An inverter; `supply` is also the bulk of its P device.
  mutating func inverter(
    _ name: String, _ input: Node, _ output: Node, width: Double, supply: Node = "vdd"
  ) {
    let length = corner.minimumLengthMetres
    nmos("\(name)n", output, input, .ground, TransistorSize(width, length))
    pmos("\(name)p", output, input, supply, TransistorSize(2 * width, length), bulk: supply)
  }

  /// A two-input NAND.
  mutating func nand(_ name: String, _ a: Node, _ b: Node, _ output: Node, width: Double) {
    let size = TransistorSize(width, corner.minimumLengthMetres)
    let middle = Node("\(name)_m")
    nmos("\(name)na", output, a, middle, size.wider(2))
    nmos("\(name)nb", middle, b, .ground, size.wider(2))
    pmos("\(name)pa", output, a, "vdd", size.wider(2))
    pmos("\(name)pb", output, b, "vdd", size.wider(2))
  }

  /// A transmission gate that conducts while `enable` is high.
  mutating func transmissionGate(
    _ name: String, _ a: Node, _ b: Node, enable: Node, enableBar: Node, width: Double
  ) {
    let size = TransistorSize(width, corner.minimumLengthMetres)
    nmos("\(name)n", a, enable, b, size)
    pmos("\(name)p", a, enableBar, b, size)
  }

  /// A phase generator: an ideal edge into two inverters; gives the phase and its complement.
  ///
  /// - Parameters:
  ///   - name: The node of the phase; the complement is `name` followed by `b`.
  ///   - width: N width of the last inverter in metres; the first has 0.6 of it, as it drives the
  ///     complement's load as well.
  mutating func driver(
    _ name: String, _ edges: PhaseEdges, high: Double, supply: Node = "vdd", width: Double
  ) {
    circuit.voltageSource("vin_\(name)", "\(name)_in", .ground, edges.waveform(high: high))
    inverter("d1_\(name)", "\(name)_in", "\(name)b", width: 0.6 * width, supply: supply)
    inverter("d2_\(name)", "\(name)b", Node(name), width: width, supply: supply)
  }
}

/// A logic phase as the times at which it toggles.
struct PhaseEdges {
  /// Level before the first edge.
  let startsHigh: Bool
  /// Toggle times in seconds, rising.
  let times: [Double]
  /// Duration of each edge in seconds.
  static let rise = 20e-12

  func waveform(high: Double) -> SourceWaveform {
    var level = startsHigh ? high : 0
    var points: [(Double, Double)] = [(0, level)]
    for time in times {
      points.append((time, level))
      level = high - level
      points.append((time + PhaseEdges.rise, level))
    }
    return .pwl(points)
  }
}
