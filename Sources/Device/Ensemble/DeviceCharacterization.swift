import Foundation
import Models

extension LevelStatistics {
  /// Label of figures from independent grains that obey the exact law of a uniaxial macrospin.
  public static let analyticGrainLaw = "analytic grain law"
}

/// What an ensemble of junctions of one diameter does: its levels by scheme, response curve and compact model.
public struct DeviceCharacterization: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// The device.
  public var spec: DeviceSpec
  /// How it was programmed.
  public var programming: ProgrammingSpec
  /// Junctions sampled.
  public var devices: Int
  /// Times that each was programmed to each level.
  public var cycles: Int
  /// Mean number of grains of a junction, cut ones included.
  public var meanGrains: Double
  /// 1 / sum w_i^2 of a junction's area weights, mean over junctions.
  public var effectiveGrains: Estimate
  /// Share of junctions at which the largest write current makes more than the breakdown voltage while every grain is
  /// antiparallel.
  public var aboveBreakdown: Estimate
  /// What becomes of stored states with time; the levels below stand before any of it.
  ///
  /// Empty where no barriers were computed.
  public var retention: [Retention]
  /// Levels for each number of bits, open loop and verified.
  public var levels: [LevelStatistics]
  /// The programmed levels behind ``levels``, in the same order.
  public var samples: [LevelSamples]
  /// Response to one pulse after a reset.
  public var curve: SCurve
  /// The junction as a circuit element.
  public var compactModel: CompactModel
  /// Largest deviation of the compact model's mean response from the ensemble's.
  public var compactModelResidual: Double

  /// Largest write current: the highest amplitude of the programming, in ampere.
  public var writeCurrentAmperes: Double { programming.maximumDrive * spec.criticalCurrentAmperes }

  /// Voltage across the junction at that current with every grain antiparallel, in volt: the largest.
  ///
  /// Compare it with the breakdown voltage of the specification.
  public var writeVolts: Double {
    compactModel.junctionVolts(currentAmperes: writeCurrentAmperes, antiparallelFraction: 1)
  }

  /// The levels of one scheme at one number of bits, if they were sampled.
  public func levels(
    bits: Int, scheme: LevelStatistics.Programming.Scheme
  ) -> LevelStatistics? {
    levels.first { $0.bitsPerCell == bits && $0.programming.scheme == scheme }
  }

  /// The sampled levels of one scheme at one number of bits.
  public func samples(bits: Int, scheme: LevelStatistics.Programming.Scheme) -> LevelSamples? {
    zip(levels, samples).first { $0.0.bitsPerCell == bits && $0.0.programming.scheme == scheme }?.1
  }
}

/// The level reached by one pulse after a reset, against the current.
public struct SCurve: Codable, Sendable, Hashable {
  /// Device diameter in metres.
  public var diameterMetres: Double
  /// The points in rising order of current.
  public var points: [Point]

  /// The ensemble at one current.
  public struct Point: Codable, Sendable, Hashable {
    /// Current over the nominal critical current.
    public var drive: Double
    /// Current in ampere.
    public var currentAmperes: Double
    /// Mean level, of the nominal conductance range.
    public var mean: Estimate
    /// Standard deviation between devices.
    public var sigmaDeviceToDevice: Estimate
    /// Standard deviation between cycles of one device.
    public var sigmaCycleToCycle: Estimate

    /// Both in quadrature.
    public var sigmaTotal: Double {
      (sigmaDeviceToDevice.value * sigmaDeviceToDevice.value
        + sigmaCycleToCycle.value * sigmaCycleToCycle.value).squareRoot()
    }
  }
}

/// Every programmed level of an ensemble, for pictures and further statistics.
public struct LevelSamples: Codable, Sendable, Hashable {
  /// Target of each level, of the nominal conductance range.
  public var targets: [Double]
  /// Programmed levels by level; within one, all cycles of the first device, then of the second.
  public var positions: [[Double]]
  /// Write pulses needed, reset included: cells by number of pulses, index 0 = none.
  public var pulseHistogram: [Int]
  /// Cells by the level written (row) and the level whose target lies nearest (column).
  public var confusion: [[Int]]

  /// Samples of equally spaced levels.
  init(targets: [Double], positions: [[Double]], pulseHistogram: [Int]) {
    self.targets = targets
    self.positions = positions
    self.pulseHistogram = pulseHistogram
    let boundaries = zip(targets, targets.dropFirst()).map { ($0 + $1) / 2 }
    confusion = positions.map { values in
      var row = [Int](repeating: 0, count: targets.count)
      for value in values { row[boundaries.count { value > $0 }] += 1 }
      return row
    }
  }

  /// Counts of each level in `bins` bins of equal width over `range`; values outside are left out.
  public func histogram(bins: Int, over range: ClosedRange<Double>) -> [[Int]] {
    let width = (range.upperBound - range.lowerBound) / Double(bins)
    return positions.map { values in
      var counts = [Int](repeating: 0, count: bins)
      for value in values where range.contains(value) {
        counts[min(bins - 1, Int((value - range.lowerBound) / width))] += 1
      }
      return counts
    }
  }
}
