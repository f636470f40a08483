import Foundation

/// How the parallel share of a junction changes when grains turn over, as a distribution between cells.
///
/// A junction of few grains changes by whole grains: a normal distribution of the same mean and spread would make
/// changes past a boundary rarer by orders of magnitude.
package struct TurnedGrains: Sendable {
  /// A grain: the share of the area that turns parallel with it, negative if it leaves parallel, and how likely.
  package typealias Grain = (area: Double, probability: Double)

  /// Steps of cumulative probability in the quantiles: changes rarer than half a step are left out.
  package static let steps = 8192
  /// Areas are rounded to so many parts of the whole.
  package static let parts = 10_000

  /// Probability of each change, from -1 to 1 in parts of the whole.
  private let changes: [Double]

  /// The changes of a junction whose grains turn over independently.
  package init(_ grains: [Grain]) {
    let (parts, width) = (Self.parts, 2 * Self.parts + 1)
    var changes = [Double](repeating: 0, count: width)
    changes[parts] = 1
    // Changes that the grains so far can make.
    var (low, high) = (parts, parts)
    for grain in grains where grain.probability > 0 {
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
    self.changes = changes
  }

  /// Quantiles of the change of the parallel share, at cumulative probabilities k / ``steps``.
  ///
  /// - Parameter junctions: Junctions, and how often each stands for the stored state; weights sum to something above 0.
  package static func quantiles(_ junctions: [(weight: Double, changes: TurnedGrains)]) -> [Double] {
    var total = [Double](repeating: 0, count: 2 * parts + 1)
    for junction in junctions where junction.weight > 0 {
      for (place, probability) in junction.changes.changes.enumerated() where probability > 0 {
        total[place] += junction.weight * probability
      }
    }
    let all = total.reduce(0, +)
    var (place, cumulative) = (0, total[0])
    return (0...steps).map { step in
      let probability = min(max(Double(step), 0.5), Double(steps) - 0.5) / Double(steps)
      while cumulative < probability * all, place < total.count - 1 {
        place += 1
        cumulative += total[place]
      }
      return Double(place - parts) / Double(parts)
    }
  }
}
