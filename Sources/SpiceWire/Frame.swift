/// The head of every message on the socket between a pool and a worker.
///
/// Sixteen bytes: a mark, the kind, the length of what follows. The mark tells a message from whatever else a
/// broken process may write.
package struct Frame: Sendable {
  /// What a message is.
  package enum Kind: UInt32, Sendable {
    /// The worker has loaded the library, or could not: ``WorkerHello``.
    case hello = 1
    /// A deck to simulate: ``WorkerRequest``.
    case request = 2
    /// What became of it: ``WorkerReply``.
    case reply = 3
    /// The transient wants to step, and a coupled system has its say: ``StepReport``.
    case step = 4
    /// The answer to a step: ``StepAdvice``.
    case advice = 5
  }

  /// `TSPW`, in the machine's byte order.
  package static let mark: UInt32 = 0x5753_5054
  /// The bytes of a head.
  package static let headerSize = 16
  /// No message is longer than this; whatever claims to be is none.
  package static let longest: UInt64 = 1 << 33

  package var kind: Kind
  package var length: Int

  /// Reads a head; nil for bytes that are none.
  package init?(header: [UInt8]) {
    guard header.count == Frame.headerSize else { return nil }
    let (mark, kind, length) = header.withUnsafeBytes {
      (
        $0.loadUnaligned(fromByteOffset: 0, as: UInt32.self),
        $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
        $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      )
    }
    guard mark == Frame.mark, let kind = Kind(rawValue: kind), length <= Frame.longest else { return nil }
    self.kind = kind
    self.length = Int(length)
  }

  /// A whole message.
  package static func bytes(_ kind: Kind, _ payload: [UInt8]) -> [UInt8] {
    var writer = WireWriter()
    writer.write(mark)
    writer.write(kind.rawValue)
    writer.write(UInt64(payload.count))
    return writer.bytes + payload
  }
}
