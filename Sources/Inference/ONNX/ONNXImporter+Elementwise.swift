extension ONNXImporter {
  /// Relu or Clip, on a pending operation or on an activation.
  func clipped(_ node: Onnx_NodeProto, to range: ClosedRange<Double>) throws(InferenceError) -> Pending {
    switch try value(node, 0) {
    case .pending(var pending):
      pending.range = pending.range.clamped(to: range)
      return pending
    case .real(let activation):
      return Pending(
        name: node.name, operation: .other(.requantize), inputs: [activation.tensor],
        shape: tensors[activation.tensor].shape, isFlat: activation.isFlat, range: range)
    default:
      throw InferenceError(.unsupported, "input '\(node.input[0])' is no activation")
    }
  }

  /// The bounds of Clip: inputs, or attributes in old files.
  func bounds(
    _ node: Onnx_NodeProto, _ attributes: ONNXAttributes
  ) throws(InferenceError) -> ClosedRange<Double> {
    var bounds = [attributes.real("min", default: -.infinity), attributes.real("max", default: .infinity)]
    for index in 1...2 where isPresent(node, index) {
      let limit = try constant(node, index).reals ?? []
      guard limit.count == 1 else {
        throw InferenceError(.malformed, "bound '\(node.input[index])' is not one number; expected a scalar")
      }
      bounds[index - 1] = limit[0]
    }
    guard bounds[0] <= bounds[1] else {
      throw InferenceError(.malformed, "bounds \(bounds[0]) and \(bounds[1]); expected them in order")
    }
    return bounds[0]...bounds[1]
  }

  /// Add of two activations of one shape, or of an activation and a constant.
  mutating func addition(_ node: Onnx_NodeProto) throws(InferenceError) -> Pending {
    for (index, other) in [(0, 1), (1, 0)] {
      switch (try value(node, index), try value(node, other)) {
      case (.parameter(let parameter), .real(let activation)):
        return Pending(
          name: node.name, operation: .other(.add),
          inputs: [activation.tensor, try constantTensor(parameter, like: activation)],
          shape: tensors[activation.tensor].shape, isFlat: activation.isFlat)
      case (.parameter, .pending(let pending)), (.constant, .pending(let pending)):
        return try biased(pending, node, index)
      default: break
      }
    }
    let (left, right) = (try activation(node, 0), try activation(node, 1))
    let (shape, other) = (tensors[left.tensor].shape, tensors[right.tensor].shape)
    guard shape == other, left.isFlat == right.isFlat else {
      throw InferenceError(.unsupported, "adds shapes \(shape) and \(other); expected one shape")
    }
    return Pending(
      name: node.name, operation: .other(.add), inputs: [left.tensor, right.tensor], shape: shape,
      isFlat: left.isFlat)
  }

  /// A constant that is added to an activation, as a tensor of its shape.
  private mutating func constantTensor(
    _ parameter: ONNXQuantizedConstant, like activation: Activation
  ) throws(InferenceError) -> Int {
    let shape = tensors[activation.tensor].shape
    let isSigned = parameter.constant.type == .int8
    guard isSigned || parameter.constant.type == .uint8, parameter.scales.count == 1 else {
      throw InferenceError(
        .unsupported,
        "a constant of type \(parameter.constant.type) with \(parameter.scales.count) scales is added; "
          + "expected int8 or uint8 with one scale")
    }
    // Extents of the constant for channels, rows and columns, and where a vector is counted as the file does.
    let extents = parameter.constant.shape
    let target = activation.isFlat ? [1, shape.count] : [1, shape.channels, shape.height, shape.width]
    let padded = [Int](repeating: 1, count: max(0, target.count - extents.count)) + extents
    guard padded.count == target.count, zip(padded, target).allSatisfy({ $0 == 1 || $0 == $1 }) else {
      throw InferenceError(
        .unsupported, "a constant of shape \(extents) is added to \(target); expected one that fits")
    }
    let steps = padded.indices.map { axis in
      padded[axis] == 1 ? 0 : padded[(axis + 1)...].reduce(1, *)
    }
    let shift: Int64 = isSigned ? 128 : 0
    let plane = shape.height * shape.width
    var codes = [UInt8](repeating: 0, count: shape.count)
    for channel in 0..<shape.channels {
      for position in 0..<plane {
        let place =
          activation.isFlat
          ? (channel * plane + position) * steps[1]
          : channel * steps[1] + position / shape.width * steps[2] + position % shape.width * steps[3]
        codes[position * shape.channels + channel] = UInt8(parameter.integers[place] + shift)
      }
    }
    let quantization = Quantization(
      scale: parameter.scales[0], zeroPoint: Int(parameter.zeroPoints[0] + shift))
    return try append(QuantizedNetwork.Tensor(shape: shape, quantization: quantization, constant: codes))
  }

  /// A matrix product with a constant vector added, before the sum is quantised.
  private func biased(
    _ pending: Pending, _ node: Onnx_NodeProto, _ index: Int
  ) throws(InferenceError) -> Pending {
    guard case .matrix(let layers) = pending.operation, pending.isFlat, layers.count == 1,
      layers[0].windows == 1, layers[0].bias.allSatisfy({ $0 == 0 }),
      pending.range == -.infinity ... .infinity
    else {
      throw InferenceError(
        .unsupported, "adds a constant to a result that is not quantised; expected a MatMul or QuantizeLinear"
      )
    }
    var layer = layers[0]
    layer.bias = try bias(
      node, index, unit: layer.weightScales.map { $0 * layer.inputQuantization.scale })
    var result = pending
    result.operation = .matrix([layer])
    return result
  }

  /// The pooling operators, and the mean over the image.
  func pooling(_ node: Onnx_NodeProto, _ attributes: ONNXAttributes) throws(InferenceError) -> Pending {
    let input = try image(node, 0)
    let source = tensors[input].shape
    var window = Window(height: source.height, width: source.width)
    var isFlat = false
    switch node.opType {
    case "GlobalAveragePool": break
    case "ReduceMean":
      var axes = attributes.integers("axes") ?? []
      if axes.isEmpty && isPresent(node, 1) {
        axes = (try constant(node, 1).integers ?? []).map { Int($0) }
      }
      guard axes.count == 2, Set(axes.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3] else {
        throw InferenceError(
          .unsupported, "mean over axes \(axes.prefix(8)); expected height and width (2, 3)")
      }
      isFlat = attributes.integer("keepdims", default: 1) == 0
    default:
      let extents = attributes.integers("kernel_shape") ?? []
      guard extents.count == 2, attributes.integer("ceil_mode", default: 0) == 0 else {
        throw InferenceError(
          .unsupported, "window \(extents); expected two extents and ceil_mode 0")
      }
      window = try self.window(height: extents[0], width: extents[1], attributes)
      guard window.paddingTop < window.height, window.paddingBottom < window.height,
        window.paddingLeft < window.width, window.paddingRight < window.width
      else {
        throw InferenceError(.malformed, "more padding than window; a window would see no input")
      }
    }
    let size = window.outputSize(on: source)
    let shape = TensorShape(channels: source.channels, height: size.height, width: size.width)
    try Self.check(shape)
    let operation: QuantizedNetwork.Operation =
      node.opType == "MaxPool"
      ? .maximumPool(window)
      : .averagePool(window, countsPadding: attributes.integer("count_include_pad", default: 0) != 0)
    return Pending(
      name: node.name, operation: .other(operation), inputs: [input], shape: shape, isFlat: isFlat)
  }

  /// Concat of the channels of images, or of vectors whose channels are single numbers.
  func concatenation(
    _ node: Onnx_NodeProto, _ attributes: ONNXAttributes
  ) throws(InferenceError) -> Pending {
    var activations: [Activation] = []
    for index in node.input.indices { activations.append(try activation(node, index)) }
    guard let first = activations.first else {
      throw InferenceError(.malformed, "has no input; expected activations")
    }
    var shape = tensors[first.tensor].shape
    shape.channels = 0
    let axis = attributes.integer("axis", default: 0)
    for activation in activations {
      let next = tensors[activation.tensor].shape
      guard activation.isFlat == first.isFlat, axis == 1 || axis == (first.isFlat ? -1 : -3),
        next.height == shape.height, next.width == shape.width,
        !first.isFlat || shape.height * shape.width == 1
      else {
        throw InferenceError(
          .unsupported,
          "axis \(axis) with an input of shape \(next); expected the channels of images of one height and width"
        )
      }
      shape.channels += next.channels
    }
    try Self.check(shape)
    return Pending(
      name: node.name, operation: .other(.concatenate), inputs: activations.map(\.tensor), shape: shape,
      isFlat: first.isFlat)
  }

  /// Flatten and Reshape, where they turn an image into one vector: nothing moves.
  func flattened(_ node: Onnx_NodeProto, _ attributes: ONNXAttributes) throws(InferenceError) -> Value {
    let result: Value
    let shape: TensorShape
    switch try value(node, 0) {
    case .graphInput(let image, _): (result, shape) = (.graphInput(image, isFlat: true), image)
    case .real(var activation):
      activation.isFlat = true
      (result, shape) = (.real(activation), tensors[activation.tensor].shape)
    case .pending(var pending):
      pending.isFlat = true
      (result, shape) = (.pending(pending), pending.shape)
    default: throw InferenceError(.unsupported, "input '\(node.input[0])' is no activation")
    }
    if node.opType == "Flatten" {
      guard attributes.integer("axis", default: 1) == 1 else {
        throw InferenceError(.unsupported, "expected axis 1, which keeps the batch")
      }
    } else {
      let target = (try constant(node, 1).integers ?? []).map { Int($0) }
      guard target.count == 2, target[1] == -1 || target[1] == shape.count else {
        throw InferenceError(
          .unsupported, "shape \(target); expected [N, \(shape.count)], one vector per image")
      }
    }
    return result
  }
}
