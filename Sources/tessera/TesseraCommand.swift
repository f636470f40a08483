import Accelerator
import ArgumentParser
import Circuit
import Device
import Foundation
import Inference
import Models
import Spice
import Study

/// The command line: parsing, choice of output, exit codes.
@main
struct TesseraCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tessera",
    abstract: "From magnetic grains to neural-network accuracy, through SPICE.",
    discussion: """
      Start with `tessera study`: device ensembles, reads and writes in ngspice, a crossbar accelerator and
      ResNet-18, in one table and one report. Every stage is also a command of its own.

      Environment: TESSERA_DATA (directory that holds cifar-10-batches-bin), TESSERA_CACHE (stored results),
      TESSERA_MODELS (models directory), TESSERA_NGSPICE_WORKER (worker program).
      """,
    version: Tessera.version,
    subcommands: [
      StudyCommand.self, DeviceCommand.self, NetlistCommand.self, SimulateCommand.self,
      CharacterizeCommand.self, SweepCommand.self, ChipCommand.self, AccuracyCommand.self,
      ReportCommand.self, DataCommand.self, DoctorCommand.self,
    ])

  /// Not `async`: before an asynchronous entry point runs there are threads that would take the signals.
  static func main() {
    // A reader that closes the pipe ends the program quietly.
    signal(SIGPIPE, SIG_DFL)
    let interruption = Interruption.shared
    interruption.install()
    let run = Task.detached {
      do {
        var command = try parseAsRoot()
        if var command = command as? AsyncParsableCommand {
          try await command.run()
        } else {
          try command.run()
        }
      } catch {
        end(error)
      }
      Foundation.exit(0)
    }
    interruption.cancels { run.cancel() }
    while true { pause() }
  }

  /// Ends the program with one line on stderr and the exit code of an error.
  private static func end(_ error: any Error) -> Never {
    if Interruption.shared.isRequested {
      say(Interruption.shared.sentence)
      // A computation that nobody waits for any more may still run: no destructors under its feet.
      _exit(Interruption.exitStatus)
    }
    if let list = error as? NetlistProblems {
      for problem in list.problems { say(oneLine(problem)) }
      Foundation.exit(list.exitStatus)
    }
    if let status = exitStatus(error) {
      say(oneLine(error))
      Foundation.exit(status)
    }
    exit(withError: error)
  }

  private static func say(_ sentence: String) {
    FileHandle.standardError.write(Data("tessera: \(sentence)\n".utf8))
  }

  private static func oneLine(_ error: any Error) -> String {
    "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// Exit status of our own errors: 65 bad data, 69 missing program or library, 70 internal, 74 input or
  /// output; `nil` for what the argument parser handles (64 usage).
  private static func exitStatus(_ error: any Error) -> Int32? {
    switch error {
    case let error as ModelsError: error.code == .fileAccess ? 74 : 65
    case let error as StudyError: error.exitStatus
    case is DeviceError, is AcceleratorError: 65
    case let error as InferenceError: error.code == .fileAccess ? 74 : 65
    case let error as SpiceError:
      switch error.code {
      case .libraryMissing, .workerMissing, .workerStartFailed: 69
      case .simulationFailed, .measurementFailed: 70
      case .inputFailed, .outputFailed, .includeUnreadable: 74
      default: 65
      }
    case let error as CircuitError:
      switch error.code {
      case .simulatorMissing: 69
      case .notMeasurable: 70
      default: 65
      }
    default: nil
    }
  }
}

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(help: "Output on stdout: text or json.")
  var format: OutputFormat = .text

  @Option(
    help: ArgumentHelp(
      "Directory for files; by default results/NAME, or none where a command's main result is its text.",
      valueName: "dir"))
  var output: String?

  @Option(help: "Seed of every draw; by default the study's own.")
  var seed: UInt64?

  @Option(help: "Worker processes and threads.")
  var jobs: Int = max(1, ProcessInfo.processInfo.activeProcessorCount)

  @Flag(help: "Neither read nor keep stored results.")
  var noCache = false

  mutating func validate() throws {
    guard (1...1024).contains(jobs) else { throw ValidationError("'--jobs' is \(jobs); expected 1 to 1024") }
  }

  /// Where files go: the option, or `results/NAME`; asked for before anything is computed.
  ///
  /// - Throws: ``StudyError/Code/fileAccess`` if nothing could be written there.
  func directory(_ name: String) throws -> URL {
    let directory = URL(filePath: output ?? "results/\(name)", directoryHint: .isDirectory)
    var standing = directory
    while !FileManager.default.fileExists(atPath: standing.path), standing.path != "/" {
      standing.deleteLastPathComponent()
    }
    var isDirectory: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: standing.path, isDirectory: &isDirectory)
    guard isDirectory.boolValue, FileManager.default.isWritableFile(atPath: standing.path) else {
      throw StudyError(
        .fileAccess, "no files can be written here; name another directory with --output", at: standing.path)
    }
    return directory
  }

  /// The study whose settings a command uses.
  func spec(_ file: String?) throws -> StudySpec {
    var spec = try file.map { try StudySpec.load(URL(filePath: $0)) } ?? StudySpec.standard()
    if let seed { spec.seed = seed }
    return spec
  }

  /// A runner over the stored results.
  func runner(_ spec: StudySpec) throws -> StudyRunner {
    // Asked for before anything is computed, also by commands that write no files without the option.
    if output != nil { _ = try directory("") }
    let report: @Sendable (String) -> Void = { sentence in
      FileHandle.standardError.write(Data("tessera: note: \(sentence)\n".utf8))
    }
    let store = noCache ? try ResultStore.inMemory(report: report) : try ResultStore(report: report)
    Interruption.shared.keeps(store)
    return StudyRunner(spec: spec, store: store, jobs: jobs)
  }

  /// Prints a value as JSON, or text; with `--output` also writes it there as JSON.
  ///
  /// - Parameters:
  ///   - name: The file in the output directory; `nil` where the command writes it itself.
  ///   - run: Whose manifest stands beside the file; `nil` for what no study decides.
  func show(
    _ value: some Encodable, saving name: String? = nil, of run: CommandRun? = nil,
    text: () throws -> String
  ) throws {
    if let name, let output {
      let directory = URL(filePath: output, directoryHint: .isDirectory)
      if let run {
        try write([(name, ResultFile.encode(value))], [], to: directory, of: run)
      } else {
        try ResultFile.write(ResultFile.encode(value), to: directory.appending(path: name))
        wrote([directory.appending(path: name)])
      }
    }
    switch format {
    case .json:
      let data = try ResultFile.encode(value)
      print(String(decoding: data, as: UTF8.self))
    case .text: print(try text())
    }
  }

  /// Writes values, pictures and the manifest of a run into a directory, and says so on stderr.
  ///
  /// - Parameters:
  ///   - texts: Files by name.
  ///   - pictures: What is drawn.
  ///   - run: What the manifest is of.
  func write(
    _ texts: [(name: String, data: Data)], _ pictures: [Picture], to directory: URL, of run: CommandRun
  ) throws {
    // What the run consisted of is known before anything is written.
    try write(texts, pictures, to: directory, manifest: try run.manifest())
  }

  /// Writes values, pictures and a manifest into a directory, and says so on stderr.
  func write(
    _ texts: [(name: String, data: Data)], _ pictures: [Picture], to directory: URL, manifest: RunManifest
  ) throws {
    var urls: [URL] = []
    for (name, data) in texts {
      let url = directory.appending(path: name)
      try ResultFile.write(data, to: url)
      urls.append(url)
    }
    if !pictures.isEmpty {
      let drawn = try PictureFiles.write(pictures, to: directory)
      for notice in drawn.notices { note(notice) }
      urls += drawn.files
    }
    try manifest.write(beside: directory)
    wrote(urls + [directory.appending(path: RunManifest.fileName)])
  }

  /// Says a sentence on stderr.
  func note(_ sentence: String) {
    FileHandle.standardError.write(Data("tessera: note: \(sentence)\n".utf8))
  }

  /// Says on stderr what was written.
  func wrote(_ urls: [URL]) {
    for url in urls {
      FileHandle.standardError.write(Data("wrote \(url.relativePath)\n".utf8))
    }
  }
}

/// A run of a command: the study whose settings apply, and when it began.
struct CommandRun {
  let runner: StudyRunner
  let parts: StudyRunner.Parts
  private let began = Date()

  init(_ runner: StudyRunner, _ parts: StudyRunner.Parts) {
    self.runner = runner
    self.parts = parts
  }

  /// What it consisted of.
  func manifest(
    _ sweeps: (spec: AccuracySweepSpec, only: [AccuracySweep])? = nil
  ) throws -> RunManifest {
    try runner.manifest(of: parts, sweeps: sweeps, command: CommandLine.arguments, began: began)
  }
}

/// Lines of two cells, the second cells below one another.
func aligned(_ rows: [(String, String)]) -> String {
  let width = rows.map(\.0.count).max() ?? 0
  return rows.map { first, second in
    first + String(repeating: " ", count: width - first.count + 2) + second
  }.joined(separator: "\n")
}

/// Output on stdout.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
}
