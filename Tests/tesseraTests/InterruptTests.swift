import Foundation
import Study
import TestSupport
import Testing

/// Ctrl-C and SIGTERM, sent to the built program.
@Suite(.timeLimit(.minutes(10))) struct InterruptTests {
  /// Interrupted while simulators run, then run again with another number of workers: the same figures.
  @Test(.requiresNgspice) func interruptedStudyContinues() async throws {
    let tool = try CommandLineTool()
    let file = try SmallStudy.write(to: tool.scratch)
    let arguments = ["study", file, "--format", "json", "--output", "report", "--jobs"]
    let first = try tool.start(arguments + ["1"])
    try await first.says("] transistors:")
    while first.isRunning, tool.workers().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    first.send(SIGINT)
    let interrupted = try await first.end()
    #expect(interrupted.exitCode == 130)
    #expect(interrupted.output.isEmpty)
    let line = try #require(interrupted.complaints.last)
    #expect(line.hasPrefix("tessera: interrupted; "))
    #expect(line.contains("new results are kept in \(tool.cache.path), the same command continues"))
    #expect(interrupted.complaints.count == 1)
    #expect(!FileManager.default.fileExists(atPath: tool.scratch.url.appending(path: "report").path))
    // A worker ends when its socket closes, which takes a moment.
    for _ in 0..<200 where !tool.workers().isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    #expect(tool.workers().isEmpty)

    let kept = Set(try ResultStore(directory: tool.cache).entries().map(\.key))
    #expect(kept.count >= 2)
    let second = try await tool.start(arguments + ["1"]).end()
    #expect(second.exitCode == 0)
    #expect(second.errors.contains("[1/8] device ensembles: from the store"))
    #expect(second.errors.contains("[2/8] transistors: from the store"))
    // What was kept was not computed again.
    let entries = try ResultStore(directory: tool.cache).entries()
    #expect(Set(entries.prefix(kept.count).map(\.key)) == kept)

    let whole = try await SmallStudy.shared().result
    #expect(whole.exitCode == 0)
    #expect(Self.untimed(try second.json()) == Self.untimed(try whole.json()))
  }

  /// The download is stopped and what it left is removed.
  @Test(arguments: [SIGINT, SIGTERM]) func downloadLeavesNothing(signal: Int32) async throws {
    let server = try StandInServer(["/a.tar.gz": .init(announcedLength: 1000, isStalling: true)])
    defer { server.stop() }
    let tool = try CommandLineTool()
    let running = try tool.start([
      "data", "fetch", "cifar-10", "--from", server.address("/a.tar.gz"), "--output", "data",
    ])
    let staging = tool.scratch.url.appending(path: "data/.cifar-10-batches-bin.part/archive.tar.gz.header")
    while running.isRunning, !FileManager.default.fileExists(atPath: staging.path) {
      try await Task.sleep(for: .milliseconds(5))
    }
    running.send(signal)
    let result = try await running.end()
    #expect(result.exitCode == 130)
    #expect(result.complaints == ["tessera: interrupted; nothing was kept, the same command starts again"])
    #expect(try tool.scratch.contents(of: "data").isEmpty)
  }

  /// A computation that knows nothing of tasks does not hold the program up.
  @Test func longComputationIsLeft() async throws {
    let tool = try CommandLineTool()
    let running = try tool.start([
      "accuracy", "run", "--cells", "ideal", "--mode", "rowParallel", "--images", "1000", "--jobs", "1",
    ])
    while running.isRunning, running.processorSeconds < 1.5 { try await Task.sleep(for: .milliseconds(5)) }
    running.send(SIGTERM)
    let result = try await running.end()
    #expect(result.exitCode == 130)
    #expect(result.output.isEmpty)
    #expect(result.complaints.count == 1)
  }

  /// JSON without measured times, in a form that compares.
  private static func untimed(_ value: Any) -> NSObject {
    switch value {
    case let object as [String: Any]:
      NSDictionary(
        dictionary: object.filter { $0.key != "imagesPerSecond" }.mapValues { untimed($0) })
    case let list as [Any]: NSArray(array: list.map { untimed($0) })
    default: (value as? NSObject) ?? NSNull()
    }
  }
}
