import Foundation

/// Where the program keeps its files, and what it needs to know of directories.
package enum FileSystem {
  /// The variables of the environment.
  package typealias Environment = [String: String]

  /// `$NAME/tessera` where the variable is an absolute path, else `tessera` under `fallback` in the home
  /// directory.
  ///
  /// - Source: XDG Base Directory Specification 0.8: relative paths are to be ignored.
  package static func directory(
    _ variable: String, fallback: String, environment: Environment
  ) -> URL {
    let base: URL
    if let path = environment[variable], path.hasPrefix("/") {
      base = URL(filePath: path, directoryHint: .isDirectory)
    } else {
      let home = environment["HOME"].map { URL(filePath: $0, directoryHint: .isDirectory) }
      base = (home ?? FileManager.default.homeDirectoryForCurrentUser)
        .appending(path: fallback, directoryHint: .isDirectory)
    }
    return base.appending(path: "tessera", directoryHint: .isDirectory)
  }

  /// Length of a file in bytes; nil if there is none.
  package static func byteCount(of file: URL) -> Int? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
    return (attributes?[.size] as? NSNumber)?.intValue
  }

  /// Whether there is a file or directory.
  package static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  /// Makes a directory and those above it.
  package static func makeDirectory(_ url: URL) throws(StudyError) {
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw StudyError(
        .fileAccess, "the directory cannot be made.", at: url.path, cause: error.localizedDescription)
    }
  }

  /// Moves a file or directory within one file system, in one step.
  package static func move(_ source: URL, to target: URL) throws(StudyError) {
    guard rename(source.path, target.path) == 0 else {
      throw StudyError(
        .fileAccess, "cannot be moved to \(target.path).", at: source.path, cause: systemReason(errno))
    }
  }

  /// The system's words for an error number.
  package static func systemReason(_ number: Int32) -> String { String(cString: strerror(number)) }

  /// A number of bytes in words: `11.2 MB`.
  package static func describe(bytes: Int) -> String {
    switch Double(bytes) {
    case ..<1e3: "\(bytes) bytes"
    case let count where count < 1e6: String(format: "%.1f kB", count / 1e3)
    case let count where count < 1e9: String(format: "%.1f MB", count / 1e6)
    case let count: String(format: "%.1f GB", count / 1e9)
    }
  }
}

/// A directory that one process at a time works in; free again when the value goes, or the process.
struct DirectoryLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock; nil if another holds it and `waiting` is false, or the directory cannot be opened.
  init?(_ directory: URL, waiting: Bool) {
    let descriptor = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    while flock(descriptor, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit {
    // Closing alone would leave the lock to a child that is just being started.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
