import Foundation
import Models
import Spice

/// Simulates a netlist that somebody wrote: read, checked, run in workers, summed up.
///
/// ```swift
/// let simulation = NetlistSimulation(reader: NetlistReader(), jobs: 2)
/// let results = try await simulation.run(try simulation.read("deck.cir"))
/// print(results.report.text)
/// ```
public struct NetlistSimulation: Sendable {
  /// How the netlist is read.
  public var reader: NetlistReader
  /// Worker processes.
  public var jobs: Int
  /// Seed of the noise sources.
  public var seed: UInt64
  /// The longest time that an analysis may take, in seconds.
  public var timeoutSeconds = 3600.0

  /// What a netlist gave.
  public struct Results: Sendable {
    /// The summary.
    public var report: NetlistReport
    /// The waveforms of the analyses that completed, by label.
    public var waveforms: [(label: String, isLogarithmic: Bool, waveforms: Waveforms)]
    /// Why analyses did not complete, with their lines; empty if all did.
    public var failures: [SpiceError]
  }

  /// Describes a simulation.
  public init(reader: NetlistReader, jobs: Int, seed: UInt64 = 1) {
    self.reader = reader
    self.jobs = jobs
    self.seed = seed
  }

  /// Reads and checks a netlist.
  ///
  /// - Parameters:
  ///   - path: The netlist.
  ///   - needsAnalysis: Whether one without an analysis is wrong.
  /// - Throws: ``NetlistProblems`` with everything that is wrong with it; `SpiceError` where it cannot be read.
  public func read(_ path: String, needsAnalysis: Bool = true) throws -> Netlist {
    let (netlist, errors) = try reader.examine(path)
    guard errors.isEmpty else { throw NetlistProblems(errors) }
    let problems = netlist.problems()
    guard problems.isEmpty else { throw NetlistProblems(problems) }
    guard !needsAnalysis || !netlist.cards.isEmpty else {
      throw NetlistProblems([
        SpiceError(.invalidValue, "there is no analysis: .op, .dc, .ac or .tran.", place: path)
      ])
    }
    return netlist
  }

  /// Runs every analysis of a netlist.
  ///
  /// An analysis that does not complete is a result, with its reason.
  ///
  /// - Throws: `SpiceError` where no simulator can be started or the task was cancelled.
  public func run(_ netlist: Netlist) async throws -> Results {
    let copies = try TemporaryFolder()
    defer { copies.remove() }
    let runs = try netlist.copyingIncludes(to: copies.path).runs
    var options = WorkerOptions()
    options.timeoutSeconds = timeoutSeconds
    let pool = try WorkerPool(workers: Swift.max(1, Swift.min(jobs, runs.count)), options: options)
    let outcomes = try await pool.map(
      Array(runs.enumerated()),
      simulation: { index, run in drawingNoise(of: run, at: index) }, reduce: { $1 })
    var results = Results(
      report: NetlistReport(
        file: netlist.name, title: netlist.circuit.title, temperatureCelsius: netlist.temperatureCelsius,
        remarks: netlist.remarks.map(\.description)),
      waveforms: [], failures: [])
    for (run, outcome) in zip(runs, outcomes) {
      results.report.analyses.append(AnalysisSummary(run, outcome, netlist.measurements))
      if case .completed(let waves) = outcome.status {
        results.waveforms.append((run.label, run.simulation.analysis.isLogarithmic, waves))
      } else {
        results.failures.append(Self.failure(outcome.status, of: run, in: netlist))
      }
    }
    return results
  }

  /// Why a run did not complete, with the line of the netlist that ngspice complains about, if it is known.
  private static func failure(
    _ status: SimulationOutcome.Status, of run: NetlistRun, in netlist: Netlist
  ) -> SpiceError {
    switch status {
    case .parseError(let problem), .refused(let problem):
      guard let origin = problem.origin, let place = netlist.place(of: origin) else { break }
      return SpiceError(
        .simulationFailed, "ngspice does not accept it: \(problem.message).",
        place: "\(place): \(run.label), \(origin)", cause: problem.line.map { "written as \($0)" } ?? "")
    default: break
    }
    return SpiceError(.simulationFailed, "\(status).", place: "\(run.place): \(run.label)")
  }

  /// The simulation of a run, its noise drawn.
  func drawingNoise(of run: NetlistRun, at index: Int) -> Simulation {
    var simulation = run.simulation
    var random = KeyedRandom(seed: seed, stage: "netlist.noise", item: UInt64(index))
    simulation.drawNoise(using: &random)
    return simulation
  }

  /// What a run consisted of, files by what was read of them.
  ///
  /// - Parameters:
  ///   - netlist: What was run.
  ///   - command: The command as it was given, program first.
  ///   - began: When it began.
  public func manifest(of netlist: Netlist, command: [String], began: Date) throws -> RunManifest {
    var contents: [String: Data] = [:]
    for (index, source) in netlist.sources.enumerated() {
      contents[index == 0 ? "netlist" : "include \(source.file)"] = Data(source.content)
    }
    return try RunManifest(
      command: command,
      inputs: Inputs(parameters: reader.parameterValues, temperatureCelsius: netlist.temperatureCelsius),
      contents: contents, seed: seed, ngspice: try WorkerOptions().libraryVersion(), began: began,
      durationSeconds: Date().timeIntervalSince(began))
  }

  private struct Inputs: Encodable {
    var parameters: [String: Double]
    var temperatureCelsius: Double
  }
}

/// Everything that is wrong with a netlist, or that went wrong with its analyses; one line each.
public struct NetlistProblems: Error, CustomStringConvertible {
  /// The problems in the order of their lines.
  public let problems: [SpiceError]
  /// The exit code of a command that ends with this error.
  public let exitStatus: Int32

  /// Collects problems.
  public init(_ problems: [SpiceError], exitStatus: Int32 = 65) {
    self.problems = problems
    self.exitStatus = exitStatus
  }

  /// One line for each.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension Analysis {
  /// Whether its scale is best drawn by its logarithm.
  var isLogarithmic: Bool {
    if case .ac(let spacing, _, _, _) = self { spacing != .linear } else { false }
  }
}
