import Foundation
import Models

extension CIFAR10Archive {
  /// What a fetch did.
  public enum FetchOutcome: Sendable, Hashable {
    /// The data were there and their content is what was verified when they were fetched.
    case alreadyPresent(Location)
    /// They were downloaded, verified and unpacked.
    case fetched(Location)

    /// Where they are.
    public var location: Location {
      switch self {
      case .alreadyPresent(let location), .fetched(let location): location
      }
    }
  }

  /// Downloads, verifies and unpacks the archive.
  ///
  /// Everything happens in a directory beside the target, which is moved into place in one step at the end
  /// and removed on any failure; what a killed process left is removed by the next. Cancelling the task ends
  /// the download. Data that did not come from here are never replaced.
  ///
  /// - Parameters:
  ///   - address: Address of the archive, http or https; redirects are followed.
  ///   - md5: The MD5 that it must have, hexadecimal.
  ///   - directory: The directory that is to hold `cifar-10-batches-bin`; nil: see
  ///     ``dataDirectory(environment:)``.
  ///   - environment: The environment in which programs and directories are sought.
  ///   - progress: Told several times a second how many bytes have arrived, of how many if the server said.
  /// - Throws: ``StudyError``: `downloadFailed` with the HTTP status or curl's reason, `badData` for a wrong
  ///   checksum, `conflict` for foreign data in place, `missingProgram` without curl or tar.
  public static func fetch(
    from address: String = officialAddress, md5: String = officialMD5, to directory: URL? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    progress: @Sendable (_ received: Int, _ total: Int?) -> Void = { _, _ in }
  ) async throws(StudyError) -> FetchOutcome {
    let home = directory ?? dataDirectory(environment: environment)
    let target = home.appending(path: folder, directoryHint: .isDirectory)
    try FileSystem.makeDirectory(home)
    guard let lock = DirectoryLock(home, waiting: false) else {
      throw StudyError(.conflict, "another fetch is at work here, or there is no access.", at: home.path)
    }
    defer { withExtendedLifetime(lock) {} }

    let present = try standing(target)
    if let present, present.md5 == md5.lowercased(), present.isTrue(of: target) {
      return .alreadyPresent(Location(directory: target, variant: present.variant))
    }

    let staging = home.appending(path: ".\(folder).part", directoryHint: .isDirectory)
    try? FileManager.default.removeItem(at: staging)
    try FileSystem.makeDirectory(staging)
    defer { try? FileManager.default.removeItem(at: staging) }

    let archive = staging.appending(path: "archive.tar.gz")
    try await Download(address: address, environment: environment).run(to: archive, progress: progress)
    let found = try ContentHash.md5(of: archive)
    guard found == md5.lowercased() else {
      throw StudyError(
        .badData,
        "the archive has MD5 \(found), expected \(md5): damaged, or not the file; it was removed.",
        at: address)
    }
    let unpacked = try await unpack(archive, in: staging, environment: environment)
    let marker = try Marker(address: address, md5: found, describing: unpacked)
    do {
      try ResultFile.write(try ResultFile.encode(marker), to: unpacked.appending(path: Marker.fileName))
    } catch {
      throw StudyError(.fileAccess, error.sentence, at: unpacked.path)
    }
    let old = staging.appending(path: "old")
    if present != nil { try FileSystem.move(target, to: old) }
    do { try FileSystem.move(unpacked, to: target) } catch {
      if present != nil { try FileSystem.move(old, to: target) }
      throw error
    }
    return .fetched(Location(directory: target, variant: marker.variant))
  }

  /// The marker of earlier fetched data; an error for anything else that stands in the way.
  private static func standing(_ target: URL) throws(StudyError) -> Marker? {
    guard FileSystem.exists(target) else { return nil }
    guard let marker = try Marker(in: target) else {
      throw StudyError(
        .conflict,
        "the data here were not fetched by this program; move them away or name another directory.",
        at: target.path)
    }
    return marker
  }

  private static func unpack(
    _ archive: URL, in staging: URL, environment: FileSystem.Environment
  ) async throws(StudyError) -> URL {
    let tar = try ExternalProgram("tar", debianPackage: "tar", environment: environment)
    let result = try await tar.run([
      "--extract", "--gzip", "--file", archive.path, "--directory", staging.path, "--no-same-owner",
    ])
    guard result.exitCode == 0 else {
      throw StudyError(
        .badData, "the archive cannot be unpacked.", at: archive.path, cause: result.reason)
    }
    let unpacked = staging.appending(path: folder, directoryHint: .isDirectory)
    guard FileSystem.exists(unpacked.appending(path: testBatch)) else {
      throw StudyError(.badData, "the archive holds no \(folder)/\(testBatch).", at: archive.path)
    }
    return unpacked
  }
}
