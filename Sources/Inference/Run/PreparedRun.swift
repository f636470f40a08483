import Dispatch
import Models

/// An ``AccuracyRun`` whose converters have their ranges: chips are computed one by one, in any order.
public struct PreparedRun: Sendable {
  private let run: AccuracyRun
  private let executor: NetworkExecutor
  private let exact: IntegerEngine
  private let cells: CellArrayModel
  private let converter: ConverterErrors
  private let ranges: [RangeCalibration.Range]

  private var network: QuantizedNetwork { run.network }
  private var images: ImageSet { run.images }
  private var threads: Int { run.threads }

  /// What one chip answered.
  public struct ChipAnswers: Codable, Sendable {
    /// Its images.
    var answers: [ImageAnswer]
    /// The first of them bit by bit, where the run is fast.
    var bitTrue: [ImageAnswer]
    /// Relative error of each layer's sums, where it was measured.
    var sumErrors: [Double]?
    /// How long it took.
    var seconds: Double
  }

  /// Checks a run and chooses the ranges of its converters.
  ///
  /// - Throws: ``InferenceError`` if a setting is impossible or the images do not suffice.
  public init(_ run: AccuracyRun) throws(InferenceError) {
    try run.validate()
    self.run = run
    executor = try NetworkExecutor(run.network, normalization: run.normalization)
    try executor.check(run.images)
    exact = IntegerEngine(run.network)
    let bits = run.remedies.trimBits
    cells = bits > 0 ? run.cells.withTrimmedOffsets(bits: bits) : run.cells
    converter = bits > 0 ? run.converterErrors.trimmed(bits: bits) : run.converterErrors
    ranges =
      run.array.readMode == .rowParallel
      ? try RangeCalibration.ranges(
        executor: executor, cells: cells, slicing: run.slicing, array: run.array, converter: converter,
        calibrates: run.remedies.calibratesRange, images: run.calibration, threads: run.threads) : []
    try checkThresholds()
    try checkSums()
  }

  /// Computes one chip.
  ///
  /// - Parameters:
  ///   - chip: Which one, from 0 on.
  ///   - progress: Receives the number of its images answered so far, one call at a time, from any thread.
  public func chip(_ chip: Int, progress: @escaping @Sendable (Int) -> Void = { _ in }) -> ChipAnswers {
    let start = DispatchTime.now()
    var own = cells.ofChip(chip)
    if run.remedies.recentresReferences { own = own.withRecentredReferences }
    let programmer = CellProgrammer(cells: own, slicing: run.slicing, seed: run.seed, chip: chip)
    let part = Part(
      first: chip * run.imagesPerChip, count: run.imagesPerChip, measures: true, progress: progress)
    let found: (answers: [ImageAnswer], errors: [Double]?)
    var bitTrue: [ImageAnswer] = []
    switch run.array.readMode {
    case .rowSequential:
      let engine = RowSequentialEngine(network, programmer: programmer, array: run.array, threads: threads)
      found = evaluate(part, engine)
    case .rowParallel:
      let engine = RowParallelEngine(
        network, programmer: programmer, array: run.array, errors: converter, steps: ranges.map(\.step),
        threads: threads)
      if run.fidelity == .fast, let learned = run.learned {
        let surrogate = SurrogateEngine(
          engine, executor: executor, images: learned, count: run.learningImages, threads: threads)
        found = evaluate(part, surrogate)
        let count = min(run.checkedImages, run.imagesPerChip)
        let first = Part(first: part.first, count: count, measures: false, progress: { _ in })
        bitTrue = evaluate(first, engine).answers
      } else {
        found = evaluate(part, engine)
      }
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
    return ChipAnswers(answers: found.answers, bitTrue: bitTrue, sumErrors: found.errors, seconds: elapsed)
  }

  /// What all chips found together, in their order.
  public func outcome(_ chips: [ChipAnswers]) -> AccuracyOutcome {
    AccuracyOutcome(
      run, answers: chips.flatMap(\.answers), bitTrue: chips.map(\.bitTrue).filter { !$0.isEmpty },
      sumErrors: chips.compactMap(\.sumErrors), ranges: ranges,
      floatAnswers: run.comparesFloat ? floatAnswers() : nil,
      imagesPerSecond: Double(run.chips * run.imagesPerChip) / chips.reduce(0) { $0 + $1.seconds })
  }

  private func floatAnswers() -> [Int] {
    let executor = FloatExecutor(network, normalization: run.normalization)
    return Parallel.map(
      count: run.chips * run.imagesPerChip, threads: threads, workspace: { FloatWorkspace(network) }
    ) { index, workspace in
      NetworkExecutor.answer(executor.run(images.image(index), workspace: workspace))
    }
  }

  /// Images of a chip.
  private struct Part {
    var first: Int
    var count: Int
    /// Whether the errors of sums are measured as well.
    var measures: Bool
    var progress: @Sendable (Int) -> Void
  }

  /// Answers of a chip and of the integer network, and the relative error of each layer's sums.
  private func evaluate(
    _ part: Part, _ engine: some MatrixEngine
  ) -> (answers: [ImageAnswer], errors: [Double]?) {
    guard let layers = run.layers else { return measured(part, engine) }
    return measured(part, PartialEngine(base: engine, exact: exact, layers: layers))
  }

  private func measured(
    _ part: Part, _ engine: some MatrixEngine
  ) -> (answers: [ImageAnswer], errors: [Double]?) {
    guard let learned = run.learned else { return (answers(part, engine), nil) }
    func errors(_ engine: some MatrixEngine, _ range: Range<Int>) -> SumErrors {
      SumErrors(
        executor: executor, engine: engine, exact: exact, images: learned, range: range, threads: threads)
    }
    // What learns is measured on the last images, from which nothing is learnt if there are enough.
    let learns = run.fidelity == .fast || run.remedies.correctsOffsets
    let first = learns ? max(0, learned.count - 2) : 0
    func relative(_ engine: some MatrixEngine) -> [Double]? {
      part.measures ? errors(engine, first..<min(first + 2, learned.count)).relative : nil
    }
    guard run.remedies.correctsOffsets else { return (answers(part, engine), relative(engine)) }
    let corrected = CorrectedEngine(
      base: engine,
      correction: ColumnCorrection(
        executor: executor, engine: engine, exact: exact, images: learned, range: run.offsetImages,
        threads: threads))
    return (answers(part, corrected), relative(corrected))
  }

  private func answers(_ part: Part, _ engine: some MatrixEngine) -> [ImageAnswer] {
    Parallel.map(
      count: part.count, threads: threads, workspace: { Workspace(network) }, progress: part.progress
    ) { index, workspace in
      let pixels = images.image(part.first + index)
      let item = UInt64(part.first + index)
      let crossbar = executor.run(pixels, engine: engine, item: item, workspace: workspace)
      let integer = run.integerAnswers.output(part.first + index) {
        executor.run(pixels, engine: exact, item: item, workspace: workspace)
      }
      return ImageAnswer(
        crossbar: NetworkExecutor.answer(crossbar), integer: NetworkExecutor.answer(integer),
        isIdentical: crossbar == integer)
    }
  }

  /// Sums of codes are kept in 32 bits.
  private func checkSums() throws(InferenceError) {
    guard run.array.readMode == .rowParallel else { return }
    let geometry = RowParallelGeometry(
      cells: cells, slicing: run.slicing, array: run.array, errors: converter)
    for (layer, step) in zip(network.layers, ranges.map(\.step)) {
      let largest = geometry.largestCodeSum(rows: layer.rows, step: step)
      guard largest > Int(Int32.max) else { continue }
      throw InferenceError(
        .outOfRange,
        "\(geometry.reads(layer.rows)) reads with codes up to \(step.maximum) add up to \(largest); expected at "
          + "most \(Int32.max), that is more rows per read or fewer bits of the converter", at: layer.name)
    }
  }

  /// Thresholds are placed one by one in the ladders of flash converters alone.
  private func checkThresholds() throws(InferenceError) {
    guard converter.placesThresholds, let step = ranges.first?.step,
      run.array.adcBits > RowParallelGeometry.ladderBits || step.maximum >> RowParallelGeometry.ladderBits > 0
    else { return }
    throw InferenceError(
      .outOfRange,
      "a converter of \(run.array.adcBits) bits whose thresholds are placed one by one; expected a flash converter of at "
        + "most \(RowParallelGeometry.ladderBits) bits", at: "converter")
  }
}

/// What one image was taken for.
struct ImageAnswer: Codable, Sendable {
  /// By the crossbars.
  var crossbar: Int
  /// By the integer network.
  var integer: Int
  /// Whether all outputs are the same codes.
  var isIdentical: Bool
}
