import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

@Suite(.requiresNgspice) struct ShippedDeckTests {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "netlists", directoryHint: .isDirectory)

  static func deck(_ circuit: ShippedCircuit) async throws -> Simulation {
    let device = try TOMLFile(try ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices"))
      .decode(DeviceSpec.self)
    return try await circuit.simulation(
      on: SimulationBench(pool: try WorkerPool(workers: 1), corner: try TestCorner.typical()), device: device)
  }

  /// The committed decks are what the program writes; `tessera netlist export all --output netlists --library
  /// models/transistors/tessera45/card.toml` renews them.
  @Test(arguments: ShippedCircuit.allCases)
  func committedDeckIsCurrent(circuit: ShippedCircuit) async throws {
    var simulation = try await Self.deck(circuit)
    if !simulation.circuit.includes.isEmpty {
      simulation.circuit.includes = [Include("../models/transistors/tessera45/tessera45_tt.lib")]
    }
    let file = Self.directory.appending(path: "\(circuit.rawValue).cir")
    let committed = String(decoding: try ResultFile.read(file), as: UTF8.self)
    #expect(NgspiceWriter().deck(simulation).text == committed)
  }

  @Test(arguments: ShippedCircuit.allCases)
  func everyDeckIsValidAndRuns(circuit: ShippedCircuit) async throws {
    let simulation = try await Self.deck(circuit)
    try simulation.validate()
    let waves = try await WorkerPool(workers: 1).run(simulation).waveforms()
    #expect(waves.count > 20)
  }

  /// The committed deck runs as it is in the program, with the model file beside it.
  @Test(.requiresProgram("ngspice"), arguments: ShippedCircuit.allCases)
  func committedDeckRunsInTheProgram(circuit: ShippedCircuit) throws {
    let program = try #require(Program.find("ngspice"))
    let directory = try TemporaryDirectory()
    let deck = Self.directory.appending(path: "\(circuit.rawValue).cir").path(percentEncoded: false)
    #expect(try Program.run(program, ["-b", deck], in: directory.path) == 0)
    let printed = try #require(contents(of: "\(directory.path)/stdout"))
    #expect(!printed.lowercased().contains("error"))
    #expect(printed.split(separator: "\n").count > 100)
  }

  /// The column's deck is the column that is characterised: its output spans the converter's ladder.
  @Test func columnDeckIsTheCharacterisedColumn() async throws {
    let device = try TOMLFile(try ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices"))
      .decode(DeviceSpec.self)
    let bench = SimulationBench(pool: try WorkerPool(workers: 1), corner: try TestCorner.typical())
    let waves = try await bench.waveforms(ShippedCircuit.columnRead.simulation(on: bench, device: device))
    let element = MemoryElement.junction(
      parallelOhms: device.parallelOhms, tmrZeroBias: device.junction.tmrZeroBias,
      tmrHalfVolts: device.junction.tmrHalfVolts)
    let library = try await bench.characterize(
      ColumnDesign.standard(rowsPerRead: 2, adcBits: 3).fitted(to: element), element: element,
      bitsPerCell: 2, samples: 0)
    #expect(abs((waves.scale.last ?? 0) - library.cycleSeconds) < 1e-15)
    let top = try waves.signal("v(ladt)").final
    let output = try waves.signal("v(out)").value(at: library.cycleSeconds - 0.55e-9)
    #expect(abs(output - top) < (top - (try waves.signal("v(ladb)").final)) / 7 / 4)
    for j in 1...7 { #expect(try waves.signal("v(op\(j))").maximum() > 0.9) }
  }
}
