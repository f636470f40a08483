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

  /// A network of one layer of two outputs whose parameters are given number by number.
  private func typedNetwork(
    weights: [Int] = [1, -2, 3, 4, -5, 6], weightType: ONNXWriter.ElementType = .int8,
    zeroPoint: Int = 7, zeroType: ONNXWriter.ElementType = .uint8,
    biasType: ONNXWriter.ElementType = .int32, biasShape: [Int] = [2], bias: [Int] = [10, 20],
    biasScales: Int = 1, biasZeros: [Int]? = nil
  ) -> Data {
    var writer = ONNXWriter()
    writer.scalar("step", 1)
    writer.tensor("zero", zeroType, [], typed: [zeroPoint])
    writer.tensor("weights", weightType, [2, 3, 1, 1], typed: weights)
    writer.tensor("bias", biasType, biasShape, typed: bias)
    writer.tensor(
      "steps", .float, biasScales == 1 ? [] : [biasScales],
      raw: ONNXWriter.raw([UInt32](repeating: Float(1).bitPattern, count: biasScales)))
    if let biasZeros { writer.tensor("zeros", biasType, [biasZeros.count], typed: biasZeros) }
    writer.node("QuantizeLinear", ["image", "step", "zero"], "codes")
    writer.node("DequantizeLinear", ["codes", "step", "zero"], "x")
    writer.node("DequantizeLinear", ["weights", "step"], "w", integer: ["axis": 0])
    let zeros = biasZeros == nil ? [] : ["zeros"]
    writer.node("DequantizeLinear", ["bias", "steps"] + zeros, "b", integer: ["axis": 0])
    writer.node("Conv", ["x", "w", "b"], "y", name: "stem")
    writer.node("QuantizeLinear", ["y", "step", "zero"], "answers")
    writer.node("DequantizeLinear", ["answers", "step", "zero"], "z")
    return writer.model(input: "image", shape: [3, 4, 4], output: "z")
  }

  @Test func numbersMayBeGivenOneByOne() throws {
    let network = try QuantizedNetwork(
      onnx: typedNetwork(biasScales: 2, biasZeros: [1, -2]), name: "typed")
    #expect(network.layers[0].weights == [1, -2, 3, 4, -5, 6])
    #expect(network.layers[0].bias == [9, 22])
    #expect(network.layers[0].inputQuantization.zeroPoint == 7)
    let signed = try QuantizedNetwork(onnx: typedNetwork(zeroPoint: -128, zeroType: .int8), name: "typed")
    #expect(signed.layers[0].inputQuantization.zeroPoint == 0)
  }

  @Test func bytesBeyondTheirTypeAreRefused() throws {
    func expect(_ data: Data, _ sentence: String) throws {
      let error = try error(data)
      #expect(error.code == .malformed)
      #expect(error.description.contains(sentence), "\(error)")
    }
    try expect(typedNetwork(zeroPoint: 300), "tensor 'zero': number 0 is 300; expected 0 to 255")
    try expect(typedNetwork(zeroPoint: -1), "tensor 'zero': number 0 is -1; expected 0 to 255")
    try expect(
      typedNetwork(zeroPoint: 128, zeroType: .int8), "tensor 'zero': number 0 is 128; expected -128 to 127")
    try expect(
      typedNetwork(weights: [1, 2, 3, 4, 128, 0]), "tensor 'weights': number 4 is 128; expected -128 to 127")
    try expect(
      typedNetwork(weights: [1, 2, 256, 4, 128, 0], weightType: .uint8),
      "tensor 'weights': number 2 is 256; expected 0 to 255")
  }

  @Test func biasesThatDoNotFitTheirScalesAreRefused() throws {
    func expect(_ data: Data, _ sentence: String) throws {
      let error = try error(data)
      #expect(error.code == .malformed)
      #expect(error.description.contains(sentence), "\(error)")
    }
    try expect(
      typedNetwork(biasShape: [2, 5], bias: Array(0..<10), biasScales: 2),
      "node 'stem' (Conv): tensor 'b': 2 scales for shape [2, 5]; expected a vector")
    try expect(
      typedNetwork(biasShape: [5], bias: Array(0..<5)),
      "node 'stem' (Conv): tensor 'b': 5 biases; expected 2, one for each output")
    try expect(
      typedNetwork(biasType: .int64, bias: [.min, 0], biasZeros: [1]),
      "tensor 'b': number -9223372036854775808 with zero point 1; expected a difference of 64 bits")
    try expect(
      typedNetwork(biasType: .int64, bias: [1 << 40, 0]), "expected a number that fits 32 bits")
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
