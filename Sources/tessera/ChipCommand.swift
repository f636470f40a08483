import Accelerator
import ArgumentParser
import Foundation
import Models
import Study

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
      let run = CommandRun(try common.runner(common.spec(study)), .all)
      let (chips, notices) = try await run.runner.chips()
      try common.show(chips, saving: "chips.json", of: run) { ChipCommand.table(chips) }
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
      let run = CommandRun(try common.runner(common.spec(study)), .all)
      let (chips, notices) = try await run.runner.chips()
      var rows: [String: ChipComparison] = [:]
      var lines: [(String, String)] = []
      for chip in chips {
        guard let first = chips.first(where: { $0.array.readMode == chip.array.readMode }) else { continue }
        guard let ratio = try? ChipComparison(baseline: first, candidate: chip) else { continue }
        rows[chip.title] = ratio
        let text = String(
          format: "tiles %.2f  density %.2f  area %.2f  energy %.2f  latency %.2f  EDP %.2f",
          ratio.tileRatio, ratio.densityRatio, ratio.areaRatio, ratio.energyRatio, ratio.latencyRatio,
          ratio.energyDelayProductRatio)
        lines.append((chip.title, text))
      }
      let text = aligned(lines)
      try common.show(rows, saving: "comparison.json", of: run) { text }
      for notice in notices { common.note(notice) }
    }
  }

  static func table(_ chips: [ChipEstimate]) -> String {
    aligned(
      chips.map { chip in
        let text = String(
          format: "%5d tiles %7.2f mm2 %8.3f ms %9.1f uJ %6.2f TOPS/W %6.2f Mb/mm2", chip.tiles,
          chip.areaSquareMetres * 1e6, chip.latencySeconds * 1e3, chip.energyJoules * 1e6,
          chip.teraOperationsPerJoule, chip.densityMegabitsPerSquareMillimetre)
        return (chip.title, text)
      })
  }
}
