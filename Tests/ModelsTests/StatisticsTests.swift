import Foundation
import Models
import Testing

@Suite struct StatisticsTests {
  /// Table values of Student's t, two-sided 95 %.
  @Test(arguments: [(1, 12.7062), (4, 2.77645), (9, 2.26216), (30, 2.04227), (1000, 1.96234)])
  func studentQuantileMatchesTable(degrees: Int, t: Double) {
    #expect(abs(Statistics.studentQuantile(0.975, degreesOfFreedom: degrees) / t - 1) < 1e-5)
  }

  /// Wilson interval of 10 successes in 100: 5.52 % to 17.44 %.
  @Test func wilsonInterval() throws {
    let p = try #require(Estimate.proportion(successes: 10, trials: 100))
    #expect(abs(p.low - 0.05523) < 1e-4 && abs(p.high - 0.17437) < 1e-4)
    #expect(Estimate.proportion(successes: 0, trials: 0) == nil)
  }

  /// Chi-square interval of a standard deviation with 9 degrees of freedom: 0.688 s to 1.826 s.
  @Test func standardDeviationInterval() throws {
    let samples = (0..<10).map { Double($0) }
    let s = try #require(Estimate.standardDeviation(samples))
    #expect(abs(s.low / s.value - 0.688) < 0.01 && abs(s.high / s.value - 1.826) < 0.02)
  }

  @Test func quantilesInterpolate() {
    #expect(Statistics.quantile([4, 1, 3, 2], 0.5) == 2.5)
    #expect(Statistics.quantile([], 0.5) == nil)
    #expect(Statistics.quantiles([4, 1, 3, 2], count: 7) == [1, 1.5, 2, 2.5, 3, 3.5, 4])
    #expect(Statistics.quantiles([5], count: 3) == [5, 5, 5])
    #expect(Statistics.quantiles([], count: 3).isEmpty)
  }

  /// A variance that all samples have in common adds to the interval whole: of 0 and 2, mean 1, Student's 12.7062 at one
  /// degree of freedom and a variance of 1 of the mean.
  @Test func commonVarianceStays() throws {
    let mean = try #require(Estimate.mean([0, 2]))
    #expect(abs(mean.high - 1 - 12.7062) < 1e-3)
    let wider = mean.widened(by: 3)
    #expect(abs(wider.high - 1 - 12.7062 * 2) < 1e-3 && abs(wider.low - 1 + 12.7062 * 2) < 1e-3)
    #expect(wider.value == 1 && wider.samples == 2)
    #expect(mean.widened(by: 0) == mean)
    let alike = try #require(Estimate.mean([1, 1, 1])).widened(by: 0.01)
    #expect(abs(alike.high - 1 - 4.302653 * 0.1) < 1e-5)
    let alone = try #require(Estimate.mean([1]))
    #expect(alone.widened(by: 1) == alone)
  }
}

@Suite struct DemagnetizingFactorTests {
  /// Factors computed independently of this program (closed form at high precision).
  @Test(arguments: [
    (1.0, 1.0, 2.0, 0.19831615), (2, 2, 1, 0.49592204), (50, 50, 1.2, 0.93179992),
    (1, 1, 1, 1.0 / 3.0), (500, 125, 3, 0.952644),
  ])
  func prismFactors(a: Double, b: Double, c: Double, nz: Double) {
    #expect(abs(DemagnetizingFactor.alongZ(a: a, b: b, c: c) - nz) < 1e-6)
  }
}

@Suite struct DeviceSpecTests {
  /// J_c0 = 6.077e15 (alpha / P) K_tot.
  @Test func criticalCurrentConstant() throws {
    let url = try ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices")
    let spec = try TOMLFile(url).decode(DeviceSpec.self)
    try spec.validate(at: "device.toml")
    let factor =
      spec.criticalCurrentDensity
      / (spec.dynamics.alpha / spec.dynamics.polarization * spec.totalAnisotropyPerArea)
    #expect(abs(factor / 6.077e15 - 1) < 1e-3)
    #expect(abs(spec.parallelOhms - 2037) < 1)
  }

  @Test func impossibleValuesNameTheField() throws {
    let url = try ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices")
    var spec = try TOMLFile(url).decode(DeviceSpec.self)
    spec.junction.tmrZeroBias = -1
    #expect {
      try spec.validate(at: "x.toml")
    } throws: { "\($0)".contains("junction.tmrZeroBias") && "\($0)".contains("0.01") }
  }
}

@Suite struct TOMLFileTests {
  struct Settings: Codable, Equatable {
    var title = "t"
    var read = Read()
    struct Read: Codable, Equatable {
      var tmr = 1.0
      var levels = 4
    }
  }

  @Test func overlaysDefaultsAndAcceptsWholeNumbersForDecimals() throws {
    let file = try TOMLFile(text: "[read]\ntmr = 2\n", place: "a.toml")
    let settings = try file.decode(Settings.self, over: Settings())
    #expect(settings == Settings(title: "t", read: .init(tmr: 2, levels: 4)))
  }

  @Test func unknownKeyIsPlaced() throws {
    let file = try TOMLFile(text: "title = \"x\"\n[read]\n  tmrr = 2.0\n", place: "a.toml")
    #expect {
      try file.decode(Settings.self, over: Settings())
    } throws: { "\($0)".hasPrefix("a.toml:3:3: unknown key 'read.tmrr'") && "\($0)".contains("levels, tmr") }
  }

  @Test func wrongTypeIsPlaced() throws {
    let file = try TOMLFile(text: "[read]\nlevels = \"four\"\n", place: "a.toml")
    #expect {
      try file.decode(Settings.self, over: Settings())
    } throws: { "\($0)".hasPrefix("a.toml:2:1: 'read.levels' has the wrong type") }
  }

  @Test func syntaxErrorIsPlaced() {
    #expect {
      _ = try TOMLFile(text: "a = \n", place: "a.toml")
    } throws: { "\($0)".hasPrefix("a.toml:1:") }
  }
}

@Suite struct ResultFileTests {
  @Test func roundTripKeepsInfinities() throws {
    let estimate = Estimate(value: 1, low: -.infinity, high: .infinity, samples: 1)
    let data = try ResultFile.encode(estimate)
    #expect(try ResultFile.decode(Estimate.self, from: data, at: "x") == estimate)
  }

  @Test func missingFieldIsNamed() {
    #expect {
      _ = try ResultFile.decode(Estimate.self, from: Data("{\"value\":1}".utf8), at: "r.json")
    } throws: { "\($0)".hasPrefix("r.json: '") && "\($0)".contains("is missing") }
  }
}
