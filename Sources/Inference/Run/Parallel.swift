import Dispatch
import Synchronization

/// Runs independent items on a fixed number of workers, each with memory of its own.
package enum Parallel {
  /// Results by item; which worker computed an item leaves no trace.
  ///
  /// - Parameters:
  ///   - count: Number of items.
  ///   - threads: Workers, at least 1.
  ///   - workspace: Makes the memory of one worker.
  ///   - progress: Called with the number of finished items, one call at a time, from any thread.
  ///   - body: Computes one item.
  package static func map<Result: Sendable, Memory>(
    count: Int, threads: Int, workspace: @Sendable () -> Memory, progress: (@Sendable (Int) -> Void)? = nil,
    _ body: @Sendable (Int, Memory) -> Result
  ) -> [Result] {
    let next = Atomic(0)
    let results = Mutex<(items: [Result?], done: Int)>((Array(repeating: nil, count: count), 0))
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
      let memory = workspace()
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        let result = body(index, memory)
        results.withLock { state in
          state.items[index] = result
          state.done += 1
          progress?(state.done)
        }
      }
    }
    return results.withLock { $0.items.compactMap { $0 } }
  }
}
