import Device
import Foundation
import Models
import Testing

@Suite struct AxialFokkerPlanckTests {
  /// One-way escape rates of the exact Fokker-Planck equation, alpha 0.1, B_k 1 T, computed independently:
  /// 1.18e8, 8.02e6 and 1.26e6 per second at stability 5, 8 and 10 (three digits).
  @Test(arguments: zip([5.0, 8, 10], [1.18e8, 8.02e6, 1.26e6]))
  func escapeRateWithoutDrive(stability: Double, rate: Double) {
    let unit = 1.01 / (0.1 * PhysicalConstants.gyromagneticRatio)
    // After the first relaxation P = (1 - exp(-2 Gamma t)) / 2.
    let times = [0.3, 0.6].map { $0 / (rate * unit) }
    let p = AxialFokkerPlanck().reversalProbability(stability: stability, drive: 0, times: times)
    let measured = (log(1 - 2 * p[0]) - log(1 - 2 * p[1])) / (2 * (times[1] - times[0]) * unit)
    #expect(abs(measured / rate - 1) < 0.01)
  }

  /// After a long time the two wells are filled in the proportion of equilibrium.
  @Test func equilibrium() throws {
    let (stability, drive) = (4.0, 0.1)
    let steps = 20_000
    func well(_ low: Double) -> Double {
      (0..<steps).reduce(0) { sum, i in
        let z = low + (Double(i) + 0.5) / Double(steps)
        return sum + exp(stability * (z * z + 2 * drive * z)) / Double(steps)
      }
    }
    let expected = well(0) / (well(0) + well(-1))
    let p = AxialFokkerPlanck().reversalProbability(stability: stability, drive: drive, times: [1e5])
    #expect(abs(p[0] - expected) < 2e-3)
  }

  /// Far above threshold: linear growth from a thermal start, then the deterministic rest of the path.
  ///
  /// The start 1 + z = u is exponential with mean y / ((y - 1) 2 Delta), the noise on the way included; the
  /// path from u to the equator takes the time of dz/dt = (1 - z^2)(y + z) in partial fractions, and every
  /// larger start has arrived by then.
  /// - Source: Butler et al., doi:10.1109/TMAG.2012.2209122, for the thermal start.
  @Test(arguments: [(60.0, 2.0), (60, 3), (120, 2)])
  func precessionalRegime(stability: Double, drive: Double) {
    let y = drive
    let (a, b, d) = (1 / (2 * (y + 1)), 1 / (2 * (y - 1)), -1 / (y * y - 1))
    for u in [2e-3, 5e-3, 1e-2, 2e-2] {
      let time = d * log(y) - (-a * log(2 - u) + b * log(u) + d * log(y - 1 + u))
      let expected = exp(-u * 2 * stability * (y - 1) / y)
      let p = AxialFokkerPlanck().reversalProbability(stability: stability, drive: y, times: [time])[0]
      #expect(abs(p - expected) < 0.02)
    }
  }

  /// Four times the cells and a quarter of the step move no probability by more than half a percent.
  @Test func resolution() {
    var fine = AxialFokkerPlanck()
    fine.cells *= 4
    fine.relativeStep /= 4
    for drive in [0.6, 0.75, 0.9, 1.0, 1.2] {
      let times = [3.0, 10, 30]
      let coarse = AxialFokkerPlanck().reversalProbability(stability: 45, drive: drive, times: times)
      let exact = fine.reversalProbability(stability: 45, drive: drive, times: times)
      for (c, e) in zip(coarse, exact) { #expect(abs(c - e) < 0.005) }
    }
  }

  /// The table interpolates the law to half a percent between its nodes.
  @Test func tableFollowsTheLaw() {
    let table = SwitchingTable(stabilities: 10...90, times: 5...20, threads: 2)
    for stability in [13.0, 31, 47, 71] {
      for drive in [0.33, 0.61, 0.777, 0.89, 1.013, 1.19] {
        let grain = Grain(
          weight: 1, threshold: 1, stability: stability, dampingRateHertz: 2.7e9, isCut: false)
        let exact = AxialFokkerPlanck().reversalProbability(
          stability: stability, drive: drive, times: [10.8])[0]
        #expect(abs(table.probability(of: grain, drive: drive, pulseSeconds: 4e-9) - exact) < 0.005)
      }
    }
  }
}
