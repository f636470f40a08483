/// A network whose weights and activations are 8-bit integers and whose sums are exact 32-bit integers.
///
/// Activations live in numbered tensors; tensor 0 is the input. Nodes are in an order of execution.
///
/// ```swift
/// let network = try QuantizedNetwork(contentsOf: "resnet18-cifar10-int8.onnx")
/// print(network.multiplyAccumulates)  // 555422720
/// ```
public struct QuantizedNetwork: Sendable, Hashable {
  /// An activation tensor of one image, or a constant that is added to one.
  public struct Tensor: Sendable, Hashable {
    /// Its shape.
    public var shape: TensorShape
    /// What its codes stand for.
    public var quantization: Quantization
    /// Codes of a constant, in the order (y, x, channel); `nil` for an activation, which a node writes.
    public var constant: [UInt8]?

    /// Creates a tensor.
    package init(shape: TensorShape, quantization: Quantization, constant: [UInt8]? = nil) {
      self.shape = shape
      self.quantization = quantization
      self.constant = constant
    }
  }

  /// What a node computes.
  public enum Operation: Sendable, Hashable {
    /// The matrix layer of this index.
    case matrix(Int)
    /// The sum of two tensors of one shape.
    case add
    /// The largest code in each window; padding never wins.
    case maximumPool(Window)
    /// The mean of each window, with or without its padding in the divisor.
    case averagePool(Window, countsPadding: Bool)
    /// The same values with another quantisation.
    case requantize
    /// The channels of all inputs, one input behind the other.
    case concatenate
  }

  /// One step of the network.
  public struct Node: Sendable, Hashable {
    /// Name of the node in the network file.
    public var name: String
    /// What is computed.
    public var operation: Operation
    /// Tensors read.
    public var inputs: [Int]
    /// Tensor written; the groups of a convolution write channels of one tensor.
    public var output: Int
    /// Range to which results are clipped before they are quantised: from 0 upwards behind a rectifier.
    public var range: ClosedRange<Double>

    /// Creates a node; results are not clipped unless a range is given.
    package init(
      name: String, operation: Operation, inputs: [Int], output: Int,
      range: ClosedRange<Double> = -.infinity ... .infinity
    ) {
      self.name = name
      self.operation = operation
      self.inputs = inputs
      self.output = output
      self.range = range
    }
  }

  /// Name of the network.
  public var name: String
  /// Activation tensors and constants; the first is the input.
  public var tensors: [Tensor]
  /// Steps in order of execution.
  public var nodes: [Node]
  /// Convolutions, each group of one by itself, and fully connected layers in order of execution.
  public var layers: [MatrixLayer]
  /// The tensor that holds the answer.
  public var output: Int

  /// Creates a network whose indices fit together.
  package init(name: String, tensors: [Tensor], nodes: [Node], layers: [MatrixLayer], output: Int) {
    self.name = name
    self.tensors = tensors
    self.nodes = nodes
    self.layers = layers
    self.output = output
  }

  /// Multiply-accumulates per image, all matrix layers.
  public var multiplyAccumulates: Int { layers.reduce(0) { $0 + $1.multiplyAccumulates } }
  /// Weights, all matrix layers.
  public var weightCount: Int { layers.reduce(0) { $0 + $1.weights.count } }
  /// Number of classes: elements of the answer.
  public var classes: Int { tensors[output].shape.count }
}

/// How pixels of 0...255 become the real numbers that a network was trained on.
public struct PixelNormalization: Sendable, Hashable, Codable {
  /// Mean of each channel, after division by 255.
  public var mean: [Double]
  /// Standard deviation of each channel, after division by 255.
  public var deviation: [Double]

  /// Creates a normalisation; one entry per channel.
  public init(mean: [Double], deviation: [Double]) {
    self.mean = mean
    self.deviation = deviation
  }

  /// The usual normalisation of CIFAR-10: the statistics of its training images.
  public static let cifar10 = PixelNormalization(
    mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616])

  /// The real value of a pixel, in single precision as networks are fed.
  public func real(_ pixel: UInt8, channel: Int) -> Float {
    Float((Double(pixel) / 255 - mean[channel]) / deviation[channel])
  }
}
