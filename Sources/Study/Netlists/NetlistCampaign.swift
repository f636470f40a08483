import Foundation
import Models
import Spice

/// A netlist over a grid of values, with mismatch: its `.measure` lines as numbers with intervals.
///
/// ```swift
/// let campaign = try NetlistCampaign(
///   netlist, read: reader, axes: [(try #require(Knob("vdd", in: netlist.circuit)), [0.9, 1, 1.1])], samples: 100,
///   mismatch: Mismatch(thresholdVoltMetres: 2e-9), seed: 1)
/// let result = try await campaign.run(on: pool, journal: "campaign.jsonl")
/// ```
///
/// A measure without a value, such as a crossing that does not happen, is missing in its sample alone: the
/// others stay, and the statistics and the precision are over the samples that have a value.
///
/// Sample k has the same draws at every point, so that points differ by what was varied alone.
public struct NetlistCampaign: Sendable {
  /// What is varied.
  public let sweep: Sweep
  /// Samples at each point; at most, where a precision ends them.
  public let samples: Int
  /// Local variation of MOSFETs; nil for none.
  public let mismatch: Mismatch?
  /// Seed of all draws.
  public let seed: UInt64
  /// Relative half width of the first measure's 95 % interval at which the samples end; nil for all of them.
  ///
  /// Only samples in which it has a value count.
  public let precision: Double?
  private let reader: NetlistReader
  private let netlist: Netlist
  private let measures: [(name: String, unit: String)]
  private let analysis: String

  /// Prepares a campaign.
  ///
  /// - Throws: ``NetlistProblems`` if the netlist has no analysis with a measurement or several, if a precision
  ///   is asked for at several points, if a name is varied twice or is that of the swept source; `SpiceError` if
  ///   the devices cannot have mismatch.
  public init(
    _ netlist: Netlist, read reader: NetlistReader, axes: [(Knob, [Double])], samples: Int = 1,
    mismatch: Mismatch? = nil, seed: UInt64, precision: Double? = nil
  ) throws {
    sweep = Sweep(axes)
    guard precision == nil || sweep.count == 1 else {
      throw NetlistProblems([
        SpiceError(
          .invalidValue, "a precision ends the samples of a single point, and there are \(sweep.count).",
          place: netlist.name)
      ])
    }
    self.reader = reader
    self.netlist = netlist
    self.samples = samples
    self.mismatch = mismatch
    self.seed = seed
    self.precision = precision
    let prepared = try Prepared(netlist, [], flattens: mismatch != nil)
    try Self.check(sweep, of: prepared, netlist)
    // What no sample could have is said at once.
    _ = try mismatch?.applied(to: prepared.simulation.circuit, seed: seed, sample: 0)
    analysis = prepared.label
    measures = prepared.measurements.map { ($0.name, $0.unit(scaleUnit: prepared.scaleUnit)) }
  }

  private static func check(_ sweep: Sweep, of prepared: Prepared, _ netlist: Netlist) throws {
    var seen: Set<String> = []
    for knob in sweep.axes.map({ "\($0.knob)" }) {
      var problem: String?
      if !seen.insert(knob).inserted { problem = "it is varied twice." }
      if case .dcSweep(let source, _, _, _) = prepared.simulation.analysis, source == knob {
        problem = "the analysis sweeps it."
      }
      if let problem {
        throw NetlistProblems([SpiceError(.invalidValue, problem, place: "\(netlist.name): \(knob)")])
      }
    }
  }

  /// The netlist at a point of the grid.
  private struct Prepared {
    var label: String
    var simulation: Simulation
    var measurements: [Spice.Measurement]

    /// - Parameters:
    ///   - netlist: The netlist.
    ///   - settings: What to set in it.
    ///   - flattens: Whether every device has to be one of its own.
    init(_ netlist: Netlist, _ settings: [(knob: Knob, value: Double)], flattens: Bool) throws {
      let lines = netlist.measurements.filter { $0.measurement != nil }
      let kinds = Set(lines.map(\.analysis))
      let runs = netlist.runs.filter { kinds.contains($0.kind) }
      guard runs.count == 1, let run = runs.first else {
        throw NetlistProblems([
          SpiceError(
            .invalidValue,
            "a campaign needs one analysis with .measure lines, and there are \(runs.count).",
            place: netlist.name)
        ])
      }
      label = run.label
      measurements = lines.compactMap(\.measurement)
      simulation = run.simulation
      for (knob, value) in settings { try knob.set(value, in: &simulation) }
      if flattens {
        simulation.circuit = try simulation.circuit.inliningIncludes()
        let names = FlatNames(simulation.circuit)
        simulation = try simulation.flattened()
        measurements = measurements.map { $0.flattened(names) }
      }
    }

    var scaleUnit: String {
      switch simulation.analysis {
      case .transient: "s"
      case .ac: "Hz"
      case .dcSweep(let source, _, _, _): source.hasPrefix("i") ? "A" : "V"
      case .operatingPoint: ""
      }
    }
  }

  /// The simulation and the measurements at a point.
  ///
  /// Parameters are set by reading the netlist anew: levels of measurements and times of analyses may follow
  /// them.
  private func prepared(at point: Int, of netlist: Netlist) throws -> Prepared {
    var reader = reader
    var settings: [(Knob, Double)] = []
    for (axis, value) in zip(sweep.axes, sweep.values(at: point)) {
      if case .parameter(let name) = axis.knob.target {
        reader.parameterValues[name] = value
      } else {
        settings.append((axis.knob, value))
      }
    }
    var changed = netlist
    if reader.parameterValues != self.reader.parameterValues {
      changed = try reader.reread(netlist)
      changed.circuit.includes = netlist.circuit.includes
    }
    return try Prepared(changed, settings, flattens: mismatch != nil)
  }

  /// Runs the samples that the journal does not hold yet.
  ///
  /// - Throws: What no sample can escape, such as a missing simulator or a journal of another campaign.
  public func run(
    on pool: WorkerPool, journal: String, progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil
  ) async throws -> NetlistCampaignResult {
    let samples = samples
    let copies = try TemporaryFolder()
    defer { copies.remove() }
    let netlist = try netlist.copyingIncludes(to: copies.path)
    let rule = precision.map { precision in
      StopRule<NetlistSample>.mean(of: { $0.values[0] }, halfWidth: precision, relative: true)
    }
    let campaign = Campaign<NetlistSample>(samples: sweep.count * samples, seed: seed, stopRule: rule) {
      sample in
      var simulation = try prepared(at: sample.index / samples, of: netlist).simulation
      let index = sample.index % samples
      if let mismatch {
        simulation.circuit = try mismatch.applied(
          to: simulation.circuit, seed: sample.seed, sample: index)
      }
      var random = KeyedRandom(seed: sample.seed, stage: "netlist.noise", item: UInt64(index))
      simulation.drawNoise(using: &random)
      return simulation
    } measure: { sample, outcome in
      let waveforms = try outcome.waveforms()
      let prepared = try prepared(at: sample.index / samples, of: netlist)
      return NetlistSample(waveforms.measured(prepared.measurements, in: prepared.simulation.circuit))
    }
    let result = try await campaign.run(on: pool, journal: journal, key: try key(), progress: progress)
    return NetlistCampaignResult(
      report: report(of: result), records: result.records, sweep: sweep, samplesPerPoint: samples,
      measures: measures.map(\.name))
  }

  /// Changes with whatever decides a sample's result.
  private func key() throws -> String {
    // The second form of the samples, which keep why a measure has no value.
    var parts = [Tessera.version, "2", "\(sweep.axes)", "\(String(describing: mismatch))"]
    parts.append("\(String(describing: reader.temperatureCelsius))")
    parts.append("\(reader.parameterValues.sorted { $0.key < $1.key })")
    for source in netlist.sources { parts.append(try ContentHash.sha256(Data(source.content))) }
    return try ContentHash.sha256(Data(parts.joined(separator: "\n").utf8))
  }

  /// Why a sample, or some of its measures, gave nothing.
  private func failures(of record: SampleRecord<NetlistSample>) -> [NetlistCampaignReport.Failure] {
    let sample = record.index % samples
    if let reason = record.failure { return [.init(sample: sample, measure: nil, reason: reason)] }
    return zip(measures, record.output?.reasons ?? []).compactMap { measure, reason in
      reason.map { .init(sample: sample, measure: measure.name, reason: $0) }
    }
  }

  private func report(of result: CampaignResult<NetlistSample>) -> NetlistCampaignReport {
    let recordsOfPoints = Dictionary(grouping: result.records) { $0.index / samples }
    let points = (0..<sweep.count).map { point -> NetlistCampaignReport.Point in
      let records = recordsOfPoints[point] ?? []
      let outputs = records.compactMap(\.output)
      return NetlistCampaignReport.Point(
        values: sweep.values(at: point), samples: records.count,
        failures: records.flatMap(failures),
        measures: measures.indices.compactMap { index in
          NetlistCampaignReport.Statistics(measures[index].name, outputs.compactMap { $0.value(of: index) })
        })
    }
    return NetlistCampaignReport(
      file: netlist.name, title: netlist.circuit.title, analysis: analysis, seed: seed,
      knobs: sweep.axes.map { "\($0.knob)" },
      measures: measures.map { .init(name: $0.name, unit: $0.unit) }, points: points)
  }
}
