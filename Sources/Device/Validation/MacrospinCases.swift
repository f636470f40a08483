import Foundation
import Models

extension ValidationCase {
  /// One cell: closed forms of statics and dynamics.
  static let macrospins: [ValidationCase] =
    [15.0, 30, 45].map { degrees -> ValidationCase in
      ValidationCase(
        "stoner-wohlfarth-\(Int(degrees))", "Switching field of one cell at \(Int(degrees)) degrees",
        source: .stoner1948
      ) {
        let expected = [15.0: 0.614_66, 30: 0.524_02, 45: 0.5]
        return [
          Quantity(
            "h", switchingField(degrees: degrees), expected[degrees] ?? .nan, within: 2e-3, unit: "2 K / Ms")
        ]
      }
    } + [
      ValidationCase(
        "film-resonance", "Resonance and threshold of a 50 x 50 x 1.2 nm film of one cell",
        source: .kittel1948
      ) {
        let (field, frequency) = filmResonance()
        return [
          Quantity("anisotropy field", field, 0.425_78, within: 1e-5, unit: "T"),
          Quantity("frequency", frequency, 11.923e9, within: 2e6, unit: "Hz"),
        ]
      },
      ValidationCase("critical-current", "Current density at which that film is unstable", source: .sun2000) {
        [Quantity("J_c0", filmThreshold(), 2.846e10, within: 0.005 * 2.846e10, unit: "A/m^2")]
      },
    ]
    + zip([1.5, 2, 3], [5.191e-9, 2.882e-9, 1.547e-9]).map { overdrive, seconds -> ValidationCase in
      ValidationCase(
        "switching-time-\(overdrive)",
        "Time from 0.1 rad to the equator at \(overdrive) times the threshold, one cell", source: .sun2000
      ) {
        [
          Quantity(
            "time", switchingTime(overdrive: overdrive), seconds, within: 0.003 * seconds, unit: "s")
        ]
      }
    }

  /// A cell of an anisotropy field along z in tesla.
  private static func cell(tesla: Double, damping: Double) -> Micromagnet {
    let mesh = Mesh(nx: 1, ny: 1, layers: 1, cell: SIMD3(1e-8, 1e-8, 1e-8))
    var magnet = Micromagnet(mesh, saturationMagnetization: 1e6, damping: damping)
    magnet.anisotropy.constants = [tesla * 1e6 / 2]
    return magnet
  }

  private static func switchingField(degrees: Double) -> Double {
    let angle = degrees * Double.pi / 180
    var (low, high) = (0.4, 1.05)
    for _ in 0..<12 {
      let h = (low + high) / 2
      let solver = MicromagneticSolver(cell(tesla: 1, damping: 1), along: SIMD3(1e-3, 0, 1))
      solver.tesla = h * SIMD3(sin(angle), 0, -cos(angle))
      solver.integrate(for: 2e-8) { $0.mean().z < -0.3 }
      if solver.mean().z > -0.3 { low = h } else { high = h }
    }
    return (low + high) / 2
  }

  /// The film as one cell with its own demagnetisation.
  private static func film(damping: Double) -> Micromagnet {
    let mesh = Mesh(nx: 1, ny: 1, layers: 1, cell: SIMD3(50e-9, 50e-9, 1.2e-9))
    var magnet = Micromagnet(mesh, saturationMagnetization: 1.1e6, damping: damping)
    magnet.anisotropy.constants = [1.1e-3 / 1.2e-9]
    magnet.demagnetization = Demagnetization(mesh)
    return magnet
  }

  private static func filmResonance() -> (tesla: Double, hertz: Double) {
    let magnet = film(damping: 0)
    let up = MicromagneticSolver(magnet).fields()[0].z
    let side = MicromagneticSolver(magnet, along: SIMD3(1, 0, 0)).fields()[0].x
    // A small tilt goes round; ten turns by the phase after the time of about ten.
    let angle = 0.01
    let solver = MicromagneticSolver(magnet, along: SIMD3(sin(angle), 0, cos(angle)))
    let (turns, seconds) = (10.0, 10 / 11.923e9)
    solver.integrate(for: seconds, tolerance: 1e-9)
    let m = solver.mean()
    // gamma m x B turns from x to y around a field upwards the other way round: the phase falls short of whole turns.
    let phase = atan2(m.y, m.x)
    return (up - side, (turns + phase / (2 * Double.pi)) / seconds)
  }

  private static func filmThreshold() -> Double {
    var magnet = film(damping: 0.01)
    var torque = SlonczewskiTorque()
    torque.polarization = 0.6
    magnet.slonczewski = torque
    let angle = 0.01
    var (low, high) = (2e10, 4e10)
    for _ in 0..<12 {
      let density = (low + high) / 2
      let solver = MicromagneticSolver(magnet, along: SIMD3(sin(angle), 0, cos(angle)))
      solver.currentDensity = { _ in -density }
      solver.integrate(for: 2e-9, tolerance: 1e-9)
      if solver.mean().z < cos(angle) { high = density } else { low = density }
    }
    return (low + high) / 2
  }

  private static func switchingTime(overdrive: Double) -> Double {
    var magnet = cell(tesla: 0.5, damping: 0.01)
    let torque = SlonczewskiTorque()
    magnet.slonczewski = torque
    // P / 2 beta J = i alpha B_k.
    let beta =
      PhysicalConstants.reducedPlanck / (PhysicalConstants.elementaryCharge * 1e6 * 1e-8)
    let density = overdrive * 0.01 * 0.5 / (torque.polarization / 2) / beta
    let solver = MicromagneticSolver(magnet, along: SIMD3(sin(0.1), 0, cos(0.1)))
    solver.currentDensity = { _ in -density }
    var last = (time: 0.0, z: 1.0)
    var crossing = Double.nan
    solver.integrate(for: 1e-8, tolerance: 1e-8) { solver in
      let now = (time: solver.time, z: solver.mean().z)
      if now.z <= 0 { crossing = last.time + (now.time - last.time) * last.z / (last.z - now.z) }
      last = now
      return now.z <= 0
    }
    return crossing
  }
}
