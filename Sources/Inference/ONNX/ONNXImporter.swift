import Foundation
import SwiftProtobuf

extension QuantizedNetwork {
  /// Reads a quantised network from an ONNX file.
  ///
  /// The network is expected in QuantizeLinear/DequantizeLinear form, as ONNX Runtime's static quantisation
  /// writes it: activations of 8 bits, signed or not, with one scale and zero point per tensor; weights of
  /// 8 bits, symmetric, with one scale per tensor or per output channel; biases in real numbers or of 32 bits.
  /// One input of fixed shape `[N, channels, height, width]`. Operators:
  ///
  /// - Conv in two dimensions, with groups, strides and explicit padding, without dilation;
  /// - Gemm, and MatMul with a constant matrix, on one vector per image;
  /// - Add of two activations of one shape, or of an activation and a constant;
  /// - Relu, and Clip with constant bounds, behind any other operator;
  /// - MaxPool, AveragePool, with explicit padding and rounding down, GlobalAveragePool, and ReduceMean over
  ///   height and width;
  /// - Concat of channels;
  /// - Flatten, Reshape to one vector per image, Identity, Constant.
  ///
  /// Batch normalisation must have been folded into the convolutions before the network was quantised. At most
  /// 2^26 activations per image, 2^28 weights in 65536 matrices, and 32768 inputs to one sum.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``InferenceError`` that names the file and, where there is one, the node and its operator.
  public init(contentsOf path: String) throws(InferenceError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw InferenceError(.fileAccess, "cannot be read; expected an ONNX network", at: path)
    }
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    do {
      try self.init(onnx: data, name: name)
    } catch {
      throw error.within(path)
    }
  }

  /// Reads a quantised network from the bytes of an ONNX file.
  package init(onnx data: Data, name: String) throws(InferenceError) {
    let model: Onnx_ModelProto
    do {
      model = try Onnx_ModelProto(serializedBytes: data)
    } catch {
      throw InferenceError(
        .malformed, "truncated or not an ONNX file (\(data.count) bytes); expected a complete ONNX model")
    }
    guard model.hasGraph, !model.graph.node.isEmpty else {
      throw InferenceError(.malformed, "holds no graph; expected a complete ONNX model")
    }
    var importer = ONNXImporter(graph: model.graph)
    do {
      self = try importer.network(name: name)
    } catch {
      throw error.onOneLine
    }
  }
}

/// Turns a graph of quantise/dequantise pairs into integer operations.
///
/// Every name of the graph is bound to a ``Value``. A real operation stays *pending* until the
/// QuantizeLinear that follows it says what its result is quantised to; then it becomes one node.
struct ONNXImporter {
  /// What a name of the graph stands for.
  enum Value {
    case graphInput(TensorShape, isFlat: Bool)
    case constant(ONNXConstant)
    case parameter(ONNXQuantizedConstant)
    case codes(Activation, isSigned: Bool)
    case real(Activation)
    case pending(Pending)
  }

  /// A tensor of the network as the file sees it.
  struct Activation {
    var tensor: Int
    /// Whether it is one vector per image, channels first, and not an image.
    var isFlat: Bool
  }

  /// A quantisation of a name of the graph.
  struct Quantized: Hashable {
    var name: String
    var quantization: Quantization
    var isSigned: Bool
  }

  /// A real operation whose quantisation is not known yet.
  struct Pending {
    enum Operation {
      /// One layer for each group.
      case matrix([MatrixLayer])
      case other(QuantizedNetwork.Operation)
    }

    var name: String
    var operation: Operation
    var inputs: [Int]
    var shape: TensorShape
    var isFlat: Bool
    var range: ClosedRange<Double> = -.infinity ... .infinity
  }

  let graph: Onnx_GraphProto
  var values: [String: Value] = [:]
  var tensors: [QuantizedNetwork.Tensor] = []
  var nodes: [QuantizedNetwork.Node] = []
  var layers: [MatrixLayer] = []
  /// Activations and constants of all tensors so far.
  private var activationCount = 0
  /// What Conv, Gemm and MatMul hold, and what the network holds once their results were quantised.
  var pendingSize = Size()
  private var added = Size()
  /// Numbers that QuantizeLinear and DequantizeLinear made of constants so far.
  private var derivedCount = 0
  /// What was quantised already, by name: a file may do it anew for every use.
  var quantized: [Quantized: Activation] = [:]

  init(graph: Onnx_GraphProto) { self.graph = graph }

  // Bounds of memory and time for hostile files.

  /// Activations that an image may have, all tensors together.
  static let mostActivations = 1 << 26
  /// Weights that a network may have.
  static let mostWeights = 1 << 28
  /// Matrices that a network may have.
  static let mostMatrices = 1 << 16
  /// Bytes of the inputs to all windows of one layer, and of their sums.
  static let mostBytesOfLayer = 1 << 28

  mutating func network(name: String) throws(InferenceError) -> QuantizedNetwork {
    for tensor in graph.initializer {
      do {
        try bind(tensor.name, .constant(try ONNXConstant(tensor)))
      } catch {
        throw error.place.isEmpty ? error.within("tensor '\(tensor.name)'") : error
      }
    }
    try bindInput()
    for var node in graph.node {
      // Names are optional in a file.
      if node.name.isEmpty { node.name = node.output.first ?? "" }
      do {
        try bind(node)
      } catch {
        throw error.within("node '\(node.name)' (\(node.opType))")
      }
    }
    guard let answer = graph.output.first?.name, let value = values[answer], graph.output.count == 1 else {
      throw InferenceError(
        .malformed, "\(graph.output.count) outputs, or no node computes the first; expected one output")
    }
    guard case .real(let output) = value else {
      throw InferenceError(
        .unsupported,
        "output '\(answer)' is not quantised; expected a network that ends in "
          + "QuantizeLinear and DequantizeLinear")
    }
    guard !layers.isEmpty else {
      throw InferenceError(
        .unsupported, "holds no Conv, Gemm or MatMul; expected a network with matrix layers")
    }
    return QuantizedNetwork(
      name: name, tensors: tensors, nodes: nodes, layers: layers, output: output.tensor)
  }

  private mutating func bindInput() throws(InferenceError) {
    let inputs = graph.input.filter { values[$0.name] == nil }
    guard let input = inputs.first, inputs.count == 1 else {
      throw InferenceError(.unsupported, "\(inputs.count) inputs; expected one image")
    }
    let extents = input.type.tensorType.shape.dim.map { Int($0.dimValue) }
    guard extents.count == 4, extents[1...].allSatisfy({ 1...65536 ~= $0 }) else {
      throw InferenceError(
        .unsupported, "shape \(extents); expected [N, channels, height, width] with fixed sizes",
        at: "input '\(input.name)'")
    }
    let shape = TensorShape(channels: extents[1], height: extents[2], width: extents[3])
    try Self.check(shape)
    values[input.name] = .graphInput(shape, isFlat: false)
  }

  private mutating func bind(_ name: String, _ value: Value) throws(InferenceError) {
    guard values.updateValue(value, forKey: name) == nil else {
      throw InferenceError(.malformed, "'\(name)' is defined a second time; expected one definition")
    }
  }

  private mutating func bind(_ node: Onnx_NodeProto) throws(InferenceError) {
    guard let output = node.output.first, !output.isEmpty else {
      throw InferenceError(.malformed, "has no output")
    }
    try bind(output, try result(node, ONNXAttributes(node)))
  }

  private mutating func result(
    _ node: Onnx_NodeProto, _ attributes: ONNXAttributes
  ) throws(InferenceError) -> Value {
    // ONNX Runtime has QuantizeLinear and DequantizeLinear of its own, which mean the same for 8 bits.
    guard
      ["", "ai.onnx"].contains(node.domain)
        || node.domain == "com.microsoft" && ["QuantizeLinear", "DequantizeLinear"].contains(node.opType)
    else {
      throw InferenceError(
        .unsupported, "operator '\(node.opType)' of '\(node.domain)' is not supported; expected ONNX's own")
    }
    switch node.opType {
    case "QuantizeLinear": return try quantize(node, attributes)
    case "DequantizeLinear": return try dequantize(node, attributes)
    case "Conv": return .pending(try convolution(node, attributes))
    case "Gemm": return .pending(try gemm(node, attributes))
    case "MatMul": return .pending(try product(node))
    case "Relu": return .pending(try clipped(node, to: 0 ... .infinity))
    case "Clip": return .pending(try clipped(node, to: try bounds(node, attributes)))
    case "Add": return .pending(try addition(node))
    case "MaxPool", "AveragePool", "GlobalAveragePool", "ReduceMean":
      return .pending(try pooling(node, attributes))
    case "Concat": return .pending(try concatenation(node, attributes))
    case "Flatten", "Reshape": return try flattened(node, attributes)
    case "Identity": return try value(node, 0)
    case "Constant":
      guard let tensor = attributes.tensor("value") else {
        throw InferenceError(.unsupported, "expected a tensor as its value")
      }
      return .constant(try ONNXConstant(tensor))
    case "BatchNormalization":
      throw InferenceError(
        .unsupported,
        "operator 'BatchNormalization' is not supported; expected it folded into the convolution before the "
          + "network is quantised, as onnxruntime's quant_pre_process does")
    default:
      throw InferenceError(
        .unsupported,
        "operator '\(node.opType)' is not supported; expected a quantised network of Conv, Gemm, MatMul, Add, "
          + "Relu, Clip, pooling, Concat, Flatten, Reshape, QuantizeLinear and DequantizeLinear")
    }
  }

  // MARK: - Network

  /// Adds a tensor, within the bounds of an image.
  mutating func append(_ tensor: QuantizedNetwork.Tensor) throws(InferenceError) -> Int {
    activationCount += tensor.shape.count
    guard activationCount <= Self.mostActivations else {
      throw InferenceError(
        .unsupported,
        "\(activationCount) activations per image; expected at most \(Self.mostActivations), all tensors together"
      )
    }
    tensors.append(tensor)
    return tensors.count - 1
  }

  /// Adds a layer, within the bounds of a network.
  mutating func append(_ layer: MatrixLayer) throws(InferenceError) -> Int {
    try added.count(matrices: 1, weights: layer.weights.count)
    layers.append(layer)
    return layers.count - 1
  }

  /// Counts numbers that are made of constants, within the bounds of a network.
  mutating func derive(_ count: Int) throws(InferenceError) {
    derivedCount += count
    guard derivedCount <= Self.mostWeights else {
      throw InferenceError(
        .unsupported,
        "\(derivedCount) numbers of constants are quantised or scaled one by one; expected at most "
          + "\(Self.mostWeights)")
    }
  }

  /// Matrices and weights so far.
  struct Size {
    private var matrices = 0
    private var weights = 0

    /// Counts more of them, within the bounds of a network.
    mutating func count(matrices: Int, weights: Int) throws(InferenceError) {
      self.matrices += matrices
      self.weights += weights
      guard self.matrices <= mostMatrices, self.weights <= mostWeights else {
        throw InferenceError(
          .unsupported,
          "\(self.weights) weights in \(self.matrices) matrices; expected at most \(mostWeights) in "
            + "\(mostMatrices)")
      }
    }
  }

  // MARK: - Operands

  func value(_ node: Onnx_NodeProto, _ index: Int) throws(InferenceError) -> Value {
    guard index < node.input.count, let value = values[node.input[index]] else {
      let name = index < node.input.count ? node.input[index] : "number \(index + 1)"
      throw InferenceError(.malformed, "input '\(name)' is not defined before this node")
    }
    return value
  }

  func isPresent(_ node: Onnx_NodeProto, _ index: Int) -> Bool {
    index < node.input.count && !node.input[index].isEmpty
  }

  /// A real operand that has just been dequantised.
  func activation(_ node: Onnx_NodeProto, _ index: Int) throws(InferenceError) -> Activation {
    guard case .real(let activation) = try value(node, index) else {
      throw InferenceError(
        .unsupported, "input '\(node.input[index])' is not quantised; expected a DequantizeLinear before it")
    }
    return activation
  }

  /// The tensor of a real operand that is an image.
  func image(_ node: Onnx_NodeProto, _ index: Int) throws(InferenceError) -> Int {
    let activation = try activation(node, index)
    guard !activation.isFlat else {
      throw InferenceError(
        .unsupported, "input '\(node.input[index])' is one vector per image; expected an image")
    }
    return activation.tensor
  }

  /// The tensor of a real operand that is one vector per image.
  func vector(_ node: Onnx_NodeProto, _ index: Int) throws(InferenceError) -> Int {
    let activation = try activation(node, index)
    guard activation.isFlat else {
      throw InferenceError(
        .unsupported,
        "input '\(node.input[index])' is an image; expected one vector per image, as Flatten gives")
    }
    return activation.tensor
  }

  func constant(_ node: Onnx_NodeProto, _ index: Int) throws(InferenceError) -> ONNXConstant {
    guard case .constant(let constant) = try value(node, index) else {
      throw InferenceError(.unsupported, "input '\(node.input[index])' is computed; expected a constant")
    }
    return constant
  }

  static func check(_ shape: TensorShape) throws(InferenceError) {
    guard shape.channels > 0, shape.height > 0, shape.width > 0, shape.channels <= mostActivations,
      shape.height <= 65536, shape.width <= 65536,
      shape.height * shape.width <= mostActivations / shape.channels
    else {
      throw InferenceError(
        .malformed,
        "impossible shape \(shape.channels) x \(shape.height) x \(shape.width); expected "
          + "between 1 and \(mostActivations) activations per image")
    }
  }
}
