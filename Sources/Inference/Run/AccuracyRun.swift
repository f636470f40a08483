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
    converterErrors: ConverterErrors = .none, normalization: PixelNormalization = .cifar10, chips: Int,
    imagesPerChip: Int, comparesFloat: Bool = false, seed: UInt64, threads: Int = 2
  ) {
    self.title = title
    self.technology = technology
    self.network = network
    self.images = images
    self.calibration = calibration
    self.cells = cells
    self.array = array
    self.converterErrors = converterErrors
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
    let steps =
      array.readMode == .rowParallel
      ? try RangeCalibration.steps(
        executor: executor, cells: cells, array: array, converter: converterErrors, images: calibration,
        threads: threads) : []
    let slicing = WeightSlicing(bitsPerCell: cells.bitsPerCell, scheme: array.signScheme)
    try checkThresholds(steps)
    try checkSums(steps, slicing)
    let total = chips * imagesPerChip
    var answers: [Int] = []
    var exactAnswers: [Int] = []
    for chip in 0..<chips {
      let programmer = CellProgrammer(cells: cells, slicing: slicing, seed: seed, chip: chip)
      let done = chip * imagesPerChip
      let pairs: [(Int, Int)]
      switch array.readMode {
      case .rowSequential:
        let engine = RowSequentialEngine(network, programmer: programmer, array: array, threads: threads)
        pairs = evaluate(executor, engine, exact, first: done) { progress?(done + $0, total) }
      case .rowParallel:
        let engine = RowParallelEngine(
          network, programmer: programmer, array: array, errors: converterErrors, steps: steps,
          threads: threads)
        pairs = evaluate(executor, engine, exact, first: done) { progress?(done + $0, total) }
      }
      answers += pairs.map(\.0)
      exactAnswers += pairs.map(\.1)
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
    return AccuracyOutcome(
      self, answers: answers, integerAnswers: exactAnswers,
      floatAnswers: comparesFloat ? floatAnswers() : nil, imagesPerSecond: Double(total) / elapsed)
  }

  private func floatAnswers() -> [Int] {
    let executor = FloatExecutor(network, normalization: normalization)
    return Parallel.map(
      count: chips * imagesPerChip, threads: threads, workspace: { FloatWorkspace(network) }
    ) { index, workspace in
      NetworkExecutor.answer(executor.run(images.image(index), workspace: workspace))
    }
  }

  /// Answers of a chip and of the integer network.
  private func evaluate(
    _ executor: NetworkExecutor, _ engine: some MatrixEngine, _ exact: IntegerEngine, first: Int,
    _ progress: @escaping @Sendable (Int) -> Void
  ) -> [(Int, Int)] {
    Parallel.map(
      count: imagesPerChip, threads: threads, workspace: { Workspace(network) }, progress: progress
    ) { index, workspace in
      let pixels = images.image(first + index)
      let item = UInt64(first + index)
      let crossbar = executor.run(pixels, engine: engine, item: item, workspace: workspace)
      let integer = executor.run(pixels, engine: exact, item: item, workspace: workspace)
      return (NetworkExecutor.answer(crossbar), NetworkExecutor.answer(integer))
    }
  }

  private func validate() throws(InferenceError) {
    try cells.validate()
    try array.validate(
      slices: WeightSlicing(bitsPerCell: cells.bitsPerCell, scheme: array.signScheme).count)
    try converterErrors.validate()
    if array.signScheme == .differential,
      let layer = network.layers.first(where: { $0.weights.contains(-128) })
    {
      throw InferenceError(
        .outOfRange, "a weight is -128; a differential pair holds -127 to 127", at: layer.name)
    }
    guard chips >= 1, imagesPerChip >= 1, threads >= 1 else {
      throw InferenceError(
        .outOfRange, "\(chips) chips, \(imagesPerChip) images each, \(threads) threads; expected at least 1")
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
    let geometry = RowParallelGeometry(cells: cells, slicing: slicing, array: array)
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
