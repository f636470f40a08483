import ArgumentParser
import Foundation
import Models
import Spice
import Study

extension SimulateCommand {
  /// `tessera simulate FILE`.
  struct File: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "file", abstract: "Run every analysis of a SPICE netlist.",
      discussion: """
        The netlist is read, checked and written anew for the simulator: .op, .dc, .ac, .tran and .measure of
        ngspice and plain SPICE. Commands (.control, *#) are refused; included files must lie in the netlist's
        directory, or in one that --allow-directory names. With --allow-control the netlist runs as it stands
        instead, in its own directory, unchecked and with all its commands, which may write files and start
        programs: only for netlists that you trust.

        Files: a table (.csv) and a picture for each analysis, all of them in simulation.raw, simulation.json,
        manifest.json.
        """)

    @Argument(help: ArgumentHelp("The netlist.", valueName: "file"))
    var file: String

    @OptionGroup var reading: ReadingOptions

    @Option(help: "The longest time that an analysis may take, in seconds.")
    var timeout: Double = 3600

    @Flag(help: "Run the netlist as it stands, with all its commands.")
    var allowControl = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
      if allowControl, !reading.isEmpty {
        throw ValidationError(
          "--allow-control runs the netlist as it stands; it takes no --set, --temperature, --allow-directory"
        )
      }
      guard timeout > 0, timeout <= 1e7 else {
        throw ValidationError("'--timeout' is \(timeout); expected above 0 and at most 1e7")
      }
    }

    func run() async throws {
      let began = Date()
      var reader = reading.reader
      reader.allowsControl = allowControl
      var simulation = NetlistSimulation(reader: reader, jobs: common.jobs, seed: common.seed ?? 1)
      simulation.timeoutSeconds = timeout
      let stem = URL(filePath: file).deletingPathExtension().lastPathComponent
      if allowControl {
        try await runVerbatim(simulation, to: common.directory(stem.isEmpty ? "simulate" : stem), began)
        return
      }
      let netlist = try simulation.read(file)
      let directory = try common.directory(stem.isEmpty ? "simulate" : stem)
      for remark in netlist.remarks { common.note("\(remark)") }
      let results = try await simulation.run(netlist)
      try common.show(results.report) { results.report.text }

      var files = [("simulation.json", try ResultFile.encode(results.report))]
      if !results.waveforms.isEmpty {
        let plots = results.waveforms.map {
          $0.waveforms.rawPlot(title: "\(netlist.circuit.title): \($0.label)")
        }
        files.append(("simulation.raw", Data(try RawFile(plots).bytes(.binary))))
      }
      var pictures: [Picture] = []
      for (label, isLogarithmic, waves) in results.waveforms {
        let name = label.fileName
        files.append(("\(name).csv", Data(waves.csv.utf8)))
        guard waves.count > 1, pictures.count < Self.mostPictures else { continue }
        let title = "\(netlist.circuit.title): \(label)"
        pictures.append(.waveforms(name, title: title, waves, isLogarithmic: isLogarithmic))
      }
      try common.write(
        files, pictures, to: directory,
        manifest: try simulation.manifest(of: netlist, command: CommandLine.arguments, began: began))
      guard results.failures.isEmpty else { throw NetlistProblems(results.failures, exitStatus: 70) }
    }

    private func runVerbatim(_ simulation: NetlistSimulation, to directory: URL, _ began: Date) async throws {
      let results = try await simulation.runVerbatim(file)
      try common.show(results.report) { results.report.text }
      var files = [("simulation.json", try ResultFile.encode(results.report))]
      if !results.plots.isEmpty {
        files.append(("simulation.raw", Data(try RawFile(results.plots).bytes(.binary))))
      }
      for (name, waves) in results.waveforms { files.append(("\(name.fileName).csv", Data(waves.csv.utf8))) }
      let pictures = results.waveforms.filter { $0.waveforms.count > 1 }.prefix(Self.mostPictures).map {
        Picture.waveforms($0.name.fileName, title: "\(file): \($0.name)", $0.waveforms, isLogarithmic: false)
      }
      try common.write(
        files, Array(pictures), to: directory,
        manifest: try simulation.manifest(
          ofVerbatim: file, command: CommandLine.arguments, began: began))
      if let failure = results.failure {
        throw NetlistProblems(
          [SpiceError(.simulationFailed, "\(failure).", place: file)], exitStatus: 70)
      }
    }

    /// Nested sweeps have a table for each outer value, but not as many pictures.
    private static let mostPictures = 8
  }
}
