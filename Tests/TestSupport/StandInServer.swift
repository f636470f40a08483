import Foundation
import Synchronization

/// A web server on 127.0.0.1 that answers each path with fixed bytes, as HTTP/1.1 without keep-alive.
public final class StandInServer: Sendable {
  /// What is sent for a path.
  public struct Answer: Sendable {
    /// Status line after the version.
    public var status: String
    /// Further header lines.
    public var headers: [String]
    /// The bytes.
    public var body: Data
    /// The length that is announced; nil announces the true one.
    public var announcedLength: Int?
    /// Whether the connection stays open, silent, until the server ends.
    public var isStalling: Bool

    /// Describes an answer.
    public init(
      status: String = "200 OK", headers: [String] = [], body: Data = Data(), announcedLength: Int? = nil,
      isStalling: Bool = false
    ) {
      self.status = status
      self.headers = headers
      self.body = body
      self.announcedLength = announcedLength
      self.isStalling = isStalling
    }
  }

  /// Where it listens.
  public let port: UInt16
  private let listener: Int32
  private let answers: [String: Answer]
  private let requests = Mutex<[String]>([])
  private let stalled = Mutex<[Int32]>([])

  /// Starts the server.
  public init(_ answers: [String: Answer]) throws {
    self.answers = answers
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isReady = withUnsafeMutableBytes(of: &address) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { address in
        bind(listener, address.baseAddress, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, address.baseAddress, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard isReady else { throw CocoaError(.fileReadUnknown) }
    Thread.detachNewThread {
      while true {
        let connection = accept(listener, nil, nil)
        if connection < 0 { break }
        self.serve(connection)
      }
      close(listener)
    }
  }

  /// Ends the server and its connections.
  public func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    for connection in stalled.withLock({ $0 }) { close(connection) }
  }

  /// The address of a path.
  public func address(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  /// The paths that were asked for, in order.
  public var requested: [String] { requests.withLock { $0 } }

  private func serve(_ connection: Int32) {
    var request = [UInt8]()
    var byte: UInt8 = 0
    while !request.suffix(4).elementsEqual([13, 10, 13, 10]), request.count < 10_000 {
      guard recv(connection, &byte, 1, 0) == 1 else { break }
      request.append(byte)
    }
    let path = String(decoding: request, as: UTF8.self).split(separator: " ").dropFirst().first ?? ""
    requests.withLock { $0.append(String(path)) }
    let answer = answers[String(path)] ?? Answer(status: "404 Not Found", body: Data("no such file".utf8))
    let length = answer.announcedLength ?? answer.body.count
    let head =
      ["HTTP/1.1 \(answer.status)", "Content-Length: \(length)", "Connection: close"] + answer.headers
    let message = Data((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + answer.body
    message.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = send(
          connection, bytes.baseAddress?.advanced(by: done), bytes.count - done, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return }
        done += count
      }
    }
    if answer.isStalling { stalled.withLock { $0.append(connection) } } else { close(connection) }
  }
}
