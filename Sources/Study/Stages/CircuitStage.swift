import Circuit
import Device
import Foundation
import Models
import Spice

/// A characterised read with the closed circuit behind it.
struct SweptRead: Sendable {
  let cell: Int
  let read: FlashRead?
  let point: ReadPoint
}

/// The stages that simulate circuits.
package struct CircuitStage: Sendable {
  private let runner: StudyRunner
  private let card: TransistorCard
  private let mismatch: TransistorLibrary.Mismatch
  private let cardFiles: [InputFile]
  private let characterizer: CellCharacterizer
  /// What decides a circuit's figures beside its deck.
  let ngspiceVersion: String

  private var spec: StudySpec { runner.spec }

  package init(_ runner: StudyRunner) throws {
    self.runner = runner
    let library = try TransistorLibrary.load(runner.spec.transistors.library, from: runner.library)
    card = try library.card(corner: runner.spec.transistors.corner)
    guard let own = card.mismatch else {
      throw StudyError(
        .badData, "the transistor library states no mismatch; expected a [mismatch] table",
        at: runner.spec.transistors.library)
    }
    let factor = runner.spec.transistors.mismatchFactor
    mismatch = TransistorLibrary.Mismatch(
      thresholdVoltMetres: factor * own.thresholdVoltMetres,
      currentFactorMetres: factor * own.currentFactorMetres)
    cardFiles = try card.files().map { try InputFile($0) }
    guard !cardFiles.isEmpty else {
      throw StudyError(.badData, "expected a model card in a file", at: runner.spec.transistors.library)
    }
    ngspiceVersion = try runner.workerOptions.libraryVersion()
    characterizer = CellCharacterizer(
      SimulationBench(
        pool: try WorkerPool(workers: runner.jobs, options: runner.workerOptions), corner: card,
        temperatureCelsius: runner.spec.transistors.temperatureCelsius, mismatch: mismatch,
        seed: runner.spec.seed))
  }

  /// What every circuit result depends on beside its own design.
  package struct Inputs<Design: Codable>: Codable {
    var design: Design
    var ngspice: String
    var cards: [InputFile]
    var corner: String
    var section: String?
    var minimumLengthMetres: Double
    var devices: TransistorLibrary.Devices
    var supplyVolts: Double
    var temperatureCelsius: Double
    var mismatch: TransistorLibrary.Mismatch
  }

  package func inputs<Design: Codable>(_ design: Design) -> Inputs<Design> {
    Inputs(
      design: design, ngspice: ngspiceVersion, cards: cardFiles, corner: card.corner, section: card.section,
      minimumLengthMetres: card.minimumLengthMetres, devices: card.devices, supplyVolts: card.supplyVolts,
      temperatureCelsius: spec.transistors.temperatureCelsius, mismatch: mismatch)
  }

  /// What every circuit is simulated on.
  var bench: SimulationBench { characterizer.bench }

  /// The sense chain of this study.
  var chain: SenseChainDesign {
    var chain = SenseChainDesign.standard(rows: spec.array.rows)
    chain.clampGateVolts = spec.read.clampGateVolts
    chain.access.width = spec.read.accessWidthMetres
    return chain
  }

  /// A read with its bias, timing and trim set, from the store if it was closed before.
  func closed(_ read: FlashRead) async throws -> FlashRead {
    let inputs = ClosureInputs(
      read: read, volts: spec.read.requiredInputVolts, boundaryTolerance: spec.read.boundaryToleranceSteps)
    return try await runner.store.value(
      stage: "closure", version: 8, inputs: self.inputs(inputs), as: FlashRead.self
    ) {
      try await biasedAndClosed(inputs)
    }
  }

  private func biasedAndClosed(_ inputs: ClosureInputs) async throws -> FlashRead {
    try await bench.closed(
      inputs.read, requiredVolts: inputs.volts, boundaryTolerance: inputs.boundaryTolerance)
  }

  private struct ClosureInputs: Codable {
    var read: FlashRead
    var volts: Double
    var boundaryTolerance: Double
  }

  /// The design of a cell in this study.
  func design(_ cell: StudyCell) -> CellDesign {
    var column = ColumnDesign.standard(
      rowsPerRead: spec.array.rowsPerRead, adcBits: spec.array.adcBits, rows: spec.array.rows)
    column.access.width = spec.read.accessWidthMetres
    return CellDesign(
      levels: cell.levels, junction: cell.junction?.model,
      writeCurrentAmperes: cell.junction?.writeAmperes, chain: chain,
      write: WriteDesign(
        supplyVolts: spec.write.supplyVolts, accessWidth: spec.read.accessWidthMetres,
        pulseSeconds: cell.junction?.model.pulseWidthSeconds ?? 4e-9,
        wire: SenseChainDesign.BitlineWire(rows: spec.array.rows)),
      column: column, requiredInputVolts: spec.read.requiredInputVolts,
      boundaryTolerance: spec.read.boundaryToleranceSteps, calibrationCells: spec.read.calibrationCells,
      samples: spec.read.samples, completion: spec.write.completion,
      widestAccess: spec.write.widestAccessMetres, highestSupply: spec.write.highestSupplyVolts)
  }

  func fanoutOfFour(_ progress: StudyProgress) async throws -> Double {
    let mark = begin(StudyStage.transistors, progress)
    let figures = try await runner.store.value(
      stage: "transistors", version: 1, inputs: inputs("figures"), as: TransistorFigures.self
    ) {
      try await transistorFigures()
    }
    finish(mark, progress)
    return figures.fanoutOfFourDelaySeconds
  }

  func transistorFigures() async throws -> TransistorFigures {
    try await TransistorFigures.extract(
      from: card, temperatureCelsius: spec.transistors.temperatureCelsius, on: bench.pool)
  }

  private struct ReadInputs: Codable {
    var closure: ClosureInputs
    var campaign: ReadCampaign
  }

  private struct ReadOutcome: Codable {
    var read: FlashRead?
    var symbolRead: CellLibrary.SymbolRead?
    var failure: String?
  }

  /// Reads of the junction with 1 and 2 bits over the contrasts, and of each comparison at its own.
  func readSweep(_ cells: [StudyCell], _ progress: StudyProgress) async throws -> [SweptRead] {
    var jobs: [(cell: Int, tmr: Double?)] = []
    for (index, cell) in cells.enumerated() {
      if let own = cell.levels.tmrZeroBias {
        jobs += Set(spec.read.tmr + [own]).sorted().map { (index, $0) }
      } else {
        jobs.append((index, nil))
      }
    }
    let mark = begin(StudyStage.reads, progress)
    var swept: [SweptRead] = []
    for job in jobs {
      swept.append(try await sweptRead(cells[job.cell], index: job.cell, tmr: job.tmr))
      progress.advance(StudyStage.reads, done: swept.count, of: jobs.count)
    }
    finish(mark, progress)
    return swept
  }

  private func sweptRead(_ cell: StudyCell, index: Int, tmr: Double?) async throws -> SweptRead {
    let design = design(cell)
    let inputs = ReadInputs(
      closure: ClosureInputs(
        read: design.flashRead(tmr: tmr), volts: design.requiredInputVolts,
        boundaryTolerance: design.boundaryTolerance), campaign: design.campaign)
    let outcome = try await runner.store.value(
      stage: "read", version: 12, inputs: self.inputs(inputs), seed: spec.seed, as: ReadOutcome.self
    ) {
      try await characterized(design, tmr: tmr)
    }
    return SweptRead(
      cell: index, read: outcome.read,
      point: ReadPoint(
        tmrZeroBias: tmr, bitsPerCell: cell.levels.bitsPerCell,
        technology: cell.levels.technology, timing: outcome.read?.timing ?? .standard,
        read: outcome.symbolRead, failure: outcome.failure))
  }

  /// A read that no timing closes is a result; anything else is an error.
  private func characterized(_ design: CellDesign, tmr: Double?) async throws -> ReadOutcome {
    switch await characterizing(design, tmr: tmr) {
    case .success(let outcome): return outcome
    case .failure(let error):
      guard [.infeasible, .trimOutOfRange].contains(error.code) else { throw error }
      return ReadOutcome(read: nil, symbolRead: nil, failure: error.description)
    }
  }

  private func characterizing(_ design: CellDesign, tmr: Double?) async -> Result<ReadOutcome, CircuitError> {
    do {
      let found = try await characterizer.symbolRead(design, tmr: tmr)
      return .success(ReadOutcome(read: found.read, symbolRead: found.figures, failure: nil))
    } catch {
      return .failure(error)
    }
  }

  /// Notices for reads that did not close.
  func failures(_ sweep: [SweptRead]) -> [String] {
    sweep.compactMap { read in
      read.point.failure.map {
        "\(read.point.technology), \(read.point.bitsPerCell) bit"
          + (read.point.tmrZeroBias.map { ", TMR \(Quantity.text($0 * 100, "%"))" } ?? "") + ": \($0)."
      }
    }
  }

  private struct WriteInputs: Codable {
    var path: WriteDesign
    var junction: CompactModel?
    var amperes: Double?
    var completion: Double
    var widestAccess: Double
    var highestSupply: Double
    var meanPulses: Double?
  }

  private struct WriteOutcome: Codable {
    var write: CellLibrary.Write
    var requiredWidth: Double
  }

  func write(
    _ cell: StudyCell, _ progress: StudyProgress
  ) async throws -> (write: CellLibrary.Write, requiredWidth: Double)? {
    let mark = begin(StudyStage.write, progress)
    let design = design(cell)
    let inputs = WriteInputs(
      path: design.write, junction: design.junction, amperes: design.writeCurrentAmperes,
      completion: design.completion, widestAccess: design.widestAccess, highestSupply: design.highestSupply,
      meanPulses: design.levels.programming.meanPulses)
    let outcome = try await runner.store.value(
      stage: "write", version: 6, inputs: self.inputs(inputs), seed: spec.seed, as: WriteOutcome?.self
    ) {
      try await written(design)
    }
    finish(mark, progress)
    return outcome.map { ($0.write, $0.requiredWidth) }
  }

  private func written(_ design: CellDesign) async throws -> WriteOutcome? {
    guard let found = try await characterizer.write(design) else { return nil }
    return WriteOutcome(write: found.write, requiredWidth: found.requiredWidth)
  }

  func columns(
    _ cells: [StudyCell], _ progress: StudyProgress
  ) async throws -> [CellLibrary.ColumnRead?] {
    let mark = begin(StudyStage.columns, progress)
    var columns: [CellLibrary.ColumnRead?] = []
    for cell in cells {
      columns.append(try await column(design(cell)))
      progress.advance(StudyStage.columns, done: columns.count, of: cells.count)
    }
    finish(mark, progress)
    return columns
  }

  private struct ColumnInputs: Codable {
    var column: ColumnDesign?
    var element: MemoryElement
    var bitsPerCell: Int
    var samples: Int
  }

  private func column(_ design: CellDesign) async throws -> CellLibrary.ColumnRead? {
    let inputs = ColumnInputs(
      column: design.column, element: design.element(), bitsPerCell: design.levels.bitsPerCell,
      samples: design.samples)
    return try await runner.store.value(
      stage: "column", version: 4, inputs: self.inputs(inputs), seed: spec.seed,
      as: CellLibrary.ColumnRead?.self
    ) {
      try await characterizer.columnRead(design)
    }
  }

  /// Waveforms of the reads of every level at the device's own contrast.
  func traces(_ own: SweptRead, _ progress: StudyProgress) async throws -> [ReadTrace] {
    guard let closed = own.read else { return [] }
    let mark = begin(StudyStage.traces, progress)
    let traces = try await runner.store.value(
      stage: "traces", version: 2, inputs: inputs(closed), seed: spec.seed, as: [ReadTrace].self
    ) {
      try await recorded(closed)
    }
    finish(mark, progress)
    return traces
  }

  private func recorded(_ closed: FlashRead) async throws -> [ReadTrace] {
    var traces: [ReadTrace] = []
    for (level, position) in closed.levels.enumerated() {
      var one = closed
      one.dataPosition = position
      let run = try await bench.run(one)
      traces.append(ReadTrace(level: level, code: run.result.code, waveforms: run.waveforms))
    }
    return traces
  }

  /// The cells whose read closes at their own contrast, with that read; the others are named by
  /// ``failures(_:)``.
  ///
  /// - Throws: ``StudyError/Code/infeasible`` if one of them is the junction, without which there is no study.
  func readable(_ cells: [StudyCell], _ sweep: [SweptRead]) throws -> [(cell: StudyCell, own: SweptRead)] {
    try cells.enumerated().compactMap { index, cell in
      let own = sweep.first { $0.cell == index && $0.point.tmrZeroBias == cell.levels.tmrZeroBias }
      if let own, own.point.read != nil { return (cell, own) }
      guard cell.junction == nil else {
        throw StudyError(
          .infeasible,
          "the read of \(cell.title) closes at no timing with \(spec.transistors.library); change [read] in"
            + " the study file", at: "read", cause: own?.point.failure ?? "")
      }
      return nil
    }
  }

  /// The libraries of readable cells.
  func libraries(
    _ cells: [(cell: StudyCell, own: SweptRead)], columns: [CellLibrary.ColumnRead?],
    write: (write: CellLibrary.Write, requiredWidth: Double)?, fanoutOfFourSeconds: Double
  ) throws -> [CellLibrary] {
    let feature = card.minimumLengthMetres
    return try zip(cells, columns).compactMap { readable, column in
      let (cell, own) = readable
      return try own.point.read.map { read in
        let design = design(cell)
        var library = characterizer.library(
          design, read: read, column: column,
          write: write.flatMap { writePath(of: cell, $0)?.write },
          requiredWidth: requiredWidth(of: cell, write),
          publishedCellArea: cell.published.map { $0.areaFeatures * feature * feature },
          fanoutOfFourSeconds: fanoutOfFourSeconds, title: cell.title, ngspiceVersion: ngspiceVersion,
          assumptions: cell.published?.writeAmperes == nil ? [] : [CircuitStage.publishedWrite])
        library.setInputsHash(
          try ResultKey(stage: "library", version: 1, inputs: inputs(design), seed: spec.seed).hash)
        return library
      }
    }
  }

  private static let publishedWrite =
    "A published write current passes an access transistor with as much current per width as the junction's."

  /// Width of the access transistor that a cell's write current asks for: as simulated for the junction, at the
  /// junction's current per width for a published current, `nil` where none is published.
  private func requiredWidth(
    of cell: StudyCell, _ common: (write: CellLibrary.Write, requiredWidth: Double)?
  ) -> Double? {
    guard let common else { return nil }
    if cell.junction != nil { return common.requiredWidth }
    guard let published = cell.published, let amperes = published.writeAmperes else { return nil }
    return amperes / common.write.requiredCurrentAmperes * common.requiredWidth
  }

  /// The common write path with the pulses that a cell's own programming takes; none without a junction.
  func writePath(
    of cell: StudyCell, _ common: (write: CellLibrary.Write, requiredWidth: Double)
  ) -> (write: CellLibrary.Write, requiredWidth: Double)? {
    guard cell.junction != nil else { return nil }
    var own = common.write
    own.meanPulses = cell.levels.programming.meanPulses ?? 1
    return (own, common.requiredWidth)
  }

  private struct Mark {
    let name: String
    let computed: Int
  }

  private func begin(_ name: String, _ progress: StudyProgress) -> Mark {
    progress.begin(name)
    return Mark(name: name, computed: runner.store.activity.computed)
  }

  private func finish(_ mark: Mark, _ progress: StudyProgress) {
    progress.finish(mark.name, isReused: runner.store.activity.computed == mark.computed)
  }
}
