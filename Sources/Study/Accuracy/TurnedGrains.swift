import Foundation

/// What grains that turn over by themselves or by being read do to a stored share.
///
/// A junction of few grains changes by whole grains: a normal distribution of the same mean and spread would make
/// changes past a boundary rarer by orders of magnitude.
package enum TurnedGrains {
  /// Steps of cumulative probability in the quantiles: changes rarer than half a step are left out.
  package static let steps = 8192

  /// Quantiles of the change of the parallel share, at cumulative probabilities k / ``steps``.
  ///
  /// Grains of equal area turn over independently.
  ///
  /// - Parameters:
  ///   - share: Parallel share of the area as programmed, 0 to 1.
  ///   - up: Mean share of the area that becomes parallel.
  ///   - down: Mean share of the area that leaves parallel.
  ///   - grains: Number of grains, at least 1.
  package static func quantiles(share: Double, up: Double, down: Double, grains: Double) -> [Double] {
    let count = max(1, Int(grains.rounded()))
    let parallel = min(count, max(0, Int((share * Double(count)).rounded())))
    let antiparallel = count - parallel
    /// Probabilities of 0...n turned grains whose mean area is given.
    func binomial(_ n: Int, area: Double) -> [Double] {
      guard n > 0 else { return [1] }
      let p = min(1, max(0, area * Double(count) / Double(n)))
      var weights = [1.0]
      for _ in 0..<n {
        weights = (0...weights.count).map { turned in
          (turned < weights.count ? weights[turned] * (1 - p) : 0)
            + (turned > 0 ? weights[turned - 1] * p : 0)
        }
      }
      return weights
    }
    let (rising, falling) = (binomial(antiparallel, area: up), binomial(parallel, area: down))
    var changes = [Double](repeating: 0, count: count + 1)
    for (risen, weight) in rising.enumerated() {
      for (fallen, other) in falling.enumerated() { changes[parallel + risen - fallen] += weight * other }
    }
    var (place, cumulative) = (0, changes[0])
    return (0...steps).map { step in
      let probability = min(max(Double(step), 0.5), Double(steps) - 0.5) / Double(steps)
      while cumulative < probability, place < count {
        place += 1
        cumulative += changes[place]
      }
      return Double(place - parallel) / Double(count)
    }
  }
}
