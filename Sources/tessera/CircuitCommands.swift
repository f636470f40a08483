import ArgumentParser
import Circuit
import Foundation
import Models
import Spice
import Study

struct NetlistCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "netlist", abstract: "The circuits as netlists.", subcommands: [List.self, Export.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Names of the circuits.")

    @OptionGroup var common: CommonOptions

    func run() throws {
      let list = ShippedCircuit.allCases.map { ["name": $0.rawValue, "title": $0.title] }
      try common.show(list, saving: "netlists.json") {
        aligned(ShippedCircuit.allCases.map { ($0.rawValue, $0.title) })
      }
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export", abstract: "Write a circuit, or a netlist of one's own, in any dialect.",
      discussion: """
        NAME is a circuit of `tessera netlist list`, all of them (`all`, with --output), or a netlist file, which
        is read and checked as by `tessera simulate`. A netlist with several analyses gives a deck for each;
        without --output, --analysis names the one to write.

        The deck goes to stdout, or with --output to DIR/NAME with the dialect's extension. Model cards stand in
        it, except that an ngspice deck includes the file: see --inline-models.
        """)

    @Argument(help: "A circuit of `tessera netlist list`, all, or a netlist file.")
    var name: String

    @Option(help: "Dialect of the netlist.")
    var dialect: Dialect = .ngspice

    @Flag(help: "Write the model cards into an ngspice deck too, so that it is a single file.")
    var inlineModels = false

    @Option(help: ArgumentHelp("Transistor library of a circuit.", valueName: "name or card.toml"))
    var library: String?

    @Option(help: "Corner of the library.")
    var corner: String = "tt"

    @Option(help: "Of a netlist file, the analysis to write, as `tessera simulate` calls it: tran, dc v1.")
    var analysis: String?

    @OptionGroup var reading: ReadingOptions

    @OptionGroup var common: CommonOptions

    private var circuits: [ShippedCircuit] {
      name == "all" ? ShippedCircuit.allCases : ShippedCircuit(rawValue: name).map { [$0] } ?? []
    }

    func validate() throws {
      if name == "all", common.output == nil { throw ValidationError("'all' needs --output DIR") }
      if circuits.isEmpty {
        guard library == nil, corner == "tt" else {
          throw ValidationError("a netlist file has its own models; it takes no --library, --corner")
        }
        if dialect == .cdl, analysis != nil {
          throw ValidationError("CDL has the structure alone; it takes no --analysis")
        }
      } else if !reading.isEmpty || analysis != nil {
        throw ValidationError(
          "--analysis, --set, --temperature and --allow-directory are of a netlist file, not of '\(name)'")
      }
    }

    func run() async throws {
      let folder = common.output.map { URL(filePath: $0, directoryHint: .isDirectory) }
      let writer = NetlistWriter(dialect: dialect, inlinesModels: inlineModels ? true : nil)
      let decks = try await circuits.isEmpty ? converted(writer, folder) : shipped(writer, folder)
      if let folder {
        for deck in decks {
          let url = folder.appending(path: "\(deck.name).\(dialect.fileExtension)")
          try ResultFile.write(deck.netlist, to: url)
          common.wrote([url])
        }
      }
      if common.format == .json {
        try common.show(decks) { "" }
      } else if folder == nil {
        for deck in decks { print(deck.netlist, terminator: "") }
      }
    }

    private struct Deck: Encodable {
      var name: String
      var title: String
      var dialect: String
      var netlist: String
    }

    private func shipped(_ writer: NetlistWriter, _ folder: URL?) async throws -> [Deck] {
      let spec = try common.spec(nil)
      let bench = SimulationBench(
        pool: try WorkerPool(workers: 1),
        corner: try TransistorLibrary.load(library ?? spec.transistors.library).card(corner: corner))
      let device = try common.runner(spec).deviceSpec(diameter: spec.device.diameterMetres)
      var decks: [Deck] = []
      for circuit in circuits {
        var simulation = try await circuit.simulation(on: bench, device: device)
        if let folder, !writer.inlinesModels { simulation.circuit.relocateIncludes(relativeTo: folder) }
        decks.append(
          Deck(
            name: circuit.rawValue, title: circuit.title, dialect: dialect.rawValue,
            netlist: try writer.deck(simulation).text))
      }
      return decks
    }

    private func converted(_ writer: NetlistWriter, _ folder: URL?) throws -> [Deck] {
      guard FileManager.default.fileExists(atPath: name) else {
        let known = ShippedCircuit.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("no circuit and no file '\(name)'; circuits are \(known)")
      }
      let simulation = NetlistSimulation(reader: reading.reader, jobs: 1, seed: common.seed ?? 1)
      let result = try NetlistConversion(simulation: simulation, writer: writer).convert(name, into: folder)
      for remark in result.remarks { common.note(remark) }
      let labels = result.decks.map(\.label).joined(separator: ", ")
      let chosen = result.decks.filter { analysis == nil || $0.label == analysis }
      if let analysis, chosen.isEmpty {
        throw ValidationError("the netlist has no analysis '\(analysis)'; it has \(labels)")
      }
      guard chosen.count == 1 || folder != nil || common.format == .json else {
        throw ValidationError("the netlist has several analyses: \(labels); choose with --analysis")
      }
      let stem = URL(filePath: name).deletingPathExtension().lastPathComponent
      return chosen.map { deck in
        Deck(
          name: chosen.count == 1 ? stem : "\(stem)-\(deck.label.fileName)", title: deck.title,
          dialect: deck.dialect, netlist: deck.netlist)
      }
    }
  }
}

struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Simulate a netlist, a read or a write: measurements, waveforms, picture.",
    subcommands: [File.self, Read.self, Write.self], defaultSubcommand: File.self)

  struct Read: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "read", abstract: "Read one cell to its symbol.",
      discussion: """
        The timing is closed at the given contrast (shortest precharge and develop times that leave the
        required comparator input at every level) unless --precharge and --develop are given.
        """)

    @Option(help: "Magnetoresistance at zero bias, as a fraction (0.05 to 10).")
    var tmr: Double = 1.2

    @Option(help: "Level that the cell holds (0 to 2^bits - 1).")
    var level: Int = 0

    @Option(help: "Bits per cell (1 or 2).")
    var bits: Int = 2

    @Option(help: "Precharge time in seconds.")
    var precharge: Double?

    @Option(help: "Develop time in seconds.")
    var develop: Double?

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
      guard bits == 1 || bits == 2 else { throw ValidationError("'--bits' is \(bits); expected 1 or 2") }
      guard (0..<(1 << bits)).contains(level) else {
        throw ValidationError("'--level' is \(level); expected 0 to \((1 << bits) - 1)")
      }
      guard (0.05...10).contains(tmr) else { throw ValidationError("'--tmr' is \(tmr); expected 0.05 to 10") }
      guard (precharge == nil) == (develop == nil) else {
        throw ValidationError("--precharge and --develop go together")
      }
      for (name, value) in [("precharge", precharge), ("develop", develop)] {
        guard let value, !(1e-12...1e-6).contains(value) else { continue }
        throw ValidationError("'--\(name)' is \(value); expected 1e-12 to 1e-6")
      }
    }

    func run() async throws {
      let directory = try common.directory("read")
      let run = CommandRun(try common.runner(common.spec(study)), .circuits)
      let (report, waves) = try await run.runner.simulateRead(
        tmr: tmr, bits: bits, level: level,
        timing: precharge.flatMap { precharge in develop.map { (precharge, $0) } })
      let trace = ReadTrace(level: level, code: report.code, waveforms: waves)
      try common.show(report) { report.text }
      try common.write(
        [("read.json", ResultFile.encode(report)), ("read.csv", Data(waves.csv.utf8))], [.read(trace)],
        to: directory, of: run)
    }
  }

  struct Write: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "write", abstract: "Write one cell with one pulse.",
      discussion: "Driver supply and access transistor are what the write current asks for, unless given.")

    @Option(help: "Direction: forward (towards antiparallel) or degenerated (towards parallel).")
    var polarity: WritePolarity?

    @Option(help: "Driver supply in volt.")
    var supply: Double?

    @Option(help: "Width of the access transistor in metres.")
    var width: Double?

    @Option(help: "Pulse width in seconds.")
    var pulse: Double?

    @Option(help: "Junctions whose grains are solved together with the circuit, beside the compact model.")
    var liveJunctions = 0

    @Option(help: ArgumentHelp("Study file whose settings apply.", valueName: "file.toml"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let directory = try common.directory("write")
      let run = CommandRun(try common.runner(common.spec(study)), .circuits)
      let (report, traces) = try await run.runner.simulateWrite(
        polarities: polarity.map { [$0] } ?? WritePolarity.allCases, supplyVolts: supply,
        accessWidth: width, pulseSeconds: pulse, liveJunctions: liveJunctions)
      var pictures: [Picture] = []
      var files = [("write.json", try ResultFile.encode(report))]
      for (circuit, waves) in traces {
        files.append(("write-\(circuit.polarity.rawValue).csv", Data(waves.csv.utf8)))
        pictures.append(.write(try WriteTrace(circuit, waveforms: waves)))
      }
      try common.show(report) { report.text }
      try common.write(files, pictures, to: directory, of: run)
    }
  }
}

extension WritePolarity: ExpressibleByArgument {}
extension Dialect: ExpressibleByArgument {}
