import Foundation
import Inference
import Models
import Testing

/// Bad files give one line that says what, where and what was expected; none crashes.
@Suite struct MalformedNetworkTests {
  private func error(_ data: Data) throws -> InferenceError {
    try Fixtures.withDirectory { directory in
      let file = directory.appendingPathComponent("network.onnx")
      try data.write(to: file)
      let error = try #require(throws: InferenceError.self) {
        try QuantizedNetwork(contentsOf: file.path)
      }
      #expect(error.place.contains("network.onnx"))
      #expect(!error.description.contains("\n"))
      return error
    }
  }

  @Test func aMissingFileIsNamed() throws {
    let error = try #require(throws: InferenceError.self) {
      try QuantizedNetwork(contentsOf: "/nowhere/network.onnx")
    }
    #expect(error.code == .fileAccess)
    #expect(error.description == "/nowhere/network.onnx: cannot be read; expected an ONNX network")
  }

  @Test func everyTruncationOfAFileIsRefused() throws {
    let whole = RandomNetwork.everything(seed: 1).onnx
    for length in Array(stride(from: 0, to: whole.count, by: 97)) + [whole.count - 1] {
      #expect(throws: InferenceError.self, "length \(length)") {
        try QuantizedNetwork(onnx: whole.prefix(length), name: "cut")
      }
    }
    let error = try error(whole.prefix(whole.count / 2))
    #expect(error.code == .malformed)
    #expect(error.sentence.contains("truncated or not an ONNX file (\(whole.count / 2) bytes)"))
  }

  @Test func aTruncatedCommittedNetworkIsRefused() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: Fixtures.network(Fixtures.dense)))
    for length in [1, 1000, whole.count / 2, whole.count - 1] {
      #expect(throws: InferenceError.self) { try QuantizedNetwork(onnx: whole.prefix(length), name: "cut") }
    }
  }

  /// Flipped bytes either leave a network that runs or give an error.
  @Test(arguments: 0..<40)
  func flippedBytesNeverCrash(seed: UInt64) throws {
    var random = KeyedRandom(seed: seed, stage: "tests.flips")
    let original = RandomNetwork.everything(seed: 2)
    let whole = original.onnx
    for _ in 0..<40 {
      var data = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do {
        let network = try QuantizedNetwork(onnx: data, name: "flipped")
        let reference = try IntegerReference(network, normalization: RandomNetwork.normalization)
        _ = try reference.outputs(try original.images())
      } catch {
        #expect(error is InferenceError)
      }
    }
  }

  @Test func anUnsupportedOperatorIsNamedWithItsNode() throws {
    var writer = ONNXWriter()
    writer.node("Softmax", ["image"], "p", name: "head/softmax")
    let error = try error(writer.model(input: "image", shape: [3, 4, 4], output: "p"))
    #expect(error.code == .unsupported)
    #expect(error.description.contains("node 'head/softmax' (Softmax): operator 'Softmax' is not supported"))
  }

  @Test func aRealConvolutionIsRefusedAsNotQuantised() throws {
    var writer = ONNXWriter()
    writer.tensor("w", .float, [1, 3, 1, 1], raw: Data(count: 12))
    writer.node("Conv", ["image", "w"], "y", name: "stem")
    let error = try error(writer.model(input: "image", shape: [3, 4, 4], output: "y"))
    #expect(error.description.contains("node 'stem' (Conv): input 'image' is not quantised"))
  }

  @Test func aTensorWithTooLittleDataIsNamed() throws {
    var writer = ONNXWriter()
    writer.tensor("weights", .int8, [1000, 1000, 1000], raw: Data(count: 10))
    writer.node("Relu", ["image"], "y")
    let error = try error(writer.model(input: "image", shape: [3, 4, 4], output: "y"))
    #expect(error.description.contains("tensor 'weights': holds 10 bytes; expected 1000000000 numbers"))
  }

  @Test(arguments: [[0, 4, 4], [3, 70000, 4], [65536, 65536, 65536]])
  func anImpossibleInputIsRefused(shape: [Int]) throws {
    var writer = ONNXWriter()
    writer.node("Relu", ["image"], "y")
    _ = try error(writer.model(input: "image", shape: shape, output: "y"))
  }

  @Test func imagesOfAnotherShapeAreRefused() throws {
    let random = RandomNetwork.everything(seed: 3)
    let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
    let reference = try IntegerReference(network, normalization: RandomNetwork.normalization)
    let images = try ProbeImages.draw(count: 1, seed: 1)
    #expect(throws: InferenceError.self) { try reference.answers(images) }
  }
}
