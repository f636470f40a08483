import Accelerator
import Foundation
import Inference
import Models

/// The stages that need the network: chip estimates and accuracy.
struct NetworkStage: Sendable {
  private let runner: StudyRunner
  private let network: QuantizedNetwork
  private let networkFile: InputFile
  private let data: StudyImages
  private let costs: DigitalCosts
  private let costsFile: InputFile
  private let integerAnswers = IntegerAnswers()

  private var spec: StudySpec { runner.spec }

  /// - Parameter images: Test images to load; `nil` for what the study's runs need.
  init(_ runner: StudyRunner, images: Int? = nil) throws {
    self.runner = runner
    let url = try runner.library.url(runner.spec.network.file, in: "networks")
    network = try QuantizedNetwork(contentsOf: url.path(percentEncoded: false))
    networkFile = try InputFile(url)
    costs = try DigitalCosts.load(runner.spec.array.technology, from: runner.library)
    costsFile = try InputFile(runner.library.url(runner.spec.array.technology, in: "technologies"))
    data = try StudyImages.find(
      test: images
        ?? max(
          runner.spec.network.chips * runner.spec.network.imagesPerChip,
          runner.spec.network.rowParallelChips * runner.spec.network.rowParallelImagesPerChip),
      calibration: runner.spec.network.calibrationImages, seed: runner.spec.seed)
  }

  /// What to say when the images are not the official ones.
  var dataNotice: String? { data.notice }

  /// The array configuration of a read mode.
  private func array(_ mode: ArrayConfiguration.ReadMode) -> ArrayConfiguration {
    spec.array.configuration(mode)
  }

  /// Estimates every library in both read modes; the junction on both cell areas and, for 2 bits, also with
  /// the freed tiles spent on copies.
  func chips(
    libraries: [CellLibrary], notices: inout [String], _ progress: StudyProgress
  ) throws -> [ChipEstimate] {
    progress.begin(StudyStage.chips)
    let workload = try network.workload(measuredOn: data.calibration)
    var chips: [ChipEstimate] = []
    for cells in libraries {
      if let loss = Self.conversionLoss(cells) { notices.append(loss) }
      for mode in ArrayConfiguration.ReadMode.allCases {
        for variant in ChipVariant.variants(of: cells) {
          let found = try chip(
            Result { () throws(AcceleratorError) in
              try AcceleratorEstimate.estimate(
                workload: workload, array: array(mode), cells: cells, costs: costs, basis: variant.basis,
                replication: variant.replication)
            })
          switch found {
          case .success(var chip):
            chip.setInputsHash(
              try ResultKey(
                stage: "chip", version: 1,
                inputs: ChipInputs(
                  cells: cells.provenance.inputsHash, network: networkFile, data: data.identity,
                  costs: costsFile, array: array(mode), basis: variant.basis,
                  replication: variant.replication), seed: spec.seed
              ).hash)
            let rows = mode == .rowSequential ? "one row" : "\(spec.array.rowsPerRead) rows"
            chip.title = "\(cells.title), \(rows)\(variant.suffix)"
            chips.append(chip)
          case .failure(let error):
            notices.append("No estimate of \(cells.title), \(mode.rawValue)\(variant.suffix): \(error).")
          }
        }
      }
    }
    progress.finish(StudyStage.chips, note: "\(chips.count) chips")
    return chips
  }

  private struct ChipInputs: Codable {
    var cells: String
    var network: InputFile
    var data: StudyImages.Identity
    var costs: InputFile
    var array: ArrayConfiguration
    var basis: ChipEstimate.CellAreaBasis
    var replication: Int
  }

  /// What a row-parallel read of these cells loses, in words; `nil` if nothing or there is none.
  private static func conversionLoss(_ cells: CellLibrary) -> String? {
    guard let read = cells.columnRead, read.feasible else { return nil }
    let sums = LosslessConversion.codes(rowsPerRead: read.rowsPerRead, bitsPerCell: cells.bitsPerCell)
    let resolved = LosslessConversion.resolvedSums(read, bitsPerCell: cells.bitsPerCell)
    guard resolved < sums else { return nil }
    let step = (read.stepInCellLevels * 100).rounded() / 100
    return "\(cells.title): the \(read.adcBits)-bit converter steps by \(step) cell levels and resolves"
      + " \(resolved) of the \(sums) sums of \(read.rowsPerRead) rows."
  }

  /// A chip, or why there is none; only an infeasible one is a result.
  private func chip(
    _ estimate: Result<ChipEstimate, AcceleratorError>
  ) throws -> Result<ChipEstimate, AcceleratorError> {
    if case .failure(let error) = estimate, error.code != .infeasible { throw error }
    return estimate
  }

  private struct AccuracyInputs: Codable {
    var network: InputFile
    var data: StudyImages.Identity
    var cells: CellArrayModel
    var array: ArrayConfiguration
    var converter: ConverterErrors
    var chips: Int
    var imagesPerChip: Int
    var comparesFloat: Bool
    var calibration: Int
    var remedies = Remedies()
    var fidelity = AccuracyResult.Fidelity.bitTrue
    var layers: [Int]?
    /// Of fast runs alone.
    var checkedImages: Int?
    /// Where something is learnt.
    var learningImages: Int?
    /// Where columns are corrected: version of the law, raised with every change of it.
    var correctionVersion: Int?
    /// Where columns are corrected: images that calibrate nothing.
    var correctionImages: Int?
  }

  /// Accuracy of every library in the row-sequential mode and, if asked and feasible, the row-parallel one.
  func accuracies(
    cells: [StudyCell], libraries: [CellLibrary], notices: inout [String], _ progress: StudyProgress
  ) async throws -> [AccuracyResult] {
    progress.begin(StudyStage.accuracy)
    let before = runner.store.activity.computed
    var runs: [(cell: Int, mode: ArrayConfiguration.ReadMode)] = libraries.indices.map {
      ($0, .rowSequential)
    }
    if spec.network.rowParallelChips > 0 {
      for (index, library) in libraries.enumerated() {
        if library.columnRead?.feasible == true { runs.append((index, .rowParallel)) }
      }
    }
    var results: [AccuracyResult] = []
    let total = runs.count
    for (index, run) in runs.enumerated() {
      let parallel = run.mode == .rowParallel
      let library = libraries[run.cell]
      let inputs = AccuracyInputs(
        network: networkFile, data: data.identity,
        cells: arrayModel(cells[run.cell], library.symbolRead.thresholds),
        array: array(run.mode),
        converter: parallel
          ? library.columnRead.map { Self.converter($0, of: cells[run.cell]) } ?? .none : .none,
        chips: parallel ? spec.network.rowParallelChips : spec.network.chips,
        imagesPerChip: parallel ? spec.network.rowParallelImagesPerChip : spec.network.imagesPerChip,
        comparesFloat: index == 0, calibration: spec.network.calibrationImages)
      var result = try await stored(inputs) { done, images in
        progress.advance(StudyStage.accuracy, done: index * images + done, of: total * images)
      }
      result.title = library.title
      result.technology = library.technology
      results.append(result)
      progress.advance(StudyStage.accuracy, done: index + 1, of: total)
    }
    progress.finish(StudyStage.accuracy, isReused: runner.store.activity.computed == before)
    return results
  }

  private struct ChipAnswersInputs: Encodable {
    var run: AccuracyInputs
    var chip: Int

    /// A chip does not depend on how many there are, but for populations of devices that all chips resample.
    init(_ run: AccuracyInputs, chip: Int) {
      self.run = run
      self.run.chips = 1
      self.run.comparesFloat = false
      self.chip = chip
    }
  }

  /// The stored result of these inputs, or the computed one.
  ///
  /// - Parameter keepsChips: Whether each chip is stored as soon as it is computed: for runs of minutes.
  private func stored(
    _ inputs: AccuracyInputs, keepsChips: Bool = false, progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws -> AccuracyResult {
    // What the fast fidelity finds changes with its law, what is bit-true does not; chips outlive how they are summed up.
    let (stage, version, chipVersion) =
      inputs.fidelity == .fast ? ("accuracy.fast", 13, 12) : ("accuracy", 9, 7)
    return try await runner.store.value(
      stage: stage, version: version, inputs: inputs, seed: spec.seed, as: AccuracyResult.self
    ) {
      var run = AccuracyRun(
        network: network, images: data.test, calibration: data.calibration, learning: data.learning,
        cells: inputs.cells,
        array: inputs.array, converterErrors: inputs.converter, remedies: inputs.remedies,
        fidelity: inputs.fidelity, layers: inputs.layers.map(Set.init),
        learningImages: learningImages, checkedImages: inputs.checkedImages ?? 1,
        chips: inputs.chips, imagesPerChip: inputs.imagesPerChip, comparesFloat: inputs.comparesFloat,
        seed: spec.seed, threads: runner.jobs)
      run.integerAnswers = integerAnswers
      guard keepsChips else { return try await outcome(run, progress: progress) }
      let prepared = try await Blocking.run { [run] in try PreparedRun(run) }
      var chips: [PreparedRun.ChipAnswers] = []
      for chip in 0..<run.chips {
        let (done, total) = (chip * run.imagesPerChip, run.chips * run.imagesPerChip)
        chips.append(
          try await runner.store.value(
            stage: "\(stage).chip", version: chipVersion, inputs: ChipAnswersInputs(inputs, chip: chip),
            seed: spec.seed
          ) { try await Blocking.run { prepared.chip(chip) { progress(done + $0, total) } } })
        progress(done + run.imagesPerChip, total)
      }
      return prepared.outcome(chips).result
    }
  }

  /// Training images from which a chip is learnt.
  var learningImages: Int { min(AccuracyRun.usualLearningImages, data.calibration.count) }

  /// Images of each chip that the fast fidelity is checked on.
  static let checkedImages = 8

  /// Whether at least 30 % of the weights are 0.
  var isPruned: Bool {
    let zeros = network.layers.reduce(0) { $0 + $1.weights.count { $0 == 0 } }
    return Double(zeros) >= 0.3 * Double(network.layers.reduce(0) { $0 + $1.weights.count })
  }

  /// Number of matrix layers, and the names of them.
  var layerNames: [String] { network.layers.map(\.name) }
  /// Most windows of a layer: how often its cells are read in an inference, unless their inputs are zero.
  var mostWindows: Int { network.layers.map(\.windows).max() ?? 1 }

  /// One setting of the accuracy sweeps, stored.
  func accuracy(
    _ setting: AccuracySetting, fidelity: AccuracyResult.Fidelity, chips: Int,
    progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws -> AccuracyResult {
    // Read by read there is but one fidelity.
    let fidelity = setting.array.readMode == .rowSequential ? .bitTrue : fidelity
    var result = try await stored(
      AccuracyInputs(
        network: networkFile, data: data.identity, cells: setting.cells, array: setting.array,
        converter: setting.converter, chips: chips, imagesPerChip: setting.imagesPerChip,
        comparesFloat: false,
        calibration: spec.network.calibrationImages, remedies: setting.remedies,
        fidelity: fidelity, layers: setting.layers,
        checkedImages: fidelity == .fast ? Self.checkedImages : nil,
        learningImages: fidelity == .fast || setting.remedies.correctsOffsets ? learningImages : nil,
        correctionVersion: setting.remedies.correctsOffsets ? 1 : nil,
        correctionImages: setting.remedies.correctsOffsets
          ? data.learning.count - data.calibration.count : nil),
      keepsChips: true, progress: progress)
    result.title = setting.series
    return result
  }

  /// One accuracy run outside a study.
  func accuracy(
    _ cells: CellArrayModel, title: String, technology: String, array: ArrayConfiguration,
    converter: ConverterErrors, remedies: Remedies, fidelity: AccuracyResult.Fidelity, chips: Int,
    imagesPerChip: Int
  ) async throws -> AccuracyResult {
    let run = AccuracyRun(
      title: title, technology: technology, network: network, images: data.test,
      calibration: data.calibration, learning: data.learning, cells: cells, array: array,
      converterErrors: converter,
      remedies: remedies, fidelity: fidelity, learningImages: learningImages, chips: chips,
      imagesPerChip: imagesPerChip, comparesFloat: true, seed: spec.seed, threads: runner.jobs)
    let progress = StudyProgress(
      stages: [.init(StudyStage.accuracy, weight: 1)], sink: runner.sink)
    defer { progress.close() }
    progress.begin(StudyStage.accuracy)
    let result = try await outcome(run) { progress.advance(StudyStage.accuracy, done: $0, of: $1) }
    progress.finish(StudyStage.accuracy)
    return result
  }

  private func outcome(
    _ run: AccuracyRun, progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws -> AccuracyResult {
    try await Blocking.run { try run.run(progress: progress).result }
  }

  /// The converter as the digital side counts: in levels of the cell's targets, which may span only a part of the
  /// range that it was characterised for.
  static func converter(_ read: CellLibrary.ColumnRead, of cell: StudyCell) -> ConverterErrors {
    let (low, span) = targets(cell)
    return ConverterErrors(read).scaled(toSpan: span, lowestTarget: low)
  }

  /// Lowest target of a cell and the span of its targets, of the nominal range.
  private static func targets(_ cell: StudyCell) -> (low: Double, span: Double) {
    let low = cell.levels.levels.first?.target ?? 0
    return (low, max((cell.levels.levels.last?.target ?? 1) - low, .leastNormalMagnitude))
  }

  /// The cells as the network sees them: positions normalised to the span of the level targets, which the
  /// digital side knows.
  ///
  /// - Parameter thresholds: Boundaries of characterised reads; `nil` for ideal ones midway between the levels' means.
  func arrayModel(_ cell: StudyCell, _ thresholds: [CellLibrary.Threshold]?) -> CellArrayModel {
    let normalized = cell.levels.normalizedToTargets
    let (low, span) = Self.targets(cell)
    return CellArrayModel(
      normalized,
      thresholds: thresholds?.map {
        CellLibrary.Threshold(
          position: ($0.position - low) / span, offsetSigma: $0.offsetSigma / span,
          noiseSigma: $0.noiseSigma / span, rowShift: $0.rowShift / span)
      })
  }
}

/// One way to build a chip from a library.
private struct ChipVariant {
  let basis: ChipEstimate.CellAreaBasis
  let replication: Int
  let suffix: String

  static func variants(of cells: CellLibrary) -> [ChipVariant] {
    var list = [ChipVariant(basis: .equalFootprint, replication: 1, suffix: "")]
    if cells.cell.fromWriteCurrent != nil {
      list.append(ChipVariant(basis: .fromWriteCurrent, replication: 1, suffix: ", write-current cell"))
    }
    if cells.bitsPerCell == 2, cells.write != nil {
      list.append(ChipVariant(basis: .equalFootprint, replication: 2, suffix: ", copies in freed tiles"))
    }
    return list
  }
}
