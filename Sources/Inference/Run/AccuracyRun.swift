import Dispatch
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
  public var network: QuantizedNetwork
  /// Images to answer.
  public var images: ImageSet
  /// Training images on which converters are calibrated; needed where an ideal converter loses something.
  public var calibration: ImageSet?
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
  /// Calibration images from which a fast run learns, and offsets are measured, on each chip.
  public var learningImages: Int
  /// Images of each chip that a fast run answers bit by bit as well, from the first on, at least 1.
  public var checkedImages: Int
  /// How pixels become inputs.
  public var normalization: PixelNormalization
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

  /// Creates a run; see the properties for the meaning of the parameters.
  public init(
    title: String = "", technology: String = "", network: QuantizedNetwork, images: ImageSet,
    calibration: ImageSet? = nil, cells: CellArrayModel, array: ArrayConfiguration,
    converterErrors: ConverterErrors = .none, remedies: Remedies = Remedies(),
    fidelity: AccuracyResult.Fidelity = .bitTrue, layers: Set<Int>? = nil, learningImages: Int = 8,
    checkedImages: Int = 8, normalization: PixelNormalization = .cifar10, chips: Int, imagesPerChip: Int,
    comparesFloat: Bool = false,
    seed: UInt64, threads: Int = 2
  ) {
    self.title = title
    self.technology = technology
    self.network = network
    self.images = images
    self.calibration = calibration
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
    try validate()
    let executor = try NetworkExecutor(network, normalization: normalization)
    try executor.check(images)
    let start = DispatchTime.now()
    let exact = IntegerEngine(network)
    var cells = cells
    var converter = converterErrors
    if remedies.trimBits > 0 {
      cells = cells.withTrimmedOffsets(bits: remedies.trimBits)
      converter = converter.trimmed(bits: remedies.trimBits)
    }
    let slicing = slicing
    let ranges =
      array.readMode == .rowParallel
      ? try RangeCalibration.ranges(
        executor: executor, cells: cells, slicing: slicing, array: array, converter: converter,
        calibrates: remedies.calibratesRange, images: calibration, threads: threads) : []
    let steps = ranges.map(\.step)
    try checkThresholds(steps)
    try checkSums(steps, slicing)
    let total = chips * imagesPerChip
    var answers: [ImageAnswer] = []
    var bitTrue: [[ImageAnswer]] = []
    var sumErrors: [[Double]] = []
    for chip in 0..<chips {
      var own = cells.ofChip(chip)
      if remedies.recentresReferences { own = own.withRecentredReferences }
      let programmer = CellProgrammer(cells: own, slicing: slicing, seed: seed, chip: chip)
      let part = Chip(
        executor: executor, exact: exact, first: chip * imagesPerChip, count: imagesPerChip,
        progress: { progress?(chip * imagesPerChip + $0, total) })
      let found: (answers: [ImageAnswer], errors: [Double]?)
      switch array.readMode {
      case .rowSequential:
        let engine = RowSequentialEngine(network, programmer: programmer, array: array, threads: threads)
        found = evaluate(part, engine)
      case .rowParallel:
        let engine = RowParallelEngine(
          network, programmer: programmer, array: array, errors: converter, steps: steps, threads: threads)
        if fidelity == .fast, let calibration {
          let surrogate = SurrogateEngine(
            engine, executor: executor, images: calibration, count: learningImages,
            threads: threads)
          found = evaluate(part, surrogate)
          var first = part
          first.count = min(checkedImages, imagesPerChip)
          first.progress = { _ in }
          bitTrue.append(evaluate(first, engine).answers)
        } else {
          found = evaluate(part, engine)
        }
      }
      answers += found.answers
      if let errors = found.errors { sumErrors.append(errors) }
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
    return AccuracyOutcome(
      self, answers: answers, bitTrue: bitTrue, sumErrors: sumErrors, ranges: ranges,
      floatAnswers: comparesFloat ? floatAnswers() : nil,
      imagesPerSecond: Double(total) / elapsed)
  }

  private var slicing: WeightSlicing {
    WeightSlicing(
      bitsPerCell: cells.bitsPerCell, scheme: array.signScheme, singleBits: remedies.singleBitSlices)
  }

  private func floatAnswers() -> [Int] {
    let executor = FloatExecutor(network, normalization: normalization)
    return Parallel.map(
      count: chips * imagesPerChip, threads: threads, workspace: { FloatWorkspace(network) }
    ) { index, workspace in
      NetworkExecutor.answer(executor.run(images.image(index), workspace: workspace))
    }
  }

  /// What the images of one chip need besides its engine.
  private struct Chip {
    var executor: NetworkExecutor
    var exact: IntegerEngine
    /// First image, and number of images.
    var first: Int
    var count: Int
    var progress: @Sendable (Int) -> Void
  }

  /// Answers of a chip and of the integer network, and the relative error of each layer's sums.
  private func evaluate(
    _ chip: Chip, _ engine: some MatrixEngine
  ) -> (answers: [ImageAnswer], errors: [Double]?) {
    guard let layers else { return measured(chip, engine) }
    return measured(chip, PartialEngine(base: engine, exact: chip.exact, layers: layers))
  }

  private func measured(
    _ chip: Chip, _ engine: some MatrixEngine
  ) -> (answers: [ImageAnswer], errors: [Double]?) {
    guard let calibration else { return (answers(chip, engine), nil) }
    func errors(_ engine: some MatrixEngine, _ range: Range<Int>) -> SumErrors {
      SumErrors(
        executor: chip.executor, engine: engine, exact: chip.exact, images: calibration, range: range,
        threads: threads)
    }
    let first = 0..<min(2, learningImages)
    guard remedies.correctsOffsets else { return (answers(chip, engine), errors(engine, first).relative) }
    // Other images than those that a surrogate learnt from, if there are.
    let start = min(learningImages, calibration.count - learningImages)
    let offsets = errors(engine, start..<start + learningImages).offsets
    let corrected = OffsetCorrectedEngine(base: engine, offsets: offsets)
    return (answers(chip, corrected), errors(corrected, first).relative)
  }

  private func answers(_ chip: Chip, _ engine: some MatrixEngine) -> [ImageAnswer] {
    Parallel.map(
      count: chip.count, threads: threads, workspace: { Workspace(network) }, progress: chip.progress
    ) { index, workspace in
      let pixels = images.image(chip.first + index)
      let item = UInt64(chip.first + index)
      let crossbar = chip.executor.run(pixels, engine: engine, item: item, workspace: workspace)
      let integer = chip.executor.run(pixels, engine: chip.exact, item: item, workspace: workspace)
      return ImageAnswer(
        crossbar: NetworkExecutor.answer(crossbar), integer: NetworkExecutor.answer(integer),
        isIdentical: crossbar == integer)
    }
  }

  private func validate() throws(InferenceError) {
    try cells.validate()
    try remedies.validate()
    try array.validate(slices: slicing.count)
    try converterErrors.validate()
    guard learningImages >= 1, calibration.map({ $0.count >= learningImages }) ?? true else {
      throw InferenceError(
        .outOfRange,
        "\(learningImages) images to learn from, \(calibration?.count ?? 0) there; expected at least one and no more",
        at: "calibration")
    }
    guard calibration != nil || fidelity == .bitTrue && !remedies.correctsOffsets else {
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

  /// Sums of codes are kept in 32 bits.
  private func checkSums(_ steps: [ConverterStep], _ slicing: WeightSlicing) throws(InferenceError) {
    let geometry = RowParallelGeometry(cells: cells, slicing: slicing, array: array, errors: converterErrors)
    for (layer, step) in zip(network.layers, steps) {
      let largest = geometry.largestCodeSum(rows: layer.rows, step: step)
      guard largest > Int(Int32.max) else { continue }
      throw InferenceError(
        .outOfRange,
        "\(geometry.reads(layer.rows)) reads with codes up to \(step.maximum) add up to \(largest); expected at "
          + "most \(Int32.max), that is more rows per read or fewer bits of the converter", at: layer.name)
    }
  }

  private func checkThresholds(_ steps: [ConverterStep]) throws(InferenceError) {
    guard converterErrors.placesThresholds, let step = steps.first, step.maximum > 63 else { return }
    throw InferenceError(
      .outOfRange,
      "\(step.maximum) thresholds of a converter that are placed one by one; expected a flash converter of "
        + "at most 6 bits", at: "converter")
  }
}

/// What one image was taken for.
struct ImageAnswer: Sendable {
  /// By the crossbars.
  var crossbar: Int
  /// By the integer network.
  var integer: Int
  /// Whether all outputs are the same codes.
  var isIdentical: Bool
}
