import Spice
import TestSupport
import Testing

/// The standalone deck in the plain `ngspice` program against the library.
@Suite(.requiresNgspice, .requiresProgram("ngspice")) struct AgreementTests {
  /// The same points and the same values: the library adds nothing of its own to a transient.
  @Test func transientOfTransistors() async throws {
    let directory = try TemporaryDirectory()
    let simulation = Simulation(
      Circuits.ring(stages: 5), .transient(step: 1e-12, stop: 1e-9, maximumStep: 1e-11),
      saving: ["v(n0)", "i(vdd)"])
    let deck = try directory.write(NgspiceWriter().deck(simulation).text, to: "deck.cir")
    let program = try #require(Program.find("ngspice"))
    #expect(
      try Program.run(program, ["-b", "-r", "\(directory.path)/out.raw", deck], in: directory.path) == 0)
    let raw = try #require(try RawFile(contentsOf: "\(directory.path)/out.raw").plots.first)
    #expect(raw.variables.map(\.name) == ["time", "v(n0)", "i(vdd)"])

    let waveforms = try await WorkerPool(workers: 1).run(simulation).waveforms()
    // Compared outside the expectation, which would print every point.
    let isEqual = try Waveforms(raw, of: simulation.circuit) == waveforms
    #expect(isEqual)
  }

  /// A standalone deck with external sources and step windows runs as it is, and prints the saved signals.
  @Test func standaloneDeckRunsAsItIs() throws {
    let directory = try TemporaryDirectory()
    let deck = try directory.write(NgspiceWriter().deck(DeckTests.everything).text, to: "deck.cir")
    let program = try #require(Program.find("ngspice"))
    #expect(try Program.run(program, ["-b", deck], in: directory.path) == 0)
    let output = try #require(contents(of: "\(directory.path)/stdout"))
    #expect(output.contains("Transient Analysis"))
    #expect(output.contains("v(x1.m)"))
    let errors = try #require(contents(of: "\(directory.path)/stderr"))
    #expect(!errors.contains("Error"))
  }
}
