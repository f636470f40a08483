extension ONNXImporter {
  /// Conv: groups, no dilation, explicit padding.
  ///
  /// Each group is a layer of its own.
  mutating func convolution(
    _ node: Onnx_NodeProto, _ attributes: ONNXAttributes
  ) throws(InferenceError) -> Pending {
    let input = try image(node, 0)
    let weights = try weights(node, 1, axis: 0)
    let shape = weights.constant.shape
    let source = tensors[input].shape
    guard shape.count == 4, shape.allSatisfy({ $0 > 0 }) else {
      throw InferenceError(
        .unsupported, "weights of shape \(shape); expected [outputs, inputs, height, width]")
    }
    let groups = attributes.integer("group", default: 1)
    guard 1...source.channels ~= groups, shape[0] % groups == 0 else {
      throw InferenceError(
        .malformed,
        "\(groups) groups for \(source.channels) inputs and \(shape[0]) outputs; expected a number that "
          + "divides both")
    }
    guard source.channels % groups == 0, shape[1] == source.channels / groups else {
      throw InferenceError(
        .malformed, "weights for \(shape[1]) channels in \(groups) groups on an input of \(source.channels)")
    }
    let window = try window(height: shape[2], width: shape[3], attributes)
    if let extents = attributes.integers("kernel_shape"), extents != Array(shape[2...]) {
      throw InferenceError(
        .malformed, "window \(extents) with weights of shape \(shape); expected the extents of the weights")
    }
    var ordered = [Int8](repeating: 0, count: weights.values.count)
    let (columns, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    for o in 0..<columns {
      for c in 0..<channels {
        for y in 0..<height {
          for x in 0..<width {
            ordered[((o * height + y) * width + x) * channels + c] =
              weights.values[((o * channels + c) * height + y) * width + x]
          }
        }
      }
    }
    return try pending(
      node, .convolution, input: input, columns: columns, window: window, groups: groups, weights: ordered,
      scales: weights.scales, bias: 2)
  }

  /// Gemm: y = x W or x W' plus bias.
  mutating func gemm(_ node: Onnx_NodeProto, _ attributes: ONNXAttributes) throws(InferenceError) -> Pending {
    guard attributes.integer("transA", default: 0) == 0, attributes.real("alpha", default: 1) == 1,
      attributes.real("beta", default: 1) == 1
    else {
      throw InferenceError(.unsupported, "expected alpha = beta = 1 and transA = 0")
    }
    return try linear(node, isTransposed: attributes.integer("transB", default: 0) != 0, bias: 2)
  }

  /// MatMul: y = x W.
  mutating func product(_ node: Onnx_NodeProto) throws(InferenceError) -> Pending {
    try linear(node, isTransposed: false, bias: nil)
  }

  /// A fully connected layer whose weights have the shape `[outputs, inputs]` if transposed, else
  /// `[inputs, outputs]`.
  private mutating func linear(
    _ node: Onnx_NodeProto, isTransposed: Bool, bias: Int?
  ) throws(InferenceError) -> Pending {
    let input = try vector(node, 0)
    let weights = try weights(node, 1, axis: isTransposed ? 0 : 1)
    let shape = weights.constant.shape
    let source = tensors[input].shape
    guard shape.count == 2, shape.allSatisfy({ $0 > 0 }), shape[isTransposed ? 1 : 0] == source.count else {
      throw InferenceError(
        .malformed, "weights of shape \(shape) on \(source.count) inputs; expected one extent to match")
    }
    let columns = shape[isTransposed ? 0 : 1]
    let rows = source.count
    let plane = source.height * source.width
    // The file flattens channels first; activations here keep the channels of a position together.
    var ordered = [Int8](repeating: 0, count: weights.values.count)
    for o in 0..<columns {
      for k in 0..<rows {
        let row = k % plane * source.channels + k / plane
        ordered[o * rows + row] = weights.values[isTransposed ? o * rows + k : k * columns + o]
      }
    }
    return try pending(
      node, .linear, input: input, columns: columns,
      window: Window(height: source.height, width: source.width), groups: 1, weights: ordered,
      scales: weights.scales, bias: bias)
  }

  private struct Weights {
    var constant: ONNXConstant
    var values: [Int8]
    var scales: [Double]
  }

  /// Weights as signed bytes around zero, with one scale per output channel.
  private func weights(
    _ node: Onnx_NodeProto, _ index: Int, axis: Int
  ) throws(InferenceError) -> Weights {
    guard case .parameter(let parameter) = try value(node, index) else {
      throw InferenceError(
        .unsupported,
        "weights '\(node.input[index])' are not quantised; expected a DequantizeLinear of "
          + "int8 or uint8 weights")
    }
    let zero: Int64
    switch parameter.constant.type {
    case .int8: zero = 0
    case .uint8: zero = 128
    default:
      throw InferenceError(
        .unsupported, "weights of type \(parameter.constant.type); expected int8 or uint8")
    }
    guard parameter.zeroPoints.allSatisfy({ $0 == zero }) else {
      throw InferenceError(
        .unsupported, "weights with a zero point; expected symmetric weights (zero point \(zero))")
    }
    guard parameter.axis == -1 || parameter.axis == axis, axis < parameter.constant.shape.count else {
      throw InferenceError(
        .unsupported, "weight scales along axis \(parameter.axis); expected the output axis \(axis)")
    }
    let columns = parameter.constant.shape[axis]
    let scales =
      parameter.scales.count == columns
      ? parameter.scales : [Double](repeating: parameter.scales[0], count: columns)
    return Weights(
      constant: parameter.constant, values: parameter.integers.map { Int8(truncatingIfNeeded: $0 - zero) },
      scales: scales)
  }

  /// A layer for each group, until the quantisation of the result is known.
  private mutating func pending(
    _ node: Onnx_NodeProto, _ kind: MatrixLayer.Kind, input: Int, columns: Int, window: Window, groups: Int,
    weights: [Int8], scales: [Double], bias: Int?
  ) throws(InferenceError) -> Pending {
    try pendingSize.count(matrices: groups, weights: weights.count)
    let source = tensors[input]
    let size = window.outputSize(on: source.shape)
    let output = TensorShape(channels: columns, height: size.height, width: size.width)
    try Self.check(output)
    let biases = try self.bias(node, bias, unit: scales.map { $0 * source.quantization.scale })
    let (groupInputs, groupColumns) = (source.shape.channels / groups, columns / groups)
    let groupWeights = weights.count / groups
    let layers = (0..<groups).map { group in
      let written = group * groupColumns..<(group + 1) * groupColumns
      return MatrixLayer(
        name: groups == 1 ? node.name : "\(node.name)/group \(group + 1)", kind: kind, input: source.shape,
        output: output, inputQuantization: source.quantization, window: window,
        weights: Array(weights[group * groupWeights..<(group + 1) * groupWeights]),
        bias: Array(biases[written]), weightScales: Array(scales[written]),
        inputChannels: group * groupInputs..<(group + 1) * groupInputs, outputChannels: written)
    }
    // |sum| <= rows x 255 x 128, plus the bias, in 32 bits.
    let rows = layers[0].rows
    guard rows <= 32768, biases.allSatisfy({ abs(Int64($0)) < 1 << 30 }) else {
      throw InferenceError(
        .unsupported,
        "\(rows) inputs to one sum and a largest bias of \(biases.map { abs(Int64($0)) }.max() ?? 0); expected "
          + "at most 32768, and less than 2^30, so that 32 bits hold it")
    }
    // Executors hold the inputs of all windows of a layer, and their sums in 32 bits for 64 columns at a time.
    let bytes = max(rows + 3, (columns / groups + 63) / 64 * 256)
    guard layers[0].windows <= Self.mostBytesOfLayer / bytes else {
      throw InferenceError(
        .unsupported,
        "\(layers[0].windows) windows of \(rows) inputs and \(columns / groups) outputs; expected at most "
          + "\(Self.mostBytesOfLayer / bytes) windows")
    }
    return Pending(
      name: node.name, operation: .matrix(layers), inputs: [input], shape: output, isFlat: kind == .linear)
  }

  /// Biases in units of the accumulator; a bias with another scale, or a real one, is rounded to it.
  func bias(
    _ node: Onnx_NodeProto, _ index: Int?, unit: [Double]
  ) throws(InferenceError) -> [Int32] {
    guard let index, isPresent(node, index) else { return [Int32](repeating: 0, count: unit.count) }
    let place = "tensor '\(node.input[index])'"
    let real: [Double]
    let shape: [Int]
    switch try value(node, index) {
    case .constant(let constant):
      shape = constant.shape
      guard let reals = constant.reals else {
        throw InferenceError(
          .malformed, "biases of type \(constant.type); expected float, or integers with a scale", at: place)
      }
      real = reals
    case .parameter(let parameter):
      shape = parameter.constant.shape
      real = try Self.dequantized(parameter, at: place)
    default:
      throw InferenceError(.unsupported, "its bias is computed; expected a constant")
    }
    guard real.count == unit.count, shape.last ?? 1 == real.count else {
      throw InferenceError(
        .malformed, "\(real.count) biases; expected \(unit.count), one for each output", at: place)
    }
    var bias: [Int32] = []
    for (value, unit) in zip(real, unit) {
      guard let rounded = Int32(exactly: (value / unit).rounded(.toNearestOrEven)) else {
        throw InferenceError(
          .malformed, "bias \(value); expected a number that fits 32 bits in units of \(unit)", at: place)
      }
      bias.append(rounded)
    }
    return bias
  }

  /// The real numbers of a vector of quantised ones.
  private static func dequantized(
    _ parameter: ONNXQuantizedConstant, at place: String
  ) throws(InferenceError) -> [Double] {
    let count = parameter.integers.count
    guard parameter.scales.count == 1 || parameter.scales.count == count else {
      throw InferenceError(
        .malformed,
        "\(parameter.scales.count) scales for shape \(parameter.constant.shape); expected a vector with one "
          + "scale, or one for each of its numbers", at: place)
    }
    var real: [Double] = []
    for (index, integer) in parameter.integers.enumerated() {
      let group = parameter.scales.count == 1 ? 0 : index
      let (difference, overflow) = integer.subtractingReportingOverflow(parameter.zeroPoints[group])
      guard !overflow else {
        throw InferenceError(
          .malformed,
          "number \(integer) with zero point \(parameter.zeroPoints[group]); expected a difference "
            + "of 64 bits", at: place)
      }
      real.append(Double(difference) * parameter.scales[group])
    }
    return real
  }

  /// The window that a node's attributes describe.
  func window(height: Int, width: Int, _ attributes: ONNXAttributes) throws(InferenceError) -> Window {
    let strides = attributes.integers("strides") ?? [1, 1]
    let pads = attributes.integers("pads") ?? [0, 0, 0, 0]
    let padding = attributes.string("auto_pad", default: "NOTSET")
    guard padding == "NOTSET" || padding == "VALID" else {
      throw InferenceError(.unsupported, "auto_pad \(padding); expected explicit pads")
    }
    guard (attributes.integers("dilations") ?? [1, 1]).allSatisfy({ $0 == 1 }) else {
      throw InferenceError(.unsupported, "dilated window; expected dilations of 1")
    }
    let range = 1...65536
    guard strides.count == 2, strides.allSatisfy({ range ~= $0 }), pads.count == 4,
      pads.allSatisfy({ 0...65536 ~= $0 }), range ~= height, range ~= width
    else {
      throw InferenceError(
        .malformed,
        "window \(height) x \(width), strides \(strides), pads \(pads); expected a window, two "
          + "strides and four pads of a two-dimensional image")
    }
    return Window(
      height: height, width: width, strideHeight: strides[0], strideWidth: strides[1],
      paddingTop: pads[0], paddingLeft: pads[1], paddingBottom: pads[2], paddingRight: pads[3])
  }
}
