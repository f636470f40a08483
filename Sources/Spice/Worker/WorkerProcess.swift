import Glibc
import SpiceWire

/// One worker process and its socket.
///
/// Owned and used by a single thread.
final class WorkerProcess {
  /// How an exchange ended other than with a reply.
  enum Loss: Error {
    case timedOut
    case outgrown
    case died(WorkerExit)
    case cancelled
  }

  /// How long a worker may take to load the library.
  private static let greetingSeconds = 60.0

  private let pid: pid_t
  private let channel: Int32
  private let memoryCeiling: UInt64
  private var waits = 0
  private var running = true
  /// What the library said when it was loaded.
  private(set) var banner = ""

  /// Starts a worker and waits for its word that the library is loaded.
  init(options: WorkerOptions) throws(SpiceError) {
    let path = try options.findWorker()
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw SpiceError(
        .workerStartFailed, "no socket for the worker.", place: path, cause: SystemReason(errno).text)
    }
    channel = ends[0]
    memoryCeiling = options.memoryCeilingBytes
    let spawned = Self.spawn(path, arguments: ["3", options.library], channel: ends[1])
    close(ends[1])
    switch spawned {
    case .success(let pid): self.pid = pid
    case .failure(let reason):
      close(channel)
      throw SpiceError(
        .workerStartFailed, "the worker could not be started.", place: path, cause: reason.text)
    }
    try greet(path: path, library: options.library)
  }

  deinit {
    kill()
    close(channel)
  }

  /// Sends a request, answers the worker's questions and waits for its reply; the worker is gone after a loss.
  ///
  /// - Parameters:
  ///   - request: What to simulate.
  ///   - coupled: Who answers before each step; nil where nobody asks.
  ///   - isCancelled: Asked about twenty times a second while the worker computes.
  /// - Returns: The reply, and why a coupled system gave up, if one did.
  func exchange(
    _ request: WorkerRequest, coupledTo coupled: CoupledTransient? = nil, timeoutSeconds: Double,
    isCancelled: @escaping () -> Bool
  ) throws(Loss) -> (reply: WorkerReply, failure: CoupledTransient.Failure?) {
    let deadline = Deadline(seconds: timeoutSeconds, isCancelled: isCancelled)
    try send(.request, request.encoded(), before: deadline)
    var failure: CoupledTransient.Failure?
    var outputs = coupled?.initial ?? []
    while true {
      let (kind, bytes) = try receive(before: deadline)
      do {
        switch kind {
        case .reply: return (try WorkerReply(decoding: bytes), failure)
        case .step:
          guard let coupled else { throw WireReader.Malformed() }
          let report = try StepReport(decoding: bytes)
          // After a failure the transient is led to its end, which keeps the worker.
          var advice = StepAdvice(step: report.proposed, ends: true, outputs: outputs)
          if failure == nil {
            do throws(CoupledTransient.Failure) {
              advice = try coupled.advise(report)
              outputs = advice.outputs
            } catch {
              failure = error
            }
          }
          try send(.advice, advice.encoded(), before: deadline)
        case .hello, .request, .advice: throw WireReader.Malformed()
        }
      } catch let loss as Loss {
        throw loss
      } catch {
        kill()
        throw .died(.garbled)
      }
    }
  }

  /// Ends the process, whatever it is doing, and tells how it ended.
  @discardableResult func kill() -> WorkerExit {
    guard running else { return .unknown }
    running = false
    // One that ended by itself keeps its own status: the signal reaches only a corpse.
    Glibc.kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      if errno != EINTR { return .unknown }
    }
    return WorkerExit(waitStatus: status)
  }

  // MARK: start

  private static func spawn(
    _ path: String, arguments: [String], channel: Int32
  ) -> Result<pid_t, SystemReason> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The dup2 comes first: the descriptor of the socket itself may be 0, 1 or 2 in a daemon.
    posix_spawn_file_actions_adddup2(&actions, channel, 3)
    for (descriptor, mode) in [
      (STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_WRONLY), (STDERR_FILENO, O_WRONLY),
    ] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", mode, 0)
    }

    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    var status = posix_spawn(&pid, path, &actions, nil, words, environ)
    // A program that has just been written is busy for as long as some other child still holds its descriptor.
    for _ in 0..<50 where status == ETXTBSY {
      usleep(10_000)
      status = posix_spawn(&pid, path, &actions, nil, words, environ)
    }
    return status == 0 ? .success(pid) : .failure(SystemReason(status))
  }

  private func greet(path: String, library: String) throws(SpiceError) {
    let hello: WorkerHello
    do {
      let (kind, bytes) = try receive(before: Deadline(seconds: Self.greetingSeconds))
      guard kind == .hello else { throw WireReader.Malformed() }
      hello = try WorkerHello(decoding: bytes)
    } catch {
      kill()
      removeStartDirectory()
      let cause =
        switch error as? Loss {
        case .died(let exit): "\(exit)"
        case .timedOut: "no word in \(Int(Self.greetingSeconds)) s"
        case .outgrown: "it outgrew its memory"
        case .cancelled, nil: "\(WorkerExit.garbled)"
        }
      throw SpiceError(.workerStartFailed, "the worker did not answer.", place: path, cause: cause)
    }
    guard hello.version == WorkerHello.currentVersion else {
      throw SpiceError(
        .workerStartFailed, "the worker speaks another version of the protocol; rebuild it.", place: path)
    }
    switch hello.status {
    case .ready: banner = hello.text
    case .libraryMissing:
      throw SpiceError(
        .libraryMissing, "libngspice cannot be loaded; on Debian install libngspice0.", place: library,
        cause: hello.text)
    case .libraryUnusable:
      throw SpiceError(.libraryMissing, "libngspice cannot be used.", place: library, cause: hello.text)
    }
  }

  /// Removes what a worker leaves behind that ends while it starts.
  private func removeStartDirectory() {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    guard let directory = opendir(base) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix(WorkerHello.directoryPrefix(pid)) else { continue }
      for file in WorkerHello.directoryFiles { unlink("\(base)/\(name)/\(file)") }
      rmdir("\(base)/\(name)")
    }
  }

  // MARK: messages

  private func send(_ kind: Frame.Kind, _ payload: [UInt8], before deadline: Deadline) throws(Loss) {
    let framed = Frame.bytes(kind, payload)
    var done = 0
    while done < framed.count {
      try wait(for: POLLOUT, before: deadline)
      let count = framed.withUnsafeBytes {
        Glibc.send(
          channel, $0.baseAddress?.advanced(by: done), framed.count - done,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { throw .died(kill()) }
      done += count
    }
  }

  private func receive(before deadline: Deadline) throws(Loss) -> (Frame.Kind, [UInt8]) {
    let header = try receive(count: Frame.headerSize, before: deadline)
    guard let frame = Frame(header: header) else {
      kill()
      throw .died(.garbled)
    }
    return (frame.kind, try receive(count: frame.length, before: deadline))
  }

  private func receive(count wanted: Int, before deadline: Deadline) throws(Loss) -> [UInt8] {
    // Room is made as bytes come: a length alone, from a worker gone wrong, takes no memory.
    var bytes = [UInt8](repeating: 0, count: Swift.min(wanted, 1 << 20))
    var done = 0
    while done < wanted {
      if done == bytes.count {
        bytes += [UInt8](repeating: 0, count: Swift.min(wanted - done, Swift.max(done, 1 << 20)))
      }
      try wait(for: POLLIN, before: deadline)
      let count = bytes.withUnsafeMutableBytes {
        recv(channel, $0.baseAddress?.advanced(by: done), $0.count - done, Int32(MSG_DONTWAIT))
      }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { throw .died(reap()) }
      done += count
    }
    return bytes
  }

  private func wait(for events: Int32, before deadline: Deadline) throws(Loss) {
    while true {
      let rest = deadline.remainingSeconds
      guard rest > 0 else {
        kill()
        throw .timedOut
      }
      if deadline.isCancelled() {
        kill()
        throw .cancelled
      }
      var watched = pollfd(fd: channel, events: Int16(events), revents: 0)
      let count = poll(&watched, 1, Int32(Swift.min(rest * 1000 + 1, 50)))
      waits += 1
      // Looked at where nothing comes, and now and then where steps of a coupled run come all the time.
      if count == 0 || waits.isMultiple(of: 4096), residentBytes > memoryCeiling {
        kill()
        throw .outgrown
      }
      if count > 0 { return }
      if count < 0, errno != EINTR { throw .died(kill()) }
    }
  }

  /// The memory that the worker holds; 0 where the system does not tell.
  private var residentBytes: UInt64 {
    guard case .success(let text) = FileText.read("/proc/\(pid)/statm"),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) })
    else { return 0 }
    return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The worker closed its end, so it is ending: waits a moment for its own status before killing it.
  private func reap() -> WorkerExit {
    let deadline = Deadline(seconds: 1)
    var status: Int32 = 0
    while running, deadline.remainingSeconds > 0 {
      let result = waitpid(pid, &status, WNOHANG)
      if result == pid {
        running = false
        return WorkerExit(waitStatus: status)
      }
      if result < 0, errno != EINTR { break }
      usleep(1000)
    }
    return kill()
  }
}

/// A moment on the monotonic clock until which to wait, unless cancelled.
struct Deadline {
  let isCancelled: () -> Bool
  private let instant: ContinuousClock.Instant

  init(seconds: Double, isCancelled: @escaping () -> Bool = { false }) {
    self.isCancelled = isCancelled
    instant = ContinuousClock.now + .seconds(Swift.min(Swift.max(seconds, 0), 1e9))
  }

  /// Seconds until then; negative once it has passed.
  var remainingSeconds: Double { (instant - ContinuousClock.now) / .seconds(1) }
}
