import Foundation
import Study
import Synchronization

/// What Ctrl-C and SIGTERM do: the first cancels the command, which then leaves no process and no temporary
/// file behind; a second one ends the program at once.
///
/// The signals are blocked in every thread and taken by one that waits for them, so that nothing runs in a
/// signal handler. A signal that was ignored when the program began, as under `nohup`, stays ignored.
final class Interruption: Sendable {
  /// The exit code of an interrupted command.
  static let exitStatus: Int32 = 130
  /// That of this process.
  static let shared = Interruption()

  private struct State {
    var isRequested = false
    var cancel: (@Sendable () -> Void)?
    var store: ResultStore?
  }

  private let state = Mutex(State())

  private init() {}

  /// Whether a signal has come.
  var isRequested: Bool { state.withLock { $0.isRequested } }

  /// Starts to wait for signals; to be called before any other thread starts.
  func install() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] where !Self.isIgnored(signal) { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waited = signals
    Thread.detachNewThread {
      var signals = waited
      var signal: Int32 = 0
      while sigwait(&signals, &signal) == 0 { self.request() }
    }
  }

  /// Names what a signal cancels; cancelled at once if one has come already.
  func cancels(_ cancel: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state in
      state.cancel = cancel
      return state.isRequested
    }
    if isLate { cancel() }
  }

  /// Names the store whose results outlive an interruption.
  func keeps(_ store: ResultStore) { state.withLock { $0.store = store } }

  /// One line: what was kept and how to go on.
  var sentence: String {
    let store = state.withLock { $0.store }
    guard let store, let directory = store.directory else {
      return "interrupted; nothing was kept, the same command starts again"
    }
    let count = store.activity.computed
    return "interrupted; \(count) new result\(count == 1 ? " is" : "s are") kept in "
      + "\(directory.path), the same command continues from there"
  }

  private func request() {
    let cancel = state.withLock { state -> (@Sendable () -> Void)? in
      if state.isRequested { _exit(Self.exitStatus) }
      state.isRequested = true
      return state.cancel
    }
    cancel?()
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
