import Models

/// Torque of a current through the layers: gamma { beta (eps + alpha eps') m x (p x m) + beta (eps' - alpha eps) p x m },
/// over 1 + alpha^2.
///
/// beta = hbar J / (e Ms t) in tesla, eps = P L^2 / ((L^2 + 1) + (L^2 - 1) m.p).
///
/// - Source: Slonczewski, J. Magn. Magn. Mater. 159, L1 (1996), doi:10.1016/0304-8853(96)00062-5; in the explicit form of
///   Vansteenkiste et al., AIP Advances 4, 107133 (2014), doi:10.1063/1.4899186.
package struct SlonczewskiTorque: Sendable, Hashable {
  /// Layers on which the current acts.
  package var layers: Set<Int> = [0]
  /// Thickness over which the torque is spread, in metres; `nil` for the layer's own.
  package var thickness: Double?
  /// Share of each cell's area that the current crosses; empty for all of it.
  package var shares: [Double] = []
  /// Unit vector p of the polarisation.
  package var polarizer = SIMD3(0.0, 0, 1)
  /// Polarisation P.
  package var polarization = 0.6
  /// Asymmetry L.
  package var asymmetry = 1.0
  /// eps' of the field-like torque.
  package var fieldLike = 0.0

  /// The usual settings.
  package init() {}

  /// beta for a current density of 1 A/m^2, in tesla, of each cell.
  func betas(of magnet: Micromagnet) -> [Double] {
    magnet.saturationMagnetizations.indices.map { cell in
      let layer = magnet.mesh.layer(of: cell)
      guard layers.contains(layer), magnet.saturationMagnetizations[cell] > 0 else { return 0 }
      return (shares.isEmpty ? 1 : shares[cell]) * PhysicalConstants.reducedPlanck
        / (PhysicalConstants.elementaryCharge * magnet.saturationMagnetizations[cell]
          * (thickness ?? magnet.mesh.thickness(ofLayer: layer)))
    }
  }

  /// The torque times 1 + alpha^2, in 1/s.
  func torque(
    _ m: SIMD3<Double>, cell: Int, of magnet: Micromagnet, currentDensity: Double
  ) -> SIMD3<Double> {
    let square = asymmetry * asymmetry
    let eps = polarization * square / (square + 1 + (square - 1) * (m * polarizer).sum())
    let beta = betas(of: magnet)[cell] * currentDensity
    let alpha = magnet.dampings[cell]
    let across = polarizer.cross(m)
    return magnet.gyromagneticRatio * beta
      * ((eps + alpha * fieldLike) * m.cross(across) + (fieldLike - alpha * eps) * across)
  }
}
