import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

@Suite(.requiresNgspice) struct ShippedDeckTests {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "netlists", directoryHint: .isDirectory)

  static func deck(_ circuit: ShippedCircuit) throws -> Simulation {
    let device = try TOMLFile(try ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices"))
      .decode(DeviceSpec.self)
    return circuit.simulation(card: try TestCorner.typical(), device: device)
  }

  /// The committed decks are what the program writes; `tessera netlist export all --output netlists` renews
  /// them.
  @Test(arguments: ShippedCircuit.allCases)
  func committedDeckIsCurrent(circuit: ShippedCircuit) throws {
    var simulation = try Self.deck(circuit)
    simulation.circuit.includes = [Include("../models/transistors/tessera45/tessera45_tt.lib")]
    let file = Self.directory.appending(path: "\(circuit.rawValue).cir")
    let committed = String(decoding: try ResultFile.read(file), as: UTF8.self)
    #expect(NgspiceWriter().deck(simulation).text == committed)
  }

  @Test(arguments: ShippedCircuit.allCases)
  func everyDeckIsValidAndRuns(circuit: ShippedCircuit) async throws {
    let simulation = try Self.deck(circuit)
    try simulation.validate()
    let waves = try await WorkerPool(workers: 1).run(simulation).waveforms()
    #expect(waves.count > 20)
  }
}
