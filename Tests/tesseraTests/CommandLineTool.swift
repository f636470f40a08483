import Foundation
import TestSupport
import Testing

/// The built `tessera` program, run as a person would run it.
struct CommandLineTool: Sendable {
  /// What it left.
  struct Result: Sendable {
    var exitCode: Int32?
    var output: String
    var errors: String

    /// The lines on standard error that are neither progress nor names of written files.
    var complaints: [String] {
      errors.split(separator: "\n").map(String.init).filter {
        !$0.hasPrefix("[") && !$0.hasPrefix("wrote ")
      }
    }

    /// Standard output as JSON: nothing else may stand there.
    func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(output.utf8)) }

    /// Standard output as one JSON object.
    func object() throws -> [String: Any] { try #require(try json() as? [String: Any]) }
  }

  /// The directory in which it runs, with its cache, its home and what it writes.
  let scratch: Scratch
  /// Variables laid over the few that it gets.
  var environment: [String: String] = [:]

  /// A tool with a cache of its own and no data.
  init() throws { scratch = try Scratch() }

  /// Where it keeps results.
  var cache: URL { scratch.url.appending(path: "cache") }

  /// Runs it to its end.
  func run(_ arguments: String...) async throws -> Result {
    try await start(arguments).end()
  }

  /// Runs the program to its end.
  func run(_ arguments: [String]) async throws -> Result { try await start(arguments).end() }

  /// Starts it.
  func start(_ arguments: [String]) throws -> Running {
    let folder = try URL(filePath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      .deletingLastPathComponent()
    var variables = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": scratch.url.path,
      "TESSERA_CACHE": cache.path,
    ]
    variables.merge(environment) { $1 }
    return try Running(
      program: folder.appending(path: "tessera").path, arguments: arguments, environment: variables,
      directory: scratch.url)
  }

  /// A run of it.
  struct Running: Sendable {
    let pid: pid_t
    private let outputFile: URL
    private let errorFile: URL

    init(program: String, arguments: [String], environment: [String: String], directory: URL) throws {
      let name = UUID().uuidString
      outputFile = directory.appending(path: ".\(name).out")
      errorFile = directory.appending(path: ".\(name).err")
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, outputFile.path, O_WRONLY | O_CREAT, 0o644)
      posix_spawn_file_actions_addopen(&actions, 2, errorFile.path, O_WRONLY | O_CREAT, 0o644)
      // A shell that runs the tests in the background may have told them to ignore interrupts.
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGINT)
      posix_spawnattr_setsigdefault(&attributes, &signals)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
      // env goes to the directory and becomes the program.
      let env = "/usr/bin/env"
      let command = [env, "-C", directory.path, program] + arguments
      var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
      var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
      defer { for word in words + variables { free(word) } }
      var pid: pid_t = 0
      let status = posix_spawn(&pid, env, &actions, &attributes, &words, &variables)
      try #require(status == 0, "\(program): \(String(cString: strerror(status)))")
      self.pid = pid
    }

    /// What it said so far on standard error.
    var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    /// Waits until standard error holds a text.
    func says(_ text: String) async throws {
      while !errors.contains(text) {
        try #require(isRunning, "it ended before it said '\(text)': \(errors)")
        try await Task.sleep(for: .milliseconds(5))
      }
    }

    /// Fields of the system's account of it, from its state on.
    private var account: [Substring] {
      let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
      return text.split(separator: ")").last?.split(separator: " ") ?? []
    }

    /// Whether it has not ended yet.
    var isRunning: Bool { account.first.map { $0 != "Z" } ?? false }

    /// Processor time so far, in seconds.
    var processorSeconds: Double {
      let fields = account
      return fields.count > 11 ? (Double(fields[11]) ?? 0) / Double(sysconf(Int32(_SC_CLK_TCK))) : 0
    }

    func send(_ signal: Int32) { kill(pid, signal) }

    /// Waits for its end.
    func end() async throws -> Result {
      var status: Int32 = 0
      while waitpid(pid, &status, WNOHANG) == 0 { try await Task.sleep(for: .milliseconds(5)) }
      let output = try String(contentsOf: outputFile, encoding: .utf8)
      return Result(
        exitCode: status & 0x7f == 0 ? (status >> 8) & 0xff : nil, output: output, errors: errors)
    }
  }

  /// Simulator processes that this tool started, found by its cache in their environment.
  func workers() -> [String] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.filter { process in
      guard Int(process) != nil,
        let name = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8),
        let variables = try? Data(contentsOf: URL(filePath: "/proc/\(process)/environ"))
      else { return false }
      return name.hasPrefix("ngspice-worker")
        && String(decoding: variables, as: UTF8.self).contains(cache.path)
    }
  }
}
