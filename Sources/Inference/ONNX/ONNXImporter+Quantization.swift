extension ONNXImporter {
  /// QuantizeLinear: the pending operation becomes a node with a tensor of its own.
  mutating func quantize(
    _ node: Onnx_NodeProto, _ attributes: ONNXAttributes
  ) throws(InferenceError) -> Value {
    if case .constant(let constant) = try value(node, 0) {
      return .constant(try quantized(constant, node, attributes))
    }
    let type = attributes.integer("output_dtype", default: 0)
    let (quantization, isSigned) = try activationQuantization(
      node, isSigned: type == Onnx_TensorProto.DataType.int8.rawValue)
    let key = Quantized(name: node.input[0], quantization: quantization, isSigned: isSigned)
    if let activation = quantized[key] { return .codes(activation, isSigned: isSigned) }
    let activation = try activation(of: try value(node, 0), node, quantization)
    quantized[key] = activation
    return .codes(activation, isSigned: isSigned)
  }

  /// A tensor for a value of the graph under a quantisation.
  private mutating func activation(
    of value: Value, _ node: Onnx_NodeProto, _ quantization: Quantization
  ) throws(InferenceError) -> Activation {
    switch value {
    case .graphInput(let shape, let isFlat):
      guard tensors.isEmpty else {
        throw InferenceError(.unsupported, "quantises the image in a second way; expected one")
      }
      let tensor = try append(QuantizedNetwork.Tensor(shape: shape, quantization: quantization))
      return Activation(tensor: tensor, isFlat: isFlat)
    case .real(let activation):
      let (tensor, isFlat) = (activation.tensor, activation.isFlat)
      // Codes that are quantised again as they were stay what they are.
      if tensors[tensor].quantization == quantization { return activation }
      let pending = Pending(
        name: node.name, operation: .other(.requantize), inputs: [tensor], shape: tensors[tensor].shape,
        isFlat: isFlat)
      return try append(pending, quantization)
    case .pending(let pending): return try append(pending, quantization)
    case .constant, .parameter, .codes:
      throw InferenceError(
        .unsupported, "input '\(node.input[0])' is no activation; expected a real activation")
    }
  }

  private mutating func append(
    _ pending: Pending, _ quantization: Quantization
  ) throws(InferenceError) -> Activation {
    let output = try append(QuantizedNetwork.Tensor(shape: pending.shape, quantization: quantization))
    switch pending.operation {
    case .matrix(let groups):
      for group in groups {
        nodes.append(
          QuantizedNetwork.Node(
            name: group.name, operation: .matrix(try append(group)), inputs: pending.inputs, output: output,
            range: pending.range))
      }
    case .other(let operation):
      nodes.append(
        QuantizedNetwork.Node(
          name: pending.name, operation: operation, inputs: pending.inputs, output: output,
          range: pending.range))
    }
    return Activation(tensor: output, isFlat: pending.isFlat)
  }

  /// QuantizeLinear of a constant, in single precision as the operator is defined.
  private mutating func quantized(
    _ constant: ONNXConstant, _ node: Onnx_NodeProto, _ attributes: ONNXAttributes
  ) throws(InferenceError) -> ONNXConstant {
    let zero = try self.constant(node, 2)
    guard let reals = constant.reals, zero.type == .int8 || zero.type == .uint8 else {
      throw InferenceError(
        .unsupported,
        "quantises a constant of type \(constant.type) to \(zero.type); expected float to 8 bits")
    }
    let scales = try scales(node, constant.shape, type: zero.type, attributes)
    try derive(reals.count)
    let range = zero.type == .int8 ? Float(-128)...127 : Float(0)...255
    var result = constant
    result.type = zero.type
    result.values = .integers(
      reals.enumerated().map { index, real in
        let group = scales.group(index)
        let code =
          (Float(real) / Float(scales.scales[group])).rounded(.toNearestOrEven)
          + Float(scales.zeroPoints[group])
        return Int64(max(range.lowerBound, min(code, range.upperBound)))
      })
    return result
  }

  /// DequantizeLinear: an activation becomes real again, or a constant gets its scale.
  mutating func dequantize(_ node: Onnx_NodeProto, _ attributes: ONNXAttributes) throws(InferenceError)
    -> Value
  {
    switch try value(node, 0) {
    case .codes(let activation, let wasSigned):
      let (quantization, isSigned) = try activationQuantization(node, isSigned: wasSigned)
      guard quantization == tensors[activation.tensor].quantization, isSigned == wasSigned else {
        throw InferenceError(
          .unsupported, "scale or zero point differ from those of the QuantizeLinear before it")
      }
      return .real(activation)
    case .constant(let constant):
      guard let integers = constant.integers else {
        throw InferenceError(.malformed, "its constant is not of integers; expected int8, uint8 or int32")
      }
      let scales = try scales(node, constant.shape, type: constant.type, attributes)
      return .parameter(
        ONNXQuantizedConstant(
          constant: constant, integers: integers, scales: scales.scales, zeroPoints: scales.zeroPoints,
          axis: scales.axis))
    case .graphInput, .parameter, .real, .pending:
      throw InferenceError(
        .unsupported, "input '\(node.input[0])' is not quantised; expected the output of QuantizeLinear")
    }
  }

  /// Scales and zero points of a constant.
  private struct Scales {
    var scales: [Double]
    var zeroPoints: [Int64]
    /// The axis along which they differ; -1 if there is one for all.
    var axis: Int
    /// Numbers from one index of the axis to the next.
    var step: Int

    /// Which of them belongs to a number.
    func group(_ index: Int) -> Int { axis < 0 ? 0 : index / step % scales.count }
  }

  private mutating func scales(
    _ node: Onnx_NodeProto, _ shape: [Int], type: Onnx_TensorProto.DataType, _ attributes: ONNXAttributes
  ) throws(InferenceError) -> Scales {
    let scale = try constant(node, 1)
    let scales = scale.reals ?? []
    try derive(scales.count)
    var zeroPoints = [Int64](repeating: 0, count: scales.count)
    if isPresent(node, 2) {
      let zero = try constant(node, 2)
      guard let integers = zero.integers, zero.type == type else {
        throw InferenceError(
          .malformed, "zero points of type \(zero.type) for codes of \(type); expected one type")
      }
      zeroPoints = integers
    }
    let axis = attributes.integer("axis", default: 1)
    let resolved = axis < 0 ? axis + shape.count : axis
    guard scale.shape.count <= 1, !scales.isEmpty, zeroPoints.count == scales.count,
      scales.allSatisfy({ $0 > 0 && $0.isFinite }),
      scales.count == 1 || (shape.indices ~= resolved && scales.count == shape[resolved])
    else {
      throw InferenceError(
        .malformed,
        "\(scales.count) scales and \(zeroPoints.count) zero points for shape "
          + "\(shape); expected positive scales, one or as many as axis \(axis) is long")
    }
    return Scales(
      scales: scales, zeroPoints: zeroPoints, axis: scales.count == 1 ? -1 : resolved,
      step: scales.count == 1 ? 1 : shape[(resolved + 1)...].reduce(1, *))
  }

  /// Scale and zero point of an activation; signed codes are moved to unsigned ones, which is exact.
  ///
  /// - Parameter isSigned: Whether the codes are signed where no zero point says so.
  private func activationQuantization(
    _ node: Onnx_NodeProto, isSigned: Bool
  ) throws(InferenceError) -> (Quantization, isSigned: Bool) {
    let scale = try constant(node, 1).reals ?? []
    guard scale.count == 1, let step = scale.first, step > 0, step.isFinite else {
      throw InferenceError(
        .unsupported, "\(scale.count) scales for an activation; expected one positive scale")
    }
    guard isPresent(node, 2) else {
      return (Quantization(scale: step, zeroPoint: isSigned ? 128 : 0), isSigned)
    }
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
    return (Quantization(scale: step, zeroPoint: Int(integers[0] + shift)), shift != 0)
  }
}
