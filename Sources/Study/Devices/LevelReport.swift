import Device
import Foundation
import Models

/// Ensembles as `tessera device levels` reports them.
public struct LevelReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// One for each diameter, pulse width and temperature.
  public var ensembles: [DeviceCharacterization]

  /// Makes a report.
  public init(ensembles: [DeviceCharacterization]) { self.ensembles = ensembles }
}

extension DeviceCharacterization {
  /// Lines for a person: what was sampled, then each scheme with its levels and how often they are mistaken.
  public func lines(criterion: Double) -> [String] {
    let conditions =
      "\(Quantity.text(spec.diameterMetres, "m")), \(Quantity.text(spec.dynamics.pulseWidthSeconds, "s")), "
      + "\(Quantity.text(spec.temperatureKelvin, "K")): \(devices) devices x \(cycles) cycles, "
      + "\(Quantity.text(meanGrains)) grains, up to \(Quantity.text(writeVolts, "V")) with "
      + "\(Quantity.text(100 * aboveBreakdown.value, "%")) of the junctions above breakdown, "
      + (levels.first?.model ?? "")
    return [conditions]
      + zip(levels, samples).flatMap { statistics, samples -> [String] in
        let worst = statistics.levels.map(\.symbolError).max { $0.value < $1.value }
        let pulses = statistics.programming.meanPulses.map { ", \(Quantity.text($0)) pulses" } ?? ""
        let head =
          "  \(statistics.bitsPerCell) bit, \(statistics.programming.scheme.words)\(pulses): worst symbol error "
          + (worst.map { String(format: "%.2g (95 %% %.2g to %.2g)", $0.value, $0.low, $0.high) } ?? "-")
          + ", reliable levels at \(criterion): \(statistics.reliableLevels(criterion: criterion))"
        return [head]
          + statistics.levels.enumerated().map { index, level in
            let row = samples.confusion[index].map(String.init).joined(separator: " ")
            func sigma(_ value: Double, _ interval: Estimate?) -> String {
              String(format: "%.3f", value)
                + (interval.map { String(format: " (%.3f to %.3f)", $0.low, $0.high) } ?? "")
            }
            return String(format: "    target %.3f mean %.3f", level.target, level.mean)
              + " sigma device \(sigma(level.sigmaDeviceToDevice, level.spread?.deviceToDevice))"
              + " cycle \(sigma(level.sigmaCycleToCycle, level.spread?.cycleToCycle)), read as \(row)"
          }
      }
  }
}
