import Glibc

/// Length-prefixed messages over a blocking descriptor.
struct Channel {
  let descriptor: Int32

  /// Returns the next message, or nil when the other end is gone.
  func receive() -> [UInt8]? {
    var length: UInt64 = 0
    guard withUnsafeMutableBytes(of: &length, { fill($0) }) else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(length))
    return bytes.withUnsafeMutableBytes { fill($0) } ? bytes : nil
  }

  /// Sends a message; false when the other end is gone.
  func send(_ bytes: [UInt8]) -> Bool {
    withUnsafeBytes(of: UInt64(bytes.count)) { drain($0) } && bytes.withUnsafeBytes { drain($0) }
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
