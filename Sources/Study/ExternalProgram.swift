import Foundation

/// A program of the system, run to its end.
///
/// It stays in the process group of this one, so that an interrupt at the terminal reaches both.
package struct ExternalProgram: Sendable {
  /// What became of it.
  package struct Result: Sendable {
    /// Exit code; nil if a signal ended it.
    package var exitCode: Int32?
    /// Its standard output.
    package var output: String
    /// Its standard error.
    package var errors: String
  }

  /// Full path.
  package let path: String

  /// Finds a program on `PATH`.
  ///
  /// - Throws: ``StudyError/Code/missingProgram`` with the Debian package to install.
  package init(
    _ name: String, debianPackage: String, environment: FileSystem.Environment
  ) throws(StudyError) {
    let places = (environment["PATH"] ?? "").split(separator: ":")
    guard let path = places.map({ "\($0)/\(name)" }).first(where: Self.isExecutable) else {
      throw StudyError(
        .missingProgram, "the program \(name) was not found on PATH; on Debian: apt install \(debianPackage)."
      )
    }
    self.path = path
  }

  /// Runs it; cancelling the task ends it.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - timeoutSeconds: It is ended when it takes longer.
  ///   - whileRunning: Called ten times a second.
  package func run(
    _ arguments: [String], timeoutSeconds: Double = .infinity, whileRunning: () -> Void = {}
  ) async throws(StudyError) -> Result {
    let output = try CapturedStream()
    let errors = try CapturedStream()
    let pid = try start(arguments, output: output.descriptor, errors: errors.descriptor)
    let began = ContinuousClock.now
    var status: Int32 = 0
    // Short programs are gone after a few milliseconds.
    var pause = 0.002
    while true {
      let ended = waitpid(pid, &status, WNOHANG)
      if ended == pid { break }
      guard ended == 0 || errno == EINTR else {
        throw StudyError(
          .programFailed, "its end was not seen.", at: path, cause: FileSystem.systemReason(errno))
      }
      whileRunning()
      var reason: StudyError?
      if (ContinuousClock.now - began) / .seconds(1) > timeoutSeconds {
        reason = StudyError(.programFailed, "no end within \(timeoutSeconds) s.", at: path)
      }
      do { try await Task.sleep(for: .seconds(pause)) } catch {
        reason = StudyError(.cancelled, "interrupted.", at: path)
      }
      if let reason {
        kill(pid, SIGKILL)
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        throw reason
      }
      pause = min(2 * pause, 0.1)
    }
    return Result(
      exitCode: status & 0x7f == 0 ? (status >> 8) & 0xff : nil, output: output.text(), errors: errors.text())
  }

  private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

  private func start(_ arguments: [String], output: Int32, errors: Int32) throws(StudyError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    // Signals that this process blocks are none of the program's business.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, path, &actions, &attributes, &words, environ)
    guard status == 0 else {
      throw StudyError(
        .programFailed, "could not be started.", at: path, cause: FileSystem.systemReason(status))
    }
    return pid
  }

  /// What a program writes, kept in a file without a name: unlike a pipe it never fills up.
  private struct CapturedStream: ~Copyable {
    let descriptor: Int32

    init() throws(StudyError) {
      // mkstemp replaces the six letters at the end.
      var template = Array("\(NSTemporaryDirectory())/tessera-output-XXXXXX".utf8CString)
      let descriptor = mkstemp(&template)
      guard descriptor >= 0 else {
        throw StudyError(
          .fileAccess, "no place for a program's output.", at: NSTemporaryDirectory(),
          cause: FileSystem.systemReason(errno))
      }
      unlink(&template)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func text() -> String {
      var bytes = [UInt8](repeating: 0, count: max(Int(lseek(descriptor, 0, SEEK_END)), 0))
      let count = pread(descriptor, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
  }
}
