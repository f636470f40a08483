extension ONNXImporter {
  /// QuantizeLinear: the pending operation becomes a node with a tensor of its own.
  mutating func quantize(_ node: Onnx_NodeProto) throws(InferenceError) -> Value {
    let quantization = try activationQuantization(node)
    switch try value(node, 0) {
    case .graphInput(let shape):
      guard !hasInput else {
        throw InferenceError(.unsupported, "quantises the image a second time; expected it once")
      }
      hasInput = true
      tensors.append(QuantizedNetwork.Tensor(shape: shape, quantization: quantization))
      return .codes(0)
    case .real(let tensor):
      let pending = Pending(
        name: node.name, operation: .requantize, inputs: [tensor], shape: tensors[tensor].shape)
      return .codes(append(pending, quantization))
    case .pending(let pending):
      return .codes(append(pending, quantization))
    case .constant, .parameter, .codes:
      throw InferenceError(
        .unsupported, "input '\(node.input[0])' is no activation; expected a real activation")
    }
  }

  private mutating func append(_ pending: Pending, _ quantization: Quantization) -> Int {
    tensors.append(QuantizedNetwork.Tensor(shape: pending.shape, quantization: quantization))
    nodes.append(
      QuantizedNetwork.Node(
        name: pending.name, operation: pending.operation, inputs: pending.inputs,
        output: tensors.count - 1, isRectified: pending.isRectified))
    return tensors.count - 1
  }

  /// DequantizeLinear: an activation becomes real again, or a constant gets its scale.
  func dequantize(_ node: Onnx_NodeProto, _ attributes: ONNXAttributes) throws(InferenceError) -> Value {
    switch try value(node, 0) {
    case .codes(let tensor):
      let quantization = try activationQuantization(node)
      guard quantization == tensors[tensor].quantization else {
        throw InferenceError(
          .unsupported, "scale or zero point differ from those of the QuantizeLinear before it")
      }
      return .real(tensor)
    case .constant(let constant):
      guard let integers = constant.integers else {
        throw InferenceError(.malformed, "its constant is not of integers; expected int8, uint8 or int32")
      }
      let scale = try self.constant(node, 1)
      let scales = scale.reals ?? []
      var zeroPoints = [Int64](repeating: 0, count: scales.count)
      if isPresent(node, 2) { zeroPoints = try self.constant(node, 2).integers ?? [] }
      let axis = attributes.integer("axis", default: 1)
      let rank = constant.shape.count
      let resolved = axis < 0 ? axis + rank : axis
      guard scale.shape.count <= 1, zeroPoints.count == scales.count,
        scales.allSatisfy({ $0 > 0 && $0.isFinite }),
        scales.count == 1 || (0..<rank ~= resolved && scales.count == constant.shape[resolved])
      else {
        throw InferenceError(
          .malformed,
          "\(scales.count) scales and \(zeroPoints.count) zero points for shape "
            + "\(constant.shape); expected positive scales, one or as many as axis \(axis) is long")
      }
      return .parameter(
        ONNXQuantizedConstant(
          constant: constant, integers: integers, scales: scales, zeroPoints: zeroPoints,
          axis: scales.count == 1 ? -1 : resolved))
    case .graphInput, .parameter, .real, .pending:
      throw InferenceError(
        .unsupported, "input '\(node.input[0])' is not quantised; expected the output of QuantizeLinear")
    }
  }

  /// Scale and zero point of an activation; signed codes are moved to unsigned ones, which is exact.
  private func activationQuantization(_ node: Onnx_NodeProto) throws(InferenceError) -> Quantization {
    let scale = try constant(node, 1).reals ?? []
    guard scale.count == 1, let step = scale.first, step > 0, step.isFinite else {
      throw InferenceError(
        .unsupported, "\(scale.count) scales for an activation; expected one positive scale")
    }
    guard isPresent(node, 2) else { return Quantization(scale: step, zeroPoint: 0) }
    let zero = try constant(node, 2)
    let shift: Int64
    switch zero.type {
    case .uint8: shift = 0
    case .int8: shift = 128
    default:
      throw InferenceError(
        .unsupported, "activations of type \(zero.type); expected uint8 or int8")
    }
    guard let integers = zero.integers, integers.count == 1 else {
      throw InferenceError(.malformed, "expected one zero point")
    }
    return Quantization(scale: step, zeroPoint: Int(integers[0] + shift))
  }
}
