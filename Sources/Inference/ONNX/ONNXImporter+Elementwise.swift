extension ONNXImporter {
  /// Relu, on a pending operation or on an activation.
  func rectified(_ node: Onnx_NodeProto) throws(InferenceError) -> Pending {
    switch try value(node, 0) {
    case .pending(var pending):
      pending.isRectified = true
      return pending
    case .real(let tensor):
      return Pending(
        name: node.name, operation: .requantize, inputs: [tensor], shape: tensors[tensor].shape,
        isRectified: true)
    default:
      throw InferenceError(.unsupported, "input '\(node.input[0])' is no activation")
    }
  }

  /// Add of two activations of one shape.
  func addition(_ node: Onnx_NodeProto) throws(InferenceError) -> Pending {
    let left = try activation(node, 0)
    let right = try activation(node, 1)
    guard tensors[left].shape == tensors[right].shape else {
      throw InferenceError(
        .unsupported, "adds shapes \(tensors[left].shape) and \(tensors[right].shape); expected one shape")
    }
    return Pending(
      name: node.name, operation: .add, inputs: [left, right], shape: tensors[left].shape)
  }

  /// The pooling operators, and the mean over the image.
  func pooling(_ node: Onnx_NodeProto, _ attributes: ONNXAttributes) throws(InferenceError) -> Pending {
    let input = try activation(node, 0)
    let source = tensors[input].shape
    var window = Window(height: source.height, width: source.width)
    switch node.opType {
    case "GlobalAveragePool": break
    case "ReduceMean":
      var axes = attributes.integers("axes") ?? []
      if axes.isEmpty && isPresent(node, 1) {
        axes = (try constant(node, 1).integers ?? []).map { Int($0) }
      }
      guard Set(axes.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3] else {
        throw InferenceError(.unsupported, "mean over axes \(axes); expected height and width (2, 3)")
      }
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
    return Pending(name: node.name, operation: operation, inputs: [input], shape: shape)
  }

  /// Flatten and Reshape, where they turn an image into one vector: nothing moves.
  func flattened(_ node: Onnx_NodeProto, _ attributes: ONNXAttributes) throws(InferenceError) -> Value {
    let source = try value(node, 0)
    let shape: TensorShape
    switch source {
    case .real(let tensor): shape = tensors[tensor].shape
    case .pending(let pending): shape = pending.shape
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
    return source
  }
}
