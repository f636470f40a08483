import Foundation
import Study
import TestSupport
import Testing

/// Several processes on one store, and one that dies.
@Suite(.timeLimit(.minutes(5))) struct StoreProcessTests {
  private func probe() throws -> ExternalProgram {
    let folder = try URL(filePath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      .deletingLastPathComponent()
    return try ExternalProgram("store-probe", debianPackage: "", environment: ["PATH": folder.path])
  }

  /// They start at once, on a directory that does not exist yet.
  @Test func processesShareOneStore() async throws {
    let scratch = try Scratch()
    let directory = scratch.url.appending(path: "new/cache")
    let probe = try probe()
    let counts = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<3 {
        group.addTask {
          let result = try await probe.run([directory.path, "items", "200"], timeoutSeconds: 240)
          #expect(result.exitCode == 0, "\(result.errors)")
          return result.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for count in counts {
      try #require(count.count == 3)
      #expect(count[0] + count[1] == 200)
      #expect(count[2] == 0)
    }
    let store = try ResultStore(directory: directory)
    for item in 0..<200 {
      #expect(
        try await store.value(stage: "items", version: 1, inputs: item, as: Int.self) { -1 } == item * item)
    }
    #expect(store.activity.computed == 0)
  }

  /// A process killed in its second stage leaves the first in place and the store usable.
  @Test func killedRunLeavesFinishedStages() async throws {
    let scratch = try Scratch()
    let directory = scratch.url.appending(path: "cache")
    let reached = scratch.url.appending(path: "reached")
    let probe = try probe()
    let running = Task {
      try await probe.run([directory.path, "hang", reached.path], timeoutSeconds: 240)
    }
    while !FileManager.default.fileExists(atPath: reached.path) {
      try await Task.sleep(for: .milliseconds(5))
    }
    running.cancel()  // Kills it.
    let error = await studyError { _ = try await running.value }
    #expect(error?.code == .cancelled)

    let store = try ResultStore(directory: directory)
    #expect(try await store.value(stage: "first", version: 1, inputs: "a", as: Int.self) { -1 } == 1)
    #expect(try await store.value(stage: "second", version: 1, inputs: "a", as: Int.self) { 2 } == 2)
    #expect(store.activity == .init(reused: 1, computed: 1))
  }
}
