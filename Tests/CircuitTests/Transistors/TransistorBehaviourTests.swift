import Circuit
import Foundation
import Spice
import TestSupport
import Testing

/// What analogue circuits ask of a card beyond the table: at every length, bias and temperature.
@Suite(.requiresNgspice) struct TransistorBehaviourTests {
  static let devices = ["tessera45", "tessera22"].flatMap { name in ChannelType.allCases.map { (name, $0) } }
  let pool: WorkerPool

  init() throws { pool = try WorkerPool(workers: 2) }

  /// Magnitudes of the drain currents of equal devices at several gate voltages, over the drain voltage.
  private func outputCurves(
    _ card: TransistorCard, _ channel: ChannelType, length: Double, gates: [Double], celsius: Double,
    thresholdShiftVolts: Double = 0
  ) async throws -> (volts: [Double], currents: [[Double]]) {
    let supply = card.supplyVolts
    var circuit = Circuit(title: "output curves")
    circuit.options = [Parameter("gmin", 1e-15), Parameter("reltol", 1e-6), Parameter("abstol", 1e-15)]
    card.include(in: &circuit)
    circuit.voltageSource("vd", "d", .ground, .dc(0))
    circuit.resistor("rd", "d", .ground, 1)
    for (k, gate) in gates.enumerated() {
      circuit.vcvs("e\(k)", "d\(k)", .ground, control: ("d", .ground), gain: 1)
      circuit.voltageSource("vg\(k)", "g\(k)", .ground, .dc(channel.sign * gate))
      circuit.transistor(
        "\(k)", channel, of: card, drain: "d\(k)", gate: "g\(k)", source: .ground, bulk: .ground, width: 1e-6,
        length: length, thresholdShiftVolts: thresholdShiftVolts)
    }
    let simulation = Simulation(
      circuit,
      .dcSweep(source: "vd", start: 0, stop: channel.sign * 1.2 * supply, step: channel.sign * supply / 50),
      saving: gates.indices.map { .current("e\($0)") }, temperatureCelsius: celsius)
    let waveforms = try await pool.run(simulation).waveforms()
    let currents = try gates.indices.map { k in
      try waveforms.signal(.current("e\(k)")).y.map { -channel.sign * $0 }
    }
    return (waveforms.scale.map { channel.sign * $0 }, currents)
  }

  @Test(arguments: devices)
  func outputConductanceIsPositive(name: String, channel: ChannelType) async throws {
    let card = try TransistorLibrary.load(name).card()
    for length in [1.0, 2, 4, 8].map({ $0 * card.minimumLengthMetres }) {
      for celsius in [-40.0, 27, 125] {
        let curves = try await outputCurves(
          card, channel, length: length, gates: [0.25, 0.4, 0.6, 0.8, 1].map { $0 * card.supplyVolts },
          celsius: celsius)
        for current in curves.currents {
          let risesThroughout = zip(current, current.dropFirst()).allSatisfy { $0 < $1 }
          #expect(risesThroughout, "\(length) m, \(celsius) C")
        }
      }
    }
  }

  /// Intrinsic gain gm / gds at Vgs = 0.4 V, Vds = supply / 2: near ten or below at the shortest length, some
  /// tens where mirrors and clamps live, as pocket-implanted devices have it.
  @Test(arguments: devices)
  func intrinsicGainGrowsWithLength(name: String, channel: ChannelType) async throws {
    let card = try TransistorLibrary.load(name).card()
    var gains: [Double] = []
    for length in [1.0, 2, 4, 8].map({ $0 * card.minimumLengthMetres }) {
      let (volts, currents) = try await outputCurves(
        card, channel, length: length, gates: [0.39, 0.4, 0.41], celsius: 27)
      let k = try #require(volts.firstIndex { $0 > 0.499 * card.supplyVolts })
      let transconductance = (currents[2][k] - currents[0][k]) / 0.02
      let conductance = (currents[1][k + 1] - currents[1][k - 1]) / (volts[k + 1] - volts[k - 1])
      gains.append(transconductance / conductance)
    }
    #expect((2...15).contains(gains[0]), "\(gains)")
    #expect((25...80).contains(gains[2]) && (25...80).contains(gains[3]), "\(gains)")
    #expect(zip(gains, gains.dropFirst()).allSatisfy { $0 < $1 }, "\(gains)")
  }

  /// A mild reverse short-channel effect and no cliff: the linear threshold falls smoothly with length, by less
  /// than 0.12 V in all.
  @Test(arguments: devices)
  func thresholdIsSmoothInLength(name: String, channel: ChannelType) async throws {
    let library = try TransistorLibrary.load(name)
    var thresholds: [Double] = []
    for factor in [1.0, 1.4, 2, 4, 8, 20] {
      var longer = library
      longer.minimumLengthMetres *= factor
      let figures = try await TransistorFigures.extract(from: longer.card(), on: pool)
      thresholds.append(try #require(figures[channel][.thresholdLinear]))
    }
    #expect(zip(thresholds, thresholds.dropFirst()).allSatisfy { $0 > $1 && $0 - $1 < 0.03 }, "\(thresholds)")
    #expect(thresholds[0] - thresholds[5] < 0.12)
  }

  /// Transconductance rises to one maximum and never jumps.
  @Test(arguments: devices)
  func transconductanceHasOneMaximum(name: String, channel: ChannelType) async throws {
    let card = try TransistorLibrary.load(name).card()
    let gates = (0...60).map { Double($0) / 60 * card.supplyVolts }
    for length in [card.minimumLengthMetres, 4 * card.minimumLengthMetres] {
      let curves = try await outputCurves(card, channel, length: length, gates: gates, celsius: 27)
      for k in [3, 50] {
        let current = curves.currents.map { $0[k] }
        let slopes = zip(current, current.dropFirst()).map { $1 - $0 }
        #expect(slopes.allSatisfy { $0 > 0 })
        let turns = zip(slopes, slopes.dropFirst()).map { $1 > $0 }
        #expect(zip(turns, turns.dropFirst()).filter { $0 != $1 }.count <= 1)
      }
    }
  }

  /// A shift moves the model's threshold one to one.
  ///
  /// The constant-current threshold follows within a tenth: BSIM4's mobility field contains the threshold, so
  /// that the current moves a little more.
  @Test(arguments: devices)
  func thresholdShiftMovesTheThreshold(name: String, channel: ChannelType) async throws {
    let card = try TransistorLibrary.load(name).card()
    let shift = 0.02
    var circuit = Circuit(title: "threshold shift")
    card.include(in: &circuit)
    circuit.voltageSource("vg", "g", .ground, .dc(channel.sign * card.supplyVolts))
    circuit.voltageSource("vd", "d", .ground, .dc(channel.sign * 0.05))
    for (name, volts) in [("plain", 0), ("shifted", shift)] {
      circuit.transistor(
        name, channel, of: card, drain: "d", gate: "g", source: .ground, bulk: .ground, width: 1e-6,
        length: card.minimumLengthMetres, thresholdShiftVolts: volts)
    }
    let signals: [Signal] = [.device("mplain", "vth"), .device("mshifted", "vth")]
    let waveforms = try await pool.run(Simulation(circuit, .operatingPoint, saving: signals)).waveforms()
    let moved = abs(try waveforms.signal(signals[1]).final) - abs(try waveforms.signal(signals[0]).final)
    #expect(abs(moved - shift) < 1e-6)

    let (_, currents) = try await outputCurves(
      card, channel, length: card.minimumLengthMetres, gates: [0.25, 0.25 + shift], celsius: 27)
    let (_, shifted) = try await outputCurves(
      card, channel, length: card.minimumLengthMetres, gates: [0.25 + shift], celsius: 27,
      thresholdShiftVolts: shift)
    // At Vds = supply / 10: the shift undone by as much gate voltage, but for the mobility.
    let rise = log(currents[1][5] / currents[0][5])
    let rest = log(currents[0][5] / shifted[0][5])
    #expect((0...0.1).contains(rest / rise), "\(rest / rise)")
  }
}
