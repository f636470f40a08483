import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

/// The trial's StrongARM against the figures of its first simulation on another 45 nm card.
///
/// The inputs stand at half the supply. Their common level sets the overdrive of the pair and with it every
/// figure: on our card 0.1 V more shortens a delay by a fifth and raises the shift by 1 fF from 19 to 27 mV.
@Suite(.requiresNgspice) struct ComparatorFigureTests {
  private let bench: SimulationBench

  init() throws { bench = try FlashReadTests.bench() }

  private func decision(_ waves: Waveforms) throws -> Waveform {
    try waves.signal("v(op1)").combined(with: waves.signal("v(on1)"), "decision", unit: "V", -)
  }

  /// Delay is a straight line in the logarithm of the input, about 19 ps per decade, which is ln 10 times the
  /// regeneration time constant of 8.1 ps, and its values are those of the first simulation.
  ///
  /// A delay of the same circuit scales with the card's fan-out-of-four delay, 15.4 ps on the other one. What
  /// is left, 12 %, is the drive currents' own tolerance of 10 % and an input level that was not recorded.
  @Test func delayIsLogarithmic() async throws {
    let figures = try await TransistorFigures.extract(from: bench.corner, on: bench.pool)
    let speed = figures.fanoutOfFourDelaySeconds / 15.4e-12
    let table = [
      (0.1e-3, 90.4), (1e-3, 71.8), (3e-3, 63.0), (10e-3, 53.2), (30e-3, 43.7), (100e-3, 33.4),
    ]
    var logarithms: [Double] = []
    var delays: [Double] = []
    for (difference, picoseconds) in table {
      let waves = try await bench.waveforms(
        bench.latchSimulation(.trial, 1, code: nil, inputVolts: 0.5, difference: difference, sample: nil))
      let clock = try waves.signal("v(clk)").crossing(of: 0.5, .rising)
      let delay = try (decision(waves).crossing(of: 0.5, .rising) - clock) * 1e12
      #expect(
        abs(delay / (speed * picoseconds) - 1) < 0.12,
        "\(difference) V: \(delay) ps, expected \(speed * picoseconds)")
      logarithms.append(log10(difference))
      delays.append(delay)
    }
    // Up to 10 mV regeneration alone counts.
    let line = try #require(Statistics.line(Array(logarithms.prefix(4)), Array(delays.prefix(4))))
    #expect((-21)...(-17) ~= line.slope, "\(line.slope) ps per decade")
    for (x, y) in zip(logarithms.prefix(4), delays) {
      #expect(abs(y - line.intercept - line.slope * x) < 1)
    }
    #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 > $1 })
  }

  /// The input at which each comparator turns, by bisection within +-`span`.
  private func offsets(
    _ design: LatchDesign, samples: [Int?], span: Double, steps: Int,
    change: @escaping @Sendable (inout Simulation) -> Void = { _ in }
  ) async throws -> [Double] {
    var low = samples.map { _ in -span }
    var high = samples.map { _ in span }
    for _ in 0..<steps {
      let jobs = samples.indices.map { (sample: samples[$0], difference: (low[$0] + high[$0]) / 2) }
      let above = try await bench.pool.map(
        jobs,
        simulation: { job in
          var one = bench.latchSimulation(
            design, 1, code: nil, inputVolts: 0.5, difference: job.difference, sample: job.sample)
          change(&one)
          return one
        },
        reduce: { _, outcome in
          let waves = try outcome.waveforms()
          return try waves.signal("v(op1)").final > waves.signal("v(on1)").final
        })
      for index in samples.indices {
        if above[index] { high[index] = jobs[index].difference } else { low[index] = jobs[index].difference }
      }
    }
    return zip(low, high).map { ($0 + $1) / 2 }
  }

  /// 13 mV untrimmed at A_VT 2.5 mV um, and half of it with four times the area.
  ///
  /// The interval is that of 120 samples' standard deviation; 10 % more is allowed for the other card's
  /// overdrive, which weighs the mismatch of the cross-coupled pairs. The larger comparator has the same
  /// draws, so that the ratio is free of sampling error: every transistor four times as wide, and so is its
  /// load.
  @Test func untrimmedOffset() async throws {
    let samples: [Int?] = Array(0..<120)
    let small = try await offsets(.trial, samples: samples, span: 64e-3, steps: 7)
    let sigma = try #require(Moments(small)).standardDeviation
    let error = 1.96 / (2.0 * Double(samples.count - 1)).squareRoot()
    #expect(abs(sigma / 13e-3 - 1) < error + 0.1, "\(sigma) V, +-\(error * 100) %")
    #expect(abs(try #require(Moments(small)).mean) < 3 * sigma / Double(samples.count).squareRoot())

    var wide = LatchDesign.trial
    for width in [
      \LatchDesign.tailWidth, \.inputWidth, \.crossNWidth, \.crossPWidth, \.outputResetWidth,
      \.internalResetWidth, \.outputFarads,
    ] { wide[keyPath: width] *= 4 }
    let few = Array(samples.prefix(40))
    let large = try await offsets(wide, samples: few, span: 32e-3, steps: 7)
    let ratio =
      try #require(Moments(large)).standardDeviation
      / #require(Moments(Array(small.prefix(40)))).standardDeviation
    #expect(abs(ratio / 0.5 - 1) < 0.1, "\(ratio)")
  }

  /// 1 fF more on one output shifts the threshold by 16 mV.
  @Test func capacitiveImbalance() async throws {
    let shifted = try await offsets(.trial, samples: [nil], span: 64e-3, steps: 9) { simulation in
      for index in simulation.circuit.elements.indices
      where simulation.circuit.elements[index].name == "cop1" {
        simulation.circuit.elements[index].device = .capacitor(2e-15)
      }
    }
    #expect(abs(-shifted[0] / 16e-3 - 1) < 0.2, "\(shifted[0]) V")
    let even = try await offsets(.trial, samples: [nil], span: 64e-3, steps: 9)
    #expect(abs(even[0]) < 0.5e-3)
  }

  /// Currents of the four levels at TMR 100 % and 5 kOhm: 30.7, 27.4, 23.7 and 19.7 uA at 0.17 V.
  ///
  /// The voltage is that of the highest current. Our clamp has it at a gate bias of 0.6 V, 60 mV below the
  /// first one: its 100 nm channel has the lower threshold. The cell then sets the currents: 5 % each, and 3 %
  /// in the ratio of neighbours.
  @Test func levelCurrents() async throws {
    var currents: [Double] = []
    for level in 0..<4 {
      var read = FlashRead(
        design: .trial, timing: .trial(develop: 0.3e-9),
        element: .linear(highSiemens: 1 / 5e3, lowSiemens: 1 / 10e3), levels: FlashReadTests.fourLevels,
        dataPosition: 1 - Double(level) / 3)
      read.design.clampGateVolts = 0.6
      var simulation = read.simulation(bench.corner)
      simulation.saved = ["v(bd)", "v(bcd)"]
      let waves = try await bench.waveforms(simulation)
      let time = read.timing.fire
      let drop = try waves.signal("v(bd)").value(at: time) - waves.signal("v(bcd)").value(at: time)
      // The trial circuit's cells lie at 0.999 of their bitlines.
      currents.append(drop / (0.999 * read.design.bitline.ohms))
      if level == 0 { #expect(abs(try waves.signal("v(bcd)").value(at: time) - 0.17) < 0.012) }
    }
    let table = [30.7e-6, 27.4e-6, 23.7e-6, 19.7e-6]
    for (current, expected) in zip(currents, table) {
      #expect(abs(current / expected - 1) < 0.05, "\(currents)")
    }
    for k in 1..<4 { #expect(abs(currents[k] / currents[k - 1] / (table[k] / table[k - 1]) - 1) < 0.03) }
  }
}
