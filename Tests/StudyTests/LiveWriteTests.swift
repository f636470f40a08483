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

  /// Mean reversed share within 3 %, beside the error of the sample, and energy within 5 %.
  ///
  /// Where the pulse turns half of the layer, it tells most: a hundredth of the current turns three of the area.
  @Test(arguments: [(1.62, 40), (2.2, 3)])
  func agreesWithTheCompactModel(volts: Double, junctions: Int) async throws {
    let (spec, model, bench) = try Self.setup()
    var design = WriteDesign(supplyVolts: volts).sized(accessWidth: 3e-6)
    design.pulseSeconds = model.pulseWidthSeconds
    let circuit = WriteCircuit(design: design, junction: model, polarity: .degenerated, initialState: 1)
    let compact = try await bench.run(circuit).result
    let live = try await withThrowingTaskGroup(of: WriteResult.self) { group in
      for junction in 0..<junctions {
        group.addTask {
          try await bench.run(circuit) {
            GrainSystem(spec: spec, seed: 11, index: junction, antiparallel: true)
          }.result
        }
      }
      var results: [WriteResult] = []
      for try await result in group { results.append(result) }
      return results
    }
    let turned = try #require(Moments(live.map { 1 - $0.finalState }))
    let energy = try #require(Moments(live.map(\.energyJoules)))
    let error = turned.standardDeviation / Double(junctions).squareRoot()
    #expect(error < 0.02)
    #expect(abs(turned.mean - (1 - compact.finalState)) < 0.03 + 1.96 * error)
    #expect(abs(energy.mean / compact.energyJoules - 1) < 0.05)
  }

  /// One junction and one noise: the same waveform bit for bit, with one worker and with two, beside others.
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
