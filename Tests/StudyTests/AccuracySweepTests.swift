import Device
import Foundation
import Inference
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
    ("driftSeconds = []\n", "s.toml:1:1: 'driftSeconds' has 0 entries; expected 1 to 1000"),
    ("sigma = [0.1, nan]\n", "s.toml:1:15: 'nan'; expected a finite number"),
    ("chips = 2.5\n", "s.toml:1:1: 'chips' has 2.5; expected a whole number"),
    ("sigma = [0.5]\nadcBits = [5, 5.5]\n", "s.toml:2:1: 'adcBits' has 5.5; expected a whole number"),
    ("sigm = [0.1]\n", "s.toml:1:1: unknown key 'sigm'"),
    ("servedVolts = [2.0]\n", "s.toml:1:1: 'servedVolts' has 2.0; expected 0"),
    ("driftTechnologies = [\"rram\"]\n", "s.toml:1:1: 'driftTechnologies' has 'rram'; expected one of"),
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
    // How few devices one of them knows is not lessened by chips.
    one.deviceVariance = 0.0004
    let few = AccuracyStudy.difference(one, other)
    #expect(abs(few.high - few.value - 4.302653 * (0.0115470 * 0.0115470 / 3 + 0.0004).squareRoot()) < 1e-5)
  }

  /// A point of the comparison of technologies: ten chips whose accuracy alternates about 84 % less a loss.
  private static func point(
    _ series: String, isPruned: Bool = false, loss: Double, scatter: Double = 0.001,
    _ cell: AccuracyStudy.Cell
  ) throws -> AccuracyStudy.Point {
    var result = try #require(try StudyFixture.result().accuracies.first)
    (result.chips, result.imagesPerChip) = (10, 1000)
    result.perChip = (0..<10).map { 0.84 - loss + ($0 % 2 == 0 ? scatter : -scatter) }
    result.difference = Estimate(value: -loss, low: -loss - scatter, high: -loss + scatter, samples: 10)
    return AccuracyStudy.Point(
      sweep: .technologies, series: series, value: isPruned ? 1 : 0, label: isPruned ? "pruned" : "dense",
      network: "n.onnx", isPruned: isPruned, cell: cell, result: result)
  }

  private static func cell(
    isJunction: Bool, _ scheme: LevelStatistics.Programming.Scheme = .writeVerify, days: Double = 0,
    isMoved: Bool = false, hasRead: Bool = true
  ) -> AccuracyStudy.Cell {
    AccuracyStudy.Cell(
      isJunction: isJunction, bitsPerCell: 2, scheme: scheme, elapsedSeconds: days * 86400,
      referencesAreMoved: isMoved, hasRead: hasRead)
  }

  private static func claims(_ points: [AccuracyStudy.Point]) throws -> [String] {
    AccuracyStudy(
      spec: try .standard(), points: points, notices: [], provenance: Provenance(seed: 1)
    ).claims.map { "\($0.claim): \($0.verdict.rawValue)" }
  }

  /// The article's claims follow from the numbers: kept, behind, and a gap that pruning widens.
  @Test func claimsFollowFromTheNumbers() throws {
    let (fresh, aged) = (Self.cell(isJunction: true), Self.cell(isJunction: false, days: 1))
    let junction = [
      try Self.point("J", loss: 0.002, fresh), try Self.point("J", isPruned: true, loss: 0.03, fresh),
    ]
    let published = [
      try Self.point("R", loss: 0.3, aged), try Self.point("R", isPruned: true, loss: 0.5, aged),
    ]
    // Kept dense, not pruned; behind; the gap grows from 29.8 to 47 points.
    #expect(
      try Self.claims(junction + published) == [
        "J: keeps the accuracy of the dense network within one point: confirmed",
        "J: keeps the accuracy of the pruned network within one point: refuted",
        "R: falls behind J: confirmed", "R: pruning widens the gap to J: confirmed",
      ])
    // The order of the networks does not matter.
    #expect(
      Set(try Self.claims((junction + published).reversed())) == Set(try Self.claims(junction + published)))
    // Chips that scatter more than they differ decide nothing; a technology that is better refutes.
    let near = [try Self.point("R", loss: 0.003, scatter: 0.05, aged)]
    #expect(try Self.claims(junction + near).last == "R: falls behind J: open")
    let better = [try Self.point("R", loss: -0.02, aged)]
    #expect(try Self.claims(junction + better).last == "R: falls behind J: refuted")
  }

  /// Several dense networks: each is compared on itself alone, and which of them was pruned nobody knows.
  @Test func claimsCompareOneNetworkAtATime() throws {
    func point(_ series: String, _ network: String, isPruned: Bool = false, loss: Double, _ isJunction: Bool)
      throws -> AccuracyStudy.Point
    {
      var point = try Self.point(series, isPruned: isPruned, loss: loss, Self.cell(isJunction: isJunction))
      (point.network, point.label) = (network, isPruned ? "pruned" : "dense (\(network))")
      return point
    }
    let points = [
      try point("J", "a", loss: 0, true), try point("J", "b", loss: 0.3, true),
      try point("J", "c", isPruned: true, loss: 0, true),
      try point("R", "a", loss: 0.2, false), try point("R", "b", loss: 0.2, false),
      try point("R", "c", isPruned: true, loss: 0.5, false),
    ]
    #expect(
      try Self.claims(points).filter { $0.hasPrefix("R") } == [
        "R: falls behind J on the dense (a) network: confirmed",
        "R: falls behind J on the dense (b) network: refuted",
      ])
  }

  /// A percentage is found however it rounds: 100 * 0.07 is 7.000000000000001.
  @Test func bitTruePointsAreFound() throws {
    let file = try TOMLFile(
      text: "[[bitTrue]]\nsweep = \"sigma\"\nseries = \"1 bit\"\nvalues = [7.0, 0.0]\n", place: "s.toml")
    let wish = try #require(
      try file.decode(AccuracySweepSpec.self, over: AccuracySweepSpec.standard()).bitTrue.first)
    #expect(wish.names(100 * 0.07) && wish.names(0) && !wish.names(7.1) && !wish.names(1e-5))
  }

  /// Remedies of several cells have a row each, inside the picture.
  @Test func remediesHaveRowsOfTheirOwn() throws {
    var points: [AccuracyStudy.Point] = []
    for (series, labels) in [("A", ["none", "all"]), ("B", ["full", "none", "trim", "all"])] {
      for (place, label) in labels.enumerated() {
        var point = try Self.point(series, loss: 0.01 * Double(place), Self.cell(isJunction: true))
        (point.sweep, point.value, point.label) = (.remedies, Double(place), label)
        points.append(point)
      }
    }
    let study = AccuracyStudy(
      spec: try .standard(), points: points, notices: [], provenance: Provenance(seed: 1))
    let data = try #require(Picture.accuracySweeps(study).first?.data)
    let rows = data.split(separator: "\n").drop { $0 != "# rows" }.dropFirst(2).prefix { !$0.hasPrefix("#") }
    #expect(rows.map { $0.split(separator: " ")[0] } == ["6", "5", "4", "3", "2", "1"])
    #expect(["A: none", "B: none", "B: trim"].allSatisfy(data.contains))
  }

  /// A lead that pruning shrinks is no gap that it widens.
  @Test func aShrinkingLeadIsNoGap() throws {
    let (junction, other) = (Self.cell(isJunction: true), Self.cell(isJunction: false))
    let points = [
      try Self.point("J", loss: 0.6, junction), try Self.point("J", isPruned: true, loss: 0.7, junction),
      try Self.point("R", loss: 0.2, other), try Self.point("R", isPruned: true, loss: 0.6, other),
    ]
    #expect(try Self.claims(points).filter { $0.hasPrefix("R") } == ["R: falls behind J: refuted"])
  }

  /// Like is compared with like: by scheme, with the junction as written, or both at one age with moved references; reads that
  /// nobody characterised are not compared.
  @Test func claimsCompareLikeWithLike() throws {
    let junctions = [
      try Self.point("fresh", loss: 0, Self.cell(isJunction: true)),
      try Self.point("old", loss: 0.4, Self.cell(isJunction: true, days: 1)),
      try Self.point("moved", loss: 0.1, Self.cell(isJunction: true, days: 1, isMoved: true)),
      try Self.point("open loop", loss: 0.5, Self.cell(isJunction: true, .openLoop)),
    ]
    func behind(_ cell: AccuracyStudy.Cell) throws -> [String] {
      try Self.claims(junctions + [try Self.point("R", loss: 0.3, cell)]).filter { $0.hasPrefix("R") }
    }
    let fresh = "R: falls behind fresh: confirmed"
    #expect(try behind(Self.cell(isJunction: false, days: 1)) == [fresh])
    #expect(try behind(Self.cell(isJunction: false)) == [fresh])
    #expect(
      try behind(Self.cell(isJunction: false, days: 1, isMoved: true)) == ["R: falls behind moved: confirmed"]
    )
    #expect(try behind(Self.cell(isJunction: false, days: 2, isMoved: true)).isEmpty)
    #expect(
      try behind(Self.cell(isJunction: false, .openLoop)) == ["R: falls behind open loop: refuted"])
    #expect(try behind(Self.cell(isJunction: false, hasRead: false)).isEmpty)
    // Without labels nothing is said of accuracy.
    var unlabelled = junctions
    for index in unlabelled.indices { unlabelled[index].result.metric = .agreement }
    #expect(try Self.claims(unlabelled).isEmpty)
  }

  /// Ageing takes each junction's grains by their barriers: a soft grain of a tenth of the area in one of two junctions is
  /// gone after a day in the half of the cells that is of that junction; chips differ by how often they have it.
  @Test func junctionsAgeByTheirBarriers() throws {
    var spec = try TOMLFile(ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices"))
      .decode(DeviceSpec.self)
    spec.temperatureKelvin = 300
    let thermal = PhysicalConstants.boltzmann * 300
    func states(soft: Double) throws -> [StateBarriers] {
      try (0...3).map { state in
        let values: [String: Any] = [
          "weights": [0.1, 0.9], "parallel": [true, state > 1],
          "joules": [soft * thermal, 200 * thermal], "backJoules": [300 * thermal, 300 * thermal],
          "nominalJoules": [60 * thermal, 540 * thermal], "moments": [1e-18, 9e-18],
        ]
        return try JSONDecoder().decode(
          StateBarriers.self, from: JSONSerialization.data(withJSONObject: values))
      }
    }
    let chips = 40
    let ageing = try JunctionAgeing(
      junction: spec, barriers: [states(soft: 20), states(soft: 100)], chips: chips, seed: 3)
    let levels = try #require(try StudyFixture.result().levels.first)
    let fresh = CellArrayModel(idealWithBits: levels.bitsPerCell)
    #expect(ageing.aged(fresh, levels, seconds: 0) == fresh)
    // A time at no voltage is a time in store.
    #expect(
      ageing.aged(fresh, levels, seconds: 0, readSeconds: 86400)
        == ageing.aged(fresh, levels, seconds: 86400, readSeconds: 0, readVolts: 0.1))
    let aged = ageing.aged(fresh, levels, seconds: 86400)
    #expect(aged.shiftQuantiles.count == chips)
    var shares: [Double] = []
    for population in aged.shiftQuantiles {
      let gone = population[0].count { abs($0 + 0.1) < 1e-9 }
      shares.append(Double(gone) / Double(population[0].count))
    }
    // Two draws of two: none, half or all of the cells are of the soft junction.
    for share in shares { #expect([0, 0.5, 1].contains { abs($0 - share) < 1e-3 }) }
    #expect(Set(shares.map { ($0 * 2).rounded() }).count == 3)
    let mean = shares.reduce(0, +) / Double(chips)
    #expect(abs(mean - 0.5) < 5 * (0.125 / Double(chips)).squareRoot())
  }

  /// Whole grains turn over: a change of several grains at once is as rare as a binomial says, and unequal grains change
  /// the share by their own areas.
  @Test func grainsTurnOverWhole() {
    let equal = [TurnedGrains.Grain](repeating: (area: 0.05, probability: 0.02), count: 20)
    let list = TurnedGrains.quantiles([(weight: 1, changes: TurnedGrains(equal))])
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
      (weight: 1, changes: TurnedGrains([(area: -0.3, probability: 0.5), (area: 0.1, probability: 0.25)])),
      (weight: 1, changes: TurnedGrains([(area: 0.2, probability: 0)])),
    ])
    for (change, expected) in [(-0.3, 0.1875), (-0.2, 0.0625), (0.0, 0.6875), (0.1, 0.0625)] {
      #expect(abs(share(change, mixed) - expected) < 2.0 / 8192)
    }
    // Everything that can turn does.
    #expect(
      TurnedGrains.quantiles([(weight: 2, changes: TurnedGrains([(area: -1, probability: 1)]))]).allSatisfy {
        $0 == -1
      })
  }
}
