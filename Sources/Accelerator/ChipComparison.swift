import Models

/// Two chips for the same network as ratios, the first taken as the baseline.
///
/// A comparison at equal settings gives both estimates the same array configuration. One at equal
/// accuracy gives each the configuration that reaches it; ``LosslessConversion`` says which converter loses
/// nothing.
public struct ChipComparison: Codable, Sendable, Hashable {
  /// Arrays of the candidate per array of the baseline (0.5 = half as many).
  public let tileRatio: Double
  /// Density of arrays with periphery, candidate over baseline.
  public let densityRatio: Double
  /// Density of the bare cell arrays, candidate over baseline.
  public let cellArrayDensityRatio: Double
  /// Chip area, baseline over candidate (above 1 = the candidate is smaller).
  public let areaRatio: Double
  /// Energy per inference with leakage, baseline over candidate.
  public let energyRatio: Double
  /// Latency of one inference, baseline over candidate.
  public let latencyRatio: Double
  /// Time of the slowest stage, baseline over candidate.
  public let slowestStageRatio: Double
  /// Energy-delay product, baseline over candidate.
  public let energyDelayProductRatio: Double

  /// Compares two estimates.
  ///
  /// - Throws: ``AcceleratorError`` when they belong to different networks.
  public init(baseline: ChipEstimate, candidate: ChipEstimate) throws(AcceleratorError) {
    guard baseline.multiplyAccumulates == candidate.multiplyAccumulates else {
      throw AcceleratorError(
        .notComparable,
        "the estimates are of different networks: \(baseline.multiplyAccumulates) and "
          + "\(candidate.multiplyAccumulates) multiply-accumulates",
        at: "\(baseline.title) / \(candidate.title)")
    }
    tileRatio = Double(candidate.tiles) / Double(baseline.tiles)
    densityRatio =
      candidate.densityMegabitsPerSquareMillimetre / baseline.densityMegabitsPerSquareMillimetre
    cellArrayDensityRatio = baseline.area(of: .cellArray) / candidate.area(of: .cellArray)
    areaRatio = baseline.areaSquareMetres / candidate.areaSquareMetres
    energyRatio = baseline.energyJoules / candidate.energyJoules
    latencyRatio = baseline.latencySeconds / candidate.latencySeconds
    slowestStageRatio = baseline.slowestStageSeconds / candidate.slowestStageSeconds
    energyDelayProductRatio = baseline.energyDelayProduct / candidate.energyDelayProduct
  }
}

extension ChipEstimate {
  fileprivate func area(of kind: ComponentKind) -> Double {
    components.first { $0.name == kind.rawValue }?.areaSquareMetres ?? .nan
  }
}
