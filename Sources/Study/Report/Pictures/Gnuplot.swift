import Foundation
import Models

/// The plain `gnuplot` program, which draws pictures as SVG and PNG.
public struct Gnuplot: Sendable, Hashable {
  /// The program.
  public let program: URL

  /// Uses a program of the caller's choice.
  public init(program: URL) {
    self.program = program
  }

  /// The program on `PATH`, if there is one.
  public static func find() -> Gnuplot? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":")
      .map { URL(filePath: String($0)).appending(path: "gnuplot") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) }
      .map(Gnuplot.init(program:))
  }

  /// What to say where there is none.
  public static let missing =
    "gnuplot was not found on PATH, so pictures are not drawn; their scripts and data are in pictures/ "
    + "(Debian: apt-get install gnuplot-nox, then draw them with 'tessera report')."

  /// Runs a script in its directory, for no longer than a minute.
  ///
  /// - Returns: `nil` if it drew, else gnuplot's message on one line.
  func run(_ script: String, in directory: URL) -> String? {
    let process = Process()
    process.executableURL = program
    process.arguments = [script]
    process.currentDirectoryURL = directory
    let messages = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = messages
    do { try process.run() } catch { return "cannot start: \(error.localizedDescription)" }
    let pid = process.processIdentifier
    let deadline = DispatchWorkItem { kill(pid, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: deadline)
    let text = messages.fileHandleForReading.readDataToEndOfFile()
    deadline.cancel()
    process.waitUntilExit()
    guard process.terminationStatus != 0 || process.terminationReason == .uncaughtSignal else { return nil }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    return lines.last { !$0.isEmpty } ?? "exit status \(process.terminationStatus)"
  }
}

/// Pictures as files.
public enum PictureFiles {
  /// What ``PictureFiles/write(_:to:gnuplot:)`` did.
  public struct Written: Sendable, Hashable {
    /// Every file, scripts and data included.
    public var files: [URL]
    /// The drawn SVG by name of the picture.
    public var svg: [String: String]
    /// What was not drawn and why, one sentence each.
    public var notices: [String]
  }

  /// Writes scripts and data, and draws each picture if `gnuplot` is there.
  ///
  /// Everything is made in a directory beside and renamed into `directory`, so that a reader sees the old
  /// file or the new one. A picture that gnuplot refuses is a notice, not an error.
  ///
  /// - Throws: ``ModelsError`` if a file cannot be written.
  public static func write(
    _ pictures: [Picture], to directory: URL, gnuplot: Gnuplot? = .find()
  ) throws(ModelsError) -> Written {
    let manager = FileManager.default
    let parent = directory.deletingLastPathComponent()
    removeAbandoned(in: parent)
    let workshop = parent.appending(path: "\(workshops)\(UUID().uuidString)")
    defer { try? manager.removeItem(at: workshop) }
    var written = Written(files: [], svg: [:], notices: gnuplot == nil ? [Gnuplot.missing] : [])
    try ResultFile.write(Picture.style, to: workshop.appending(path: "style.gp"))
    var names = ["style.gp"]
    for picture in pictures {
      try ResultFile.write(picture.data, to: workshop.appending(path: "\(picture.name).dat"))
      try ResultFile.write(picture.script, to: workshop.appending(path: "\(picture.name).gp"))
      names += ["\(picture.name).gp", "\(picture.name).dat"]
      guard let gnuplot else { continue }
      if let message = gnuplot.run("\(picture.name).gp", in: workshop) {
        written.notices.append("gnuplot did not draw '\(picture.name)': \(message)")
        continue
      }
      written.svg[picture.name] = try String(
        decoding: ResultFile.read(workshop.appending(path: "\(picture.name).svg")), as: UTF8.self)
      names += ["\(picture.name).svg", "\(picture.name).png"]
    }
    do { try manager.createDirectory(at: directory, withIntermediateDirectories: true) } catch {
      throw ModelsError(
        .fileAccess, "cannot make the directory: \(error.localizedDescription)",
        at: directory.path(percentEncoded: false))
    }
    for name in names {
      let target = directory.appending(path: name)
      let path = target.path(percentEncoded: false)
      guard rename(workshop.appending(path: name).path(percentEncoded: false), path) == 0 else {
        throw ModelsError(.fileAccess, "cannot write: \(String(cString: strerror(errno)))", at: path)
      }
      written.files.append(target)
    }
    return written
  }

  private static let workshops = ".pictures-"

  /// Removes what a killed run left a day or longer ago.
  private static func removeAbandoned(in parent: URL) {
    let manager = FileManager.default
    let found = try? manager.contentsOfDirectory(
      at: parent, includingPropertiesForKeys: [.contentModificationDateKey])
    for url in found ?? [] where url.lastPathComponent.hasPrefix(workshops) {
      let changed = try? url.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
      if let changed, changed < Date(timeIntervalSinceNow: -86400) { try? manager.removeItem(at: url) }
    }
  }
}
