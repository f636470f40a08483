import ArgumentParser
import Foundation
import Inference
import Models
import Study

struct AccuracyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accuracy", abstract: "Network accuracy on imperfect cells.",
    subcommands: [Run.self, Sweep.self])

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "run", abstract: "Execution of the network on crossbars.")

    @Option(
      help: """
        Cells: ideal, mtj, a published technology such as rram, pcm or rram-milo2021, or a directory of one's own with a
        levels.toml as under models/devices/.
        """)
    var cells: StudyRunner.CellChoice = .junction

    @Option(help: "Bits per cell (1 or 2).")
    var bits: Int = 2

    @Option(help: "Read mode: rowSequential or rowParallel.")
    var mode: ArrayConfiguration.ReadMode = .rowSequential

    @Option(help: "Rows summed in a row-parallel read.")
    var rows: Int?

    @Option(help: "Bits of the row-parallel converter (1 to 6; ideal cells: 1 to 16).")
    var adcBits: Int?

    @Option(help: "Chips with their own frozen errors.")
    var chips: Int = 1

    @Option(help: "Images in all, split evenly over the chips.")
    var images: Int = 100

    @Option(help: "Row-parallel reads: bitTrue, every conversion by itself, or fast, their statistics.")
    var fidelity: AccuracyResult.Fidelity = .bitTrue

    @Flag(help: "Let the range of converters span every sum, instead of choosing it on training images.")
    var fullRange = false

    @Flag(
      help:
        "Measure the error of each column on training images, a constant and a multiple of the sum of the inputs, and subtract it digitally."
    )
    var correctOffsets = false

    @Option(help: "Highest bits of a weight that have a cell each (0 to 8).")
    var singleBits: Int = 0

    @Flag(
      help: "Move the boundaries of row-sequential reads to where fewest cells are misread at the time.")
    var recentreReferences = false

    @Option(help: "Bits by which the offsets of sense chains and thresholds are trimmed (0 to 16; 0: not).")
    var trimBits: Int = 0

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    private var remedies: Remedies {
      Remedies(
        calibratesRange: !fullRange, correctsOffsets: correctOffsets, singleBitSlices: singleBits,
        recentresReferences: recentreReferences, trimBits: trimBits)
    }

    func validate() throws {
      guard bits == 1 || bits == 2 else { throw ValidationError("'--bits' is \(bits); expected 1 or 2") }
      guard chips >= 1, images >= chips, images % chips == 0 else {
        throw ValidationError(
          "'--images' is \(images); expected a multiple of the \(chips) chips, one image or more each")
      }
      let foreign: [(String, Bool)] =
        mode == .rowSequential
        ? [
          ("--rows", rows != nil), ("--adc-bits", adcBits != nil), ("--fidelity", fidelity == .fast),
          ("--full-range", fullRange),
        ] : [("--recentre-references", recentreReferences)]
      if let (name, _) = foreign.first(where: \.1) {
        throw ValidationError("'\(name)' has no meaning with --mode \(mode.rawValue)")
      }
      guard images <= 10_000 else {
        throw ValidationError("'--images' is \(images); expected at most 10000")
      }
    }

    func run() async throws {
      let spec = try common.spec(study)
      let array = ArrayConfiguration(
        rows: spec.array.rows, columns: spec.array.columns, readMode: mode,
        rowsPerRead: rows ?? spec.array.rowsPerRead, adcBits: adcBits ?? spec.array.adcBits,
        columnsPerSense: spec.array.columnsPerSense, signScheme: spec.array.signScheme)
      let run = CommandRun(try common.runner(spec), cells == .ideal ? .network : .all)
      let result = try await run.runner.accuracy(
        cells: cells, bits: bits, array: array, remedies: remedies, fidelity: fidelity, chips: chips,
        images: images)
      let summary = AccuracySummary(result)
      try common.show(summary) { summary.text }
      if let output = common.output {
        try common.write(
          [("accuracy.json", ResultFile.encode(result))], Picture.accuracyRun(result),
          to: URL(filePath: output, directoryHint: .isDirectory), of: run)
      }
    }
  }
}

extension AccuracyCommand {
  struct Sweep: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sweep",
      abstract:
        "Accuracy over spread, converters, rows, slices, contrast, technologies, time, reads, lines, stuck cells, layers, whole chips and remedies.",
      discussion: """
        Without a file the built-in sweeps: 10 chips x 1,000 disjoint images at each point, hours on two cores. Every
        finished chip is kept: run the same command again to go on after an interruption. Row-parallel reads are
        computed by the fast fidelity, some of them bit by bit as well, which gives its error.
        """)

    @Argument(help: ArgumentHelp("Sweeps; what it leaves out is as built in.", valueName: "file.toml"))
    var file: String?

    @Option(help: "A sweep to compute, by name; may be repeated; all by default.")
    var only: [AccuracySweep] = []

    @Option(help: "Images on each chip, instead of the file's.")
    var imagesPerChip: Int?

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let directory = try common.directory("accuracy")
      let spec = try common.spec(study)
      var sweeps = try file.map { try AccuracySweepSpec.load(URL(filePath: $0)) } ?? .standard()
      if let imagesPerChip {
        sweeps.imagesPerChip = imagesPerChip
        sweeps.fewImagesPerChip = min(imagesPerChip, sweeps.fewImagesPerChip)
        try sweeps.validate()
      }
      let run = CommandRun(try common.runner(spec), .all)
      let found = try await run.runner.accuracyStudy(sweeps, only: only)
      try common.show(found) { found.text }
      let manifest = try run.manifest((sweeps, only))
      let written = try found.write(to: directory)
      for notice in written.notices { common.note(notice) }
      try manifest.write(beside: directory)
      common.wrote(written.files + [directory.appending(path: RunManifest.fileName)])
    }
  }
}

extension AccuracySweep: ExpressibleByArgument {}

/// What `tessera accuracy run` prints.
struct AccuracySummary: Encodable {
  let schemaVersion = Tessera.schemaVersion
  let metric: AccuracyResult.Metric
  let accuracy: Double
  let accuracyLow: Double
  let accuracyHigh: Double
  let integerAccuracy: Double
  let floatAccuracy: Double?
  let agreement: Double
  let imagesPerSecond: Double
  let identicalOutputs: Int
  let fidelity: AccuracyResult.Fidelity
  let fidelityCheck: AccuracyResult.FidelityCheck?
  let images: Int
  let chips: Int
  let dataset: String
  let title: String
  let array: ArrayConfiguration

  init(_ result: AccuracyResult) {
    metric = result.metric
    accuracy = result.accuracy.value
    accuracyLow = result.accuracy.low
    accuracyHigh = result.accuracy.high
    integerAccuracy = result.integerAccuracy.value
    floatAccuracy = result.floatAccuracy?.value
    agreement = result.agreement.value
    imagesPerSecond = result.imagesPerSecond
    identicalOutputs = result.identicalOutputs
    fidelity = result.fidelity
    fidelityCheck = result.fidelityCheck
    images = result.chips * result.imagesPerChip
    chips = result.chips
    dataset = result.dataset
    title = result.title
    array = result.array
  }

  var text: String {
    """
    \(title), \(array.readMode.rawValue)\(array.readMode == .rowParallel ? ", \(fidelity.rawValue)" : "")
    \(metric.rawValue)      \(String(format: "%.2f %%  (95 %%%@: %.2f to %.2f)", accuracy * 100, chips == 1 ? " over the images of one chip" : " over chips", accuracyLow * 100, accuracyHigh * 100))
    integer       \(String(format: "%.2f %%, agreement %.2f %%", integerAccuracy * 100, agreement * 100))
    outputs       \(identicalOutputs) of \(images) images equal the integer network's, code by code
    float         \(floatAccuracy.map { String(format: "%.2f %%", $0 * 100) } ?? "not evaluated")
    images        \(images) on \(chips) chip(s), \(dataset)
    rate          \(String(format: "%.1f images/s", imagesPerSecond))
    """ + (fidelityCheck.map { "\nfast          \($0.text)" } ?? "")
  }
}

extension StudyRunner.CellChoice: ExpressibleByArgument {
  /// Takes `ideal`, `mtj`, or the name of a published technology.
  public init?(argument: String) {
    switch argument {
    case "ideal": self = .ideal
    case "mtj": self = .junction
    default: self = .published(argument)
    }
  }

  /// How the default stands in the help.
  public var defaultValueDescription: String { self == .junction ? "mtj" : "\(self)" }
}

extension ArrayConfiguration.ReadMode: ExpressibleByArgument {}

extension AccuracyResult.Fidelity: ExpressibleByArgument {}
