import Synchronization

/// What the integer network answers to images of a set: computed once, however many cells are compared with it.
package final class IntegerAnswers: Sendable {
  private let outputs = Mutex<[Int: [UInt8]]>([:])

  /// Knows nothing yet; to be used with one network on one set of images.
  package init() {}

  /// The codes of an image's answer, computed if they are not known.
  ///
  /// Two workers may compute the same, which is harmless.
  func output(_ image: Int, _ compute: () -> [UInt8]) -> [UInt8] {
    if let known = outputs.withLock({ $0[image] }) { return known }
    let output = compute()
    outputs.withLock { $0[image] = output }
    return output
  }
}
