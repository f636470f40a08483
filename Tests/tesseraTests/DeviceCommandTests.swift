import Foundation
import TestSupport
import Testing

/// The finite-difference commands through the built program.
@Suite(.timeLimit(.minutes(10))) struct DeviceCommandTests {
  /// Quick cases: each with id, verdict and numbers, their sources as BibTeX; a wrong id is one line.
  @Test func validationSaysWhatPassed() async throws {
    let tool = try CommandLineTool()
    let result = try await tool.run(
      "device", "validate", "--only", "newell-cubes", "film-wall", "critical-current", "--format", "json",
      "--output", "v")
    #expect(result.exitCode == 0)
    let cases = try #require(try result.object()["cases"] as? [[String: Any]])
    #expect(cases.compactMap { $0["id"] as? String } == ["newell-cubes", "critical-current", "film-wall"])
    for outcome in cases {
      #expect(outcome["pass"] as? Bool == true)
      let quantities = try #require(outcome["quantities"] as? [[String: Any]])
      for key in ["computed", "published", "difference", "tolerance"] {
        #expect(quantities.allSatisfy { $0[key] is Double || $0[key] is Int }, "\(key)")
      }
    }
    let references = try String(
      contentsOf: tool.scratch.url.appending(path: "v/references.bib"), encoding: .utf8)
    for key in ["newell1993", "hubert1998", "sun2000", "brown1963"] { #expect(references.contains(key)) }
    let wrong = try await tool.run("device", "validate", "--only", "mumag-6")
    #expect(wrong.exitCode == 64 && wrong.output.isEmpty && wrong.errors.contains("no case 'mumag-6'"))
  }

  /// Both write what they say, pictures and vector fields; a second run comes from the store.
  @Test(.requiresProgram("gnuplot")) func couplingsAndComparisonAreWritten() async throws {
    let tool = try CommandLineTool()
    let couplings = [
      "device", "couplings", "--diameter", "20e-9", "--junctions", "2", "--patterns", "6", "--cell", "1e-9",
      "--format", "json", "--output", "c",
    ]
    let first = try await tool.run(couplings)
    #expect(first.exitCode == 0)
    let fit = try first.object()
    #expect((fit["patterns"] as? [Any])?.count == 12)
    #expect(fit["unsettled"] as? Int == 0)
    #expect(try await tool.run(couplings).output == first.output)
    let comparison = try await tool.run(
      "device", "compare", "--diameter", "20e-9", "--cell", "5e-9", "--drives", "0.3", "1.2", "--pulses", "2",
      "--format", "json", "--output", "e")
    #expect(comparison.exitCode == 0)
    let all = try #require(try comparison.object()["comparisons"] as? [[String: Any]])
    #expect(all.count == 1 && (all[0]["points"] as? [Any])?.count == 2)
    let files = ["c/couplings.csv", "c/couplings.svg", "e/compare.json", "e/engines.svg", "e/halfway.png"]
    for file in files + ["e/film.ovf", "e/grains.ovf"] {
      let data = try Data(contentsOf: tool.scratch.url.appending(path: file))
      #expect(data.count > 200, "\(file)")
    }
    #expect((all[0]["lengths"] as? [String: Double])?["film"] ?? 1 < 0.98)
    let unscaled = try await tool.run(
      "device", "compare", "--diameter", "20e-9", "--cell", "5e-9", "--drives", "0.3", "1.2", "--pulses", "2",
      "--unscaled")
    #expect(unscaled.exitCode == 0 && !unscaled.output.contains("thermal waves"))
    let bad = try await tool.run("device", "compare", "--drives", "0.9", "0.3")
    #expect(
      bad.exitCode != 0 && bad.output.isEmpty && bad.errors.contains("expected 2 to 1000 rising currents"))
  }
}
