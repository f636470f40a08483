import Glibc
import SpiceWire

/// Messages over a blocking descriptor.
struct Channel {
  let descriptor: Int32

  /// Returns the next message of a kind, or nil when the other end is gone or says something else.
  func receive(_ kind: Frame.Kind) -> [UInt8]? {
    var header = [UInt8](repeating: 0, count: Frame.headerSize)
    guard header.withUnsafeMutableBytes({ fill($0) }), let frame = Frame(header: header),
      frame.kind == kind
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: frame.length)
    return bytes.withUnsafeMutableBytes { fill($0) } ? bytes : nil
  }

  /// Sends a message; false when the other end is gone.
  func send(_ kind: Frame.Kind, _ payload: [UInt8]) -> Bool {
    Frame.bytes(kind, payload).withUnsafeBytes { drain($0) }
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    var done = 0
    while done < buffer.count {
      let count = recv(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  private func drain(_ buffer: UnsafeRawBufferPointer) -> Bool {
    var done = 0
    while done < buffer.count {
      let rest = buffer.baseAddress?.advanced(by: done)
      let count = Glibc.send(descriptor, rest, buffer.count - done, Int32(MSG_NOSIGNAL))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}
