import Foundation
import Models

/// Landau-Lifshitz-Gilbert dynamics of a network in double precision, one copy: the reference.
///
/// dm/dt = -gamma / (1 + alpha^2) { m x B + alpha m x (m x B) } + the torque of a spin current,
/// gamma / (1 + alpha^2) { beta (eps + alpha eps') m x (p x m) + beta (eps' - alpha eps) p x m }.
///
/// - Source: Slonczewski, J. Magn. Magn. Mater. 159, L1 (1996), doi:10.1016/0304-8853(96)00062-5; in the explicit
///   form of Vansteenkiste et al., AIP Advances 4, 107133 (2014), doi:10.1063/1.4899186.
package struct SpinDynamics: Sendable {
  package let network: SpinNetwork
  /// Magnetisations, unit vectors.
  package var spins: [SIMD3<Double>]

  /// All spins along one direction.
  package init(_ network: SpinNetwork, along direction: SIMD3<Double>) {
    self.network = network
    spins = [SIMD3<Double>](
      repeating: direction / (direction * direction).sum().squareRoot(), count: network.count)
  }

  /// Rates of change in 1/s at a current density in A/m^2, with a field added to each spin.
  package func rates(
    of spins: [SIMD3<Double>], currentDensity: Double, added: [SIMD3<Double>]? = nil
  ) -> [SIMD3<Double>] {
    spins.indices.map { spin in
      var field = network.field(on: spin, of: spins)
      if let added { field += added[spin] }
      return network.rate(of: spin, m: spins[spin], field: field, currentDensity: currentDensity)
    }
  }

  /// One step of Heun's method with a thermal field frozen over it (Stratonovich), normalised.
  ///
  /// - Parameters:
  ///   - currents: Current density at the beginning and at the end, in A/m^2.
  ///   - thermal: Thermal field on each spin in tesla.
  package mutating func advance(
    by seconds: Double, currents: (Double, Double), thermal: [SIMD3<Double>]? = nil
  ) {
    let first = rates(of: spins, currentDensity: currents.0, added: thermal)
    let predicted = zip(spins, first).map { $0 + seconds * $1 }
    let second = rates(of: predicted, currentDensity: currents.1, added: thermal)
    for index in spins.indices {
      spins[index] = (spins[index] + seconds / 2 * (first[index] + second[index])).normalized
    }
  }

  /// Moves on without noise by Dormand and Prince's fifth-order method with error control.
  ///
  /// - Parameters:
  ///   - seconds: Span.
  ///   - currentDensity: In A/m^2, constant.
  ///   - tolerance: Error of a spin per step.
  /// - Source: Dormand and Prince, J. Comput. Appl. Math. 6, 19 (1980), doi:10.1016/0771-050X(80)90013-3.
  package mutating func integrate(
    for seconds: Double, currentDensity: Double, tolerance: Double = 1e-9,
    until done: ((SpinDynamics) -> Bool)? = nil
  ) {
    let nodes: [[Double]] = [
      [1.0 / 5], [3.0 / 40, 9.0 / 40], [44.0 / 45, -56.0 / 15, 32.0 / 9],
      [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
      [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
      [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
    ]
    let errors: [Double] = [
      71.0 / 57600, 0.0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40,
    ]
    var time = 0.0
    var step = min(seconds, network.longestStepSeconds)
    var k = [rates(of: spins, currentDensity: currentDensity)]
    while time < seconds, done?(self) != true {
      step = min(step, seconds - time)
      k.removeLast(k.count - 1)
      var trial = spins
      for row in nodes {
        for index in spins.indices {
          var sum = SIMD3<Double>.zero
          for (coefficient, rate) in zip(row, k) { sum += coefficient * rate[index] }
          trial[index] = spins[index] + step * sum
        }
        k.append(rates(of: trial, currentDensity: currentDensity))
      }
      var worst = 0.0
      for index in spins.indices {
        var sum = SIMD3<Double>.zero
        for (coefficient, rate) in zip(errors, k) { sum += coefficient * rate[index] }
        worst = max(worst, step * (sum * sum).sum().squareRoot())
      }
      if worst <= tolerance {
        time += step
        spins = trial.map(\.normalized)
        k = [rates(of: spins, currentDensity: currentDensity)]
      }
      step *= min(5, max(0.2, 0.9 * pow(tolerance / max(worst, 1e-300), 0.2)))
    }
  }
}

extension SpinNetwork {
  /// Rate of change of a spin in a field and a spin current, in 1/s.
  func rate(
    of spin: Int, m: SIMD3<Double>, field: SIMD3<Double>, currentDensity: Double
  ) -> SIMD3<Double> {
    let alpha = damping[spin]
    let beta = torque[spin] * currentDensity
    let l2 = torqueAsymmetry * torqueAsymmetry
    let eps = polarization * l2 / ((l2 + 1) + (l2 - 1) * (m * polarizer).sum())
    let first = field + beta * (fieldLikeTorque - alpha * eps) * polarizer
    let second = alpha * field + beta * (eps + alpha * fieldLikeTorque) * polarizer
    return -PhysicalConstants.gyromagneticRatio / (1 + alpha * alpha) * m.cross(first + m.cross(second))
  }
}

extension SIMD3<Double> {
  func cross(_ other: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
  }
  package var normalized: SIMD3<Double> { self / (self * self).sum().squareRoot() }
}
