import Models

extension QuantizedNetwork {
  /// What the network asks of an accelerator.
  ///
  /// - Parameter images: Images on which the shares of zero inputs and zero input bits are measured; not
  ///   measured if `nil`.
  /// - Throws: ``InferenceError`` if the images do not have the network's input shape.
  public func workload(
    measuredOn images: ImageSet? = nil, normalization: PixelNormalization = .cifar10
  ) throws(InferenceError) -> Workload {
    let measured = try images.map { images throws(InferenceError) in
      try inputHistograms(images, normalization)
    }
    var additions = 0
    var poolingInputs = 0
    var activations = 0
    for node in nodes {
      let shape = tensors[node.output].shape
      if case .matrix(let layer) = node.operation {
        activations += layers[layer].windows * layers[layer].columns
      } else {
        activations += shape.count
      }
      switch node.operation {
      case .add: additions += shape.count
      case .maximumPool(let window), .averagePool(let window, _):
        poolingInputs += shape.count * window.height * window.width
      case .matrix, .requantize, .concatenate: break
      }
    }
    return Workload(
      name: name,
      layers: layers.enumerated().map { index, layer in
        Workload.Layer(
          name: layer.name, kind: layer.kind == .convolution ? .convolution : .linear, rows: layer.rows,
          columns: layer.columns, windows: layer.windows,
          inputElements: layer.inputChannels.count * layer.input.height * layer.input.width,
          zeroWeightFraction: layer.zeroWeightFraction,
          zeroBitFractions: measured?[index].zeroBitFractions ?? [],
          zeroInputFraction: measured?[index].zeroFraction, weightHistogram: layer.weightHistogram)
      }, additions: additions, activations: activations, poolingInputs: poolingInputs)
  }

  /// The input codes of each layer.
  ///
  /// Counted over the inputs of all windows, as the wordlines see them: padding included.
  private func inputHistograms(
    _ images: ImageSet, _ normalization: PixelNormalization
  ) throws(InferenceError) -> [CodeHistogram] {
    let reference = try IntegerReference(self, normalization: normalization)
    try reference.executor.check(images)
    let workspace = Workspace(self)
    var histograms = [CodeHistogram](repeating: CodeHistogram(), count: layers.count)
    for index in 0..<images.count {
      _ = reference.executor.run(
        images.image(index), engine: reference.engine, item: 0, workspace: workspace
      ) { layer, inputs, stride, _ in
        for window in 0..<layers[layer].windows {
          for row in 0..<layers[layer].rows {
            histograms[layer].counts[Int(inputs[window * stride + row])] += 1
          }
        }
      }
    }
    return histograms
  }
}

/// How often each code of eight bits occurs.
private struct CodeHistogram {
  var counts = [Int](repeating: 0, count: 256)

  private func fraction(_ isCounted: (Int) -> Bool) -> Double {
    let total = counts.reduce(0, +)
    let counted = counts.enumerated().reduce(0) { isCounted($1.offset) ? $0 + $1.element : $0 }
    return Double(counted) / Double(total)
  }

  /// Share of codes that are zero.
  var zeroFraction: Double { fraction { $0 == 0 } }
  /// Share of zeros in each bit, least significant first.
  var zeroBitFractions: [Double] { (0..<8).map { bit in fraction { $0 >> bit & 1 == 0 } } }
}

extension MatrixLayer {
  /// Number of weights of each value, from -128 to 127.
  fileprivate var weightHistogram: [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for weight in weights { counts[Int(weight) + 128] += 1 }
    return counts
  }
}
