import Models

/// Reads that one position of the column switches takes in the row tiles of a layer, per window.
struct ReadCount: Sendable {
  /// Expected reads summed over the row tiles of one copy.
  let total: Double
  /// Expected reads of the slowest row tile, which the layer waits for.
  let slowest: Double

  /// Counts the reads of one layer.
  ///
  /// Row-sequential: one read per row whose input is not zero. Row-parallel: one per input bit and group of
  /// rows, unless measured densities say that no row of the group is active.
  ///
  /// Rows are taken as independent. The slowest of k tiles is the mean plus Phi^-1((k - 3/8)/(k + 1/4))
  /// standard deviations.
  ///
  /// - Source: Blom, Statistical Estimates and Transformed Beta-Variables (1958), expected normal extremes.
  init(mapping: LayerMapping, array: ArrayConfiguration, data: DataStatistics) {
    var moments: [Int: (mean: Double, variance: Double, most: Int)] = [:]
    for rows in Set(mapping.tileRows) {
      switch array.readMode {
      case .rowSequential:
        let active = 1 - data.zeroInputFraction
        moments[rows] = (Double(rows) * active, Double(rows) * active * (1 - active), rows)
      case .rowParallel:
        let (full, rest) = rows.quotientAndRemainder(dividingBy: array.rowsPerRead)
        let groups = [(array.rowsPerRead, full), (rest, rest > 0 ? 1 : 0)]
        var (mean, variance) = (0.0, 0.0)
        for one in data.oneFractions {
          for (rowsHere, count) in groups {
            let idle = data.skipsIdleReads ? ReadCount.power(1 - one, rowsHere) : 0
            mean += Double(count) * (1 - idle)
            variance += Double(count) * idle * (1 - idle)
          }
        }
        moments[rows] = (mean, variance, groups.reduce(0) { $0 + $1.1 } * data.oneFractions.count)
      }
    }
    total = mapping.tileRows.reduce(0) { $0 + (moments[$1]?.mean ?? 0) }
    let tiles = Double(mapping.rowTiles)
    let deviations = Math.probit((tiles - 0.375) / (tiles + 0.25))
    let fullest = moments[mapping.tileRows[0]] ?? (0, 0, 0)
    slowest = min(Double(fullest.most), fullest.mean + deviations * fullest.variance.squareRoot())
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}
