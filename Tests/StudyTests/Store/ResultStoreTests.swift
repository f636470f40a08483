import Foundation
import Models
import Study
import Synchronization
import TestSupport
import Testing

@Suite struct ResultStoreTests {
  private struct Value: Codable, Equatable {
    var numbers: [Double] = [0.1, 1e-300, .infinity, -0.0, .leastNonzeroMagnitude]
    var name = "ä/\"\n"
  }

  @Test func secondRunReuses() async throws {
    let scratch = try Scratch()
    for run in 0..<2 {
      let store = try ResultStore(directory: scratch.url)
      let value = try await store.value(stage: "s", version: 1, inputs: [1, 2], seed: 3, as: Value.self) {
        Value()
      }
      #expect(value == Value())
      #expect(store.activity == .init(reused: run, computed: 1 - run))
    }
  }

  @Test func memoryLeavesNothing() async throws {
    let store = try ResultStore.inMemory()
    for _ in 0..<2 {
      #expect(try await store.value(stage: "s", version: 1, inputs: 1, as: Int.self) { 5 } == 5)
    }
    #expect(store.activity == .init(reused: 1, computed: 1))
    #expect(store.directory == nil)
    #expect(try ResultStore.inMemory().entries().isEmpty)
  }

  @Test func otherVersionInputsOrSeedAreComputed() async throws {
    let store = try ResultStore.inMemory()
    func ask(_ version: Int, _ input: Int, _ seed: UInt64, _ answer: Int) async throws -> Int {
      try await store.value(stage: "s", version: version, inputs: input, seed: seed) { answer }
    }
    #expect(try await ask(1, 1, 1, 10) == 10)
    #expect(try await ask(2, 1, 1, 20) == 20)
    #expect(try await ask(1, 2, 1, 30) == 30)
    #expect(try await ask(1, 1, 2, 40) == 40)
    #expect(try await ask(1, 1, 1, 50) == 10)
  }

  @Test func failureStoresNothing() async throws {
    struct Failure: Error {}
    let store = try ResultStore.inMemory()
    await #expect(throws: Failure.self) {
      try await store.value(stage: "s", version: 1, inputs: 1, as: Int.self) { throw Failure() }
    }
    #expect(try await store.value(stage: "s", version: 1, inputs: 1, as: Int.self) { 5 } == 5)
  }

  /// Computed or stored alike; what a finer stage has said already stands.
  @Test func provenanceSaysTheInputs() async throws {
    let store = try ResultStore.inMemory()
    let key = try ResultKey(stage: "s", version: 1, inputs: "spec", seed: 9)
    for _ in 0..<2 {
      let values = try await store.value(stage: "s", version: 1, inputs: "spec", seed: 9) {
        [Provenance(seed: 9), Provenance(inputsHash: "of a finer stage", seed: 9)]
      }
      #expect(values.map(\.inputsHash) == [key.hash, "of a finer stage"])
    }
  }

  @Test func entriesTellHowResultsCameAbout() async throws {
    let scratch = try Scratch()
    let before = Date()
    let store = try ResultStore(directory: scratch.url, tools: ["ngspice": "39"])
    _ = try await store.value(stage: "s", version: 4, inputs: 1, seed: .max, as: [Int].self) { [1, 2] }
    let entry = try #require(try ResultStore(directory: scratch.url).entries().first)
    #expect(entry.key == (try ResultKey(stage: "s", version: 4, inputs: 1, seed: .max).hash))
    #expect(entry.stage == "s" && entry.version == 4 && entry.seed == .max && entry.byteCount == 5)
    #expect(entry.tools == ["ngspice": "39"])
    #expect(entry.durationSeconds >= 0)
    #expect(entry.created.timeIntervalSince(before) >= -1e-3)
  }

  @Test func manyTasksShareOneStore() async throws {
    let scratch = try Scratch()
    let stores = try (0..<2).map { _ in try ResultStore(directory: scratch.url) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for item in 0..<100 {
            let value = try await stores[task % 2].value(
              stage: "s", version: 1, inputs: item, as: Int.self
            ) { item * item }
            #expect(value == item * item)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(stores.allSatisfy { $0.activity.faults.isEmpty })
    #expect(try stores[0].entries().count == 100)
  }

  @Test func directoryFollowsEnvironment() {
    func path(_ environment: [String: String]) -> String {
      ResultStore.defaultDirectory(environment: environment).path
    }
    #expect(path(["TESSERA_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/c")
    #expect(path(["TESSERA_CACHE": "", "XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/tessera")
    #expect(path(["XDG_CACHE_HOME": "relative", "HOME": "/h"]) == "/h/.cache/tessera")
  }

  @Test func unusableDirectoryIsSaid() async throws {
    let scratch = try Scratch()
    let file = try scratch.write(Data(), to: "file")
    let error = await studyError { _ = try ResultStore(directory: file.appending(path: "cache")) }
    #expect(error?.code == .storeUnusable)
    #expect(error?.exitStatus == 74)
    #expect("\(try #require(error))".hasPrefix(file.appending(path: "cache").path))
  }
}
