import Foundation
import Models

/// Macrospins in two layers, lower then upper, with every coupling between them.
///
/// The field on spin i is `outside_i + sum over j of C_ij m_j`; exchange, anisotropy and demagnetisation are all
/// contained in the symmetric 3 x 3 blocks C_ij, i = j included. Reciprocity holds: M_i C_ij = M_j C_ji with the
/// moments M, so that `E = -1/2 sum M_i m_i C_ij m_j - sum M_i m_i outside_i` is the energy.
package struct SpinNetwork: Sendable {
  /// Spins of the lower layer, on which the spin current acts in a junction.
  package let lower: Int
  /// Spins of the upper layer.
  package let upper: Int
  /// Moments in A m^2.
  package var moments: [Double]
  /// Gilbert damping of each spin.
  package var damping: [Double]
  /// Field from outside on each spin in tesla.
  package var outside: [SIMD3<Double>]
  /// beta of Slonczewski's torque in tesla per current density in A/m^2.
  package var torque: [Double]
  /// Unit vector of the spin polarisation.
  package var polarizer = SIMD3(0.0, 0, 1)
  /// Spin polarisation P.
  package var polarization = 0.6
  /// Asymmetry L.
  package var torqueAsymmetry = 1.0
  /// eps' of the field-like torque.
  package var fieldLikeTorque = 0.0
  /// Isotropic exchange of each spin with others, in tesla; contained in the blocks.
  package private(set) var exchange: [[Exchange]]
  /// Blocks in tesla: `[target][source][xx, xy, xz, yy, yz, zz]`.
  private var blocks: [Double]

  /// An isotropic coupling.
  package struct Exchange: Sendable, Hashable {
    /// Index of the other spin.
    package var spin: Int
    /// Field per unit of its magnetisation, in tesla.
    package var tesla: Double
  }

  /// Number of spins.
  package var count: Int { lower + upper }

  /// Uncoupled spins without anisotropy.
  package init(lower: Int, upper: Int) {
    self.lower = lower
    self.upper = upper
    let count = lower + upper
    moments = [Double](repeating: 0, count: count)
    damping = moments
    torque = moments
    outside = [SIMD3<Double>](repeating: .zero, count: count)
    exchange = [[Exchange]](repeating: [], count: count)
    blocks = [Double](repeating: 0, count: count * count * 6)
  }

  /// One spin with a uniaxial anisotropy field along z.
  package static func macrospin(anisotropyTesla: Double, moment: Double, damping: Double) -> SpinNetwork {
    var network = SpinNetwork(lower: 1, upper: 0)
    network.moments[0] = moment
    network.damping[0] = damping
    network.addUniaxial(to: 0, tesla: anisotropyTesla)
    return network
  }

  /// A coefficient of the block of a target and a source: 0 ..< 6 for xx, xy, xz, yy, yz, zz.
  package func coefficient(_ target: Int, _ source: Int, _ index: Int) -> Double {
    blocks[(target * count + source) * 6 + index]
  }

  /// Adds an anisotropy field 2 K / Ms along z.
  package mutating func addUniaxial(to spin: Int, tesla: Double) {
    blocks[(spin * count + spin) * 6 + 5] += tesla
  }

  /// Adds the field of a source's demagnetisation on a target: `factor` times xx, yy, zz, xy, xz, yz.
  package mutating func addDemagnetization(_ target: Int, _ source: Int, tensor: [Double], factor: Double) {
    let place = (target * count + source) * 6
    for (index, from) in [0, 3, 4, 1, 5, 2].enumerated() { blocks[place + index] += factor * tensor[from] }
  }

  /// Adds an exchange energy `-joules m_a . m_b` between spins whose moments are set.
  package mutating func addExchange(_ a: Int, _ b: Int, joules: Double) {
    guard joules != 0 else { return }
    for (target, source) in [(a, b), (b, a)] {
      let tesla = joules / moments[target]
      let place = (target * count + source) * 6
      for index in [0, 3, 5] { blocks[place + index] += tesla }
      if let known = exchange[target].firstIndex(where: { $0.spin == source }) {
        exchange[target][known].tesla += tesla
      } else {
        exchange[target].append(Exchange(spin: source, tesla: tesla))
      }
    }
  }

  /// The field on a spin in tesla.
  package func field(on target: Int, of spins: [SIMD3<Double>]) -> SIMD3<Double> {
    var (x, y, z) = (outside[target].x, outside[target].y, outside[target].z)
    blocks.withUnsafeBufferPointer { blocks in
      var place = target * count * 6
      for m in spins {
        x += blocks[place] * m.x + blocks[place + 1] * m.y + blocks[place + 2] * m.z
        y += blocks[place + 1] * m.x + blocks[place + 3] * m.y + blocks[place + 4] * m.z
        z += blocks[place + 2] * m.x + blocks[place + 4] * m.y + blocks[place + 5] * m.z
        place += 6
      }
    }
    return SIMD3(x, y, z)
  }

  /// The energy in joule; exchange counts nothing where spins are perpendicular.
  package func energy(of spins: [SIMD3<Double>]) -> Double {
    spins.indices.reduce(0) { sum, spin in
      let sources = field(on: spin, of: spins) - outside[spin]
      return sum - moments[spin] * (spins[spin] * (sources / 2 + outside[spin])).sum()
    }
  }

  /// Largest field along z on any spin, in tesla, whichever way the spins that it exchanges with point: its own
  /// anisotropy and shape, all exchange, and the dipole field of a uniform state.
  package var largestFieldTesla: Double {
    (0..<count).reduce(0) { largest, target in
      let exchanged = exchange[target].reduce(0) { $0 + $1.tesla }
      let others = (0..<count).reduce(0) { $1 == target ? $0 : $0 + coefficient(target, $1, 5) }
      let all = exchange[target].reduce(abs(coefficient(target, target, 5)) + abs(others - exchanged)) {
        $0 + abs($1.tesla)
      }
      return max(largest, all + abs(outside[target].z))
    }
  }

  /// The longest time step, in seconds, that resolves precession: gamma B dt = 0.2.
  package var longestStepSeconds: Double {
    0.2 / (PhysicalConstants.gyromagneticRatio * max(largestFieldTesla, 1e-3))
  }

  /// Standard deviation of the thermal field on a spin, in tesla.
  ///
  /// - Source: W. F. Brown, Phys. Rev. 130, 1677 (1963), doi:10.1103/PhysRev.130.1677: 2 alpha kB T / (gamma M dt)
  ///   for noise in both torques.
  package func thermalField(of spin: Int, kelvin: Double, stepSeconds: Double) -> Double {
    guard moments[spin] > 0 else { return 0 }
    return
      (2 * damping[spin] * PhysicalConstants.boltzmann * kelvin
      / (PhysicalConstants.gyromagneticRatio * moments[spin] * stepSeconds)).squareRoot()
  }
}
