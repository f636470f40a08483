/// Exchange between a layer and the next one above: E = -J m_lower.m_upper for an area.
///
/// B_lower = J m_upper / (Ms t) of the lower layer, and the other way round.
package struct InterlayerExchange: Sendable, Hashable {
  /// J of each cell and the one above it in J/m^2, `[layers][ny][nx]`; empty for none.
  package var couplings: [Double] = []

  /// None.
  package init() {}

  func add(to bonds: inout Bonds, of magnet: Micromagnet) {
    guard !couplings.isEmpty else { return }
    let mesh = magnet.mesh
    for cell in 0..<(mesh.count - mesh.plane)
    where magnet.saturationMagnetizations[cell] > 0 && magnet.saturationMagnetizations[cell + mesh.plane] > 0
    {
      bonds.z[cell] += couplings[cell] * mesh.width * mesh.depth
    }
  }
}
