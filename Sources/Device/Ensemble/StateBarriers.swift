import Foundation
import Models

/// The barrier of every grain of a junction that stands in one state, each turning alone.
public struct StateBarriers: Codable, Sendable, Hashable {
  /// Share of each cell in the area.
  public var weights: [Double]
  /// Whether each grain stands parallel.
  public var parallel: [Bool]
  /// Barrier against turning over in joule; 0 where the state is not one of rest, ``held`` where the opposite state
  /// is none and the grain cannot turn alone.
  public var joules: [Double]
  /// Moment of film and grain of each cell in A m^2.
  public var moments: [Double]

  /// Barrier that stands for a grain which its neighbours hold, in joule: far above any temperature's reach.
  public static let held = 1e-15

  /// Parallel shares of the middle states that are looked at.
  static let middle = [1.0 / 3, 2.0 / 3]

  /// Computes the barriers; see ``EnergyBarrier``.
  package init(_ junction: GrainJunction, parallel: [Bool]) {
    let count = junction.count
    let network = junction.kernel.network
    let spins = (0..<(2 * count)).map { SIMD3(0.0, 0, parallel[$0 % count] ? 1 : -1) }
    weights = junction.weights
    self.parallel = parallel
    joules = (0..<count).map {
      let barrier = EnergyBarrier(junction.kernel, from: spins, reversing: [$0, count + $0])
      if !barrier.startIsStable { return 0 }
      return barrier.isStable ? barrier.forwardJoules : StateBarriers.held
    }
    moments = (0..<count).map { network.moments[$0] + network.moments[count + $0] }
  }

  /// Parallel share of the area.
  public var fraction: Double { zip(weights, parallel).reduce(0) { $0 + ($1.1 ? $1.0 : 0) } }

  /// Probability of each grain to have turned over within a time.
  ///
  /// Brown's rate in the high-barrier limit, alpha gamma B_k / (1 + alpha^2) sqrt(Delta / pi) exp(-Delta), with
  /// the barrier of the coupled layer and B_k = 2 E / M. Magnetisation and anisotropy are taken as independent of
  /// the temperature (assumption).
  ///
  /// - Parameters:
  ///   - drive: Current over the nominal critical one, towards `towardsParallel`; it lowers the barrier of grains
  ///     that stand against it by (1 - x)^2 and raises the others' by (1 + x)^2.
  /// - Source: W. F. Brown, Phys. Rev. 130, 1677 (1963), doi:10.1103/PhysRev.130.1677.
  public func turned(
    within seconds: Double, kelvin: Double, alpha: Double, drive: Double = 0, towardsParallel: Bool = true
  ) -> [Double] {
    joules.indices.map { index in
      let helped = parallel[index] != towardsParallel
      let factor = helped ? max(0, 1 - drive) : 1 + drive
      let barrier = joules[index] * factor * factor / (PhysicalConstants.boltzmann * kelvin)
      let field = 2 * joules[index] / moments[index]
      let attempt = alpha / (1 + alpha * alpha) * PhysicalConstants.gyromagneticRatio * field
      let rate = attempt * (max(barrier, 1e-3) / Double.pi).squareRoot() * exp(-barrier)
      return joules[index] > 0 ? -expm1(-rate * seconds) : 1
    }
  }
}
