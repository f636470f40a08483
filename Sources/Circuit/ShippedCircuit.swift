import Foundation
import Models
import Spice

/// The circuits that come with the program, each complete with stimuli and ready to run.
public enum ShippedCircuit: String, CaseIterable, Sendable {
  case flashRead = "flash-read"
  case flashRead1Bit = "flash-read-1bit"
  case flashReadTrial = "flash-read-trial"
  case comparator
  case columnRead = "column-read"
  case writeForward = "write-forward"
  case writeDegenerated = "write-degenerated"
  case levelStaircase = "level-staircase"

  /// What it is.
  public var title: String {
    switch self {
    case .flashRead: "2-bit flash read of one cell, standard sense chain"
    case .flashRead1Bit: "1-bit read of one cell, standard sense chain"
    case .flashReadTrial: "2-bit flash read, the small trial circuit"
    case .comparator: "StrongARM comparator, fired once with 10 mV at its input"
    case .columnRead: "two rows on one bitline into a 3-bit flash converter"
    case .writeForward: "write pulse towards antiparallel"
    case .writeDegenerated: "write pulse towards parallel, source-degenerated"
    case .levelStaircase: "levels of the junction under rising current pulses, no transistors"
    }
  }

  /// The circuit with its analysis, biased and sized as the characterisation does it.
  ///
  /// Standby bias, load, ladder and firing time follow from simulations of the circuit itself, so a deck of
  /// other transistors or another device fits them. They are rounded to what a netlist can state.
  ///
  /// - Parameters:
  ///   - bench: Workers, transistors and temperature.
  ///   - device: The junction: resistance, contrast and thresholds.
  /// - Throws: ``CircuitError`` if ngspice is missing or the circuit cannot be biased.
  public func simulation(
    on bench: SimulationBench, device: DeviceSpec
  ) async throws(CircuitError) -> Simulation {
    let card = bench.corner
    let celsius = bench.temperatureCelsius
    let junction = MemoryElement.junction(
      parallelOhms: device.parallelOhms, tmrZeroBias: device.junction.tmrZeroBias,
      tmrHalfVolts: device.junction.tmrHalfVolts)
    switch self {
    case .flashRead, .flashRead1Bit:
      let levels: [Double] = self == .flashRead ? [0, 1.0 / 3, 2.0 / 3, 1] : [0, 1]
      var read = try await bench.biased(
        FlashRead(
          design: .standard(), timing: .standard, element: junction, levels: levels,
          dataPosition: levels[levels.count - 2]))
      read.bitlineVolts = (read.bitlineVolts * 1e3).rounded() / 1e3
      return read.simulation(card, temperatureCelsius: celsius)
    case .flashReadTrial:
      return FlashRead(
        design: .trial, timing: .trial(develop: 0.3e-9),
        element: .linear(highSiemens: 2e-4, lowSiemens: 1e-4), levels: [0, 1.0 / 3, 2.0 / 3, 1],
        dataPosition: 2.0 / 3
      ).simulation(card, temperatureCelsius: celsius)
    case .comparator:
      return SimulationBench.latchSimulation(
        .standard, 1, code: nil, inputVolts: 0.6, difference: 10e-3, corner: card,
        temperatureCelsius: celsius)
    case .columnRead:
      let column = try await bench.sized(
        ColumnDesign.standard(rowsPerRead: 2, adcBits: 3).fitted(to: junction), element: junction)
      return column.read(conducting: 2).simulation(
        card, fire: try await bench.settled(column), temperatureCelsius: celsius)
    case .writeForward, .writeDegenerated:
      let forward = self == .writeForward
      return WriteCircuit(
        design: WriteDesign(), junction: try CompactModel.shipped(for: device),
        polarity: forward ? .forward : .degenerated, initialState: forward ? 0 : 1
      ).simulation(card, temperatureCelsius: celsius)
    case .levelStaircase:
      return LevelStaircase(junction: try CompactModel.shipped(for: device)).simulation(
        temperatureCelsius: celsius)
    }
  }
}

extension CompactModel {
  /// The fitted junction that comes with the program, with a device's own resistance, contrast and critical current.
  ///
  /// `models/devices/granular-mtj/compact.json` is what `tessera device fit` writes for the default device.
  static func shipped(for device: DeviceSpec) throws(CircuitError) -> CompactModel {
    do {
      let url = try ModelLibrary.standard.url("granular-mtj/compact.json", in: "devices")
      let model = try ResultFile.decode(
        CompactModel.self, from: ResultFile.read(url), at: url.lastPathComponent)
      return model.scaled(to: device)
    } catch {
      throw CircuitError.wrapping(error, "the fitted junction cannot be read")
    }
  }
}

extension Spice.Circuit {
  /// Rewrites the model includes as paths relative to a directory, so that a deck can move with its tree.
  ///
  /// An include outside the directory's parent has its absolute path.
  public mutating func relocateIncludes(relativeTo directory: URL) {
    let base = directory.standardizedFileURL.pathComponents
    for index in includes.indices {
      let file = URL(filePath: includes[index].path).standardizedFileURL
      let target = file.pathComponents
      includes[index].path = file.path
      let shared = zip(base, target).prefix { $0 == $1 }.count
      guard shared + 1 >= base.count, shared > 1 else { continue }
      let up = [String](repeating: "..", count: base.count - shared)
      includes[index].path = (up + target[shared...]).joined(separator: "/")
    }
  }
}
