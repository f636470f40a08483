import Models
import Study
import Testing

@Suite struct HeadlinesTests {
  /// A contrast at which no read decided has no delay and no share in the headlines.
  @Test func undecidedReadsAreLeftOut() throws {
    var result = try StudyFixture.result()
    let whole = Headlines(result).all
    let points = result.readSweep.indices.filter {
      result.readSweep[$0].bitsPerCell == 2 && result.readSweep[$0].read != nil
        && result.readSweep[$0].tmrZeroBias != nil
    }
    let lowest = try #require(
      points.min { result.readSweep[$0].tmrZeroBias ?? 0 < result.readSweep[$1].tmrZeroBias ?? 0 })
    result.readSweep[lowest].read?.delaySeconds =
      Estimate(value: .infinity, low: .infinity, high: .infinity, samples: 0)
    let left = Headlines(result).all
    func delay(_ headlines: [Headline]) throws -> Double {
      try #require(headlines.first { $0.id == "readDelayTmr" }?.computed)
    }
    #expect(try delay(left).isFinite)
    #expect(try delay(left) < delay(whole))
  }
}
