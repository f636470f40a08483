import Glibc

/// A directory for one test, removed with its files at the end.
public final class TemporaryDirectory: Sendable {
  /// The path without a trailing slash.
  public let path: String

  /// Makes the directory; its name begins with the given one.
  public init(named name: String = "tessera-test") throws {
    guard let template = strdup("/tmp/\(name)-XXXXXX") else { throw Failure() }
    defer { free(template) }
    guard mkdtemp(template) != nil else { throw Failure() }
    path = String(cString: template)
  }

  deinit {
    guard let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { unlink("\(path)/\(name)") }
    }
    closedir(directory)
    rmdir(path)
  }

  /// Writes a file and returns its path.
  public func write(_ text: String, to name: String) throws -> String {
    let file = "\(path)/\(name)"
    guard let handle = fopen(file, "we") else { throw Failure() }
    defer { fclose(handle) }
    fputs(text, handle)
    return file
  }

  /// The directory or a file in it could not be made.
  public struct Failure: Error {}
}
