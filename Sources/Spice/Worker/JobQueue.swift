import Dispatch
import Synchronization

/// One simulation on its way through the pool.
final class Job: Sendable {
  typealias Answer = Result<SimulationOutcome, SpiceError>

  let request: [UInt8]
  let diagnosis: Diagnosis
  private let continuation: Mutex<CheckedContinuation<Answer, Never>?>

  init(request: [UInt8], diagnosis: Diagnosis, continuation: CheckedContinuation<Answer, Never>) {
    self.request = request
    self.diagnosis = diagnosis
    self.continuation = Mutex(continuation)
  }

  /// Hands the answer over; later answers are ignored.
  func finish(_ answer: Answer) {
    let waiting = continuation.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    waiting?.resume(returning: answer)
  }
}

/// A first-in first-out queue between the tasks that ask and the threads that drive workers.
final class JobQueue: Sendable {
  private struct State {
    var jobs: [Job] = []
    var head = 0
    var closed = false
  }

  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)

  /// Adds a job; false when the queue is closed.
  func add(_ job: Job) -> Bool {
    let added = state.withLock { state in
      if !state.closed { state.jobs.append(job) }
      return !state.closed
    }
    if added { available.signal() }
    return added
  }

  /// Waits for the next job, blocking the thread; nil when the queue is closed.
  func next() -> Job? {
    available.wait()
    return state.withLock { state in
      guard state.head < state.jobs.count else { return nil }
      defer {
        state.head += 1
        if state.head > 1024 {
          state.jobs.removeFirst(state.head)
          state.head = 0
        }
      }
      return state.jobs[state.head]
    }
  }

  /// Ends the queue: waiting jobs are still served, then each of `waiters` threads gets nil.
  func close(waiters: Int) {
    state.withLock { $0.closed = true }
    for _ in 0..<waiters { available.signal() }
  }
}
