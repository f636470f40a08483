/// The exact integer network: what crossbars are compared with.
///
/// ```swift
/// let reference = try IntegerReference(network)
/// let answers = reference.answers(images)
/// ```
public struct IntegerReference: Sendable {
  package let executor: NetworkExecutor
  package let engine: IntegerEngine

  /// Prepares a network for images under a normalisation.
  public init(
    _ network: QuantizedNetwork, normalization: PixelNormalization = .cifar10
  ) throws(InferenceError) {
    executor = try NetworkExecutor(network, normalization: normalization)
    engine = IntegerEngine(network)
  }

  /// The network's quantised output for every image, shape `[images][classes]`; see
  /// ``QuantizedNetwork/Tensor/quantization`` of the output for what the codes stand for.
  ///
  /// - Parameters:
  ///   - images: Images of the network's input shape.
  ///   - threads: Workers; the result does not depend on it.
  public func outputs(_ images: ImageSet, threads: Int = 2) throws(InferenceError) -> [[UInt8]] {
    try executor.check(images)
    return Parallel.map(count: images.count, threads: threads, workspace: { Workspace(executor.network) }) {
      index, workspace in
      executor.run(images.image(index), engine: engine, item: UInt64(index), workspace: workspace)
    }
  }

  /// The class with the largest output for every image; the first of several.
  public func answers(_ images: ImageSet, threads: Int = 2) throws(InferenceError) -> [Int] {
    try outputs(images, threads: threads).map { NetworkExecutor.answer($0) }
  }
}

extension NetworkExecutor {
  /// Checks that images have the shape of the network's input.
  func check(_ images: ImageSet) throws(InferenceError) {
    let shape = network.tensors[0].shape
    guard images.shape == shape else {
      throw InferenceError(
        .outOfRange,
        "images of \(images.shape.channels) x \(images.shape.height) x \(images.shape.width); "
          + "expected \(shape.channels) x \(shape.height) x \(shape.width) for this network", at: images.name)
    }
  }
}
