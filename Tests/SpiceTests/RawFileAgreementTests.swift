import Spice
import TestSupport
import Testing

/// Raw files between this library and other programs, in both directions.
@Suite(.requiresNgspice, .requiresProgram("ngspice")) struct RawFileAgreementTests {
  /// One simulation of each analysis.
  enum Example: String, CaseIterable {
    case transient, lowPass, sweep, operatingPoint

    var simulation: Simulation {
      var circuit = Circuit(title: "divider: 3/4")
      circuit.voltageSource("v1", "1", .ground, .dc(0.5), ac: ACStimulus(magnitude: 1))
      circuit.resistor("r1", "1", "out", 1e3)
      circuit.resistor("r2", "out", .ground, 3e3)
      switch self {
      case .transient:
        return Simulation(
          Circuits.ring(stages: 5), .transient(step: 1e-12, stop: 1e-9, maximumStep: 1e-11),
          saving: ["v(n0)", "v(n1)", "i(vdd)"])
      case .lowPass:
        circuit.capacitor("c1", "out", .ground, 1e-9)
        return Simulation(
          circuit, .ac(pointsPerDecade: 10, start: 1e3, stop: 1e7), saving: ["v(out)", "i(v1)"])
      case .sweep:
        return Simulation(
          circuit, .dcSweep(source: "v1", start: -1, stop: 1, step: 0.125),
          saving: ["v(1)", "v(out)", "i(v1)"])
      case .operatingPoint: return Simulation(circuit, .operatingPoint, saving: ["v(1)", "v(out)", "i(v1)"])
      }
    }

    func waveforms() async throws -> Waveforms {
      try await WorkerPool(workers: 1).run(simulation).waveforms()
    }
  }

  /// Runs a deck with lines of the control language in the plain program.
  private func control(
    _ lines: [String], deck: String = "title\nr1 a 0 1\n", in directory: TemporaryDirectory
  ) throws {
    let body = deck.split(separator: "\n").filter { $0 != ".end" }.joined(separator: "\n")
    let text = body + "\n.control\n" + lines.joined(separator: "\n") + "\n.endc\n.end\n"
    let path = try directory.write(text, to: "control.cir")
    let program = try #require(Program.find("ngspice"))
    _ = try Program.run(program, ["-b", path], in: directory.path)
    let errors = try #require(contents(of: "\(directory.path)/stderr"))
    #expect(!errors.contains("Error") && !errors.contains("bad rawfile"), "\(errors)")
  }

  private func isClose(_ a: [Double], _ b: [Double], _ relative: Double) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= relative * abs($1) }
  }

  /// ngspice's text has 16 digits, one too few for every double: half a unit of the last, and of the double.
  private static let digits = 5e-16 + 0x1p-53

  private func isSame(_ a: Waveforms, _ b: Waveforms, within relative: Double) throws -> Bool {
    var same = a.signals == b.signals && isClose(a.scale, b.scale, relative)
    for signal in b.signals {
      same = try same && isClose(a.signal(signal).y, b.signal(signal).y, relative)
      same = try same && isClose(a.imaginaryPart(signal).y, b.imaginaryPart(signal).y, relative)
    }
    return same
  }

  /// Whether two plots hold the same numbers under the same names.
  ///
  /// `write` changes their order, and puts the name of a swept voltage source into `v()`.
  private func hasSameBits(_ a: RawFile.Plot, _ b: RawFile.Plot) -> Bool {
    func columns(_ plot: RawFile.Plot) -> [String: [[UInt64]]] {
      let pairs = plot.variables.map { variable in
        (
          variable.name == "v(v1)" ? "v1" : variable.name,
          [variable.real.map(\.bitPattern), variable.imaginary.map(\.bitPattern)]
        )
      }
      return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
    return columns(a) == columns(b) && a.variables.count == b.variables.count
  }

  /// What the program writes in batch mode is what the library returns: to the bit, or to the digits of its text.
  @Test(arguments: Example.allCases)
  func batchMode(example: Example) async throws {
    let ours = try await example.waveforms()
    let program = try #require(Program.find("ngspice"))
    let env = try #require(Program.find("env"))
    let simulation = example.simulation
    let text = NgspiceWriter().deck(simulation).text
    for (setting, digits) in [("A=1", 0.0), ("SPICE_ASCIIRAWFILE=1", Self.digits)] {
      let directory = try TemporaryDirectory()
      let deck = try directory.write(text, to: "deck.cir")
      let path = "\(directory.path)/out.raw"
      #expect(try Program.run(env, [setting, program, "-b", "-r", path, deck], in: directory.path) == 0)
      let isText = try #require(contents(of: path)).contains("Values:")
      #expect(isText == (digits > 0))
      let file = try RawFile(contentsOf: path)
      #expect(file.plots.count == 1 && file.plots[0].title == simulation.circuit.title)
      let theirs = try Waveforms(file.plots[0], of: simulation.circuit)
      let same = try isSame(theirs, ours, within: digits)
      #expect(same)
      #expect(theirs.scaleUnit == ours.scaleUnit)
    }
  }

  /// `set filetype=ascii` and `write` in the control language, two plots appended in one file.
  @Test func writeCommand() async throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/out.raw"
    let ours = try await Example.transient.waveforms()
    let deck = NgspiceWriter().deck(Example.transient.simulation).text
    try control(
      [
        "run", "set filetype=ascii", "write \(path)", "set filetype=binary", "set appendwrite", "op",
        "write \(path)",
      ],
      deck: deck, in: directory)
    let file = try RawFile(contentsOf: path)
    #expect(file.plots.map(\.name) == ["Transient Analysis", "Operating Point"])
    let same = try isSame(Waveforms(file.plots[0]), ours, within: Self.digits)
    #expect(same)
    #expect(try Waveforms(file.plots[1]).count == 1)
  }

  /// The result of a `meas` command is a vector of one number among the waves.
  @Test func measuredVectors() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/out.raw"
    try control(
      ["run", "meas tran first when v(n0)=0.6 rise=1", "write \(path)"],
      deck: NgspiceWriter().deck(Example.transient.simulation).text, in: directory)
    let plot = try #require(try RawFile(contentsOf: path).plots.first)
    let first = try #require(plot.variables.first { $0.name == "first" })
    #expect(first.real.count == 1)
    let waveforms = try Waveforms(plot)
    #expect(waveforms.signals == ["v(n0)", "v(n1)", "i(vdd)"] || Set(waveforms.signals).count == 3)
    // `let` keeps seven digits of it.
    #expect(abs(try waveforms.signal("v(n0)").crossing(of: 0.6, .rising) / first.real[0] - 1) < 1e-6)
  }

  /// ngspice loads what is written here, in both formats: it writes the same bits again and prints the same
  /// numbers.
  @Test(arguments: Example.allCases, RawFile.Format.allCases)
  func loadedByNgspice(example: Example, format: RawFile.Format) async throws {
    let ours = try await example.waveforms()
    let directory = try TemporaryDirectory()
    let (path, copy, table) = (
      "\(directory.path)/ours.raw", "\(directory.path)/copy.raw", "\(directory.path)/table.txt"
    )
    try ours.writeRaw(to: path, format: format, title: String(repeating: "a long title ", count: 60))
    let signal = try #require(ours.signals.first)
    try control(
      [
        "load \(path)", "set filetype=binary", "write \(copy)", "set numdgt=16", "set wr_singlescale",
        "wrdata \(table) \(signal)", "display",
      ], in: directory)
    let plot = ours.rawPlot()
    let theirs = try #require(try RawFile(contentsOf: copy).plots.first)
    #expect(theirs.name == plot.name && theirs.isComplex == plot.isComplex)
    #expect(hasSameBits(theirs, plot))

    let numbers = try #require(contents(of: table)).split(separator: "\n").map {
      $0.split(separator: " ").compactMap { Double($0) }
    }
    // Scale, real part and, after `.ac`, imaginary part; an operating point's first vector is its own scale.
    let column = numbers.compactMap { $0.count > 1 ? $0[1] : nil }
    let printed = try isClose(column, ours.signal(signal).y, 1e-15)
    #expect(printed)
    if plot.isComplex {
      let imaginary = try isClose(numbers.map { $0[2] }, ours.imaginaryPart(signal).y, 1e-15)
      #expect(imaginary)
    }
  }

  /// Two plots in one file, loaded as two.
  @Test func severalPlots() async throws {
    let plots = [
      try await Example.sweep.waveforms().rawPlot(title: "first"),
      try await Example.lowPass.waveforms().rawPlot(title: "second"),
    ]
    for format in RawFile.Format.allCases {
      let directory = try TemporaryDirectory()
      let path = "\(directory.path)/ours.raw"
      try RawFile(plots).write(to: path, format: format)
      try control(
        [
          "load \(path)", "setplot", "setplot dc1", "write \(directory.path)/dc.raw", "setplot ac1",
          "write \(directory.path)/ac.raw",
        ],
        in: directory)
      let read = try ["dc", "ac"].map { try RawFile(contentsOf: "\(directory.path)/\($0).raw").plots }
      #expect(read.map(\.count) == [1, 1])
      for (theirs, ours) in zip(read.joined(), plots) { #expect(hasSameBits(theirs, ours)) }
      #expect(read.compactMap(\.first?.title) == ["first", "second"])
    }
  }

  /// An independent reader finds the same names and the same bits.
  @Test(.requiresChecker(.spicelib), arguments: Example.allCases, RawFile.Format.allCases)
  func readBySpicelib(example: Example, format: RawFile.Format) async throws {
    let plot = try await example.waveforms().rawPlot(title: "for spicelib")
    let directory = try TemporaryDirectory()
    try RawFile([plot]).write(to: "\(directory.path)/ours.raw", format: format)
    let output = try Checker.run("read_raw.py", ["\(directory.path)/ours.raw"], in: directory)
    let lines = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.first == ["plot"] + plot.name.split(separator: " ").map(String.init))
    #expect(lines.dropFirst().map { $0[1] } == plot.variables.map(\.name))
    for (line, variable) in zip(lines.dropFirst(), plot.variables) {
      let values = line.dropFirst(2).map { $0.split(separator: ",").compactMap { Double($0) } }
      let same =
        values.map { $0.first } == variable.real
        && (!plot.isComplex || values.map { $0.last } == variable.imaginary)
      #expect(same, "\(variable.name)")
    }
  }
}
