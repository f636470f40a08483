import Glibc
import Spice
import TestSupport
import Testing

/// The raw format: what is written reads back to the bit, what ngspice and its relatives write is read.
@Suite struct RawFileTests {
  /// Numbers that are hard to write as text.
  private static let awkward: [Double] = [
    0, -0.0, 1, 0.1, 1 / 3, -1e-300, 1e300, .leastNonzeroMagnitude, .leastNormalMagnitude,
    .greatestFiniteMagnitude, .pi, .infinity, -.infinity,
  ]

  private static let plots: [RawFile.Plot] = {
    var generator = SplitMix(state: 7)
    let random = (0..<13).map { _ in Double(bitPattern: generator.next() & 0xbfff_ffff_ffff_ffff) }
    return [
      RawFile.Plot(
        name: "Transient Analysis", title: "one: two",
        variables: [
          .init(name: "time", quantity: .time, real: awkward),
          .init(name: "v(a,b)", quantity: .voltage, real: random),
          .init(name: "@m1[gm]", quantity: "admittance", real: awkward.reversed()),
        ]),
      RawFile.Plot(
        name: "AC Analysis", title: "", date: "Thu Jan  1 00:00:00  1970", isComplex: true,
        variables: [
          .init(name: "frequency", quantity: .frequency, real: [1, 2], imaginary: [0, 0]),
          .init(
            name: "v(out)", quantity: .voltage, real: [1, -0.0],
            imaginary: [.infinity, .leastNonzeroMagnitude]),
        ]),
      RawFile.Plot(name: "empty", variables: [.init(name: "x", quantity: .unnamed, real: [])]),
      // A result of one number beside a wave, as after ngspice's `meas`.
      RawFile.Plot(
        name: "Transient Analysis",
        variables: [
          .init(name: "time", quantity: .time, real: [0, 1, 2]),
          .init(name: "tphl", quantity: .unnamed, real: [0.5]),
        ]),
    ]
  }()

  private func bits(_ plots: [RawFile.Plot]) -> [[UInt64]] {
    plots.flatMap(\.variables).flatMap { [$0.real.map(\.bitPattern), $0.imaginary.map(\.bitPattern)] }
  }

  @Test(arguments: RawFile.Format.allCases)
  func whatIsWrittenReadsBackToTheBit(format: RawFile.Format) throws {
    let bytes = try RawFile(Self.plots).bytes(format)
    let read = try RawFile(bytes)
    #expect(read.plots == Self.plots)
    #expect(bits(read.plots) == bits(Self.plots))
    #expect(try read.bytes(format) == bytes, "equal values give equal bytes")
    let directory = try TemporaryDirectory()
    try read.write(to: "\(directory.path)/a.raw", format: format)
    #expect(TestSupport.bytes(of: "\(directory.path)/a.raw") == bytes)
    #expect(try RawFile(contentsOf: "\(directory.path)/a.raw") == read)
  }

  @Test(arguments: RawFile.Format.allCases)
  func notANumberStaysOne(format: RawFile.Format) throws {
    let plot = RawFile.Plot(
      name: "a", variables: [.init(name: "x", quantity: .unnamed, real: [.nan, -.nan])])
    let read = try RawFile(try RawFile([plot]).bytes(format))
    #expect(read.plots[0].variables[0].real.map(\.isNaN) == [true, true])
  }

  @Test func text() throws {
    let waveforms = Waveforms(
      scaleName: "time", scaleUnit: "s", scale: [0, 1e-12],
      columns: [("v(out)", [1.5, -0.25]), ("i(v1)", [0, 1e-6]), ("@m.x1.m1[id]", [2, 3])])
    let text = """
      Title: a b
      Plotname: Transient Analysis
      Flags: real
      No. Variables: 4
      No. Points: 2
      Variables:
      \t0\ttime\ttime
      \t1\tv(out)\tvoltage
      \t2\ti(v1)\tcurrent
      \t3\ti(@m.x1.m1[id])\tcurrent
      Values:
      0\t\t0.0
      \t1.5
      \t0.0
      \t2.0
      1\t\t1e-12
      \t-0.25
      \t1e-06
      \t3.0

      """
    let written = try RawFile([waveforms.rawPlot(title: "a\nb")]).bytes(.ascii)
    #expect(String(decoding: written, as: UTF8.self) == text)
  }

  // MARK: what others write

  private func file(_ head: String, _ rest: String) throws -> RawFile.Plot {
    let file = try RawFile(Array((head + rest).utf8))
    return try #require(file.plots.first)
  }

  /// Blanks behind counts, CR LF, capitals, unknown lines, Berkeley's first variable behind `Variables:`,
  /// variable options, blank lines, a comma with a blank.
  @Test func variants() throws {
    let plot = try file(
      "TITLE: t\r\nDate: today\r\nPlotname:  AC Analysis \r\nFlags: complex padded\r\nNo. Variables: 2\r\n",
      "No. Points: 2       \r\nDimensions: 2\r\nCommand: version 39\r\nOption: a = b\r\nSim Time: 3\r\n\r\n"
        + "Variables: 0 frequency frequency grid=3\r\n\t1\tV(1)\tvoltage min=0 color=red\r\nValues:\r\n"
        + " 0\t1e3,0.0\r\n\t1, 2\r\n\r\n 1\t2e3 , 0\r\n\t-3,4e-1\r\n\r\n")
    #expect(plot.title == "t" && plot.name == "AC Analysis" && plot.date == "today" && plot.isComplex)
    #expect(plot.variables.map(\.name) == ["frequency", "V(1)"])
    #expect(plot.variables[1].real == [1, -3] && plot.variables[1].imaginary == [2, 0.4])
    let waveforms = try Waveforms(plot)
    #expect(waveforms.scale == [1e3, 2e3] && waveforms.scaleUnit == "Hz")
    #expect(try waveforms.imaginaryPart("v(1)").y == [2, 0.4])
  }

  /// Without padding a short variable ends early; with it zeros follow that do not count.
  @Test(arguments: ["real", "real padded", "real unpadded"])
  func shortVariables(flags: String) throws {
    let padding = flags.hasSuffix("unpadded") ? "" : "\t0\n"
    let plot = try file(
      "Title: t\nPlotname: p\nFlags: \(flags)\nNo. Variables: 3\nNo. Points: 3\nVariables:\n",
      "\t0\ttime\ttime\n\t1\ta\tnotype dims=1\n\t2\tb\tvoltage dims=99\n"
        + "Values:\n0\t0\n\t5\n\t7\n1\t1\n\(padding)\t8\n2\t2\n\(padding)\t9")
    #expect(plot.variables.map(\.real) == [[0, 1, 2], [5], [7, 8, 9]])
    let waveforms = try Waveforms(plot)
    #expect(waveforms.signals == ["v(b)"])
  }

  @Test func namesOfVectors() throws {
    func column(_ name: String, _ quantity: RawFile.Quantity, _ value: Double) -> RawFile.Variable {
      .init(name: name, quantity: quantity, real: [value])
    }
    let plot = RawFile.Plot(
      name: "DC transfer characteristic",
      variables: [
        column("v(v-sweep)", .voltage, 9), column("out", .voltage, 0), column("V(1)", .voltage, 1),
        column("v1#branch", .current, 2), column("i(L1)", .current, 3), column("i(@m1[id])", .current, 4),
        column("v(@m1[vth])", .voltage, 5), column("@m1[gm]", "admittance", 6), column("x1.n", .voltage, 7),
        column("gain", .unnamed, 8), column("v.x1.vs#branch", .current, 9), column("vs", .current, 10),
      ])
    let waveforms = try Waveforms(plot)
    #expect(waveforms.scaleName == "v-sweep" && waveforms.scaleUnit == "V")
    #expect(
      waveforms.signals == [
        "v(out)", "v(1)", "i(v1)", "i(l1)", "@m1[id]", "@m1[vth]", "@m1[gm]", "v(x1.n)", "gain", "i(v.x1.vs)",
        "i(vs)",
      ])
    #expect(waveforms.signals.compactMap { waveforms[$0]?.final } == (0...10).map(Double.init))
  }

  @Test(arguments: RawFile.Format.allCases)
  func waveformsReadBack(format: RawFile.Format) throws {
    var circuit = Circuit(title: "sources")
    circuit.voltageSource("v1", "a", "b", .dc(1))
    let signals: [Signal] = ["v(a)", "v(b)", "i(v1)", "@m1[id]", "@m1[cgs]", "@m1[vth]", "v(a,b)"]
    for (name, unit) in [("time", "s"), ("frequency", "Hz"), ("point", ""), ("v1", "V"), ("i1", "A")] {
      let count = name == "point" ? 1 : 3
      let scale = (0..<count).map(Double.init)
      let columns = signals.enumerated().map { k, signal in (signal, scale.map { $0 / 3 + Double(k) }) }
      let imaginary =
        name == "frequency" ? Dictionary(uniqueKeysWithValues: signals.map { ($0, scale.map { -$0 }) }) : [:]
      let waveforms = Waveforms(
        scaleName: name, scaleUnit: unit, scale: scale, columns: columns, imaginary: imaginary,
        terminals: ["v1": ["a", "b"]])
      let directory = try TemporaryDirectory()
      try waveforms.writeRaw(to: "\(directory.path)/w.raw", format: format, title: "t")
      let plot = try #require(try RawFile(contentsOf: "\(directory.path)/w.raw").plots.first)
      #expect(try Waveforms(plot, of: circuit) == waveforms)
      #expect(plot.title == "t" && plot.date == nil)
      // Energies need the circuit.
      #expect(throws: SpiceError.self) { try Waveforms(plot).energy(source: "v1") }
    }
  }

  // MARK: what cannot be written or read

  @Test func unwritable() throws {
    func code(_ variables: [RawFile.Variable]) -> SpiceError.Code? {
      #expect(throws: SpiceError.self) {
        try RawFile([.init(name: "p", variables: variables)]).bytes(.ascii)
      }?.code
    }
    #expect(code([]) == .invalidValue)
    for name in ["", "a b", "a\nBinary:", "a\tb", "a\u{0}", String(repeating: "x", count: 600)] {
      #expect(code([.init(name: name, quantity: .voltage, real: [])]) == .invalidName)
    }
    #expect(code([.init(name: "a", quantity: "", real: [])]) == .invalidName)
    let directory = try TemporaryDirectory()
    let plot = RawFile.Plot(name: "p", variables: [.init(name: "a", quantity: .time, real: [1])])
    let error = #expect(throws: SpiceError.self) { try RawFile([plot]).write(to: "/nowhere/a.raw") }
    #expect(error?.code == .outputFailed && error?.place == "/nowhere/a.raw" && error?.cause.isEmpty == false)
    // A directory in the way: nothing is left beside it.
    #expect(throws: SpiceError.self) { try RawFile([plot]).write(to: directory.path) }
    #expect(access("\(directory.path).\(getpid()).tmp", F_OK) != 0)
  }

  /// A title that would be another header line is one line; ngspice could not load more than 500 bytes of it.
  @Test func titles() throws {
    let plot = RawFile.Plot(
      name: "p", title: "a\r\nCommand: quit" + String(repeating: "\u{e9}", count: 400),
      variables: [.init(name: "a", quantity: .time, real: [1])])
    let bytes = try RawFile([plot]).bytes(.ascii)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("\nCommand"))
    let title = try RawFile(bytes).plots[0].title
    #expect(title.hasPrefix("a Command: quit\u{e9}") && title.utf8.count <= 500 && title.utf8.count > 490)
  }

  @Test func unreadableFiles() {
    for (path, code) in [("/nowhere/a.raw", SpiceError.Code.inputFailed), ("/", .inputFailed)] {
      let error = #expect(throws: SpiceError.self) { try RawFile(contentsOf: path) }
      #expect(error?.code == code && error?.place == path && error?.cause.isEmpty == false)
    }
  }

  private static let head = "Title: t\nPlotname: p\nFlags: real\nNo. Variables: 1\nNo. Points: 2\n"

  /// Each error names the file, the line or byte, and what was expected.
  @Test(arguments: [
    ("", "a.raw:1", "empty file"),
    ("\n\n  \n", "a.raw:1", "empty file"),
    ("\u{7f}ELF\u{1}\u{2}", "a.raw:1", "expected a header line such as"),
    ("no colon here\n", "a.raw:1", "found \"no colon here\""),
    ("Title: t\n", "a.raw:2", "found the end of the file"),
    ("Title: t\nFlags: purple\n", "a.raw:2", "expected the flag real or complex and found \"purple\""),
    ("Title: t\nNo. Variables: 0\n", "a.raw:2", "at least 1 after \"No. Variables:\" and found \"0\""),
    ("Title: t\nNo. Variables: three\n", "a.raw:2", "found \"three\""),
    ("Title: t\nNo. Points: -1\n", "a.raw:2", "at least 0 after \"No. Points:\""),
    ("Title: t\nNo. Points: 99999999999999999999\n", "a.raw:2", "found \"99999999999999999999\""),
    ("Title: t\nVariables:\n", "a.raw:2", "expected No. Variables and No. Points"),
    ("Title: t\nBinary:\n", "a.raw:2", "expected Flags, No. Points and Variables"),
    (head + "Variables:\n", "a.raw:7", "expected 1 variables and found the end of the file after 0"),
    (head + "Variables:\n\t0\ttime\n", "a.raw:7", "expected number, name and type of variable 0"),
    (head + "Variables:\n\tx\ttime\ttime\n", "a.raw:7", "expected number, name and type of variable 0"),
    (head + "Variables:\n\t0\ttime\ttime\nBinary:\n12345678", "a.raw:9", "at least 16 bytes, and found 8"),
    (
      head + "Variables:\n\t0\ttime\ttime\nValues:\n0\t1\n", "a.raw:10",
      "expected point 1 of 2 and found the end of the file"
    ),
    (
      head + "Variables:\n\t0\ttime\ttime\nValues:\n0\t1\n2\t2\n", "a.raw:10",
      "expected point 1 of 2 and found \"2\""
    ),
    (
      head + "Variables:\n\t0\ttime\ttime\nValues:\n0\t1\n1\tx\n", "a.raw:10",
      "value of time at point 1 and found \"x\""
    ),
    (
      "Title: t\nFlags: complex\nNo. Variables: 1\nNo. Points: 1\nVariables:\n\t0\ta\tvoltage\nValues:\n0\t1 2\n",
      "a.raw:8", "expected a comma and the imaginary part of a at point 0"
    ),
    (
      "Title: t\nFlags: real double\nNo. Variables: 1\nNo. Points: 0\nVariables:\n\t0\ta\tvoltage\nBinary:\n",
      "a.raw:7",
      "the flag \"double\" is unknown"
    ),
    (
      "Title: t\nFlags: real\nNo. Variables: 1\nNo. Points: 4000000000000000000\nVariables:\n\t0\ta\tb\nBinary:\n",
      "a.raw:8", "more bytes than can be counted"
    ),
    (
      "Title: t\nFlags: real\nNo. Variables: 1\nNo. Points: 1000000000000\nVariables:\n\t0\ta\tb\nValues:\n0 1\n",
      "a.raw:8", "at least 2000000000000 bytes, and found 4"
    ),
  ])
  func malformed(text: String, place: String, message: String) {
    let error = #expect(throws: SpiceError.self) { try RawFile(Array(text.utf8), named: "a.raw") }
    #expect(error?.code == .malformedFile)
    #expect(error?.place == place)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  /// After binary values a place is a byte.
  @Test func malformedBehindBinaryValues() {
    let text = Self.head + "Variables:\n\t0\ttime\ttime\nBinary:\n12345678abcdefghrest"
    let error = #expect(throws: SpiceError.self) { try RawFile(Array(text.utf8), named: "a.raw") }
    #expect(error?.place == "a.raw, byte \(text.utf8.count - 4)")
    #expect(error?.message == "expected a header line such as \"Title: ...\" and found \"rest\".")
  }

  /// Whatever is done to a file, reading it gives an error that says where, or values that the file has room for.
  @Test(arguments: RawFile.Format.allCases)
  func mutations(format: RawFile.Format) throws {
    let original = try RawFile(Self.plots).bytes(format)
    let words = [
      "-1", "0", "1", "99", "9223372036854775807", "Binary:\n", "Values:\n", "complex", "unpadded", " dims=0",
    ]
    var generator = SplitMix(state: 5)
    var (valid, refused) = (0, 0)
    for _ in 0..<6_000 {
      var bytes = original
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0 where place < bytes.count: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: bytes.removeSubrange(place...)
        case 2:
          let end = min(bytes.count, place + Int.random(in: 1..<40, using: &generator))
          bytes.removeSubrange(min(place, end)..<end)
        case 3:
          bytes.insert(
            contentsOf: words.randomElement(using: &generator)?.utf8 ?? "".utf8, at: min(place, bytes.count))
        default: bytes.insert(contentsOf: bytes[place...].prefix(30), at: min(place, bytes.count))
        }
      }
      do throws(SpiceError) {
        let file = try RawFile(bytes, named: "a.raw")
        valid += 1
        let values = file.plots.flatMap(\.variables).reduce(0) { $0 + $1.real.count + $1.imaginary.count }
        #expect(values * 2 <= bytes.count + 1)
        for plot in file.plots { _ = try? Waveforms(plot) }
      } catch {
        refused += 1
        #expect(error.code == .malformedFile && error.place.hasPrefix("a.raw"))
      }
    }
    #expect(valid > 100 && refused > 100)
  }
}
