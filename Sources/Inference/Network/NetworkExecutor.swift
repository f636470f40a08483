import CKernels

/// Memory for one image at a time; every worker has its own.
package final class Workspace {
  fileprivate var tensors: [[UInt8]]
  fileprivate var patches: [UInt8] = []
  fileprivate var sums: [Int32] = []

  /// Allocates the activations of a network.
  package init(_ network: QuantizedNetwork) {
    tensors = network.tensors.map { $0.constant ?? [UInt8](repeating: 0, count: $0.shape.count) }
  }
}

/// Sees a layer that was multiplied: its index, im2col inputs, their stride, and the sums of the engine.
package typealias LayerObserver = (Int, UnsafeBufferPointer<UInt8>, Int, UnsafeBufferPointer<Int32>) -> Void

/// Runs images through a network; the matrix products are left to a ``MatrixEngine``.
///
/// Activations are stored position by position with the channels together.
package struct NetworkExecutor: Sendable {
  /// The network.
  package let network: QuantizedNetwork
  /// Input code of each pixel value, `[channels, 256]`.
  private let inputCodes: [UInt8]
  /// What is added to the sums of each layer: bias, and the zero point of the input times the weights.
  private let offsets: [[Int32]]

  /// Prepares a network.
  package init(_ network: QuantizedNetwork, normalization: PixelNormalization) throws(InferenceError) {
    let input = network.tensors[0]
    guard normalization.mean.count == input.shape.channels,
      normalization.deviation.count == input.shape.channels,
      normalization.deviation.allSatisfy({ $0 > 0 })
    else {
      throw InferenceError(
        .outOfRange,
        "normalisation of \(normalization.mean.count) channels for a network of "
          + "\(input.shape.channels); expected a mean and a positive deviation for each")
    }
    self.network = network
    // Single precision throughout, as the operator is defined on single-precision tensors.
    let scale = Float(input.quantization.scale)
    inputCodes = (0..<input.shape.channels * 256).map { index in
      let real = normalization.real(UInt8(index % 256), channel: index / 256)
      let code = (real / scale).rounded(.toNearestOrEven) + Float(input.quantization.zeroPoint)
      return UInt8(min(max(code, 0), 255))
    }
    offsets = network.layers.map { layer in
      let zero = Int32(layer.inputQuantization.zeroPoint)
      return (0..<layer.columns).map { column in
        let weights = layer.weights[column * layer.rows..<(column + 1) * layer.rows]
        return layer.bias[column] - zero * weights.reduce(0) { $0 + Int32($1) }
      }
    }
  }

  /// Runs one image.
  ///
  /// - Parameters:
  ///   - pixels: Channel planes of rows, `channels x height x width` bytes.
  ///   - engine: Multiplies.
  ///   - item: Names the image, for engines that draw noise.
  ///   - workspace: This worker's memory.
  ///   - observe: Sees each layer once it is multiplied: its im2col inputs, their stride, and the engine's sums.
  /// - Returns: The codes of the answer, in the order (y, x, channel).
  package func run(
    _ pixels: some RandomAccessCollection<UInt8>, engine: some MatrixEngine, item: UInt64,
    workspace: Workspace, observe: LayerObserver? = nil
  ) -> [UInt8] {
    load(pixels, into: workspace)
    for node in network.nodes {
      run(node, engine: engine, item: item, workspace: workspace, observe: observe)
    }
    return workspace.tensors[network.output]
  }

  /// Turns the pixels of an image into inputs.
  func load(_ pixels: some RandomAccessCollection<UInt8>, into workspace: Workspace) {
    let shape = network.tensors[0].shape
    let plane = shape.height * shape.width
    var index = 0
    for pixel in pixels {
      let channel = index / plane
      workspace.tensors[0][index % plane * shape.channels + channel] =
        inputCodes[channel * 256 + Int(pixel)]
      index += 1
    }
  }

  /// Computes one node; those before it are done.
  func run(
    _ node: QuantizedNetwork.Node, engine: some MatrixEngine, item: UInt64, workspace: Workspace,
    observe: LayerObserver? = nil
  ) {
    switch node.operation {
    case .matrix(let layer):
      multiply(node, layer, engine: engine, item: item, workspace, observe)
    case .add: add(node, workspace)
    case .maximumPool(let window): maximumPool(node, window, workspace)
    case .averagePool(let window, let countsPadding):
      averagePool(node, window, countsPadding: countsPadding, workspace)
    case .requantize, .concatenate: concatenate(node, workspace)
    }
  }

  /// The index of the largest output; the first of several.
  package static func answer(_ outputs: [some Comparable]) -> Int {
    var best = 0
    for (index, output) in outputs.enumerated() where output > outputs[best] { best = index }
    return best
  }

  /// The codes that a node's range allows.
  ///
  /// Rounding is monotonic: clipping before it and after it are the same.
  private func codes(_ node: QuantizedNetwork.Node) -> ClosedRange<UInt8> {
    let quantization = network.tensors[node.output].quantization
    return quantization.code(node.range.lowerBound)...quantization.code(node.range.upperBound)
  }

  /// The output code of each code of an input that a node passes on.
  private func table(_ node: QuantizedNetwork.Node, input: Int) -> [UInt8] {
    let source = network.tensors[node.inputs[input]].quantization
    let output = network.tensors[node.output].quantization
    let range = codes(node)
    return (0..<256).map { code in
      let result = output.code(Double(code - source.zeroPoint) * source.scale)
      return min(max(result, range.lowerBound), range.upperBound)
    }
  }

  // MARK: - Matrix layers

  private func multiply(
    _ node: QuantizedNetwork.Node, _ index: Int, engine: some MatrixEngine, item: UInt64,
    _ workspace: Workspace, _ observe: LayerObserver?
  ) {
    let layer = network.layers[index]
    let stride = (layer.rows + 3) / 4 * 4
    let sumStride = engine.sumStride(ofLayer: index)
    let patchCount = layer.windows * stride
    let sumCount = layer.windows * sumStride
    if workspace.patches.count < patchCount {
      workspace.patches = [UInt8](repeating: 0, count: patchCount)
    }
    if workspace.sums.count < sumCount { workspace.sums = [Int32](repeating: 0, count: sumCount) }
    let source = workspace.tensors[node.inputs[0]]
    workspace.patches.withUnsafeMutableBufferPointer { patches in
      source.withUnsafeBufferPointer { source in
        layer.gather(
          from: source, into: patches, stride: stride, zero: UInt8(layer.inputQuantization.zeroPoint))
      }
      let inputs = UnsafeBufferPointer(rebasing: patches[..<patchCount])
      workspace.sums.withUnsafeMutableBufferPointer { sums in
        let used = UnsafeMutableBufferPointer(rebasing: sums[..<sumCount])
        used.update(repeating: 0)
        engine.multiply(layer: index, inputs: inputs, inputStride: stride, item: item, sums: used)
        observe?(index, inputs, stride, UnsafeBufferPointer(used))
      }
    }
    let output = network.tensors[node.output].quantization
    let unit = layer.inputQuantization.scale / output.scale
    let factors = layer.weightScales.map { $0 * unit }
    let sums = workspace.sums
    let range = codes(node)
    workspace.tensors[node.output].withUnsafeMutableBufferPointer { codes in
      tessera_requantize(
        sums, Int64(sumStride), Int32(layer.windows), Int32(layer.columns), offsets[index], factors,
        Int32(output.zeroPoint), Int32(range.lowerBound), Int32(range.upperBound),
        codes.baseAddress.map { $0 + layer.outputChannels.lowerBound }, Int64(layer.output.channels))
    }
  }

  // MARK: - Element-wise nodes

  private func add(_ node: QuantizedNetwork.Node, _ workspace: Workspace) {
    let output = network.tensors[node.output].quantization
    let left = network.tensors[node.inputs[0]].quantization
    let right = network.tensors[node.inputs[1]].quantization
    let count = network.tensors[node.output].shape.count
    let (leftCodes, rightCodes) = (workspace.tensors[node.inputs[0]], workspace.tensors[node.inputs[1]])
    let range = codes(node)
    workspace.tensors[node.output].withUnsafeMutableBufferPointer { codes in
      tessera_add(
        leftCodes, Int32(left.zeroPoint), left.scale / output.scale,
        rightCodes, Int32(right.zeroPoint), right.scale / output.scale,
        Int64(count), Int32(output.zeroPoint), Int32(range.lowerBound), Int32(range.upperBound),
        codes.baseAddress)
    }
  }

  /// Puts the channels of the inputs behind one another; one input is merely requantised.
  private func concatenate(_ node: QuantizedNetwork.Node, _ workspace: Workspace) {
    let stride = network.tensors[node.output].shape.channels
    var first = 0
    for (index, input) in node.inputs.enumerated() {
      let table = table(node, input: index)
      let shape = network.tensors[input].shape
      for position in 0..<shape.height * shape.width {
        for channel in 0..<shape.channels {
          workspace.tensors[node.output][position * stride + first + channel] =
            table[Int(workspace.tensors[input][position * shape.channels + channel])]
        }
      }
      first += shape.channels
    }
  }

  private func maximumPool(_ node: QuantizedNetwork.Node, _ window: Window, _ workspace: Workspace) {
    let source = network.tensors[node.inputs[0]]
    let output = network.tensors[node.output]
    let table = table(node, input: 0)
    window.forEachOutput(of: output.shape, on: source.shape) { channel, target, positions in
      var largest: UInt8 = 0
      for position in positions {
        largest = max(largest, workspace.tensors[node.inputs[0]][position * source.shape.channels + channel])
      }
      workspace.tensors[node.output][target] = table[Int(largest)]
    }
  }

  private func averagePool(
    _ node: QuantizedNetwork.Node, _ window: Window, countsPadding: Bool, _ workspace: Workspace
  ) {
    let source = network.tensors[node.inputs[0]]
    let output = network.tensors[node.output]
    let range = codes(node)
    window.forEachOutput(of: output.shape, on: source.shape) { channel, target, positions in
      var sum = 0
      for position in positions {
        sum += Int(workspace.tensors[node.inputs[0]][position * source.shape.channels + channel])
      }
      sum -= positions.count * source.quantization.zeroPoint
      let divisor = countsPadding ? window.height * window.width : positions.count
      let real = Double(sum) * source.quantization.scale / Double(divisor)
      workspace.tensors[node.output][target] = min(
        max(output.quantization.code(real), range.lowerBound), range.upperBound)
    }
  }
}

extension Window {
  /// Visits every element of a pooled output with its channel, its place and the positions of the input that
  /// its window covers.
  func forEachOutput(of output: TensorShape, on input: TensorShape, _ body: (Int, Int, [Int]) -> Void) {
    for y in 0..<output.height {
      for x in 0..<output.width {
        var positions: [Int] = []
        let top = y * strideHeight - paddingTop
        let left = x * strideWidth - paddingLeft
        for row in max(0, top)..<max(0, min(top + height, input.height)) {
          for column in max(0, left)..<max(0, min(left + width, input.width)) {
            positions.append(row * input.width + column)
          }
        }
        for channel in 0..<output.channels {
          body(channel, (y * output.width + x) * output.channels + channel, positions)
        }
      }
    }
  }
}
