import Foundation

/// A directory for one test; all of them are removed when the tests end.
public struct Scratch: Sendable {
  /// Where it is.
  public let url: URL

  /// The directory of this process.
  ///
  /// A value of a test may be gone before the last use of its files is, so nothing is removed earlier.
  private static let root: URL = {
    atexit { try? FileManager.default.removeItem(at: Scratch.root) }
    return FileManager.default.temporaryDirectory.appending(
      path: "tessera-tests-\(getpid())", directoryHint: .isDirectory)
  }()

  /// Makes the directory.
  public init() throws {
    url = Self.root.appending(path: UUID().uuidString, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// Writes a file, with the directories above it.
  @discardableResult public func write(_ data: Data, to path: String) throws -> URL {
    let file = url.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return file
  }

  /// Everything below, relative paths, sorted.
  public func contents(of path: String = "") throws -> [String] {
    let place = path.isEmpty ? url : url.appending(path: path)
    return try FileManager.default.subpathsOfDirectory(atPath: place.path).sorted()
  }
}
