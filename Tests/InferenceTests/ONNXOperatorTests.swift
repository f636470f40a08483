import Foundation
import Inference
import Models
import Testing

/// Single operators whose results are known without a second program.
@Suite struct ONNXOperatorTests {
  /// A file that grows node by node; every activation has the scale 1 and is the one before it.
  private struct File {
    var writer = ONNXWriter()
    private(set) var last: String
    private var serial = 0
    private let shape: [Int]

    /// Quantises an image of pixel values 0 to 255, which are the codes.
    init(_ shape: [Int]) throws {
      self.shape = shape
      last = "image"
      writer.scalar("one", 1)
      writer.tensor("zero", .uint8, [], raw: Data([0]))
      writer.tensor("middle", .uint8, [], raw: Data([128]))
      quantize()
    }

    /// A node on the last activation, and constants behind it.
    mutating func node(
      _ type: String, _ constants: [String] = [], integers: [String: [Int]] = [:],
      integer: [String: Int] = [:]
    ) {
      serial += 1
      writer.node(type, [last] + constants, "\(type)\(serial)", integers: integers, integer: integer)
      last = "\(type)\(serial)"
    }

    /// Quantises what the last node gave, and makes it real again.
    mutating func quantize(_ zero: String? = "zero") {
      let parameters = ["one"] + (zero.map { [$0] } ?? [])
      node("QuantizeLinear", parameters)
      node("DequantizeLinear", parameters)
    }

    /// Eight-bit weights with the scale 1; returns the name of the real ones.
    mutating func weights(_ shape: [Int], _ values: [Int], type: ONNXWriter.ElementType = .int8) -> String {
      serial += 1
      writer.tensor("w\(serial)", type, shape, typed: values)
      writer.node("DequantizeLinear", ["w\(serial)", "one"], "weights\(serial)")
      return "weights\(serial)"
    }

    var onnx: Data { writer.model(input: "image", shape: shape, output: last) }

    /// The codes of the answer to one image of bytes.
    func answer(_ pixels: [UInt8]) throws -> [UInt8] {
      let network = try QuantizedNetwork(onnx: onnx, name: "file")
      let images = try ImageSet(
        name: "pixels", origin: "made", path: nil, shape: network.tensors[0].shape, pixels: pixels,
        labels: nil,
        classNames: [])
      let deviation = [Double](repeating: 1.0 / 255, count: shape[0])
      let normalization = PixelNormalization(
        mean: [Double](repeating: 0, count: shape[0]), deviation: deviation)
      return try IntegerReference(network, normalization: normalization).outputs(images)[0]
    }

    /// Why it is refused.
    func error() throws -> InferenceError {
      try #require(throws: InferenceError.self) { try QuantizedNetwork(onnx: onnx, name: "file") }
    }
  }

  @Test func eachGroupSeesItsOwnChannels() throws {
    var file = try File([4, 1, 2])
    file.node(
      "Conv", [file.weights([6, 2, 1, 1], [1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 2, 1])], integer: ["group": 2])
    file.quantize()
    // Channels 1, 2 | 3, 4 at the first position, ten times that at the second.
    let codes = try file.answer([1, 10, 2, 20, 3, 30, 4, 40])
    #expect(codes == [1, 2, 3, 3, 4, 10, 10, 20, 30, 30, 40, 100])
    let network = try QuantizedNetwork(onnx: file.onnx, name: "file")
    #expect(network.layers.map(\.name) == ["Conv_4/group 1", "Conv_4/group 2"])
    #expect(network.layers.map(\.inputChannels) == [0..<2, 2..<4])
    #expect(network.layers.map(\.outputChannels) == [0..<3, 3..<6])
    #expect(network.nodes.map(\.output) == [1, 1])
  }

  /// Two groups of 2 x 3 x 3 rows and 4 columns on 5 x 6 positions.
  @Test func workloadCountsEveryGroupOnce() throws {
    var file = try File([4, 5, 6])
    let weights = file.weights([8, 2, 3, 3], [Int](repeating: 1, count: 144))
    file.node("Conv", [weights], integers: ["pads": [1, 1, 1, 1]], integer: ["group": 2])
    file.quantize()
    let workload = try QuantizedNetwork(onnx: file.onnx, name: "file").workload()
    #expect(workload.layers.count == 2)
    for layer in workload.layers {
      #expect((layer.rows, layer.columns, layer.windows, layer.inputElements) == (18, 4, 30, 60))
    }
    #expect(workload.multiplyAccumulates == 2 * 18 * 4 * 30)
    #expect(workload.activations == 8 * 30)
    #expect(workload.weights == 144)
  }

  @Test(arguments: [-3, 0, 3, 5, 8, Int.min, Int.max]) func groupsThatDoNotDivideAreRefused(groups: Int)
    throws
  {
    var file = try File([4, 2, 2])
    file.node(
      "Conv", [file.weights([4, 2, 1, 1], [Int](repeating: 1, count: 8))], integer: ["group": groups])
    file.quantize()
    let error = try file.error()
    #expect(
      error.code == .malformed && error.sentence.hasPrefix("\(groups) groups for 4 inputs and 4 outputs"))
  }

  @Test func clippingIsDoneOnCodes() throws {
    var file = try File([1, 1, 6])
    file.writer.scalar("low", -2)
    file.writer.scalar("high", 6)
    file.node("Conv", [file.weights([1, 1, 1, 1], [-1])])
    file.quantize("middle")
    file.node("Clip", ["low", "high"])
    file.node("Relu")
    file.quantize("middle")
    #expect(try file.answer([0, 1, 3, 6, 100, 255]) == [128, 128, 128, 128, 128, 128])
    var positive = try File([1, 1, 6])
    positive.writer.scalar("high", 6)
    positive.node("Conv", [positive.weights([1, 1, 1, 1], [1])])
    positive.quantize()
    positive.node("Clip", ["", "high"])
    positive.quantize("middle")
    #expect(try positive.answer([0, 1, 3, 6, 7, 255]) == [128, 129, 131, 134, 134, 134])
    let network = try QuantizedNetwork(onnx: file.onnx, name: "file")
    #expect(network.nodes.map(\.range) == [-.infinity ... .infinity, 0...6])
  }

  @Test(arguments: [[2, 1], [Float.nan, 1], [0, Float.nan]]) func boundsOutOfOrderAreRefused(bounds: [Float])
    throws
  {
    var file = try File([1, 1, 2])
    file.writer.scalar("low", bounds[0])
    file.writer.scalar("high", bounds[1])
    file.node("Clip", ["low", "high"])
    file.quantize()
    #expect(try file.error().sentence.hasSuffix("expected them in order"))
  }

  /// The file counts a vector channel by channel; the rows of the matrix say which is which.
  @Test func productsCountChannelsFirst() throws {
    var file = try File([2, 1, 2])
    file.node("Flatten")
    file.node("MatMul", [file.weights([4, 3], [1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 2, 1])])
    file.writer.tensor("bias", .float, [3], raw: ONNXWriter.raw([5, 6, 7].map { Float($0).bitPattern }))
    file.node("Add", ["bias"])
    file.quantize()
    #expect(try file.answer([1, 2, 3, 4]) == [1 + 5, 2 + 8 + 6, 10 + 7])
    #expect(try QuantizedNetwork(onnx: file.onnx, name: "file").layers[0].bias == [5, 6, 7])
  }

  /// A constant per channel and one per element, each with a zero point of its own.
  @Test func constantsAreAdded() throws {
    var file = try File([2, 1, 2])
    file.writer.tensor("five", .uint8, [], raw: Data([5]))
    file.writer.tensor("channels", .uint8, [2, 1, 1], raw: Data([6, 15]))
    file.writer.node("DequantizeLinear", ["channels", "one", "five"], "perChannel")
    file.node("Conv", [file.weights([2, 2, 1, 1], [1, 0, 0, 1])])
    file.quantize()
    file.node("Add", ["perChannel"])
    file.quantize()
    #expect(try file.answer([1, 2, 3, 4]) == [2, 13, 3, 14])
    file.writer.tensor("elements", .uint8, [1, 4], raw: Data([5, 6, 7, 8]))
    file.writer.node("DequantizeLinear", ["elements", "one", "five"], "perElement")
    file.node("Flatten")
    file.node("Add", ["perElement"])
    file.quantize()
    #expect(try file.answer([1, 2, 3, 4]) == [2, 15, 4, 17])
    file.node("Add", ["perChannel"])
    #expect(
      try file.error().sentence == "a constant of shape [2, 1, 1] is added to [1, 4]; expected one that fits")
  }

  @Test func codesWithoutZeroPointAreUnsigned() throws {
    var file = try File([1, 1, 3])
    file.node("Conv", [file.weights([1, 1, 1, 1], [1])])
    file.quantize(nil)
    #expect(try file.answer([0, 1, 255]) == [0, 1, 255])
    // Signed by attribute: 0 stands for the code 128 of those moved to 0...255.
    var signed = try File([1, 1, 3])
    signed.node("Conv", [signed.weights([1, 1, 1, 1], [1])])
    signed.node("QuantizeLinear", ["one"], integer: ["output_dtype": 3])
    signed.node("DequantizeLinear", ["one"])
    #expect(try signed.answer([0, 1, 255]) == [128, 129, 255])
  }

  @Test func imagesAndVectorsAreToldApart() throws {
    var file = try File([1, 2, 2])
    file.node("MatMul", [file.weights([2, 2], [1, 0, 0, 1])])
    #expect(try file.error().sentence.contains("is an image; expected one vector per image"))
    var vector = try File([1, 2, 2])
    vector.node("Flatten")
    vector.node("GlobalAveragePool")
    #expect(try vector.error().sentence.contains("is one vector per image; expected an image"))
  }

  /// Its own line by line: a name in a file may hold anything, an error is one line.
  @Test func namesDoNotBreakLines() throws {
    var writer = ONNXWriter()
    writer.node("Soft\nmax", ["image"], "y", name: "a\r\n\u{2028}b")
    let data = writer.model(input: "image", shape: [1, 2, 2], output: "y")
    let error = try #require(throws: InferenceError.self) { try QuantizedNetwork(onnx: data, name: "x") }
    #expect(error.place == "node 'a\u{FFFD}\u{FFFD}\u{FFFD}b' (Soft\u{FFFD}max)")
  }

  @Test func aNodeWithoutNameIsCalledByItsOutput() throws {
    var writer = ONNXWriter()
    writer.node("Softmax", ["image"], "probabilities", name: "")
    let data = writer.model(input: "image", shape: [1, 2, 2], output: "probabilities")
    let error = try #require(throws: InferenceError.self) { try QuantizedNetwork(onnx: data, name: "x") }
    #expect(error.place == "node 'probabilities' (Softmax)")
  }

  @Test func aNameIsDefinedOnce() throws {
    var file = try File([1, 2, 2])
    file.writer.node("Identity", [file.last], "zero")
    #expect(try file.error().sentence == "'zero' is defined a second time; expected one definition")
  }

  /// A zero point of 64 bits would not fit where the one of a byte does.
  @Test func zeroPointsHaveTheTypeOfTheirCodes() throws {
    var file = try File([1, 2, 2])
    file.writer.tensor("far", .int64, [], typed: [.max])
    file.writer.tensor("bytes", .uint8, [1], raw: Data([1]))
    file.writer.node("DequantizeLinear", ["bytes", "one", "far"], "added")
    #expect(try file.error().sentence == "zero points of type int64 for codes of uint8; expected one type")
  }

  /// A file may quantise a result anew for every use, which is still one layer; another scale makes another.
  @Test func aResultQuantisedTwiceIsComputedOnce() throws {
    var file = try File([1, 1, 3])
    file.node("Conv", [file.weights([1, 1, 1, 1], [1])])
    let result = file.last
    file.quantize()
    let first = file.last
    file.writer.node("QuantizeLinear", [result, "one", "zero"], "again")
    file.writer.node("DequantizeLinear", ["again", "one", "zero"], "second")
    file.node("Add", ["second"])
    file.quantize()
    #expect(first != "second")
    let network = try QuantizedNetwork(onnx: file.onnx, name: "file")
    #expect(network.layers.count == 1 && network.nodes.map(\.inputs) == [[0], [1, 1]])
    #expect(try file.answer([0, 1, 100]) == [0, 2, 200])
  }

  /// Small files that ask for much: each is refused before anything is allocated.
  @Test func smallFilesAskForLittle() throws {
    // 65536 x 1024 windows of one row and one column: sums for 64 columns in 32 bits.
    var wide = try File([1, 65536, 1024])
    wide.node("Conv", [wide.weights([1, 1, 1, 1], [1])])
    wide.quantize()
    #expect(
      try wide.error().sentence.hasPrefix("67108864 windows of 1 inputs and 1 outputs; expected at most"))
    // Pooled again and again.
    var deep = try File([1, 4096, 4096])
    for _ in 0..<4 {
      deep.node("MaxPool", integers: ["kernel_shape": [1, 1]])
      deep.quantize()
    }
    #expect(try deep.error().sentence.hasPrefix("83886080 activations per image; expected at most 67108864"))
    // A matrix for each of 33000 channels, twice.
    var broad = try File([33000, 1, 1])
    let weights = broad.weights([33000, 1, 1, 1], [Int](repeating: 1, count: 33000))
    for _ in 0..<2 {
      broad.node("Conv", [weights], integer: ["group": 33000])
      broad.quantize()
    }
    #expect(
      try broad.error().sentence == "66000 weights in 66000 matrices; expected at most 268435456 in 65536")
  }
}
