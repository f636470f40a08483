import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

/// The fit that made the shipped cards, run again.
@Suite struct TransistorFitTests {
  private static func shipped(_ library: TransistorLibrary, _ file: String) throws -> ModelCardText {
    let url = library.directory.appending(path: file)
    return ModelCardText(try String(contentsOf: url, encoding: .utf8), place: file)
  }

  @Test(.requiresNgspice, arguments: ["tessera45", "tessera22"])
  func reproducesTheShippedCards(name: String) async throws {
    let library = try TransistorLibrary.load(name)
    let fit = try await TransistorFit.run(library, on: WorkerPool(workers: 2))
    #expect(fit.figures.table(against: library.targets).allSatisfy { $0.isMet != false })
    #expect(fit.files.keys.sorted() == ["ff", "ss", "tt"].map { "\(name)_\($0).lib" })
    for (file, text) in fit.files {
      let shipped = try Self.shipped(library, file)
      let fitted = ModelCardText(text, place: file)
      for channel in ChannelType.allCases {
        let model = library.device(channel).model
        for (key, value) in try #require(fit.parameters[channel]) {
          let (new, old) = (try fitted.number(key, of: model), try shipped.number(key, of: model))
          #expect(abs(new / old - 1) < 2e-3, "\(file) \(model) \(key)")
          if file.contains("_tt") { #expect(abs(new / value - 1) < 1e-4) }
        }
      }
    }
  }

  /// A fit to the figures of a known card finds that card.
  @Test(.requiresNgspice) func findsACardFromItsFigures() async throws {
    var library = try TransistorLibrary.load("tessera45")
    let pool = try WorkerPool(workers: 2)
    let figures = try await TransistorFigures.extract(from: library.card(corner: "ff"), on: pool)
    func exactly(_ values: [TransistorFigure: Double]) -> [TransistorFigure: TransistorTargets.Target] {
      values.mapValues { .init(value: $0, relative: 0.05) }
    }
    library.targets = TransistorTargets(nmos: exactly(figures.nmos), pmos: exactly(figures.pmos))
    let fit = try await TransistorFit.run(library, on: pool)
    let fast = try Self.shipped(library, "tessera45_ff.lib")
    for channel in ChannelType.allCases {
      for (key, value) in try #require(fit.parameters[channel]) {
        let expected = try fast.number(key, of: library.device(channel).model)
        #expect(abs(value / expected - 1) < 0.01, "\(channel) \(key): \(value), \(expected)")
      }
    }
  }

  @Test(arguments: ["tessera45", "tessera22"])
  func cornersFollowFromTheTypicalCard(name: String) throws {
    let library = try TransistorLibrary.load(name)
    let typical = try Self.shipped(library, "\(name)_tt.lib")
    for (file, text) in try library.corners(of: typical, plan: #require(library.fit)) {
      #expect(try Self.shipped(library, file).text == text)
    }
  }

  @Test func cardTextKeepsItsCommentsAndLayout() throws {
    let text = "* head\n.model N1 nmos level=54\n* why u0=9\n+ u0=0.03 ua=1e-9 \n.model p1 pmos u0=0.01"
    var card = ModelCardText(text, place: "a.lib")
    #expect(try card.number("u0", of: "n1") == 0.03)
    try card.set("U0", of: "n1", to: 0.0412345678)
    #expect(card.text == text.replacingOccurrences(of: "u0=0.03", with: "u0=4.1235e-2"))
    #expect(card.models().map(\.name) == ["n1", "p1"])
    #expect(card.models()[0].parameters.map(\.name) == ["level", "u0", "ua"])
    let error = try #require(throws: CircuitError.self) { try card.number("vsat", of: "p1") }
    #expect(error.description == "a.lib, p1: the model has no parameter vsat.")
  }

  /// Rosenbrock's valley ends in (1, 1); in a box that x cannot leave beyond 0.5 it ends in (0.5, 0.25).
  @Test(arguments: [(2.0, [1.0, 1.0]), (0.5, [0.5, 0.25])])
  func searchEndsInTheValley(limit: Double, minimum: [Double]) async throws {
    var search = BoundedLeastSquares(low: [-2, -2], high: [limit, 2])
    search.increment = 1e-6
    search.tolerance = 1e-12
    search.maximumIterations = 100
    let solution = try #require(
      await search.minimize(from: [-1.2, 1]) { points in
        points.map { [10 * ($0[1] - $0[0] * $0[0]), 1 - $0[0]] }
      })
    for (found, expected) in zip(solution.x, minimum) { #expect(abs(found - expected) < 1e-5) }
  }

  /// Points without residuals are walked around: here every x below 0.2.
  @Test func searchAvoidsPointsWithoutResiduals() async throws {
    let search = BoundedLeastSquares(low: [0], high: [10])
    let solution = try #require(
      await search.minimize(from: [8]) { points in
        points.map { $0[0] < 0.2 ? nil : [$0[0].squareRoot() - 0.5] }
      })
    #expect(abs(solution.x[0] - 0.25) < 1e-3)
  }
}
