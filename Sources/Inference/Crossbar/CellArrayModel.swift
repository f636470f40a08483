import Foundation
import Models

/// What a network sees of a memory cell: where its levels lie, how far they scatter, how they are told
/// apart.
///
/// Conductances are normalised to the full range between the lowest and the highest nominal level: 0 is
/// the lowest, 1 the highest; the lowest level itself conducts 1 / (onOffRatio - 1).
public struct CellArrayModel: Sendable, Hashable, Codable {
  /// Bits of a cell: 1 or 2.
  public var bitsPerCell: Int
  /// Mean programmed position of each level; symbol k should lie at k / (levels - 1).
  public var levelMeans: [Double]
  /// Standard deviation of the programmed position of each level, frozen once a chip is programmed.
  public var sigmaDeviceToDevice: [Double]
  /// Distribution of the programmed position of each level, `[levels][quantiles]`, as
  /// ``LevelStatistics/Level/quantiles`` defines it; empty for normal distributions of the means and standard
  /// deviations above.
  ///
  /// A verified level is bounded by its acceptance. A normal distribution of the same standard deviation would
  /// put cells beyond boundaries that none of them crosses.
  public var positionQuantiles: [[Double]]
  /// The same for chips in turn, `[populations][levels][quantiles]`; `nil` where all have those above.
  ///
  /// Each a resample of the junctions that were looked at: how far chips are apart tells what their small number does.
  public var chipPositionQuantiles: [[[Double]]]?
  /// Standard deviation of the position from read to read, for each level.
  public var sigmaRead: [Double]
  /// Relative standard deviation of a cell's whole conductance, frozen; beyond what the levels contain.
  public var sigmaConductance: Double
  /// Highest over lowest nominal conductance, above 1; infinity for a cell that can be switched off.
  public var onOffRatio: Double
  /// Boundaries between neighbouring levels at which a single cell is read, rising, with the frozen
  /// offset of each sense chain and the noise of each decision.
  public var thresholds: [CellLibrary.Threshold]
  /// Mean factor on the whole conductance of each level since programming.
  public var driftMean: [Double]
  /// Standard deviation of that factor between cells.
  public var sigmaDrift: [Double]
  /// Distribution of the change of each level's position since programming, `[populations][levels][quantiles]` as
  /// ``positionQuantiles``: what has turned over by itself or by being read; empty for no change.
  ///
  /// Chips take the populations in turn, each a resample of the junctions that were looked at.
  public var shiftQuantiles: [[[Double]]]
  /// Relative standard deviation of all conductances of a chip together, which its references do not follow.
  public var sigmaChip: Double
  /// Fraction of cells stuck, half of them at the lowest and half at the highest level.
  public var stuckFraction: Double

  /// Creates a model of equally spaced levels without any error; set what applies.
  ///
  /// - Parameters:
  ///   - bitsPerCell: 1 or 2.
  ///   - onOffRatio: Highest over lowest conductance.
  public init(idealWithBits bitsPerCell: Int, onOffRatio: Double = .infinity) {
    let levels = 1 << min(max(bitsPerCell, 1), 8)
    let top = Double(levels - 1)
    self.bitsPerCell = bitsPerCell
    levelMeans = (0..<levels).map { Double($0) / top }
    sigmaDeviceToDevice = [Double](repeating: 0, count: levels)
    positionQuantiles = []
    sigmaRead = [Double](repeating: 0, count: levels)
    sigmaConductance = 0
    self.onOffRatio = onOffRatio
    thresholds = (1..<levels).map {
      CellLibrary.Threshold(position: (Double($0) - 0.5) / top, offsetSigma: 0, noiseSigma: 0)
    }
    driftMean = [Double](repeating: 1, count: levels)
    sigmaDrift = [Double](repeating: 0, count: levels)
    shiftQuantiles = []
    sigmaChip = 0
    stuckFraction = 0
  }

  /// Creates the model of cells whose statistics were sampled or published.
  ///
  /// A cell is written once, so that its spread from device to device and from write to write are frozen
  /// together. Sampled levels keep their distribution, published ones are normal. Boundaries lie midway between
  /// the means of neighbouring levels unless given.
  ///
  /// - Parameters:
  ///   - statistics: The levels.
  ///   - thresholds: Boundaries as characterised sense chains place them.
  ///   - elapsedSeconds: Time since programming, where the cells drift; by default that of the statistics.
  public init(
    _ statistics: LevelStatistics, thresholds: [CellLibrary.Threshold]? = nil, elapsedSeconds: Double? = nil
  ) {
    let ratio = statistics.highConductanceSiemens / statistics.lowConductanceSiemens
    self.init(idealWithBits: statistics.bitsPerCell, onOffRatio: ratio)
    levelMeans = statistics.levels.map(\.mean)
    sigmaDeviceToDevice = statistics.levels.map(\.sigmaProgrammed)
    if statistics.levels.allSatisfy({ !$0.quantiles.isEmpty }) {
      positionQuantiles = statistics.levels.map(\.quantiles)
    }
    sigmaRead = statistics.levels.map(\.sigmaRead)
    stuckFraction = statistics.stuckFraction
    self.thresholds =
      thresholds
      ?? zip(levelMeans, levelMeans.dropFirst()).map {
        CellLibrary.Threshold(position: ($0 + $1) / 2, offsetSigma: 0, noiseSigma: 0)
      }
    if let drift = statistics.drift, let elapsedSeconds {
      let logarithm = log(elapsedSeconds / drift.elapsedSeconds)
      driftMean = drift.meanExponent.map { exp(-$0 * logarithm) }
      sigmaDrift = zip(driftMean, drift.sigmaExponent).map { $0 * $1 * abs(logarithm) }
    }
  }

  /// Number of levels.
  public var levels: Int { 1 << bitsPerCell }
  /// Normalised conductance of the lowest nominal level.
  public var offConductance: Double { onOffRatio.isInfinite ? 0 : 1 / (onOffRatio - 1) }
  /// The same cells without any scatter between cells or reads; means and drift stay.
  public var withoutScatter: CellArrayModel {
    var model = self
    model.sigmaDeviceToDevice = [Double](repeating: 0, count: levels)
    model.positionQuantiles = []
    model.chipPositionQuantiles = nil
    model.sigmaRead = model.sigmaDeviceToDevice
    model.sigmaConductance = 0
    model.thresholds = thresholds.map {
      CellLibrary.Threshold(
        position: $0.position, offsetSigma: 0, noiseSigma: 0, rowShift: $0.rowShift)
    }
    model.sigmaDrift = model.sigmaDeviceToDevice
    model.shiftQuantiles =
      shiftQuantiles.isEmpty ? [] : [(0..<levels).map { [shift($0), shift($0)] }]
    model.sigmaChip = 0
    model.stuckFraction = 0
    return model
  }

  /// Whether chips resample the devices from which the statistics are, so that their spread tells how few those were.
  var resamplesDevices: Bool { (chipPositionQuantiles ?? []).count > 1 || shiftQuantiles.count > 1 }

  /// The cells of one chip: of the population that it takes.
  func ofChip(_ chip: Int) -> CellArrayModel {
    var model = self
    if let own = chipPositionQuantiles, !own.isEmpty {
      model.positionQuantiles = own[chip % own.count]
      model.chipPositionQuantiles = nil
    }
    if shiftQuantiles.count > 1 { model.shiftQuantiles = [shiftQuantiles[chip % shiftQuantiles.count]] }
    return model
  }

  /// Mean change of a level's position, of all populations; quantiles are joined by lines.
  func shift(_ level: Int) -> Double {
    guard !shiftQuantiles.isEmpty else { return 0 }
    return shiftQuantiles.reduce(0) { mean, population in
      let list = population[level]
      let parts = Double((list.count - 1) * shiftQuantiles.count)
      return mean + zip(list, list.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 } / parts
    }
  }

  /// Mean position of each level at the time of the read: programmed, turned over, drifted.
  public var currentMeans: [Double] {
    let off = offConductance
    return (0..<levels).map { (off + levelMeans[$0] + shift($0)) * driftMean[$0] - off }
  }

  /// The same cells with the offset of each sense chain trimmed by a converter of so many bits, which spans three of its
  /// standard deviations to either side.
  public func withTrimmedOffsets(bits: Int) -> CellArrayModel {
    var model = self
    for index in thresholds.indices {
      model.thresholds[index].offsetSigma = ConverterErrors.trimmed(thresholds[index].offsetSigma, bits: bits)
    }
    return model
  }

  /// Throws if the numbers contradict each other or are impossible.
  package func validate() throws(InferenceError) {
    func fail(_ field: String, _ expected: String) -> InferenceError {
      InferenceError(.outOfRange, "expected \(expected)", at: "cells.\(field)")
    }
    guard 1...2 ~= bitsPerCell else { throw fail("bitsPerCell", "1 or 2, not \(bitsPerCell)") }
    for (name, list) in [
      ("levelMeans", levelMeans), ("sigmaDeviceToDevice", sigmaDeviceToDevice), ("sigmaRead", sigmaRead),
      ("driftMean", driftMean), ("sigmaDrift", sigmaDrift),
    ] {
      guard list.count == levels, list.allSatisfy({ $0.isFinite && abs($0) < 10 }) else {
        throw fail(name, "\(levels) numbers between -10 and 10")
      }
      guard name == "levelMeans" || list.allSatisfy({ $0 >= 0 }) else {
        throw fail(name, "no negative number")
      }
    }
    let perLevel =
      [("positionQuantiles", positionQuantiles)]
      + (chipPositionQuantiles ?? []).map { ("chipPositionQuantiles", $0) }
      + shiftQuantiles.map { ("shiftQuantiles", $0) }
    for (name, lists) in perLevel {
      let steps = lists.first?.count ?? 0
      guard
        lists.isEmpty
          || lists.count == levels && 2...65536 ~= steps
            && lists.allSatisfy({ list in
              list.count == steps && list.allSatisfy { abs($0) < 10 } && list == list.sorted()
            })
      else {
        throw fail(name, "nothing, or \(levels) rising lists of equal length between -10 and 10")
      }
    }
    guard onOffRatio > 1 else { throw fail("onOffRatio", "a number above 1, not \(onOffRatio)") }
    let positions = thresholds.map(\.position)
    guard positions.count == levels - 1, positions.allSatisfy({ abs($0) < 10 }),
      positions == positions.sorted()
    else { throw fail("thresholds", "\(levels - 1) rising positions between -10 and 10") }
    guard thresholds.allSatisfy({ abs($0.rowShift) < 10 }) else {
      throw fail("thresholds", "row shifts between -10 and 10")
    }
    guard thresholds.allSatisfy({ 0..<10 ~= $0.offsetSigma && 0..<10 ~= $0.noiseSigma }) else {
      throw fail("thresholds", "sigmas from 0 to 10")
    }
    guard 0..<10 ~= sigmaConductance else {
      throw fail("sigmaConductance", "a number from 0 to 10, not \(sigmaConductance)")
    }
    guard 0..<1 ~= sigmaChip else { throw fail("sigmaChip", "a number from 0 to 1, not \(sigmaChip)") }
    guard 0...1 ~= stuckFraction else {
      throw fail("stuckFraction", "a fraction, not \(stuckFraction)")
    }
  }
}
