import Foundation
import Spice
import Study
import TestSupport
import Testing

/// Pictures of recorded signals.
@Suite struct WaveformPictureTests {
  private func waves() async throws -> Waveforms {
    // Twelve nodes of a divider, all of which move with its source.
    var circuit = Circuit(title: "chain")
    circuit.voltageSource("v1", "n0", .ground, .pwl([(0, 0), (1e-9, 1)]))
    for k in 0..<12 { circuit.resistor("r\(k)", "n\(k)", "n\(k + 1)", 1e3) }
    circuit.resistor("rend", "n12", .ground, 1e3)
    circuit.voltageSource("v2", "still", .ground, .dc(1))
    let simulation = Simulation(circuit, .transient(step: 1e-12, stop: 2e-9, maximumStep: 1e-12))
    return try await WorkerPool(workers: 1).run(simulation).waveforms()
  }

  @Test(.requiresNgspice) func fewLinesAndPoints() async throws {
    let picture = Picture.waveforms("tran", title: "chain: `x` \"y\"", try await waves())
    let blocks = picture.data.components(separatedBy: "\n\n\n")
    #expect(blocks.map { $0.prefix { !$0.isNewline } } == ["# voltage", "# current"])
    let columns = blocks.map { $0.split(separator: "\n")[1].split(separator: " ").count - 2 }
    #expect(columns == [7, 1])
    #expect(blocks[0].split(separator: "\n").count <= 802)
    #expect(!picture.data.contains("still") && !picture.script.contains("`x`\""))
    #expect(picture.script.contains("voltage / V") && picture.script.contains("time / ns"))
    #expect(picture.script.contains("current / uA"))
    #expect(picture.caption.contains("more signals are in the table"))
  }
}
