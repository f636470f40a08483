import Foundation
import GRDB
import Study
import Synchronization
import TestSupport
import Testing

/// Whatever happens to the file, results are right and nothing ends the program.
@Suite struct StoreDamageTests {
  private static let file = "results-1.sqlite"

  private func fill(_ scratch: Scratch, count: Int) async throws -> ResultStore.Activity {
    let store = try ResultStore(directory: scratch.url)
    for item in 0..<count {
      let value = try await store.value(stage: "items", version: 1, inputs: item, as: [Int].self) {
        Array(item..<(item + 500))
      }
      #expect(value == Array(item..<(item + 500)))
    }
    return store.activity
  }

  @Test(arguments: [
    "value = X'00FF'", "value = substr(value, 1, 7)", "value = 17", "digest = 'no'",
    "value = replace(CAST(value AS TEXT), '3', '4')",
  ])
  func damagedRowIsComputedAgain(change: String) async throws {
    let scratch = try Scratch()
    _ = try await fill(scratch, count: 3)
    try await DatabaseQueue(path: scratch.url.appending(path: Self.file).path).write {
      try $0.execute(sql: "UPDATE result SET \(change) WHERE rowid = 2")
    }
    let activity = try await fill(scratch, count: 3)
    #expect(activity.computed == 1)
    #expect(activity.faults.count == 1)
    #expect(activity.faults.allSatisfy { $0.contains("stage items is damaged; it is computed again") })
    #expect(try await fill(scratch, count: 3) == .init(reused: 3, computed: 0))
  }

  /// A row of a right digest that is another type: what a changed result without a raised version gives.
  @Test func rowOfAnotherTypeIsComputedAgain() async throws {
    let scratch = try Scratch()
    let store = try ResultStore(directory: scratch.url)
    _ = try await store.value(stage: "s", version: 1, inputs: 1, as: [Int].self) { [1] }
    let text = try await store.value(stage: "s", version: 1, inputs: 1, as: String.self) { "one" }
    #expect(text == "one")
    #expect(store.activity.computed == 2)
    #expect(store.activity.faults.count == 1)
    #expect(try await store.value(stage: "s", version: 1, inputs: 1, as: String.self) { "two" } == "one")
  }

  @Test func fileThatIsNoDatabaseIsSetAside() async throws {
    let scratch = try Scratch()
    try scratch.write(Data(repeating: 0x2A, count: 9000), to: Self.file)
    let activity = try await fill(scratch, count: 3)
    #expect(activity.computed == 3)
    #expect(activity.faults.count == 1)
    #expect(try scratch.contents().contains("\(Self.file).damaged"))
    #expect(try await fill(scratch, count: 3) == .init(reused: 3, computed: 0))
  }

  /// Pages overwritten in the middle: found when read, told, computed again; the next run starts anew.
  @Test func damagedPagesAreSurvived() async throws {
    let scratch = try Scratch()
    _ = try await fill(scratch, count: 40)
    let file = scratch.url.appending(path: Self.file)
    try await DatabaseQueue(path: file.path).writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
    var bytes = try Data(contentsOf: file)
    try #require(bytes.count > 5 * 4096)
    for index in 4096..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
    try bytes.write(to: file)
    let activity = try await fill(scratch, count: 40)
    #expect(activity.computed == 40)
    #expect(!activity.faults.isEmpty)
    #expect(try await fill(scratch, count: 40).computed == 40)
    #expect(try await fill(scratch, count: 40) == .init(reused: 40, computed: 0))
  }

  @Test func faultsAreReportedAsTheyHappen() async throws {
    let scratch = try Scratch()
    try scratch.write(Data(repeating: 0x2A, count: 9000), to: Self.file)
    let told = Mutex<[String]>([])
    let store = try ResultStore(directory: scratch.url) { sentence in told.withLock { $0.append(sentence) } }
    #expect(told.withLock { $0 } == store.activity.faults)
    #expect(told.withLock { $0.first?.hasPrefix(scratch.url.path) ?? false })
  }
}
