import Foundation
import Spice
import Synchronization
import TestSupport
import Testing

/// Real workers killed, crashed, stopped, poisoned and garbled: nothing is lost, and nothing else changes.
@Suite(.requiresNgspice) struct FaultTests {
  private let workers: FindableWorkers

  init() throws { workers = try FindableWorkers() }

  private func pool(
    _ count: Int = 1, _ change: (inout WorkerOptions) -> Void = { _ in }
  ) throws -> WorkerPool {
    var options = workers.options
    change(&options)
    return try WorkerPool(workers: count, options: options)
  }

  /// A divider of k volts: an answer that tells which sample it belongs to.
  private static func sample(_ k: Int) -> Simulation {
    var circuit = Circuit(title: "sample \(k)")
    circuit.voltageSource("v1", "in", .ground, .dc(Double(k)))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.resistor("r2", "out", .ground, 1e3)
    return Simulation(circuit, .operatingPoint, saving: ["v(out)"])
  }

  /// About half a second of transient.
  private static func long(_ stop: Double = 2e-7) -> Simulation {
    var circuit = Circuit(title: "half a second or so")
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", .ground, 1e3)
    return Simulation(
      circuit, .transient(step: 1e-12, stop: stop, maximumStep: 1e-12), saving: ["v(in)"])
  }

  /// Lets something happen to a worker while it computes.
  private func disturbed(
    _ simulation: Simulation, in pool: WorkerPool, times: Int = 1, by number: Int32
  ) async throws -> SimulationOutcome {
    _ = try await pool.run(Self.sample(1))
    let victims = Mutex<Set<pid_t>>([])
    let ended = Mutex(false)
    let (finished, continuation) = AsyncStream<Void>.makeStream()
    let workers = workers
    // A thread of its own: tasks of other tests may hold the shared ones for longer than a simulation lasts.
    Thread.detachNewThread {
      while victims.withLock({ $0.count }) < times, !ended.withLock({ $0 }) {
        Thread.sleep(forTimeInterval: 0.05)
        for pid in workers.processes where workers.isComputing(pid) {
          let isNew = victims.withLock { $0.count < times && $0.insert(pid).inserted }
          if isNew { kill(pid, number) }
        }
      }
      continuation.finish()
    }
    let outcome = try await pool.run(simulation)
    ended.withLock { $0 = true }
    for await _ in finished {}
    return outcome
  }

  private func expectHealthy(_ pool: WorkerPool) async throws {
    let outcome = try await pool.run(Self.sample(7))
    #expect(try outcome.waveforms()["v(out)"]?.final == 3.5)
    #expect(outcome.attempts == 1)
  }

  /// A simulation that fills the memory ends before the machine does, and is not tried again.
  @Test func growthEndsAtTheCeiling() async throws {
    let pool = try pool { $0.memoryCeilingBytes = 64 << 20 }
    let outcome = try await pool.run(Self.long(1e-3))
    guard case .outOfMemory(let limit) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(limit == 64 << 20 && outcome.attempts == 1)
    try await expectHealthy(pool)
  }

  /// One that ends while it starts leaves nothing behind.
  @Test func startDirectoryIsRemoved() async throws {
    let directory = try TemporaryDirectory()
    let names = "\(directory.path)/names"
    let script = try directory.write(
      """
      #!/bin/sh
      folder=$(mktemp -d "${TMPDIR:-/tmp}/ngspice-worker-$$-XXXXXX")
      echo "$folder" >>\(names)
      touch "$folder/.spiceinit" "$folder/spinit"
      exit 9

      """, to: "worker")
    chmod(script, 0o755)
    let pool = try pool { $0.workerPath = script }
    let error = await #expect(throws: SpiceError.self) { _ = try await pool.run(Self.sample(1)) }
    #expect(error?.code == .workerStartFailed)
    let folders = try String(contentsOfFile: names, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(!folders.isEmpty && folders.allSatisfy { access($0, F_OK) != 0 })
    #expect(error?.cause == "exit code 9")
  }

  /// Workers that start no more, after one has, cost the samples that need them and not the campaign.
  @Test func lateStartsCostSamples() async throws {
    let directory = try TemporaryDirectory()
    let script = try directory.write(
      "#!/bin/sh\nmkdir '\(directory.path)/taken' 2>/dev/null && exec '\(workers.program)' \"$@\"\nexit 9\n",
      to: "once")
    chmod(script, 0o755)
    let pool = try pool(2) { $0.workerPath = script }
    _ = try await pool.run(Self.sample(1))
    let outcomes = try await pool.map(
      Array(0..<20),
      simulation: { k in
        var simulation = Self.sample(k)
        simulation.analysis = .transient(step: 1e-12, stop: 5e-8, maximumStep: 1e-12)
        return simulation
      },
      reduce: { k, outcome in
        if let value = try? outcome.waveforms()["v(out)"]?.final { return abs(value - Double(k) / 2) < 1e-6 }
        if case .workerDied = outcome.status { return outcome.attempts == 2 }
        return false
      })
    #expect(outcomes.allSatisfy { $0 })
  }

  // MARK: signals

  @Test(arguments: [SIGKILL, SIGSEGV, SIGABRT, SIGILL, SIGTERM])
  func onceEndedIsRetried(number: Int32) async throws {
    let pool = try pool()
    let outcome = try await disturbed(Self.long(1e-6), in: pool, by: number)
    #expect(outcome.isCompleted, "\(outcome.status)")
    #expect(outcome.attempts == 2)
    try await expectHealthy(pool)
  }

  @Test func twiceEndedIsRecorded() async throws {
    let pool = try pool()
    let outcome = try await disturbed(Self.long(1e-4), in: pool, times: 2, by: SIGKILL)
    guard case .workerDied(.signalled(SIGKILL)) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(outcome.attempts == 2)
    try await expectHealthy(pool)
  }

  /// A stopped process answers nothing and takes no signal but one.
  @Test func aHangEndsAtTheTimeLimit() async throws {
    let pool = try pool { $0.timeoutSeconds = 3 }
    let outcome = try await disturbed(Self.long(1e-4), in: pool, times: 2, by: SIGSTOP)
    guard case .timedOut(3) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    try await expectHealthy(pool)
  }

  /// Steps without end towards a solution that is never found.
  @Test func endlessConvergenceEndsAtTheTimeLimit() async throws {
    let pool = try pool { $0.timeoutSeconds = 2 }
    // High where it is low and low where it is high: Newton jumps to and fro for as long as it is let.
    var circuit = Circuit(title: "contradiction")
    circuit.options = [Parameter("itl1", 1_000_000_000)]
    circuit.resistor("r1", "a", .ground, 1e3)
    circuit.behavioralVoltage("b1", "a", .ground, .if(.v("a"), .less, 0.5, then: 1, otherwise: 0))
    for simulation in [Simulation(circuit, .operatingPoint), Self.long(1)] {
      let outcome = try await pool.run(simulation)
      guard case .timedOut(2) = outcome.status else {
        Issue.record("\(outcome.status)")
        return
      }
    }
    try await expectHealthy(pool)
  }

  // MARK: decks that take the process down

  private func sample(including text: String, in directory: TemporaryDirectory) throws -> Simulation {
    var circuit = Self.sample(1).circuit
    circuit.includes = [Include(try directory.write(text, to: "extra.inc"))]
    return Simulation(circuit, .transient(step: 1e-12, stop: 1e-9, maximumStep: 1e-10))
  }

  /// ngspice 39 dereferences a null pointer for an external source with a DC value.
  @Test func aCrashOfTheSimulatorIsRecorded() async throws {
    let directory = try TemporaryDirectory()
    let pool = try pool()
    let deck = try sample(including: "vcrash crash 0 dc 0 external\nrcrash crash 0 1k\n", in: directory)
    let outcome = try await pool.run(deck)
    if case .workerDied(.signalled(SIGSEGV)) = outcome.status {
      #expect(outcome.attempts == 2)
    } else {
      // A later library does not crash here.
      #expect(outcome.isCompleted, "\(outcome.status)")
    }
    try await expectHealthy(pool)
  }

  /// An undefined parameter makes the process refuse every later deck; none of them sees that process.
  @Test func aPoisonedTableHarmsNobody() async throws {
    let directory = try TemporaryDirectory()
    let pool = try pool()
    let deck = try sample(including: "rpoison in 0 {undefined_parameter}\n", in: directory)
    for _ in 0..<3 {
      let outcome = try await pool.run(deck)
      guard case .refused(let problem) = outcome.status else {
        Issue.record("\(outcome.status)")
        return
      }
      #expect(problem.message.contains("undefined_parameter"))
      try await expectHealthy(pool)
    }
  }

  // MARK: garbage

  @Test(.requiresProgram("python3"), arguments: ["garbage", "text", "length", "cut", "hollow", "kind"])
  func garbageIsRetried(fault: String) async throws {
    let directory = try TemporaryDirectory()
    let script = #filePath.replacing("FaultTests.swift", with: "garble.py")
    let python = try #require(Program.find("python3"))
    let wrapper = try directory.write(
      "#!/bin/sh\nexec '\(python)' '\(script)' '\(workers.program)' \(fault) '\(directory.path)/done' \"$@\"\n",
      to: "garbled")
    chmod(wrapper, 0o755)
    let pool = try pool {
      $0.workerPath = wrapper
      $0.timeoutSeconds = 60
    }
    let outcome = try await pool.run(Self.sample(4))
    #expect(try outcome.waveforms()["v(out)"]?.final == 2)
    #expect(outcome.attempts == 2, "the first answer was spoiled")
    try await expectHealthy(pool)
  }

  // MARK: campaigns

  /// Workers are killed at random all through a campaign: each sample is answered once, in order, as if nothing
  /// had been.
  @Test func aCampaignUnderFire() async throws {
    let pool = try pool(2)
    // From here on it is known that workers start, however slow the machine: one killed at its start is bad luck.
    _ = try await pool.run(Self.sample(1))
    let count = 600
    let done = Mutex(false)
    let kills = Mutex(0)
    let (finished, continuation) = AsyncStream<Void>.makeStream()
    let workers = workers
    Thread.detachNewThread {
      while !done.withLock({ $0 }) {
        Thread.sleep(forTimeInterval: 0.12)
        if let pid = workers.processes.randomElement(), kill(pid, SIGKILL) == 0 { kills.withLock { $0 += 1 } }
      }
      continuation.finish()
    }
    let answers = try await pool.map(
      Array(0..<count),
      simulation: { k in
        var simulation = Self.sample(k)
        simulation.analysis = .transient(step: 1e-12, stop: 2e-9, maximumStep: 1e-12)
        return simulation
      },
      reduce: { k, outcome in
        // Hit twice in a row it is recorded as that; otherwise it has its value.
        (try? outcome.waveforms()).flatMap { $0["v(out)"]?.final }.map { abs($0 - Double(k) / 2) < 1e-6 }
          ?? false
          || { if case .workerDied = outcome.status { true } else { false } }()
      })
    done.withLock { $0 = true }
    for await _ in finished {}
    #expect(answers.count == count && answers.allSatisfy { $0 })
    #expect(kills.withLock { $0 } > 5)
  }

  /// Ten thousand samples in a row: every one answered, and a worker that has served them is as small as before.
  @Test func tenThousandSamples() async throws {
    let pool = try pool(2)
    let bytes = try await pool.map(Array(0..<10_000), simulation: { Self.sample($0) }) { k, outcome in
      let volts = try outcome.waveforms()["v(out)"]?.final ?? .nan
      let isRight = abs(volts - Double(k) / 2) <= 1e-9 * Double(k)
      return isRight && outcome.attempts == 1 ? Int(outcome.workerMemoryBytes) : -1
    }
    #expect(bytes.allSatisfy { $0 > 0 })
    let (early, late) = (bytes[900..<1000].max() ?? 0, bytes[9900..<10_000].max() ?? 0)
    #expect(late - early < 4 << 20, "grew by \(late - early) bytes")
    #expect(workers.processes.count == 2, "the same two processes served them all")
  }

  @Test func workersEndWithThePool() async throws {
    do {
      let pool = try pool()
      _ = try await pool.run(Self.sample(1))
      #expect(workers.processes.count == 1)
    }
    for _ in 0..<200 where !workers.processes.isEmpty {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(workers.processes.isEmpty)
  }
}
