import Circuit
import Foundation
import Models
import Spice

/// A netlist that somebody wrote, in another dialect: one deck for each of its analyses.
///
/// ```swift
/// let conversion = NetlistConversion(
///   simulation: NetlistSimulation(reader: NetlistReader(), jobs: 1), writer: NetlistWriter(dialect: .spectre))
/// for deck in try conversion.convert("deck.cir").decks { print(deck.netlist) }
/// ```
///
/// A netlist without an analysis, such as a library of subcircuits, is written with an operating point.
public struct NetlistConversion: Sendable {
  /// How the netlist is read, and the seed from which its noise is drawn: the draws of
  /// ``NetlistSimulation/run(_:)``.
  public var simulation: NetlistSimulation
  /// How it is written.
  public var writer: NetlistWriter

  /// A netlist of one analysis.
  public struct Deck: Sendable, Encodable {
    /// The analysis, such as `tran` or `dc v1`.
    public var label: String
    /// The title of the netlist.
    public var title: String
    /// The dialect.
    public var dialect: String
    /// The text.
    public var netlist: String
  }

  /// What a conversion gave.
  public struct Result: Sendable {
    /// The decks in the order of the analyses.
    public var decks: [Deck]
    /// What was left out, or read otherwise than it stands; one sentence each.
    public var remarks: [String]
  }

  /// Describes a conversion.
  public init(simulation: NetlistSimulation, writer: NetlistWriter) {
    self.simulation = simulation
    self.writer = writer
  }

  /// Reads, checks and writes a netlist.
  ///
  /// - Parameters:
  ///   - path: The netlist.
  ///   - folder: Where the decks will lie, from which the paths of includes count; nil writes complete paths.
  /// - Throws: ``NetlistProblems`` with everything that is wrong with the netlist; `SpiceError` for what the
  ///   dialect cannot carry.
  public func convert(_ path: String, into folder: URL? = nil) throws -> Result {
    let netlist = try simulation.read(path, needsAnalysis: false)
    var result = Result(decks: [], remarks: netlist.remarks.map(\.description))
    // Of CDL, which has the structure alone, one deck says everything.
    let isStructure = writer.dialect == .cdl || netlist.cards.isEmpty
    let circuitAlone = NetlistRun(
      label: "op", simulation: Simulation(netlist.resolvedCircuit, .operatingPoint),
      place: DeckPlace(file: path, line: 1))
    for (index, run) in (isStructure ? [circuitAlone] : netlist.runs).enumerated() {
      var drawn = simulation.drawingNoise(of: run, at: index)
      if !writer.inlinesModels {
        let includes = drawn.circuit.includes.map { URL(filePath: $0.path).standardizedFileURL.path }
        for (index, path) in includes.enumerated() { drawn.circuit.includes[index].path = path }
        if let folder { drawn.circuit.relocateIncludes(relativeTo: folder) }
      }
      let measures = netlist.measurements.filter { $0.analysis == run.kind }
      for line in measures where line.measurement == nil {
        result.remarks.append("\(line.place): the measurement is not converted: \(line.text)")
      }
      result.decks.append(
        Deck(
          label: run.label, title: netlist.circuit.title, dialect: writer.dialect.rawValue,
          netlist: try text(of: drawn, measuring: measures, &result.remarks)))
    }
    return result
  }

  /// The deck with the measurements that the dialect has; the others become remarks.
  private func text(
    of simulation: Simulation, measuring lines: [MeasureLine], _ remarks: inout [String]
  ) throws -> String {
    var lines = lines.filter { $0.measurement != nil }
    while true {
      do throws(SpiceError) {
        return try writer.deck(simulation, measuring: lines.compactMap(\.measurement)).text
      } catch {
        let index = lines.firstIndex { "measurement \($0.measurement?.name ?? "")" == error.place }
        guard error.code == .notExpressible, let index else { throw error }
        remove(index, from: &lines, because: error.message, &remarks)
      }
    }
  }

  /// Leaves out a measurement and the expressions that use it.
  private func remove(
    _ index: Int, from lines: inout [MeasureLine], because reason: String, _ remarks: inout [String]
  ) {
    let line = lines.remove(at: index)
    remarks.append("\(line.place): the measurement is not converted: \(reason)")
    guard let name = line.measurement?.name else { return }
    while let user = lines.firstIndex(where: { $0.measurement?.usedNames.contains(name) == true }) {
      remove(user, from: &lines, because: "it uses \(name).", &remarks)
    }
  }
}

extension NetlistRun {
  /// `op`, `dc`, `ac` or `tran`.
  var kind: String { String(label.prefix { $0.isLetter }) }
}
