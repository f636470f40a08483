import Models

extension ValidationCase {
  /// A film between two antiparallel grains, over which it turns.
  static let filmWalls: [ValidationCase] = [
    ValidationCase(
      "film-wall", "Wall of a film on two rigid grains, and over a boundary of 2 nm between them",
      source: .hubert1998
    ) {
      // 8 (sqrt 2 - 1) sqrt(A t J) without a boundary; with one the least of 8 sqrt 2 (1 - cos(theta / 2)) sqrt(A t J)
      // + A t (pi - 2 theta)^2 / b over the angle theta at the grain's edge.
      [(0, 3.313_708_5), (2e-9, 2.427_189_3)].map { boundary, expected in
        Quantity(
          "energy over \(boundary * 1e9) nm", wall(boundary: boundary), expected, within: 0.003 * expected,
          unit: "sqrt(A t J)")
      }
    }
  ]

  /// Energy of a wall over sqrt(A t J), per length.
  private static func wall(boundary: Double) -> Double {
    let (stiffness, coupling, thickness, step) = (8e-12, 2.7e-3, 1e-9, 0.1e-9)
    // Six widths of the wall to either side.
    let mesh = Mesh(
      nx: 220, ny: 1, width: step, depth: step, slabs: [0...thickness, thickness...2 * thickness])
    var magnet = Micromagnet(mesh, saturationMagnetization: 1.1e6, damping: 0.1)
    magnet.exchange = Exchange(stiffness: stiffness, of: mesh)
    // Grains apart from the film and from one another.
    magnet.exchange.regions = (0..<mesh.count).map { $0 < 220 ? 0 : $0 < 330 ? 1 : 2 }
    magnet.interlayer.couplings = (0..<mesh.count).map { cell in
      cell < 220 && abs(Double(cell) - 109.5) * step > boundary / 2 ? coupling : 0
    }
    magnet.isHeld = (0..<mesh.count).map { $0 >= 220 }
    func energy(_ isApart: Bool) -> Double {
      let solver = MicromagneticSolver(magnet)
      solver.magnetization = (0..<mesh.count).map { cell in
        let isDown = isApart && cell % 220 >= 110
        return SIMD3(cell < 220 ? 0.05 : 0, 0, isDown ? -1 : 1)
      }
      solver.minimize(toleranceTesla: 1e-5, steps: 100_000)
      return solver.energies().total
    }
    return (energy(true) - energy(false)) / step / (stiffness * thickness * coupling).squareRoot()
  }
}
