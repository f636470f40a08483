import Device
import Foundation
import Models
import Testing

@Suite struct RetentionTests {
  /// Loss within ten years of grains with log-normal barriers, alpha 0.02 and B_k 1.5 T: 7 % and 28 % for a mean of
  /// 60 kT and 20 % spread at 300 K and 85 C, 0.19 % and 2.1 % for 80 kT (design figures, two digits).
  @Test(arguments: [(60.0, 300.0, 0.07), (60, 358.15, 0.28), (80, 300, 0.0019), (80, 358.15, 0.021)])
  func logNormalBarriers(mean: Double, kelvin: Double, expected: Double) {
    let sigma = log(1 + 0.2 * 0.2).squareRoot()
    let rate = 0.02 / (1 + 0.02 * 0.02) * PhysicalConstants.gyromagneticRatio * 1.5
    let count = 20_000
    let lost = (0..<count).reduce(0.0) { sum, index in
      let z = Math.probit((Double(index) + 0.5) / Double(count))
      let stability = mean * exp(sigma * z - sigma * sigma / 2) * 300 / kelvin
      let grain = Grain(weight: 1, threshold: 1, stability: stability, dampingRateHertz: rate, isCut: false)
      return sum + grain.lossProbability(afterSeconds: 10 * 365.25 * 86400)
    }
    #expect(abs(lost / Double(count) / expected - 1) < 0.08)
  }

  /// Loss grows with time, and the grains that one pulse reverses first lose more than the layer.
  @Test func ensemblesLoseTheWeakerGrainsFirst() throws {
    for device in try Ensembles.standard.get() {
      #expect(device.retention.map(\.elapsedSeconds) == [1, 86400, 315_576_000])
      let whole = device.retention.map(\.lostFraction.value)
      #expect(whole == whole.sorted() && whole.allSatisfy { (0...1).contains($0) })
      for entry in device.retention {
        #expect(entry.lostFractionOfThird.value > entry.lostFraction.value)
      }
    }
  }
}
