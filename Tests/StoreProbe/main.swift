// A second process for the tests of the store.
//
// store-probe DIR items COUNT    asks for COUNT items; prints how many it reused and computed
// store-probe DIR hang FILE      stores a stage, makes FILE, and never ends the next one
import Foundation
import Study

let arguments = CommandLine.arguments
guard arguments.count == 4 else { exit(64) }
let store = try ResultStore(directory: URL(filePath: arguments[1], directoryHint: .isDirectory))
if arguments[2] == "items" {
  for item in 0..<(Int(arguments[3]) ?? 0) {
    _ = try await store.value(stage: "items", version: 1, inputs: item, as: Int.self) { item * item }
  }
  print(store.activity.reused, store.activity.computed, store.activity.faults.count)
} else {
  _ = try await store.value(stage: "first", version: 1, inputs: "a", as: Int.self) { 1 }
  _ = try await store.value(stage: "second", version: 1, inputs: "a", as: Int.self) {
    try Data().write(to: URL(filePath: arguments[3]))
    try await Task.sleep(for: .seconds(3600))
    return 2
  }
}
