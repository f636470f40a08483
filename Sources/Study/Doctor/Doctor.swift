import Foundation
import Models
import Spice

/// Looks for everything that the program needs, tries what can be tried, and says how to mend the rest.
///
/// ```swift
/// let report = await Doctor().examine()
/// print(report.text)
/// ```
public struct Doctor: Sendable {
  /// The models.
  public var library: ModelLibrary
  /// How simulations are run.
  public var workerOptions: WorkerOptions
  /// The directory of the store of results.
  public var cacheDirectory: URL
  /// The variables by which programs and data are found.
  public var environment: [String: String]

  /// Sets what is looked at.
  public init(
    library: ModelLibrary = .standard, workerOptions: WorkerOptions = WorkerOptions(),
    cacheDirectory: URL? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.library = library
    self.workerOptions = workerOptions
    self.cacheDirectory = cacheDirectory ?? ResultStore.defaultDirectory(environment: environment)
    self.environment = environment
  }

  /// Looks at everything; takes about a second.
  public func examine() async -> DoctorReport {
    DoctorReport(items: [
      await program(
        "swift", "--version", package: "", need: "only to build",
        remedy: "install Swift 6.2 or later: https://www.swift.org/install/linux"),
      worker,
      await simulator,
      await program(
        "ngspice", "--version", package: "ngspice", need: "only to run exported netlists by hand"),
      await program("gnuplot", "--version", package: "gnuplot-nox", need: "only to draw the pictures"),
      await program("curl", "--version", package: "curl", need: "only to fetch data"),
      await program("tar", "--version", package: "tar", need: "only to fetch data"),
      models,
      network,
      images,
      cache,
      machine,
    ])
  }

  // MARK: programs

  /// A program that tells its version; `need` says what wants it.
  private func program(
    _ name: String, _ argument: String, package: String, need: String, remedy: String? = nil
  ) async -> DoctorReport.Item {
    let remedy = remedy ?? "sudo apt install \(package)"
    let wanted = "; wanted \(need)"
    do {
      let found = try ExternalProgram(name, debianPackage: package, environment: environment)
      let result = try await found.run([argument], timeoutSeconds: 20)
      guard result.exitCode == 0 else {
        return .init(
          name: name, status: .optional, detail: "\(found.path) fails: \(result.reason)\(wanted)",
          remedy: remedy
        )
      }
      return .init(
        name: name, status: .ok, detail: "\(Self.versionLine(result.output)) (\(found.path))")
    } catch let error where error.code == .missingProgram {
      return .init(name: name, status: .optional, detail: "not on PATH\(wanted)", remedy: remedy)
    } catch {
      return .init(name: name, status: .optional, detail: "\(error)\(wanted)", remedy: remedy)
    }
  }

  /// The first line with a digit, without ornament.
  private static func versionLine(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first { $0.contains(where: \.isNumber) } ?? "runs"
    let words = line.trimmingCharacters(in: CharacterSet(charactersIn: "* "))
    return String(words.prefix(60))
  }

  // MARK: ngspice

  private var worker: DoctorReport.Item {
    do {
      return .init(name: "ngspice-worker", status: .ok, detail: try workerOptions.findWorker())
    } catch {
      return .init(
        name: "ngspice-worker", status: .missing, detail: "\(error)",
        remedy: "swift build -c release --product ngspice-worker")
    }
  }

  /// A divider whose answer is known: the library is there, loads, and computes.
  private var simulator: DoctorReport.Item {
    get async {
      let remedy = "sudo apt install libngspice0"
      do {
        let version = try workerOptions.libraryVersion()
        var circuit = Circuit(title: "a divider by two")
        circuit.voltageSource("v1", "in", .ground, .dc(1))
        circuit.resistor("r1", "in", "out", 1000)
        circuit.resistor("r2", "out", .ground, 1000)
        let pool = try WorkerPool(workers: 1, options: workerOptions)
        let outcome = try await pool.run(Simulation(circuit, .operatingPoint))
        let volts = try outcome.waveforms()["v(out)"]?.final ?? .nan
        guard abs(volts - 0.5) < 1e-6 else {
          return .init(
            name: "libngspice", status: .missing, detail: "\(version): half a volt comes out as \(volts) V",
            remedy: remedy)
        }
        return .init(
          name: "libngspice", status: .ok,
          detail: "\(version) (\(workerOptions.library)), a test circuit is right")
      } catch  where error.code == .workerMissing {
        return .init(name: "libngspice", status: .missing, detail: "not tried: there is no ngspice-worker")
      } catch {
        return .init(name: "libngspice", status: .missing, detail: "\(error)", remedy: remedy)
      }
    }
  }

  // MARK: data

  private static let modelsRemedy = "unset TESSERA_MODELS, or name a complete copy of models/ in it"

  private var models: DoctorReport.Item {
    do {
      _ = try StudySpec.standard(library)
      return .init(name: "models", status: .ok, detail: library.root.path)
    } catch {
      return .init(name: "models", status: .missing, detail: "\(error)", remedy: Self.modelsRemedy)
    }
  }

  private var network: DoctorReport.Item {
    do {
      let name = try StudySpec.standard(library).network.file
      let file = try InputFile(try library.url(name, in: "networks"))
      guard file.byteCount > 0 else {
        throw StudyError(.badData, "the file is empty.", at: name)
      }
      return .init(
        name: "network", status: .ok,
        detail: "\(name), \(FileSystem.describe(bytes: file.byteCount)), SHA-256 \(file.sha256.prefix(12))")
    } catch {
      return .init(name: "network", status: .missing, detail: "\(error)", remedy: Self.modelsRemedy)
    }
  }

  private var images: DoctorReport.Item {
    let fetch = "tessera data fetch cifar-10"
    do {
      guard let found = try CIFAR10Archive.locate(environment: environment) else {
        return .init(
          name: "CIFAR-10", status: .optional,
          detail: "not there; without it a study reports agreement on drawn images, not accuracy",
          remedy: fetch)
      }
      return .init(
        name: "CIFAR-10", status: .ok, detail: "\(found.directory.path), \(found.variant.description)")
    } catch {
      return .init(name: "CIFAR-10", status: .optional, detail: "\(error)", remedy: fetch)
    }
  }

  private var cache: DoctorReport.Item {
    do {
      let stored = try ResultStore(directory: cacheDirectory).entries()
      let file = cacheDirectory.appending(path: ResultTable.fileName)
      let size = FileSystem.describe(bytes: FileSystem.byteCount(of: file) ?? 0)
      return .init(
        name: "cache", status: .ok, detail: "\(cacheDirectory.path), \(stored.count) results, \(size)")
    } catch {
      return .init(
        name: "cache", status: .missing, detail: "\(error)",
        remedy: "name a directory of yours: export TESSERA_CACHE=DIR, or run with --no-cache")
    }
  }

  private var machine: DoctorReport.Item {
    let info = ProcessInfo.processInfo
    let memory = FileSystem.describe(bytes: Int(clamping: info.physicalMemory))
    return .init(
      name: "machine", status: .ok, detail: "\(info.activeProcessorCount) cores, \(memory) of memory")
  }
}
