/// Exchange between neighbouring cells of a body: E = A |grad m|^2.
///
/// B_i = 2 / Ms sum over neighbours j of A_ij (m_j - m_i) / d^2 with the harmonic mean A_ij; free edges have no normal
/// derivative. Regions, as grains, are coupled by an energy of their common boundary instead, beside one another alone.
package struct Exchange: Sendable, Hashable {
  /// A of each cell in J/m; empty for none.
  package var stiffnesses: [Double] = []
  /// Region of each cell, empty for one; cells of two regions are neighbours across a boundary.
  package var regions: [Int] = []
  /// Energy -j m_i.m_j of a boundary between two regions, in J/m^2.
  package var boundaryCoupling = 0.0

  /// None.
  package init() {}

  /// The same stiffness everywhere, in J/m.
  package init(stiffness: Double, of mesh: Mesh) {
    stiffnesses = [Double](repeating: stiffness, count: mesh.count)
  }

  func add(to bonds: inout Bonds, of magnet: Micromagnet) {
    guard !stiffnesses.isEmpty else { return }
    let mesh = magnet.mesh
    func coupling(_ a: Int, _ b: Int, area: Double, distance: Double) -> Double {
      guard magnet.saturationMagnetizations[a] > 0, magnet.saturationMagnetizations[b] > 0 else { return 0 }
      if !regions.isEmpty, regions[a] != regions[b] {
        return b - a == mesh.plane ? 0 : boundaryCoupling * area
      }
      let (first, second) = (stiffnesses[a], stiffnesses[b])
      return first + second > 0 ? 2 * (2 * first * second / (first + second)) * area / distance : 0
    }
    for layer in 0..<mesh.layers {
      let thickness = mesh.thickness(ofLayer: layer)
      for y in 0..<mesh.ny {
        for x in 0..<mesh.nx {
          let cell = mesh.index(x, y, layer)
          if x + 1 < mesh.nx {
            bonds.x[cell] += coupling(cell, cell + 1, area: mesh.depth * thickness, distance: mesh.width)
          }
          if y + 1 < mesh.ny {
            bonds.y[cell] += coupling(
              cell, cell + mesh.nx, area: mesh.width * thickness, distance: mesh.depth)
          }
          if mesh.touchesNext(layer) {
            bonds.z[cell] += coupling(
              cell, cell + mesh.plane, area: mesh.width * mesh.depth,
              distance: (thickness + mesh.thickness(ofLayer: layer + 1)) / 2)
          }
        }
      }
    }
  }
}
