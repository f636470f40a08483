import ArgumentParser
import Circuit
import Foundation
import Models
import Spice
import Study

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
        let directory = try common.directory("transistors")
        let fitted = try await TransistorFit.run(transistors, on: pool) { _, _ in }
        try fitted.write(to: directory)
        try show(fitted.figures, transistors.targets)
        common.wrote(fitted.files.keys.sorted().map { directory.appending(path: $0) })
        return
      }
      let figures = try await TransistorFigures.extract(
        from: try transistors.card(corner: corner), temperatureCelsius: temperature, on: pool)
      // The targets are those of the typical corner at room temperature.
      try show(figures, corner == "tt" && temperature == 27 ? transistors.targets : nil)
    }

    private func show(_ figures: TransistorFigures, _ targets: TransistorTargets?) throws {
      try common.show(figures, saving: "figures.json") {
        aligned(
          figures.table(against: targets).map { row in
            let target = row.target.map { "  target \($0)" } ?? ""
            let verdict = row.isMet.map { $0 ? "  met" : "  MISSED" } ?? ""
            return (
              "\(row.subject) \(row.symbol)",
              String(format: "%10.4g ", row.value) + row.unit + target + verdict
            )
          })
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
      let directory = try common.directory("cells")
      let run = CommandRun(try common.runner(common.spec(study)), .circuits)
      let libraries = try await run.runner.libraries()
      try common.show(libraries) {
        aligned(
          libraries.map { library in
            let read = library.symbolRead
            let text = String(
              format: "delay %7.0f ps  energy %7.0f fJ  wrong codes %d of %d",
              read.delaySeconds.value * 1e12, read.meanEnergyJoules * 1e15, read.wrongCodes, read.reads)
            return (library.title, text)
          })
      }
      try common.write(
        libraries.map {
          ("\($0.technology)-\($0.bitsPerCell)bit.json", try ResultFile.encode($0))
        }, [], to: directory, of: run)
    }
  }

  struct Write: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "write",
      abstract: "The access transistor and supply that the write current asks for, cell by cell.")

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let run = CommandRun(try common.runner(common.spec(study)), .circuits)
      let writes = try await run.runner.writes()
      try common.show(writes, saving: "writes.json", of: run) {
        aligned(
          writes.map { cell in
            let write = cell.write
            let width = cell.requiredAccessWidthMetres
            let path =
              (width.isFinite
                ? String(format: "access transistor %.3g um", width * 1e6) : "no access transistor suffices")
              + String(
                format: " at %@ V; %.3g uA, %.3g V across the junction; ",
                write.supplyVolts.map { String(format: "%.3g", $0) }.joined(separator: " / "),
                write.requiredCurrentAmperes * 1e6, write.peakJunctionVolts)
            let pulses = write.energyJoules.map { String(format: "%.3g pJ", $0 * 1e12) }
            return (
              cell.title,
              path + pulses.joined(separator: ", ")
                + String(format: " a pulse, %.2g pulses a cell", write.meanPulses)
            )
          })
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
      let run = CommandRun(try common.runner(common.spec(study)), .circuits)
      let libraries = try await run.runner.libraries()
      let columns = libraries.compactMap { library in
        library.columnRead.map { TitledColumn(title: library.title, columnRead: $0) }
      }
      try common.show(columns, saving: "columns.json", of: run) {
        aligned(
          columns.map { titled in
            let column = titled.columnRead
            let text = String(
              format:
                "%d rows, %d bits: %.2g ns, INL %.2g levels, offsets %.2g levels (front end) and %.2g (each threshold), ",
              column.rowsPerRead, column.adcBits, column.delaySeconds * 1e9,
              column.integralNonlinearity, column.frontEndSigmaInCellLevels, column.offsetSigmaInCellLevels)
            return (titled.title, text + (column.feasible ? "feasible" : column.note))
          })
      }
    }
  }
}

/// A column read with the cells that it reads.
struct TitledColumn: Encodable {
  let title: String
  let columnRead: CellLibrary.ColumnRead
}
