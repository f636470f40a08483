import Models

extension LevelStatistics {
  /// Probability, level by level, that a written cell is read as another symbol by a sense chain.
  ///
  /// Positions are those sampled, or normal where none were; a boundary is met with the offset between chains,
  /// its own noise and the cell's in quadrature, and averaged over the rows of a bitline. Boundaries beyond the two
  /// of a level are left out.
  ///
  /// - Parameter thresholds: The boundaries, rising, on the scale of the levels; one fewer than levels.
  package func readErrors(_ thresholds: [CellLibrary.Threshold]) -> [Double] {
    guard thresholds.count == levels.count - 1 else { return [] }
    return levels.enumerated().map { index, level in
      func beyond(_ threshold: CellLibrary.Threshold?, _ distance: (Double) -> Double) -> Double {
        guard let threshold else { return 0 }
        let sigma =
          (threshold.offsetSigma * threshold.offsetSigma + threshold.noiseSigma * threshold.noiseSigma
          + level.sigmaRead * level.sigmaRead).squareRoot()
        // The mean over nine places along the bitline.
        let places = (0..<9).map { (Double($0) + 0.5) / 9 - 0.5 }
        return places.reduce(0) { sum, place in
          let past = distance(threshold.position + threshold.rowShift * place)
          return sum + (sigma > 0 ? Math.normalCDF(past / sigma) : past > 0 ? 1 : 0) / 9
        }
      }
      let lower = index > 0 ? thresholds[index - 1] : nil
      let upper = index < thresholds.count ? thresholds[index] : nil
      let positions = level.positions
      let sum = positions.reduce(0) { sum, x in
        sum + min(1, beyond(lower) { $0 - x } + beyond(upper) { x - $0 })
      }
      return sum / Double(positions.count)
    }
  }
}

extension LevelStatistics.Level {
  /// Equally probable positions of a written cell.
  fileprivate var positions: [Double] {
    if quantiles.count > 1 { return zip(quantiles, quantiles.dropFirst()).map { ($0 + $1) / 2 } }
    let count = 1024
    return (0..<count).map {
      mean + sigmaProgrammed * Math.probit((Double($0) + 0.5) / Double(count))
    }
  }
}

extension LevelStatistics {
  /// The same levels with positions and conductances counted from the lowest to the highest *target*.
  ///
  /// A verified cell may use only part of its range; the digital side knows the targets and scales by them.
  var normalizedToTargets: LevelStatistics {
    guard let low = levels.first?.target, let high = levels.last?.target, high > low else { return self }
    let span = high - low
    let range = highConductanceSiemens - lowConductanceSiemens
    var copy = self
    copy.lowConductanceSiemens = lowConductanceSiemens + low * range
    copy.highConductanceSiemens = lowConductanceSiemens + high * range
    copy.levels = levels.map { level in
      var scaled = level
      scaled.target = (level.target - low) / span
      scaled.mean = (level.mean - low) / span
      scaled.sigmaDeviceToDevice /= span
      scaled.sigmaCycleToCycle /= span
      scaled.sigmaRead /= span
      scaled.quantiles = level.quantiles.map { ($0 - low) / span }
      scaled.spread = level.spread.map {
        LevelStatistics.Level.Spread(
          deviceToDevice: $0.deviceToDevice.divided(by: span),
          cycleToCycle: $0.cycleToCycle.divided(by: span))
      }
      return scaled
    }
    return copy
  }
}
