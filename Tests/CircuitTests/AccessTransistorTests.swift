import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

@Suite(.requiresNgspice) struct AccessTransistorTests {
  /// Direct currents of one access transistor at 1.2 V, forward and source-degenerated, against a table.
  ///
  /// The table was simulated on another 45 nm-class card; each figure must agree within 15 %.
  @Test(arguments: [
    (100e-9, [(3e3, 116.0, 77.0), (5e3, 111, 62), (10e3, 87, 42)]),
    (200e-9, [(3e3, 221, 116), (5e3, 176, 85), (10e3, 104, 52)]),
    (400e-9, [(3e3, 313, 151), (5e3, 209, 103), (10e3, 112, 58)]),
    (800e-9, [(3e3, 357, 179), (5e3, 225, 117), (10e3, 116, 63)]),
  ])
  func directCurrents(width: Double, rows: [(ohms: Double, forward: Double, degenerated: Double)])
    async throws
  {
    let bench = SimulationBench(pool: try WorkerPool(workers: 1), corner: try TestCorner.typical())
    for row in rows {
      let currents = try await bench.directCurrent(accessWidth: width, supplyVolts: 1.2, ohms: row.ohms)
      let forward = try #require(currents[.forward]) * 1e6
      let degenerated = try #require(currents[.degenerated]) * 1e6
      #expect(abs(forward / row.forward - 1) < 0.15, "\(width) m, \(row.ohms) Ohm: \(forward) uA")
      #expect(abs(degenerated / row.degenerated - 1) < 0.15, "\(width) m, \(row.ohms) Ohm: \(degenerated) uA")
      // The ratio is free of the card's drive: 10 % of the table's own, which lies between 0.48 and 0.66.
      let ratio = degenerated / forward * row.forward / row.degenerated
      #expect(abs(ratio - 1) < 0.1, "\(width) m, \(row.ohms) Ohm: \(degenerated / forward)")
    }
  }
}

/// The shipped transistors, for tests.
enum TestCorner {
  static func typical() throws -> TransistorCard { try TransistorLibrary.load("tessera45").card() }
  static let mismatch = TransistorLibrary.Mismatch(thresholdVoltMetres: 2.5e-9, currentFactorMetres: 7e-9)
}
