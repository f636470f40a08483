/// The network before its activations are quantised: weights on their 8-bit grid, all else in single precision.
///
/// The difference to ``IntegerReference`` is what quantising the activations costs; the difference to the network
/// that was trained is what quantising the weights cost, which the file no longer shows.
public struct FloatReference: Sendable {
  private let executor: FloatExecutor
  private let integer: NetworkExecutor

  /// Prepares a network for images under a normalisation.
  public init(
    _ network: QuantizedNetwork, normalization: PixelNormalization = .cifar10
  ) throws(InferenceError) {
    integer = try NetworkExecutor(network, normalization: normalization)
    executor = FloatExecutor(network, normalization: normalization)
  }

  /// The network's real output for every image, shape `[images][classes]`.
  ///
  /// - Parameters:
  ///   - images: Images of the network's input shape.
  ///   - threads: Workers; the result does not depend on it.
  public func outputs(_ images: ImageSet, threads: Int = 2) throws(InferenceError) -> [[Float]] {
    try integer.check(images)
    return Parallel.map(
      count: images.count, threads: threads, workspace: { FloatWorkspace(executor.network) }
    ) { index, workspace in
      executor.run(images.image(index), workspace: workspace)
    }
  }

  /// The class with the largest output for every image; the first of several.
  public func answers(_ images: ImageSet, threads: Int = 2) throws(InferenceError) -> [Int] {
    try outputs(images, threads: threads).map { NetworkExecutor.answer($0) }
  }
}
