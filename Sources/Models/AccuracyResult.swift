/// Accuracy of a network on crossbars of imperfect cells, over several chips.
public struct AccuracyResult: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// Title for tables.
  public var title: String
  /// Technology identifier.
  public var technology: String
  /// Bits per cell.
  public var bitsPerCell: Int
  /// The arrays.
  public var array: ArrayConfiguration
  /// What ``accuracy`` means.
  public var metric: Metric
  /// Dataset name and origin.
  public var dataset: String
  /// Fraction of right answers, mean over chips with its interval.
  public var accuracy: Estimate
  /// The exact integer network on the same images.
  public var integerAccuracy: Estimate
  /// The network with its activations in floating point, weights on their 8-bit grid, on the same images;
  /// `nil` where a run did not evaluate it.
  public var floatAccuracy: Estimate?
  /// Fraction of images on which crossbar and integer network answer alike.
  public var agreement: Estimate
  /// Mean difference from the integer network over chips on the same images, with its interval.
  public var difference: Estimate
  /// Variance of ``difference`` by how few devices the cells' statistics were sampled from, not below: the variance between
  /// chips, that of their images with it.
  ///
  /// More chips do not lessen it; `nil` where chips do not resample any. The intervals of ``accuracy`` and ``difference`` contain
  /// it, that of ``agreement`` its own.
  public var deviceVariance: Double?
  /// Images evaluated on each chip; chips see disjoint images.
  public var imagesPerChip: Int
  /// Chips, each with its own frozen errors.
  public var chips: Int
  /// Accuracy of each chip.
  public var perChip: [Double]
  /// Answer of the crossbars for each image, chip after chip: for paired comparisons.
  public var answers: [Int]
  /// How row-parallel reads were computed.
  public var fidelity: Fidelity
  /// The fast fidelity beside the bit-true one; `nil` where reads were computed bit by bit.
  public var fidelityCheck: FidelityCheck?
  /// Images whose outputs equal the integer network's code by code.
  public var identicalOutputs: Int
  /// Images by label (or the integer network's answer) and by answer.
  public var confusion: [[Int]]
  /// Root mean square error of each layer's sums over the spread of the sums, mean over chips; empty where it was not
  /// measured.
  public var sumErrors: [Estimate]
  /// Names of the layers.
  public var layers: [String]
  /// Names of the classes; empty without labels.
  public var classes: [String]
  /// What the converters of each layer see, where their range was chosen on images; else empty.
  public var converterInputs: [ConverterInputs]
  /// Measured rate of the chips, programming included, and the integer reference where it was not known yet.
  public var imagesPerSecond: Double
  /// How it came about.
  public var provenance: Provenance

  /// Column sums of one layer on calibration images, and the range that was chosen for them.
  public struct ConverterInputs: Codable, Sendable, Hashable {
    /// Name of the layer.
    public var layer: String
    /// Share of the sums from each multiple of ``binLevels`` on, each with the square of its bit's and its slice's weight.
    public var shares: [Double]
    /// Width of a bin in cell levels.
    public var binLevels: Double
    /// Step of the converter in cell levels.
    public var stepLevels: Double
    /// Its largest code.
    public var largestCode: Int

    /// Creates a histogram.
    public init(
      layer: String, shares: [Double], binLevels: Double, stepLevels: Double, largestCode: Int
    ) {
      self.layer = layer
      self.shares = shares
      self.binLevels = binLevels
      self.stepLevels = stepLevels
      self.largestCode = largestCode
    }
  }

  /// How row-parallel reads are computed.
  public enum Fidelity: String, NamedChoice, Sendable, Hashable {
    /// Every conversion by itself.
    case bitTrue
    /// Products with the programmed weights, and a statistical law of each layer's converters, learnt on each chip.
    case fast
  }

  /// Answers of the fast fidelity beside those of the bit-true one, on the first images of each chip.
  public struct FidelityCheck: Codable, Sendable, Hashable {
    /// Accuracy of the fast fidelity less that of the bit-true one, with its interval over images.
    public var difference: Estimate
    /// Images that were answered both ways, on all chips.
    public var images: Int
    /// Those that were answered alike.
    public var sameAnswers: Int

    /// Creates a comparison.
    public init(difference: Estimate, images: Int, sameAnswers: Int) {
      self.difference = difference
      self.images = images
      self.sameAnswers = sameAnswers
    }
  }

  /// What the fraction counts.
  public enum Metric: String, Codable, Sendable, Hashable {
    /// Answers that equal the dataset's label.
    case accuracy
    /// Answers that equal the unperturbed network's; all that can be said without labelled data.
    case agreement
  }

  /// Creates a result.
  public init(
    title: String, technology: String, bitsPerCell: Int, array: ArrayConfiguration, metric: Metric,
    dataset: String, accuracy: Estimate, integerAccuracy: Estimate, floatAccuracy: Estimate? = nil,
    agreement: Estimate, difference: Estimate, deviceVariance: Double? = nil, imagesPerChip: Int, chips: Int,
    perChip: [Double],
    answers: [Int],
    fidelity: Fidelity, fidelityCheck: FidelityCheck? = nil, identicalOutputs: Int, confusion: [[Int]],
    sumErrors: [Estimate],
    layers: [String] = [], classes: [String] = [],
    converterInputs: [ConverterInputs] = [], imagesPerSecond: Double, provenance: Provenance
  ) {
    schemaVersion = Tessera.schemaVersion
    self.title = title
    self.technology = technology
    self.bitsPerCell = bitsPerCell
    self.array = array
    self.metric = metric
    self.dataset = dataset
    self.accuracy = accuracy
    self.integerAccuracy = integerAccuracy
    self.floatAccuracy = floatAccuracy
    self.agreement = agreement
    self.difference = difference
    self.deviceVariance = deviceVariance
    self.imagesPerChip = imagesPerChip
    self.chips = chips
    self.perChip = perChip
    self.answers = answers
    self.fidelity = fidelity
    self.fidelityCheck = fidelityCheck
    self.identicalOutputs = identicalOutputs
    self.confusion = confusion
    self.sumErrors = sumErrors
    self.layers = layers
    self.classes = classes
    self.converterInputs = converterInputs
    self.imagesPerSecond = imagesPerSecond
    self.provenance = provenance
  }
}
