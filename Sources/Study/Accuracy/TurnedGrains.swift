import Foundation

/// What grains that turn over by themselves or by being read do to a stored share.
///
/// A junction of few grains changes by whole grains: a normal distribution of the same mean and spread would make
/// changes past a boundary rarer by orders of magnitude.
package enum TurnedGrains {
  /// A grain: the share of the area that turns parallel with it, negative if it leaves parallel, and how likely.
  package typealias Grain = (area: Double, probability: Double)

  /// Steps of cumulative probability in the quantiles: changes rarer than half a step are left out.
  package static let steps = 8192
  /// Areas are rounded to so many parts of the whole.
  package static let parts = 10_000

  /// Quantiles of the change of the parallel share, at cumulative probabilities k / ``steps``.
  ///
  /// - Parameter junctions: Grains of each junction, which turn over independently, and how often the junction stands
  ///   for the stored state; the weights sum to something above 0.
  package static func quantiles(_ junctions: [(weight: Double, grains: [Grain])]) -> [Double] {
    let width = 2 * parts + 1
    var total = [Double](repeating: 0, count: width)
    for junction in junctions where junction.weight > 0 {
      var changes = [Double](repeating: 0, count: width)
      changes[parts] = junction.weight
      // Changes that the grains so far can make.
      var (low, high) = (parts, parts)
      for grain in junction.grains where grain.probability > 0 {
        let shift = Int((grain.area * Double(parts)).rounded())
        let p = min(1, grain.probability)
        let (first, last) = (max(0, min(low, low + shift)), min(width - 1, max(high, high + shift)))
        var next = [Double](repeating: 0, count: width)
        for place in low...high {
          next[place] += changes[place] * (1 - p)
          next[min(max(place + shift, 0), width - 1)] += changes[place] * p
        }
        changes = next
        (low, high) = (first, last)
      }
      for place in low...high { total[place] += changes[place] }
    }
    let all = total.reduce(0, +)
    var (place, cumulative) = (0, total[0])
    return (0...steps).map { step in
      let probability = min(max(Double(step), 0.5), Double(steps) - 0.5) / Double(steps)
      while cumulative < probability * all, place < width - 1 {
        place += 1
        cumulative += total[place]
      }
      return Double(place - parts) / Double(parts)
    }
  }
}
