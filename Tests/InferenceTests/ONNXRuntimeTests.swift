import Foundation
import Inference
import TestSupport
import Testing

/// Networks as ONNX Runtime's static quantisation writes them give the answers that ONNX Runtime gives.
@Suite struct ONNXRuntimeTests {
  /// The folder of networks and of what ONNX Runtime answers; written once for all tests.
  private static let folder: Result<String, any Error> = Result {
    let folder = try Scratch().url.path
    _ = try Checker.run(
      "quantize_networks.py", of: "InferenceTests/Scripts", [folder],
      in: try TemporaryDirectory(named: "tessera-onnxruntime"))
    return folder
  }

  /// What `quantize_networks.py` makes; its arguments of the quantisation are there.
  static let networks = [
    "mobile", "mobile-symmetric", "mobile-per-tensor", "plain", "plain-per-channel", "residual",
    "residual-late", "averaged-binary", "averaged-late-binary", "perceptron", "perceptron-fused",
    "perceptron-per-channel", "branched", "branched-paired",
  ]

  /// The differences in codes of the outputs of 60 images.
  private func differences(_ name: String) throws -> [Int] {
    let path = "\(try Self.folder.get())/\(name)"
    let network = try QuantizedNetwork(contentsOf: path + ".onnx")
    func bytes(_ kind: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path).\(kind)")))
    }
    let images = try ImageSet(
      name: name, origin: "drawn", path: nil, shape: TensorShape(channels: 3, height: 16, width: 16),
      pixels: try bytes("images"), labels: nil, classNames: [])
    let found = Array(try IntegerReference(network).outputs(images).joined())
    let expected = try bytes("codes")
    try #require(found.count == 600 && expected.count == 600)
    // The answers depend on the images, so that agreement says something.
    #expect(Set(expected).count > 40)
    return zip(found, expected).map { abs(Int($0) - Int($1)) }
  }

  /// Answers differ in single codes at most.
  ///
  /// ONNX Runtime dequantises and computes in single precision; the integer network is exact. A sum of n
  /// products has a relative error of about sqrt(n) 2^-24, below 1e-4 steps of the result's code: at most one
  /// code in ten thousand or so is rounded to its neighbour. One such code inside a network moves an output by
  /// a part of its step, which seldom changes it. Hence no output is more than one code off, and 98 of a
  /// hundred are equal.
  @Test(.requiresChecker(.onnxruntime), arguments: networks)
  func answersAreThoseOfONNXRuntime(name: String) throws {
    let differences = try differences(name)
    #expect(differences.allSatisfy { $0 <= 1 })
    let unequal = differences.count { $0 != 0 }
    #expect(unequal <= 12, "\(unequal) of 600 outputs differ")
  }

  /// A mean of four or six codes in their own scale is half a code in one case of twenty-five, and ONNX Runtime
  /// rounds it either way.
  ///
  /// Its scale is no power of two, so that single precision misses the tie; the integer network rounds to the
  /// even code. Several codes of an image are off by one, and an output by two at most.
  @Test(.requiresChecker(.onnxruntime)) func tiesOfMeansMoveOutputsLittle() throws {
    let differences = try differences("averaged")
    #expect(differences.allSatisfy { $0 <= 2 })
    #expect(differences.reduce(0, +) < 300)
  }

  /// Codes of a committed network and of ONNX Runtime, shape `[images][classes]`.
  private func committed(_ name: String, _ images: ImageSet) throws -> (found: [[UInt8]], expected: [[UInt8]])
  {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(name))
    let directory = try TemporaryDirectory(named: "tessera-onnxruntime")
    let (pixels, codes) = ("\(directory.path)/images", "\(directory.path)/codes")
    try Data((0..<images.count).flatMap { images.image($0) }).write(to: URL(fileURLWithPath: pixels))
    _ = try Checker.run(
      "onnxruntime_codes.py", of: "InferenceTests/Scripts", [Fixtures.network(name), pixels, codes],
      in: directory)
    let expected = [UInt8](try Data(contentsOf: URL(fileURLWithPath: codes)))
    try #require(expected.count == images.count * network.classes)
    return (
      try IntegerReference(network).outputs(images),
      stride(from: 0, to: expected.count, by: network.classes).map {
        Array(expected[$0..<$0 + network.classes])
      }
    )
  }

  /// Twenty layers deep, hundreds of codes of an image are rounded to their neighbours: outputs move by a few
  /// codes.
  @Test(.requiresChecker(.onnxruntime), arguments: [Fixtures.dense, Fixtures.sparse])
  func committedNetworksAgree(name: String) throws {
    let (found, expected) = try committed(name, try ProbeImages.draw(count: 6, seed: 11))
    for (ours, theirs) in zip(found.joined(), expected.joined()) {
      #expect(abs(Int(ours) - Int(theirs)) <= 3)
    }
    #expect(Set(expected).count > 1)
  }

  /// An answer differs only where the codes of the two best outputs are as close as codes may differ.
  @Test(.requiresCIFAR10, .requiresChecker(.onnxruntime)) func answersToRealImagesAgree() throws {
    let images = try CIFAR10.load(directory: try #require(Fixtures.data), part: .test, limit: 100)
    let (found, expected) = try committed(Fixtures.dense, images)
    for (ours, theirs) in zip(found, expected) {
      let (a, b) = (NetworkExecutor.answer(ours), NetworkExecutor.answer(theirs))
      #expect(Int(ours[a]) - Int(ours[b]) <= 3 && Int(theirs[b]) - Int(theirs[a]) <= 3)
    }
  }

  /// What a network shows of its file: groups, clips, constants, and nothing for codes that stay what they are.
  @Test(.requiresChecker(.onnxruntime)) func operatorsBecomeLayersAndNodes() throws {
    let directory = try Self.folder.get()
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
    let branched = try QuantizedNetwork(contentsOf: "\(directory)/branched.onnx")
    let paired = try QuantizedNetwork(contentsOf: "\(directory)/branched-paired.onnx")
    #expect(branched.layers.count == paired.layers.count && branched.nodes.count == paired.nodes.count)
    let fused = try QuantizedNetwork(contentsOf: "\(directory)/perceptron-fused.onnx")
    #expect(fused.nodes.count == 3 && fused.layers.allSatisfy { $0.bias.contains { $0 != 0 } })
  }

  /// Batch normalisation that was quantised apart cannot be folded any more; the error says what to do.
  @Test(.requiresChecker(.onnxruntime)) func unfoldedBatchNormalizationIsRefused() throws {
    let path = "\(try Self.folder.get())/unfolded.onnx"
    let error = try #require(throws: InferenceError.self) { try QuantizedNetwork(contentsOf: path) }
    #expect(error.code == .unsupported)
    #expect(error.place.hasSuffix("node 'batchnormalization1' (BatchNormalization)"))
    #expect(error.sentence.contains("expected it folded into the convolution before"))
  }
}
