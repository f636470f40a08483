import Device
import Foundation
import Models

/// What the layer does over its parameters, as `tessera device map` reports it.
public struct DesignMap: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The device around which the map lies.
  public var spec: DeviceSpec
  /// Share of the area that may turn over in ten years: a quarter of the step between four levels.
  public var turnedAllowed = 1.0 / 12
  /// Write voltage asked for, in volt.
  public var wantedVolts = 1.2
  /// The points.
  public var points: [Point]
  /// How it came about.
  public var provenance: Provenance

  /// One point.
  public struct Point: Codable, Sendable, Hashable {
    /// Which part of the map it belongs to: `exchange` (film exchange against film-grain coupling), `avalanche` (the
    /// same for the smallest grains), `stiffness` (the same at the device's own pitch, films that turn as one over a grain),
    /// the name of the one parameter that was changed, or `candidates`.
    public var part: String
    /// Changed parameters by name, in the units of the device file.
    public var parameters: [String: Double]
    /// What the layer does.
    public var outcome: DesignPoint
  }

  /// Whether a point reverses gradually and holds its states for ten years at 27 C.
  public func holds(_ point: Point) -> Bool {
    point.outcome.regime == .gradual && point.outcome.turnedInTenYears[0].value <= turnedAllowed
  }

  /// Points that hold and have no other that holds at a lower voltage and with less turned over.
  public var front: [Point] {
    let held = points.filter { holds($0) && $0.outcome.writeVolts != nil }
    func volts(_ point: Point) -> Double { point.outcome.writeVolts?.value ?? .infinity }
    return held.filter { point in
      !held.contains {
        volts($0) < volts(point)
          && $0.outcome.turnedInTenYears[0].value < point.outcome.turnedInTenYears[0].value
      }
    }.sorted { volts($0) < volts($1) }
  }

  /// Points that hold and stay below the wanted voltage, by their means.
  public var satisfying: [Point] {
    points.filter { holds($0) && ($0.outcome.writeVolts?.value ?? .infinity) <= wantedVolts }
      .sorted { ($0.outcome.writeVolts?.value ?? 0) < ($1.outcome.writeVolts?.value ?? 0) }
  }

  /// Those of them that do so beyond their 95 % intervals.
  public var clearlySatisfying: [Point] {
    satisfying.filter {
      ($0.outcome.writeVolts?.high ?? .infinity) <= wantedVolts
        && $0.outcome.turnedInTenYears[0].high <= turnedAllowed
    }
  }

  /// A few lines for a person.
  public var text: String {
    var lines = points.map { point in "\(name(point)): \(Self.words(point.outcome))" }
    lines.append(
      "front of gradual layers of which at most \(Quantity.text(100 * turnedAllowed, "%")) turns over in ten years:"
    )
    lines += front.map { "  \(name($0)): \(Self.words($0.outcome))" }
    func names(_ points: [Point]) -> String {
      points.isEmpty ? "no point" : points.map(name).joined(separator: "; ")
    }
    lines.append("gradual reversal, ten years and \(wantedVolts) V at once: \(names(satisfying))")
    lines.append("the same beyond the 95 % intervals: \(names(clearlySatisfying))")
    return lines.joined(separator: "\n")
  }

  private func name(_ point: Point) -> String {
    point.parameters.isEmpty
      ? "the device itself"
      : point.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \(Quantity.text($0.value))" }
        .joined(separator: ", ")
  }

  private static func words(_ outcome: DesignPoint) -> String {
    func interval(_ estimate: Estimate, _ format: String) -> String {
      guard estimate.high.isFinite else {
        return String(format: "\(format) (error not known)", estimate.value)
      }
      return String(format: "\(format) (\(format) to \(format))", estimate.value, estimate.low, estimate.high)
    }
    let volts = outcome.writeVolts.map { interval($0, "%.2f") + " V" } ?? "not reversed"
    let turned = zip(["27 C", "85 C"], outcome.turnedInTenYears).map { "\(interval($1, "%.3f")) at \($0)" }
    return "\(outcome.regime.rawValue), \(outcome.reliableLevels) levels by one pulse, \(volts), "
      + "turned in 10 years \(turned.joined(separator: ", ")), by reading "
      + interval(outcome.turnedByReading, "%.3f")
  }

  /// The points as a table.
  public var csv: String {
    let names = Set(points.flatMap { $0.parameters.keys }).sorted()
    let head =
      ["part"] + names + [
        "regime", "reliable_levels", "cooperation", "effective_grains", "stability", "write_A", "write_V",
        "write_V_low", "write_V_high", "turned_10y_27C", "turned_10y_27C_low", "turned_10y_27C_high",
        "turned_10y_85C", "turned_by_reading",
      ]
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let rows = points.map { point -> [String] in
      let outcome = point.outcome
      var row: [String] = [point.part]
      row += names.map { text(point.parameters[$0]) }
      row += [outcome.regime.rawValue, "\(outcome.reliableLevels)", text(outcome.cooperation)]
      row += [text(outcome.effectiveGrains), text(outcome.stability), text(outcome.writeAmperes)]
      let (volts, turned) = (outcome.writeVolts, outcome.turnedInTenYears)
      row += [text(volts?.value), text(volts?.low), text(volts?.high)]
      row += [text(turned[0].value), text(turned[0].low), text(turned[0].high)]
      row += [text(turned[1].value), text(outcome.turnedByReading.value)]
      return row
    }
    return ([head] + rows).map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n"
  }

  /// A parameter of the map: its name, its values, and where it stands in the device.
  struct Axis: Sendable {
    let name: String
    let values: [Double]
    let path: WritableKeyPath<DeviceSpec, Double> & Sendable
  }

  /// Parameters that are changed one at a time.
  static let axes = [
    Axis(name: "granular.pitchMetres", values: [8e-9, 9e-9, 11e-9, 12e-9], path: \.granular.pitchMetres),
    Axis(
      name: "film.exchangeStiffness", values: [2e-12, 4e-12, 8e-12, 15e-12], path: \.film.exchangeStiffness),
    Axis(name: "film.thicknessMetres", values: [0.8e-9, 1.2e-9, 1.4e-9], path: \.film.thicknessMetres),
    Axis(
      name: "coupling.interlayerExchange", values: [1e-3, 2e-3, 2.3e-3, 3.5e-3, 5e-3],
      path: \.coupling.interlayerExchange),
    Axis(name: "granular.anisotropySigma", values: [0.05, 0.15, 0.2], path: \.granular.anisotropySigma),
    Axis(name: "granular.diameterSigma", values: [0.1, 0.2, 0.25], path: \.granular.diameterSigma),
    Axis(name: "granular.anisotropy", values: [7e5, 8e5, 1e6, 1.2e6], path: \.granular.anisotropy),
    Axis(name: "dynamics.alpha", values: [0.004, 0.005, 0.01, 0.02], path: \.dynamics.alpha),
    Axis(
      name: "junction.resistanceAreaProduct", values: [8e-12, 15e-12, 30e-12],
      path: \.junction.resistanceAreaProduct),
    Axis(name: "diameterMetres", values: [30e-9, 40e-9, 75e-9], path: \.diameterMetres),
  ]

  /// Grain pitch in metres of the plane of film exchange and coupling: small grains have more edge for their area, so
  /// that the film couples them more.
  static let regimePitch = 8e-9

  /// Grain pitch in metres at which the film couples grains most; smaller ones hold nothing.
  static let smallestPitch = 6e-9

  /// Every point of the map around a device, in order: what is changed, and the device with it.
  static func plan(around spec: DeviceSpec) -> [(
    part: String, parameters: [String: Double], spec: DeviceSpec
  )] {
    var plan: [(String, [String: Double], DeviceSpec)] = [("default", [:], spec)]
    for axis in axes {
      for value in axis.values {
        var changed = spec
        changed[keyPath: axis.path] = value
        plan.append((axis.name, [axis.name: value], changed))
      }
    }
    func addPlane(_ part: String, pitch: Double, exchanges: [Double], couplings: [Double]) {
      for exchange in exchanges {
        for coupling in couplings {
          var changed = spec
          changed.granular.pitchMetres = pitch
          changed.film.exchangeStiffness = exchange
          changed.coupling.interlayerExchange = coupling
          let parameters = [
            "film.exchangeStiffness": exchange, "coupling.interlayerExchange": coupling,
            "granular.pitchMetres": pitch,
          ]
          plan.append((part, parameters, changed))
        }
      }
    }
    addPlane(
      "exchange", pitch: regimePitch, exchanges: [1e-12, 4e-12, 10e-12, 20e-12],
      couplings: [0.5e-3, 1e-3, 2e-3, 3e-3, 4e-3, 5e-3])
    // Where the film couples grains most: the smallest pitch and stiff films.
    addPlane(
      "avalanche", pitch: smallestPitch, exchanges: [10e-12, 20e-12], couplings: [3e-3, 4e-3, 5e-3])
    // Films stiff enough to turn as one over a grain, as the finite-difference solver finds them.
    addPlane(
      "stiffness", pitch: spec.granular.pitchMetres, exchanges: [3e-12, 5e-12],
      couplings: [2.7e-3, 3.5e-3, 4.5e-3])
    for pitch in [8e-9, 9e-9, 10e-9, 11e-9, 12e-9] {
      for anisotropy in [7e5, 8e5, 9e5, 1e6] {
        for coupling in [2.2e-3, 2.7e-3, 3.2e-3] {
          var changed = spec
          changed.granular.pitchMetres = pitch
          changed.granular.anisotropy = anisotropy
          changed.coupling.interlayerExchange = coupling
          plan.append(
            (
              "candidates",
              [
                "granular.pitchMetres": pitch, "granular.anisotropy": anisotropy,
                "coupling.interlayerExchange": coupling,
              ], changed
            ))
        }
      }
    }
    return plan
  }
}
