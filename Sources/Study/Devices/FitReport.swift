import Device
import Foundation
import Models

/// A compact model beside what it was fitted to, as `tessera device fit` reports it.
public struct FitReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The model, with its range and residuals.
  public var model: CompactModel
  /// The response under each pulse width and temperature; the last was held out of the fit.
  public var responses: [Response]

  /// Response at one pulse width and temperature.
  public struct Response: Codable, Sendable, Hashable {
    /// Pulse width in seconds.
    public var pulseSeconds: Double
    /// Temperature in kelvin.
    public var kelvin: Double
    /// Whether it took no part in the fit.
    public var isHeldOut: Bool
    /// At each current.
    public var points: [Point]

    init(_ condition: CompactFit.Condition, model: CompactModel, seed: UInt64, isHeldOut: Bool) {
      pulseSeconds = condition.pulseSeconds
      kelvin = condition.kelvin
      self.isHeldOut = isHeldOut
      let warm = model.at(kelvin: condition.kelvin)
      points = condition.drives.enumerated().map { index, drive in
        let sample = NestedSample(condition.fractions.map { $0[index] })
        let nominal = condition.nominal(drive)
        let response = warm.meanResponse(drive: nominal, pulseSeconds: condition.pulseSeconds)
        return Point(
          drive: drive, engine: sample.mean,
          engineSigma: sample.sigmaTotal, engineLead: condition.leads[index],
          model: response.reversed,
          modelSigma: warm.generatedSigma(drive: nominal, pulseSeconds: condition.pulseSeconds, seed: seed),
          modelLead: response.ahead)
      }
    }
  }

  /// Engine and model at one current.
  public struct Point: Codable, Sendable, Hashable {
    /// Current over the critical one.
    public var drive: Double
    /// Reversed share under the engine.
    public var engine: Estimate
    /// Its standard deviation over junctions and cycles.
    public var engineSigma: Estimate
    /// Film along parallel less grains along parallel at the end of the pulse, mean.
    public var engineLead: Double
    /// Reversed share by the model's rate equations.
    public var model: Double
    /// Standard deviation of the model's generator.
    public var modelSigma: Double
    /// The film's lead at the end of the pulse by the model.
    public var modelLead: Double
  }

  /// A few lines for a person.
  public var text: String {
    func quantity(_ value: Double?, _ unit: String = "") -> String { Quantity.text(value ?? 0, unit) }
    let groups =
      "\(model.thresholds.count) groups, thresholds \(quantity(model.thresholds.first)) to "
      + "\(quantity(model.thresholds.last)) I_c, I_c \(quantity(model.criticalCurrentAmperes, "A"))"
    let law =
      "f0 \(quantity(model.attemptFrequencyHertz, "Hz")), Delta \(quantity(model.stability)), "
      + "b \(quantity(model.barrierExponent)), tau_d \(quantity(model.reversalTimeSeconds, "s"))"
    let memory =
      "tau_i \(quantity(model.incubationSeconds, "s")), "
      + "\(model.grains) clusters of the generator; film ahead by odds of \(quantity(model.leadStrength)) x^"
      + quantity(model.leadExponent)
    var lines = [groups, law, memory]
    if let fit = model.fit {
      lines.append(
        String(
          format:
            "mean: rms %.4f, largest %.4f; sigma: model / engine %.3f, rms scatter %.3f; lead: rms %.4f",
          fit.rootMeanSquare, fit.largest, fit.sigmaRatio ?? .nan, fit.sigmaScatter ?? .nan,
          fit.leadRootMeanSquare))
    }
    for response in responses {
      let largest = response.points.map { abs($0.model - $0.engine.value) }.max() ?? 0
      lines.append(
        String(
          format: "%.3g ns, %.0f K%@: largest deviation of the mean %.4f", response.pulseSeconds * 1e9,
          response.kelvin, response.isHeldOut ? " (held out)" : "", largest))
    }
    return lines.joined(separator: "\n")
  }
}
