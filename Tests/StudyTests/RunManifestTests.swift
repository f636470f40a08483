import Foundation
import Models
import Spice
import Study
import TestSupport
import Testing

@Suite struct RunManifestTests {
  private func manifest(
    _ scratch: Scratch, settings: [String: Int] = ["samples": 4], network: String = "abc", seed: UInt64 = 1
  ) throws -> RunManifest {
    let file = try scratch.write(Data(network.utf8), to: UUID().uuidString)
    return try RunManifest(
      command: ["tessera", "study"], inputs: settings, files: ["network": file], seed: seed,
      ngspice: "ngspice-39",
      began: Date(timeIntervalSince1970: 86_400), durationSeconds: 2.5)
  }

  @Test func isWrittenBesideTheResults() throws {
    let scratch = try Scratch()
    let manifest = try manifest(scratch)
    let results = scratch.url.appending(path: "results")
    try manifest.write(beside: results)
    let data = try Data(contentsOf: results.appending(path: "manifest.json"))
    #expect(try ResultFile.decode(RunManifest.self, from: data, at: "") == manifest)
    #expect(manifest.command == ["tessera", "study"])
    #expect(manifest.began == "1970-01-02T00:00:00Z")
    #expect(manifest.files["network"]?.sha256.hasPrefix("ba7816bf") ?? false)
    #expect(manifest.tools["tessera"] == Tessera.version)
    #expect(manifest.tools["ngspice"] == "ngspice-39")
    #expect(manifest.tools["swift"]?.hasPrefix("6.") ?? false)
  }

  /// A netlist is described by what was read of it, whatever becomes of its files meanwhile.
  @Test func netlistAsItWasRead() throws {
    let scratch = try Scratch()
    _ = try scratch.write(Data(".model d1 d\n".utf8), to: "parts.inc")
    let text = "t\n.include parts.inc\nv1 a 0 1\nd2 a 0 d1\n.op\n.end\n"
    let path = try scratch.write(Data(text.utf8), to: "deck.cir").path
    let simulation = NetlistSimulation(reader: NetlistReader(), jobs: 1)
    let netlist = try simulation.read(path)
    _ = try scratch.write(Data("else\n".utf8), to: "deck.cir")
    _ = try scratch.write(Data("else\n".utf8), to: "parts.inc")
    let manifest = try simulation.manifest(of: netlist, command: ["tessera"], began: Date())
    #expect(manifest.files.count == 2)
    #expect(manifest.files["netlist"] == (try InputFile(content: Data(text.utf8))))
    let included = manifest.files.first { $0.key.hasPrefix("include") }?.value
    #expect(included == (try InputFile(content: Data(".model d1 d\n".utf8))))
  }

  /// Contents decide, not the paths of files.
  @Test func hashIsThatOfTheInputs() throws {
    let scratch = try Scratch()
    let hash = try manifest(scratch).inputsHash
    #expect(try manifest(scratch).inputsHash == hash)
    #expect(try manifest(scratch, settings: ["samples": 5]).inputsHash != hash)
    #expect(try manifest(scratch, network: "abd").inputsHash != hash)
    #expect(try manifest(scratch, seed: 2).inputsHash != hash)
  }

  @Test func missingFileIsSaid() async throws {
    let scratch = try Scratch()
    let error = await studyError {
      _ = try RunManifest(
        command: [], inputs: 1, files: ["network": scratch.url.appending(path: "none")], seed: 1,
        began: Date(),
        durationSeconds: 0)
    }
    #expect(error?.code == .fileAccess)
    #expect(error?.place == scratch.url.path + "/none")
  }
}
