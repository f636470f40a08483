import Foundation
import Models

/// Switching probability of a grain under one pulse, tabulated from ``AxialFokkerPlanck``.
///
/// Three numbers decide: the drive over the grain's threshold, its stability, and the pulse width in units of
/// its damped motion. The table holds ln(-ln(1 - P)), the logarithm of an exponent. Below threshold that is
/// close to -Delta (1 - y)^2, so it is interpolated linearly in Delta, by cubics in the drive y, and linearly in
/// the logarithm of the pulse width.
package struct SwitchingTable: Sendable {
  private static let driveStep = 0.0625
  private static let driveCount = 49  // up to y = 3, whose value holds beyond
  private let stabilities: [Double]
  private let logTimes: [Double]
  private let values: [Double]  // [drive, stability, time]

  /// Tabulates for grains whose figures lie in the given ranges.
  ///
  /// - Parameters:
  ///   - stabilities: Range of Delta.
  ///   - times: Range of pulse width times damping rate.
  ///   - threads: Threads to share the work among.
  package init(stabilities: ClosedRange<Double>, times: ClosedRange<Double>, threads: Int) {
    func logarithms(_ range: ClosedRange<Double>, step: Double) -> [Double] {
      let low = log(range.lowerBound)
      let span = max(1e-3, log(range.upperBound) - low)
      let count = max(1, Int((span / step).rounded(.up)))
      return (0...count).map { low + Double($0) * span / Double(count) }
    }
    let deltas = logarithms(stabilities, step: 0.22).map { exp($0) }
    let nodes = logarithms(times, step: 0.15)
    let widths = nodes.map { exp($0) }
    let rows = parallelMap(SwitchingTable.driveCount * deltas.count, threads: threads) { index in
      AxialFokkerPlanck().reversalProbability(
        stability: deltas[index % deltas.count],
        drive: Double(index / deltas.count) * SwitchingTable.driveStep, times: widths
      ).map { log(-log(1 - min(max($0, 1e-14), 1 - 1e-14))) }
    }
    self.stabilities = deltas
    logTimes = nodes
    values = rows.flatMap { $0 }
  }

  /// Probability that `grain` reverses under a pulse.
  ///
  /// - Parameters:
  ///   - drive: Current density over the nominal critical one, not negative.
  ///   - pulseSeconds: Pulse width.
  package func probability(of grain: Grain, drive: Double, pulseSeconds: Double) -> Double {
    let (j, v) = SwitchingTable.bracket(grain.stability, in: stabilities)
    let (k, w) = SwitchingTable.bracket(log(pulseSeconds * grain.dampingRateHertz), in: logTimes)
    func value(_ i: Int) -> Double {
      let base = (i * stabilities.count + j) * logTimes.count + k
      let next = base + logTimes.count
      let near = values[base] + w * (values[base + 1] - values[base])
      return near + v * (values[next] + w * (values[next + 1] - values[next]) - near)
    }
    // Lagrange's cubic through four neighbouring nodes.
    let position = min(
      drive / grain.threshold / SwitchingTable.driveStep, Double(SwitchingTable.driveCount - 1))
    let first = min(max(Int(position) - 1, 0), SwitchingTable.driveCount - 4)
    let u = position - Double(first)
    let logExponent =
      -value(first) * (u - 1) * (u - 2) * (u - 3) / 6 + value(first + 1) * u * (u - 2) * (u - 3) / 2
      - value(first + 2) * u * (u - 1) * (u - 3) / 2 + value(first + 3) * u * (u - 1) * (u - 2) / 6
    return 1 - exp(-exp(logExponent))
  }

  /// Interval and position in it; values outside the grid take its end.
  private static func bracket(_ value: Double, in grid: [Double]) -> (Int, Double) {
    var low = 0
    var high = grid.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if grid[middle] <= value { low = middle } else { high = middle }
    }
    return (low, min(max((value - grid[low]) / (grid[high] - grid[low]), 0), 1))
  }
}
