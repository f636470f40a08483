import Glibc
import SpiceWire

/// What a simulation recorded: named signals over one scale (time, frequency or a swept source).
///
/// ```swift
/// let delay = try waveforms.delay(from: "v(clk)", at: 0.5, .rising, to: "v(out)", at: 0.5, .falling)
/// let energy = try waveforms.energy(source: "vdd")
/// ```
public struct Waveforms: Sendable, Hashable {
  /// What the scale is: `time`, `frequency` or the swept source's name; `point` for an operating point.
  public let scaleName: String
  /// The unit of the scale.
  public let scaleUnit: String
  /// The scale.
  public let scale: [Double]
  /// The recorded signals, in the order in which they were asked for.
  public let signals: [Signal]
  let real: [Signal: [Double]]
  let imaginary: [Signal: [Double]]
  /// The nodes of the circuit's voltage sources, by source name.
  let terminals: [String: [Node]]

  /// Makes waveforms from columns of equal length.
  package init(
    scaleName: String, scaleUnit: String, scale: [Double], columns: [(Signal, [Double])],
    imaginary: [Signal: [Double]] = [:], terminals: [String: [Node]] = [:]
  ) {
    self.scaleName = scaleName
    self.scaleUnit = scaleUnit
    self.scale = scale
    signals = columns.map(\.0)
    real = Dictionary(columns, uniquingKeysWith: { first, _ in first })
    self.imaginary = imaginary
    self.terminals = terminals
  }

  /// The number of points.
  public var count: Int { scale.count }

  /// A recorded signal, its real part after `.ac`.
  ///
  /// `v(a,b)` is the difference of two recorded voltages.
  public subscript(_ signal: Signal) -> Waveform? {
    values(of: signal, in: real).map { waveform(signal, $0) }
  }

  /// A recorded signal.
  ///
  /// - Throws: ``SpiceError/Code/signalMissing`` with what there is.
  public func signal(_ signal: Signal) throws(SpiceError) -> Waveform {
    if let found = self[signal] { return found }
    let known = signals.prefix(12).map(\.name).joined(separator: ", ")
    throw SpiceError(
      .signalMissing, "was not recorded; there are \(known).", place: signal.name)
  }

  /// Magnitude over frequency of a signal after `.ac`.
  public func magnitude(_ signal: Signal) throws(SpiceError) -> Waveform {
    let (re, im) = (try self.signal(signal), try imaginaryPart(signal))
    return re.combined(with: im, signal.name, unit: re.unit, hypot)
  }

  /// The imaginary part of a signal after `.ac`; zero after other analyses.
  public func imaginaryPart(_ signal: Signal) throws(SpiceError) -> Waveform {
    _ = try self.signal(signal)
    return waveform(signal, values(of: signal, in: imaginary) ?? [Double](repeating: 0, count: count))
  }

  /// The time from one signal's crossing of a level to another's next crossing, in seconds; negative over a
  /// sweep downwards.
  public func delay(
    from start: Signal, at startLevel: Double, _ startEdge: Waveform.Edge, nth: Int = 1,
    to stop: Signal, at stopLevel: Double, _ stopEdge: Waveform.Edge
  ) throws(SpiceError) -> Double {
    let begin = try signal(start).crossing(of: startLevel, startEdge, nth: nth)
    let wave = try signal(stop)
    let end =
      wave.isFalling
      ? try wave.crossing(of: stopLevel, stopEdge, until: begin)
      : try wave.crossing(of: stopLevel, stopEdge, after: begin)
    return end - begin
  }

  /// The power that a voltage source of the circuit's top level delivers, in watt.
  ///
  /// Its current and node voltages must have been recorded: see ``Simulation/save(energyOf:)``.
  public func power(source: String) throws(SpiceError) -> Waveform {
    let name = source.lowercased()
    guard let nodes = terminals[name], nodes.count == 2 else {
      throw SpiceError(.unresolvedSource, "is not a voltage source of the circuit.", place: name)
    }
    let voltage = try signal(Signal("v(\(nodes[0]),\(nodes[1]))"))
    let current = try signal(.current(name))
    return voltage.combined(with: current, "p(\(name))", unit: "W") { -$0 * $1 }
  }

  /// The energy that a voltage source delivers between two times, in joule.
  public func energy(
    source: String, from start: Double = -.infinity, to stop: Double = .infinity
  ) throws(SpiceError) -> Double {
    try power(source: source).integral(from: start, to: stop)
  }

  private func waveform(_ signal: Signal, _ values: [Double]) -> Waveform {
    Waveform(name: signal.name, unit: signal.unit, x: scale, y: values)
  }

  /// A column, or the difference of two of them for `v(a,b)`.
  private func values(of signal: Signal, in columns: [Signal: [Double]]) -> [Double]? {
    if let values = columns[signal] { return values }
    guard signal.name.hasPrefix("v("), let nodes = signal.arguments else { return nil }
    if nodes == ["0"] || nodes == ["gnd"] { return [Double](repeating: 0, count: count) }
    guard nodes.count == 2, let a = values(of: Signal("v(\(nodes[0]))"), in: columns),
      let b = values(of: Signal("v(\(nodes[1]))"), in: columns)
    else {
      return nil
    }
    return zip(a, b).map { $0 - $1 }
  }
}

extension Waveforms {
  /// Names ngspice's vectors and puts them into the order in which they were asked for.
  init(
    _ vectors: [WorkerReply.Vector], of simulation: Simulation, without haltNode: Node? = nil
  ) throws(SpiceError) {
    let scaleNames: Set = ["time", "frequency", "v-sweep", "i-sweep", "temp-sweep", "res-sweep"]
    let scaleVector = vectors.first { scaleNames.contains($0.name) }
    var columns: [Signal: WorkerReply.Vector] = [:]
    for vector in vectors where vector.name != scaleVector?.name {
      columns[Signal(vector: vector.name)] = vector
    }
    if let haltNode {
      for signal in [Signal.voltage(haltNode), .current("v\(haltNode)")] { columns[signal] = nil }
    }
    let order = simulation.saved.isEmpty ? columns.keys.sorted { $0.name < $1.name } : simulation.saved
    let points = scaleVector?.real.count ?? columns.values.first?.real.count ?? 0
    var ordered: [(Signal, [Double])] = []
    var imaginary: [Signal: [Double]] = [:]
    for signal in order {
      guard let vector = columns[signal], vector.real.count == points else {
        throw SpiceError(.signalMissing, "ngspice returned no data for it.", place: signal.name)
      }
      ordered.append((signal, vector.real))
      if !vector.imaginary.isEmpty { imaginary[signal] = vector.imaginary }
    }
    let (name, unit): (String, String) =
      switch simulation.analysis {
      case .operatingPoint: ("point", "")
      case .dcSweep(let source, _, _, _):
        (source.lowercased(), source.lowercased().hasPrefix("i") ? "A" : "V")
      case .ac: ("frequency", "Hz")
      case .transient: ("time", "s")
      }
    self.init(
      scaleName: name, scaleUnit: unit,
      scale: scaleVector?.real ?? (0..<points).map(Double.init), columns: ordered, imaginary: imaginary,
      terminals: Self.terminals(of: simulation.circuit))
  }

  /// The nodes of the voltage sources at the top level, by source name.
  static func terminals(of circuit: Circuit) -> [String: [Node]] {
    var terminals: [String: [Node]] = [:]
    for element in circuit.elements {
      if case .voltageSource = element.device { terminals[element.name] = element.nodes }
    }
    return terminals
  }
}
