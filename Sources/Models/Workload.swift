/// What a network asks of an accelerator: its matrix layers and its element-wise work.
public struct Workload: Codable, Sendable, Hashable {
  /// Name of the network.
  public var name: String
  /// Matrix layers in order of execution.
  public var layers: [Layer]
  /// Element-wise operations per inference: residual additions.
  public var additions: Int
  /// Element-wise operations per inference: activations after requantisation.
  public var activations: Int
  /// Element-wise operations per inference: inputs of pooling windows.
  public var poolingInputs: Int
  /// Bits of a weight.
  public var weightBits: Int
  /// Bits of an activation.
  public var inputBits: Int

  /// One convolution or fully connected layer as an im2col matrix product.
  public struct Layer: Codable, Sendable, Hashable {
    /// Name of the node in the network file.
    public var name: String
    /// Kind of layer.
    public enum Kind: String, Codable, Sendable, Hashable {
      case convolution
      case linear
    }
    /// Kind of layer.
    public var kind: Kind
    /// Rows of the weight matrix: input channels x kernel height x kernel width.
    public var rows: Int
    /// Columns of the weight matrix: output channels.
    public var columns: Int
    /// Windows (output positions) per inference.
    public var windows: Int
    /// Bytes of input activations read per inference, each once.
    public var inputElements: Int
    /// Fraction of weights that are exactly zero.
    public var zeroWeightFraction: Double
    /// Mean fraction of input elements whose bit is zero, by bit (index 0 = least significant);
    /// empty where not measured.
    public var zeroBitFractions: [Double]
    /// Mean fraction of input elements that are zero in all bits; `nil` where not measured.
    public var zeroInputFraction: Double?
    /// Number of weights of each value, from -2^(b-1) to 2^(b-1) - 1 for weights of b bits; empty where
    /// not counted.
    public var weightHistogram: [Int]

    /// Creates a layer.
    public init(
      name: String, kind: Kind, rows: Int, columns: Int, windows: Int, inputElements: Int,
      zeroWeightFraction: Double = 0, zeroBitFractions: [Double] = [],
      zeroInputFraction: Double? = nil, weightHistogram: [Int] = []
    ) {
      self.name = name
      self.kind = kind
      self.rows = rows
      self.columns = columns
      self.windows = windows
      self.inputElements = inputElements
      self.zeroWeightFraction = zeroWeightFraction
      self.zeroBitFractions = zeroBitFractions
      self.zeroInputFraction = zeroInputFraction
      self.weightHistogram = weightHistogram
    }

    /// Multiply-accumulates per inference.
    public var multiplyAccumulates: Int { rows * columns * windows }
    /// Weights held.
    public var weights: Int { rows * columns }
  }

  /// Creates a workload.
  public init(
    name: String, layers: [Layer], additions: Int, activations: Int, poolingInputs: Int,
    weightBits: Int = 8, inputBits: Int = 8
  ) {
    self.name = name
    self.layers = layers
    self.additions = additions
    self.activations = activations
    self.poolingInputs = poolingInputs
    self.weightBits = weightBits
    self.inputBits = inputBits
  }

  /// Multiply-accumulates per inference, all layers.
  public var multiplyAccumulates: Int { layers.reduce(0) { $0 + $1.multiplyAccumulates } }
  /// Weights, all matrix layers.
  public var weights: Int { layers.reduce(0) { $0 + $1.weights } }
}

/// The crossbar arrays: stated once, read by circuit, estimate and accuracy alike.
public struct ArrayConfiguration: Codable, Sendable, Hashable {
  /// Physical rows on a bitline (wire load).
  public var rows: Int
  /// Physical columns.
  public var columns: Int
  /// How rows are read.
  public var readMode: ReadMode
  /// Rows summed on the bitline in one row-parallel read (1...rows).
  public var rowsPerRead: Int
  /// Bits of the converter of a row-parallel read (1...16; a characterised flash converter has 1...6).
  public var adcBits: Int
  /// Columns that share one sense chain or converter.
  public var columnsPerSense: Int
  /// How signed weights are stored.
  public var signScheme: SignScheme

  /// How rows are read.
  public enum ReadMode: String, Codable, Sendable, Hashable, CaseIterable {
    /// One row at a time; every cell is read to its symbol, products are formed digitally.
    case rowSequential
    /// Several rows at once; the bitline sums, a flash converter reads the sum.
    case rowParallel
  }

  /// How signed weights are stored.
  public enum SignScheme: String, NamedChoice, Sendable, Hashable {
    /// w + 2^(b-1) is stored; the offset is subtracted digitally.
    case offset
    /// Positive and negative part in two columns.
    case differential
  }

  /// Creates a configuration.
  public init(
    rows: Int, columns: Int, readMode: ReadMode, rowsPerRead: Int, adcBits: Int, columnsPerSense: Int,
    signScheme: SignScheme
  ) {
    self.rows = rows
    self.columns = columns
    self.readMode = readMode
    self.rowsPerRead = rowsPerRead
    self.adcBits = adcBits
    self.columnsPerSense = columnsPerSense
    self.signScheme = signScheme
  }
}
