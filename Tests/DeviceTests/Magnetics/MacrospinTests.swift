import Device
import Foundation
import Models
import Testing

/// One macrospin against closed forms, in double precision and without noise.
@Suite struct MacrospinTests {
  private static let gamma = PhysicalConstants.gyromagneticRatio

  /// Stoner and Wohlfarth's switching field: h = (cos^(2/3) + sin^(2/3))^(-3/2).
  ///
  /// - Source: Phil. Trans. A 240, 599 (1948), doi:10.1098/rsta.1948.0007.
  @Test(arguments: [(0.5, 0.0), (15.0, 0.61466), (30, 0.52402), (45, 0.5)])
  func stonerWohlfarth(degrees: Double, published: Double) {
    let angle = degrees * Double.pi / 180
    let expected =
      published > 0 ? published : pow(pow(cos(angle), 2.0 / 3) + pow(sin(angle), 2.0 / 3), -1.5)
    func stays(_ h: Double) -> Bool {
      var network = SpinNetwork.macrospin(anisotropyTesla: 1, moment: 1e-18, damping: 1)
      network.outside[0] = h * SIMD3(sin(angle), 0, -cos(angle))
      var dynamics = SpinDynamics(network, along: SIMD3(1e-3, 0, 1))
      dynamics.integrate(for: 2e-8, currentDensity: 0, tolerance: 1e-7) { $0.spins[0].z < -0.3 }
      return dynamics.spins[0].z > -0.3
    }
    var (low, high) = (0.4, 1.05)
    for _ in 0..<11 {
      let middle = (low + high) / 2
      if stays(middle) { low = middle } else { high = middle }
    }
    #expect(abs(low / expected - 1) < 3e-3)
  }

  /// A 50 nm x 50 nm x 1.2 nm film: anisotropy field, ferromagnetic resonance and threshold of the spin torque.
  @Test func filmResonanceAndThreshold() {
    let magnetization = 1.1e6
    let thickness = 1.2e-9
    let tensor = NewellTensor(
      offset: .zero, size: SIMD2(50, 50), target: 0...1.2, source: 0...1.2)
    let field =
      2 * 1.1e-3 / (magnetization * thickness)
      - PhysicalConstants.vacuumPermeability * magnetization * (tensor.zz - tensor.xx)
    #expect(abs(field - 0.42578) < 1e-5)
    var network = SpinNetwork.macrospin(
      anisotropyTesla: field, moment: magnetization * 2.5e-15 * thickness, damping: 0)
    let angle = 0.01
    var dynamics = SpinDynamics(network, along: SIMD3(sin(angle), 0, cos(angle)))
    let period = 1 / 11.923e9
    dynamics.integrate(for: 10 * period, currentDensity: 0)
    // After ten periods at the published frequency the spin is where it began, to a thousandth of a turn.
    #expect(abs(atan2(dynamics.spins[0].y, dynamics.spins[0].x)) < 10 * 2 * Double.pi * 1e-4)

    network.damping[0] = 0.01
    network.polarization = 0.6
    network.torque[0] =
      PhysicalConstants.reducedPlanck / (PhysicalConstants.elementaryCharge * magnetization * thickness)
    func grows(_ density: Double) -> Bool {
      var dynamics = SpinDynamics(network, along: SIMD3(sin(angle), 0, cos(angle)))
      dynamics.integrate(for: 2e-9, currentDensity: -density)
      return dynamics.spins[0].z < cos(angle)
    }
    #expect(grows(2.846e10 * 1.005))
    #expect(!grows(2.846e10 * 0.995))
  }

  /// Time from 0.1 rad to the equator under spin torque, alpha 0.01 and B_k 0.5 T.
  @Test(arguments: [(1.5, 5.191e-9), (2, 2.882e-9), (3, 1.547e-9)])
  func switchingTime(overdrive: Double, expected: Double) {
    var network = SpinNetwork.macrospin(anisotropyTesla: 0.5, moment: 1e-18, damping: 0.01)
    network.torque[0] = 1
    let density = overdrive * 0.01 * 0.5 / (network.polarization / 2)
    var dynamics = SpinDynamics(network, along: SIMD3(sin(0.1), 0, cos(0.1)))
    var time = 0.0
    while dynamics.spins[0].z > 0, time < 2 * expected {
      dynamics.integrate(for: 2e-12, currentDensity: -density)
      time += 2e-12
    }
    #expect(abs(time / expected - 1) < 5e-3)
  }

  /// Without damping and current the energy of coupled spins stays; with damping it only falls.
  @Test func energyIsConservedOrFalls() throws {
    var network = try SpinNetwork.junction(Specs.standard(diameter: 30e-9))
    let damping = network.damping
    network.damping = damping.map { _ in 0 }
    var dynamics = SpinDynamics(network, along: SIMD3(0.8, 0.1, 0.4))
    let before = network.energy(of: dynamics.spins)
    dynamics.integrate(for: 5e-11, currentDensity: 0)
    #expect(abs(network.energy(of: dynamics.spins) / before - 1) < 1e-5)
    network.damping = damping
    var damped = SpinDynamics(network, along: SIMD3(0.8, 0.1, 0.4))
    var last = before
    for _ in 0..<20 {
      damped.integrate(for: 5e-12, currentDensity: 0)
      let now = network.energy(of: damped.spins)
      #expect(now < last)
      last = now
    }
  }
}

extension SpinNetwork {
  /// The network of one sampled junction.
  static func junction(
    _ spec: DeviceSpec, index: Int = 0, wholeReach: Double = SpinNetwork.wholeReach
  ) throws -> SpinNetwork {
    GrainJunction(
      spec: spec, seed: 3, index: index, tensors: GrainJunction.tensors(for: spec), wholeReach: wholeReach
    ).kernel.network
  }
}
