import Models

/// Measures how a network answers on crossbars of imperfect cells, over several chips.
///
/// Chip c evaluates images c n ..< (c + 1) n of the set, n being ``imagesPerChip``: chips see disjoint
/// images. Every chip has its own frozen errors; errors of single reads are drawn for each image. The result
/// depends on the seed, not on the number of threads.
///
/// ```swift
/// let run = AccuracyRun(
///   network: network, images: test, calibration: training, cells: CellArrayModel(idealWithBits: 2),
///   array: array, chips: 10, imagesPerChip: 20, seed: 1)
/// let outcome = try run.run()
/// print(outcome.result.accuracy.value)
/// ```
public struct AccuracyRun: Sendable {
  /// Title for tables.
  public var title: String
  /// Technology identifier.
  public var technology: String
  /// The network.
  public var network: QuantizedNetwork { didSet { integerAnswers = IntegerAnswers() } }
  /// Images to answer.
  public var images: ImageSet { didSet { integerAnswers = IntegerAnswers() } }
  /// Training images on which converters are calibrated; needed where an ideal converter loses something.
  public var calibration: ImageSet?
  /// Training images from which a fast run learns, and behind those others, on which offsets and errors of sums are
  /// measured; `nil` for those of the calibration.
  public var learning: ImageSet?
  /// The cells.
  public var cells: CellArrayModel
  /// The arrays.
  public var array: ArrayConfiguration
  /// Converters and reference columns of row-parallel reads.
  public var converterErrors: ConverterErrors
  /// What is done about errors.
  public var remedies: Remedies
  /// How row-parallel reads are computed; row-sequential ones are always bit-true.
  public var fidelity: AccuracyResult.Fidelity
  /// Layers that run on crossbars, by index; `nil` for all, else the others are exact.
  public var layers: Set<Int>?
  /// Images from which a fast run learns on each chip; columns are measured on up to as many of those that follow, if there
  /// are.
  public var learningImages: Int
  /// Learning images with which the errors of a layer's outputs are known to a few percent.
  public static let usualLearningImages = 24
  /// Images of each chip that a fast run answers bit by bit as well, from the first on, at least 1.
  public var checkedImages: Int
  /// How pixels become inputs.
  public var normalization: PixelNormalization { didSet { integerAnswers = IntegerAnswers() } }
  /// Number of chips, at least 1.
  public var chips: Int
  /// Images evaluated on each chip, at least 1.
  public var imagesPerChip: Int
  /// Whether the network without quantised activations answers the images too.
  public var comparesFloat: Bool
  /// Seed of every random draw.
  public var seed: UInt64
  /// Workers.
  public var threads: Int
  /// What the integer network answers; shared between runs of the same network on the same images, it is computed once.
  package var integerAnswers = IntegerAnswers()

  /// Creates a run; see the properties for the meaning of the parameters.
  public init(
    title: String = "", technology: String = "", network: QuantizedNetwork, images: ImageSet,
    calibration: ImageSet? = nil, learning: ImageSet? = nil, cells: CellArrayModel, array: ArrayConfiguration,
    converterErrors: ConverterErrors = .none, remedies: Remedies = Remedies(),
    fidelity: AccuracyResult.Fidelity = .bitTrue, layers: Set<Int>? = nil,
    learningImages: Int = Self.usualLearningImages,
    checkedImages: Int = 8, normalization: PixelNormalization = .cifar10, chips: Int, imagesPerChip: Int,
    comparesFloat: Bool = false,
    seed: UInt64, threads: Int = 2
  ) {
    self.title = title
    self.technology = technology
    self.network = network
    self.images = images
    self.calibration = calibration
    self.learning = learning
    self.cells = cells
    self.array = array
    self.converterErrors = converterErrors
    self.remedies = remedies
    self.fidelity = fidelity
    self.layers = layers
    self.learningImages = learningImages
    self.checkedImages = checkedImages
    self.normalization = normalization
    self.chips = chips
    self.imagesPerChip = imagesPerChip
    self.comparesFloat = comparesFloat
    self.seed = seed
    self.threads = threads
  }

  /// Runs all chips.
  ///
  /// - Parameter progress: Receives the number of images answered so far and their total, one call at a
  ///   time, from any thread.
  /// - Throws: ``InferenceError`` if a setting is impossible or the images do not suffice.
  public func run(
    progress: (@Sendable (Int, Int) -> Void)? = nil
  ) throws(InferenceError) -> AccuracyOutcome {
    let prepared = try PreparedRun(self)
    let total = chips * imagesPerChip
    return prepared.outcome(
      (0..<chips).map { chip in
        prepared.chip(chip) { progress?(chip * imagesPerChip + $0, total) }
      })
  }

  /// Images from which is learnt, and others.
  var learned: ImageSet? { learning ?? calibration }

  /// Which of them columns are measured on: others than those that converters and a surrogate learn from, if there are,
  /// and not the last two, on which the errors that are left are measured.
  package var offsetImages: Range<Int> {
    let first = learning == nil ? learningImages : max(learningImages, calibration?.count ?? 0)
    let others = first..<max(first, min((learned?.count ?? 0) - 2, first + learningImages))
    return others.isEmpty ? 0..<learningImages : others
  }

  var slicing: WeightSlicing {
    WeightSlicing(
      bitsPerCell: cells.bitsPerCell, scheme: array.signScheme, singleBits: remedies.singleBitSlices)
  }

  /// Throws if a setting is impossible or the images do not suffice.
  func validate() throws(InferenceError) {
    try cells.validate()
    try remedies.validate()
    try array.validate(slices: slicing.count)
    try converterErrors.validate()
    let learns = fidelity == .fast || remedies.correctsOffsets
    guard !learns || learningImages >= 1 && learned.map({ $0.count >= learningImages }) ?? true else {
      throw InferenceError(
        .outOfRange,
        "\(learningImages) images to learn from, \(learned?.count ?? 0) there; expected at least one and no more",
        at: "calibration")
    }
    guard calibration != nil || !learns else {
      throw InferenceError(
        .outOfRange, "a fast run and measured offsets need calibration images; expected some",
        at: "calibration")
    }
    if let layer = layers?.first(where: { !network.layers.indices.contains($0) }) {
      throw InferenceError(
        .outOfRange, "layer \(layer); expected 0 to \(network.layers.count - 1)", at: "layers")
    }
    if array.signScheme == .differential,
      let layer = network.layers.first(where: { $0.weights.contains(-128) })
    {
      throw InferenceError(
        .outOfRange, "a weight is -128; a differential pair holds -127 to 127", at: layer.name)
    }
    guard chips >= 1, imagesPerChip >= 1, checkedImages >= 1, threads >= 1 else {
      throw InferenceError(
        .outOfRange,
        "\(chips) chips, \(imagesPerChip) images each, \(checkedImages) checked, \(threads) threads; expected at "
          + "least 1")
    }
    let (needed, overflow) = chips.multipliedReportingOverflow(by: imagesPerChip)
    guard !overflow, needed <= images.count else {
      throw InferenceError(
        .outOfRange,
        "\(chips) chips with \(imagesPerChip) images each need \(chips) x \(imagesPerChip) images; "
          + "there are \(images.count)", at: images.name)
    }
  }
}
