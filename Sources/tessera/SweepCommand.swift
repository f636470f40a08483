import ArgumentParser
import Foundation
import Models
import Spice
import Study

struct SweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Sweeps.", subcommands: [Contrast.self, OfNetlist.self])

  struct Contrast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "tmr", abstract: "Contrast against read delay, energy and errors.")

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let directory = try common.directory("sweep")
      var spec = try common.spec(study)
      spec.comparison.technologies = []
      let run = CommandRun(try common.runner(spec), .circuits)
      let points = try await run.runner.readSweep()
      try common.show(points) {
        points.map { point in
          String(format: "%d bit  TMR %4.0f %%  ", point.bitsPerCell, (point.tmrZeroBias ?? .nan) * 100)
            + (point.read.map { read in
              String(
                format: "delay %6.0f ps  energy %6.0f fJ  wrong %d of %d  area %.0f um2",
                read.delaySeconds.value * 1e12, read.meanEnergyJoules * 1e15, read.wrongCodes, read.reads,
                read.senseArea * 1e12)
            } ?? point.failure ?? "")
        }.joined(separator: "\n")
      }
      try common.write(
        [("sweep.json", ResultFile.encode(points))], [.readSweep(points)], to: directory,
        of: run)
    }
  }
}

extension SweepCommand {
  struct OfNetlist: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "netlist", abstract: "A netlist's measures over values and mismatch.",
      discussion: """
        Simulates the one analysis of a netlist that has .measure lines at every point of a grid, with --samples
        draws of mismatch at each. Names to vary: a .param, temperature, an element with one value (r1), an
        instance parameter (m1.w), a parameter of a model card (nch.vth0).

        Every finished sample is a line of campaign.jsonl: run the same command again to go on after an
        interruption.
        """)

    @Argument(help: ArgumentHelp("The netlist.", valueName: "file"))
    var file: String

    @Option(
      help: ArgumentHelp(
        "Values to take, as START:STOP:COUNT or a list; may be repeated for a grid.",
        valueName: "name=values"))
    var vary: [VariedValues] = []

    @Option(help: "Samples at each point.")
    var samples: Int = 1

    @Option(
      help: ArgumentHelp(
        "Threshold mismatch A_VT of a pair in volt metres (3n is 3 mV um).", valueName: "number"))
    var mismatchThreshold: SpiceNumberArgument?

    @Option(
      help: ArgumentHelp(
        "Current-factor mismatch A_beta of a pair in metres (10n is 1 % um).", valueName: "number"))
    var mismatchCurrent: SpiceNumberArgument?

    @Option(
      help: "End a single point's samples once the 95 % interval of its first measure is so narrow, relative."
    )
    var precision: Double?

    @OptionGroup var reading: ReadingOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
      guard (1...10_000_000).contains(samples) else {
        throw ValidationError("'--samples' is \(samples); expected 1 to 10000000")
      }
      for (name, value) in [("threshold", mismatchThreshold), ("current", mismatchCurrent)] {
        guard let value, !(0...1e-6).contains(value.value) else { continue }
        throw ValidationError("'--mismatch-\(name)' is \(value.value); expected 0 to 1e-6")
      }
      if let precision, !(precision > 0 && precision < 1) {
        throw ValidationError("'--precision' is \(precision); expected above 0 and below 1")
      }
      let points = vary.reduce(1.0) { $0 * Double($1.values.count) }
      guard points * Double(samples) <= 1e8 else {
        throw ValidationError(
          "the grid has \(points) points with \(samples) samples; expected at most 1e8 in all")
      }
    }

    func run() async throws {
      let began = Date()
      let seed = common.seed ?? 1
      let simulation = NetlistSimulation(
        reader: reading.reader, jobs: common.jobs, seed: seed)
      let netlist = try simulation.read(file)
      for remark in netlist.remarks { common.note("\(remark)") }
      let axes = try vary.map { varied in
        guard let knob = Knob(varied.name, in: netlist.circuit) else {
          throw NetlistProblems([
            SpiceError(
              .unresolvedParameter, "the netlist has nothing of this name to vary.",
              place: "\(file): \(varied.name)")
          ])
        }
        return (knob, varied.values)
      }
      let (threshold, current) = (mismatchThreshold?.value ?? 0, mismatchCurrent?.value ?? 0)
      let campaign = try NetlistCampaign(
        netlist, read: simulation.reader, axes: axes, samples: samples,
        mismatch: threshold > 0 || current > 0
          ? Mismatch(thresholdVoltMetres: threshold, currentFactorMetres: current) : nil,
        seed: seed, precision: precision)
      let stem = URL(filePath: file).deletingPathExtension().lastPathComponent
      let directory = try common.directory(stem.isEmpty ? "campaign" : stem)
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      let progress = StudyProgress(stages: [.init("samples", weight: 1)])
      progress.begin("samples")
      let result = try await campaign.run(
        on: WorkerPool(workers: common.jobs), journal: directory.appending(path: "campaign.jsonl").path
      ) { done, total in
        progress.advance("samples", done: done, of: total)
      }
      progress.finish("samples")
      progress.close()
      try common.show(result.report) { result.report.text }
      try common.write(
        [("campaign.json", ResultFile.encode(result.report)), ("campaign.csv", Data(result.csv.utf8))],
        Picture.campaign(result).map { [$0] } ?? [], to: directory,
        manifest: try simulation.manifest(of: netlist, command: CommandLine.arguments, began: began))
      let failures = result.report.points.flatMap(\.failures)
      let whole = failures.filter { $0.measure == nil }
      if let first = whole.first {
        common.note(
          "\(whole.count) of \(result.records.count) samples gave nothing, the first: \(first.reason)")
      }
      if let first = failures.first(where: { $0.measure != nil }), let measure = first.measure {
        let count = failures.count - whole.count
        common.note(
          "\(count) \(count == 1 ? "measure has" : "measures have") no value, "
            + "the first: \(measure): \(first.reason)"
        )
      }
      guard result.report.points.contains(where: { !$0.measures.isEmpty }) else {
        throw NetlistProblems(
          [SpiceError(.simulationFailed, "no sample gave anything.", place: file)], exitStatus: 70)
      }
    }
  }
}

/// `name=0.9:1.1:5` or `name=27,85,125`, with SPICE numbers.
struct VariedValues: ExpressibleByArgument {
  let name: String
  let values: [Double]

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    name = parts[0].lowercased()
    let range = parts[1].split(separator: ":").map(String.init)
    if range.count == 3 {
      guard let start = NetlistReader.number(range[0]), let stop = NetlistReader.number(range[1]),
        let count = Int(range[2]), (1...1_000_000).contains(count)
      else { return nil }
      values = Sweep.values(from: start, to: stop, count: count)
    } else {
      let list = parts[1].split(separator: ",").map { NetlistReader.number(String($0)) }
      values = list.compactMap(\.self)
      guard !list.isEmpty, values.count == list.count else { return nil }
    }
  }
}

/// A SPICE number such as `3n`.
struct SpiceNumberArgument: ExpressibleByArgument {
  let value: Double

  init?(argument: String) {
    guard let value = NetlistReader.number(argument) else { return nil }
    self.value = value
  }
}
