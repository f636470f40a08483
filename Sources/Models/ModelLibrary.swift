import Foundation

/// The data that comes with the program: devices, transistor cards, technologies, networks, studies.
///
/// Found, in this order, in the directory that `TESSERA_MODELS` names and in the package's own copy.
public struct ModelLibrary: Sendable {
  /// The root directory, which holds `devices/`, `transistors/`, `technologies/`, `networks/`, `studies/`.
  public let root: URL

  /// Opens a library at a directory of the caller's choice.
  public init(root: URL) {
    self.root = root
  }

  /// The library that the environment or the package provides.
  public static var standard: ModelLibrary {
    if let path = ProcessInfo.processInfo.environment["TESSERA_MODELS"], !path.isEmpty {
      return ModelLibrary(root: URL(filePath: path, directoryHint: .isDirectory))
    }
    return ModelLibrary(root: Bundle.module.bundleURL.appending(path: "models", directoryHint: .isDirectory))
  }

  /// Resolves `name` under `folder`, else takes it as a path.
  ///
  /// - Throws: ``ModelsError`` naming the places that were tried.
  public func url(_ name: String, in folder: String) throws(ModelsError) -> URL {
    let own = root.appending(path: folder).appending(path: name)
    if FileManager.default.fileExists(atPath: own.path(percentEncoded: false)) { return own }
    let path = URL(filePath: name)
    if FileManager.default.fileExists(atPath: path.path(percentEncoded: false)) { return path }
    throw ModelsError(
      .fileAccess, "no such file; expected it here or as models/\(folder)/\(name)", at: name)
  }
}
