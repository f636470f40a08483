import Circuit
import Device
import Foundation
import Inference
import Models
import Spice

/// Single stages of a study, for commands that need no more.
extension StudyRunner {
  private func junctions() async throws -> [StudyCell] {
    try junctions(try await ensemble(diameter: spec.device.diameterMetres))
  }

  /// Reads over the study's contrasts, and of the comparisons at their own.
  public func readSweep() async throws -> [ReadPoint] {
    let circuits = try CircuitStage(self)
    let comparisons = try comparisons()
    let cells = try await junctions() + comparisons
    return try await withProgress([StudyStage.reads]) {
      try await circuits.readSweep(cells, $0).map(\.point)
    }
  }

  /// The cell libraries of the study: 1-bit and 2-bit junction, then the comparisons.
  public func libraries() async throws -> [CellLibrary] {
    let circuits = try CircuitStage(self)
    let comparisons = try comparisons()
    let cells = try await junctions() + comparisons
    return try await withProgress(StudyStage.libraries) { progress in
      let fanout = try await circuits.fanoutOfFour(progress)
      let sweep = try await circuits.readSweep(cells, progress)
      let readable = try circuits.readable(cells, sweep)
      let write = try await circuits.write(cells[0], progress)
      let columns = try await circuits.columns(readable.map(\.cell), progress)
      return try circuits.libraries(
        readable, columns: columns, write: write, fanoutOfFourSeconds: fanout)
    }
  }

  /// Chip estimates of every library, both read modes.
  public func chips() async throws -> (chips: [ChipEstimate], notices: [String]) {
    let network = try NetworkStage(self)
    let libraries = try await libraries()
    var notices: [String] = []
    let chips = try await withProgress([StudyStage.chips]) { progress in
      try network.chips(libraries: libraries, notices: &notices, progress)
    }
    return (chips, notices)
  }

  /// A write path as `tessera characterize write` reports it.
  public struct CharacterizedWrite: Codable, Sendable, Hashable {
    /// The cell.
    public var title: String
    /// Width of the access transistor that the write current asks for, in metres; infinite if none does.
    public var requiredAccessWidthMetres: Double
    /// The pulses.
    public var write: CellLibrary.Write
  }

  /// The write paths of the junction with 1 and 2 bits.
  public func writes() async throws -> [CharacterizedWrite] {
    let circuits = try CircuitStage(self)
    let cells = try await junctions()
    return try await withProgress([StudyStage.write]) { progress in
      let common = try await circuits.write(cells[0], progress)
      return cells.compactMap { cell in
        common.flatMap { circuits.writePath(of: cell, $0) }.map {
          CharacterizedWrite(title: cell.title, requiredAccessWidthMetres: $0.requiredWidth, write: $0.write)
        }
      }
    }
  }

  /// Cells that `tessera accuracy run` knows.
  public enum CellChoice: Sendable, Hashable {
    /// Without any error.
    case ideal
    /// The study's junction.
    case junction
    /// A published technology: a folder under `models/devices`, or the start of its name, such as `rram`.
    case published(String)
  }

  /// Accuracy of one kind of cell.
  ///
  /// - Parameters:
  ///   - choice: Which cells.
  ///   - bits: Bits per cell.
  ///   - array: The arrays.
  ///   - remedies: What is done about errors.
  ///   - fidelity: How row-parallel reads are computed.
  ///   - chips: Chips with their own frozen errors.
  ///   - images: Images in all, split evenly over the chips.
  public func accuracy(
    cells choice: CellChoice, bits: Int, array: ArrayConfiguration, remedies: Remedies = Remedies(),
    fidelity: AccuracyResult.Fidelity = .bitTrue, chips: Int, images: Int
  ) async throws -> AccuracyResult {
    try remedies.validate()
    guard choice == .ideal || array.readMode == .rowSequential || array.adcBits <= 6 else {
      throw StudyError(
        .invalidInput, "\(array.adcBits) bits of a flash converter; expected 1 to 6, or ideal cells",
        at: "--adc-bits")
    }
    let network = try NetworkStage(self, images: images)
    let slicing = WeightSlicing(
      bitsPerCell: bits, scheme: array.signScheme, singleBits: remedies.singleBitSlices)
    try array.validate(slices: slicing.count)
    guard let cell = try await cell(choice, bits: bits) else {
      return try await network.accuracy(
        CellArrayModel(idealWithBits: bits), title: "ideal, \(bits) bit", technology: "ideal", array: array,
        converter: .none, remedies: remedies, fidelity: fidelity, chips: chips, imagesPerChip: images / chips)
    }
    var one = spec
    one.read.tmr = []
    one.array.rowsPerRead = array.rowsPerRead
    one.array.adcBits = min(6, array.adcBits)
    let runner = with(one)
    let stages = [StudyStage.reads] + (array.readMode == .rowParallel ? [StudyStage.columns] : [])
    let (thresholds, converter) = try await runner.withProgress(stages) { progress in
      let circuits = try CircuitStage(runner)
      let swept = try await circuits.readSweep([cell], progress)
      guard let read = swept.first?.point.read else {
        throw StudyError(
          .infeasible, "the read of \(cell.title) closes at no timing", at: "read",
          cause: swept.first?.point.failure ?? "")
      }
      guard array.readMode == .rowParallel else { return (read.thresholds, ConverterErrors.none) }
      let column = try await circuits.columns([cell], progress)[0]
      guard let column, column.feasible else {
        throw StudyError(
          .infeasible, "no row-parallel read of \(array.rowsPerRead) rows of \(cell.title)", at: "column",
          cause: column?.note ?? "")
      }
      return (read.thresholds, NetworkStage.converter(column, of: cell))
    }
    return try await network.accuracy(
      network.arrayModel(cell, thresholds), title: cell.title, technology: cell.levels.technology,
      array: array, converter: converter, remedies: remedies, fidelity: fidelity, chips: chips,
      imagesPerChip: images / chips)
  }

  /// The chosen cell; `nil` for ideal ones.
  private func cell(_ choice: CellChoice, bits: Int) async throws -> StudyCell? {
    switch choice {
    case .ideal: return nil
    case .junction: return try await junctions()[bits - 1]
    case .published(let name):
      let known = spec.comparison.technologies + PublishedDevice.all
      let folder =
        name.isEmpty ? name : known.first { $0 == name } ?? known.first { $0.hasPrefix(name) } ?? name
      guard !folder.isEmpty, (try? library.url("\(folder)/levels.toml", in: "devices")) != nil else {
        throw StudyError(
          .invalidInput,
          "no cells '\(name)'; expected ideal, mtj, a technology under models/devices ("
            + Set(known).sorted().joined(separator: ", ") + "), or a directory with a levels.toml")
      }
      let device = try PublishedDevice(named: folder, in: library)
      return try StudyCell(device, bits: bits, spec.comparison)
    }
  }

  /// What a run of this study, or of parts of it, consisted of.
  ///
  /// - Parameters:
  ///   - parts: What took part.
  ///   - sweeps: Accuracy sweeps that were run, and which of them; all if empty.
  ///   - command: The command as it was given.
  ///   - began: When it began.
  /// - Throws: If a file that took part, or ngspice where circuits did, cannot be found.
  public func manifest(
    of parts: Parts = .all, sweeps: (spec: AccuracySweepSpec, only: [AccuracySweep])? = nil,
    command: [String], began: Date
  ) throws -> RunManifest {
    var files = ["device": try library.url(spec.device.file, in: "devices")]
    if parts.contains(.circuits) {
      let transistors = try TransistorLibrary.load(spec.transistors.library, from: library)
      files["transistors"] = transistors.file
      for file in try transistors.card(corner: spec.transistors.corner).files() {
        files["transistors/\(file.lastPathComponent)"] = file
      }
      for name in spec.comparison.technologies {
        files[name] = try library.url("\(name)/levels.toml", in: "devices")
      }
    }
    if parts.contains(.network) {
      files["network"] = try library.url(spec.network.file, in: "networks")
      files["technology"] = try library.url(spec.array.technology, in: "technologies")
      if let images = try CIFAR10Archive.locate() {
        files["images"] = images.directory.appending(path: CIFAR10Archive.testBatch)
        files["calibration images"] = images.directory.appending(path: CIFAR10Archive.firstTrainingBatch)
      }
    }
    for (index, name) in (sweeps?.spec.networks ?? []).enumerated() {
      files["network \(index + 1)"] = try library.url(name, in: "networks")
    }
    for name in sweeps?.spec.technologies ?? [] {
      files[name] = try library.url("\(name)/levels.toml", in: "devices")
    }
    return try RunManifest(
      command: command, inputs: ManifestInputs(study: spec, sweeps: sweeps?.spec, only: sweeps?.only),
      files: files, seed: spec.seed,
      ngspice: parts.contains(.circuits) ? try workerOptions.libraryVersion() : nil, began: began,
      durationSeconds: Date().timeIntervalSince(began))
  }

  private struct ManifestInputs: Encodable {
    var study: StudySpec
    var sweeps: AccuracySweepSpec?
    var only: [AccuracySweep]?
  }

  /// Parts of a study beside the junction, for what a run consisted of.
  public struct Parts: OptionSet, Sendable {
    /// The bits of the parts.
    public let rawValue: Int

    /// Takes parts by their bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Transistors, ngspice and the published technologies.
    public static let circuits = Parts(rawValue: 1)
    /// The network, its images and the costs of the chip.
    public static let network = Parts(rawValue: 2)
    /// Every part.
    public static let all: Parts = [.circuits, .network]
  }
}
