/// Uniaxial anisotropy: E = K (1 - (m.u)^2), B = 2 K (m.u) u / Ms.
package struct UniaxialAnisotropy: Sendable, Hashable {
  /// K of each cell in J/m^3; empty for none.
  package var constants: [Double] = []
  /// u of each cell, of length 1; empty for z.
  package var axes: [SIMD3<Double>] = []

  /// None.
  package init() {}

  /// Axis of a cell.
  package func axis(_ cell: Int) -> SIMD3<Double> { axes.isEmpty ? SIMD3(0, 0, 1) : axes[cell] }

  /// 2 K / Ms of each cell in tesla.
  func tesla(of magnet: Micromagnet) -> [Double] {
    magnet.saturationMagnetizations.indices.map { cell in
      let magnetization = magnet.saturationMagnetizations[cell]
      return constants.isEmpty || magnetization == 0 ? 0 : 2 * constants[cell] / magnetization
    }
  }

  func fields(_ m: [SIMD3<Double>], of magnet: Micromagnet) -> [SIMD3<Double>] {
    zip(tesla(of: magnet), m.indices).map { tesla, cell in
      tesla * (m[cell] * axis(cell)).sum() * axis(cell)
    }
  }

  func energy(_ m: [SIMD3<Double>], of magnet: Micromagnet) -> Double {
    guard !constants.isEmpty else { return 0 }
    return m.indices.reduce(0) { sum, cell in
      guard magnet.saturationMagnetizations[cell] > 0 else { return sum }
      let along = (m[cell] * axis(cell)).sum()
      let volume = magnet.mesh.volume(ofLayer: magnet.mesh.layer(of: cell))
      return sum + constants[cell] * (1 - along * along) * volume
    }
  }
}
