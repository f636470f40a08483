import Device
import Models

/// What a study must say of its own figures, one sentence each.
enum StudyNotices {
  /// The junction's levels have no retention.
  static func retention(_ device: DeviceCharacterization) -> String {
    "Levels of the \(Quantity.text(device.spec.diameterMetres, "m")) junction are those right after"
      + " programming, without retention: of the reversed area"
      + " \(lost(device)) turns back."
  }

  /// Such as `12 % within 1 s, 14 % within 1 day`.
  static func lost(_ device: DeviceCharacterization) -> String {
    device.retention.map {
      "\(Quantity.text($0.lostFraction.value * 100, "%", digits: 2)) within"
        + " \(LevelStatistics.duration($0.elapsedSeconds))"
    }.joined(separator: ", ")
  }

  /// A write path that cannot deliver its current, or breaks the barrier; `nil` for one that does neither.
  static func write(_ write: CellLibrary.Write, requiredWidth: Double, breakdownVolts: Double) -> String? {
    var faults: [String] = []
    if !requiredWidth.isFinite {
      faults.append(
        "no access transistor considered delivers \(Quantity.text(write.requiredCurrentAmperes, "A")) in both"
          + " polarities")
    }
    if write.peakJunctionVolts > breakdownVolts {
      faults.append(
        "the junction sees \(Quantity.text(write.peakJunctionVolts, "V")), above its breakdown voltage of"
          + " \(Quantity.text(breakdownVolts, "V"))")
    }
    return faults.isEmpty ? nil : "Write path: \(faults.joined(separator: "; "))."
  }
}
