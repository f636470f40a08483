import Foundation
import Models

/// What thermal escape does to stored states within a time without current.
///
/// Under the analytic law grains are independent: pieces cut by the edge stand alone with the small barrier of
/// their own area. The grain engine has the barrier of every grain in the coupled layer, each turning alone.
public struct Retention: Codable, Sendable, Hashable {
  /// Time after programming in seconds.
  public var elapsedSeconds: Double
  /// Temperature in kelvin.
  public var temperatureKelvin: Double
  /// Share of the reversed area that turns back, of a wholly reversed layer; mean over junctions with its interval.
  public var lostFraction: Estimate
  /// Of the third of the layer that one pulse reverses first: weaker grains, so a larger share.
  public var lostFractionOfThird: Estimate
  /// The stored states 0, 1/3, 2/3 and 1 of the parallel area; empty under the analytic law.
  public var states: [State]

  /// What becomes of one stored state.
  public struct State: Codable, Sendable, Hashable {
    /// Parallel share of the area as programmed, mean over junctions.
    public var fraction: Double
    /// Mean change of the parallel share.
    public var change: Estimate
    /// Share of the area that turns over in either direction.
    public var turned: Estimate
  }

  /// A second, a day and ten years.
  public static let times = [1.0, 86400, 10 * 365.25 * 86400]

  static func of(_ population: [Junction], programmer: Programmer, kelvin: Double) -> [Retention] {
    let third = programmer.drive(forMeanFraction: 1.0 / 3) ?? 0
    let reversed = population.map { programmer.probabilities($0, drive: third) }
    return times.map { time in
      let whole = population.map { junction in
        junction.layer.grains.reduce(0) { $0 + $1.weight * $1.lossProbability(afterSeconds: time) }
      }
      let part = zip(population, reversed).map { junction, probabilities in
        var (lost, all) = (0.0, 0.0)
        for (grain, probability) in zip(junction.layer.grains, probabilities) {
          all += grain.weight * probability
          lost += grain.weight * probability * grain.lossProbability(afterSeconds: time)
        }
        return all > 0 ? lost / all : 0
      }
      return Retention(
        elapsedSeconds: time, temperatureKelvin: kelvin, lostFraction: Estimate.mean(whole) ?? .exact(0),
        lostFractionOfThird: Estimate.mean(part) ?? .exact(0), states: [])
    }
  }
}

extension Retention {
  /// Retention from the barriers of the four states of some junctions; empty for none.
  ///
  /// - Parameters:
  ///   - barriers: `[junction][state]`, from all antiparallel to all parallel.
  ///   - readVolts: Voltage that is applied all the time.
  ///   - towardsParallel: Direction of its current.
  public static func of(
    _ barriers: [[StateBarriers]], spec: DeviceSpec, seconds: [Double] = times, kelvin: Double? = nil,
    readVolts: Double = 0, towardsParallel: Bool = true
  ) -> [Retention] {
    guard let first = barriers.first else { return [] }
    let kelvin = kelvin ?? spec.temperatureKelvin
    return seconds.map { time in
      /// Changes of each junction in one state: area that leaves parallel, area that becomes parallel.
      func changes(_ state: Int) -> [(down: Double, up: Double)] {
        barriers.map { junction in
          let one = junction[state]
          let turned = one.turned(
            within: time, kelvin: kelvin, alpha: spec.dynamics.alpha,
            drive: one.drive(readVolts: readVolts, spec: spec), towardsParallel: towardsParallel)
          var (down, up) = (0.0, 0.0)
          for index in turned.indices {
            let area = one.weights[index] * turned[index]
            if one.parallel[index] { down += area } else { up += area }
          }
          return (down, up)
        }
      }
      func mean(_ values: [Double]) -> Estimate { Estimate.mean(values) ?? .exact(0) }
      let all = first.indices.map(changes)
      let thirds = zip(all[1], barriers).map { change, junction in
        change.down / max(1e-12, junction[1].fraction)
      }
      return Retention(
        elapsedSeconds: time, temperatureKelvin: kelvin,
        lostFraction: .meanShare(all[first.count - 1].map(\.down)), lostFractionOfThird: .meanShare(thirds),
        states: first.indices.map { state in
          State(
            fraction: barriers.reduce(0) { $0 + $1[state].fraction } / Double(barriers.count),
            change: mean(all[state].map { $0.up - $0.down }),
            turned: .meanShare(all[state].map { $0.up + $0.down })
          )
        })
    }
  }
}

extension Grain {
  /// Brown's rate of escape from a state without current, in 1/s.
  ///
  /// - Source: W. F. Brown, Phys. Rev. 130, 1677 (1963), doi:10.1103/PhysRev.130.1677, the high-barrier limit
  ///   gamma alpha B_k / (1 + alpha^2) sqrt(Delta / pi) exp(-Delta); below a barrier of a few kT an upper bound.
  public var escapeRateHertz: Double {
    dampingRateHertz * (stability / Double.pi).squareRoot() * exp(-stability)
  }

  /// Probability of having escaped at least once within a time.
  public func lossProbability(afterSeconds seconds: Double) -> Double {
    -expm1(-escapeRateHertz * seconds)
  }
}
