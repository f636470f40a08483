import Foundation
import Inference
import Testing

/// Files that the tests use.
enum Fixtures {
  /// The root of the repository.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A committed network.
  static func network(_ name: String) -> String {
    root.appendingPathComponent("models/networks/\(name).onnx").path
  }

  static let dense = "resnet18-cifar10-int8"
  static let sparse = "resnet18-cifar10-int8-sparse50"

  /// Where CIFAR-10 lies, if the environment says so.
  static let data = ProcessInfo.processInfo.environment["TESSERA_DATA"]

  /// A directory of its own for one test, removed afterwards.
  static func withDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("tessera-inference-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory)
  }
}

extension Trait where Self == ConditionTrait {
  /// Runs only where `TESSERA_DATA` names a directory that holds CIFAR-10.
  static var requiresCIFAR10: Self {
    .enabled(
      if: Fixtures.data != nil,
      "set TESSERA_DATA to a directory that holds cifar-10-batches-bin to run this test")
  }
}
