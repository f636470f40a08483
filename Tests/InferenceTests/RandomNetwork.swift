import Foundation
import Inference
import Models

/// A small random network with its ONNX file, and its answers computed in the plainest way.
///
/// Every scale is a power of two, so that real arithmetic in double precision is exact and ties occur.
struct RandomNetwork {
  /// Codes of one activation tensor, channel planes.
  struct Activation {
    var channels: Int
    var height: Int
    var width: Int
    var codes: [Int]
    var scale: Double
    var zero: Int

    func real(_ c: Int, _ y: Int, _ x: Int) -> Double {
      guard 0..<height ~= y, 0..<width ~= x else { return 0 }
      return scale * Double(codes[(c * height + y) * width + x] - zero)
    }
  }

  private var writer = ONNXWriter()
  private var random: KeyedRandom
  private var serial = 0
  private(set) var current: Activation
  private var name: String
  /// Whether the activation is one vector already.
  private var isFlat = false
  /// Whether weights are written as real numbers that the file quantises.
  private var quantisesWeights = false
  /// The pixels of the one image.
  let pixels: [UInt8]
  let shape: TensorShape

  static let normalization = PixelNormalization(mean: [0, 0, 0], deviation: [1, 1, 1])

  /// Smallest weight that is drawn: a differential pair holds no -128.
  private let lowestWeight: Int

  /// Starts with a random image.
  init(seed: UInt64, height: Int = 7, width: Int = 6, lowestWeight: Int = -128) {
    self.lowestWeight = lowestWeight
    random = KeyedRandom(seed: seed, stage: "tests.network")
    shape = TensorShape(channels: 3, height: height, width: width)
    var drawn: [UInt8] = []
    for _ in 0..<shape.count { drawn.append(UInt8.random(in: 0...255, using: &random)) }
    pixels = drawn
    let zero = Int.random(in: 0...9, using: &random)
    let codes = pixels.map { pixel in
      min(255, Int((Float(Double(pixel) / 255) / Float(0x1p-8)).rounded(.toNearestOrEven)) + zero)
    }
    current = Activation(
      channels: 3, height: height, width: width, codes: codes, scale: 0x1p-8, zero: zero)
    name = "image"
    name = quantizer(after: "image", scale: 0x1p-8, zero: zero)
  }

  private mutating func fresh(_ stem: String) -> String {
    serial += 1
    return "\(stem)\(serial)"
  }

  /// Writes QuantizeLinear and DequantizeLinear; returns the name of the real activation behind them.
  private mutating func quantizer(after source: String, scale: Double, zero: Int) -> String {
    let (step, offset) = (fresh("scale"), fresh("zero"))
    let (codes, real) = (fresh("codes"), fresh("real"))
    writer.scalar(step, Float(scale))
    // Every other activation is signed in the file; the importer moves it to unsigned codes.
    if serial % 2 == 0 {
      writer.tensor(offset, .uint8, [], raw: Data([UInt8(zero)]))
    } else {
      writer.tensor(offset, .int8, [], raw: Data([UInt8(bitPattern: Int8(zero - 128))]))
    }
    writer.node("QuantizeLinear", [source, step, offset], codes)
    writer.node("DequantizeLinear", [codes, step, offset], real)
    return real
  }

  /// Quantises real results and continues with them.
  private mutating func finish(
    _ result: String, channels: Int, height: Int, width: Int, isRectified: Bool,
    range: ClosedRange<Float>? = nil, scale: Double, real: [Double]
  ) {
    var last = result
    if let range {
      last = fresh("clip")
      let bounds = [fresh("bound"), fresh("bound")]
      writer.scalar(bounds[0], range.lowerBound)
      writer.scalar(bounds[1], range.upperBound)
      writer.node("Clip", [result] + bounds, last)
    } else if isRectified {
      last = fresh("relu")
      writer.node("Relu", [result], last)
    }
    let zero = isRectified ? 0 : Int.random(in: 90...160, using: &random)
    let codes = real.map { value in
      let clipped =
        range.map { min(max(value, Double($0.lowerBound)), Double($0.upperBound)) }
        ?? (isRectified ? max(0, value) : value)
      let rounded = (clipped / scale).rounded(.toNearestOrEven)
      return Int(min(max(rounded + Double(zero), 0), 255))
    }
    current = Activation(
      channels: channels, height: height, width: width, codes: codes, scale: scale, zero: zero)
    name = quantizer(after: last, scale: scale, zero: zero)
  }

  /// The smallest power of two with which all results fit, roughly.
  private func scale(for real: [Double]) -> Double {
    let largest = real.map { abs($0) }.max() ?? 1
    return exp2(log2(max(largest, 0x1p-20) / 100).rounded(.up))
  }

  /// A convolution, of several groups if so said; `clipsTo` clips the result to that part of its range.
  mutating func convolution(
    outputs: Int, kernel: Int, stride: Int, padding: Int, isRectified: Bool, groups: Int = 1,
    clipsTo part: ClosedRange<Double>? = nil
  ) {
    let input = current
    let inputs = input.channels / groups
    let weights = (0..<outputs * inputs * kernel * kernel).map { _ in
      Int.random(in: lowestWeight...127, using: &random)
    }
    let bias = (0..<outputs).map { _ in Int.random(in: -2000...2000, using: &random) }
    // One power of two per output channel.
    let scales = (0..<outputs).map { _ in exp2(Double(Int.random(in: -9 ... -6, using: &random))) }
    let height = (input.height + 2 * padding - kernel) / stride + 1
    let width = (input.width + 2 * padding - kernel) / stride + 1
    var real: [Double] = []
    for o in 0..<outputs {
      let first = o / (outputs / groups) * inputs
      for y in 0..<height {
        for x in 0..<width {
          var sum = Double(bias[o]) * scales[o] * input.scale
          for c in 0..<inputs {
            for ky in 0..<kernel {
              for kx in 0..<kernel {
                let weight = weights[((o * inputs + c) * kernel + ky) * kernel + kx]
                sum +=
                  scales[o] * Double(weight)
                  * input.real(first + c, y * stride - padding + ky, x * stride - padding + kx)
              }
            }
          }
          real.append(sum)
        }
      }
    }
    let parameters = parameters(
      weights, [outputs, inputs, kernel, kernel], bias, scales, input.scale)
    let result = fresh("conv")
    writer.node(
      "Conv", [name] + parameters, result,
      integers: [
        "kernel_shape": [kernel, kernel], "strides": [stride, stride],
        "pads": [padding, padding, padding, padding],
      ], integer: groups == 1 ? [:] : ["group": groups])
    let scale = scale(for: real)
    finish(
      result, channels: outputs, height: height, width: width, isRectified: isRectified,
      range: part.map { Float(100 * scale * $0.lowerBound)...Float(100 * scale * $0.upperBound) },
      scale: scale,
      real: real)
  }

  mutating func linear(outputs: Int) {
    let input = current
    let rows = input.codes.count
    let weights = (0..<outputs * rows).map { _ in Int.random(in: lowestWeight...127, using: &random) }
    let bias = (0..<outputs).map { _ in Int.random(in: -2000...2000, using: &random) }
    let scales = [Double](repeating: 0x1p-7, count: outputs)
    let real = (0..<outputs).map { o in
      (0..<rows).reduce(Double(bias[o]) * scales[o] * input.scale) { sum, k in
        sum + scales[o] * Double(weights[o * rows + k]) * input.scale * Double(input.codes[k] - input.zero)
      }
    }
    let flat = isFlat ? name : fresh("flat")
    if !isFlat { writer.node("Flatten", [name], flat, integer: ["axis": 1]) }
    let result = fresh("gemm")
    let parameters = parameters(weights, [outputs, rows], bias, scales, input.scale)
    writer.node("Gemm", [flat] + parameters, result, integer: ["transB": 1])
    finish(
      result, channels: outputs, height: 1, width: 1, isRectified: false, scale: scale(for: real), real: real)
  }

  /// A product with a matrix, quantised, and a quantised constant that is added to it.
  mutating func product(outputs: Int) {
    let input = current
    let rows = input.codes.count
    let weights = (0..<outputs * rows).map { _ in Int.random(in: lowestWeight...127, using: &random) }
    let inputs = input.codes.map { input.scale * Double($0 - input.zero) }
    let real = (0..<outputs).map { o in
      inputs.indices.reduce(0.0) { $0 + 0x1p-7 * Double(weights[$1 * outputs + o]) * inputs[$1] }
    }
    let (flat, result) = (fresh("flat"), fresh("product"))
    writer.node("Flatten", [name], flat, integer: ["axis": 1])
    let parameters = parameters(
      weights, [rows, outputs], [0], [Double](repeating: 0x1p-7, count: outputs), input.scale, axis: 1)
    writer.node("MatMul", [flat, parameters[0]], result)
    finish(
      result, channels: outputs, height: 1, width: 1, isRectified: false, scale: scale(for: real), real: real)
    let constant = (0..<outputs).map { _ in Int.random(in: 0...255, using: &random) }
    let (sum, step, zero) = (fresh("sum"), fresh("scale"), fresh("zero"))
    let codes = fresh("constant")
    writer.scalar(step, Float(current.scale / 4))
    writer.tensor(zero, .uint8, [], raw: Data([77]))
    writer.tensor(codes, .uint8, [outputs], raw: Data(constant.map { UInt8($0) }))
    writer.node("DequantizeLinear", [codes, step, zero], codes + "_real")
    writer.node("Add", serial % 4 < 2 ? [codes + "_real", name] : [name, codes + "_real"], sum)
    let sums = (0..<outputs).map { current.real($0, 0, 0) + current.scale / 4 * Double(constant[$0] - 77) }
    finish(
      sum, channels: outputs, height: 1, width: 1, isRectified: false, scale: scale(for: sums), real: sums)
  }

  /// Puts a depthwise convolution of the activation behind it.
  mutating func branch() {
    let (before, source) = (current, name)
    convolution(
      outputs: before.channels * 2, kernel: 3, stride: 1, padding: 1, isRectified: false,
      groups: before.channels)
    let real = [before, current].flatMap { part in part.codes.map { part.scale * Double($0 - part.zero) } }
    let result = fresh("concat")
    writer.node("Concat", [source, name], result, integer: ["axis": 1])
    finish(
      result, channels: 3 * before.channels, height: before.height, width: before.width, isRectified: false,
      scale: scale(for: real), real: real)
  }

  /// Adds the activation to one that a 1 x 1 convolution makes of it.
  mutating func residual() {
    let (before, source) = (current, name)
    convolution(outputs: before.channels, kernel: 1, stride: 1, padding: 0, isRectified: false)
    var real: [Double] = []
    for c in 0..<before.channels {
      for y in 0..<before.height {
        for x in 0..<before.width { real.append(current.real(c, y, x) + before.real(c, y, x)) }
      }
    }
    let result = fresh("sum")
    writer.node("Add", [name, source], result)
    finish(
      result, channels: before.channels, height: before.height, width: before.width, isRectified: true,
      scale: scale(for: real), real: real)
  }

  /// Pools square windows; `pads` are those above, left, below and right.
  mutating func pool(
    _ type: String, kernel: Int = 2, stride: Int = 2, pads: [Int] = [0, 0, 0, 0], countsPadding: Bool = false
  ) {
    let input = current
    let height = (input.height + pads[0] + pads[2] - kernel) / stride + 1
    let width = (input.width + pads[1] + pads[3] - kernel) / stride + 1
    var real: [Double] = []
    for c in 0..<input.channels {
      for y in 0..<height {
        for x in 0..<width {
          var window: [Double] = []
          for row in y * stride - pads[0]..<y * stride - pads[0] + kernel {
            for column in x * stride - pads[1]..<x * stride - pads[1] + kernel {
              guard 0..<input.height ~= row, 0..<input.width ~= column else { continue }
              window.append(input.real(c, row, column))
            }
          }
          let count = countsPadding ? kernel * kernel : window.count
          real.append(type == "MaxPool" ? window.max() ?? 0 : window.reduce(0, +) / Double(count))
        }
      }
    }
    let result = fresh("pool")
    writer.node(
      type, [name], result,
      integers: ["kernel_shape": [kernel, kernel], "strides": [stride, stride], "pads": pads],
      integer: countsPadding ? ["count_include_pad": 1] : [:])
    finish(
      result, channels: input.channels, height: height, width: width, isRectified: false,
      scale: scale(for: real), real: real)
  }

  /// The mean over the image, as an operator of its own or as a reduction to one vector.
  mutating func mean(reduces: Bool) {
    let input = current
    let plane = input.height * input.width
    let real = (0..<input.channels).map { c in
      (0..<plane).reduce(0) { $0 + input.real(c, $1 / input.width, $1 % input.width) } / Double(plane)
    }
    let result = fresh("mean")
    if reduces {
      writer.node("ReduceMean", [name], result, integers: ["axes": [-2, 3]], integer: ["keepdims": 0])
    } else {
      writer.node("GlobalAveragePool", [name], result)
    }
    finish(
      result, channels: input.channels, height: 1, width: 1, isRectified: false, scale: scale(for: real),
      real: real)
    isFlat = reduces
  }

  /// Writes weights and biases as quantised constants; returns the names of the real ones.
  private mutating func parameters(
    _ weights: [Int], _ shape: [Int], _ bias: [Int], _ scales: [Double], _ inputScale: Double, axis: Int = 0
  ) -> [String] {
    let words = { (values: [Double]) in ONNXWriter.raw(values.map { Float($0).bitPattern }) }
    let (w, ws, b, bs) = (fresh("weights"), fresh("scale"), fresh("bias"), fresh("scale"))
    if quantisesWeights {
      let zero = fresh("zero")
      let count = weights.count / scales.count
      let real = weights.enumerated().map { Double($1) * scales[$0 / count] }
      writer.tensor(w + "_before", .float, shape, raw: words(real))
      writer.tensor(zero, .int8, [scales.count], raw: Data(count: scales.count))
      writer.node("QuantizeLinear", [w + "_before", ws, zero], w, integer: ["axis": axis])
    } else {
      writer.tensor(w, .int8, shape, raw: Data(weights.map { UInt8(bitPattern: Int8($0)) }))
    }
    writer.tensor(ws, .float, [scales.count], raw: words(scales))
    writer.tensor(
      b, .int32, [bias.count], raw: ONNXWriter.raw(bias.map { UInt32(bitPattern: Int32($0)) }))
    writer.tensor(bs, .float, [bias.count], raw: words(scales.prefix(bias.count).map { $0 * inputScale }))
    writer.node("DequantizeLinear", [w, ws], w + "_real", integer: ["axis": axis])
    writer.node("DequantizeLinear", [b, bs], b + "_real", integer: ["axis": 0])
    return [w + "_real", b + "_real"]
  }

  /// The file.
  var onnx: Data { writer.model(input: "image", shape: [3, shape.height, shape.width], output: name) }

  /// The image as a set.
  func images() throws -> ImageSet {
    try ImageSet(
      name: "random", origin: "drawn", path: nil, shape: shape, pixels: pixels, labels: nil, classNames: [])
  }

  /// A network of grouped convolutions and of what goes with them, with shapes that depend on the seed.
  static func grouped(seed: UInt64, lowestWeight: Int = -128, isSmall: Bool = false) -> RandomNetwork {
    var choice = KeyedRandom(seed: seed, stage: "tests.groups")
    var network = RandomNetwork(
      seed: seed, height: Int.random(in: 4...8, using: &choice), width: Int.random(in: 4...8, using: &choice),
      lowestWeight: lowestWeight)
    let groups = isSmall ? 2 : Int.random(in: 2...5, using: &choice)
    network.convolution(
      outputs: groups * (isSmall ? 1 : Int.random(in: 1...3, using: &choice)), kernel: 1, stride: 1,
      padding: 0,
      isRectified: false, clipsTo: -0.4...0.6)
    network.convolution(
      outputs: groups * (isSmall ? 1 : Int.random(in: 1...7, using: &choice)), kernel: 3,
      stride: Int.random(in: 1...2, using: &choice), padding: 1, isRectified: true, groups: groups,
      clipsTo: 0...0.7)
    network.branch()
    network.pool("AveragePool")
    network.product(outputs: Int.random(in: 2...9, using: &choice))
    return network
  }

  /// A network whose windows and means are those of other files, with shapes that depend on the seed.
  static func pooled(seed: UInt64, isSmall: Bool = false) -> RandomNetwork {
    var choice = KeyedRandom(seed: seed, stage: "tests.pools")
    var network = RandomNetwork(
      seed: seed, height: Int.random(in: 5...9, using: &choice), width: Int.random(in: 5...9, using: &choice))
    network.quantisesWeights = Bool.random(using: &choice)
    network.convolution(
      outputs: Int.random(in: 1...(isSmall ? 3 : 12), using: &choice), kernel: 1, stride: 1, padding: 0,
      isRectified: false)
    let pads = (0..<8).map { _ in Int.random(in: 0...2, using: &choice) }
    network.pool(
      "AveragePool", kernel: 3, stride: Int.random(in: 1...2, using: &choice), pads: Array(pads[..<4]),
      countsPadding: Bool.random(using: &choice))
    network.pool("MaxPool", kernel: 3, stride: 1, pads: Array(pads[4...]))
    network.convolution(
      outputs: Int.random(in: 1...(isSmall ? 3 : 9), using: &choice), kernel: 3,
      stride: Int.random(in: 1...3, using: &choice), padding: 1, isRectified: true)
    network.mean(reduces: Bool.random(using: &choice))
    network.linear(outputs: Int.random(in: 2...5, using: &choice))
    return network
  }

  /// A network of every operation, with shapes that depend on the seed.
  static func everything(seed: UInt64, lowestWeight: Int = -128, isSmall: Bool = false) -> RandomNetwork {
    var choice = KeyedRandom(seed: seed, stage: "tests.shape")
    var network = RandomNetwork(
      seed: seed, height: Int.random(in: 6...9, using: &choice), width: Int.random(in: 6...9, using: &choice),
      lowestWeight: lowestWeight)
    network.convolution(
      outputs: Int.random(in: 1...(isSmall ? 3 : 19), using: &choice), kernel: 3, stride: 1, padding: 1,
      isRectified: true)
    network.residual()
    network.convolution(
      outputs: Int.random(in: isSmall ? 2...4 : 15...70, using: &choice), kernel: 2,
      stride: Int.random(in: 1...2, using: &choice),
      padding: Int.random(in: 0...1, using: &choice), isRectified: Bool.random(using: &choice))
    network.pool(Bool.random(using: &choice) ? "MaxPool" : "AveragePool")
    network.linear(outputs: Int.random(in: 2...(isSmall ? 4 : 20), using: &choice))
    return network
  }
}
