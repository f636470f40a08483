import Glibc

/// Reads files that others name: never a directory, pipe or device, and never more than a limit.
enum RegularFile {
  /// How large a file of a foreign deck may be, in bytes.
  static let foreignLimit = 64 << 20

  /// The whole file, or why not.
  ///
  /// Opening does not wait for the other end of a pipe.
  static func read(_ path: String, limit: Int = .max) -> Result<[UInt8], SystemReason> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return .failure(SystemReason(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(SystemReason(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .failure(SystemReason("it is no regular file")) }
    return FileText.readAll(descriptor, limit: limit)
  }

  /// The path without symbolic links, or nil where nothing is there.
  static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The path of a file that another names: absolute, or counted from a directory.
  static func path(_ name: String, from directory: String) -> String {
    if name.hasPrefix("/") || directory.isEmpty || directory == "." { return name }
    return directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
  }
}
