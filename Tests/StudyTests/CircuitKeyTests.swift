import Foundation
import Models
import Spice
import Study
import TestSupport
import Testing

/// What names a circuit's stored results: everything that decides them.
@Suite(.requiresNgspice) struct CircuitKeyTests {
  private func key(_ scratch: Scratch, corner: String) throws -> String {
    var spec = try StudySpec.standard()
    spec.transistors.library = scratch.url.appending(path: "card.toml").path
    spec.transistors.corner = corner
    let runner = StudyRunner(spec: spec, store: try .inMemory(), jobs: 1)
    return try ResultKey(
      stage: "read", version: 1, inputs: CircuitStage(runner).inputs("design"), seed: 1
    ).hash
  }

  /// Corners of one file, a shorter gate and a changed file that the card only includes all make other results.
  @Test func cornersAndIncludedFilesCount() throws {
    let scratch = try Scratch()
    func write(card minimum: String = "50e-9", nested: String) throws {
      let card = """
        name = "two"
        title = "two corners of one file"
        supplyVolts = 1.0
        minimumLengthMetres = \(minimum)

        [corners]
        tt = { file = "two.lib", section = "tt" }
        ff = { file = "two.lib", section = "ff" }

        [devices]
        nmos = { model = "n" }
        pmos = { model = "p" }

        [mismatch]
        thresholdVoltMetres = 2.5e-9
        currentFactorMetres = 1e-8

        """
      try scratch.write(Data(card.utf8), to: "card.toml")
      let models = ".include nested.inc\n.model n nmos level=54\n.model p pmos level=54\n"
      try scratch.write(
        Data(".lib tt\n\(models).endl\n.lib ff\n\(models).endl\n".utf8), to: "two.lib")
      try scratch.write(Data("* \(nested)\n".utf8), to: "nested.inc")
    }
    try write(nested: "one")
    let first = try key(scratch, corner: "tt")
    #expect(try key(scratch, corner: "tt") == first)
    #expect(try key(scratch, corner: "ff") != first)
    try write(nested: "another")
    let changed = try key(scratch, corner: "tt")
    #expect(changed != first)
    try write(card: "60e-9", nested: "another")
    #expect(try key(scratch, corner: "tt") != changed)
  }
}
