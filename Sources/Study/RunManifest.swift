import Foundation
import Models

/// What a run consisted of: written beside its results, so that it can be done again.
public struct RunManifest: Codable, Sendable, Hashable {
  /// Name of the file beside the results.
  public static let fileName = "manifest.json"

  /// Version of the document.
  public var schemaVersion: Int
  /// The command as it was given, program first.
  public var command: [String]
  /// SHA-256 of all inputs, files by their content; hexadecimal.
  public var inputsHash: String
  /// The files among the inputs, by what they are to the run, such as `network`.
  public var files: [String: InputFile]
  /// Seed of every draw.
  public var seed: UInt64
  /// Name and version of each program: tessera, swift (the compiler that built it), ngspice if it took part.
  public var tools: [String: String]
  /// When the run began, ISO 8601.
  public var began: String
  /// How long it took, in seconds of wall-clock time.
  public var durationSeconds: Double

  /// Describes a run.
  ///
  /// - Parameters:
  ///   - command: The command as it was given, program first.
  ///   - inputs: The settings.
  ///   - files: Files that were read, by what they are to the run.
  ///   - contents: Further files, by what they are to the run and what was read of them.
  ///   - seed: Seed of every draw.
  ///   - ngspice: Version of ngspice, as `WorkerOptions.libraryVersion()` tells; nil if none took part.
  ///   - began: When the run began.
  ///   - durationSeconds: How long it took.
  /// - Throws: ``StudyError/Code/fileAccess`` if a file cannot be read.
  public init(
    command: [String], inputs: some Encodable, files: [String: URL] = [:],
    contents: [String: Data] = [:], seed: UInt64, ngspice: String? = nil, began: Date,
    durationSeconds: Double
  ) throws(StudyError) {
    schemaVersion = Tessera.schemaVersion
    self.command = command
    var read: [String: InputFile] = [:]
    for (name, file) in files { read[name] = try InputFile(file) }
    for (name, content) in contents { read[name] = try InputFile(content: content) }
    self.files = read
    self.seed = seed
    self.durationSeconds = durationSeconds
    self.began = began.formatted(.iso8601)
    tools = Toolchain.versions
    tools["ngspice"] = ngspice
    inputsHash = try ResultKey(
      stage: "run", version: 1, inputs: Inputs(settings: inputs, files: read), seed: seed
    ).hash
  }

  /// Writes `manifest.json` into a directory.
  public func write(beside results: URL) throws(StudyError) {
    let file = results.appending(path: Self.fileName)
    do { try ResultFile.write(try ResultFile.encode(self), to: file) } catch {
      throw StudyError(.fileAccess, error.sentence, at: file.path)
    }
  }

  private struct Inputs<Settings: Encodable>: Encodable {
    var settings: Settings
    var files: [String: InputFile]
  }
}
