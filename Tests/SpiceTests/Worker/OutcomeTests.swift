import Spice
import TestSupport
import Testing

/// Every way in which a simulation can end, provoked for real.
@Suite(.requiresNgspice) struct OutcomeTests {
  let directory: TemporaryDirectory
  let pool: WorkerPool

  init() throws {
    directory = try TemporaryDirectory()
    pool = try WorkerPool(workers: 1)
  }

  /// A valid circuit plus lines that only the simulator gets to see.
  private func simulation(including text: String, _ analysis: Analysis = .operatingPoint) throws -> Simulation
  {
    var circuit = Circuit(title: "with an included file")
    circuit.includes = [Include(try directory.write(text, to: "extra.inc"))]
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", .ground, 1e3)
    return Simulation(circuit, analysis, saving: ["v(in)"])
  }

  private func expectHealthy() async throws {
    var circuit = Circuit(title: "healthy")
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", .ground, 1e3)
    let waveforms = try await pool.run(Simulation(circuit, .operatingPoint)).waveforms()
    #expect(waveforms["v(in)"]?.final == 1)
  }

  @Test func missingModel() async throws {
    let outcome = try await pool.run(simulation(including: "d7 in 0 nosuchdiode\n"))
    guard case .parseError(let problem) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(problem.message.contains("could not find a valid modelname"))
    #expect(problem.line == "d7 in 0 nosuchdiode")
    #expect(problem.origin == nil, "the line is in the file, not in the deck")
    try await expectHealthy()
  }

  @Test func offendingLineOfTheDeck() async throws {
    var circuit = Circuit(title: "unknown instance parameter inside a subcircuit")
    circuit.models = [DeviceModel("dx", type: "d")]
    var cell = Subcircuit("cell", ports: ["a"])
    cell.diode("d1", "a", .ground, model: "dx", parameters: [Parameter("nosuch", 3)])
    circuit.subcircuits = [cell]
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.instance("x1", ["in"], of: "cell")
    let simulation = Simulation(circuit, .operatingPoint)
    let outcome = try await pool.run(simulation)
    guard case .parseError(let problem) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(problem.origin == .element("d1", subcircuit: "cell"))
    let deck = NgspiceWriter(style: .worker).deck(simulation)
    let line = try #require(problem.lineNumber)
    #expect(deck.text.split(separator: "\n")[line - 1] == "d1 a 0 dx nosuch=3")
    #expect(problem.message.contains("nosuch"))
  }

  @Test func unknownSubcircuit() async throws {
    let outcome = try await pool.run(simulation(including: "x9 in 0 nosuchcell\n"))
    guard case .parseError(let problem) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(problem.message == "unknown subcircuit")
    #expect(problem.line == "x9 in 0 nosuchcell")
    try await expectHealthy()
  }

  /// The one deck that poisons ngspice for good: the process must be replaced.
  @Test func undefinedParameterPoisons() async throws {
    let outcome = try await pool.run(simulation(including: "r9 in 0 {nosuchparameter*2}\n"))
    guard case .refused(let problem) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(problem.message == "undefined parameter nosuchparameter")
    #expect(outcome.attempts == 1)
    try await expectHealthy()
  }

  @Test(arguments: [Analysis.operatingPoint, .transient(step: 1e-10, stop: 1e-8, maximumStep: 1e-9)])
  func loopOfVoltageSources(analysis: Analysis) async throws {
    var circuit = Circuit(title: "loop of sources")
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.voltageSource("v2", "in", .ground, .dc(2))
    circuit.resistor("r1", "in", .ground, 1e3)
    let outcome = try await pool.run(Simulation(circuit, analysis))
    guard case .singularMatrix(let place) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(place == "v1 (branch)")
    try await expectHealthy()
  }

  /// A source that wants to be 1 where it is below one half, and else 0, has no voltage to settle at.
  private func contradiction(after start: Double) -> Circuit {
    var circuit = Circuit(title: "contradiction")
    circuit.resistor("r1", "a", .ground, 1e3)
    circuit.capacitor("c1", "a", .ground, 1e-18)
    let off: Expression = .if(.v("a"), .less, 0.5, then: 1, otherwise: 0)
    circuit.behavioralVoltage(
      "b1", "a", .ground, .if(.time, .greater, Expression(start), then: off, otherwise: 0))
    return circuit
  }

  @Test func timestepTooSmall() async throws {
    let outcome = try await pool.run(
      Simulation(contradiction(after: 2e-9), .transient(step: 1e-11, stop: 5e-9, maximumStep: 1e-10)))
    guard case .timestepTooSmall(let time) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(abs(time - 2e-9) < 1e-12)
    try await expectHealthy()
  }

  @Test func noOperatingPoint() async throws {
    let outcome = try await pool.run(Simulation(contradiction(after: -1), .operatingPoint))
    guard case .nonConverged = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(outcome.messages.contains { $0.contains("gmin") })
    try await expectHealthy()
  }

  /// What only the run can find wrong: a device that has no such quantity.
  @Test func unknownDeviceQuantity() async throws {
    var circuit = Circuit(title: "unknown quantity")
    circuit.models = [DeviceModel("dx", type: "d")]
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.diode("d1", "in", .ground, model: "dx")
    let outcome = try await pool.run(Simulation(circuit, .operatingPoint, saving: ["v(in)", "@d1[nosuch]"]))
    guard case .aborted(let message) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(message.contains("@d1[nosuch]"))
    try await expectHealthy()
  }

  // MARK: processes

  /// A run of minutes, unless it is ended.
  private var endless: Simulation {
    var circuit = Circuit(title: "endless")
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", .ground, 1e3)
    return Simulation(
      circuit, .transient(step: 1e-12, stop: 1, maximumStep: 1e-12), saving: ["v(in)"])
  }

  /// Where nothing else finds an operating point ngspice runs a transient of its own for it, which must neither
  /// last for ever nor be taken for the simulation's.
  @Test func operatingPointByTransient() async throws {
    var circuit = Circuit(title: "parallel inductors")
    circuit.voltageSource("v1", "a", .ground, .dc(1))
    circuit.resistor("r1", "a", "b", 1)
    circuit.inductor("l1", "b", .ground, 1e-3)
    circuit.inductor("l2", "b", .ground, 1e-3)
    var options = WorkerOptions()
    options.timeoutSeconds = 20
    let outcome = try await WorkerPool(workers: 1, options: options).run(
      Simulation(circuit, .transient(step: 1e-6, stop: 3e-5, maximumStep: 1e-6), saving: ["i(v1)"]))
    let current = try outcome.waveforms().signal("i(v1)")
    #expect(outcome.messages.contains { $0.contains("Transient op") })
    // After 10 us of it: 1 - exp(-0.02), R / (L / 2) being 2000 / s; then on to 1 - exp(-0.08).
    #expect(abs(current.y[0] + 0.0198013) < 1e-5)
    #expect(abs(current.final + 0.0768837) < 1e-5 && current.x.last == 3e-5)
  }

  @Test func timeOut() async throws {
    var options = WorkerOptions()
    options.timeoutSeconds = 0.3
    let pool = try WorkerPool(workers: 1, options: options)
    let outcome = try await pool.run(endless)
    guard case .timedOut(let limit) = outcome.status else {
      Issue.record("\(outcome.status)")
      return
    }
    #expect(limit == 0.3)
    #expect(outcome.attempts == 2)
    // The same pool goes on in a fresh process.
    var circuit = Circuit(title: "after")
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", .ground, 1e3)
    #expect(try await pool.run(Simulation(circuit, .operatingPoint)).isCompleted)
  }

  // MARK: errors

  @Test(arguments: [("libnothing.so.7", SpiceError.Code.libraryMissing), ("libc.so.6", .libraryMissing)])
  func absentLibrary(library: String, code: SpiceError.Code) async throws {
    var options = WorkerOptions()
    options.library = library
    let pool = try WorkerPool(workers: 1, options: options)
    let error = await #expect(throws: SpiceError.self) { try await pool.run(endless) }
    #expect(error?.code == code)
    #expect(error?.description.contains(library) == true)
  }

  @Test func absentWorker() throws {
    var options = WorkerOptions()
    options.workerPath = "/nowhere/worker"
    let error = #expect(throws: SpiceError.self) { try WorkerPool(workers: 1, options: options) }
    #expect(error?.code == .workerMissing)
  }
}
