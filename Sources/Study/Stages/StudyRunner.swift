import Accelerator
import Circuit
import Device
import Foundation
import Inference
import Models
import Spice

/// Runs a study: every stage in order, each answered from the store when its inputs are known.
///
/// ```swift
/// let runner = try StudyRunner(spec: .standard(), store: ResultStore(), jobs: 2)
/// let result = try await runner.run()
/// ```
public struct StudyRunner: Sendable {
  /// What to compute.
  public let spec: StudySpec
  /// The data that come with the program.
  public let library: ModelLibrary
  /// Finished results.
  public let store: ResultStore
  /// Worker processes and threads.
  public let jobs: Int
  /// How the ngspice workers run.
  public let workerOptions: WorkerOptions
  /// Where progress is shown.
  public let sink: ProgressSink

  /// Creates a runner.
  public init(
    spec: StudySpec, library: ModelLibrary = .standard, store: ResultStore, jobs: Int,
    workerOptions: WorkerOptions = WorkerOptions(), sink: ProgressSink = .standardError
  ) {
    self.spec = spec
    self.library = library
    self.store = store
    self.jobs = jobs
    self.workerOptions = workerOptions
    self.sink = sink
  }

  /// Runs every stage.
  ///
  /// - Throws: The error of the stage that failed: ``StudyError``, `ModelsError`, `DeviceError`,
  ///   `CircuitError`, `SpiceError`, `AcceleratorError` or `InferenceError`.
  public func run() async throws -> StudyResult {
    try spec.validate()
    return try await withProgress(StudyStage.announced(spec).map(\.name)) { try await run($0) }
  }

  /// Shows progress through some stages while `body` runs, and takes the bar away whatever becomes of it.
  func withProgress<Value>(
    _ names: [String], isolation: isolated (any Actor)? = #isolation,
    _ body: (StudyProgress) async throws -> Value
  ) async rethrows -> Value {
    let stages = StudyStage.announced(spec).filter { names.contains($0.name) }
    let progress = StudyProgress(stages: stages, sink: sink)
    defer { progress.close() }
    return try await body(progress)
  }

  /// What the whole chain leaves out, whatever is asked.
  private static let limits = [
    "Equal footprint: every cell has an access transistor for reading, too narrow to write the junction; ratios"
      + " with the cell that the write current asks for stand beside them.",
    "Every window of a convolution reads every weight again, none is kept in registers: energy efficiency stays"
      + " below that of macros that sum many rows at once.",
    "Source lines have no resistance; bitlines have that of the equal footprint whatever the cell.",
    "RRAM and PCM are read by the junction's sense chain, which is not resized for their currents.",
    "A read starts from standby: what an earlier one leaves after its recovery is not carried over.",
    "F of cell areas is the 50 nm gate length of the cards; logic is costed at 45 nm.",
    "Two technologies are compared by their paired differences from the integer network on the same images; the"
      + " interval of an accuracy contains the choice of images besides.",
  ]

  private func run(_ progress: StudyProgress) async throws -> StudyResult {
    var notices: [String] = []
    // Everything that can be missing or wrong is read before anything is computed.
    let circuits = try CircuitStage(self)
    let network = try NetworkStage(self)
    let comparisons = try comparisons()

    let (devices, analytic, halfway) = try await deviceStage(progress)
    guard let device = devices.first(where: { $0.spec.diameterMetres == spec.device.diameterMetres }) else {
      throw StudyError(.invalidInput, "the study's diameter was not sampled", at: "device.diameterMetres")
    }
    let all = try junctions(device) + comparisons

    let fanout = try await circuits.fanoutOfFour(progress)
    let sweep = try await circuits.readSweep(all, progress)
    let readable = try circuits.readable(all, sweep)
    let cells = readable.map(\.cell)
    let write = try await circuits.write(cells[0], progress)
    let columns = try await circuits.columns(cells, progress)
    let traces = try await circuits.traces(readable[1].own, progress)
    let libraries = try circuits.libraries(
      readable, columns: columns, write: write, fanoutOfFourSeconds: fanout)

    let chips = try network.chips(libraries: libraries, notices: &notices, progress)
    let accuracies = try await network.accuracies(
      cells: cells, libraries: libraries, notices: &notices, progress)
    if let notice = network.dataNotice { notices.append(notice) }
    for library in libraries {
      guard let column = library.columnRead, !column.feasible else { continue }
      notices.append(
        "\(library.title): a row-parallel column of \(column.rowsPerRead) rows is \(column.note).")
    }
    notices += circuits.failures(sweep)
    notices.append(StudyNotices.retention(device))
    if let write {
      notices += [
        StudyNotices.write(
          write.write, requiredWidth: write.requiredWidth,
          breakdownVolts: device.spec.junction.breakdownVolts),
        device.compactModel.remark(
          drive: device.programming.maximumDrive, pulseSeconds: device.spec.dynamics.pulseWidthSeconds
        ).map { "Write path: \($0)." },
      ].compactMap { $0 }
    }

    var result = StudyResult(
      specification: spec, headlines: [], devices: devices, analytic: analytic, halfway: halfway,
      readSweep: sweep.map(\.point),
      readTraces: traces, libraries: libraries, levels: cells.map(\.levels), chips: chips,
      accuracies: accuracies, notices: notices,
      provenance: Provenance(
        seed: spec.seed, tools: Toolchain.versions.merging(["ngspice": circuits.ngspiceVersion]) { $1 },
        citations: [
          Citation(
            key: "gupte2026",
            text: "K. K. Gupte et al., Scalable and robust multi-bit spintronic synapses for analog in-memory"
              + " computing, npj Unconventional Computing 3, 8 (2026)",
            doi: "10.1038/s44335-026-00055-7")
        ], assumptions: StudyRunner.limits))
    result.setInputsHash(try manifest(command: [], began: Date()).inputsHash)
    result.headlines = Headlines(result).all
    return result
  }

  /// The same runner for another study.
  func with(_ spec: StudySpec) -> StudyRunner {
    StudyRunner(
      spec: spec, library: library, store: store, jobs: jobs, workerOptions: workerOptions, sink: sink)
  }

  /// The junction with 1 bit, open loop, and with 2 bits in the study's scheme.
  func junctions(_ device: DeviceCharacterization) throws -> [StudyCell] {
    guard let oneBit = device.levels(bits: 1, scheme: .openLoop),
      let twoBit = device.levels(bits: 2, scheme: spec.device.programming)
    else {
      throw StudyError(
        .invalidInput, "the ensemble holds no levels for 1 and 2 bits", at: "device.programming")
    }
    return [oneBit, twoBit].map { StudyCell(device, levels: $0) }
  }

  /// The published technologies, 2 bits per cell.
  func comparisons() throws -> [StudyCell] {
    try spec.comparison.technologies.map { name in
      try StudyCell(
        PublishedDevice(named: name, in: library), bits: 2, spec.comparison)
    }
  }
}

/// Names and relative lengths of the stages.
enum StudyStage {
  static let device = "device ensembles"
  static let transistors = "transistors"
  static let reads = "reads against TMR"
  static let write = "write path"
  static let columns = "column reads"
  static let traces = "waveforms"
  static let chips = "chip estimates"
  static let accuracy = "network accuracy"

  /// What a cell library needs.
  static let libraries = [transistors, reads, write, columns]

  /// Seconds, roughly, that the grains of one diameter take on two cores; they grow with the square of their number.
  static func deviceWeight(_ spec: StudySpec, diameter: Double) -> Double {
    let grains = pow(diameter / 10e-9, 2)
    let pulses = Double(spec.device.devices * spec.device.cycles * spec.device.currents) / 16
    let pulsesOfBoth = diameter == spec.device.diameterMetres ? 5 * pulses : pulses
    return 2 + pulsesOfBoth * (0.01 * grains + 0.0002 * grains * grains)
  }

  static func announced(_ spec: StudySpec) -> [StudyProgress.Stage] {
    let settings = Double(spec.read.tmr.count + 1) + Double(spec.comparison.technologies.count)
    let images = Double(spec.network.chips * spec.network.imagesPerChip)
    return [
      .init(
        device,
        weight: spec.device.diametersMetres.reduce(0) { $0 + deviceWeight(spec, diameter: $1) }),
      .init(transistors, weight: 1),
      .init(reads, weight: settings * (8 + 0.6 * Double(spec.read.samples))),
      .init(write, weight: 2), .init(columns, weight: 8), .init(traces, weight: 2), .init(chips, weight: 0.5),
      .init(accuracy, weight: 0.02 * images * Double(2 + spec.comparison.technologies.count)),
    ]
  }
}
