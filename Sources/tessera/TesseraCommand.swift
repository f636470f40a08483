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
      case .outputFailed, .includeUnreadable: 74
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

  @Option(help: ArgumentHelp("Directory for files.", valueName: "dir"))
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

  /// Where files go: the option, or `results/NAME`.
  func directory(_ name: String) -> URL {
    URL(filePath: output ?? "results/\(name)", directoryHint: .isDirectory)
  }

  /// The study whose settings a command uses.
  func spec(_ file: String?) throws -> StudySpec {
    var spec = try file.map { try StudySpec.load(URL(filePath: $0)) } ?? StudySpec.standard()
    if let seed { spec.seed = seed }
    return spec
  }

  /// A runner over the stored results.
  func runner(_ spec: StudySpec) throws -> StudyRunner {
    let report: @Sendable (String) -> Void = { sentence in
      FileHandle.standardError.write(Data("tessera: note: \(sentence)\n".utf8))
    }
    let store = noCache ? try ResultStore.inMemory(report: report) : try ResultStore(report: report)
    Interruption.shared.keeps(store)
    return StudyRunner(spec: spec, store: store, jobs: jobs)
  }

  /// Prints a value as JSON, or text.
  func show(_ value: some Encodable, text: () throws -> String) throws {
    switch format {
    case .json:
      let data = try ResultFile.encode(value)
      print(String(decoding: data, as: UTF8.self))
    case .text: print(try text())
    }
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

/// Output on stdout.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
}
