import Foundation
import Models

extension ValidationCase {
  /// The standard problems of the Micromagnetic Modeling Activity Group at NIST.
  static let standardProblems: [ValidationCase] =
    [
      ValidationCase("mumag-3", "Single-domain limit of a cube, from 10^3 and 20^3 cells", source: .rave1998)
      {
        // Both fall with the square of the cell.
        let (coarse, fine) = (
          singleDomainLimit(cells: 10, around: 8.40), singleDomainLimit(cells: 20, around: 8.45)
        )
        return [
          Quantity("L", (4 * fine.edge - coarse.edge) / 3, 8.47, within: 0.01, unit: "l_ex"),
          Quantity(
            "energy density", (4 * fine.energy - coarse.energy) / 3, 0.3027, within: 3e-4, unit: "Km"),
        ]
      },
      ValidationCase(
        "mumag-4-relaxed", "S-state of a 500 x 125 x 3 nm film, 128 x 32 cells", source: .vansteenkiste2014
      ) {
        .magnetization(relaxed().mean(), SIMD3(0.966_968_4, 0.125_273_2, 0), within: 1e-4)
      },
      // mumax3 sums its tensor over points; magnum.np, below, has Newell's (Tests/DeviceTests/Scripts).
      ValidationCase(
        "mumag-4-field-1", "Reversal of that film by -24.6, 4.3 mT, after 1 ns", source: .vansteenkiste2014
      ) {
        .magnetization(
          reversed(SIMD3(-24.6e-3, 4.3e-3, 0)), SIMD3(-0.984_612_4, 0.126_040_9, 0.043_271_2), within: 6e-3)
      },
      ValidationCase(
        "mumag-4-field-2", "Reversal of that film by -35.5, -6.3 mT, after 1 ns", source: .vansteenkiste2014
      ) {
        .magnetization(
          reversed(SIMD3(-35.5e-3, -6.3e-3, 0)), SIMD3(-0.969_233_2, -0.120_395_4, -0.005_307_6), within: 6e-3
        )
      },
      ValidationCase(
        "mumag-4-newell",
        "The same film by a program with the same tensor: relaxed, and after 1 ns of each field",
        source: .bruckner2023
      ) {
        .magnetization(relaxed().mean(), SIMD3(0.966_957_7, 0.125_297_7, 0), within: 2e-6, "relaxed m")
          + .magnetization(
            reversed(SIMD3(-24.6e-3, 4.3e-3, 0)), SIMD3(-0.984_091_7, 0.131_204_2, 0.042_948_7), within: 2e-5,
            "field 1 m")
          + .magnetization(
            reversed(SIMD3(-35.5e-3, -6.3e-3, 0)), SIMD3(-0.969_832_7, -0.121_582_4, -0.004_782_3),
            within: 2e-4,
            "field 2 m")
      },
      ValidationCase(
        "mumag-5", "Vortex in a 100 x 100 x 10 nm square driven by a current in the plane, after 1 ns",
        source: .najafi2009
      ) {
        .magnetization(vortex(), SIMD3(-0.234_637_409, -0.094_508_96, 0.022_943_45), within: 1e-5)
      },
    ]

  /// The film of problem 4, magnetised along (1, 0.1, 0).
  package static func film(refinement: Int = 1) -> MicromagneticSolver {
    let (nx, ny) = (128 * refinement, 32 * refinement)
    let mesh = Mesh(nx: nx, ny: ny, layers: 1, cell: SIMD3(500e-9 / Double(nx), 125e-9 / Double(ny), 3e-9))
    var magnet = Micromagnet(mesh, saturationMagnetization: 8e5, damping: 0.02)
    magnet.exchange = Exchange(stiffness: 13e-12, of: mesh)
    magnet.demagnetization = Demagnetization(mesh)
    return MicromagneticSolver(magnet, along: SIMD3(1, 0.1, 0))
  }

  private static func relaxed() -> MicromagneticSolver {
    let solver = film()
    solver.minimize(toleranceTesla: 1e-8)
    return solver
  }

  private static func reversed(_ tesla: SIMD3<Double>) -> SIMD3<Double> {
    let solver = relaxed()
    solver.tesla = tesla
    solver.integrate(for: 1e-9, tolerance: 1e-8)
    return solver.mean()
  }

  private static func vortex() -> SIMD3<Double> {
    let mesh = Mesh(nx: 32, ny: 32, layers: 4, cell: SIMD3(100e-9 / 32, 100e-9 / 32, 2.5e-9))
    var magnet = Micromagnet(mesh, saturationMagnetization: 8e5, damping: 0.1)
    magnet.exchange = Exchange(stiffness: 13e-12, of: mesh)
    magnet.demagnetization = Demagnetization(mesh)
    var torque = ZhangLiTorque()
    torque.nonadiabaticity = 0.05
    magnet.zhangLi = torque
    let solver = MicromagneticSolver(magnet)
    solver.setVortex(coreMetres: 10e-9)
    solver.minimize()
    solver.currentDensity = { _ in 1e12 }
    solver.integrate(for: 1e-9)
    return solver.mean()
  }

  /// Edge over (A / Km)^(1/2) at which flower and vortex have the same energy, and that over Km and the volume.
  ///
  /// - Source: problem 3, K = 0.1 Km, Km = mu0 Ms^2 / 2.
  private static func singleDomainLimit(cells: Int, around guess: Double) -> (edge: Double, energy: Double) {
    let magnetization = 8e5
    let density = PhysicalConstants.vacuumPermeability / 2 * magnetization * magnetization
    func energies(_ edge: Double) -> (flower: Double, vortex: Double) {
      let cell = 1e-9
      // The exchange length follows from the edge: cells keep their size, and tensors their values.
      let length = Double(cells) * cell / edge
      let mesh = Mesh(nx: cells, ny: cells, layers: cells, cell: SIMD3(cell, cell, cell))
      var magnet = Micromagnet(mesh, saturationMagnetization: magnetization, damping: 1)
      magnet.exchange = Exchange(stiffness: density * length * length, of: mesh)
      magnet.anisotropy.constants = [Double](repeating: 0.1 * density, count: mesh.count)
      magnet.demagnetization = Demagnetization(mesh)
      let volume = pow(Double(cells) * cell, 3)
      func energy(_ solver: MicromagneticSolver) -> Double {
        solver.minimize(toleranceTesla: 1e-5)
        return solver.energies().total / (density * volume)
      }
      let flower = MicromagneticSolver(magnet)
      // The easy axis lies in the plane of the vortex.
      let vortex = MicromagneticSolver(magnet)
      vortex.setVortex(coreMetres: 3e-9, axis: .x)
      return (energy(flower), energy(vortex))
    }
    // The difference is nearly linear in the edge.
    let edges = [guess - 0.05, guess + 0.05]
    let found = edges.map(energies)
    let gaps = found.map { $0.flower - $0.vortex }
    let share = gaps[0] / (gaps[0] - gaps[1])
    return (
      edges[0] + share * (edges[1] - edges[0]), found[0].flower + share * (found[1].flower - found[0].flower)
    )
  }
}

extension MicromagneticSolver {
  /// Direction of a vortex's core.
  package enum Axis: Sendable {
    case x
    case z
  }

  /// A vortex around the middle of the mesh, its core upwards.
  package func setVortex(coreMetres: Double, axis: Axis = .z) {
    let mesh = magnet.mesh
    let middle = (mesh.slabs[0].lowerBound + mesh.slabs[mesh.layers - 1].upperBound) / 2
    var m = magnetization
    for layer in 0..<mesh.layers {
      let height = (mesh.slabs[layer].lowerBound + mesh.slabs[layer].upperBound) / 2 - middle
      for y in 0..<mesh.ny {
        for x in 0..<mesh.nx {
          let place = mesh.centre(x, y)
          m[mesh.index(x, y, layer)] =
            axis == .z
            ? SIMD3(-place.y, place.x, coreMetres) : SIMD3(coreMetres, -height, place.y)
        }
      }
    }
    magnetization = m
  }
}
