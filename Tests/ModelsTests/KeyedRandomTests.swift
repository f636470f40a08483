import Models
import Testing

@Suite struct KeyedRandomTests {
  /// Known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 10 rounds).
  @Test func philoxMatchesPublishedVectors() {
    #expect(
      KeyedRandom.philox(counter: .zero, key: .zero)
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      KeyedRandom.philox(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      KeyedRandom.philox(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        key: SIMD2(0xa409_3822, 0x299f_31d0)) == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func streamsDependOnEveryPartOfTheKey() {
    func first(_ seed: UInt64, _ stage: String, _ item: UInt64) -> UInt64 {
      var random = KeyedRandom(seed: seed, stage: stage, item: item)
      return random.next()
    }
    let base = first(1, "a", 0)
    #expect(base == first(1, "a", 0))
    #expect(base != first(2, "a", 0))
    #expect(base != first(1, "b", 0))
    #expect(base != first(1, "a", 1))
  }

  /// Mean, variance and fourth moment within five standard errors of 0, 1 and 3.
  @Test func normalMoments() {
    var random = KeyedRandom(seed: 3, stage: "moments")
    let count = 200_000
    var m1 = 0.0
    var m2 = 0.0
    var m4 = 0.0
    for _ in 0..<count {
      let z = random.normal()
      m1 += z
      m2 += z * z
      m4 += z * z * z * z
    }
    let n = Double(count)
    #expect(abs(m1 / n) < 5 / n.squareRoot())
    #expect(abs(m2 / n - 1) < 5 * (2 / n).squareRoot())
    #expect(abs(m4 / n - 3) < 5 * (96 / n).squareRoot())
  }

  @Test(arguments: [1e-9, 1e-3, 0.02, 0.3, 0.5, 0.8, 0.99, 1 - 1e-6])
  func probitInvertsTheNormalDistribution(p: Double) {
    #expect(abs(Math.normalCDF(Math.probit(p)) - p) < 1e-12 * max(1, 1 / p) * p + 1e-15)
  }
}
