import Circuit
import Device
import Inference
import Models
import Spice

/// Single stages of a study, for commands that need no more.
extension StudyRunner {
  private func junctionCells(_ notices: inout [String]) async throws -> [StudyCell] {
    try cells(try await ensemble(diameter: spec.device.diameterMetres), notices: &notices)
  }

  /// The figures of the study's transistors.
  public func transistorFigures() async throws -> TransistorFigures {
    try await CircuitStage(self).transistorFigures()
  }

  /// Reads over the study's contrasts, and of the comparisons at their own.
  public func readSweep() async throws -> [ReadPoint] {
    var notices: [String] = []
    let cells = try await junctionCells(&notices)
    return try await withProgress { try await CircuitStage(self).readSweep(cells, $0).map(\.point) }
  }

  /// The cell libraries of the study: 1-bit and 2-bit junction, then the comparisons.
  public func libraries() async throws -> [CellLibrary] {
    var notices: [String] = []
    let cells = try await junctionCells(&notices)
    return try await withProgress { progress in
      let circuits = try CircuitStage(self)
      let fanout = try await circuits.fanoutOfFour(progress)
      let sweep = try await circuits.readSweep(cells, progress)
      let write = try await circuits.write(cells[0], progress)
      let columns = try await circuits.columns(cells, progress)
      return try circuits.libraries(
        cells, sweep: sweep, columns: columns, write: write, fanoutOfFourSeconds: fanout)
    }
  }

  /// Chip estimates of every library, both read modes.
  public func chips() async throws -> (chips: [ChipEstimate], notices: [String]) {
    let libraries = try await libraries()
    var notices: [String] = []
    let chips = try await withProgress { progress in
      try NetworkStage(self).chips(libraries: libraries, notices: &notices, progress)
    }
    return (chips, notices)
  }

  /// Cells that `tessera accuracy run` knows.
  public enum CellChoice: String, CaseIterable, Sendable {
    case ideal
    case mtj
    case rram
    case pcm
  }

  /// Accuracy of one kind of cell.
  ///
  /// - Parameters:
  ///   - cells: Which cells.
  ///   - bits: Bits per cell.
  ///   - array: The arrays.
  ///   - chips: Chips with their own frozen errors.
  ///   - images: Images in all, split evenly over the chips.
  public func accuracy(
    cells choice: CellChoice, bits: Int, array: ArrayConfiguration, chips: Int, images: Int
  ) async throws -> AccuracyResult {
    let network = try NetworkStage(self, images: images)
    guard choice != .ideal else {
      return try await network.accuracy(
        CellArrayModel(idealWithBits: bits), title: "ideal, \(bits) bit", technology: "ideal", array: array,
        converter: .none, chips: chips, imagesPerChip: images / chips)
    }
    var one = spec
    one.read.tmr = []
    one.comparison.technologies =
      choice == .mtj ? [] : spec.comparison.technologies.filter { $0.hasPrefix(choice.rawValue) }
    one.array.rowsPerRead = array.rowsPerRead
    one.array.adcBits = min(6, array.adcBits)
    let runner = StudyRunner(
      spec: one, library: library, store: store, jobs: jobs, workerOptions: workerOptions, sink: sink)
    var notices: [String] = []
    let levels = try await runner.junctionCells(&notices)
    let libraries = try await runner.libraries()
    let index = choice == .mtj ? bits - 1 : 2
    guard libraries.indices.contains(index) else {
      throw StudyError(
        .invalidInput, "the study compares no technology '\(choice.rawValue)'", at: "comparison.technologies")
    }
    let library = libraries[index]
    let converter = array.readMode == .rowParallel ? library.columnRead.map { ConverterErrors($0) } : nil
    return try await network.accuracy(
      network.arrayModel(levels[index], library), title: library.title, technology: library.technology,
      array: array, converter: converter ?? .none, chips: chips, imagesPerChip: images / chips)
  }
}
