import Foundation
import Synchronization

/// Computations that keep a thread for long.
enum Blocking {
  /// Runs a computation on a thread of its own, so that no thread of Swift's concurrency pool waits for it.
  ///
  /// A cancelled task stops waiting at once with `CancellationError`; the computation itself knows nothing of
  /// tasks, goes on to its end, and its result is dropped.
  static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    let answer = Answer<Value>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        answer.wait(continuation)
        if Task.isCancelled {
          answer.give(.failure(CancellationError()))
        } else {
          Thread.detachNewThread { answer.give(Result { try body() }) }
        }
      }
    } onCancel: {
      answer.give(.failure(CancellationError()))
    }
  }

  /// Hands over the first of the answers given; before anyone waits, none.
  private final class Answer<Value: Sendable>: Sendable {
    private let waiting = Mutex<CheckedContinuation<Value, any Error>?>(nil)

    func wait(_ continuation: CheckedContinuation<Value, any Error>) {
      waiting.withLock { $0 = continuation }
    }

    func give(_ result: Result<Value, any Error>) {
      let continuation = waiting.withLock { waiting in
        defer { waiting = nil }
        return waiting
      }
      continuation?.resume(with: result)
    }
  }
}
