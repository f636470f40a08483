import ArgumentParser
import Device
import Foundation
import Models
import Study

struct DeviceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device",
    abstract: "The junction: switching, levels and their spread, retention, compact model, design map.",
    subcommands: [
      Switch.self, Levels.self, RetentionCommand.self, Fit.self, Map.self, Couplings.self, Compare.self,
      Validate.self,
    ])
}

/// The junction that a device command looks at.
struct JunctionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
  var study: String?

  @Option(help: "Diameter in metres; by default the study's own.")
  var diameter: Double?

  @Option(help: "Pulse width in seconds; by default the device's own.")
  var pulseWidth: Double?

  @Option(help: "Temperature in kelvin; by default the device's own.")
  var temperature: Double?

  @Option(
    help: """
      Devices of the ensemble, of each point of a map, or whose barriers are sampled; by default the study's own, or 8 in a
      map. Couplings and comparisons have samples of their own.
      """)
  var devices: Int?

  @Option(help: "Writes of each device at each current; by default the study's own, or 4 in a map.")
  var cycles: Int?

  /// What every device command begins with: where it writes, its run, and the junction.
  ///
  /// - Parameter agesAll: Whether barriers are sampled in as many devices as the options say.
  func begin(
    _ name: String, _ common: CommonOptions, agesAll: Bool = false
  ) throws -> (directory: URL, run: CommandRun, junction: DeviceSpec) {
    let directory = try common.directory(name)
    var spec = try spec(common)
    if agesAll, let devices { spec.device.retentionDevices = devices }
    let run = CommandRun(try common.runner(spec), [])
    return (directory, run, try junction(run.runner))
  }

  /// The study with what the options say.
  private func spec(_ common: CommonOptions) throws -> StudySpec {
    var spec = try common.spec(study)
    if let devices { spec.device.devices = devices }
    if let cycles { spec.device.cycles = cycles }
    if let diameter { spec.device.diameterMetres = diameter }
    spec.device.diametersMetres = [spec.device.diameterMetres]
    try spec.validate()
    return spec
  }

  /// The junction.
  private func junction(_ runner: StudyRunner) throws -> DeviceSpec {
    var junction = try runner.deviceSpec(diameter: runner.spec.device.diameterMetres)
    if let pulseWidth { junction.dynamics.pulseWidthSeconds = pulseWidth }
    if let temperature { junction.temperatureKelvin = temperature }
    try junction.validate(at: runner.spec.device.file)
    return junction
  }
}

extension DeviceCommand {
  struct Switch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "switch",
      abstract: "One junction against time and current: magnetisation, conductance, S-curve, minor loops.")

    @Option(help: "Index of the junction in its ensemble.")
    var junction = 0

    @OptionGroup var options: JunctionOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let (directory, run, spec) = try options.begin("switch", common)
      let record = try await run.runner.switching(
        of: spec, junction: junction, cycles: run.runner.spec.device.cycles)
      try common.show(record) {
        aligned(
          record.curve.map { point in
            let mean = point.fractions.reduce(0, +) / Double(max(1, point.fractions.count))
            return (
              String(format: "%.3f I_c", point.drive),
              String(
                format: "%.3f parallel (%.3f to %.3f)", mean, point.fractions.min() ?? 0,
                point.fractions.max() ?? 0)
            )
          })
      }
      try common.write(
        [("switching.json", ResultFile.encode(record))], [.switching(record)], to: directory, of: run)
    }
  }

  struct Levels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "levels",
      abstract: "Levels of ensembles and their spread between devices and cycles, one pulse and verified.")

    @Option(
      parsing: .upToNextOption,
      help:
        "Diameters in metres to set beside one another, one pulse alone; by default the study's own, both schemes."
    )
    var diameters: [Double] = []

    @Option(parsing: .upToNextOption, help: "Pulse widths in seconds to set beside one another.")
    var pulseWidths: [Double] = []

    @Option(parsing: .upToNextOption, help: "Temperatures in kelvin to set beside one another.")
    var temperatures: [Double] = []

    @Flag(help: "Verified levels too where ensembles stand beside one another; takes longer.")
    var verified = false

    @Option(help: "Law: grains (engine) or analytic.")
    var law: Law = .grains

    @OptionGroup var options: JunctionOptions
    @OptionGroup var common: CommonOptions

    enum Law: String, ExpressibleByArgument, CaseIterable, Sendable { case grains, analytic }

    func run() async throws {
      let (directory, run, base) = try options.begin("levels", common)
      let runner = run.runner
      let isSweep = !(diameters.isEmpty && pulseWidths.isEmpty && temperatures.isEmpty)
      var specs: [DeviceSpec] = []
      for diameter in diameters.isEmpty ? [base.diameterMetres] : diameters {
        for width in pulseWidths.isEmpty ? [base.dynamics.pulseWidthSeconds] : pulseWidths {
          for kelvin in temperatures.isEmpty ? [base.temperatureKelvin] : temperatures {
            var spec = base
            spec.diameterMetres = diameter
            spec.dynamics.pulseWidthSeconds = width
            spec.temperatureKelvin = kelvin
            try spec.validate(at: runner.spec.device.file)
            specs.append(spec)
          }
        }
      }
      let ensembles: [DeviceCharacterization]
      switch law {
      case .grains: ensembles = try await runner.ensembles(of: specs, whole: !isSweep || verified)
      case .analytic: ensembles = try await runner.analyticEnsembles(of: specs)
      }
      let criterion = runner.spec.device.reliabilityCriterion
      try common.show(LevelReport(ensembles: ensembles)) {
        ensembles.flatMap { $0.lines(criterion: criterion) }.joined(separator: "\n")
      }
      let pictures: [Picture] =
        [.sCurves(ensembles)] + (isSweep ? [.levelSpread(ensembles)] : ensembles.map { .levelHistogram($0) })
      try common.write(
        [("levels.json", ResultFile.encode(LevelReport(ensembles: ensembles)))], pictures, to: directory,
        of: run)
    }
  }

  struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retention",
      abstract: "What becomes of stored levels: ten years at 27, 85 and 125 C, and under reading.")

    @Option(help: "Read voltage across the junction in volt, applied all the time.")
    var readVolts = 0.1

    @OptionGroup var options: JunctionOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let (directory, run, spec) = try options.begin("retention", common, agesAll: true)
      let report = try await run.runner.retention(of: spec, readVolts: readVolts)
      try common.show(report) { report.text }
      try common.write(
        [("retention.json", ResultFile.encode(report))], [.retention(report)], to: directory, of: run)
    }
  }

  struct Fit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fit", abstract: "The junction as a circuit element, fitted to the grain engine.")

    @OptionGroup var options: JunctionOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let (directory, run, spec) = try options.begin("fit", common)
      let report = try await run.runner.fit(of: spec)
      try common.show(report) { report.text }
      try common.write(
        [
          ("fit.json", ResultFile.encode(report)), ("compact.json", ResultFile.encode(report.model)),
        ], [.compactFit(report)], to: directory, of: run)
    }
  }

  struct Map: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "map",
      abstract: "Design map: regime, levels, write voltage and retention over the layer's parameters.")

    @OptionGroup var options: JunctionOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let (directory, run, spec) = try options.begin("map", common)
      let map = try await run.runner.designMap(
        around: spec, devices: options.devices ?? 8, cycles: options.cycles ?? 4)
      try common.show(map) { map.text }
      try common.write(
        [("map.json", ResultFile.encode(map)), ("map.csv", Data(map.csv.utf8))],
        [.designMap(map), .designFront(map)],
        to: directory, of: run)
    }
  }

  struct Couplings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "couplings",
      abstract:
        "The grain engine's film exchange and dipoles, fitted to energies on a finite-difference mesh.")

    @Option(help: "Junctions.")
    var junctions = 4

    @Option(help: "Patterns of grains up and down on each junction.")
    var patterns = 12

    @Option(help: "Edge of a cell in metres (0.2e-9 to 5e-9).")
    var cell = 0.5e-9

    @OptionGroup var options: JunctionOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let (directory, run, spec) = try options.begin("couplings", common)
      var sampling = CouplingFit.Sampling()
      sampling.junctions = junctions
      sampling.patterns = patterns
      sampling.cellMetres = cell
      let fit = try await run.runner.couplings(of: spec, sampling: sampling)
      try common.show(fit) { fit.text }
      try common.write(
        [("couplings.json", ResultFile.encode(fit)), ("couplings.csv", Data(fit.csv.utf8))],
        [.couplings(fit)], to: directory, of: run)
    }
  }

  struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "compare",
      abstract: "One junction on a finite-difference mesh and by the grain engine: response to one pulse.")

    @Option(help: "Index of the junction in its ensemble.")
    var junction = 0

    @Option(parsing: .upToNextOption, help: "Currents over the critical one, rising.")
    var drives = EngineComparison.Sampling().drives

    @Flag(help: "Also the device with weakly coupled grains, and with a stiff film on small grains.")
    var regimes = false

    @Option(help: "Pulses at each current on the mesh, some 20 seconds each on one core at 2 nm.")
    var pulses = EngineComparison.Sampling().pulses

    @Option(help: "Edge of a cell in metres (0.5e-9 to 5e-9).")
    var cell = EngineComparison.Sampling().cellMetres

    @Flag(
      help:
        "Cells with the device's own parameters, of which thermal waves shorter than a grain then take a part."
    )
    var unscaled = false

    @OptionGroup var options: JunctionOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let (directory, run, spec) = try options.begin("compare", common)
      var report = EngineReport(comparisons: [])
      for (index, regime) in EngineComparison.regimes(of: spec).enumerated() where regimes || index == 0 {
        var sampling = EngineComparison.Sampling()
        sampling.junction = junction
        sampling.drives = index == 0 ? drives : regime.drives
        sampling.pulses = pulses
        sampling.cellMetres = cell
        sampling.givesLengthsBack = !unscaled
        report.comparisons.append(
          try await run.runner.engineComparison(of: regime.spec, sampling: sampling))
      }
      let device = report.comparisons[0]
      try common.show(report) { report.text }
      try common.write(
        [
          ("compare.json", ResultFile.encode(report)), ("film.ovf", device.halfway.filmFile.data),
          ("grains.ovf", device.halfway.grainsFile.data),
        ], [.engines(report), .halfway(device.halfway)], to: directory, of: run)
    }
  }

  struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "validate",
      abstract: "The physics beside published results: id, computed, published, difference, tolerance, pass.")

    @Flag(help: "Leave out what takes more than some seconds.")
    var quick = false

    @Option(parsing: .upToNextOption, help: "Ids of the cases to run; by default all.")
    var only: [String] = []

    @OptionGroup var common: CommonOptions

    func validate() throws {
      if let unknown = only.first(where: { id in !ValidationCase.all.contains { $0.id == id } }) {
        throw ValidationError(
          "no case '\(unknown)'; expected some of \(ValidationCase.all.map(\.id).joined(separator: ", "))")
      }
    }

    func run() async throws {
      let directory = try common.directory("validation")
      let run = CommandRun(try common.runner(try common.spec(nil)), [])
      let cases = ValidationCase.all.filter {
        (only.isEmpty || only.contains($0.id)) && !(quick && $0.isLong)
      }
      let report = try await run.runner.validation(cases)
      try common.show(report) { report.text }
      try common.write(
        [
          ("validation.json", ResultFile.encode(report)), ("references.bib", Data(report.bibTeX.utf8)),
        ], [], to: directory, of: run)
      guard report.pass else { throw ExitCode(1) }
    }
  }
}
