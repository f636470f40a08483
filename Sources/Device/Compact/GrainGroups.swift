import Foundation

/// Grains of many junctions in groups by rising threshold; the groups at both ends are the smallest, so that the first
/// grains to turn and the last are told apart.
///
/// Bounds of the groups in the area are (1 - cos(pi k / groups)) / 2.
package struct GrainGroups {
  /// Mean threshold of each group by area.
  package private(set) var thresholds: [Double] = []
  /// Share of each group in the area; sums to 1.
  package private(set) var weights: [Double] = []
  /// Mean area of a group's grains over that of all, both by area.
  package private(set) var areas: [Double] = []

  /// Sorts grains into groups; a group that gets none is left out.
  ///
  /// - Parameters:
  ///   - grains: The threshold of each, and its share in the area of its junction.
  ///   - groups: Number of groups.
  package init(_ grains: [(threshold: Double, share: Double)], groups: Int) {
    let sorted = grains.sorted { $0.threshold < $1.threshold }
    let total = max(sorted.reduce(0) { $0 + $1.share }, 1e-300)
    let mean = max(sorted.reduce(0) { $0 + $1.share * $1.share } / total, 1e-300)
    var sums = [(area: Double, threshold: Double, square: Double)](repeating: (0, 0, 0), count: groups)
    var passed = 0.0
    for grain in sorted {
      let middle = min(1, (passed + grain.share / 2) / total)
      let group = min(groups - 1, Int(acos(1 - 2 * middle) / .pi * Double(groups)))
      sums[group].area += grain.share
      sums[group].threshold += grain.share * grain.threshold
      sums[group].square += grain.share * grain.share
      passed += grain.share
    }
    for sum in sums where sum.area > 0 {
      thresholds.append(sum.threshold / sum.area)
      weights.append(sum.area / total)
      areas.append(sum.square / sum.area / mean)
    }
  }
}
