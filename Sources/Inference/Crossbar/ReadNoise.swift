import Models

/// Variance of the read noise of a column sum as a law of the number of active cells and the sum itself.
///
/// Exact for two levels. For four, the variances of the levels are replaced by the line through them with
/// the least squared error, so that the sum of variances follows from the sum of conductances.
struct NoiseLaw: Sendable, Hashable {
  var variancePerCell: Float
  var variancePerSum: Float
  var isPresent: Bool

  init(_ cells: CellArrayModel, unitsPerLevel: Int) {
    let top = Double(cells.levels - 1)
    let scale = top * Double(unitsPerLevel)
    let variances = cells.sigmaRead.map { $0 * scale * $0 * scale }
    let positions = cells.levelMeans.map { $0 * scale }
    isPresent = variances.contains { $0 > 0 }
    let count = Double(cells.levels)
    let meanVariance = variances.reduce(0, +) / count
    let meanPosition = positions.reduce(0, +) / count
    var covariance = 0.0
    var spread = 0.0
    for (position, variance) in zip(positions, variances) {
      covariance += (position - meanPosition) * (variance - meanVariance)
      spread += (position - meanPosition) * (position - meanPosition)
    }
    let slope = spread > 0 ? covariance / spread : 0
    variancePerSum = Float(slope)
    variancePerCell = Float(meanVariance - slope * meanPosition)
  }
}

/// Equally probable values of a standard normal, scaled to unit variance, for the noise of conversions.
///
/// 4,096 values end at 3.7 standard deviations: enough for noise that is summed over thousands of
/// conversions, not for the error rates of single reads.
package enum NormalQuantiles {
  package static let values: [Float] = {
    let raw = (0..<4096).map { Math.probit((Double($0) + 0.5) / 4096) }
    let deviation = (raw.reduce(0) { $0 + $1 * $1 } / 4096).squareRoot()
    return raw.map { Float($0 / deviation) }
  }()
}
