import Circuit
import Foundation
import Spice
import TestSupport
import Testing

/// Kits that we do not ship, where their users have them.
@Suite(.requiresNgspice) struct OpenKitTests {
  private static func has(_ variable: String) -> Bool {
    ProcessInfo.processInfo.environment[variable].map { !$0.isEmpty } ?? false
  }

  /// The targets of tessera45 are this kit's figures: extraction finds them again.
  @Test(.enabled("set TESSERA_FREEPDK45 to the kit's cards", { has("TESSERA_FREEPDK45") }))
  func freePDK45() async throws {
    let figures = try await TransistorFigures.extract(
      from: TransistorLibrary.load("freepdk45").card(), on: WorkerPool(workers: 1))
    let targets = try #require(try TransistorLibrary.load("tessera45").targets)
    for (figure, target) in targets.nmos {
      #expect(abs(try #require(figures.nmos[figure]) / target.value - 1) < 0.01, "\(figure)")
    }
    for (figure, target) in targets.pmos where figure != .gateCapacitance {
      #expect(abs(try #require(figures.pmos[figure]) / target.value - 1) < 0.01, "\(figure)")
    }
    #expect(abs(figures.fanoutOfFourDelaySeconds / 15.4e-12 - 1) < 0.15)
  }

  /// A binned kit whose corners are sections of one file; only orders of magnitude are known here.
  @Test(.enabled("set TESSERA_SKY130 to the kit's cards", { has("TESSERA_SKY130") }))
  func sky130() async throws {
    let library = try TransistorLibrary.load("sky130")
    let pool = try WorkerPool(workers: 1)
    let typical = try await TransistorFigures.extract(from: library.card(), on: pool)
    let slow = try await TransistorFigures.extract(from: library.card(corner: "ss"), on: pool)
    #expect((300...800).contains(try #require(typical.nmos[.drive])))
    #expect((0.3...0.8).contains(try #require(typical.nmos[.thresholdLinear])))
    #expect(slow.fanoutOfFourDelaySeconds > typical.fanoutOfFourDelaySeconds)
  }
}
