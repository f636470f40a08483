import Glibc
import SpiceWire
import Synchronization

/// Serves jobs with one worker process at a time, on a thread of its own, so that no thread of Swift's
/// concurrency pool ever waits for a simulator.
struct WorkerDriver {
  private let queue: JobQueue
  private let options: WorkerOptions
  private var worker: WorkerProcess?

  /// Starts the thread; it ends when the queue does.
  static func start(serving queue: JobQueue, options: WorkerOptions) throws(SpiceError) {
    let box = Unmanaged.passRetained(Box(WorkerDriver(queue: queue, options: options)))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().driver.serve()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw SpiceError(
        .workerStartFailed, "no thread for a worker.", cause: SystemReason(status).text)
    }
    pthread_detach(thread)
  }

  private final class Box {
    var driver: WorkerDriver
    init(_ driver: WorkerDriver) { self.driver = driver }
  }

  private init(queue: JobQueue, options: WorkerOptions) {
    self.queue = queue
    self.options = options
  }

  private mutating func serve() {
    while let job = queue.next() {
      if job.isFinished { continue }
      do {
        job.finish(.success(try simulate(job)))
      } catch {
        job.finish(.failure(error))
      }
    }
    worker = nil
  }

  /// Tries a job in the warm worker and, should that die or hang, once more in a fresh one.
  private mutating func simulate(_ job: Job) throws(SpiceError) -> SimulationOutcome {
    let began = ContinuousClock.now
    var attempts = 0
    var startFailures = 0
    while true {
      attempts += 1
      do {
        let coupled = job.couplings.isEmpty ? nil : try CoupledTransient(job.couplings)
        var request = job.request
        if let coupled { request.couple(to: coupled) }
        let process = try warmWorker()
        let (reply, failure) = try process.exchange(
          request, coupledTo: coupled, timeoutSeconds: options.timeoutSeconds,
          isCancelled: { job.isFinished })
        if reply.exitRequested || reply.circuitStatus != 0 || reply.residentBytes > options.memoryLimitBytes {
          worker = nil
        }
        let status = failure.map { .systemFailed($0.message) } ?? job.diagnosis.status(of: reply)
        return outcome(status, reply, attempts: attempts, began: began)
      } catch let failure as CoupledTransient.Failure {
        return outcome(.systemFailed(failure.message), nil, attempts: attempts, began: began)
      } catch let loss as WorkerProcess.Loss {
        worker = nil
        let status: SimulationOutcome.Status
        switch loss {
        case .timedOut: status = .timedOut(limitSeconds: options.timeoutSeconds)
        case .outgrown:
          // It would grow again.
          return outcome(
            .outOfMemory(limitBytes: options.memoryCeilingBytes), nil, attempts: attempts, began: began)
        case .died(let exit): status = .workerDied(exit)
        case .cancelled: throw Job.cancelled
        }
        if attempts == 2 { return outcome(status, nil, attempts: attempts, began: began) }
      } catch let error as SpiceError {
        guard error.code == .workerStartFailed, !job.isFinished else { throw error }
        if queue.hasBeenServed.load(ordering: .relaxed) {
          // Workers can start here, so this one was unlucky.
          if attempts == 2 { return outcome(.workerDied(.unknown), nil, attempts: attempts, began: began) }
          continue
        }
        startFailures += 1
        guard startFailures < 5 else { throw error }
        attempts -= 1
        usleep(20_000)
      } catch {
        throw SpiceError(.workerStartFailed, "the worker failed.", cause: "\(error)")
      }
    }
  }

  private mutating func warmWorker() throws(SpiceError) -> WorkerProcess {
    if let worker { return worker }
    let started = try WorkerProcess(options: options)
    worker = started
    queue.hasBeenServed.store(true, ordering: .relaxed)
    return started
  }

  private func outcome(
    _ status: SimulationOutcome.Status, _ reply: WorkerReply?, attempts: Int, began: ContinuousClock.Instant
  ) -> SimulationOutcome {
    let said = Diagnosis.lines(of: reply?.messages ?? "", from: "stderr").suffix(100)
    let timing = SimulationTiming(
      solverSeconds: reply?.solverSeconds ?? 0, librarySeconds: reply?.librarySeconds ?? 0,
      processorSeconds: reply?.processorSeconds ?? 0,
      totalSeconds: (ContinuousClock.now - began) / .seconds(1))
    return SimulationOutcome(
      status: status, timing: timing, attempts: attempts, workerMemoryBytes: reply?.residentBytes ?? 0,
      haltedAtSeconds: reply.flatMap { $0.haltedAt.isNaN ? nil : $0.haltedAt },
      rejectedSteps: Int(clamping: reply?.rejectedSteps ?? 0), messages: Array(said))
  }
}
