import Dispatch
import Synchronization

/// Evaluates `body` for 0..<count on up to `threads` threads; the result does not depend on how many.
func parallelMap<Value: Sendable>(
  _ count: Int, threads: Int, _ body: @Sendable (Int) -> Value
) -> [Value] {
  let next = Counter()
  let results = Mutex([Value?](repeating: nil, count: count))
  DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
    while true {
      let index = next.next() - 1
      guard index < count else { return }
      let value = body(index)
      results.withLock { $0[index] = value }
    }
  }
  return results.withLock { $0.compactMap { $0 } }
}

/// Counts from any thread: 1, 2, ...
final class Counter: Sendable {
  private let value = Atomic(0)

  func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
