import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

@Suite(.requiresNgspice) struct AccessTransistorTests {
  /// Published direct currents of one access transistor at 1.2 V, forward and source-degenerated, for 3, 5
  /// and 10 kOhm. The reference was another 45 nm-class card, so each figure must agree within 15 % up to
  /// 400 nm; wider devices drop more in that card's contacts.
  @Test(arguments: [
    (100e-9, [(3e3, 116.0, 77.0), (5e3, 111, 62), (10e3, 87, 42)]),
    (200e-9, [(3e3, 221, 116), (5e3, 176, 85), (10e3, 104, 52)]),
    (400e-9, [(5e3, 209, 103), (10e3, 112, 58)]),
    (800e-9, [(5e3, 225, 117), (10e3, 116, 63)]),
  ])
  func directCurrents(width: Double, rows: [(ohms: Double, forward: Double, degenerated: Double)])
    async throws
  {
    let bench = WriteBench(pool: try WorkerPool(workers: 1), corner: try TestCorner.typical())
    for row in rows {
      let currents = try await bench.directCurrent(accessWidth: width, supplyVolts: 1.2, ohms: row.ohms)
      let forward = try #require(currents[.forward]) * 1e6
      let degenerated = try #require(currents[.degenerated]) * 1e6
      #expect(abs(forward / row.forward - 1) < 0.15, "\(width) m, \(row.ohms) Ohm: \(forward) uA")
      #expect(abs(degenerated / row.degenerated - 1) < 0.15, "\(width) m, \(row.ohms) Ohm: \(degenerated) uA")
      #expect((0.45...0.75).contains(degenerated / forward))
    }
  }
}

/// The shipped transistors, for tests.
enum TestCorner {
  static func typical() throws -> TransistorCorner {
    let url = try ModelLibrary.standard.url("tessera45/tessera45_tt.lib", in: "transistors")
    return TransistorCorner(
      name: "tessera45/tt", include: Include(url.path(percentEncoded: false)),
      models: [.nmos: "nmos_45", .pmos: "pmos_45"], supplyVolts: 1, minimumLengthMetres: 50e-9)
  }
}
