import Dispatch
import SpiceWire
import Synchronization

/// What a deck that ran with all its commands left behind.
public struct VerbatimOutcome: Sendable {
  /// How it ended.
  public enum End: Sendable, Hashable {
    /// The deck ran to its end.
    case finished
    /// ngspice ended itself, as after the command `quit` or an undefined parameter; its plots are gone.
    case quit
    /// The deck was not accepted, or no analysis ran; what ngspice said stands in the output.
    case failed
    /// The worker process ended by itself.
    case workerDied(WorkerExit)
    /// The time limit in seconds was reached.
    case timedOut(limitSeconds: Double)
    /// The memory limit in bytes was reached.
    case outOfMemory(limitBytes: UInt64)
  }

  /// How it ended.
  public let end: End
  /// The plots in the order in which they were made.
  public let plots: [RawFile.Plot]
  /// What ngspice printed, line by line.
  public let output: [String]
}

extension WorkerOptions {
  /// Runs a deck as it stands, with its control section and everything that its commands do, in a process of its
  /// own.
  ///
  /// The commands can write files and start programs: whoever calls this trusts the deck. It runs once: what
  /// commands have done cannot be undone for another try.
  ///
  /// - Parameters:
  ///   - lines: The physical lines, from ``NetlistReader/rawDeck(_:)``.
  ///   - directory: The directory in which it runs, from which its paths count.
  /// - Throws: ``SpiceError`` where no simulator can be started or the task was cancelled.
  public func runVerbatim(
    _ lines: [String], in directory: String
  ) async throws(SpiceError) -> VerbatimOutcome {
    let isCancelled = Mutex(false)
    let answer: Result<VerbatimOutcome, SpiceError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
          continuation.resume(
            returning: Result { () throws(SpiceError) in
              try self.verbatim(lines, in: directory) { isCancelled.withLock { $0 } }
            })
        }
      }
    } onCancel: {
      isCancelled.withLock { $0 = true }
    }
    return try answer.get()
  }

  private func verbatim(
    _ lines: [String], in directory: String, isCancelled: @escaping () -> Bool
  ) throws(SpiceError) -> VerbatimOutcome {
    var request = WorkerRequest()
    request.lines = lines
    request.verbatimDirectory = FileText.absolute(directory)
    let process = try WorkerProcess(options: self)
    do throws(WorkerProcess.Loss) {
      let reply = try process.exchange(request, timeoutSeconds: timeoutSeconds, isCancelled: isCancelled)
        .reply
      let output = reply.messages.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        let isStream = line.hasPrefix("stdout ") || line.hasPrefix("stderr ")
        return isStream ? String(line.dropFirst(7)) : String(line)
      }
      let plots = reply.plots.compactMap(RawFile.Plot.init)
      let hasFailed = reply.circuitStatus != 0 || plots.isEmpty || reply.simulationStatus > 0
      return VerbatimOutcome(
        end: reply.exitRequested ? .quit : hasFailed ? .failed : .finished, plots: plots, output: output)
    } catch {
      switch error {
      case .timedOut:
        return VerbatimOutcome(end: .timedOut(limitSeconds: timeoutSeconds), plots: [], output: [])
      case .outgrown:
        return VerbatimOutcome(
          end: .outOfMemory(limitBytes: memoryCeilingBytes), plots: [], output: [])
      case .died(let exit): return VerbatimOutcome(end: .workerDied(exit), plots: [], output: [])
      case .cancelled: throw Job.cancelled
      }
    }
  }
}

extension RawFile.Plot {
  /// The plot of a worker; nil where it has no vectors.
  init?(_ plot: WorkerReply.Plot) {
    let kinds = [
      ("tran", "Transient Analysis"), ("ac", "AC Analysis"), ("dc", "DC transfer characteristic"),
      ("op", "Operating Point"),
    ]
    let name = kinds.first { plot.name.hasPrefix($0.0) }?.1 ?? plot.name
    let isComplex = plot.vectors.contains { !$0.imaginary.isEmpty }
    let scales: Set = ["time", "frequency", "v-sweep", "i-sweep", "temp-sweep", "res-sweep"]
    let ordered =
      plot.vectors.filter { scales.contains($0.name) } + plot.vectors.filter { !scales.contains($0.name) }
    guard !ordered.isEmpty else { return nil }
    self.init(
      name: name, title: plot.name, isComplex: isComplex,
      variables: ordered.map { vector in
        let zeros = isComplex ? [Double](repeating: 0, count: vector.real.count) : []
        return RawFile.Variable(
          name: vector.name, quantity: RawFile.Quantity(ngspiceType: vector.type), real: vector.real,
          imaginary: vector.imaginary.isEmpty ? zeros : vector.imaginary)
      })
  }
}

extension RawFile.Quantity {
  /// From ngspice's number.
  ///
  /// - Source: ngspice 39, src/include/ngspice/sim.h.
  fileprivate init(ngspiceType type: Int32) {
    switch type {
    case 1: self = .time
    case 2: self = .frequency
    case 3: self = .voltage
    case 4: self = .current
    default: self = .unnamed
    }
  }
}
