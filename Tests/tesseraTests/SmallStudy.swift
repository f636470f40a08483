import Foundation
import TestSupport
import Testing

/// A whole study of a few samples on a tiny network, run once for all tests.
enum SmallStudy {
  /// The finished run: the tool that did it and what it printed as JSON.
  struct Run: Sendable {
    let tool: CommandLineTool
    let result: CommandLineTool.Result
  }

  /// The run, with two workers.
  static func shared() async throws -> Run { try await once.value }

  private static let once = Task {
    let tool = try CommandLineTool()
    let file = try write(to: tool.scratch)
    let result = try await tool.run("study", file, "--format", "json", "--output", "report", "--jobs", "2")
    return Run(tool: tool, result: result)
  }

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  /// A network with random weights; see `make_tiny_network.py` beside it.
  static let network = fixtures.appending(path: "tiny.onnx")

  /// Writes the study file and returns its path.
  static func write(to scratch: Scratch, network: URL = network) throws -> String {
    let text = """
      title = "Small"

      [device]
      diametersMetres = [30e-9]
      diameterMetres = 30e-9
      devices = 3
      cycles = 2
      currents = 4
      fitDevices = 2
      retentionDevices = 1
      analyticDevices = 30

      [read]
      tmr = [3.0]
      samples = 2

      [comparison]
      technologies = ["pcm-nandakumar2019"]

      [network]
      file = "\(network.path)"
      chips = 2
      imagesPerChip = 4
      calibrationImages = 2

      """
    return try scratch.write(Data(text.utf8), to: "small.toml").path
  }
}
