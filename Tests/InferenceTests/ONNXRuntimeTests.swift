import Foundation
import Inference
import TestSupport
import Testing

/// Networks as ONNX Runtime's static quantisation writes them give the answers that ONNX Runtime gives.
@Suite struct ONNXRuntimeTests {
  /// Where a network and what ONNX Runtime answers lie; written once for all tests.
  private static let directory: Result<TemporaryDirectory, any Error> = Result {
    let directory = try TemporaryDirectory(named: "tessera-onnxruntime")
    _ = try Checker.run(
      "quantize_networks.py", of: "InferenceTests/Scripts", [directory.path], in: directory)
    return directory
  }

  /// What `quantize_networks.py` makes; its arguments of the quantisation are there.
  static let networks = [
    "mobile", "mobile-symmetric", "mobile-per-tensor", "plain", "plain-per-channel", "residual",
    "residual-late", "averaged", "averaged-late", "perceptron", "perceptron-fused", "perceptron-per-channel",
    "branched", "branched-paired",
  ]

  /// Answers differ in single codes at most.
  ///
  /// ONNX Runtime dequantises, and then computes in single precision, where the integer network is exact: a sum
  /// of n products has a relative error of about sqrt(n) 2^-24, below 1e-4 steps of the result's code, so that
  /// about one code in ten thousand is rounded to its neighbour. Such a code in the middle of a network moves an
  /// output by a part of its step, which seldom changes it. Hence no output is more than one code off, and at
  /// least 98 of a hundred outputs are equal.
  @Test(.requiresChecker(.onnxruntime), arguments: networks)
  func answersAreThoseOfONNXRuntime(name: String) throws {
    let path = "\(try Self.directory.get().path)/\(name)"
    let network = try QuantizedNetwork(contentsOf: path + ".onnx")
    func bytes(_ kind: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path).\(kind)")))
    }
    let images = try ImageSet(
      name: name, origin: "drawn", path: nil, shape: TensorShape(channels: 3, height: 16, width: 16),
      pixels: try bytes("images"), labels: nil, classNames: [])
    let found = Array(try IntegerReference(network).outputs(images).joined())
    let expected = try bytes("codes")
    try #require(found.count == expected.count && found.count == 600)
    let differences = zip(found, expected).map { abs(Int($0) - Int($1)) }
    #expect(differences.allSatisfy { $0 <= 1 })
    let unequal = differences.count { $0 != 0 }
    #expect(unequal <= 12, "\(unequal) of 600 outputs differ")
    // The answers depend on the images, so that agreement says something.
    #expect(Set(expected).count > 40)
    if let report = ProcessInfo.processInfo.environment["TESSERA_AGREEMENT"] {
      try Data("\(name),\(unequal),\(differences.max() ?? 0),\(Set(expected).count)\n".utf8)
        .write(to: URL(fileURLWithPath: "\(report)/\(name).csv"))
    }
  }

  /// What a network shows of its file: groups, clips, constants, and nothing for codes that stay what they are.
  @Test(.requiresChecker(.onnxruntime)) func operatorsBecomeLayersAndNodes() throws {
    let directory = try Self.directory.get().path
    let mobile = try QuantizedNetwork(contentsOf: "\(directory)/mobile-symmetric.onnx")
    // Three 1 x 1 or full layers, 24 groups, one more, 4 and 16 groups, and the last.
    #expect(mobile.layers.count == 3 + 24 + 4 + 16 + 1)
    #expect(mobile.layers.count { $0.name.hasPrefix("conv6/group ") } == 24)
    #expect(mobile.layers.count { $0.rows == 9 && $0.columns == 1 } == 24)
    #expect(Set(mobile.nodes.map(\.range)) == [-.infinity ... .infinity, 0...1.5])
    let perceptron = try QuantizedNetwork(contentsOf: "\(directory)/perceptron.onnx")
    #expect(perceptron.nodes.count { $0.operation == .add } == 3)
    #expect(perceptron.tensors.count { $0.constant != nil } == 3)
    #expect(perceptron.nodes.count == 6)
    let fused = try QuantizedNetwork(contentsOf: "\(directory)/perceptron-fused.onnx")
    #expect(fused.nodes.count == 3 && fused.layers.allSatisfy { $0.bias.contains { $0 != 0 } })
  }

  /// Batch normalisation that was quantised apart cannot be folded any more; the error says what to do.
  @Test(.requiresChecker(.onnxruntime)) func unfoldedBatchNormalizationIsRefused() throws {
    let path = "\(try Self.directory.get().path)/unfolded.onnx"
    let error = try #require(throws: InferenceError.self) { try QuantizedNetwork(contentsOf: path) }
    #expect(error.code == .unsupported)
    #expect(error.place.hasSuffix("node 'batchnormalization1' (BatchNormalization)"))
    #expect(error.sentence.contains("expected it folded into the convolution before"))
  }
}
