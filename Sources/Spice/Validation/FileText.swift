import Glibc

/// Files without Foundation, which would double the start-up time of the worker.
enum FileText {
  /// The whole file, or the system's reason why not.
  static func read(_ path: String) -> Result<String, SystemReason> {
    readBytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The whole file as bytes, or the system's reason why not.
  static func readBytes(_ path: String) -> Result<[UInt8], SystemReason> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(SystemReason(errno)) }
    defer { close(descriptor) }
    return readAll(descriptor)
  }

  /// What an open file holds from where it stands, or why not; nothing of one that holds more than a limit.
  static func readAll(_ descriptor: Int32, limit: Int = .max) -> Result<[UInt8], SystemReason> {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        return .failure(SystemReason(errno))
      }
      if count == 0 { return .success(bytes) }
      bytes += buffer[..<count]
      if bytes.count > limit {
        return .failure(SystemReason("it is larger than \(limit >> 20) MiB"))
      }
    }
  }

  /// Writes a file through a temporary name, so that it is whole or absent.
  static func write(_ text: String, to path: String) throws(SpiceError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes a file through a temporary name, so that it is whole or absent.
  static func write(_ bytes: [UInt8], to path: String) throws(SpiceError) {
    func failure(_ number: Int32) -> SpiceError {
      SpiceError(.outputFailed, "cannot write the file.", place: path, cause: SystemReason(number).text)
    }
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(errno) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let number = errno
        close(descriptor)
        unlink(temporary)
        throw failure(number)
      }
      rest = rest.dropFirst(count)
    }
    close(descriptor)
    guard rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw failure(number)
    }
  }

  /// What changes when a file does.
  struct Stamp: Sendable, Equatable {
    var size: Int
    var seconds: Int
    var nanoseconds: Int
  }

  /// The state of a file, or nil where there is none.
  static func stamp(_ path: String) -> Stamp? {
    var status = stat()
    guard fstatat(AT_FDCWD, path, &status, 0) == 0 else { return nil }
    return Stamp(
      size: Int(status.st_size), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }

  /// The path made absolute against the current directory.
  static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }

  /// The directory of a path.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// An errno in words.
struct SystemReason: Error {
  let text: String

  init(_ text: String) { self.text = text }

  init(_ number: Int32) {
    text = strerror(number).map { String(cString: $0) } ?? "error \(number)"
  }
}
