/// Step and largest code of a converter.
package struct ConverterStep: Sendable, Hashable {
  /// The kernel's integers: code = ((sum + half) * multiplier) >> 16, at most maximum.
  package struct Units: Sendable, Hashable {
    package var half: Int32
    package var multiplier: Int32
    package var maximum: Int32
  }

  /// The step that was asked for, in levels.
  package let requested: Double
  /// The largest code.
  package let maximum: Int

  /// Creates a step of so many levels.
  package init(requested: Double, maximum: Int) {
    self.requested = requested
    self.maximum = maximum
  }

  /// The kernel's integers on a grid of so many units per level.
  package func units(_ unitsPerLevel: Int) -> Units {
    let multiplier = max(1, Int32((65536 / (requested * Double(unitsPerLevel))).rounded()))
    return Units(half: 32768 / multiplier, multiplier: multiplier, maximum: Int32(maximum))
  }

  /// The step that the integers realise, in levels; exactly 1 where 1 was asked for.
  package func levels(_ unitsPerLevel: Int) -> Double {
    65536 / Double(units(unitsPerLevel).multiplier) / Double(unitsPerLevel)
  }
}
