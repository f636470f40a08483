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
  /// The article's claims on the technologies that were computed; none without labelled images.
  ///
  /// Published cells whose reads were characterised are set beside the junction of the same scheme: beside the junction as
  /// written, which is what the article does, and both at the same age with boundaries moved to the levels.
  public var claims: [AccuracyClaim] { keptClaims + gapClaims }

  /// Cells of two bits on labelled images.
  private var compared: [Point] {
    points(.technologies).filter { $0.result.metric == .accuracy && $0.cell?.bitsPerCell == 2 }
  }

  /// How much a junction loses on one of the networks, and whether that counts as kept.
  func keptClaims(
    isPruned: Bool
  ) -> [(series: String, network: String, loss: Estimate, verdict: AccuracyClaim.Verdict)] {
    compared.filter { $0.cell?.isJunction == true && $0.isPruned == isPruned }.map { point in
      let kept = point.result.difference
      return (
        point.series, point.label, kept.scaled(by: -1), Self.verdict(kept, above: -AccuracyClaim.allowedLoss)
      )
    }
  }

  /// Whether the junction keeps the accuracy.
  private var keptClaims: [AccuracyClaim] {
    (keptClaims(isPruned: false) + keptClaims(isPruned: true)).map { series, network, loss, verdict in
      AccuracyClaim(
        claim: "\(series): keeps the accuracy of the \(network) network within one point", verdict: verdict,
        numbers: "loses \(loss.percents) points against exact arithmetic")
    }
  }

  /// Whether the others fall behind it, and further on a pruned network.
  private var gapClaims: [AccuracyClaim] {
    let own = compared
    let dense = own.filter { !$0.isPruned }
    let junctions = dense.filter { $0.cell?.isJunction == true }
    // With several networks of a kind nobody knows which belong together.
    let isPair = Set(own.filter(\.isPruned).map(\.network)).count == 1 && Set(dense.map(\.network)).count == 1
    func pruned(_ point: Point) -> Point? {
      isPair ? own.first { $0.isPruned && $0.series == point.series } : nil
    }
    let isSingle = Set(dense.map(\.network)).count <= 1
    var claims: [AccuracyClaim] = []
    for other in dense {
      guard let cell = other.cell, !cell.isJunction, cell.hasRead else { continue }
      for junction in junctions {
        guard junction.network == other.network, let own = junction.cell, own.scheme == cell.scheme,
          own.referencesAreMoved == cell.referencesAreMoved,
          own.elapsedSeconds == (own.referencesAreMoved ? cell.elapsedSeconds : 0)
        else { continue }
        let gap = Self.difference(junction.result, other.result)
        claims.append(
          AccuracyClaim(
            claim: "\(other.series): falls behind \(junction.series)"
              + (isSingle ? "" : " on the \(other.label) network"), verdict: Self.verdict(gap, above: 0),
            numbers: "by \(gap.percents) points on the same images"))
        // A lead that shrinks is no gap that widens.
        guard Self.verdict(gap, above: 0) == .confirmed, let prunedJunction = pruned(junction),
          let prunedOther = pruned(other)
        else { continue }
        let gaps = zip(junction.result.perChip, other.result.perChip).map { $0 - $1 }
        let prunedGaps = zip(prunedJunction.result.perChip, prunedOther.result.perChip).map { $0 - $1 }
        let images = junction.result.chips * junction.result.imagesPerChip
        let results = [junction.result, other.result, prunedJunction.result, prunedOther.result]
        let widening = Self.difference(
          zip(prunedGaps, gaps).map { $0 - $1 }, images: images,
          common: results.reduce(0) { $0 + ($1.deviceVariance ?? 0) })
        claims.append(
          AccuracyClaim(
            claim: "\(other.series): pruning widens the gap to \(junction.series)",
            verdict: Self.verdict(widening, above: 0), numbers: "by \(widening.percents) points"))
      }
    }
    return claims
  }

  private static func verdict(_ estimate: Estimate, above bound: Double) -> AccuracyClaim.Verdict {
    estimate.low > bound ? .confirmed : estimate.high <= bound ? .refuted : .open
  }
}
