import Device
import Foundation
import Models
import Testing

@Suite struct NestedSampleTests {
  /// Variance components of a small table by hand: device means 2, 4, 9; within-variances 1, 1, 4 of pairs.
  @Test func varianceComponentsByHand() {
    let half = 0.5.squareRoot()
    let sample = NestedSample([
      [2 - half, 2 + half], [4 - half, 4 + half], [9 - 2 * half, 9 + 2 * half],
    ])
    #expect(abs(sample.mean.value - 5) < 1e-12)
    #expect(abs(sample.sigmaCycleToCycle.value - 2.0.squareRoot()) < 1e-12)
    // Var(means) = 13; 13 - 2 / 2 = 12.
    #expect(abs(sample.sigmaDeviceToDevice.value - 12.0.squareRoot()) < 1e-12)
  }

  /// The intervals cover the true components in about 95 % of 300 synthetic ensembles (at least 90 %).
  @Test func intervalsCover() {
    var (device, cycle, mean) = (0, 0, 0)
    for trial in 0..<300 {
      var random = KeyedRandom(seed: 9, stage: "test.nested", item: UInt64(trial))
      let sample = NestedSample(
        (0..<50).map { _ in
          let centre = 0.3 * random.normal()
          return (0..<10).map { _ in centre + 0.5 * random.normal() }
        })
      func covers(_ e: Estimate, _ value: Double) -> Int { e.low <= value && value <= e.high ? 1 : 0 }
      device += covers(sample.sigmaDeviceToDevice, 0.3)
      cycle += covers(sample.sigmaCycleToCycle, 0.5)
      mean += covers(sample.mean, 0)
    }
    #expect(device >= 270 && cycle >= 270 && mean >= 270)
  }

  /// Without correlation the interval is Wilson's; with cycles all alike it is that of the devices alone.
  @Test func proportionCountsDevicesWhereCyclesAgree() throws {
    let alike = NestedSample((0..<40).map { device in [Double](repeating: Double(device), count: 25) })
    let byDevice = try #require(Estimate.proportion(successes: 4, trials: 40))
    let estimate = alike.proportion { $0 < 4 }
    #expect(abs(estimate.low - byDevice.low) < 1e-9 && abs(estimate.high - byDevice.high) < 1e-9)

    let unlike = NestedSample((0..<40).map { _ in (0..<25).map { Double($0) } })
    let byCell = try #require(Estimate.proportion(successes: 160, trials: 1000))
    let pooled = unlike.proportion { $0 < 4 }
    #expect(abs(pooled.low - byCell.low) < 1e-9 && abs(pooled.high - byCell.high) < 1e-9)
  }
}
