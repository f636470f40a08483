import Foundation
import Models

/// Share of the reversed area that thermal escape turns back within a time without current.
///
/// Grains are independent: pieces cut by the edge stand alone with the small barrier of their own area and make up
/// most of the early loss. Exchange through a continuous film would hold them; this law has none.
public struct Retention: Codable, Sendable, Hashable {
  /// Time after programming in seconds.
  public var elapsedSeconds: Double
  /// Of a wholly reversed layer, mean over junctions with its interval.
  public var lostFraction: Estimate
  /// Of the third of the layer that one pulse reverses first: weaker grains, so a larger share.
  public var lostFractionOfThird: Estimate

  /// A second, a day and ten years.
  static let times = [1.0, 86400, 10 * 365.25 * 86400]

  static func of(_ population: [Junction], programmer: Programmer) -> [Retention] {
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
        elapsedSeconds: time, lostFraction: Estimate.mean(whole) ?? .exact(0),
        lostFractionOfThird: Estimate.mean(part) ?? .exact(0))
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
