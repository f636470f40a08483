import Spice
import TestSupport
import Testing

/// Decks as people write them: read, written anew and run in the library, against the `ngspice` program with the
/// deck as it stands.
@Suite(.requiresNgspice, .requiresProgram("ngspice")) struct DeckAgreementTests {
  static let names = ["opamp", "ring-oscillator", "rc-ladder", "bridge", "line"]

  static func path(_ name: String) -> String {
    "\(ModelFileTests.root)/Tests/SpiceTests/Reading/Decks/\(name).cir"
  }

  @Test(arguments: names) func sameResults(name: String) async throws {
    let netlist = try NetlistReader().read(Self.path(name))
    #expect(netlist.problems() == [])

    let directory = try TemporaryDirectory()
    let program = try #require(Program.find("ngspice"))
    let raw = "\(directory.path)/out.raw"
    #expect(try Program.run(program, ["-b", "-r", raw, Self.path(name)], in: directory.path) == 0)
    let plots = try RawFile(contentsOf: raw).plots
    #expect(plots.count == netlist.runs.count)

    let kinds = ["op": "Operating", "dc": "DC", "ac": "AC", "tran": "Transient"]
    let pool = try WorkerPool(workers: 1)
    for run in netlist.runs {
      let word = try #require(run.label.split(separator: " ").first.flatMap { kinds[String($0)] })
      let plot = try #require(plots.first { $0.name.hasPrefix(word) })
      let theirs = try Waveforms(plot)
      let ours = try await pool.run(run.simulation).waveforms()
      #expect(ours.signals.count > 1)
      if word != "Operating" { #expect(ours.count == theirs.count, "\(name) \(run.label)") }
      for signal in ours.signals {
        let waves = (try ours.signal(signal), try theirs.signal(signal))
        let peak = max(waves.1.y.map(abs).max() ?? 0, 1e-6)
        let (a, b) = (waves.0.final, waves.1.final)
        #expect(abs(a - b) <= 1e-6 * peak, "\(name) \(run.label) \(signal): \(a), there \(b)")
        let (c, d) = (try ours.imaginaryPart(signal).final, try theirs.imaginaryPart(signal).final)
        #expect(abs(c - d) <= 1e-6 * peak, "\(name) \(run.label) \(signal): \(c) i, there \(d) i")
      }
    }
  }

  /// What is written of them is read as the same.
  @Test(arguments: names) func writtenAgain(name: String) throws {
    let netlist = try NetlistReader().read(Self.path(name))
    for simulation in netlist.unresolvedSimulations {
      let text = NgspiceWriter().deck(simulation).text
      #expect(try NetlistReader().read(text: text).unresolvedSimulations == [simulation])
    }
  }

  @Test func whatIsSaidOfThem() throws {
    let ring = try NetlistReader().read(Self.path("ring-oscillator"))
    #expect(ring.circuit.title == "CMOS ring oscillator of five stages")
    #expect(ring.remarks.map(\.text) == ["the subcircuit load inside inv stands beside it as load."])
    #expect(ring.saved == ["v(n1)", "v(out)", "i(vdd)"])
    #expect(ring.measurements.map(\.place.line) == [28])
    #expect(ring.place(ofParameter: "cl")?.line == 4)
    #expect(ring.place(ofElement: "xl", subcircuit: "inv")?.line == 16)
    let opamp = try NetlistReader().read(Self.path("opamp"))
    #expect(opamp.circuit.subcircuits[0].ports == ["in_p", "in_n", "out", "vp", "vn"])
    #expect(opamp.analyses.count == 3)
    let line = try NetlistReader().read(Self.path("line"))
    #expect(line.remarks.map(\.text) == ["off is not carried: set the starting point with .nodeset or .ic."])
  }
}
