import Circuit
import Foundation
import Spice
import TestSupport
import Testing

/// Commands of single stages: JSON alone on standard output, files where they are asked for.
@Suite(.timeLimit(.minutes(10))) struct StageCommandTests {
  @Test(.requiresNgspice) func simulateRead() async throws {
    let tool = try CommandLineTool()
    let result = try await tool.run(
      "simulate", "read", "--tmr", "1.0", "--level", "2", "--format", "json", "--output", "read")
    #expect(result.exitCode == 0)
    let report = try result.object()
    #expect(report["code"] as? Int == 2)
    for (key, range) in [("delaySeconds", 1e-10...2e-8), ("energyJoules", 1e-14...1e-10)] {
      #expect(range.contains(try #require(report[key] as? Double)))
    }
    let names = try tool.scratch.contents(of: "read")
    #expect(Set(names).isSuperset(of: ["read.json", "read.csv", "read-level-2.dat", "manifest.json"]))
    let table = try String(
      contentsOf: tool.scratch.url.appending(path: "read/read.csv"), encoding: .utf8)
    #expect(table.hasPrefix("time"))
    for name in names { #expect(result.errors.contains("wrote read/\(name)")) }
  }

  @Test(.requiresNgspice) func simulateWriteSwitches() async throws {
    let tool = try CommandLineTool()
    let file = try SmallStudy.write(to: tool.scratch)
    let result = try await tool.run("simulate", "write", "--study", file, "--format", "json")
    let report = try result.object()
    let pulses = try #require(report["pulses"] as? [[String: Any]])
    #expect(pulses.count == 2)
    for pulse in pulses {
      let (first, last) = (pulse["initialState"] as? Double ?? 0, pulse["finalState"] as? Double ?? 0)
      #expect(abs(first - last) >= 0.95)
    }
  }

  /// Ideal cells lose nothing.
  @Test func idealCellsAgree() async throws {
    let tool = try CommandLineTool()
    let file = try SmallStudy.write(to: tool.scratch)
    let result = try await tool.run(
      "accuracy", "run", "--study", file, "--cells", "ideal", "--mode", "rowParallel", "--rows", "8",
      "--adc-bits", "16", "--images", "8", "--format", "json", "--output", "accuracy")
    let summary = try result.object()
    #expect(summary["accuracy"] as? Double == 1)
    #expect(summary["integerAccuracy"] as? Double == 1)
    #expect(summary["metric"] as? String == "agreement")
    #expect(try #require(summary["imagesPerSecond"] as? Double) > 0)
    let files = try tool.scratch.contents(of: "accuracy")
    for name in ["accuracy.json", "manifest.json", "confusion.svg", "layer-errors.png"] {
      #expect(files.contains(name))
    }
  }

  @Test(.requiresNgspice) func publishedCellsHonourBits() async throws {
    let tool = try CommandLineTool()
    let file = try SmallStudy.write(to: tool.scratch)
    let result = try await tool.run(
      "accuracy", "run", "--study", file, "--cells", "rram", "--bits", "1", "--images", "8", "--format",
      "json")
    #expect(result.exitCode == 0)
    // One bit of this technology is told apart with certainty.
    #expect(try result.object()["agreement"] as? Double == 1)
  }

  /// A column of which too many rows are read at once has no accuracy, and more converter bits than a flash
  /// converter has are refused before anything is simulated.
  @Test(.requiresNgspice) func infeasibleColumnHasNoAccuracy() async throws {
    let tool = try CommandLineTool()
    let file = try SmallStudy.write(to: tool.scratch)
    let command = ["accuracy", "run", "--study", file, "--mode", "rowParallel", "--images", "8"]
    let result = try await tool.run(command + ["--rows", "64"])
    #expect(result.exitCode == 65)
    #expect(result.complaints.first?.contains("no row-parallel read of 64 rows of MTJ, 2 bit") == true)
    let bits = try await tool.run(command + ["--adc-bits", "8"])
    #expect(bits.exitCode == 64)
    #expect(
      bits.complaints == ["tessera: --adc-bits: 8 bits of a flash converter; expected 1 to 6, or ideal cells"]
    )
    let rows = try await tool.run(command + ["--rows", "3"])
    #expect(rows.exitCode == 65)
    #expect(rows.complaints.first?.contains("a divisor of the 128 rows, not 3") == true)
  }

  /// A third of the supply at every comparator is out of reach, and said so.
  @Test(.requiresNgspice) func readThatClosesAtNoTiming() async throws {
    let tool = try CommandLineTool()
    let file = try SmallStudy.write(to: tool.scratch)
    let text = try String(contentsOfFile: file, encoding: .utf8)
      .replacing("samples = 2", with: "samples = 2\nrequiredInputVolts = 0.3")
      .replacing("tmr = [3.0]", with: "tmr = []").replacing("[\"pcm-nandakumar2019\"]", with: "[]")
    try tool.scratch.write(Data(text.utf8), to: "small.toml")
    let result = try await tool.run("study", file)
    #expect(result.exitCode == 65)
    let complaint = try #require(result.complaints.first)
    #expect(complaint.hasPrefix("tessera: read: the read of MTJ, "))
    #expect(complaint.contains(" closes at no timing with tessera45; change [read] in"))
    #expect(result.complaints.count == 1)
  }

  @Test func netlists() async throws {
    let tool = try CommandLineTool()
    let list = try #require(
      try await tool.run("netlist", "list", "--format", "json").json() as? [[String: String]])
    #expect(list.compactMap { $0["name"] } == ShippedCircuit.allCases.map(\.rawValue))
    let text = try await tool.run("netlist", "export", "flash-read").output
    #expect(text.hasSuffix(".end\n"))
    let json = try await tool.run("netlist", "export", "flash-read", "--format", "json").json()
    let deck = try #require((json as? [[String: String]])?.first)
    #expect(deck["netlist"] == text)
    #expect(deck["dialect"] == "ngspice")
    #expect(try await tool.run("netlist", "export", "all", "--output", "decks").exitCode == 0)
    #expect(
      try tool.scratch.contents(of: "decks") == ShippedCircuit.allCases.map { "\($0.rawValue).cir" }.sorted())
  }

  /// Every dialect, under the extension of its files, with the models inside.
  @Test(arguments: Dialect.allCases) func netlistDialects(dialect: Dialect) async throws {
    let tool = try CommandLineTool()
    let words = ["netlist", "export", "comparator", "--dialect", dialect.rawValue, "--inline-models"]
    let text = try await tool.run(words).output
    #expect(!text.contains("include") && text.contains("nmos_45"))
    #expect(try await tool.run(words + ["--output", "decks"]).exitCode == 0)
    #expect(try tool.scratch.contents(of: "decks") == ["comparator.\(dialect.fileExtension)"])
  }

  @Test(.requiresProgram("curl")) func fetchFailsCleanly() async throws {
    let server = try StandInServer(["/a.tar.gz": .init(body: Data("something else".utf8))])
    defer { server.stop() }
    let tool = try CommandLineTool()
    func fetch(_ address: String) async throws -> CommandLineTool.Result {
      try await tool.run("data", "fetch", "cifar-10", "--from", address, "--output", "data")
    }
    let other = try await fetch(server.address("/a.tar.gz"))
    #expect(other.exitCode == 65)
    #expect(other.complaints.first?.contains("expected c32a1d4ab5d03f1284b67883e8d87530") ?? false)
    let absent = try await fetch(server.address("/b.tar.gz"))
    #expect(absent.exitCode == 74)
    #expect(absent.complaints.first?.contains("the server answered with HTTP status 404") ?? false)
    // Nothing listens on port 1.
    let refused = try await fetch("http://127.0.0.1:1/a.tar.gz")
    #expect(refused.exitCode == 74)
    #expect(refused.complaints.first?.contains("the download failed") ?? false)
    for result in [other, absent, refused] { #expect(result.complaints.count == 1) }
    #expect(try tool.scratch.contents(of: "data").isEmpty)
  }

  @Test(.requiresNgspice) func doctorIsContent() async throws {
    let report = try await CommandLineTool().run("doctor", "--format", "json")
    #expect(report.exitCode == 0)
    let items = try #require(try report.object()["items"] as? [[String: Any]])
    #expect(items.contains { $0["name"] as? String == "libngspice" && $0["status"] as? String == "ok" })
  }
}

extension StageCommandTests {
  /// Sweeps write a line for each setting, are kept, and say what is not a sweep.
  @Test func sweepsAreKept() async throws {
    let tool = try CommandLineTool()
    let study = try SmallStudy.write(to: tool.scratch)
    let sweeps = try tool.scratch.write(
      Data(
        """
        chips = 2
        imagesPerChip = 2
        fewImagesPerChip = 1
        networks = ["\(SmallStudy.network.path)"]
        singleBits = [0, 2]
        adcBits = [4]

        [[bitTrue]]
        sweep = "adcBits"
        series = "2 bits"
        values = [4.0]

        """.utf8), to: "sweeps.toml"
    ).path
    let command = [
      "accuracy", "sweep", sweeps, "--study", study, "--only", "slices", "--only", "adcBits", "--format",
      "json",
      "--output", "sweep",
    ]
    let result = try await tool.run(command)
    #expect(result.exitCode == 0)
    let object = try result.object()
    let points = try #require(object["points"] as? [[String: Any]])
    #expect(
      points.map { $0["sweep"] as? String } == ["slices", "slices", "slices"]
        + [String](repeating: "adcBits", count: 4))
    #expect(points.map { $0["bitTrue"] != nil } == [false, false, false, false, false, true, false])
    let files = try tool.scratch.contents(of: "sweep")
    for name in [
      "sweeps.csv", "sweeps.json", "pictures/accuracy-slices.svg", "pictures/accuracy-adcBits.png",
      "manifest.json",
    ] {
      #expect(files.contains(name))
    }
    // The page comes again from what was stored.
    let rebuilt = try await tool.run(["report", "sweep", "--output", "rebuilt"])
    #expect(rebuilt.exitCode == 0)
    let pages = try ["sweep", "rebuilt"].map {
      try String(contentsOf: tool.scratch.url.appending(path: "\($0)/accuracy.html"), encoding: .utf8)
    }
    #expect(pages[0] == pages[1] && pages[0].contains("fast"))
    // One thread or two, stored or not: the same numbers but for the rate.
    let again = try await tool.run(command + ["--jobs", "1", "--no-cache"])
    let repeated = try #require(try again.object()["points"] as? [[String: Any]])
    func accuracies(_ points: [[String: Any]]) -> [[Double]] {
      points.map { ($0["result"] as? [String: Any])?["perChip"] as? [Double] ?? [] }
    }
    #expect(accuracies(points) == accuracies(repeated))
    // What is stored is not computed again: the rates that were measured come back.
    func rates(_ points: [[String: Any]]) -> [Double] {
      points.map { ($0["result"] as? [String: Any])?["imagesPerSecond"] as? Double ?? 0 }
    }
    let stored = try #require(try await tool.run(command).object()["points"] as? [[String: Any]])
    #expect(rates(stored) == rates(points) && rates(repeated) != rates(points))
    let wrong = try await tool.run("accuracy", "sweep", "--only", "temperature")
    #expect(wrong.exitCode == 64)
    #expect(wrong.complaints.joined().contains("temperature"))
  }
}
