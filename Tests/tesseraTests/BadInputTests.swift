import Foundation
import Models
import TestSupport
import Testing

/// What a person sees of wrong or missing input: one line, an exit code, and nothing half-written.
@Suite(.timeLimit(.minutes(5))) struct BadInputTests {
  /// Runs a command that must fail; returns its one line.
  private func complaint(
    _ tool: CommandLineTool, exitCode: Int32, _ arguments: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let before = try visible(tool)
    let result = try await tool.start(arguments).end()
    #expect(result.exitCode == exitCode, sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    // Not even progress: it is found before anything is computed.
    #expect(result.errors.split(separator: "\n").count == 1, sourceLocation: sourceLocation)
    #expect(result.errors.hasPrefix("tessera: "), sourceLocation: sourceLocation)
    #expect(try visible(tool) == before, sourceLocation: sourceLocation)
    return result.errors
  }

  /// What stands in the tool's directory beside the records of its runs and its store.
  private func visible(_ tool: CommandLineTool) throws -> [String] {
    try tool.scratch.contents().filter { !$0.hasPrefix(".") && !$0.hasPrefix("cache") }
  }

  private func study(_ tool: CommandLineTool, _ text: String) throws -> String {
    try tool.scratch.write(Data(text.utf8), to: "s.toml").path
  }

  @Test(arguments: [
    ("[read]\nsampels = 7\n", "s.toml:2:1: unknown key 'read.sampels'; known here: accessWidthMetres, "),
    ("[array]\n  rows = \"many\"\n", "s.toml:2:3: 'array.rows' has the wrong type: expected Int"),
    ("[array]\nrowsPerRead = 500\n", "s.toml:2:1: 'array.rowsPerRead' is 500.0; expected 1.0 to 128.0"),
    ("[array\nrows = 3\n", "s.toml:1:7: not valid TOML: "),
    (
      "[device]\nprogramming = \"hope\"\n",
      "s.toml:2:1: 'device.programming' is not valid: no 'hope'; expected one of openLoop, writeVerify"
    ),
  ])
  func studyFile(text: String, message: String) async throws {
    let tool = try CommandLineTool()
    let line = try await complaint(tool, exitCode: 65, "study", try study(tool, text))
    #expect(line.contains("/\(message)"))
  }

  @Test(.requiresNgspice) func truncatedNetwork() async throws {
    let tool = try CommandLineTool()
    let whole = try Data(contentsOf: SmallStudy.network)
    let network = try tool.scratch.write(whole.prefix(5000), to: "half.onnx")
    let file = try SmallStudy.write(to: tool.scratch, network: network)
    let line = try await complaint(tool, exitCode: 65, "study", file)
    #expect(line.contains("/half.onnx: truncated or not an ONNX file (5000 bytes); expected a complete"))
  }

  @Test(.requiresNgspice) func truncatedImages() async throws {
    var tool = try CommandLineTool()
    let folder = "data/cifar-10-batches-bin"
    let names = (0..<10).map { "class \($0)\n" }.joined()
    try tool.scratch.write(Data(names.utf8), to: "\(folder)/batches.meta.txt")
    try tool.scratch.write(Data(count: 3 * 3073), to: "\(folder)/data_batch_1.bin")
    try tool.scratch.write(Data(count: 2 * 3073 + 100), to: "\(folder)/test_batch.bin")
    tool.environment["TESSERA_DATA"] = tool.scratch.url.appending(path: "data").path
    let file = try SmallStudy.write(to: tool.scratch)
    let line = try await complaint(tool, exitCode: 65, "study", file)
    #expect(line.contains("/test_batch.bin: 6246 bytes; expected one or more records of 3073 bytes"))

    tool.environment["TESSERA_DATA"] = tool.scratch.url.appending(path: "elsewhere").path
    let missing = try await complaint(tool, exitCode: 65, "study", file)
    #expect(missing.contains("TESSERA_DATA names a directory without cifar-10-batches-bin/test_batch.bin"))
  }

  @Test(.requiresNgspice) func missingTransistors() async throws {
    let tool = try CommandLineTool()
    let library = try study(tool, "[transistors]\nlibrary = \"nope\"\n")
    #expect(
      try await complaint(tool, exitCode: 74, "study", library)
        == "tessera: nope: no such file; expected it here or as models/transistors/nope\n")
    let corner = try study(tool, "[transistors]\ncorner = \"xx\"\n")
    #expect(
      try await complaint(tool, exitCode: 65, "study", corner)
        == "tessera: tessera45: there is no corner xx; there are ff, ss, tt.\n")
    // A library whose cards are elsewhere, and the person has not said where.
    let kit = try study(tool, "[transistors]\nlibrary = \"freepdk45\"\n")
    #expect(
      try await complaint(tool, exitCode: 65, "study", kit)
        == "tessera: freepdk45: set TESSERA_FREEPDK45 to the directory that holds freepdk45_nom.spi.\n")
  }

  /// A model card that its library names and that is not there.
  @Test(.requiresNgspice) func missingCard() async throws {
    let tool = try CommandLineTool()
    let standard = try ModelLibrary.standard.url("tessera45/card.toml", in: "transistors")
    let card = try tool.scratch.write(try Data(contentsOf: standard), to: "mine/card.toml")
    let file = try study(tool, "[transistors]\nlibrary = \"\(card.path)\"\n")
    let line = try await complaint(tool, exitCode: 65, "study", file)
    #expect(line.contains("mine/tessera45_tt.lib: the model file of corner tt cannot be read."))
  }

  @Test func missingComparison() async throws {
    let tool = try CommandLineTool()
    let file = try study(tool, "[comparison]\ntechnologies = [\"rram-nobody\"]\n")
    let line = try await complaint(tool, exitCode: 65, "study", file)
    #expect(line.contains("rram-nobody/levels.toml: no such file"))
  }

  /// The loader finds something else in the library's place: as good as none.
  @Test func absentSimulator() async throws {
    var tool = try CommandLineTool()
    try tool.scratch.write(Data("not a library".utf8), to: "lib/libngspice.so.0")
    tool.environment["LD_LIBRARY_PATH"] = tool.scratch.url.appending(path: "lib").path
    for command in [["study"], ["simulate", "read"], ["characterize", "transistors"]] {
      let result = try await tool.start(command).end()
      #expect(result.exitCode == 69)
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("tessera: libngspice.so.0: libngspice cannot be loaded; on Debian"))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
    #expect(!FileManager.default.fileExists(atPath: tool.scratch.url.appending(path: "results").path))
  }

  @Test func absentWorker() async throws {
    var tool = try CommandLineTool()
    tool.environment["TESSERA_NGSPICE_WORKER"] = "/nowhere/worker"
    let line = try await complaint(tool, exitCode: 69, "simulate", "read")
    #expect(line.contains("/nowhere/worker: the worker program is not there; build the product"))
  }

  @Test func placesThatCannotBeWritten() async throws {
    var tool = try CommandLineTool()
    let file = try tool.scratch.write(Data(), to: "file")
    let line = try await complaint(tool, exitCode: 74, "study", "--output", "file/here")
    #expect(line.contains("/file: no files can be written here; name another directory with --output"))
    // Also by a command that writes no files of itself.
    let run = ["accuracy", "run", "--cells", "ideal", "--images", "1", "--output", "file/here"]
    let result = try await tool.start(run).end()
    #expect(
      result.exitCode == 74 && result.output.isEmpty && result.errors.contains("no files can be written here")
    )
    tool.environment["TESSERA_CACHE"] = file.path
    #expect(
      try await complaint(tool, exitCode: 74, "study").contains("name another directory in TESSERA_CACHE"))
  }

  @Test func unknownCells() async throws {
    let tool = try CommandLineTool()
    let line = try await complaint(tool, exitCode: 64, "accuracy", "run", "--cells", "foo")
    #expect(line.contains("no cells 'foo'; expected ideal, mtj, a technology under models/devices ("))
  }

  /// Each is said before anything is computed.
  @Test(arguments: [
    (
      ["--cells", "ideal", "--mode", "rowParallel", "--rows", "0"],
      "array.rowsPerRead: expected at least 1, not 0"
    ),
    (
      ["--mode", "rowParallel", "--adc-bits", "7"], "--adc-bits: 7 bits of a flash converter; expected 1 to 6"
    ),
    (["--cells", "rram", "--single-bits", "9"], "remedies.singleBitSlices: expected 0 to 8, not 9"),
    (["--trim-bits", "17"], "remedies.trimBits: expected 0 to 16, not 17"),
    (["--cells", ""], "no cells ''; expected ideal, mtj"),
  ])
  func badAccuracyRuns(options: [String], complaint expected: String) async throws {
    let tool = try CommandLineTool()
    let result = try await tool.start(["accuracy", "run", "--images", "1"] + options).end()
    #expect(result.exitCode != 0 && result.errors.contains(expected), "\(result.errors)")
    // No line of progress before it.
    #expect(result.output.isEmpty && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }

  @Test(arguments: ["--supply=nan", "--supply=0", "--width=0", "--pulse=-1"])
  func badPulses(option: String) async throws {
    let line = try await complaint(try CommandLineTool(), exitCode: 64, "simulate", "write", option)
    #expect(line.contains("\(option.prefix { $0 != "=" }): ") && line.contains("; expected "))
  }

  @Test func sweptRowsThatDoNotDivide() async throws {
    var tool = try CommandLineTool()
    let file = try tool.scratch.write(Data("rowsPerRead = [7]\n".utf8), to: "s.toml")
    tool.environment["TESSERA_DATA"] = nil
    let line = try await complaint(
      tool, exitCode: 65, "accuracy", "sweep", file.path, "--only", "rowsPerRead")
    #expect(line.contains("'rowsPerRead' has 7; expected divisors of the array's 128 rows"))
  }

  @Test(arguments: [
    ["simulate", "read", "--level", "7"], ["simulate", "read", "--precharge", "1", "--develop", "1"],
    ["device", "levels", "--jobs", "0"], ["netlist", "export", "nope"], ["chip", "frob"],
    ["accuracy", "run", "--images", "3", "--chips", "2"],
    ["accuracy", "run", "--images", "10001"], ["accuracy", "run", "--rows", "8"],
    ["accuracy", "run", "--mode", "rowParallel", "--recentre-references"],
  ])
  func usage(arguments: [String]) async throws {
    let result = try await CommandLineTool().start(arguments).end()
    #expect(result.exitCode == 64)
    #expect(result.output.isEmpty)
    #expect(result.errors.hasPrefix("Error: "))
  }
}
