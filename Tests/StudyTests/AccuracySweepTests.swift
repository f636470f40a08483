import Foundation
import Models
import Study
import Testing

@Suite struct AccuracySweepTests {
  @Test func builtInSweepsAreValid() throws {
    let spec = try AccuracySweepSpec.standard()
    try spec.validate()
    // What the article compares, and no more than a dozen points bit by bit.
    #expect(spec.chips == 10 && spec.imagesPerChip == 1000)
    #expect(spec.networks.count == 2 && spec.technologies.count == 4)
    #expect((1...12).contains(spec.bitTrue.reduce(0) { $0 + $1.values.count }))
  }

  @Test(arguments: [
    ("chips = 1\n", "s.toml:1:1: 'chips' has 1.0; expected 2.0 to 1000.0"),
    ("imagesPerChip = 1001\n", "s.toml:1:1: 'imagesPerChip' has 1001.0; expected 1.0 to 1000.0"),
    ("adcBits = [5, 17]\n", "s.toml:1:1: 'adcBits' has 17.0; expected 1.0 to 16.0"),
    ("sigm = [0.1]\n", "s.toml:1:1: unknown key 'sigm'"),
    ("[nominal]\nreadVolts = 2.0\n", "s.toml:2:1: 'nominal.readVolts' has 2.0; expected 0"),
    (
      "[[bitTrue]]\nsweep = \"sigmas\"\nseries = \"1 bit\"\nvalues = [0.1]\n",
      "no 'sigmas'; expected one of sigma, adcBits, rowsPerRead"
    ),
  ])
  func badSweepsSayWhere(text: String, complaint: String) throws {
    let error = try #require(throws: ModelsError.self) {
      let file = try TOMLFile(text: text, place: "s.toml")
      let spec = try file.decode(AccuracySweepSpec.self, over: AccuracySweepSpec.standard())
      try spec.validate(file)
    }
    #expect(error.description.contains(complaint), "\(error)")
  }

  /// Differences are taken chip by chip: what all chips have in common does not widen the interval.
  @Test func differencesArePaired() throws {
    var one = try #require(try StudyFixture.result().accuracies.first)
    var other = one
    one.perChip = [0.90, 0.80, 0.70]
    other.perChip = [0.89, 0.79, 0.69]
    let difference = AccuracyStudy.difference(one, other)
    #expect(abs(difference.value - 0.01) < 1e-12)
    // All chips alike: what the 1,000 images would not have shown, about 3.7 in 1,000.
    #expect(abs(difference.high - difference.value - 0.0037) < 5e-4)
    one.perChip = [0.92, 0.80, 0.70]
    // Student's interval of (0.03, 0.01, 0.01): 4.303 x 0.011547 / sqrt 3 to either side of 0.0166667.
    let wider = AccuracyStudy.difference(one, other)
    #expect(abs(wider.value - 0.05 / 3) < 1e-12)
    #expect(abs(wider.high - wider.value - 4.302653 * 0.0115470 / 3.0.squareRoot()) < 1e-5)
  }

  /// The article's claims follow from the numbers: kept, behind, and a gap that pruning widens.
  @Test func claimsFollowFromTheNumbers() throws {
    let base = try #require(try StudyFixture.result().accuracies.first)
    func point(_ series: String, _ network: Double, _ loss: Double, _ scatter: Double) -> AccuracyStudy.Point
    {
      var result = base
      (result.chips, result.imagesPerChip) = (10, 1000)
      result.perChip = (0..<10).map { 0.84 - loss + ($0 % 2 == 0 ? scatter : -scatter) }
      result.difference = Estimate(value: -loss, low: -loss - scatter, high: -loss + scatter, samples: 10)
      return AccuracyStudy.Point(
        sweep: .technologies, series: series, value: network, label: network == 0 ? "dense" : "pruned",
        network: "n.onnx", result: result)
    }
    func verdicts(_ points: [AccuracyStudy.Point]) throws -> [String] {
      AccuracyStudy(
        spec: try .standard(), points: points, notices: [], provenance: Provenance(seed: 1)
      ).claims.map(\.verdict.rawValue)
    }
    let junction = [
      point("MTJ, 2 bits, verified", 0, 0.002, 0.001), point("MTJ, 2 bits, verified", 1, 0.03, 0.001),
    ]
    let published = [point("RRAM, 2 bits", 0, 0.3, 0.01), point("RRAM, 2 bits", 1, 0.5, 0.01)]
    // Kept dense, not pruned; RRAM behind; the gap grows from 29.8 to 47 points.
    #expect(try verdicts(junction + published) == ["confirmed", "refuted", "confirmed", "confirmed"])
    // Chips that scatter more than they differ decide nothing; a technology that is better refutes.
    let near = [point("RRAM, 2 bits", 0, 0.003, 0.05), point("RRAM, 2 bits", 1, 0.0, 0.001)]
    let undecided = try verdicts(junction + near)
    #expect(undecided[2] == "open")
    #expect(try verdicts([junction[0], point("RRAM, 2 bits", 0, -0.02, 0.001)]) == ["confirmed", "refuted"])
    // A junction that aged is judged for itself.
    let aged = [point("MTJ, 2 bits, verified, after 1 day", 0, 0.4, 0.01)]
    #expect(
      try verdicts([junction[0]] + aged + [published[0]]) == ["confirmed", "confirmed", "refuted", "refuted"])
  }

  /// Whole grains turn over: a change of several grains at once is as rare as a binomial says, and unequal grains change
  /// the share by their own areas.
  @Test func grainsTurnOverWhole() {
    let equal = [TurnedGrains.Grain](repeating: (area: 0.05, probability: 0.02), count: 20)
    let list = TurnedGrains.quantiles([(weight: 1, grains: equal)])
    #expect(list.count == TurnedGrains.steps + 1 && list == list.sorted())
    func share(_ change: Double, _ list: [Double]) -> Double {
      Double(list.count { abs($0 - change) < 1e-9 }) / Double(list.count)
    }
    for (turned, ways) in [(0, 1.0), (1, 20), (2, 190), (3, 1140)] {
      let expected = ways * pow(0.02, Double(turned)) * pow(0.98, Double(20 - turned))
      #expect(abs(share(0.05 * Double(turned), list) - expected) < 2.0 / 8192)
    }
    // One junction of two: a large grain that leaves and a small one that comes; the other holds.
    let mixed = TurnedGrains.quantiles([
      (weight: 1, grains: [(area: -0.3, probability: 0.5), (area: 0.1, probability: 0.25)]),
      (weight: 1, grains: [(area: 0.2, probability: 0)]),
    ])
    for (change, expected) in [(-0.3, 0.1875), (-0.2, 0.0625), (0.0, 0.6875), (0.1, 0.0625)] {
      #expect(abs(share(change, mixed) - expected) < 2.0 / 8192)
    }
    // Everything that can turn does.
    #expect(
      TurnedGrains.quantiles([(weight: 2, grains: [(area: -1, probability: 1)])]).allSatisfy { $0 == -1 })
  }
}
