import Foundation
import Spice

/// What a netlist with commands of its own gave, as `tessera simulate FILE --allow-control` reports it.
public struct VerbatimReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = 1
  /// The netlist file.
  public var file: String
  /// How it ended: `finished`, `quit`, `failed`, `workerDied`, `timedOut` or `outOfMemory`.
  public var end: String
  /// What ngspice and the commands printed.
  public var output: [String]
  /// The plots that stood at the end, in the order in which they were made.
  public var plots: [PlotSummary]

  /// One plot in numbers; values in SI units.
  public struct PlotSummary: Codable, Sendable, Hashable {
    /// ngspice's short name, such as `tran1`.
    public var name: String
    /// How many points it has.
    public var points: Int
    /// Its signals; of complex ones the magnitude.
    public var signals: [SignalSummary]
  }

  init(file: String, _ outcome: VerbatimOutcome, _ waveforms: [(name: String, waveforms: Waveforms)]) {
    self.file = file
    end = outcome.end.word
    output = outcome.output
    plots = zip(outcome.plots, waveforms).map { plot, named in
      PlotSummary(
        name: named.name, points: named.waveforms.count,
        signals: named.waveforms.signals.compactMap {
          SignalSummary($0, of: named.waveforms, isComplex: plot.isComplex)
        })
    }
  }

  /// The output as it was printed.
  public var text: String { output.joined(separator: "\n") }
}

extension VerbatimOutcome.End {
  /// In a word.
  var word: String {
    switch self {
    case .finished: "finished"
    case .quit: "quit"
    case .failed: "failed"
    case .workerDied: "workerDied"
    case .timedOut: "timedOut"
    case .outOfMemory: "outOfMemory"
    }
  }

  /// Why it is no success; nil where it is one.
  public var failure: String? {
    switch self {
    case .finished, .quit: nil
    case .failed: "the netlist was not accepted, or no analysis ran; its output says why"
    case .workerDied(let exit): "the simulator died: \(exit)"
    case .outOfMemory(let limit): "more than \(limit >> 20) MiB of memory taken"
    case .timedOut(let limit): "no end within \(limit) s"
    }
  }
}

extension NetlistSimulation {
  /// What a netlist with commands of its own gave.
  public struct VerbatimResults: Sendable {
    /// The summary.
    public var report: VerbatimReport
    /// The waveforms of its plots by name.
    public var waveforms: [(name: String, waveforms: Waveforms)]
    /// The plots, for a raw file.
    public var plots: [RawFile.Plot]
    /// Why it is no success; nil where it is one.
    public var failure: String?
  }

  /// Runs a netlist as it stands, with its control section, in its own directory.
  ///
  /// Nothing in it is checked, and its commands may write files and start programs.
  ///
  /// - Throws: `SpiceError` where the reader does not allow commands, the netlist cannot be read, no simulator
  ///   can be started, or the task was cancelled.
  public func runVerbatim(_ path: String) async throws -> VerbatimResults {
    let lines = try reader.rawDeck(path)
    let directory = URL(filePath: path).deletingLastPathComponent().path
    var options = WorkerOptions()
    options.timeoutSeconds = timeoutSeconds
    let outcome = try await options.runVerbatim(lines, in: directory)
    let waveforms = try outcome.plots.map { (name: $0.title, waveforms: try Waveforms($0)) }
    return VerbatimResults(
      report: VerbatimReport(file: path, outcome, waveforms), waveforms: waveforms, plots: outcome.plots,
      failure: outcome.end.failure)
  }

  /// What a run of a netlist with commands consisted of.
  public func manifest(ofVerbatim path: String, command: [String], began: Date) throws -> RunManifest {
    try RunManifest(
      command: command, inputs: ["commands": "allowed"], files: ["netlist": URL(filePath: path)], seed: seed,
      ngspice: try WorkerOptions().libraryVersion(), began: began,
      durationSeconds: Date().timeIntervalSince(began))
  }
}
