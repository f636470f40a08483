import Accelerator
import Models

/// Of which origins a figure of a chip is made, by its components' shares.
struct ChipMixture {
  /// Share of each origin, largest first; those below a thousandth are left out.
  let shares: [(origin: Origin, share: Double)]

  /// Divides a figure of a chip by origin.
  ///
  /// - Parameters:
  ///   - chip: The chip.
  ///   - figure: Area, energy or latency of a component.
  ///   - onlyArrays: Whether to count arrays with their periphery only.
  init(_ chip: ChipEstimate, _ figure: KeyPath<ChipEstimate.Component, Double>, onlyArrays: Bool = false) {
    let parts = chip.components.filter {
      !onlyArrays || (ComponentKind(rawValue: $0.name)?.isArrayOrPeriphery ?? false)
    }
    let total = parts.reduce(0) { $0 + $1[keyPath: figure] }
    shares = Origin.allCases.map { origin in
      let sum = parts.reduce(0) { $1.origin == origin ? $0 + $1[keyPath: figure] : $0 }
      return (origin, total > 0 ? sum / total : 0)
    }.filter { $0.share >= 1e-3 }.sorted { $0.share > $1.share }
  }

  /// The one origin, or that there are several.
  var origin: Origin { shares.count > 1 ? .mixed : shares.first?.origin ?? .analytic }

  /// Such as `spice 87 %, literature 13 %`.
  var words: String {
    shares.map { "\($0.origin.rawValue) \(Quantity.text($0.share * 100, "%", digits: 2))" }
      .joined(separator: ", ")
  }
}
