import Foundation
import Models
import Study
import TestSupport
import Testing

/// `tessera simulate FILE` through the built program.
@Suite(.timeLimit(.minutes(5))) struct SimulateNetlistTests {
  private static let divider = """
    divider and low-pass
    .param rtop=1k
    v1 in 0 dc 2 ac 1 pulse(0 2 1u 1n 1n 1)
    r1 in out {rtop}
    r2 out 0 1k
    c1 out 0 1n
    .op
    .dc v1 0 4 1
    .ac dec 5 1k 10meg
    .tran 10n 10u
    .print tran v(in) v(out)
    .measure tran rise trig v(out) val=0.1 rise=1 targ v(out) val=0.9 rise=1
    .measure tran never when v(out)=5
    .end

    """

  private func write(_ text: String, _ tool: CommandLineTool, to name: String = "deck.cir") throws {
    try tool.scratch.write(Data(text.utf8), to: name)
  }

  @Test(.requiresNgspice) func everyAnalysis() async throws {
    let tool = try CommandLineTool()
    try write(Self.divider, tool)
    let result = try await tool.run("simulate", "deck.cir", "--output", "out", "--format", "json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let report = try result.object()
    #expect(report["schemaVersion"] as? Int == 1)
    #expect(report["title"] as? String == "divider and low-pass")
    let analyses = try #require(report["analyses"] as? [[String: Any]])
    #expect(analyses.compactMap { $0["label"] as? String } == ["op", "dc v1", "ac", "tran"])
    #expect(analyses.allSatisfy { $0["status"] as? String == "completed" })
    #expect(analyses.compactMap { $0["place"] as? String }.last == "deck.cir:10")

    func final(_ index: Int, _ name: String) throws -> Double {
      let signals = try #require(analyses[index]["signals"] as? [[String: Any]])
      return try #require(signals.first { $0["name"] as? String == name }?["final"] as? Double)
    }
    #expect(abs(try final(0, "v(out)") - 1) < 1e-9)
    #expect(abs(try final(1, "v(out)") - 2) < 1e-9)
    // 1/2 over 1 + j f / f0, f0 = 1 / (2 pi 500 Ohm 1 nF).
    let ratio = 10e6 * 2 * Double.pi * 500e-9
    #expect(abs(try final(2, "v(out)") - 0.5 / (1 + ratio * ratio).squareRoot()) < 1e-6)
    #expect(abs(try final(3, "v(out)") - 1) < 1e-3)

    let measures = try #require(analyses[3]["measures"] as? [[String: Any]])
    // ln 9 R C.
    #expect(abs(try #require(measures[0]["value"] as? Double) / (0.5e-6 * log(9)) - 1) < 2e-2)
    #expect(measures[0]["unit"] as? String == "s")
    #expect(measures[1]["value"] == nil && (measures[1]["reason"] as? String)?.contains("crossings") == true)

    let files = try tool.scratch.contents(of: "out")
    let expected = [
      "op.csv", "dc-v1.csv", "ac.csv", "tran.csv", "tran.dat", "tran.gp", "simulation.json", "manifest.json",
    ]
    #expect(Set(files).isSuperset(of: expected))
    #expect(!files.contains("op.dat"))
    let csv = try String(contentsOf: tool.scratch.url.appending(path: "out/tran.csv"), encoding: .utf8)
    #expect(csv.hasPrefix("time (s),v(in) (V),v(out) (V)\n"))
    let manifest = try ResultFile.decodeManifest(tool.scratch.url.appending(path: "out/manifest.json"))
    #expect(manifest.files["netlist"] != nil && manifest.tools["ngspice"]?.hasPrefix("ngspice") == true)
    let saved = try String(
      contentsOf: tool.scratch.url.appending(path: "out/simulation.json"), encoding: .utf8)
    #expect(saved == result.output || saved + "\n" == result.output)
  }

  @Test(.requiresNgspice) func tablesAndSettings() async throws {
    let tool = try CommandLineTool()
    try write(Self.divider, tool)
    let result = try await tool.run(
      "simulate", "deck.cir", "--set", "RTOP=3k", "--temperature", "-40", "--output", "out", "--jobs", "1")
    #expect(result.exitCode == 0)
    #expect(result.output.hasPrefix("divider and low-pass, -40 C\n\nop\n"))
    #expect(result.output.contains("v(out)  500 mV") || result.output.contains("v(out)  500.00 mV"))
    #expect(result.output.contains("rise ="))
    let unknown = try await tool.run("simulate", "deck.cir", "--set", "nosuch=1")
    #expect(unknown.exitCode == 65 && unknown.output.isEmpty)
    #expect(
      unknown.errors == "tessera: deck.cir: the deck has no parameter nosuch to set. (there are rtop)\n")
    for arguments in [["--set", "x"], ["--set", "x=y"], ["--temperature", "-300"], ["--set", "=1"]] {
      #expect(try await tool.run(["simulate", "deck.cir"] + arguments).exitCode == 64)
    }
    #expect(try await tool.run("simulate").exitCode == 64)
  }

  /// What is not evaluated is in the report, not on the terminal alone.
  @Test(.requiresNgspice) func remarksAreReported() async throws {
    let tool = try CommandLineTool()
    try write("t\nv1 a 0 1\nr1 a 0 1\n.tran 1n 5n\n.measure tran odd avg par('v(a)*2')\n", tool)
    let result = try await tool.run("simulate", "deck.cir", "--output", "out", "--format", "json")
    let remarks = try #require(try result.object()["remarks"] as? [String])
    #expect(remarks.count == 1 && remarks[0].hasPrefix("deck.cir:5: the measurement is not evaluated"))
  }

  /// What only ngspice finds wrong has the netlist's own line too, and ngspice's reason.
  @Test(.requiresNgspice) func complaintsOfTheSimulator() async throws {
    let tool = try CommandLineTool()
    try write(
      "t\n* remark\n.model nch nmos level=1\nv1 d 0 1\nm1 d d 0 0 nch w=1u l=1u foo=3\n.op\n", tool)
    let unknown = try await tool.run("simulate", "deck.cir", "--output", "out")
    #expect(unknown.exitCode == 70)
    #expect(
      unknown.errors.contains(
        "tessera: deck.cir:5: op, element m1: ngspice does not accept it: unknown parameter (foo)."),
      "\(unknown.errors)")
    try write("t\nv1 a a 1\nr1 a 0 1\n.op\n", tool)
    let short = try await tool.run("simulate", "deck.cir", "--output", "short")
    #expect(short.exitCode == 70 && short.errors.contains("v1 is a shorted VSRC"), "\(short.errors)")
  }

  /// Everything wrong, a line each, and nothing is run or written.
  @Test func problems() async throws {
    let tool = try CommandLineTool()
    try write("t\nv1 a 0 1\nr1 a b {x}\nm1 a b c 0 nosuch\nc1 a d 1p\n.tran 1n 1u\n", tool)
    let result = try await tool.run("simulate", "deck.cir", "--output", "out")
    #expect(result.exitCode == 65 && result.output.isEmpty)
    #expect(
      result.errors == """
        tessera: deck.cir:3: element r1: no parameter named x.
        tessera: deck.cir:4: element m1: no model card named nosuch.
        tessera: deck.cir:5: node d, element c1: the node has this single connection.

        """)
    try write("t\nv1 a 0 1\nr1 a 0 4k7\n.noise v(a) v1 dec 1 1 1\nfoo\n", tool)
    let unread = try await tool.run("simulate", "deck.cir", "--output", "out")
    #expect(unread.exitCode == 65)
    #expect(
      unread.complaints.map { $0.prefix(21) } == [
        "tessera: deck.cir:3: ", "tessera: deck.cir:4: ", "tessera: deck.cir:5: ",
      ])
    try write("t\nv1 a 0 1\nr1 a 0 1\n", tool)
    let idle = try await tool.run("simulate", "deck.cir", "--output", "out")
    #expect(idle.exitCode == 65)
    #expect(idle.errors == "tessera: deck.cir: there is no analysis: .op, .dc, .ac or .tran.\n")
    let absent = try await tool.run("simulate", "nosuch.cir")
    #expect(absent.exitCode == 74)
    #expect(absent.errors == "tessera: nosuch.cir: the netlist cannot be read. (No such file or directory)\n")
    #expect(
      try tool.scratch.contents(of: "").contains { $0.hasPrefix("out") || $0.hasPrefix("results") } == false)
  }

  /// Commands and files that a foreign deck has no business with leave no trace.
  @Test func maliciousDecks() async throws {
    let tool = try CommandLineTool()
    let trace = tool.scratch.url.appending(path: "trace").path
    let head = "t\nv1 a 0 1\nr1 a 0 1\n.op\n"
    try FileManager.default.createSymbolicLink(
      atPath: tool.scratch.url.appending(path: "link.lib").path, withDestinationPath: "/etc/passwd")
    let commands = ".control\nshell touch \(trace)\n.endc\n"
    try write(".model m1 d\n\(commands)", tool, to: "control.lib")
    try write(".model m1 d\n*# shell touch \(trace)\n", tool, to: "hidden.lib")
    let attacks = [
      commands, "*# shell touch \(trace)\n", ".include /etc/passwd\n", ".include link.lib\n",
      ".include ../../../../../../etc/passwd\n", ".include control.lib\n", ".include hidden.lib\n",
      ".lib control.lib tt\n", "v2 b 0 pwl file=\"/etc/passwd\"\n", "r2 a 0 `touch \(trace)`\n",
    ]
    for attack in attacks {
      try write(head + attack, tool)
      let result = try await tool.run("simulate", "deck.cir", "--output", "out")
      #expect(result.exitCode == 65, "\(attack)")
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("tessera: "), "\(attack): \(result.errors)")
      #expect(!result.errors.contains("root:"), "\(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: trace))
    for title in ["*ng_script", ".include /etc/passwd"] {
      try write("\(title)\nv1 a 0 1\nr1 a 0 1\n.op\n", tool)
      #expect(try await tool.run("simulate", "deck.cir").exitCode == 65)
    }
    #expect(!FileManager.default.fileExists(atPath: tool.scratch.url.appending(path: "out").path))
  }

  /// Commands run only where that is asked for, in the netlist's directory, and their plots come back.
  @Test(.requiresNgspice) func commandsThatAreAllowed() async throws {
    let tool = try CommandLineTool()
    try write(
      """
      commands
      .include part.inc
      v1 in 0 dc 2 pulse(0 2 0 1n 1n 1)
      r1 in out 1k
      .control
      tran 1n 20u
      op
      print v(out)
      shell echo written > trace
      .endc
      .end

      """, tool, to: "work/deck.cir")
    try write("r2 out 0 1k\nc1 out 0 1n\n", tool, to: "work/part.inc")
    let trace = tool.scratch.url.appending(path: "work/trace")
    let refused = try await tool.run("simulate", "work/deck.cir", "--output", "out")
    #expect(refused.exitCode == 65 && refused.errors.contains("work/deck.cir:5"))
    #expect(!FileManager.default.fileExists(atPath: trace.path))

    let result = try await tool.run(
      "simulate", "work/deck.cir", "--allow-control", "--output", "out", "--format", "json")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(FileManager.default.fileExists(atPath: trace.path))
    let report = try result.object()
    #expect(report["end"] as? String == "finished")
    #expect((report["output"] as? [String])?.contains { $0.hasPrefix("v(out) = 1.0000") } == true)
    let plots = try #require(report["plots"] as? [[String: Any]])
    #expect(plots.compactMap { $0["name"] as? String } == ["tran1", "op1"])
    let signals = try #require(plots[0]["signals"] as? [[String: Any]])
    let out = try #require(signals.first { $0["name"] as? String == "v(out)" }?["final"] as? Double)
    #expect(abs(out - 1) < 1e-6)
    for name in ["simulation.raw", "tran1.csv", "op1.csv", "manifest.json"] {
      #expect(try tool.scratch.contents(of: "out").contains(name), "\(name)")
    }
    let mixed = try await tool.run("simulate", "work/deck.cir", "--allow-control", "--set", "a=1")
    #expect(mixed.exitCode == 64)
  }

  @Test(
    .requiresNgspice,
    arguments: [
      ("quit", 0, "quit"), ("nosuchcommand", 70, "failed"),
    ])
  func endsOfCommands(command: String, exitCode: Int32, end: String) async throws {
    let tool = try CommandLineTool()
    try write("t\nv1 a 0 1\nr1 a 0 1\n.control\n\(command)\n.endc\n.end\n", tool)
    let result = try await tool.run(
      "simulate", "deck.cir", "--allow-control", "--output", "out", "--format", "json")
    #expect(result.exitCode == exitCode, "\(result.errors)")
    #expect(try result.object()["end"] as? String == end)
  }

  /// What gnuplot would run in a title is drawn as it stands.
  @Test(.requiresNgspice, .requiresProgram("gnuplot")) func titlesInPictures() async throws {
    let tool = try CommandLineTool()
    try write(
      "`touch trace` \"q\" \\ $(touch trace) @x _1^2 {a}\nv1 a 0 pulse(0 1 1n 1n 1n 1n)\nr1 a 0 1\n.tran 1n 5n\n",
      tool)
    let result = try await tool.run("simulate", "deck.cir", "--output", "out")
    #expect(result.exitCode == 0)
    let files = try tool.scratch.contents()
    #expect(files.contains("out/tran.svg") && !files.contains { $0.hasSuffix("trace") })
  }

  @Test(.requiresNgspice) func allowedDirectories() async throws {
    let tool = try CommandLineTool()
    try write(".model md d is=1f\n", tool, to: "kit/models.lib")
    try write("t\n.include ../kit/models.lib\nv1 a 0 0.6\nd1 a 0 md\n.op\n", tool, to: "work/deck.cir")
    let refused = try await tool.run("simulate", "work/deck.cir", "--output", "out")
    #expect(refused.exitCode == 65)
    #expect(
      refused.errors.hasPrefix("tessera: work/deck.cir:2: work/../kit/models.lib: the file lies outside"))
    #expect(refused.errors.contains("--allow-directory"))
    let allowed = try await tool.run(
      "simulate", "work/deck.cir", "--output", "out", "--allow-directory", "kit")
    #expect(allowed.exitCode == 0, "\(allowed.errors)")
    #expect(try await tool.run("simulate", "work/deck.cir", "--allow-directory", "nosuch").exitCode == 74)
  }

  /// An analysis without a solution has an exit code of its own; what the others gave is there.
  @Test(.requiresNgspice) func noSolution() async throws {
    let tool = try CommandLineTool()
    try write("t\nv1 a 0 1\nv2 a 0 2\nr1 a 0 1\n.op\n", tool)
    let result = try await tool.run("simulate", "deck.cir", "--output", "out", "--format", "json")
    #expect(result.exitCode == 70)
    #expect(result.complaints.count == 1)
    #expect(result.complaints[0].hasPrefix("tessera: deck.cir:5: op: "))
    let analyses = try #require(try result.object()["analyses"] as? [[String: Any]])
    #expect(analyses[0]["status"] as? String == "singularMatrix")
    #expect((analyses[0]["reason"] as? String)?.isEmpty == false)
    // A source that blows up within a nanosecond.
    try write(
      "t\nc1 a 0 1p\nr1 a 0 1meg\nb1 0 a i=v(a)*v(a)*1e3\nv1 c 0 1\nr2 c 0 1\n.ic v(a)=1\n.op\n.tran 1p 1n uic\n",
      tool)
    let blown = try await tool.run("simulate", "deck.cir", "--output", "out")
    #expect(blown.exitCode == 70)
    #expect(blown.complaints.contains { $0.hasPrefix("tessera: deck.cir:9: tran: ") })
  }

  /// Noise is drawn from the seed: the same one gives the same numbers.
  @Test(.requiresNgspice) func noiseFollowsTheSeed() async throws {
    let tool = try CommandLineTool()
    try write("t\ni1 0 a dc 0 trnoise(1u 10p 0 0)\nr1 a 0 1k\nc1 a 0 1p\n.tran 10p 10n 0 10p\n", tool)
    var outputs: [String] = []
    for seed in ["1", "1", "2"] {
      outputs.append(
        try await tool.run("simulate", "deck.cir", "--seed", seed, "--output", "out", "--format", "json")
          .output)
    }
    #expect(outputs[0] == outputs[1] && outputs[0] != outputs[2])
  }
}

extension ResultFile {
  fileprivate static func decodeManifest(_ url: URL) throws -> RunManifest {
    try decode(RunManifest.self, from: Data(contentsOf: url), at: "manifest")
  }
}
