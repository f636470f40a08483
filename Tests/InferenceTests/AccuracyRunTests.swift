import Inference
import Models
import Synchronization
import Testing

@Suite struct AccuracyRunTests {
  /// A run with every kind of error on a small random network.
  private func run(
    _ mode: ArrayConfiguration.ReadMode, seed: UInt64 = 1, chips: Int = 3, imagesPerChip: Int = 4
  ) throws -> AccuracyRun {
    let random = RandomNetwork.everything(seed: 11)
    let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
    var pixels: [UInt8] = []
    var stream = KeyedRandom(seed: 2, stage: "tests.images")
    for _ in 0..<12 * random.shape.count { pixels.append(UInt8.random(in: 0...255, using: &stream)) }
    let images = try ImageSet(
      name: "random", origin: "drawn", path: nil, shape: random.shape, pixels: pixels, labels: nil,
      classNames: [])
    var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 2)
    cells.sigmaDeviceToDevice = [0.02, 0.05, 0.06, 0.03]
    cells.sigmaRead = [0.01, 0.02, 0.03, 0.04]
    cells.sigmaConductance = 0.02
    cells.sigmaDrift = [0, 0.01, 0.01, 0.02]
    cells.stuckFraction = 0.001
    cells.thresholds = cells.thresholds.map {
      CellLibrary.Threshold(position: $0.position, offsetSigma: 0.02, noiseSigma: 0.01)
    }
    let array = ArrayConfiguration(
      rows: 32, columns: 64, readMode: mode, rowsPerRead: 16, adcBits: 4, columnsPerSense: 8,
      signScheme: .offset)
    return AccuracyRun(
      network: network, images: images, calibration: images, cells: cells, array: array,
      converterErrors: ConverterErrors(sigmaThreshold: 0.2, sigmaNoise: 0.3, sigmaReference: 0.02),
      normalization: RandomNetwork.normalization, chips: chips, imagesPerChip: imagesPerChip, seed: seed)
  }

  @Test(arguments: ArrayConfiguration.ReadMode.allCases)
  func doesNotDependOnThreads(mode: ArrayConfiguration.ReadMode) throws {
    var run = try run(mode)
    run.threads = 1
    let alone = try run.run()
    for threads in [2, 3, 8] {
      run.threads = threads
      var other = try run.run()
      #expect(other.answers == alone.answers)
      // The rate is measured; all else is the same to the bit.
      other.result.imagesPerSecond = alone.result.imagesPerSecond
      #expect(other.result == alone.result)
    }
  }

  @Test func sampledLevelsDoNotDependOnThreads() throws {
    var run = try run(.rowSequential)
    run.cells.positionQuantiles = run.cells.levelMeans.map { [$0 - 0.2, $0 - 0.05, $0 + 0.05, $0 + 0.2] }
    run.threads = 1
    let alone = try run.run().answers
    run.threads = 3
    #expect(try run.run().answers == alone)
  }

  @Test(arguments: ArrayConfiguration.ReadMode.allCases)
  func dependsOnTheSeed(mode: ArrayConfiguration.ReadMode) throws {
    let outcomes = try (1...6).map { try run(mode, seed: $0).run().answers }
    #expect(try outcomes[0] == run(mode, seed: 1).run().answers)
    #expect(Set(outcomes).count > 1)
  }

  @Test func countsAgreementWithoutLabels() throws {
    let outcome = try run(.rowParallel).run()
    let same = zip(outcome.answers, outcome.integerAnswers).count { $0 == $1 }
    #expect(outcome.result.metric == .agreement)
    #expect(outcome.result.accuracy.value == Double(same) / 12)
    #expect(outcome.result.integerAccuracy.value == 1)
    #expect(outcome.result.perChip.count == 3)
    #expect(outcome.confusion.joined().reduce(0, +) == 12)
    #expect(outcome.result.accuracy.low <= outcome.result.accuracy.value)
    #expect(outcome.result.accuracy.value <= outcome.result.accuracy.high)
  }

  /// Chips that resample the devices from which levels are known: how far they are apart goes into the intervals twice, as
  /// a spread over chips and undivided.
  @Test func intervalsContainHowFewDevicesThereAre() throws {
    var run = try run(.rowSequential)
    #expect(try run.run().result.deviceVariance == nil)
    run.cells = CellArrayModel(idealWithBits: 2, onOffRatio: 2)
    let means = run.cells.levelMeans
    // Right levels on the first two chips, any level anywhere on the third.
    run.cells.chipPositionQuantiles = [
      means.map { [$0, $0] }, means.map { [$0, $0] }, means.map { _ in [0.0, 1.0] },
    ]
    let result = try run.run().result
    let variance = try #require(result.deviceVariance)
    let losses = result.perChip.map { 1 - $0 }
    let mean = losses.reduce(0, +) / 3
    let between = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2
    #expect(abs(variance - between) < 1e-12 && variance > 0, "\(result.perChip), \(result.answers)")
    let half = 4.302653 * (between / 3 + variance).squareRoot()
    #expect(abs(-result.difference.value - mean) < 1e-12)
    #expect(abs(result.difference.high - min(1, half - mean)) < 1e-5)
    #expect(abs(result.difference.low - max(-1, -half - mean)) < 1e-5)
  }

  /// Columns are measured on other images than those that a fast run learns from and converters are calibrated on, and not
  /// on the last two, if there are others.
  @Test func columnsAreMeasuredOnOthers() throws {
    var run = try run(.rowParallel)
    for (count, range) in [(6, 6..<10), (4, 4..<8), (8, 8..<10), (11, 0..<11)] {
      run.learningImages = count
      #expect(run.offsetImages == range)
    }
    run.calibration = run.images.first(4)
    run.learning = run.images.first(9)
    run.learningImages = 3
    #expect(run.offsetImages == 4..<7)
    run.learning = run.images.first(7)
    #expect(run.offsetImages == 4..<5)
    #expect(run.learning?.count == 7)
    #expect(run.learning?.image(6).elementsEqual(run.images.image(6)) == true)
  }

  @Test func reportsProgressUpToTheLastImage() throws {
    let last = Recorder()
    _ = try run(.rowSequential).run { done, total in last.record(done, total) }
    #expect(last.calls.map(\.0) == Array(1...12))
    #expect(last.calls.allSatisfy { $0.1 == 12 })
  }

  @Test func refusesImpossibleSettings() throws {
    func expectError(_ place: String, _ change: (inout AccuracyRun) -> Void) throws {
      var run = try run(.rowParallel)
      change(&run)
      let error = try #require(throws: InferenceError.self) { try run.run() }
      #expect(error.description.contains(place), "\(error)")
    }
    try expectError("array.rowsPerRead") { $0.array.rowsPerRead = 5 }
    try expectError("array.rows") { $0.array.rows = 0 }
    try expectError("array.adcBits") { $0.array.adcBits = 0 }
    try expectError("cells.bitsPerCell") { $0.cells.bitsPerCell = 3 }
    try expectError("cells.levelMeans") { $0.cells.levelMeans = [0, 1] }
    try expectError("cells.sigmaRead") { $0.cells.sigmaRead[1] = -1 }
    try expectError("cells.sigmaRead") { $0.cells.sigmaRead[1] = .nan }
    try expectError("cells.positionQuantiles") { $0.cells.positionQuantiles = [[0, 1]] }
    try expectError("cells.positionQuantiles") {
      $0.cells.positionQuantiles = [[Double]](repeating: [1, 0], count: 4)
    }
    try expectError("cells.onOffRatio") { $0.cells.onOffRatio = 1 }
    try expectError("cells.stuckFraction") { $0.cells.stuckFraction = 2 }
    try expectError("converter.sigmaNoise") { $0.converterErrors.sigmaNoise = -1 }
    try expectError("calibration") { $0.calibration = nil }
    try expectError("13 images to learn from, 12 there") { ($0.fidelity, $0.learningImages) = (.fast, 13) }
    try expectError("0 images to learn from") { ($0.fidelity, $0.learningImages) = (.fast, 0) }
    // Thresholds one by one in a converter that has no ladder: 16 rows of two bits make 49 sums, whatever its 7 bits.
    try expectError("7 bits whose thresholds are placed one by one") { $0.array.adcBits = 7 }
    try expectError("there are 12") { $0.chips = 4 }
    try expectError("expected at least 1") { $0.imagesPerChip = 0 }
    try expectError("normalisation") { $0.normalization.mean = [0] }
  }

  /// One-bit cells of which two rows are read with six bits: 4,608 rows make 9.4 G, 1,024 still 2.1 G.
  @Test(arguments: [(1024, true), (1048, true), (1050, false), (4608, false)])
  func sumsBeyond32BitsAreRefused(rows: Int, fits: Bool) throws {
    let layer = SingleLayer(rows: rows, columns: 2) { _, _ in 127 }
    let images = try ImageSet(
      name: "made", origin: "made", path: nil, shape: layer.network.tensors[0].shape,
      pixels: [UInt8](repeating: 255, count: rows), labels: nil, classNames: [])
    let run = AccuracyRun(
      network: layer.network, images: images, cells: CellArrayModel(idealWithBits: 1, onOffRatio: 2),
      array: ArrayConfiguration(
        rows: 128, columns: 64, readMode: .rowParallel, rowsPerRead: 2, adcBits: 6, columnsPerSense: 8,
        signScheme: .offset), converterErrors: ConverterErrors(stepInCellLevels: 4.0 / 63),
      normalization: PixelNormalization(
        mean: [Double](repeating: 0, count: rows), deviation: [Double](repeating: 1, count: rows)), chips: 1,
      imagesPerChip: 1, seed: 1)
    if fits {
      _ = try run.run()
    } else {
      let error = try #require(throws: InferenceError.self) { try run.run() }
      #expect(error.code == .outOfRange)
      #expect(error.sentence.contains("\(rows / 2) reads with codes up to 63"))
      #expect(error.sentence.contains("expected at most 2147483647"))
    }
  }

  /// Two sums on two codes: the step is their distance.
  @Test func calibrationFindsTheLeastSquaredError() {
    var histogram = [Double](repeating: 0, count: 100)
    histogram[0] = 1
    histogram[40] = 1
    #expect(abs(RangeCalibration.bestStep(histogram, maximum: 1).requested / 40 - 1) < 0.02)
    // Unit steps suffice for sums up to the largest code.
    histogram = [1, 1, 1, 1, 1, 1, 1, 1]
    #expect(RangeCalibration.bestStep(histogram, maximum: 7).requested == 1)
  }

  @Test func levelStatisticsBecomeCells() {
    let exact = Estimate.exact(0)
    let statistics = LevelStatistics(
      technology: "test", title: "test", model: "test", origin: .assumption, bitsPerCell: 1,
      highConductanceSiemens: 40e-6, lowConductanceSiemens: 10e-6,
      levels: [
        .init(
          target: 0, mean: 0.02, sigmaDeviceToDevice: 0.03, sigmaCycleToCycle: 0.04, sigmaRead: 0.01,
          symbolError: exact),
        .init(
          target: 1, mean: 0.9, sigmaDeviceToDevice: 0.06, sigmaCycleToCycle: 0.08, sigmaRead: 0.02,
          symbolError: exact),
      ], globalConductanceSigma: 0.1,
      programming: .init(scheme: .openLoop, meanPulses: 1, tolerance: nil, note: ""),
      drift: .init(
        referenceSeconds: 1, elapsedSeconds: 10, meanExponent: [0, 0.05], sigmaExponent: [0, 0.01]),
      stuckFraction: 0.25, provenance: Provenance(seed: 0))
    let cells = CellArrayModel(statistics, elapsedSeconds: 1000)
    #expect(cells.onOffRatio == 4)
    #expect(abs(cells.offConductance - 1.0 / 3) < 1e-12)
    #expect(abs(cells.sigmaDeviceToDevice[0] - 0.05) < 1e-12)
    #expect(abs(cells.sigmaDeviceToDevice[1] - 0.1) < 1e-12)
    #expect(abs(cells.thresholds[0].position - 0.46) < 1e-12)
    // Two decades of drift with exponent 0.05.
    #expect(cells.driftMean[0] == 1)
    #expect(abs(cells.driftMean[1] - 0.794328234724) < 1e-9)
    #expect(abs(cells.sigmaDrift[1] - 0.794328234724 * 0.01 * 4.605170185988) < 1e-9)
    #expect(cells.stuckFraction == 0.25)
    #expect(cells.positionQuantiles.isEmpty)
    var sampled = statistics
    sampled.levels[0].quantiles = [0, 0.02, 0.1]
    #expect(CellArrayModel(sampled).positionQuantiles.isEmpty)
    sampled.levels[1].quantiles = [0.7, 0.9, 1.2]
    #expect(CellArrayModel(sampled).positionQuantiles == [[0, 0.02, 0.1], [0.7, 0.9, 1.2]])
  }
}

/// Collects calls from any thread.
final class Recorder: Sendable {
  private let list = Mutex<[(Int, Int)]>([])
  var calls: [(Int, Int)] { list.withLock { $0 } }
  func record(_ done: Int, _ total: Int) { list.withLock { $0.append((done, total)) } }
}
