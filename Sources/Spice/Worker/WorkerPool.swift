/// A pool of ngspice processes.
///
/// Each simulation gets a fresh deck in a warm process; a process that dies, hangs or is poisoned by a deck
/// takes nothing else with it. Results do not depend on the number of workers.
///
/// ```swift
/// let pool = try WorkerPool(workers: 2)
/// let outcome = try await pool.run(Simulation(circuit, .operatingPoint))
/// print(try outcome.waveforms()["v(out)"]?.final ?? .nan)
/// ```
///
/// Workers start with their first job and end with the pool.
public final class WorkerPool: Sendable {
  /// How many processes serve.
  public let workers: Int
  /// How they are started and given up.
  public let options: WorkerOptions
  private let queue = JobQueue()

  /// Makes a pool.
  ///
  /// - Parameters:
  ///   - workers: The number of processes, at least 1.
  ///   - options: The library, the worker program and the limits.
  /// - Throws: ``SpiceError/Code/workerMissing`` if there is no worker program.
  public init(workers: Int, options: WorkerOptions = WorkerOptions()) throws(SpiceError) {
    precondition(workers >= 1, "a pool needs a worker")
    _ = try options.findWorker()
    self.workers = workers
    self.options = options
    for _ in 0..<workers { try WorkerDriver.start(serving: queue, options: options) }
  }

  deinit { queue.close(waiters: workers) }

  /// Validates and runs one simulation.
  ///
  /// - Returns: What became of it; a simulator that says no is a result.
  /// - Throws: ``SpiceError`` if the circuit is not valid, no simulator could be started, or the task was
  ///   cancelled, which ends the simulation.
  public func run(_ simulation: Simulation) async throws(SpiceError) -> SimulationOutcome {
    try await run(simulation, coupledTo: [])
  }

  /// Validates and runs one transient in lock-step with systems outside the circuit.
  ///
  /// The systems are made and called on the thread that drives the worker. Should the worker die, they are made
  /// anew and the sample starts from its beginning.
  ///
  /// - Returns: What became of it; a system that gives up is a result.
  /// - Throws: ``SpiceError`` as ``run(_:)``, also if a coupling names a source or signal that is not there.
  public func run(
    _ simulation: Simulation, coupledTo couplings: [Coupling]
  ) async throws(SpiceError) -> SimulationOutcome {
    try simulation.validate(coupledTo: couplings)
    let job = Job(simulation, couplings)
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        job.start(continuation)
        queue.add(job)
      }
    } onCancel: {
      job.finish(.failure(Job.cancelled))
    }
    return try answer.get()
  }

  /// Runs one simulation per input and reduces each outcome, in as many workers as the pool has.
  ///
  /// At most a few simulations more than there are workers exist at a time, so that a campaign of any length
  /// needs little memory.
  ///
  /// - Parameters:
  ///   - inputs: What varies.
  ///   - progress: Called after each finished simulation with how many of how many are done.
  ///   - simulation: Makes the simulation of an input.
  ///   - reduce: Takes what is wanted from an outcome; called concurrently.
  /// - Returns: The reduced outcomes in the order of the inputs.
  public func map<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil,
    simulation: @escaping @Sendable (Input) throws -> Simulation,
    reduce: @escaping @Sendable (Input, SimulationOutcome) throws -> Output
  ) async throws -> [Output] {
    var outputs: [Output] = []
    outputs.reserveCapacity(inputs.count)
    try await forEach(inputs, progress: progress, simulation: simulation, reduce: reduce) { _, output in
      outputs.append(output)
    }
    return outputs
  }

  /// As ``map(_:progress:simulation:reduce:)``, but hands each result over in the order of the inputs as soon
  /// as it and all before it are done.
  public func forEach<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil,
    simulation: @escaping @Sendable (Input) throws -> Simulation,
    reduce: @escaping @Sendable (Input, SimulationOutcome) throws -> Output,
    deliver: (Int, Output) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
      var started = 0
      var done = 0
      var delivered = 0
      var waiting: [Int: Output] = [:]
      func startNext() {
        guard started < inputs.count else { return }
        let index = started
        started += 1
        group.addTask {
          let outcome = try await self.run(try simulation(inputs[index]))
          return (index, try reduce(inputs[index], outcome))
        }
      }
      for _ in 0..<(2 * workers) { startNext() }
      while let (index, output) = try await group.next() {
        done += 1
        startNext()
        progress?(done, inputs.count)
        waiting[index] = output
        while let next = waiting.removeValue(forKey: delivered) {
          try await deliver(delivered, next)
          delivered += 1
        }
      }
    }
  }
}
