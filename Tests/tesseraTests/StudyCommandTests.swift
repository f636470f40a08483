import Foundation
import Models
import Study
import TestSupport
import Testing

/// The whole chain through the built program, on the shared small study.
@Suite(.requiresNgspice, .timeLimit(.minutes(10))) struct StudyCommandTests {
  /// The form of the JSON document three fields deep; the elements of a list count as one.
  private static func shape(_ value: Any, path: String = "", depth: Int = 0) -> Set<String> {
    switch value {
    case let object as [String: Any] where depth < 3:
      object.reduce(into: Set<String>()) {
        $0.formUnion(shape($1.value, path: "\(path).\($1.key)", depth: depth + 1))
      }
    case let list as [Any]:
      list.isEmpty
        ? ["\(path)[]"]
        : list.reduce(into: Set<String>()) { $0.formUnion(shape($1, path: "\(path)[]", depth: depth)) }
    default: [path]
    }
  }

  @Test func jsonKeepsItsForm() async throws {
    let run = try await SmallStudy.shared()
    #expect(run.result.exitCode == 0)
    let document = try run.result.object()
    #expect(document["schemaVersion"] as? Int == Tessera.schemaVersion)
    let shape = Self.shape(document).sorted().joined(separator: "\n") + "\n"
    try expectGolden(shape, "study-json.txt")
  }

  @Test func everyHeadlineIsThere() async throws {
    let document = try await SmallStudy.shared().result.object()
    let headlines = try #require(document["headlines"] as? [[String: Any]])
    #expect(
      headlines.compactMap { $0["id"] as? String } == [
        "reliableLevels50nm", "densityRatio", "tileRatio", "areaRatio", "energyRatio", "latencyRatio",
        "edpRatio", "accuracyFloat", "accuracyInteger", "accuracyMtj1Bit", "accuracyMtj2Bit",
        "accuracyRram", "accuracyPcm", "readDelayTmr", "readEnergyTmr",
      ])
    for line in headlines {
      #expect(
        Set(line.keys) == [
          "id", "title", "article", "computed", "low", "high", "unit", "origin", "note",
        ])
      for key in ["article", "unit", "origin", "note"] { #expect(line[key] is String) }
      #expect(Origin(rawValue: line["origin"] as? String ?? "") != nil)
      for key in ["computed", "low", "high"] { #expect(line[key] is Double || line[key] is NSNull) }
    }
    // Not in this study, or not to be had: said, not made up.
    let missing = headlines.filter { $0["computed"] is NSNull }.compactMap { $0["id"] as? String }
    #expect(missing == ["reliableLevels50nm", "accuracyRram"])
    // Reads come from ngspice, digital blocks do not.
    let energy = try #require(headlines.first { $0["id"] as? String == "energyRatio" })
    #expect(energy["origin"] as? String == "mixed")
    #expect((energy["note"] as? String)?.contains("2 bit from spice ") ?? false)
  }

  /// Every value says from which inputs it came, and different ones say different things.
  @Test func everyValueStatesItsInputs() async throws {
    let document = try await SmallStudy.shared().result.object()
    func hash(_ value: [String: Any]?) -> String {
      (value?["provenance"] as? [String: Any])?["inputsHash"] as? String ?? ""
    }
    var hashes = [hash(document)]
    for key in ["levels", "libraries", "chips", "accuracies"] {
      let values = try #require(document[key] as? [[String: Any]])
      #expect(!values.isEmpty)
      hashes += values.map(hash)
    }
    #expect(hashes.allSatisfy { $0.count == 64 })
    // The levels of 1 and 2 bits come from one ensemble.
    #expect(Set(hashes).count >= hashes.count - 1)
  }

  @Test func withoutLabelsItSaysAgreement() async throws {
    let document = try await SmallStudy.shared().result.object()
    let accuracies = try #require(document["accuracies"] as? [[String: Any]])
    #expect(accuracies.count == 3)
    #expect(accuracies.allSatisfy { $0["metric"] as? String == "agreement" })
    let notices = try #require(document["notices"] as? [String])
    #expect(notices.contains { $0.contains("not accuracy") && $0.contains("tessera data fetch cifar-10") })
    let headlines = try #require(document["headlines"] as? [[String: Any]])
    let titles = headlines.compactMap { $0["title"] as? String }
    #expect(titles.count { $0.hasPrefix("Agreement") } == 6)
    #expect(!titles.contains { $0.hasPrefix("Accuracy") })
  }

  @Test func secondRunIsReused() async throws {
    let run = try await SmallStudy.shared()
    let keys = try ResultStore(directory: run.tool.cache).entries().map(\.key)
    let file = run.tool.scratch.url.appending(path: "small.toml").path
    let again = try await run.tool.run("study", file, "--format", "json", "--output", "again", "--jobs", "1")
    #expect(again.output == run.result.output)
    let stages = again.errors.split(separator: "\n").filter { $0.hasPrefix("[") && !$0.contains("chip") }
    #expect(stages.count == 7)
    #expect(stages.allSatisfy { $0.hasSuffix(": from the store") })
    #expect(try ResultStore(directory: run.tool.cache).entries().map(\.key) == keys)
  }

  /// From the stored result alone: the same page, tables and references.
  @Test func reportIsRebuilt() async throws {
    let run = try await SmallStudy.shared()
    let rebuilt = try await run.tool.run("report", "report", "--output", "rebuilt")
    #expect(rebuilt.exitCode == 0)
    let folder = run.tool.scratch.url
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "report").path)
    #expect(names.count == 13)
    for name in names where name != "pictures" && name != RunManifest.fileName {
      let first = try Data(contentsOf: folder.appending(path: "report/\(name)"))
      #expect(try Data(contentsOf: folder.appending(path: "rebuilt/\(name)")) == first, "\(name)")
    }
  }

  @Test func manifestSaysWhatRan() async throws {
    let run = try await SmallStudy.shared()
    let file = run.tool.scratch.url.appending(path: "report/\(RunManifest.fileName)")
    let manifest = try ResultFile.decode(RunManifest.self, from: Data(contentsOf: file), at: "manifest")
    #expect(manifest.command.dropFirst().first == "study")
    #expect(manifest.files["network"] == (try InputFile(SmallStudy.network)))
    #expect(manifest.tools["ngspice"]?.hasPrefix("ngspice-") ?? false)
    let document = try run.result.object()
    let libraries = try #require(document["libraries"] as? [[String: Any]])
    for library in libraries {
      let provenance = try #require(library["provenance"] as? [String: Any])
      let tools = try #require(provenance["tools"] as? [String: String])
      #expect(tools["ngspice"] == manifest.tools["ngspice"])
    }
  }
}
