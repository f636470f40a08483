import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

/// The shipped cards against their published or assumed targets, and against common sense about MOSFETs.
@Suite(.requiresNgspice) struct TransistorFiguresTests {
  let pool: WorkerPool

  init() throws { pool = try WorkerPool(workers: 2) }

  @Test(arguments: ["tessera45", "tessera22"])
  func everyTargetIsMet(name: String) async throws {
    let library = try TransistorLibrary.load(name)
    let targets = try #require(library.targets)
    let figures = try await TransistorFigures.extract(from: library.card(), on: pool)
    let rows = figures.table(against: targets)
    #expect(rows.count == 17)
    #expect(rows.filter { $0.target != nil }.count == targets.nmos.count + targets.pmos.count + 1)
    for row in rows {
      #expect(
        row.isMet != false,
        "\(row.subject) \(row.symbol): \(row.value) \(row.unit), target \(row.target ?? .nan)")
    }
  }

  @Test(arguments: ["tessera45", "tessera22"])
  func cornersAreOrdered(name: String) async throws {
    let library = try TransistorLibrary.load(name)
    var byCorner: [TransistorFigures] = []
    for corner in ["ss", "tt", "ff"] {
      byCorner.append(try await TransistorFigures.extract(from: library.card(corner: corner), on: pool))
    }
    for (slow, fast) in zip(byCorner, byCorner.dropFirst()) {
      #expect(slow.fanoutOfFourDelaySeconds > 1.05 * fast.fanoutOfFourDelaySeconds)
      for channel in ChannelType.allCases {
        #expect(try #require(slow[channel][.drive]) < 0.95 * #require(fast[channel][.drive]))
        #expect(try #require(slow[channel][.leakage]) < 0.6 * #require(fast[channel][.leakage]))
      }
    }
  }

  @Test func heatWeakensDriveAndRaisesLeakage() async throws {
    let card = try TransistorLibrary.load("tessera45").card()
    var figures: [TransistorFigures] = []
    for temperature in [-40.0, 27, 125] {
      figures.append(
        try await TransistorFigures.extract(from: card, temperatureCelsius: temperature, on: pool))
    }
    for (cold, hot) in zip(figures, figures.dropFirst()) {
      for channel in ChannelType.allCases {
        let (a, b) = (cold[channel], hot[channel])
        #expect(try #require(a[.drive]) > #require(b[.drive]))
        #expect(try #require(b[.leakage]) > 5 * #require(a[.leakage]))
        // The swing is at least kT/q ln 10.
        let limit = 8.617e-5 * (hot.temperatureCelsius + 273.15) * log(10)
        #expect((1...1.7).contains(try #require(b[.swing]) / limit))
        let slope =
          try (#require(b[.thresholdLinear]) - #require(a[.thresholdLinear]))
          / (hot.temperatureCelsius - cold.temperatureCelsius)
        #expect((-1.2e-3 ... -0.3e-3).contains(slope))
      }
    }
  }

  @Test func resultsDoNotDependOnTheNumberOfWorkers() async throws {
    let card = try TransistorLibrary.load("tessera45").card()
    let one = try await TransistorFigures.extract(from: card, on: WorkerPool(workers: 1))
    #expect(try await TransistorFigures.extract(from: card, on: pool) == one)
  }

  @Test func figuresSurviveJSON() async throws {
    let figures = TransistorFigures(
      library: "a", corner: "tt", temperatureCelsius: 27, nmos: [.drive: 979], pmos: [.swing: 0.09],
      fanoutOfFourDelaySeconds: 15e-12)
    let data = try ResultFile.encode(figures)
    #expect(String(decoding: data, as: UTF8.self).contains("\"driveAmperesPerMetre\" : 979"))
    #expect(try ResultFile.decode(TransistorFigures.self, from: data, at: "memory") == figures)
  }
}
