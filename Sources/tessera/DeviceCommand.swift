import ArgumentParser
import Device
import Foundation
import Models
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
      let directory = try common.directory("levels")
      let spec = try common.spec(study)
      let run = CommandRun(try common.runner(spec), [])
      let ensemble = try await run.runner.ensemble(diameter: diameter)
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
      try common.write(
        [("levels.json", ResultFile.encode(ensemble))], [.sCurves([ensemble]), .levelHistogram(ensemble)],
        to: directory, of: run)
    }
  }
}
