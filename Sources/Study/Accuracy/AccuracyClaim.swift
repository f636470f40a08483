import Foundation
import Models

/// What the article says of accuracy, beside what was computed.
public struct AccuracyClaim: Codable, Sendable, Hashable {
  /// The claim.
  public var claim: String
  /// Whether the numbers bear it out.
  public var verdict: Verdict
  /// The numbers.
  public var numbers: String

  /// Whether numbers bear a claim out.
  public enum Verdict: String, Codable, Sendable, Hashable {
    /// Beyond the 95 % interval.
    case confirmed
    /// Its opposite is true beyond the 95 % interval.
    case refuted
    /// The interval reaches to both sides.
    case open
  }

  /// Loss of accuracy that still counts as kept (assumption: one point).
  public static let allowedLoss = 0.01
}

extension AccuracyStudy {
  /// The article's claims on the technologies that were computed, for the verified junction as written and after the
  /// time at which the others stand.
  public var claims: [AccuracyClaim] {
    points(.technologies)
      .filter { $0.value == 0 && $0.series.contains("2 bits, verified") }
      .flatMap(claims(of:))
  }

  /// The claims for one state of the junction.
  private func claims(of junction: Point) -> [AccuracyClaim] {
    let dense = points(.technologies).filter { $0.value == 0 }
    let pruned = points(.technologies).filter { $0.value == 1 }
    let prunedJunction = pruned.first { $0.series == junction.series }
    func words(_ estimate: Estimate) -> String {
      String(
        format: "%.2f points (%.2f to %.2f)", 100 * estimate.value, 100 * estimate.low, 100 * estimate.high)
    }
    func verdict(_ estimate: Estimate, above bound: Double) -> AccuracyClaim.Verdict {
      estimate.low > bound ? .confirmed : estimate.high <= bound ? .refuted : .open
    }
    var claims = [junction, prunedJunction].compactMap(\.self).map { point in
      let kept = point.result.difference
      return AccuracyClaim(
        claim: "\(point.series), keeps the accuracy of the \(point.label) network within one point",
        verdict: verdict(kept, above: -AccuracyClaim.allowedLoss),
        numbers: "loses \(words(kept.scaled(by: -1))) against exact arithmetic")
    }
    for other in dense where !other.series.hasPrefix("MTJ") {
      let gap = Self.difference(junction.result, other.result)
      claims.append(
        AccuracyClaim(
          claim: "\(other.series), falls behind \(junction.series)", verdict: verdict(gap, above: 0),
          numbers: "by \(words(gap)) on the same images"))
      guard let prunedJunction, let prunedOther = pruned.first(where: { $0.series == other.series })
      else { continue }
      let gaps = zip(junction.result.perChip, other.result.perChip).map { $0 - $1 }
      let prunedGaps = zip(prunedJunction.result.perChip, prunedOther.result.perChip).map { $0 - $1 }
      let images = junction.result.chips * junction.result.imagesPerChip
      let widening = Self.difference(zip(prunedGaps, gaps).map { $0 - $1 }, images: images)
      claims.append(
        AccuracyClaim(
          claim: "Pruning widens the gap of \(other.series), to \(junction.series)",
          verdict: verdict(widening, above: 0), numbers: "by \(words(widening))"))
    }
    return claims
  }
}
