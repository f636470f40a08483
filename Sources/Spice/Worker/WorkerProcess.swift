import Glibc

/// One worker process and its socket.
///
/// Owned and used by a single thread.
final class WorkerProcess {
  /// How an exchange ended other than with a reply.
  enum Loss: Error {
    case timedOut
    case died(WorkerExit)
    case cancelled
  }

  private let pid: pid_t
  private let channel: Int32
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

  /// Sends a request and waits for its reply; the worker is gone after a loss.
  ///
  /// - Parameter isCancelled: Asked about twenty times a second while the worker computes.
  func exchange(
    _ request: [UInt8], timeoutSeconds: Double, isCancelled: @escaping () -> Bool
  ) throws(Loss) -> WorkerReply {
    let deadline = Deadline(seconds: timeoutSeconds, isCancelled: isCancelled)
    try send(request, before: deadline)
    let bytes = try receive(before: deadline)
    do {
      return try WorkerReply(decoding: bytes)
    } catch {
      throw .died(kill())
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
    let status = posix_spawn(&pid, path, &actions, nil, words, environ)
    return status == 0 ? .success(pid) : .failure(SystemReason(status))
  }

  private func greet(path: String, library: String) throws(SpiceError) {
    let hello: WorkerHello
    do {
      hello = try WorkerHello(decoding: try receive(before: Deadline(seconds: 60)))
    } catch {
      throw SpiceError(
        .workerStartFailed, "the worker did not answer.", place: path, cause: "\(kill())")
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

  // MARK: messages

  private func send(_ message: [UInt8], before deadline: Deadline) throws(Loss) {
    var framed = withUnsafeBytes(of: UInt64(message.count)) { Array($0) }
    framed += message
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

  private func receive(before deadline: Deadline) throws(Loss) -> [UInt8] {
    let header = try receive(count: MemoryLayout<UInt64>.size, before: deadline)
    let length = header.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    guard let count = Int(exactly: length), count < 1 << 36 else { throw .died(kill()) }
    return try receive(count: count, before: deadline)
  }

  private func receive(count wanted: Int, before deadline: Deadline) throws(Loss) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: wanted)
    var done = 0
    while done < wanted {
      try wait(for: POLLIN, before: deadline)
      let count = bytes.withUnsafeMutableBytes {
        recv(channel, $0.baseAddress?.advanced(by: done), wanted - done, Int32(MSG_DONTWAIT))
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
      if count > 0 { return }
      if count < 0, errno != EINTR { throw .died(kill()) }
    }
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
