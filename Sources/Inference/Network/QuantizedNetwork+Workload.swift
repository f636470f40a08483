import Models

extension QuantizedNetwork {
  /// What the network asks of an accelerator.
  ///
  /// - Parameter images: Images on which the share of zero input bits is measured; not measured if `nil`.
  /// - Throws: ``InferenceError`` if the images do not have the network's input shape.
  public func workload(
    measuredOn images: ImageSet? = nil, normalization: PixelNormalization = .cifar10
  ) throws(InferenceError) -> Workload {
    let densities = try images.map { images throws(InferenceError) in
      try zeroBitFractions(images, normalization)
    }
    var additions = 0
    var poolingInputs = 0
    for node in nodes {
      let shape = tensors[node.output].shape
      switch node.operation {
      case .add: additions += shape.count
      case .maximumPool(let window), .averagePool(let window, _):
        poolingInputs += shape.count * window.height * window.width
      case .matrix, .requantize: break
      }
    }
    return Workload(
      name: name,
      layers: layers.enumerated().map { index, layer in
        Workload.Layer(
          name: layer.name, kind: layer.kind == .convolution ? .convolution : .linear, rows: layer.rows,
          columns: layer.columns, windows: layer.windows, inputElements: layer.input.count,
          zeroWeightFraction: layer.zeroWeightFraction, zeroBitFractions: densities?[index] ?? [])
      }, additions: additions, activations: nodes.reduce(0) { $0 + tensors[$1.output].shape.count },
      poolingInputs: poolingInputs)
  }

  /// Share of zeros in each bit of the inputs of each layer, `[layers, bits]`, least significant first.
  ///
  /// Counted over the inputs of all windows, as the wordlines see them: padding included.
  private func zeroBitFractions(
    _ images: ImageSet, _ normalization: PixelNormalization
  ) throws(InferenceError) -> [[Double]] {
    let reference = try IntegerReference(self, normalization: normalization)
    try reference.executor.check(images)
    let workspace = Workspace(self)
    var ones = [[Int]](repeating: [Int](repeating: 0, count: 8), count: layers.count)
    for index in 0..<images.count {
      _ = reference.executor.run(
        images.image(index), engine: reference.engine, item: 0, workspace: workspace
      ) { layer, inputs, stride in
        var histogram = [Int](repeating: 0, count: 256)
        for window in 0..<layers[layer].windows {
          for row in 0..<layers[layer].rows { histogram[Int(inputs[window * stride + row])] += 1 }
        }
        for bit in 0..<8 {
          for code in 0..<256 where code >> bit & 1 == 1 { ones[layer][bit] += histogram[code] }
        }
      }
    }
    return layers.indices.map { layer in
      let total = Double(layers[layer].windows * layers[layer].rows * images.count)
      return ones[layer].map { 1 - Double($0) / total }
    }
  }
}
