import Foundation
import Models

extension ValidationCase {
  /// A film driven by a current through it.
  static let spinTorques: [ValidationCase] = [
    ValidationCase(
      "slonczewski", "160 x 80 x 5 nm, -6 mA, polarised at 20 degrees, L = 2, after 0.5 ns",
      source: .vansteenkiste2014
    ) {
      // Against a tensor that is summed over points, see the fourth standard problem.
      .magnetization(driven(), SIMD3(0.905_612_6, -0.286_085_6, -0.011_005_7), within: 2e-3)
    },
    ValidationCase("slonczewski-newell", "The same by a program with the same tensor", source: .bruckner2023)
    {
      .magnetization(driven(), SIMD3(0.906_743_9, -0.285_030_8, -0.011_351_6), within: 2e-5)
    },
  ]

  private static func driven() -> SIMD3<Double> {
    let mesh = Mesh(nx: 64, ny: 32, layers: 1, cell: SIMD3(2.5e-9, 2.5e-9, 5e-9))
    var magnet = Micromagnet(mesh, saturationMagnetization: 8e5, damping: 0.01)
    magnet.exchange = Exchange(stiffness: 13e-12, of: mesh)
    magnet.demagnetization = Demagnetization(mesh)
    var torque = SlonczewskiTorque()
    torque.polarization = 0.5669
    torque.asymmetry = 2
    torque.polarizer = SIMD3(cos(Double.pi / 9), sin(Double.pi / 9), 0)
    magnet.slonczewski = torque
    let solver = MicromagneticSolver(magnet, along: SIMD3(1, 0, 0))
    solver.currentDensity = { _ in -6e-3 / (160e-9 * 80e-9) }
    solver.integrate(for: 0.5e-9, tolerance: 1e-8)
    return solver.mean()
  }
}
