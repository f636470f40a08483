import Dispatch
import SpiceWire
import Synchronization

/// One simulation on its way through the pool.
final class Job: Sendable {
  typealias Answer = Result<SimulationOutcome, SpiceError>

  static let cancelled = SpiceError(.cancelled, "the task was cancelled before the simulation ended.")

  private enum State {
    case new
    case waiting(CheckedContinuation<Answer, Never>)
    case finished(Answer)
  }

  /// Complete but for what coupled systems, which start with each attempt, add to it.
  let request: WorkerRequest
  let couplings: [Coupling]
  let diagnosis: Diagnosis
  private let state = Mutex(State.new)

  /// Writes the deck of a simulation that has been validated.
  init(_ simulation: Simulation, _ couplings: [Coupling]) {
    self.couplings = couplings
    let watched = CoupledTransient.signals(of: couplings).appendingNew(
      simulation.stopConditions.flatMap(\.signals))
    var written = simulation
    if !simulation.saved.isEmpty { written.saved = simulation.saved.appendingNew(watched) }
    var halt: Node?
    if !couplings.isEmpty || !simulation.stopConditions.isEmpty {
      let node = HaltSource.node(beside: simulation.circuit)
      written.circuit.elements += HaltSource.elements(at: node)
      if !written.saved.isEmpty { written.saved.append(.voltage(node)) }
      halt = node
    }
    let deck = NgspiceWriter(style: .worker).deck(written)
    var request = WorkerRequest(deck, simulation, watching: watched)
    request.haltSource = halt.map { "v\($0)" } ?? ""
    self.request = request
    diagnosis = Diagnosis(deck: deck, simulation: simulation, haltNode: halt)
  }

  /// Names who waits for the answer, which may have come already.
  func start(_ continuation: CheckedContinuation<Answer, Never>) {
    let early: Answer? = state.withLock { state in
      if case .finished(let answer) = state { return answer }
      state = .waiting(continuation)
      return nil
    }
    if let early { continuation.resume(returning: early) }
  }

  /// Whether an answer has been given, as after a cancellation.
  var isFinished: Bool {
    state.withLock { state in
      if case .finished = state { true } else { false }
    }
  }

  /// Hands the answer over; later answers are ignored.
  func finish(_ answer: Answer) {
    let continuation: CheckedContinuation<Answer, Never>? = state.withLock { state in
      switch state {
      case .finished: return nil
      case .new:
        state = .finished(answer)
        return nil
      case .waiting(let continuation):
        state = .finished(answer)
        return continuation
      }
    }
    continuation?.resume(returning: answer)
  }
}

/// A first-in first-out queue between the tasks that ask and the threads that drive workers.
final class JobQueue: Sendable {
  private struct State {
    var jobs: [Job] = []
    var head = 0
  }

  /// Whether a worker has started for any of the threads: a later one that does not start was unlucky.
  let hasBeenServed = Atomic(false)
  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)

  /// Adds a job.
  func add(_ job: Job) {
    state.withLock { $0.jobs.append(job) }
    available.signal()
  }

  /// Waits for the next job, blocking the thread; nil once the queue is closed and empty.
  func next() -> Job? {
    available.wait()
    return state.withLock { state in
      guard state.head < state.jobs.count else { return nil }
      let job = state.jobs[state.head]
      state.head += 1
      if state.head == state.jobs.count {
        state.jobs.removeAll(keepingCapacity: true)
        state.head = 0
      }
      return job
    }
  }

  /// Gives each of `waiters` threads its nil.
  func close(waiters: Int) {
    for _ in 0..<waiters { available.signal() }
  }
}

extension [Signal] {
  /// These and those of the others that are not among them.
  func appendingNew(_ others: [Signal]) -> [Signal] {
    var seen = Set(self)
    return self + others.filter { seen.insert($0).inserted }
  }
}
