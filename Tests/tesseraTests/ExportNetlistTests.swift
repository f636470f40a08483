import Foundation
import TestSupport
import Testing

/// `tessera netlist export FILE` through the built program.
@Suite(.timeLimit(.minutes(5))) struct ExportNetlistTests {
  private static let inverters = """
    two stages
    .param w0=2u
    .include lib/models.inc
    .subckt inv a y vdd w=1u
    m1 y a 0 0 n1 w={w} l=1u
    r1 vdd y 10k
    .ends
    vdd vdd 0 1.8
    vin in 0 pulse(0 1.8 1n 0.1n 0.1n 5n 20n)
    x1 in mid vdd inv w={w0}
    x2 mid out vdd inv w={2*w0}
    cl out 0 10f
    .tran 10p 20n
    .dc vin 0 1.8 0.1
    .measure tran tphl trig v(in) val=0.9 rise=1 targ v(mid) val=0.9 fall=1
    .end

    """

  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.scratch.write(Data(Self.inverters.utf8), to: "amp.cir")
    try FileManager.default.createDirectory(
      at: tool.scratch.url.appending(path: "lib"), withIntermediateDirectories: true)
    try tool.scratch.write(Data(".model n1 nmos level=1 vto=0.5 kp=100u\n".utf8), to: "lib/models.inc")
    return tool
  }

  @Test func oneAnalysisOnStandardOutput() async throws {
    let tool = try tool()
    let deck = try await tool.run(
      "netlist", "export", "amp.cir", "--dialect", "spectre", "--analysis", "tran", "--set", "w0=3u")
    #expect(deck.exitCode == 0, "\(deck.errors)")
    for line in [
      "model n1 mos1 type=n vto=0.5 kp=1e-4", "parameters w0=3e-6", "x1 (in mid vdd) inv w=w0",
      ".measure tran tphl trig v(in) val=0.9 rise=1 targ v(mid) val=0.9 fall=1",
    ] {
      #expect(deck.output.split(separator: "\n").contains(Substring(line)), "\(deck.output)")
    }
    #expect(!deck.output.contains(" dc sweep"))
  }

  /// A measure that the dialect has no word for is left out with a remark, and what uses it; the others stay.
  @Test func measuresThatADialectHasNot() async throws {
    let tool = try tool()
    try tool.scratch.write(
      Data(
        Self.inverters.replacing(
          ".end\n", with: ".measure tran low min_at v(mid)\n.measure tran late param='low+1n'\n.end\n"
        ).utf8),
      to: "amp.cir")
    let arguments = ["netlist", "export", "amp.cir", "--analysis", "tran", "--dialect"]
    let other = try await tool.run(arguments + ["hspice"])
    #expect(other.exitCode == 0 && other.errors.contains("the position of a minimum"), "\(other.errors)")
    #expect(other.errors.contains("it uses low"), "\(other.errors)")
    #expect(other.output.contains("tphl") && !other.output.contains("low"))
    let own = try await tool.run(arguments + ["ngspice"])
    #expect(own.exitCode == 0 && own.output.contains(".measure tran low min_at v(mid)"), "\(own.errors)")
  }

  @Test func everyAnalysisIntoADirectory() async throws {
    let tool = try tool()
    let result = try await tool.run("netlist", "export", "amp.cir", "--output", "lib/out")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try tool.scratch.contents(of: "lib/out").sorted() == ["amp-dc-vin.cir", "amp-tran.cir"])
    let text = try String(
      contentsOf: tool.scratch.url.appending(path: "lib/out/amp-tran.cir"), encoding: .utf8)
    // Counted from where the deck lies, so that it can move with its tree.
    #expect(text.contains(".include \"../models.inc\""), "\(text)")
    #expect(try await tool.run("simulate", "lib/out/amp-tran.cir", "--allow-directory", "lib").exitCode == 0)
  }

  @Test func structureAlone() async throws {
    let deck = try await tool().run("netlist", "export", "amp.cir", "--dialect", "cdl")
    #expect(deck.exitCode == 0, "\(deck.errors)")
    #expect(deck.output.contains(".SUBCKT") && deck.output.contains("m1 y a 0 0 n1 W=4e-6 L=1e-6"))
  }

  @Test(arguments: [
    (["amp.cir"], "several analyses: tran, dc vin"),
    (["amp.cir", "--analysis", "ac"], "it has tran, dc vin"),
    (["none.cir"], "no circuit and no file 'none.cir'"),
    (["flash-read", "--analysis", "tran"], "of a netlist file"),
    (["amp.cir", "--corner", "ff"], "its own models"), (["amp.cir", "--set", "w0"], "w0"),
  ])
  func badRequests(arguments: [String], said: String) async throws {
    let result = try await tool().run(["netlist", "export"] + arguments)
    #expect(result.exitCode == 64)
    #expect(result.errors.contains(said), "\(result.errors)")
  }
}
