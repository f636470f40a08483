import Models

/// Torque of a current in the plane: -(1 + xi alpha) m x (m x (u.grad) m) - (xi - alpha) m x (u.grad) m, over 1 + alpha^2.
///
/// u = mu_B P j / (e Ms (1 + xi^2)), along the current density j.
///
/// - Source: Zhang and Li, Phys. Rev. Lett. 93, 127204 (2004), doi:10.1103/PhysRevLett.93.127204; in the explicit form of
///   Vansteenkiste et al., AIP Advances 4, 107133 (2014), doi:10.1063/1.4899186.
package struct ZhangLiTorque: Sendable, Hashable {
  /// Unit vector of the current in the plane.
  package var direction = SIMD2(1.0, 0)
  /// Polarisation P.
  package var polarization = 1.0
  /// Non-adiabaticity xi.
  package var nonadiabaticity = 0.0

  /// The usual settings.
  package init() {}

  /// Drift velocity for a current density of 1 A/m^2, in m/s, of each cell.
  func drifts(of magnet: Micromagnet) -> [Double] {
    magnet.saturationMagnetizations.map { magnetization in
      magnetization > 0
        ? PhysicalConstants.bohrMagneton * polarization
          / (PhysicalConstants.elementaryCharge * magnetization * (1 + nonadiabaticity * nonadiabaticity))
        : 0
    }
  }

  /// The torque times 1 + alpha^2, in 1/s; central differences, beyond an edge m is as at the edge.
  func torque(
    _ m: [SIMD3<Double>], cell: Int, of magnet: Micromagnet, currentDensity: Double
  ) -> SIMD3<Double> {
    let mesh = magnet.mesh
    let bonds = magnet.bonds
    let west = cell % mesh.nx > 0 && bonds.x[cell - 1] != 0 ? m[cell - 1] : m[cell]
    let east = bonds.x[cell] != 0 ? m[cell + 1] : m[cell]
    let south =
      cell % mesh.plane >= mesh.nx && bonds.y[cell - mesh.nx] != 0 ? m[cell - mesh.nx] : m[cell]
    let north = bonds.y[cell] != 0 ? m[cell + mesh.nx] : m[cell]
    let drift = drifts(of: magnet)[cell] * currentDensity
    let change =
      drift
      * (direction.x / (2 * mesh.width) * (east - west) + direction.y / (2 * mesh.depth) * (north - south))
    let (alpha, xi) = (magnet.dampings[cell], nonadiabaticity)
    let across = m[cell].cross(change)
    return -(1 + xi * alpha) * m[cell].cross(across) - (xi - alpha) * across
  }
}
