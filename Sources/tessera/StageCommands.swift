import Accelerator
import ArgumentParser
import Circuit
import Device
import Foundation
import Models
import Spice
import Study

struct DeviceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device", abstract: "The junction: levels and their spread.", subcommands: [Levels.self])

  struct Levels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "levels", abstract: "Level statistics of an ensemble of devices (analytic grain law).")

    @Option(help: "Diameter in metres.")
    var diameter: Double = 50e-9

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let spec = try common.spec(study)
      let ensemble = try await common.runner(spec).ensemble(diameter: diameter)
      let directory = common.directory("levels")
      try ResultFile.write(ResultFile.encode(ensemble), to: directory.appending(path: "levels.json"))
      let written = try PictureFiles.write(
        [.sCurves([ensemble]), .levelHistogram(ensemble)], to: directory)
      let criterion = spec.device.reliabilityCriterion
      try common.show(ensemble) {
        ensemble.levels.map { levels in
          let worst = levels.levels.map(\.symbolError.value).max() ?? 0
          let high = levels.levels.map(\.symbolError.high).max() ?? 0
          return "\(levels.bitsPerCell) bit, \(levels.programming.scheme.rawValue): worst symbol error "
            + String(format: "%.2g (95 %% below %.2g), ", worst, high)
            + "reliable levels at \(criterion): \(levels.reliableLevels(criterion: criterion))"
        }.joined(separator: "\n")
      }
      for notice in written.notices { common.note(notice) }
      common.wrote(written.files)
    }
  }
}

struct CharacterizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "characterize", abstract: "Campaigns that fill the cell library.",
    subcommands: [Transistors.self, Read.self, Write.self, Converter.self])

  struct Transistors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "transistors", abstract: "Extract the table of a transistor library by simulation.",
      discussion: "With --fit the cards are fitted again from their documented start and written to --output."
    )

    @Option(help: ArgumentHelp("Transistor library.", valueName: "name or card.toml"))
    var library: String = "tessera45"

    @Option(help: "Corner of the library.")
    var corner: String = "tt"

    @Option(help: "Temperature in degree Celsius.")
    var temperature: Double = 27

    @Flag(help: "Fit the library's cards again.")
    var fit = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let transistors = try TransistorLibrary.load(library)
      let pool = try WorkerPool(workers: common.jobs)
      if fit {
        let fitted = try await TransistorFit.run(transistors, on: pool) { _, _ in }
        let directory = common.directory("transistors")
        try fitted.write(to: directory)
        try show(fitted.figures, transistors)
        common.wrote(fitted.files.keys.sorted().map { directory.appending(path: $0) })
        return
      }
      let figures = try await TransistorFigures.extract(
        from: try transistors.card(corner: corner), temperatureCelsius: temperature, on: pool)
      try show(figures, transistors)
    }

    private func show(_ figures: TransistorFigures, _ library: TransistorLibrary) throws {
      try common.show(figures) {
        figures.table(against: library.targets).map { row in
          let target = row.target.map { "  target \($0)" } ?? ""
          let verdict = row.isMet.map { $0 ? "  met" : "  MISSED" } ?? ""
          return "\(row.subject) \(row.symbol)".padding(toLength: 18, withPad: " ", startingAt: 0)
            + String(format: "%10.4g ", row.value) + row.unit + target + verdict
        }.joined(separator: "\n")
      }
    }
  }

  struct Read: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "read", abstract: "Cell libraries of the study: reads, columns and writes.")

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let libraries = try await common.runner(common.spec(study)).libraries()
      let directory = common.directory("cells")
      var urls: [URL] = []
      for library in libraries {
        let url = directory.appending(path: "\(library.technology)-\(library.bitsPerCell)bit.json")
        try ResultFile.write(ResultFile.encode(library), to: url)
        urls.append(url)
      }
      try common.show(libraries) {
        libraries.map { library in
          let read = library.symbolRead
          return library.title.padding(toLength: 26, withPad: " ", startingAt: 0)
            + String(
              format: "delay %7.0f ps  energy %7.0f fJ  wrong codes %d of %d",
              read.delaySeconds.value * 1e12, read.meanEnergyJoules * 1e15, read.wrongCodes, read.reads)
        }.joined(separator: "\n")
      }
      common.wrote(urls)
    }
  }

  struct Write: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "write", abstract: "The access transistor and supply that the write current asks for.")

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let library = try await common.runner(common.spec(study)).libraries()[0]
      try common.show(library.write) {
        guard let write = library.write else { return "no write path" }
        return String(
          format:
            "access transistor %.3g um at %.2g V; %.3g uA, %.3g V across the junction; %.3g pJ, %.3g pJ",
          library.cell.requiredAccessWidthMetres * 1e6, write.supplyVolts,
          write.requiredCurrentAmperes * 1e6, write.peakJunctionVolts,
          (write.energyJoules.first ?? 0) * 1e12, (write.energyJoules.last ?? 0) * 1e12)
      }
    }
  }

  struct Converter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "adc", abstract: "Column reads of several rows through a flash converter.")

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let libraries = try await common.runner(common.spec(study)).libraries()
      try common.show(libraries.map(\.columnRead)) {
        libraries.compactMap { library in
          library.columnRead.map { column in
            library.title.padding(toLength: 26, withPad: " ", startingAt: 0)
              + String(
                format: "%d rows, %d bits: %.2g ns, INL %.2g levels, offset %.2g levels, ",
                column.rowsPerRead, column.adcBits, column.delaySeconds * 1e9,
                column.integralNonlinearity, column.offsetSigmaInCellLevels)
              + (column.feasible ? "feasible" : column.note)
          }
        }.joined(separator: "\n")
      }
    }
  }
}

struct SweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Sweeps.", subcommands: [Contrast.self])

  struct Contrast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "tmr", abstract: "Contrast against read delay, energy and errors.")

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      var spec = try common.spec(study)
      spec.comparison.technologies = []
      let points = try await common.runner(spec).readSweep()
      let directory = common.directory("sweep")
      try ResultFile.write(ResultFile.encode(points), to: directory.appending(path: "sweep.json"))
      let written = try PictureFiles.write([.readSweep(points)], to: directory)
      try common.show(points) {
        points.map { point in
          String(format: "%d bit  TMR %4.0f %%  ", point.bitsPerCell, point.tmrZeroBias * 100)
            + (point.read.map { read in
              String(
                format: "delay %6.0f ps  energy %6.0f fJ  wrong %d of %d  area %.0f um2",
                read.delaySeconds.value * 1e12, read.meanEnergyJoules * 1e15, read.wrongCodes, read.reads,
                read.senseArea * 1e12)
            } ?? point.failure ?? "")
        }.joined(separator: "\n")
      }
      for notice in written.notices { common.note(notice) }
      common.wrote(written.files)
    }
  }
}

struct ChipCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chip", abstract: "The accelerator.", subcommands: [Estimate.self, Compare.self])

  struct Estimate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "estimate", abstract: "Area, latency and energy of every chip of the study.")

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let (chips, notices) = try await common.runner(common.spec(study)).chips()
      try common.show(chips) { ChipCommand.table(chips) }
      for notice in notices { common.note(notice) }
    }
  }

  struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "compare", abstract: "Every chip against the first of its read mode.")

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let (chips, notices) = try await common.runner(common.spec(study)).chips()
      var rows: [String: ChipComparison] = [:]
      var lines: [String] = []
      for chip in chips {
        guard let first = chips.first(where: { $0.array.readMode == chip.array.readMode }) else { continue }
        guard let ratio = try? ChipComparison(baseline: first, candidate: chip) else { continue }
        rows[chip.title] = ratio
        lines.append(
          chip.title.padding(toLength: 52, withPad: " ", startingAt: 0)
            + String(
              format: "tiles %.2f  density %.2f  area %.2f  energy %.2f  latency %.2f  EDP %.2f",
              ratio.tileRatio, ratio.densityRatio, ratio.areaRatio, ratio.energyRatio, ratio.latencyRatio,
              ratio.energyDelayProductRatio))
      }
      let text = lines.joined(separator: "\n")
      try common.show(rows) { text }
      for notice in notices { common.note(notice) }
    }
  }

  static func table(_ chips: [ChipEstimate]) -> String {
    chips.map { chip in
      chip.title.padding(toLength: 52, withPad: " ", startingAt: 0)
        + String(
          format: "%5d tiles %7.2f mm2 %8.3f ms %9.1f uJ %6.2f TOPS/W %6.2f Mb/mm2", chip.tiles,
          chip.areaSquareMetres * 1e6, chip.latencySeconds * 1e3, chip.energyJoules * 1e6,
          chip.teraOperationsPerJoule, chip.densityMegabitsPerSquareMillimetre)
    }.joined(separator: "\n")
  }
}

struct AccuracyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accuracy", abstract: "Network accuracy on imperfect cells.", subcommands: [Run.self])

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "run", abstract: "Bit-true execution of the network on crossbars.")

    @Option(help: "Cells: ideal, mtj, rram or pcm.")
    var cells: StudyRunner.CellChoice = .mtj

    @Option(help: "Bits per cell (1 or 2).")
    var bits: Int = 2

    @Option(help: "Read mode: rowSequential or rowParallel.")
    var mode: ArrayConfiguration.ReadMode = .rowSequential

    @Option(help: "Rows summed in a row-parallel read.")
    var rows: Int?

    @Option(help: "Bits of the row-parallel converter (1 to 16).")
    var adcBits: Int?

    @Option(help: "Chips with their own frozen errors.")
    var chips: Int = 1

    @Option(help: "Images in all, split evenly over the chips.")
    var images: Int = 100

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
      guard bits == 1 || bits == 2 else { throw ValidationError("'--bits' is \(bits); expected 1 or 2") }
      guard chips >= 1, images >= chips, images % chips == 0 else {
        throw ValidationError(
          "'--images' is \(images); expected a multiple of the \(chips) chips, one image or more each")
      }
    }

    func run() async throws {
      let spec = try common.spec(study)
      let array = ArrayConfiguration(
        rows: spec.array.rows, columns: spec.array.columns, readMode: mode,
        rowsPerRead: rows ?? spec.array.rowsPerRead, adcBits: adcBits ?? spec.array.adcBits,
        columnsPerSense: spec.array.columnsPerSense, signScheme: spec.array.signScheme)
      let result = try await common.runner(spec).accuracy(
        cells: cells, bits: bits, array: array, chips: chips, images: images)
      let summary = AccuracySummary(result)
      try common.show(summary) { summary.text }
    }
  }
}

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
    images = result.chips * result.imagesPerChip
    chips = result.chips
    dataset = result.dataset
    title = result.title
    array = result.array
  }

  var text: String {
    """
    \(title), \(array.readMode.rawValue)
    \(metric.rawValue)      \(String(format: "%.2f %%  (95 %%: %.2f to %.2f)", accuracy * 100, accuracyLow * 100, accuracyHigh * 100))
    integer       \(String(format: "%.2f %%, agreement %.2f %%", integerAccuracy * 100, agreement * 100))
    float         \(floatAccuracy.map { String(format: "%.2f %%", $0 * 100) } ?? "not evaluated")
    images        \(images) on \(chips) chip(s), \(dataset)
    rate          \(String(format: "%.1f images/s", imagesPerSecond))
    """
  }
}

extension StudyRunner.CellChoice: ExpressibleByArgument {}
extension ArrayConfiguration.ReadMode: ExpressibleByArgument {}
