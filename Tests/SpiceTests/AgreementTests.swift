import Spice
import TestSupport
import Testing

/// The standalone deck in the plain `ngspice` program against the library.
@Suite(.requiresNgspice, .requiresProgram("ngspice")) struct AgreementTests {
  private struct RawFile {
    var names: [String] = []
    var columns: [[Double]] = []

    /// Reads a binary raw file of real values.
    init?(_ path: String) {
      guard let bytes = bytes(of: path) else { return nil }
      let marker = Array("Binary:\n".utf8)
      guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: marker) }) else { return nil }
      for line in String(decoding: bytes[..<start], as: UTF8.self).split(separator: "\n") {
        let words = line.split(whereSeparator: \.isWhitespace)
        if line.hasPrefix("\t"), words.count == 3 { names.append(String(words[1])) }
      }
      let data = Array(bytes[(start + marker.count)...])
      let rows = data.count / 8 / names.count
      columns = names.indices.map { column in
        (0..<rows).map { row in
          data.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: 8 * (row * names.count + column), as: Double.self)
          }
        }
      }
    }
  }

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
    let raw = try #require(RawFile("\(directory.path)/out.raw"))
    #expect(raw.names == ["time", "v(n0)", "i(vdd)"])

    let waveforms = try await WorkerPool(workers: 1).run(simulation).waveforms()
    // Compared outside the expectation, which would print every point.
    let columns = try [waveforms.scale] + ["v(n0)", "i(vdd)"].map { try waveforms.signal($0).y }
    for (name, (ours, theirs)) in zip(raw.names, zip(columns, raw.columns)) {
      let differing = zip(ours, theirs).filter { $0 != $1 }.count
      #expect(ours.count == theirs.count && differing == 0, "\(name)")
    }
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
