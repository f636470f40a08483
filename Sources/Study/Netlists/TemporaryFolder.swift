import Foundation

/// A folder for files that a run needs for itself.
struct TemporaryFolder {
  let path: String

  /// Makes one that is the user's alone.
  ///
  /// - Throws: ``StudyError/Code/fileAccess``.
  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StudyError(.fileAccess, "no temporary folder can be made: \(error)", at: folder.path)
    }
    path = folder.path
  }

  /// Removes it with all that is in it.
  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
