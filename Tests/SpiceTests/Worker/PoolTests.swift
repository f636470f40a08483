import Spice
import Synchronization
import TestSupport
import Testing

/// Many simulations in many workers.
@Suite(.requiresNgspice) struct PoolTests {
  /// A mix that leaves state behind in a simulator: noise, windows, failures, transistors.
  private static func sample(_ k: Int) -> Simulation {
    switch k % 4 {
    case 0: return Circuits.noisyLowPass(seed: UInt64(k))
    case 1:
      let windows = [StepWindow(from: 1e-10, to: 2e-10, maximumStep: 1e-12 * Double(k))]
      return Simulation(
        Circuits.ring(stages: 3), .transient(step: 1e-12, stop: 5e-10, maximumStep: 1e-11, windows: windows),
        saving: ["v(n0)", "i(vdd)"])
    case 2:
      var circuit = Circuit(title: "loop of sources")
      circuit.voltageSource("v1", "a", .ground, .dc(Double(k)))
      circuit.voltageSource("v2", "a", .ground, .dc(0))
      return Simulation(circuit, .operatingPoint)
    default:
      return Simulation(
        Circuits.ring(stages: 3), .transient(step: 1e-12, stop: 3e-10, maximumStep: 1e-11),
        temperatureCelsius: Double(k))
    }
  }

  private struct Answer: Sendable, Equatable {
    var status: String
    var waveforms: Waveforms?
  }

  private func answers(workers: Int, order: [Int]) async throws -> [Int: Answer] {
    let pool = try WorkerPool(workers: workers)
    let all = try await pool.map(order, simulation: { Self.sample($0) }) { k, outcome in
      (k, Answer(status: "\(outcome.status)", waveforms: try? outcome.waveforms()))
    }
    return Dictionary(uniqueKeysWithValues: all)
  }

  /// Bit for bit the same from one worker, from two, and in another order.
  @Test func resultsDoNotDependOnWorkersOrOrder() async throws {
    let one = try await answers(workers: 1, order: Array(0..<24))
    let two = try await answers(workers: 2, order: Array(0..<24))
    let reversed = try await answers(workers: 2, order: Array((0..<24).reversed()))
    for k in 0..<24 {
      // Not compared whole in the expectation, which would print every point.
      let isSame = one[k] == two[k] && one[k] == reversed[k]
      #expect(isSame, "sample \(k): \(one[k]?.status ?? "none")")
    }
    #expect(one.values.filter { $0.waveforms != nil }.count == 18)
    let isSeeded = one[0] != one[4]
    #expect(isSeeded, "another seed gives another noise")
  }

  @Test func resultsComeInOrderWithProgress() async throws {
    let pool = try WorkerPool(workers: 2)
    let reported = Mutex<[Int]>([])
    var delivered: [Int] = []
    // Every third is long, so that later ones overtake it.
    try await pool.forEach(
      Array(0..<12), progress: { done, total in reported.withLock { $0.append(done * 100 + total) } },
      simulation: { k in
        Simulation(
          Circuits.ring(stages: 3),
          .transient(step: 1e-12, stop: k % 3 == 0 ? 2e-9 : 2e-10, maximumStep: 1e-11), saving: ["v(n0)"])
      }, reduce: { k, outcome in outcome.isCompleted ? k : -1 }
    ) { index, output in
      #expect(index == output)
      delivered.append(output)
    }
    #expect(delivered == Array(0..<12))
    #expect(reported.withLock { $0 } == (1...12).map { $0 * 100 + 12 })
  }

  @Test func invalidSampleEndsTheCampaign() async throws {
    let pool = try WorkerPool(workers: 1)
    let error = await #expect(throws: SpiceError.self) {
      _ = try await pool.map([1.0, .nan], simulation: { Self.divider($0) }) { _, outcome in
        outcome.isCompleted
      }
    }
    #expect(error?.code == .invalidValue)
  }

  private static func divider(_ volts: Double) -> Simulation {
    var circuit = Circuit(title: "divider")
    circuit.voltageSource("v1", "in", .ground, .dc(volts))
    circuit.resistor("r1", "in", .ground, 1e3)
    return Simulation(circuit, .operatingPoint)
  }

  @Test func cancellationEndsARunAndThePoolGoesOn() async throws {
    let pool = try WorkerPool(workers: 1)
    var circuit = Circuit(title: "endless")
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", .ground, 1e3)
    let endless = Simulation(circuit, .transient(step: 1e-12, stop: 1, maximumStep: 1e-12), saving: ["v(in)"])
    let running = Task { try await pool.run(endless) }
    let queued = Task { try await pool.run(endless) }
    try await Task.sleep(for: .milliseconds(100))
    queued.cancel()
    running.cancel()
    for task in [running, queued] {
      let error = await #expect(throws: SpiceError.self) { try await task.value }
      #expect(error?.code == .cancelled)
    }
    #expect(try await pool.run(Self.divider(1)).isCompleted)
  }

  /// The worker's memory does not grow with the number of samples (0.05 kB each, against 155 kB for a
  /// forgotten circuit).
  @Test func memoryStaysFlat() async throws {
    let pool = try WorkerPool(workers: 1)
    let sample = Simulation(
      Circuits.ring(stages: 3), .transient(step: 1e-12, stop: 1e-10, maximumStep: 1e-12), saving: ["v(n0)"])
    let bytes = try await pool.map(Array(0..<300), simulation: { _ in sample }) { _, outcome in
      outcome.isCompleted ? Int(outcome.workerMemoryBytes) : -1
    }
    #expect(bytes.allSatisfy { $0 > 0 })
    #expect(bytes[299] - bytes[49] < 250 * 2_000)
  }

  /// Above the limit a worker is replaced, and nobody notices.
  @Test func workersAreRecycledAboveTheMemoryLimit() async throws {
    var options = WorkerOptions()
    options.memoryLimitBytes = 1
    let pool = try WorkerPool(workers: 1, options: options)
    for _ in 0..<3 { #expect(try await pool.run(Self.divider(1)).isCompleted) }
  }
}
