import Foundation
import Models
import Spice
import Synchronization
import TestSupport
import Testing

/// A transient in lock-step with a system outside the circuit.
@Suite(.requiresNgspice) struct CoSimulationTests {
  // MARK: an RC with its capacitor outside

  private static let tau = 1e-9

  private static func rc(_ step: Double, stop: Double = 4e-9) -> Simulation {
    var circuit = Circuit(title: "RC with its capacitor outside")
    circuit.voltageSource("vin", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", "m", 1e3)
    circuit.voltageSource("vm", "m", .ground, .external)
    return Simulation(
      circuit, .transient(step: step, stop: stop, maximumStep: step), saving: ["v(m)", "i(vm)"])
  }

  private static let capacitor = Coupling(inputs: ["i(vm)"], outputs: ["vm"]) { Capacitor(farads: 1e-12) }

  /// The largest distance from 1 - exp(-t/tau).
  private static func error(_ waveforms: Waveforms) throws -> Double {
    let volts = try waveforms.signal("v(m)")
    return zip(volts.x, volts.y).map { abs($1 - (1 - exp(-$0 / tau))) }.max() ?? .infinity
  }

  private func run(
    _ simulation: Simulation, _ couplings: Coupling..., workers: Int = 1
  ) async throws -> SimulationOutcome {
    try await WorkerPool(workers: workers).run(simulation, coupledTo: couplings)
  }

  /// Second order: halving the step quarters the error.
  @Test func orderOfConvergence() async throws {
    var errors: [Double] = []
    for divisor in [25.0, 50, 100, 200] {
      errors.append(try Self.error(try await run(Self.rc(Self.tau / divisor), Self.capacitor).waveforms()))
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      let order = log2(coarse / fine)
      #expect((1.8...2.3).contains(order), "\(errors)")
    }
    #expect(errors[0] < 2e-3, "\(errors)")
  }

  /// A transient by which ngspice seeks the operating point is none of the system's: see the inductors of the
  /// outcome tests.
  @Test func systemWaitsForTheOperatingPoint() async throws {
    var simulation = Self.rc(Self.tau / 100)
    simulation.circuit.voltageSource("v2", "a", .ground, .dc(1))
    simulation.circuit.resistor("r2", "a", "b", 1)
    simulation.circuit.inductor("l1", "b", .ground, 1e-3)
    simulation.circuit.inductor("l2", "b", .ground, 1e-3)
    let outcome = try await run(simulation, Self.capacitor)
    #expect(outcome.messages.contains { $0.contains("Transient op finished") })
    #expect(try Self.error(try outcome.waveforms()) < 1e-3)
    #expect(try outcome.waveforms().signal("v(m)").y.first == 0)
  }

  /// Thousands of rejected steps leave no trace but shorter steps.
  @Test(arguments: [3, 5])
  func rejectedSteps(interval: Int) async throws {
    let step = Self.tau / 2000
    var coupling = Self.capacitor
    coupling.redoInterval = interval
    let outcome = try await run(Self.rc(step), coupling)
    let undisturbed = try await run(Self.rc(step), Self.capacitor)
    #expect(outcome.rejectedSteps >= 8000 / interval, "\(outcome.rejectedSteps)")
    let (error, expected) = (
      try Self.error(try outcome.waveforms()), try Self.error(try undisturbed.waveforms())
    )
    // Linear extrapolation over unequal steps: no worse than twice the error of equal ones.
    #expect(error < 2 * expected, "\(error) against \(expected)")
  }

  // MARK: a macrospin in a divider

  private static let supply = 0.8
  private static let seriesOhms = 2e3
  /// Conductance of the junction, parallel towards the fixed layer along -z: G = (1 - 0.35 m_z) / (3 kOhm).
  private static func conductance(_ mz: Double) -> Double { (1 - 0.35 * mz) / 3e3 }

  private static func divider(step: Double) -> Simulation {
    var circuit = Circuit(title: "macrospin in a divider")
    circuit.voltageSource("vdd", "vdd", .ground, .dc(supply))
    circuit.resistor("rs", "vdd", "top", seriesOhms)
    // An ammeter, and the junction with its current solved for by the simulator.
    circuit.voltageSource("vj", "top", "junction", .dc(0))
    circuit.behavioralCurrent(
      "bj", "junction", .ground, .v("junction") * (1 - 0.35 * .v("mz")) / 3e3)
    circuit.voltageSource("vmz", "mz", .ground, .external)
    circuit.resistor("rmz", "mz", .ground, 1e6)
    return Simulation(
      circuit, .transient(step: step, stop: 3e-9, maximumStep: step), saving: ["v(mz)", "i(vj)"])
  }

  /// When m_z passes zero, by RK4 in steps of 20 fs with Ohm's law in every stage.
  private static func referenceSwitchingTime() -> Double {
    var m = Macrospin().m
    let h = 2e-14
    var time = 0.0
    while true {
      let next = Macrospin.rk4(m, h) { m, _ in supply / (seriesOhms + 1 / conductance(m.z)) }
      if next.z < 0 { return time + h * m.z / (m.z - next.z) }
      (m, time) = (next, time + h)
      if time > 1e-7 { return .nan }
    }
  }

  @Test func macrospinAgainstItsOwnFineSolution() async throws {
    let expected = Self.referenceSwitchingTime()
    #expect((0.1e-9...2.9e-9).contains(expected), "\(expected)")
    var errors: [Double] = []
    for step in [8e-12, 4e-12, 2e-12] {
      let coupling = Coupling(inputs: ["i(vj)"], outputs: ["vmz"]) { Macrospin() }
      let waveforms = try await run(Self.divider(step: step), coupling).waveforms()
      let found = try waveforms.signal("v(mz)").crossing(of: 0, .falling)
      errors.append(abs(found / expected - 1))
    }
    #expect(errors[2] < 2e-4, "\(errors)")
    #expect(errors[2] < errors[0], "\(errors)")
  }

  /// The tolerance of an input shortens steps where it bends and lengthens them elsewhere.
  @Test func inputTolerance() async throws {
    let expected = Self.referenceSwitchingTime()
    var coupling = Coupling(inputs: ["i(vj)"], outputs: ["vmz"]) { Macrospin() }
    coupling.inputTolerances = [2e-8]
    let waveforms = try await run(Self.divider(step: 1e-10), coupling).waveforms()
    let found = try waveforms.signal("v(mz)").crossing(of: 0, .falling)
    let steps = zip(waveforms.scale.dropFirst(), waveforms.scale).map { $0 - $1 }
    #expect(abs(found / expected - 1) < 2e-3, "\(found) \(expected)")
    let (longest, shortest) = (steps.max() ?? 0, steps.dropFirst(20).dropLast(3).min() ?? 1)
    #expect(longest > 4 * shortest, "\(shortest) to \(longest)")
  }

  // MARK: noise

  private static func noisy(step: Double, stop: Double) -> Simulation {
    var circuit = Circuit(title: "a noisy node")
    circuit.voltageSource("vx", "x", .ground, .external)
    circuit.resistor("r1", "x", "out", 1e3)
    circuit.capacitor("c1", "out", .ground, 1e-13)
    return Simulation(
      circuit, .transient(step: step, stop: stop, maximumStep: step), saving: ["v(x)", "v(out)"])
  }

  /// Steps are committed once, in order and without gaps, and their noise has the variance of their length
  /// however often they were rejected.
  @Test(arguments: [0, 3, 4])
  func noiseIsConditioned(redoInterval: Int) async throws {
    let record = UncheckedRecord()
    var coupling = Coupling(inputs: ["v(out)"], outputs: ["vx"]) {
      NoisyNode(seed: 5, record: record.value)
    }
    coupling.redoInterval = redoInterval
    let outcome = try await run(Self.noisy(step: 2e-12, stop: 1e-8), coupling)
    #expect(outcome.isCompleted, "\(outcome.status)")
    let noise = record.value
    let count = noise.increments.count
    #expect(count >= 5000)
    #expect(
      noise.starts[0] == 0 && zip(noise.starts.dropFirst(), noise.ends).allSatisfy { abs($0 - $1) < 1e-20 })
    if redoInterval > 0 { #expect(noise.attempts >= count + count / redoInterval - 2) }
    let normalised = zip(noise.increments, zip(noise.starts, noise.ends)).map { increment, span in
      increment * increment / (span.1 - span.0)
    }
    // Chi-square with `count` degrees of freedom: mean 1, standard deviation sqrt(2 / count).
    let mean = normalised.reduce(0, +) / Double(count)
    #expect(abs(mean - 1) < 5 * (2 / Double(count)).squareRoot(), "\(mean)")
  }

  /// Bit for bit the same whatever the workers, and after a worker's death.
  @Test func samplesDoNotDependOnWorkers() async throws {
    let one = try WorkerPool(workers: 1)
    let two = try WorkerPool(workers: 2)
    func sample(_ pool: WorkerPool, _ seed: UInt64) async throws -> Waveforms {
      var coupling = Coupling(inputs: ["v(out)"], outputs: ["vx"]) {
        NoisyNode(seed: seed, record: NoisyNode.Record())
      }
      coupling.redoInterval = 4
      return try await pool.run(Self.noisy(step: 1e-11, stop: 2e-9), coupledTo: [coupling]).waveforms()
    }
    let seeds = Array(UInt64(1)...6)
    var alone: [Waveforms] = []
    for seed in seeds { alone.append(try await sample(one, seed)) }
    let together = try await withThrowingTaskGroup(of: (Int, Waveforms).self) { group in
      for (index, seed) in seeds.enumerated() { group.addTask { (index, try await sample(two, seed)) } }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    for (index, waveforms) in alone.enumerated() {
      let isSame = together[index] == waveforms
      #expect(isSame, "sample \(index)")
    }
    let isSeeded = alone[0] != alone[1]
    #expect(isSeeded)
  }

  /// A worker killed half way: the sample starts again from its beginning with a new system.
  @Test func survivesTheDeathOfAWorker() async throws {
    let workers = try FindableWorkers()
    let made = MadeCount()
    let coupling = Coupling(inputs: ["i(vm)"], outputs: ["vm"]) {
      let isFirst = made.next() == 1
      return KillingCapacitor(killsAt: isFirst ? 2e-9 : .infinity) { _ = workers.signal(SIGKILL) }
    }
    let pool = try WorkerPool(workers: 1, options: workers.options)
    let outcome = try await pool.run(Self.rc(2e-11), coupledTo: [coupling])
    #expect(outcome.attempts == 2)
    #expect(made.count == 2)
    let undisturbed = try await run(Self.rc(2e-11), Self.capacitor).waveforms()
    let isSame = try outcome.waveforms() == undisturbed
    #expect(isSame)
  }

  // MARK: what a system may ask for

  private static var driven: Simulation {
    var circuit = Circuit(title: "driven")
    circuit.voltageSource("vx", "x", .ground, .external)
    circuit.resistor("r1", "x", "y", 1e3)
    circuit.capacitor("c1", "y", .ground, 1e-13)
    return Simulation(circuit, .transient(step: 1e-11, stop: 2e-9, maximumStep: 5e-11))
  }

  @Test func breakpointsAreHit() async throws {
    let corner = 1.2345e-9
    let coupling = Coupling(inputs: ["v(y)"], outputs: ["vx"]) {
      Scripted(output: { $0 < corner ? 0 : 1e9 * ($0 - corner) }, breakpoints: [corner])
    }
    let waveforms = try await run(Self.driven, coupling).waveforms()
    #expect(waveforms.scale.contains { abs($0 - corner) < 1e-18 })
    #expect(waveforms.signals.map(\.name) == ["i(vx)", "v(x)", "v(y)"], "nothing of ours is among them")
  }

  @Test func stepsMayBeLimited() async throws {
    let coupling = Coupling(inputs: ["v(y)"], outputs: ["vx"]) { Scripted(longestStep: 3e-12) }
    let waveforms = try await run(Self.driven, coupling).waveforms()
    #expect(zip(waveforms.scale.dropFirst(), waveforms.scale).allSatisfy { $0 - $1 < 3.0001e-12 })
    #expect(waveforms.scale.last == 2e-9)
  }

  @Test func aSystemMayEndTheTransient() async throws {
    let coupling = Coupling(inputs: ["v(y)"], outputs: ["vx"]) { Scripted(doneAt: 1e-9) }
    let outcome = try await run(Self.driven, coupling)
    let waveforms = try outcome.waveforms()
    let halted = try #require(outcome.haltedAtSeconds)
    #expect(halted >= 1e-9 && halted < 1.06e-9)
    #expect((waveforms.scale.last ?? 0) >= halted && (waveforms.scale.last ?? 1) < 1.12e-9)
  }

  @Test func aSystemThatGivesUpIsAResult() async throws {
    let workers = try FindableWorkers()
    let pool = try WorkerPool(workers: 1, options: workers.options)
    let coupling = Coupling(inputs: ["v(y)"], outputs: ["vx"]) { Scripted(failsAt: 1e-9) }
    let outcome = try await pool.run(Self.driven, coupledTo: [coupling])
    guard case .systemFailed(let message) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(message.contains("it has had enough"))
    #expect(outcome.attempts == 1)
    // The worker goes on.
    let before = workers.processes
    #expect(try await pool.run(Self.rc(1e-11), coupledTo: [Self.capacitor]).isCompleted)
    #expect(workers.processes == before && before.count == 1)
  }

  @Test func severalSystemsAtOnce() async throws {
    var circuit = Circuit(title: "two capacitors outside")
    circuit.voltageSource("vin", "in", .ground, .dc(1))
    for k in 1...2 {
      circuit.resistor("r\(k)", "in", "m\(k)", Double(k) * 1e3)
      circuit.voltageSource("vm\(k)", "m\(k)", .ground, .external)
    }
    let simulation = Simulation(
      circuit, .transient(step: 1e-11, stop: 4e-9, maximumStep: 1e-11), saving: ["v(m1)", "v(m2)"])
    let couplings = (1...2).map { k in
      Coupling(inputs: ["i(vm\(k))"], outputs: ["vm\(k)"]) { Capacitor(farads: 1e-12) }
    }
    let waveforms = try await WorkerPool(workers: 1).run(simulation, coupledTo: couplings).waveforms()
    #expect(waveforms.signals.map(\.name) == ["v(m1)", "v(m2)"])
    for k in 1...2 {
      let volts = try waveforms.signal("v(m\(k))")
      let error = zip(volts.x, volts.y).map { abs($1 - (1 - exp(-$0 / (Double(k) * 1e-9)))) }.max() ?? 1
      #expect(error < 2e-4, "\(error)")
    }
  }

  /// The difference of two nodes is an input like any other.
  @Test func differencesAsInputs() async throws {
    let seen = Mutex<[Double]>([])
    let coupling = Coupling(inputs: ["v(x,y)"], outputs: ["vx"]) {
      Scripted(output: { 1e9 * $0 }, onCommit: { step in seen.withLock { $0.append(step.inputsAfter[0]) } })
    }
    let waveforms = try await run(Self.driven, coupling).waveforms()
    let expected = try waveforms.signal("v(x,y)").y
    #expect(seen.withLock { $0 }.last == expected.dropLast().last)
  }

  @Test func wrongCouplingsAreRefused() async throws {
    let pool = try WorkerPool(workers: 1)
    func expect(_ code: SpiceError.Code, _ simulation: Simulation, _ couplings: Coupling...) async {
      let error = await #expect(throws: SpiceError.self) {
        _ = try await pool.run(simulation, coupledTo: couplings)
      }
      #expect(error?.code == code)
    }
    let good = Self.capacitor
    await expect(.duplicateName, Self.rc(1e-11), good, good)
    await expect(
      .unresolvedSource, Self.rc(1e-11), Coupling(inputs: ["i(vm)"], outputs: ["vin"]) { Scripted() })
    await expect(
      .unresolvedNode, Self.rc(1e-11), Coupling(inputs: ["v(nowhere)"], outputs: ["vm"]) { Scripted() })
    await expect(.invalidValue, Simulation(Self.rc(1e-11).circuit, .operatingPoint), good)
    await expect(
      .invalidValue, Self.rc(1e-11),
      Coupling(inputs: ["i(vm)"], outputs: ["vm"], inputTolerances: [1, 1]) { Scripted() })
    // An external source that nothing drives.
    let error = await #expect(throws: SpiceError.self) { _ = try await pool.run(Self.rc(1e-11)) }
    #expect(error?.code == .invalidValue)
  }

  @Test func outputsMustBeNumbers() async throws {
    let coupling = Coupling(inputs: ["v(y)"], outputs: ["vx"]) {
      Scripted(output: { $0 > 1e-9 ? .nan : 0 })
    }
    let outcome = try await run(Self.driven, coupling)
    guard case .systemFailed(let message) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(message.contains("not finite"))
  }
}

/// A record that the driving thread writes and the test reads after the run.
private final class UncheckedRecord: @unchecked Sendable {
  // Written by one thread while the run lasts, read after it.
  let value = NoisyNode.Record()
}

private final class MadeCount: Sendable {
  private let made = Mutex(0)
  func next() -> Int {
    made.withLock {
      $0 += 1
      return $0
    }
  }
  var count: Int { made.withLock { $0 } }
}

/// A capacitor that ends its worker at a moment.
private struct KillingCapacitor: CoupledSystem {
  var capacitor = Capacitor(farads: 1e-12)
  var killsAt: Double
  var kill: @Sendable () -> Void

  init(killsAt: Double, kill: @escaping @Sendable () -> Void) {
    self.killsAt = killsAt
    self.kill = kill
  }

  func start() -> [Double] { capacitor.start() }

  func attempt(_ step: CoupledStep) -> CoupledAttempt {
    if step.time >= killsAt { kill() }
    return capacitor.attempt(step)
  }

  mutating func commit(_ step: CoupledStep) { capacitor.commit(step) }
}
