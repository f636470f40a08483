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
  /// Barrier on the way back in joule.
  public var backJoules: [Double]
  /// Anisotropy energy that the nominal film and grain would have over each cell, over this junction's area ratio, in
  /// joule: what the drive is measured by.
  public var nominalJoules: [Double]
  /// Moment of film and grain of each cell in A m^2.
  public var moments: [Double]

  /// Barrier that stands for a grain which its neighbours hold, in joule: far above any temperature's reach.
  public static let held = 1e-15

  /// Parallel shares of the middle states that are looked at.
  static let middle = [1.0 / 3, 2.0 / 3]

  /// Computes the barriers; see ``EnergyBarrier``.
  package init(_ junction: GrainJunction, parallel: [Bool], spec: DeviceSpec) {
    let count = junction.count
    let network = junction.kernel.network
    let spins = (0..<(2 * count)).map { SIMD3(0.0, 0, parallel[$0 % count] ? 1 : -1) }
    weights = junction.weights
    self.parallel = parallel
    let barriers = (0..<count).map {
      EnergyBarrier(junction.kernel, from: spins, reversing: [$0, count + $0])
    }
    joules = barriers.map { $0.startIsStable ? ($0.isStable ? $0.forwardJoules : StateBarriers.held) : 0 }
    backJoules = barriers.map(\.backwardJoules)
    let unit = spec.totalAnisotropyPerArea * junction.layout.area / junction.junction.areaRatio
    nominalJoules = junction.weights.map { unit * $0 }
    moments = (0..<count).map { network.moments[$0] + network.moments[count + $0] }
  }

  /// Parallel share of the area.
  public var fraction: Double { zip(weights, parallel).reduce(0) { $0 + ($1.1 ? $1.0 : 0) } }

  /// Current of a read over the nominal critical one: the junction conducts by its parallel share, with the same current
  /// density everywhere; the roll-off of magnetoresistance with voltage is left out.
  public func drive(readVolts: Double, spec: DeviceSpec) -> Double {
    let range = spec.junction.tmrZeroBias / (1 + spec.junction.tmrZeroBias)
    return readVolts * (1 - range + range * fraction) / spec.parallelOhms / spec.criticalCurrentAmperes
  }

  /// Probability of each grain to stand turned over after a time, in which it may turn back and forth.
  ///
  /// Brown's rates in the high-barrier limit, alpha gamma B_k / (1 + alpha^2) sqrt(Delta / pi) exp(-Delta), over the
  /// barriers of the coupled layer in both directions, with B_k = 2 E / M. Magnetisation and anisotropy are taken as
  /// independent of the temperature (assumption). A current of x times a grain's own threshold, which goes
  /// as its barrier over its area, lowers the barrier of a grain that stands against it by (1 - x)^2 and raises that of one
  /// along it by (1 + x)^2.
  ///
  /// - Parameter drive: Current over the nominal critical one, in the direction of `towardsParallel`.
  /// - Source: W. F. Brown, Phys. Rev. 130, 1677 (1963), doi:10.1103/PhysRev.130.1677; for the current, Butler et al.,
  ///   IEEE Trans. Magn. 48, 4684 (2012), doi:10.1109/TMAG.2012.2209122.
  public func turned(
    within seconds: Double, kelvin: Double, alpha: Double, drive: Double = 0, towardsParallel: Bool = true
  ) -> [Double] {
    func rate(_ energy: Double, _ index: Int, isHelped: Bool) -> Double {
      let over = drive * nominalJoules[index] / energy
      let factor = isHelped ? max(0, 1 - over) : 1 + over
      let barrier = energy * factor * factor / (PhysicalConstants.boltzmann * kelvin)
      let attempt =
        alpha / (1 + alpha * alpha) * PhysicalConstants.gyromagneticRatio * 2 * energy / moments[index]
      return attempt * (max(barrier, 1e-3) / Double.pi).squareRoot() * exp(-barrier)
    }
    return joules.indices.map { index in
      guard joules[index] > 0 else { return 1 }
      guard joules[index] < StateBarriers.held else { return 0 }
      let isHelped = parallel[index] != towardsParallel
      let there = rate(joules[index], index, isHelped: isHelped)
      let back = backJoules[index] > 0 ? rate(backJoules[index], index, isHelped: !isHelped) : .infinity
      guard back.isFinite else { return 0 }
      let both = there + back
      return both > 0 ? there / both * -expm1(-both * seconds) : 0
    }
  }
}
