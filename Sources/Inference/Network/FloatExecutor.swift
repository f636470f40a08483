import CKernels

/// Memory for one image at a time in floating point; every worker has its own.
package final class FloatWorkspace {
  fileprivate var tensors: [[Float]]
  fileprivate var patches: [Float] = []
  fileprivate var results: [Float] = []

  /// Allocates the activations of a network.
  package init(_ network: QuantizedNetwork) {
    tensors = network.tensors.map { tensor in
      guard let codes = tensor.constant else { return [Float](repeating: 0, count: tensor.shape.count) }
      return codes.map {
        Float(Double(Int($0) - tensor.quantization.zeroPoint) * tensor.quantization.scale)
      }
    }
  }
}

/// Runs images through the network as it is before its activations are quantised.
///
/// Weights stay on their 8-bit grid and biases on theirs, as real numbers; activations are single-precision
/// numbers that are neither rounded nor clipped. Files that leave the rectification to the quantiser - codes
/// from zero upwards behind a matrix layer or an addition - are rectified here.
package struct FloatExecutor: Sendable {
  private struct Layer: Sendable {
    /// `[panels, rows, 16 columns]`.
    var panels: [Float]
    /// `[panels x 16]`.
    var biases: [Float]
    var panelCount: Int
  }

  package let network: QuantizedNetwork
  /// Real value of each pixel value, `[channels, 256]`.
  private let inputs: [Float]
  private let layers: [Layer]

  /// Prepares a network whose normalisation an integer executor has accepted.
  package init(_ network: QuantizedNetwork, normalization: PixelNormalization) {
    self.network = network
    inputs = (0..<network.tensors[0].shape.channels * 256).map {
      normalization.real(UInt8($0 % 256), channel: $0 / 256)
    }
    let width = Int(TESSERA_FLOAT_COLUMNS)
    layers = network.layers.map { layer in
      let count = (layer.columns + width - 1) / width
      var panels = [Float](repeating: 0, count: count * layer.rows * width)
      var biases = [Float](repeating: 0, count: count * width)
      for column in 0..<layer.columns {
        let scale = layer.weightScales[column]
        biases[column] = Float(Double(layer.bias[column]) * scale * layer.inputQuantization.scale)
        let base = column / width * layer.rows * width + column % width
        for row in 0..<layer.rows {
          panels[base + row * width] = Float(Double(layer.weights[column * layer.rows + row]) * scale)
        }
      }
      return Layer(panels: panels, biases: biases, panelCount: count)
    }
  }

  /// Runs one image.
  ///
  /// - Parameter pixels: Channel planes of rows, `channels x height x width` bytes.
  /// - Returns: The answer, in the order (y, x, channel).
  package func run(_ pixels: some RandomAccessCollection<UInt8>, workspace: FloatWorkspace) -> [Float] {
    let shape = network.tensors[0].shape
    let plane = shape.height * shape.width
    var index = 0
    for pixel in pixels {
      let channel = index / plane
      workspace.tensors[0][index % plane * shape.channels + channel] = inputs[channel * 256 + Int(pixel)]
      index += 1
    }
    for node in network.nodes {
      let source = workspace.tensors[node.inputs[0]]
      // Taken out, so that the node writes in place.
      var target: [Float] = []
      swap(&target, &workspace.tensors[node.output])
      switch node.operation {
      case .matrix(let layer): multiply(layer, source, &target, workspace, range(node))
      case .add:
        let other = workspace.tensors[node.inputs[1]]
        for i in target.indices { target[i] = source[i] + other[i] }
      case .maximumPool(let window): maximumPool(node, window, source, &target)
      case .averagePool(let window, let countsPadding):
        averagePool(node, window, countsPadding: countsPadding, source, &target)
      case .requantize, .concatenate: concatenate(node, &target, workspace)
      }
      let range = range(node)
      if case .matrix = node.operation {
        // Clipped as it is written.
      } else if range != -.infinity ... .infinity {
        for i in target.indices { target[i] = target[i].clipped(to: range) }
      }
      swap(&target, &workspace.tensors[node.output])
    }
    return workspace.tensors[network.output]
  }

  /// The range of a node's results; from 0 upwards too where codes cannot be negative.
  private func range(_ node: QuantizedNetwork.Node) -> ClosedRange<Float> {
    let range = Float(node.range.lowerBound)...Float(node.range.upperBound)
    switch node.operation {
    case .matrix, .add:
      return network.tensors[node.output].quantization.zeroPoint == 0
        ? max(0, range.lowerBound)...max(0, range.upperBound) : range
    case .maximumPool, .averagePool, .requantize, .concatenate: return range
    }
  }

  private func multiply(
    _ index: Int, _ source: [Float], _ target: inout [Float], _ workspace: FloatWorkspace,
    _ range: ClosedRange<Float>
  ) {
    let layer = network.layers[index]
    let matrix = layers[index]
    let stride = matrix.biases.count
    let (patchCount, resultCount) = (layer.windows * layer.rows, layer.windows * stride)
    if workspace.patches.count < patchCount {
      workspace.patches = [Float](repeating: 0, count: patchCount)
    }
    if workspace.results.count < resultCount {
      workspace.results = [Float](repeating: 0, count: resultCount)
    }
    workspace.patches.withUnsafeMutableBufferPointer { patches in
      source.withUnsafeBufferPointer { source in
        layer.gather(from: source, into: patches, stride: layer.rows, zero: 0)
      }
      tessera_multiply_float(
        matrix.panels, Int32(matrix.panelCount), Int32(layer.rows), patches.baseAddress, Int32(layer.windows),
        matrix.biases, &workspace.results)
    }
    for window in 0..<layer.windows {
      let first = window * layer.output.channels + layer.outputChannels.lowerBound
      for column in 0..<layer.columns {
        target[first + column] = workspace.results[window * stride + column]
      }
      guard range != -.infinity ... .infinity else { continue }
      for place in first..<first + layer.columns { target[place] = target[place].clipped(to: range) }
    }
  }

  private func concatenate(
    _ node: QuantizedNetwork.Node, _ target: inout [Float], _ workspace: FloatWorkspace
  ) {
    let stride = network.tensors[node.output].shape.channels
    var first = 0
    for input in node.inputs {
      let channels = network.tensors[input].shape.channels
      for (index, value) in workspace.tensors[input].enumerated() {
        target[index / channels * stride + first + index % channels] = value
      }
      first += channels
    }
  }

  private func maximumPool(
    _ node: QuantizedNetwork.Node, _ window: Window, _ source: [Float], _ target: inout [Float]
  ) {
    let (input, output) = (network.tensors[node.inputs[0]].shape, network.tensors[node.output].shape)
    window.forEachOutput(of: output, on: input) { channel, place, positions in
      target[place] = positions.reduce(-.infinity) { max($0, source[$1 * input.channels + channel]) }
    }
  }

  private func averagePool(
    _ node: QuantizedNetwork.Node, _ window: Window, countsPadding: Bool, _ source: [Float],
    _ target: inout [Float]
  ) {
    let (input, output) = (network.tensors[node.inputs[0]].shape, network.tensors[node.output].shape)
    window.forEachOutput(of: output, on: input) { channel, place, positions in
      let sum = positions.reduce(Float(0)) { $0 + source[$1 * input.channels + channel] }
      target[place] = sum / Float(countsPadding ? window.height * window.width : positions.count)
    }
  }
}

extension Float {
  fileprivate func clipped(to range: ClosedRange<Float>) -> Float {
    min(max(self, range.lowerBound), range.upperBound)
  }
}
