/// What became of one simulation.
///
/// Failure of a sample is a result, never a crash and never dropped.
public struct SimulationOutcome: Sendable {
  /// The distinct ways in which a simulation ends.
  public enum Status: Sendable {
    /// It ran to its end.
    case completed(Waveforms)
    /// ngspice could not make sense of the deck.
    case parseError(DeckProblem)
    /// The equations have no unique solution at the starting point, as with a loop of voltage sources; the
    /// node or branch that ngspice names.
    case singularMatrix(at: String)
    /// The transient could not go on at this time, in seconds.
    case timestepTooSmall(atSeconds: Double)
    /// No operating point was found.
    case nonConverged
    /// The run ended early or without data for another reason, in ngspice's words.
    case aborted(String)
    /// ngspice gave itself up over this deck; its process has been replaced.
    case refused(DeckProblem)
    /// The worker process ended by itself, twice.
    case workerDied(WorkerExit)
    /// The time limit in seconds was reached, twice.
    case timedOut(limitSeconds: Double)
    /// The worker held more memory than it may, in bytes, and was killed.
    case outOfMemory(limitBytes: UInt64)
    /// A coupled system gave up, in its words.
    case systemFailed(String)
  }

  /// How it ended.
  public let status: Status
  /// Where the time went.
  public let timing: SimulationTiming
  /// How many workers tried: 2 after a death or a time-out.
  public let attempts: Int
  /// The resident memory of the worker after the simulation, in bytes; 0 when it did not reply.
  public let workerMemoryBytes: UInt64
  /// When a stop condition held or a coupled system was done, in seconds; nil when neither ended the transient.
  public let haltedAtSeconds: Double?
  /// How many steps of the transient were rejected and taken again, where the worker counts them.
  public let rejectedSteps: Int
  /// What ngspice said, normal notes included; the last 100 lines.
  public let messages: [String]

  /// The waveforms.
  ///
  /// - Throws: ``SpiceError/Code/simulationFailed`` with the reason if the simulation did not complete.
  public func waveforms() throws(SpiceError) -> Waveforms {
    if case .completed(let waveforms) = status { return waveforms }
    throw SpiceError(.simulationFailed, "the simulation did not complete.", cause: "\(status)")
  }

  /// Whether it ran to its end.
  public var isCompleted: Bool {
    if case .completed = status { true } else { false }
  }
}

/// Where the wall-clock time of one simulation went, in seconds.
public struct SimulationTiming: Sendable, Hashable {
  /// Inside ngspice's `run`.
  public var solverSeconds = 0.0
  /// From the request's arrival in the worker to the finished reply: parsing, run, copying, clearing.
  public var librarySeconds = 0.0
  /// Processor time of the worker for the same span.
  public var processorSeconds = 0.0
  /// From the job's start on its driver to the decoded reply; retries included.
  public var totalSeconds = 0.0
}

/// Why a deck was not accepted.
public struct DeckProblem: Sendable, Hashable, CustomStringConvertible {
  /// ngspice's own message.
  public var message: String
  /// The offending line as ngspice or the deck has it; nil when ngspice named none.
  public var line: String?
  /// The number of that line in the deck, from 1.
  public var lineNumber: Int?
  /// Where the line came from; nil when it is not a line of the deck, as inside an included file.
  public var origin: Deck.Origin?

  /// Message, line and place in one line.
  public var description: String {
    var text = message
    if let lineNumber, let origin { text += "; line \(lineNumber), \(origin)" }
    if let line { text += ": \(line)" }
    return text
  }
}

/// How a worker process ended.
public enum WorkerExit: Sendable, Hashable, CustomStringConvertible {
  /// It exited with this code.
  case exited(Int32)
  /// It was ended by this signal.
  case signalled(Int32)
  /// It sent what is no message, and was ended.
  case garbled
  /// The system did not tell.
  case unknown

  init(waitStatus status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
  }

  /// In words.
  public var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signalled(let signal): "signal \(signal)"
    case .garbled: "it sent what is no message"
    case .unknown: "unknown end"
    }
  }
}

extension SimulationOutcome.Status: CustomStringConvertible {
  /// One readable line.
  public var description: String {
    switch self {
    case .completed(let waveforms): "completed with \(waveforms.count) points"
    case .parseError(let problem): "ngspice cannot read the deck: \(problem)"
    case .singularMatrix(let place): "singular matrix, check \(place)"
    case .timestepTooSmall(let time): "timestep too small at \(CanonicalNumber.text(time)) s"
    case .nonConverged: "no operating point found"
    case .aborted(let message): "run aborted: \(message)"
    case .refused(let problem): "ngspice gave itself up over the deck: \(problem)"
    case .workerDied(let exit): "the worker died: \(exit)"
    case .systemFailed(let message): "the coupled system gave up: \(message)"
    case .outOfMemory(let limit): "the simulation took more than \(limit >> 20) MiB of memory"
    case .timedOut(let limit): "no result within \(CanonicalNumber.text(limit)) s"
    }
  }
}
