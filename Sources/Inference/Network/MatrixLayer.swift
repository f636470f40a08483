/// Channels, height and width of the activations of one image.
public struct TensorShape: Sendable, Hashable, Codable {
  /// Number of channels.
  public var channels: Int
  /// Rows of each channel.
  public var height: Int
  /// Columns of each channel.
  public var width: Int

  /// Creates a shape.
  public init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Number of elements.
  public var count: Int { channels * height * width }
}

/// An affine map from unsigned 8-bit codes to real numbers: real = scale (code - zeroPoint).
public struct Quantization: Sendable, Hashable, Codable {
  /// Real step of one code; positive.
  public var scale: Double
  /// The code that stands for zero, 0...255.
  public var zeroPoint: Int

  /// Creates a quantisation.
  public init(scale: Double, zeroPoint: Int) {
    self.scale = scale
    self.zeroPoint = zeroPoint
  }

  /// The nearest code, ties to the even code, clamped to 0...255.
  public func code(_ real: Double) -> UInt8 {
    let code = (real / scale).rounded(.toNearestOrEven) + Double(zeroPoint)
    return UInt8(min(max(code, 0), 255))
  }
}

/// The window of a convolution or pooling: extent, stride and zero padding.
public struct Window: Sendable, Hashable, Codable {
  /// Rows of the window.
  public var height: Int
  /// Columns of the window.
  public var width: Int
  /// Rows from one window to the next.
  public var strideHeight: Int
  /// Columns from one window to the next.
  public var strideWidth: Int
  /// Rows of padding above the image.
  public var paddingTop: Int
  /// Columns of padding left of the image.
  public var paddingLeft: Int
  /// Rows of padding below the image.
  public var paddingBottom: Int
  /// Columns of padding right of the image.
  public var paddingRight: Int

  /// Creates a window; padding is none unless given.
  public init(
    height: Int, width: Int, strideHeight: Int = 1, strideWidth: Int = 1, paddingTop: Int = 0,
    paddingLeft: Int = 0, paddingBottom: Int = 0, paddingRight: Int = 0
  ) {
    self.height = height
    self.width = width
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.paddingTop = paddingTop
    self.paddingLeft = paddingLeft
    self.paddingBottom = paddingBottom
    self.paddingRight = paddingRight
  }

  /// Height and width of the output on an input of the given shape; 0 where the window does not fit.
  public func outputSize(on input: TensorShape) -> (height: Int, width: Int) {
    let spareHeight = input.height + paddingTop + paddingBottom - height
    let spareWidth = input.width + paddingLeft + paddingRight - width
    return (
      spareHeight < 0 ? 0 : spareHeight / strideHeight + 1, spareWidth < 0 ? 0 : spareWidth / strideWidth + 1
    )
  }
}

/// A convolution or fully connected layer with 8-bit weights, as it is laid on crossbars.
///
/// A fully connected layer is a convolution whose window covers its whole input. A convolution of several
/// groups is as many layers: each reads channels of its own and writes channels of its own.
public struct MatrixLayer: Sendable, Hashable {
  /// Kind of layer in the network file.
  public enum Kind: String, Codable, Sendable, Hashable {
    /// A two-dimensional convolution.
    case convolution
    /// A fully connected layer.
    case linear
  }

  /// Name of the node in the network file, with `/group 3` behind it for the third group of a convolution.
  public var name: String
  /// Kind of layer.
  public var kind: Kind
  /// Shape of the tensor that is read.
  public var input: TensorShape
  /// Shape of the tensor that is written.
  public var output: TensorShape
  /// Channels of the input that are read; all of them but for a group of a convolution.
  public var inputChannels: Range<Int>
  /// Channels of the output that are written; all of them but for a group of a convolution.
  public var outputChannels: Range<Int>
  /// What the codes of the input stand for; padding has the code of zero.
  public var inputQuantization: Quantization
  /// Window over the input.
  public var window: Window
  /// Weights, shape `[output channels, window rows, window columns, input channels]`, of the channels that are
  /// written and read.
  public var weights: [Int8]
  /// Biases in units of input scale x weight scale, one per output channel.
  public var bias: [Int32]
  /// Real step of a weight, one per output channel.
  public var weightScales: [Double]

  /// Creates a layer; `weights` and `bias` have the stated shapes, and all channels are read and written
  /// unless given.
  package init(
    name: String, kind: Kind, input: TensorShape, output: TensorShape, inputQuantization: Quantization,
    window: Window, weights: [Int8], bias: [Int32], weightScales: [Double], inputChannels: Range<Int>? = nil,
    outputChannels: Range<Int>? = nil
  ) {
    self.name = name
    self.kind = kind
    self.input = input
    self.output = output
    self.inputQuantization = inputQuantization
    self.window = window
    self.weights = weights
    self.bias = bias
    self.weightScales = weightScales
    self.inputChannels = inputChannels ?? 0..<input.channels
    self.outputChannels = outputChannels ?? 0..<output.channels
  }

  /// Rows of the weight matrix: window rows x window columns x input channels that are read.
  public var rows: Int { window.height * window.width * inputChannels.count }
  /// Columns of the weight matrix: output channels that are written.
  public var columns: Int { outputChannels.count }
  /// Output positions per image.
  public var windows: Int { output.height * output.width }
  /// Multiply-accumulates per image, padding included.
  public var multiplyAccumulates: Int { rows * columns * windows }
  /// Fraction of weights that are exactly zero.
  public var zeroWeightFraction: Double {
    Double(weights.count { $0 == 0 }) / Double(max(1, weights.count))
  }
}
