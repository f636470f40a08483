import Foundation
import Models
import Study
import Testing

@Suite struct ReadErrorTests {
  private func statistics(
    sigma: Double, read: Double = 0.02, quantiles: [Double] = []
  ) -> LevelStatistics {
    LevelStatistics(
      technology: "test", title: "test", model: "test", origin: .assumption, bitsPerCell: 2,
      highConductanceSiemens: 1e-4, lowConductanceSiemens: 1e-5,
      levels: (0..<4).map {
        let target = Double($0) / 3
        return LevelStatistics.Level(
          target: target, mean: target, sigmaDeviceToDevice: sigma, sigmaCycleToCycle: 0, sigmaRead: read,
          symbolError: .exact(0), quantiles: quantiles.map { $0 + target })
      }, globalConductanceSigma: 0,
      programming: .init(scheme: .writeVerify, meanPulses: nil, tolerance: nil, note: ""),
      provenance: Provenance(seed: 0))
  }

  private func thresholds(
    offset: Double, noise: Double, shift: Double = 0, rowShift: Double = 0
  ) -> [CellLibrary.Threshold] {
    (0..<3).map {
      .init(
        position: (Double($0) + 0.5) / 3 + shift, offsetSigma: offset, noiseSigma: noise,
        rowShift: rowShift)
    }
  }

  /// Normal levels: all spreads add in quadrature, erfc(1 / (6 sigma sqrt 2)) for a middle level, half of it for an
  /// end.
  @Test func normalSpreadsAddInQuadrature() {
    let errors = statistics(sigma: 0.06).readErrors(thresholds(offset: 0.03, noise: 0.04))
    let sigma = (0.06 * 0.06 + 0.03 * 0.03 + 0.04 * 0.04 + 0.02 * 0.02).squareRoot()
    let middle = erfc(1 / (6 * sigma * 2.0.squareRoot()))
    for (error, expected) in zip(errors, [middle / 2, middle, middle, middle / 2]) {
      #expect(abs(error / expected - 1) < 0.01)
    }
  }

  /// A level bounded by its acceptance meets a boundary only through the chain's own errors.
  @Test func boundedLevelsHaveNoTail() {
    let bounded = statistics(sigma: 0.06, quantiles: [-0.05, 0.05])
    let errors = bounded.readErrors(thresholds(offset: 0, noise: 0, shift: 0))
    #expect(errors.allSatisfy { $0 < 1e-6 })
    // A boundary shifted onto the level's middle gets half of the cells wrong.
    let shifted = bounded.readErrors(thresholds(offset: 0, noise: 0, shift: -0.5 / 3))
    #expect(abs(shifted[0] - 0.5) < 0.01 && shifted[3] < 0.01)
    #expect(bounded.readErrors([]).isEmpty)
  }

  /// Boundaries that reach the levels in the outer rows only misread the cells of those rows.
  @Test func farRowsMeetAMovedBoundary() {
    let points = statistics(sigma: 0, read: 0, quantiles: [0, 0])
    // A shift of 4/3 steps reaches a level, half a step away, beyond 3/8 of the way from the middle: the last
    // of nine places on either side, which stand at 4/9.
    let errors = points.readErrors(thresholds(offset: 0, noise: 0, rowShift: 4.0 / 9))
    for (error, expected) in zip(errors, [1.0 / 9, 2.0 / 9, 2.0 / 9, 1.0 / 9]) {
      #expect(abs(error - expected) < 0.01)
    }
  }
}
