import Device
import Foundation
import Models

/// One technology on its way through the stages.
struct StudyCell: Sendable {
  let levels: LevelStatistics
  /// The junction and the current with which its levels are programmed, in ampere; `nil` for a published device.
  let junction: (model: CompactModel, writeAmperes: Double)?
  /// What a publication says of its cell; `nil` for the junction.
  let published: (areaFeatures: Double, writeAmperes: Double?)?

  /// The junction of an ensemble with levels of one of its schemes.
  init(_ device: DeviceCharacterization, levels: LevelStatistics) {
    self.levels = levels
    junction = (device.compactModel, device.writeCurrentAmperes)
    published = nil
  }

  /// A published device, as near to a time after programming as its figures reach.
  init(
    _ device: PublishedDevice, bits: Int, _ comparison: StudySpec.Comparison
  ) throws {
    var levels = try device.levelStatistics(
      bits: bits, elapsedSeconds: device.publishedSeconds(nearest: comparison.elapsedSeconds),
      inferenceSeconds: comparison.inferenceSeconds)
    let inputs = PublishedInputs(
      device: device, bits: bits, elapsedSeconds: comparison.elapsedSeconds,
      inferenceSeconds: comparison.inferenceSeconds)
    levels.setInputsHash(try ResultKey(stage: "published", version: 1, inputs: inputs, seed: 0).hash)
    self.levels = levels
    junction = nil
    guard let area = device.cellAreaFeatureSquares else {
      throw DeviceError(
        .notPublished, "no cell area; expected 'cellAreaFeatureSquares' for a chip", at: device.name)
    }
    published = (area, device.writeCurrentAmperes)
  }

  private struct PublishedInputs: Encodable {
    var device: PublishedDevice
    var bits: Int
    var elapsedSeconds: Double
    var inferenceSeconds: Double
  }

  /// Title for tables, with what must be known before two technologies are compared.
  var title: String {
    "\(junction == nil ? levels.title : "MTJ"), \(levels.bitsPerCell) bit (\(levels.writtenWords))"
  }
}

extension LevelStatistics {
  /// How and when before the levels stand the cell was written, such as `write-verify, after 1 day`.
  var writtenWords: String {
    let elapsed = elapsedSeconds ?? 0
    return programming.scheme.words
      + (elapsed > 0 ? ", after \(LevelStatistics.duration(elapsed))" : ", as written")
  }

  /// A time in the largest of year, day, hour and second that it fills.
  static func duration(_ seconds: Double) -> String {
    for (name, length) in [("year", 365.25 * 86400), ("day", 86400), ("hour", 3600)]
    where seconds >= length {
      let count = Quantity.text(seconds / length)
      return "\(count) \(name)\(count == "1" ? "" : "s")"
    }
    return Quantity.text(seconds, "s")
  }
}
