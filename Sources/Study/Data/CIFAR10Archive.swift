import Foundation
import Models

/// CIFAR-10 in its official binary layout: where it is, which it is, and how to get it.
///
/// - Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", technical report,
///   University of Toronto, 2009; address and MD5 of the archive: https://www.cs.toronto.edu/~kriz/cifar.html
public enum CIFAR10Archive {
  /// Address of the official archive.
  public static let officialAddress = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
  /// MD5 that the publisher states for it.
  public static let officialMD5 = "c32a1d4ab5d03f1284b67883e8d87530"
  /// The directory inside the archive.
  public static let folder = "cifar-10-batches-bin"
  /// The file that an evaluation cannot do without.
  static let testBatch = "test_batch.bin"
  static let firstTrainingBatch = "data_batch_1.bin"

  /// Data that were found.
  public struct Location: Codable, Sendable, Hashable {
    /// The directory that holds the batch files.
    public var directory: URL
    /// Which data they are.
    public var variant: Variant

    /// Names data.
    public init(directory: URL, variant: Variant) {
      self.directory = directory
      self.variant = variant
    }
  }

  /// Which data they are.
  public enum Variant: String, Codable, Sendable, Hashable {
    /// The official archive, its checksum verified by ``fetch(from:md5:to:environment:progress:)``.
    case official
    /// Data in the same layout that this program did not verify.
    case other

    /// In words, for reports.
    public var description: String {
      switch self {
      case .official: "official archive, checksum verified"
      case .other: "not verified to be the official archive"
      }
    }
  }

  /// Finds the data: in the directory that `TESSERA_DATA` names, else in the data directory,
  /// `$XDG_DATA_HOME/tessera` or `~/.local/share/tessera`.
  ///
  /// - Returns: Where they are; nil if they were never fetched.
  /// - Throws: ``StudyError/Code/badData`` if `TESSERA_DATA` names a directory without them, or if fetched
  ///   files are gone or cut short.
  public static func locate(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(StudyError) -> Location? {
    let home = dataDirectory(environment: environment)
    let directory = home.appending(path: folder, directoryHint: .isDirectory)
    guard FileSystem.exists(directory.appending(path: testBatch)) else {
      if environment["TESSERA_DATA"].map({ !$0.isEmpty }) ?? false {
        throw StudyError(
          .badData, "TESSERA_DATA names a directory without \(folder)/\(testBatch).", at: home.path)
      }
      return nil
    }
    guard let marker = try Marker(in: directory) else {
      return Location(directory: directory, variant: .other)
    }
    for (name, file) in marker.files.sorted(by: { $0.key < $1.key }) {
      guard FileSystem.byteCount(of: directory.appending(path: name)) == file.byteCount else {
        throw StudyError(
          .badData, "\(name) is gone or cut short; run: tessera data fetch cifar-10", at: directory.path)
      }
    }
    return Location(directory: directory, variant: marker.variant)
  }

  /// Where data are kept: `$TESSERA_DATA`, else `$XDG_DATA_HOME/tessera`, else `~/.local/share/tessera`.
  public static func dataDirectory(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL {
    if let path = environment["TESSERA_DATA"], !path.isEmpty {
      return URL(filePath: path, directoryHint: .isDirectory)
    }
    return FileSystem.directory("XDG_DATA_HOME", fallback: ".local/share", environment: environment)
  }

  /// What a fetch leaves beside the files: from where they came and what they were.
  struct Marker: Codable {
    static let fileName = "tessera-archive.json"

    var schemaVersion = Tessera.schemaVersion
    /// Where the archive came from.
    var address: String
    /// The verified MD5 of the archive.
    var md5: String
    /// What was in it, by name.
    var files: [String: InputFile]

    var variant: Variant { md5 == officialMD5 ? .official : .other }

    /// Describes unpacked files.
    init(address: String, md5: String, describing directory: URL) throws(StudyError) {
      self.address = address
      self.md5 = md5
      files = [:]
      let names: [String]
      do { names = try FileManager.default.contentsOfDirectory(atPath: directory.path) } catch {
        throw StudyError(
          .fileAccess, "cannot be read.", at: directory.path, cause: error.localizedDescription)
      }
      for name in names { files[name] = try InputFile(directory.appending(path: name)) }
    }

    /// Reads the marker of a directory; nil if there is none.
    init?(in directory: URL) throws(StudyError) {
      let file = directory.appending(path: Self.fileName)
      guard FileSystem.exists(file) else { return nil }
      do {
        self = try ResultFile.decode(Self.self, from: try ResultFile.read(file), at: file.path)
      } catch {
        throw StudyError(
          .badData, "the note of the fetch cannot be read; remove the directory and fetch again.",
          at: file.path, cause: error.sentence)
      }
    }

    /// Whether the files are what they were.
    func isTrue(of directory: URL) -> Bool {
      files.allSatisfy { name, file in (try? InputFile(directory.appending(path: name))) == file }
    }
  }
}
