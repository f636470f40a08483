import Foundation
import SwiftProtobuf

extension QuantizedNetwork {
  /// Reads a quantised network from an ONNX file.
  ///
  /// The network is expected in QuantizeLinear/DequantizeLinear form: activations of 8 bits with one scale
  /// per tensor, weights of 8 bits with one scale per tensor or per output channel. Operators: Conv, Gemm,
  /// Relu, Add, MaxPool, AveragePool, GlobalAveragePool, ReduceMean over the image, Flatten, Reshape,
  /// Identity. Batch normalisation must have been folded into the convolutions.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``InferenceError`` that names the file and, where there is one, the node.
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
    self = try importer.network(name: name)
  }
}

/// Turns a graph of quantise/dequantise pairs into integer operations.
///
/// Every name of the graph is bound to a ``Value``. A real operation stays *pending* until the
/// QuantizeLinear that follows it says what its result is quantised to; then it becomes one node.
struct ONNXImporter {
  /// What a name of the graph stands for.
  enum Value {
    case graphInput(TensorShape)
    case constant(ONNXConstant)
    case parameter(ONNXQuantizedConstant)
    case codes(Int)
    case real(Int)
    case pending(Pending)
  }

  /// A real operation whose quantisation is not known yet.
  struct Pending {
    var name: String
    var operation: QuantizedNetwork.Operation
    var inputs: [Int]
    var shape: TensorShape
    var isRectified = false
  }

  let graph: Onnx_GraphProto
  var values: [String: Value] = [:]
  var tensors: [QuantizedNetwork.Tensor] = []
  var nodes: [QuantizedNetwork.Node] = []
  var layers: [MatrixLayer] = []
  var hasInput = false

  init(graph: Onnx_GraphProto) { self.graph = graph }

  /// Activations of one tensor that an image may have; bounds memory for hostile files.
  static let largestTensor = 1 << 26

  mutating func network(name: String) throws(InferenceError) -> QuantizedNetwork {
    for tensor in graph.initializer { values[tensor.name] = .constant(try ONNXConstant(tensor)) }
    try bindInput()
    for node in graph.node {
      do {
        try bind(node)
      } catch {
        throw error.within("node '\(node.name)' (\(node.opType))")
      }
    }
    guard let answer = graph.output.first?.name, let value = values[answer] else {
      throw InferenceError(.malformed, "no node computes the network's output; expected one output")
    }
    guard case .real(let output) = value, hasInput else {
      throw InferenceError(
        .unsupported,
        "output '\(answer)' is not quantised; expected a network that ends in "
          + "QuantizeLinear and DequantizeLinear")
    }
    guard !layers.isEmpty else {
      throw InferenceError(.unsupported, "holds no Conv or Gemm; expected a network with matrix layers")
    }
    return QuantizedNetwork(name: name, tensors: tensors, nodes: nodes, layers: layers, output: output)
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
    values[input.name] = .graphInput(shape)
  }

  private mutating func bind(_ node: Onnx_NodeProto) throws(InferenceError) {
    guard let output = node.output.first, !output.isEmpty else {
      throw InferenceError(.malformed, "has no output")
    }
    let attributes = ONNXAttributes(node)
    switch node.opType {
    case "QuantizeLinear": values[output] = try quantize(node)
    case "DequantizeLinear": values[output] = try dequantize(node, attributes)
    case "Conv": values[output] = .pending(try convolution(node, attributes))
    case "Gemm": values[output] = .pending(try gemm(node, attributes))
    case "Relu": values[output] = .pending(try rectified(node))
    case "Add": values[output] = .pending(try addition(node))
    case "MaxPool", "AveragePool", "GlobalAveragePool", "ReduceMean":
      values[output] = .pending(try pooling(node, attributes))
    case "Flatten", "Reshape": values[output] = try flattened(node, attributes)
    case "Identity": values[output] = try value(node, 0)
    case "Constant":
      guard let tensor = attributes.tensor("value") else {
        throw InferenceError(.unsupported, "expected a tensor as its value")
      }
      values[output] = .constant(try ONNXConstant(tensor))
    default:
      throw InferenceError(
        .unsupported,
        "operator '\(node.opType)' is not supported; expected a quantised network of Conv, "
          + "Gemm, Relu, Add, pooling, Flatten, Reshape, QuantizeLinear and DequantizeLinear")
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

  /// The tensor of a real operand that has just been dequantised.
  func activation(_ node: Onnx_NodeProto, _ index: Int) throws(InferenceError) -> Int {
    guard case .real(let tensor) = try value(node, index) else {
      throw InferenceError(
        .unsupported, "input '\(node.input[index])' is not quantised; expected a DequantizeLinear before it")
    }
    return tensor
  }

  func constant(_ node: Onnx_NodeProto, _ index: Int) throws(InferenceError) -> ONNXConstant {
    guard case .constant(let constant) = try value(node, index) else {
      throw InferenceError(.unsupported, "input '\(node.input[index])' is computed; expected a constant")
    }
    return constant
  }

  static func check(_ shape: TensorShape) throws(InferenceError) {
    guard shape.channels > 0, shape.height > 0, shape.width > 0, shape.channels <= largestTensor,
      shape.height <= 65536, shape.width <= 65536,
      shape.height * shape.width <= largestTensor / shape.channels
    else {
      throw InferenceError(
        .malformed,
        "impossible shape \(shape.channels) x \(shape.height) x \(shape.width); expected "
          + "between 1 and \(largestTensor) activations per image")
    }
  }
}
