import Foundation
import Spice

extension TransistorFigures {
  /// Extracts all figures of a library by simulation.
  ///
  /// - Parameters:
  ///   - card: The library in its corner.
  ///   - temperatureCelsius: The temperature in degree Celsius.
  ///   - pool: The simulators.
  /// - Throws: ``CircuitError/Code/notMeasurable`` if a testbench gives no result; `SpiceError` if one cannot
  ///   be simulated at all, as when the model file lacks a device.
  public static func extract(
    from card: TransistorCard, temperatureCelsius: Double = 27, on pool: WorkerPool
  ) async throws -> TransistorFigures {
    var devices: [[TransistorFigure: Double]] = []
    for channel in ChannelType.allCases {
      let bench = TransistorBench(card: card, channel: channel, temperatureCelsius: temperatureCelsius)
      devices.append(try await TransistorBench.figures(of: [bench], on: pool)[0].get())
    }
    let chain = InverterChain(
      card: card, temperatureCelsius: temperatureCelsius,
      unitSeconds: (devices[0][.gateCapacitance] ?? 0) * card.supplyVolts / (devices[0][.drive] ?? 1))
    return TransistorFigures(
      library: card.name, corner: card.corner, temperatureCelsius: temperatureCelsius,
      nmos: devices[0], pmos: devices[1],
      fanoutOfFourDelaySeconds: try await chain.stageDelaySeconds(on: pool))
  }
}

/// One transistor on the bench: its transfer curves and its small-signal gate current.
struct TransistorBench: Sendable {
  var card: TransistorCard
  var channel: ChannelType
  var temperatureCelsius: Double

  private static let width = 1e-6
  private static let linearVolts = 0.05
  private static let swingVolts = 0.1
  private static let frequency = 1e6

  /// The figures of each bench; a bench that cannot be measured has its error in its place.
  static func figures(
    of benches: [TransistorBench], on pool: WorkerPool
  ) async throws -> [Result<[TransistorFigure: Double], CircuitError>] {
    let runs = benches.flatMap { [($0, Run.transfer), ($0, Run.smallSignal)] }
    let parts = try await pool.map(
      runs, simulation: { bench, run in bench.simulation(run) },
      reduce: { input, outcome in input.0.measure(input.1, outcome) })
    return benches.indices.map { k in
      Result { () throws(CircuitError) in
        try parts[2 * k].get().merging(try parts[2 * k + 1].get()) { first, _ in first }
      }
    }
  }

  private enum Run: Sendable {
    case transfer, smallSignal
  }

  private func simulation(_ run: Run) -> Simulation {
    let supply = channel.sign * card.supplyVolts
    var circuit = Circuit(title: "\(card.name) \(card.corner) \(channel.rawValue) \(run)")
    circuit.options = [Parameter("gmin", 1e-15), Parameter("reltol", 1e-6)]
    card.include(in: &circuit)
    func device(_ name: String, drain: Node) {
      circuit.transistor(
        name, channel, of: card, drain: drain, gate: "g", source: .ground, bulk: .ground,
        width: Self.width, length: card.minimumLengthMetres)
    }
    switch run {
    case .transfer:
      circuit.voltageSource("vg", "g", .ground, .dc(0))
      circuit.voltageSource("vlinear", "dl", .ground, .dc(channel.sign * Self.linearVolts))
      circuit.voltageSource("vsaturation", "ds", .ground, .dc(supply))
      device("linear", drain: "dl")
      device("saturation", drain: "ds")
      return Simulation(
        circuit, .dcSweep(source: "vg", start: 0, stop: supply, step: supply / 200),
        saving: [.current("vlinear"), .current("vsaturation")], temperatureCelsius: temperatureCelsius)
    case .smallSignal:
      circuit.voltageSource("vg", "g", .ground, .dc(supply), ac: ACStimulus(magnitude: 1))
      circuit.voltageSource("vd", "d", .ground, .dc(supply))
      device("1", drain: "d")
      // A sweep of a single frequency gives ngspice 39 no point at all.
      return Simulation(
        circuit, .ac(pointsPerDecade: 1, start: Self.frequency, stop: 10 * Self.frequency),
        saving: [.current("vg"), .current("vd")], temperatureCelsius: temperatureCelsius)
    }
  }

  private func measure(_ run: Run, _ outcome: SimulationOutcome) -> Result<
    [TransistorFigure: Double], CircuitError
  > {
    let place = "\(card.name) \(card.corner) \(channel.rawValue)"
    do {
      let waveforms = try outcome.waveforms()
      switch run {
      case .transfer:
        return .success(try transferFigures(waveforms))
      case .smallSignal:
        let susceptance = -(try waveforms.imaginaryPart(.current("vg"))).value(at: Self.frequency)
        let transconductance = -(try waveforms.signal(.current("vd"))).value(at: Self.frequency)
        return .success([
          .gateCapacitance: susceptance / (2 * .pi * Self.frequency) / Self.width,
          .transitFrequency: Self.frequency * transconductance / susceptance,
        ])
      }
    } catch {
      return .failure(
        CircuitError(.notMeasurable, "the \(run) bench gave no figures.", place: place, cause: "\(error)"))
    }
  }

  private func transferFigures(_ waveforms: Waveforms) throws(SpiceError) -> [TransistorFigure: Double] {
    // Current counts into the source's positive terminal, so that the drain current is its negative.
    func logCurrent(_ source: String) throws(SpiceError) -> Waveform {
      let current = try waveforms.signal(.current(source))
      let magnitudes = current.y.map { log10(Swift.max(-channel.sign * $0, 1e-30)) }
      return Waveform(name: source, unit: "dec", x: current.x.map { channel.sign * $0 }, y: magnitudes)
    }
    let linear = try logCurrent("vlinear")
    let saturation = try logCurrent("vsaturation")
    let threshold = log10(100e-9 * Self.width / card.minimumLengthMetres)
    let low = try linear.crossing(of: threshold, .rising)
    let high = try saturation.crossing(of: threshold, .rising)
    return [
      .drive: pow(10, saturation.final) / Self.width,
      .leakage: pow(10, saturation.value(at: 0)) / Self.width,
      .thresholdLinear: low,
      .thresholdSaturation: high,
      .drainLowering: (low - high) / (card.supplyVolts - Self.linearVolts),
      .swing: Self.swingVolts / (saturation.value(at: Self.swingVolts) - saturation.value(at: 0)),
    ]
  }
}
