import Foundation
import Study
import TestSupport
import Testing

/// `tessera sweep netlist FILE` through the built program.
@Suite(.requiresNgspice, .timeLimit(.minutes(5))) struct SweepNetlistTests {
  private static let lowPass = """
    low-pass
    .param r=1k vdd=1
    .subckt half a b
    r1 a b {r/2}
    .ends
    v1 in 0 pulse(0 {vdd} 0 1f 1f 1)
    x1 in m half
    x2 m out half
    c1 out 0 1p
    .tran 1p 6n 0 5p
    .measure tran t50 when v(out)={vdd/2} rise=1
    .measure tran final find v(out) at=6n
    .end

    """

  private func tool(_ text: String = lowPass) throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.scratch.write(Data(text.utf8), to: "deck.cir")
    return tool
  }

  /// Levels of measurements follow the parameter: R C ln 2 at every supply, proportional to R.
  @Test func grid() async throws {
    let tool = try tool()
    let result = try await tool.run(
      "sweep", "netlist", "deck.cir", "--vary", "r=500:1500:3", "--vary", "vdd=0.5,2", "--output", "out",
      "--format", "json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let report = try JSONDecoder().decode(NetlistCampaignReport.self, from: Data(result.output.utf8))
    #expect(report.knobs == ["r", "vdd"] && report.measures.map(\.name) == ["t50", "final"])
    #expect(report.measures.map(\.unit) == ["s", "V"])
    #expect(
      report.points.map(\.values) == [
        [500, 0.5], [500, 2], [1000, 0.5], [1000, 2], [1500, 0.5], [1500, 2],
      ])
    for point in report.points {
      let (r, vdd) = (point.values[0], point.values[1])
      #expect(abs(point.measures[0].mean.value / (r * 1e-12 * log(2)) - 1) < 2e-3, "\(point.values)")
      #expect(abs(point.measures[1].mean.value / (vdd * (1 - exp(-6e-9 / (r * 1e-12)))) - 1) < 1e-3)
      #expect(point.measures[0].standardDeviation == nil)
    }
    let files = try tool.scratch.contents(of: "out")
    for name in ["campaign.csv", "campaign.json", "campaign.jsonl", "manifest.json"] {
      #expect(files.contains(name))
    }
    // Again: nothing is simulated, the answer is the same.
    let again = try await tool.run(
      "sweep", "netlist", "deck.cir", "--vary", "r=500:1500:3", "--vary", "vdd=0.5,2", "--output", "out",
      "--format", "json")
    #expect(again.output == result.output)
    // Another campaign in the same directory is refused, not mixed.
    let other = try await tool.run("sweep", "netlist", "deck.cir", "--vary", "r=1k", "--output", "out")
    #expect(other.exitCode == 65 && other.errors.contains("campaign.jsonl:1"))
  }

  private static let inverters = """
    two devices
    .model nch nmos level=14 version=4.8.2
    .subckt device d g
    m1 d g 0 0 nch w=1u l=100n
    .ends
    vd d 0 1
    vg g 0 0
    x1 d g device
    x2 d g device
    .dc vg 0 1.2 0.01
    .measure dc threshold when i(vd)=-100u fall=1
    .end

    """

  /// Two equal devices in parallel halve the variance of one, which has half that of a pair: sigma of the gate
  /// voltage is A_VT / sqrt(4 W L).
  @Test func mismatch() async throws {
    let tool = try tool(Self.inverters)
    let result = try await tool.run(
      "sweep", "netlist", "deck.cir", "--samples", "200", "--mismatch-threshold", "1n", "--jobs", "2",
      "--output", "out", "--format", "json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let report = try JSONDecoder().decode(NetlistCampaignReport.self, from: Data(result.output.utf8))
    let sigma = try #require(report.points[0].measures[0].standardDeviation)
    let expected = 1e-9 / (4 * 1e-6 * 1e-7).squareRoot()
    #expect(sigma.low < 1.03 * expected && sigma.high > 0.97 * expected, "\(sigma) \(expected)")
    let one = try await tool.run(
      "sweep", "netlist", "deck.cir", "--samples", "200", "--mismatch-threshold", "1n", "--jobs", "1",
      "--output", "one", "--format", "json")
    #expect(one.output == result.output)
    // Enough samples for the precision, no more: (1.96 sigma / (p mean))^2.
    let precise = try await tool.run(
      "sweep", "netlist", "deck.cir", "--samples", "200", "--mismatch-threshold", "1n", "--precision",
      "0.001", "--output", "precise", "--format", "json")
    let ended = try JSONDecoder().decode(NetlistCampaignReport.self, from: Data(precise.output.utf8))
    #expect(ended.points[0].samples < 200 && ended.points[0].samples >= 30)
    let mean = ended.points[0].measures[0].mean
    #expect(mean.high - mean.value <= 0.001 * mean.value)
  }

  /// A measure without a value is missing in its sample alone, with its reason; what others give stays.
  @Test func measuresWithoutAValue() async throws {
    let tool = try tool(
      Self.lowPass.replacing(
        ".end\n",
        with: ".measure tran late when v(out)=0.9 rise=1\n.measure tran twice param='2*final'\n.end\n"))
    let result = try await tool.run(
      "sweep", "netlist", "deck.cir", "--vary", "vdd=0.5,2", "--output", "out", "--format", "json")
    #expect(result.exitCode == 0 && result.errors.contains("1 measure has no value"), "\(result.errors)")
    let report = try JSONDecoder().decode(NetlistCampaignReport.self, from: Data(result.output.utf8))
    #expect(report.measures.map(\.name) == ["t50", "final", "late", "twice"])
    #expect(report.points.map { $0.measures.map(\.name) }[0] == ["t50", "final", "twice"])
    #expect(report.points[1].measures.map(\.name) == report.measures.map(\.name))
    #expect(report.points.flatMap { $0.measures.map(\.samples) }.allSatisfy { $0 == 1 })
    #expect(report.points[0].failures.map(\.measure) == ["late"] && report.points[1].failures.isEmpty)
    #expect(report.points[0].failures.first?.reason.contains("crossings of 0.9") == true)
    let finals = report.points[1].measures
    #expect(abs(finals[3].mean.value / (2 * finals[1].mean.value) - 1) < 1e-12)
    // The journal holds the sample: it is not run again, and says the same.
    let again = try await tool.run(
      "sweep", "netlist", "deck.cir", "--vary", "vdd=0.5,2", "--output", "out", "--format", "json")
    #expect(again.output == result.output)
  }

  @Test func wrongInput() async throws {
    let tool = try tool()
    for (arguments, code, text) in [
      (["--vary", "nosuch=1,2"], Int32(65), "nosuch"), (["--vary", "r=1:2"], 64, "vary"),
      (["--vary", "r=1,2", "--precision", "0.1"], 65, "precision"), (["--samples", "0"], 64, "samples"),
    ] {
      let result = try await tool.run(["sweep", "netlist", "deck.cir", "--output", "out"] + arguments)
      #expect(result.exitCode == code && result.errors.contains(text), "\(arguments): \(result.errors)")
    }
    let plain = try self.tool("t\nv1 a 0 1\nr1 a 0 1\n.op\n")
    let result = try await plain.run("sweep", "netlist", "deck.cir", "--output", "out")
    #expect(result.exitCode == 65 && result.errors.contains(".measure"))
    // Points that cannot be simulated are states beside the others.
    let short = try self.tool(
      "t\n.param r=1\nv1 a 0 1\nr1 a b {r}\nr2 b 0 1\n.tran 1n 10n\n.measure tran x find v(b) at=5n\n")
    let mixed = try await short.run(
      "sweep", "netlist", "deck.cir", "--vary", "r=0,1", "--output", "out", "--format", "json")
    #expect(mixed.exitCode == 0, "\(mixed.errors)")
    let report = try JSONDecoder().decode(NetlistCampaignReport.self, from: Data(mixed.output.utf8))
    #expect(report.points[1].failures.isEmpty && abs(report.points[1].measures[0].mean.value - 0.5) < 1e-6)
  }
}
