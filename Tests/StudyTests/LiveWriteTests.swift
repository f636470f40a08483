import Circuit
import Device
import Foundation
import Models
import Spice
import Study
import TestSupport
import Testing

/// A write pulse through driver and access transistor with live grains, against the compact model.
@Suite(.requiresNgspice, .timeLimit(.minutes(10))) struct LiveWriteTests {
  private static func setup() throws -> (spec: DeviceSpec, model: CompactModel, bench: SimulationBench) {
    var spec = try TOMLFile(ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices"))
      .decode(DeviceSpec.self)
    spec.spread.diameter = 0
    spec.spread.resistanceAreaProduct = 0
    spec.spread.tmr = 0
    let url = try ModelLibrary.standard.url("granular-mtj/compact.json", in: "devices")
    let model = try ResultFile.decode(CompactModel.self, from: ResultFile.read(url), at: "compact.json")
    let bench = SimulationBench(
      pool: try WorkerPool(workers: 2),
      corner: try TransistorLibrary.load("tessera45", from: .standard).card(corner: "tt"))
    return (spec, model, bench)
  }

  /// Mean reversed share within 3 % and energy within 5 %.
  ///
  /// Where the pulse turns half of the layer, it tells most: a hundredth of the current turns three of the area. What
  /// decides the current is how far the film is ahead of its grains during the pulse: in both 2 to 8 % of the area, and
  /// alike within 1.5 %.
  @Test(arguments: [(1.62, 40), (2.2, 3)])
  func agreesWithTheCompactModel(volts: Double, junctions: Int) async throws {
    let (spec, model, bench) = try Self.setup()
    var design = WriteDesign(supplyVolts: volts).sized(accessWidth: 3e-6)
    design.pulseSeconds = model.pulseWidthSeconds
    let circuit = WriteCircuit(design: design, junction: model, polarity: .degenerated, initialState: 1)
    let (compact, waves) = try await bench.run(circuit)
    let times = (1...20).map { 0.2e-9 + model.pulseWidthSeconds * (0.25 + 0.75 * Double($0) / 20) }
    func mean(_ value: (Double) throws -> Double) rethrows -> Double {
      try times.reduce(0) { try $0 + value($1) / Double(times.count) }
    }
    let live = try await withThrowingTaskGroup(of: (WriteResult, Double).self) { group in
      for junction in 0..<junctions {
        group.addTask {
          let (result, waves) = try await bench.run(circuit) {
            GrainSystem(spec: spec, seed: 11, index: junction, antiparallel: true)
          }
          let (film, grains) = (try waves.signal("v(q)"), try waves.signal("v(settled)"))
          return (result, mean { grains.value(at: $0) - film.value(at: $0) })
        }
      }
      var results: [(WriteResult, Double)] = []
      for try await result in group { results.append(result) }
      return results
    }
    let turned = try #require(Moments(live.map { 1 - $0.0.finalState }))
    let energy = try #require(Moments(live.map { $0.0.energyJoules }))
    let error = turned.standardDeviation / Double(junctions).squareRoot()
    #expect(error < 0.02)
    #expect(abs(turned.mean - (1 - compact.finalState)) < 0.03)
    if turned.mean < 0.95 {
      // What conducts follows from current and voltage: I = V G_P (1 - c + c / ratio).
      let (current, upper) = (try waves.signal("v(x)"), try waves.signal("v(bl)"))
      let (lower, state) = (try waves.signal("v(n)"), try waves.signal("v(q)"))
      let modelled = mean { time in
        let volts = upper.value(at: time) - lower.value(at: time)
        let ratio = 1 + model.tmrZeroBias / (1 + pow(volts / model.tmrHalfVolts, 2))
        let amperes = current.value(at: time) * model.criticalCurrentAmperes
        return state.value(at: time) - (1 - amperes * model.parallelOhms / volts) / (1 - 1 / ratio)
      }
      let lead = try #require(Moments(live.map { $0.1 }))
      #expect((0.02...0.08).contains(lead.mean))
      #expect(abs(modelled - lead.mean) < 0.015)
    }
    #expect(abs(energy.mean / compact.energyJoules - 1) < 0.05)
  }

  /// One junction and one noise: the same waveform bit for bit, with one worker and with three, beside others.
  @Test func doesNotDependOnWorkers() async throws {
    let (spec, model, _) = try Self.setup()
    var small = spec
    small.diameterMetres = 20e-9
    let device = small
    let junction = model.scaled(to: device)
    let circuit = WriteCircuit(
      design: WriteDesign(supplyVolts: 1.4, pulseSeconds: 1e-9), junction: junction, polarity: .degenerated,
      initialState: 1)
    let corner = try TransistorLibrary.load("tessera45", from: .standard).card(corner: "tt")
    func states(workers: Int) async throws -> [[Double]] {
      let bench = SimulationBench(pool: try WorkerPool(workers: workers), corner: corner)
      return try await withThrowingTaskGroup(of: (Int, [Double]).self) { group in
        for replica in 0..<3 {
          group.addTask {
            let waves = try await bench.run(circuit) {
              GrainSystem(spec: device, seed: 4, index: 0, replica: replica, antiparallel: true)
            }.waveforms
            return (replica, try waves.signal("v(q)").y)
          }
        }
        var all = [[Double]](repeating: [], count: 3)
        for try await (replica, values) in group { all[replica] = values }
        return all
      }
    }
    let one = try await states(workers: 1)
    #expect(try await states(workers: 3) == one)
    #expect(one[0] != one[1])
  }
}
