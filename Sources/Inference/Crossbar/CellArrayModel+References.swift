import Foundation
import Models

extension CellArrayModel {
  /// Bins of a level's positions, and places that a boundary is tried at, between two neighbouring levels.
  private static let referenceBins = 2048
  private static let referencePlaces = 256

  /// The same cells read against boundaries where fewest of the neighbouring levels' cells are misread at the time of the
  /// read: by their distributions, their reads, and the boundary's own offset, noise and drop along the bitline.
  ///
  /// Every level counts alike. Where several places are as good, the middle of them is taken: without any scatter, midway.
  public var withRecentredReferences: CellArrayModel {
    var model = self
    for index in thresholds.indices {
      let levels = [index, index + 1].map { positions(ofLevel: $0) }
      let means = [index, index + 1].map { currentMeans[$0] }
      guard means[1] > means[0] else { continue }
      let all = levels.map(\.values).joined()
      guard let low = all.min(), let high = all.max() else { continue }
      let width = max(high - low, 1e-9) / Double(Self.referenceBins)
      let shares = levels.map { level -> [Double] in
        var shares = [Double](repeating: 0, count: Self.referenceBins)
        for value in level.values {
          shares[min(Int((value - low) / width), Self.referenceBins - 1)] += 1 / Double(level.values.count)
        }
        return shares
      }
      let threshold = thresholds[index]
      let common = threshold.offsetSigma * threshold.offsetSigma + threshold.noiseSigma * threshold.noiseSigma
      let sigmas = zip(levels, sigmaRead[index...]).map { level, read -> Double in
        (read * read + level.sigma * level.sigma + common).squareRoot()
      }
      func misread(_ boundary: Double) -> Double {
        var share = 0.0
        for bin in 0..<Self.referenceBins {
          let value = low + (Double(bin) + 0.5) * width
          for (side, sign) in [(0, 1.0), (1, -1.0)] where shares[side][bin] > 0 {
            for row in -2...2 {
              let distance = sign * (boundary + threshold.rowShift * Double(row) / 4 - value)
              let wrong =
                sigmas[side] > 0 ? Math.normalCDF(-distance / sigmas[side]) : distance < 0 ? 1 : 0
              share += shares[side][bin] * wrong / 5
            }
          }
        }
        return share
      }
      let step = (means[1] - means[0]) / Double(Self.referencePlaces)
      let tried = (0...Self.referencePlaces).map { means[0] + step * Double($0) }
      let wrong = tried.map(misread)
      guard let least = wrong.min() else { continue }
      // One in ten billion is nobody's error.
      let best = wrong.indices.filter { wrong[$0] <= least + 1e-10 }
      guard let first = best.first, let last = best.last else { continue }
      model.thresholds[index].position = (tried[first] + tried[last]) / 2
    }
    let rising = model.thresholds.map(\.position).sorted()
    for index in thresholds.indices { model.thresholds[index].position = rising[index] }
    return model
  }

  /// Equally probable positions of a level at the time of the read, and the standard deviation of what is normal
  /// about them.
  private func positions(ofLevel level: Int) -> (values: [Double], sigma: Double) {
    let off = offConductance
    let factor = driftMean[level]
    func middles(_ list: [Double], _ count: Int) -> [Double] {
      guard list.count > 1 else { return list }
      return (0..<count).map { part in
        let place = (Double(part) + 0.5) / Double(count) * Double(list.count - 1)
        let below = min(Int(place), list.count - 2)
        return list[below] + (place - Double(below)) * (list[below + 1] - list[below])
      }
    }
    let programmed = positionQuantiles.isEmpty ? [levelMeans[level]] : middles(positionQuantiles[level], 1024)
    var shifts = shiftQuantiles.map { middles($0[level], 512 / shiftQuantiles.count) }.flatMap { $0 }
    if shifts.isEmpty { shifts = [0] }
    var values: [Double] = []
    values.reserveCapacity(programmed.count * shifts.count)
    for position in programmed {
      for shift in shifts { values.append((off + position + shift) * factor - off) }
    }
    let total = off + levelMeans[level] + shift(level)
    let own = positionQuantiles.isEmpty ? sigmaDeviceToDevice[level] * factor : 0
    let relative = sigmaConductance * factor * total
    let drift = sigmaDrift[level] * total
    return (values, (own * own + relative * relative + drift * drift).squareRoot())
  }
}
