import ArgumentParser
import Foundation
import Models
import Study

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
