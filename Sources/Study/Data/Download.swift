import Foundation

/// A file fetched by the program curl.
///
/// curl rather than `URLSession`: it has the system's certificates and proxies, tells a body that was cut
/// short from one that is complete, and a hang or crash in it leaves this process alone.
struct Download {
  let address: String
  let environment: FileSystem.Environment
  /// Seconds until a connection must stand.
  var connectSeconds = 30
  /// Seconds of less than a kilobyte each after which a transfer is given up.
  var stallSeconds = 60

  init(address: String, environment: FileSystem.Environment) {
    self.address = address
    self.environment = environment
  }

  /// Downloads to a file.
  ///
  /// - Throws: ``StudyError/Code/downloadFailed`` with the server's status or curl's reason; the file may
  ///   then be incomplete.
  func run(
    to file: URL, progress: @Sendable (_ received: Int, _ total: Int?) -> Void
  ) async throws(StudyError) {
    let scheme = address.prefix { $0 != ":" }.lowercased()
    guard scheme == "http" || scheme == "https" else {
      throw StudyError(.invalidInput, "not an address of the form http://... or https://...", at: address)
    }
    let curl = try ExternalProgram("curl", debianPackage: "curl", environment: environment)
    let header = file.appendingPathExtension("header")
    var total: Int?
    let result = try await curl.run([
      "--disable", "--silent", "--show-error", "--fail", "--location", "--max-redirs", "10",
      "--proto", "=http,https", "--connect-timeout", "\(connectSeconds)", "--speed-limit", "1000",
      "--speed-time", "\(stallSeconds)", "--retry", "2", "--dump-header", header.path, "--output", file.path,
      "--write-out", "%{http_code}", "--url", address,
    ]) {
      if total == nil { total = Self.contentLength(header) }
      progress(FileSystem.byteCount(of: file) ?? 0, total)
    }
    guard result.exitCode == 0 else {
      let status = Int(result.output.suffix(3)) ?? 0
      let sentence =
        status >= 400 ? "the server answered with HTTP status \(status)." : "the download failed."
      throw StudyError(.downloadFailed, sentence, at: address, cause: result.reason)
    }
    let received = FileSystem.byteCount(of: file) ?? 0
    progress(received, received)
  }

  /// The length that the last answer so far announced; nil while there is none, or for a redirect.
  private static func contentLength(_ header: URL) -> Int? {
    guard let data = try? Data(contentsOf: header) else { return nil }
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard let start = lines.lastIndex(where: { $0.hasPrefix("HTTP/") }),
      lines[start].split(separator: " ").dropFirst().first?.hasPrefix("2") ?? false
    else { return nil }
    let field = lines[start...].first { $0.lowercased().hasPrefix("content-length:") }
    return field.flatMap { Int($0.split(separator: ":").last?.filter(\.isNumber) ?? "") }
  }
}

extension ExternalProgram.Result {
  /// Why the program failed: its last line of complaint, else how it ended.
  var reason: String {
    let line = errors.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
    if !line.isEmpty { return line }
    return exitCode.map { "exit code \($0)" } ?? "ended by a signal"
  }
}
