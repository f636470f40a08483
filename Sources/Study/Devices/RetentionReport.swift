import Device
import Foundation
import Models

/// What becomes of stored states, as `tessera device retention` reports it.
public struct RetentionReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The device.
  public var spec: DeviceSpec
  /// Junctions whose barriers were computed.
  public var devices: Int
  /// Without current, by temperature and time.
  public var storage: [Retention]
  /// Under a read voltage that is applied all the time, at the device's temperature.
  public var disturb: [Disturb]
  /// Barriers over kB T at the device's temperature, of every grain in every state: share of the area, barrier.
  public var barriers: [Barrier]
  /// How it came about.
  public var provenance: Provenance

  /// Loss under one direction of a read current.
  public struct Disturb: Codable, Sendable, Hashable {
    /// Read voltage across the junction in volt; the current goes by the state.
    public var volts: Double
    /// Which state the current favours.
    public var towardsParallel: Bool
    /// What becomes of the states.
    public var retention: [Retention]
  }

  /// The barrier of one grain in one state.
  public struct Barrier: Codable, Sendable, Hashable {
    /// Parallel share of the state as programmed, 0 to 3 in thirds.
    public var state: Int
    /// Share of the area.
    public var weight: Double
    /// Over kB T; `nil` for a grain that its neighbours hold, whose other state is none.
    public var stability: Double?
  }

  /// A few lines for a person.
  public var text: String {
    func row(_ name: String, _ retention: Retention) -> String {
      let states = retention.states.map {
        String(format: "%+.4f (%.4f)", $0.change.value, $0.turned.value)
      }.joined(separator: "  ")
      return "\(name)  \(LevelStatistics.duration(retention.elapsedSeconds)):  \(states)"
    }
    let head =
      "change of the parallel share (share turned over) of the states 0, 1/3, 2/3, 1; \(devices) junctions"
    let rows = storage.map { row(String(format: "%4.0f C", $0.temperatureKelvin - 273.15), $0) }
    let reads = disturb.flatMap { read in
      read.retention.map {
        row(String(format: "%+.2g V", read.towardsParallel ? read.volts : -read.volts), $0)
      }
    }
    return ([head] + rows + ["read voltage applied all the time:"] + reads).joined(separator: "\n")
  }
}
