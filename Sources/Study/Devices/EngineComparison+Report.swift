import Device
import Foundation
import Models

/// Junctions under both engines, as `tessera device compare` reports them.
public struct EngineReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The device, then the same in other regimes.
  public var comparisons: [EngineComparison]

  /// A report of some comparisons.
  public init(comparisons: [EngineComparison]) { self.comparisons = comparisons }

  /// A few lines for a person.
  public var text: String { comparisons.map(\.text).joined(separator: "\n\n") }
}

extension EngineComparison {
  /// A few lines for a person.
  var text: String {
    func interval(_ estimate: Estimate, _ format: String) -> String {
      String(format: "\(format) (\(format) to \(format))", estimate.value, estimate.low, estimate.high)
    }
    func response(_ response: Response) -> String {
      let half = response.half.map { interval($0, "%.3f") + " I_c" } ?? "none of these currents"
      return "\(response.regime.words), half of the area goes over at \(half)"
        + (response.cooperation.map { String(format: ", variance %.2f of independent grains'", $0) } ?? "")
    }
    var lines = ["\(spec.name): share of the area that one pulse turns to parallel"]
    func row(_ head: String, _ cells: [String]) -> String {
      ([head.padding(toLength: 12, withPad: " ", startingAt: 0)]
        + cells.dropLast().map { $0.padding(toLength: 28, withPad: " ", startingAt: 0) }
        + cells.suffix(1)).joined()
    }
    lines.append(row("", ["mesh", "grain engine", "difference", "with its own couplings"]))
    lines += points.map { point in
      row(
        String(format: "%.3f I_c", point.drive),
        [
          interval(point.mesh.mean, "%.3f"), interval(point.grains.mean, "%.3f"),
          interval(point.difference, "%+.3f"), interval(point.ownGrains.mean, "%.3f"),
        ])
    }
    lines.append("mesh: \(response(mesh))")
    lines.append("grain engine: \(response(grains))")
    lines.append("with its own couplings: \(response(ownGrains))")
    func factor(_ estimate: Estimate) -> String {
      estimate.samples == 0 ? "1 (not determined)" : interval(estimate, "%.2f")
    }
    lines.append(
      "couplings on this mesh: film exchange \(factor(couplings.filmExchange)), dipoles \(factor(couplings.dipoles)) of"
        + " the device's own")
    if sampling.givesLengthsBack {
      lines.append(
        String(
          format:
            "parameters on the mesh undo what thermal waves shorter than a grain take: %.1f %% of the film's moment, "
            + "%.1f %% of the grains'", 100 * (1 - lengths.film), 100 * (1 - lengths.grains)))
    }
    lines.append("shares differ by \(interval(difference, "%+.3f")) in the mean over these currents")
    if let switchingRatio {
      lines.append(
        "the mesh needs \(interval(switchingRatio, "%.3f")) of the grain engine's current for half of the area"
      )
    }
    lines.append(
      "\(sampling.pulses) and \(sampling.grainPulses) pulses at each current, cells of "
        + "\(Quantity.text(sampling.cellMetres, "m")), steps of \(Quantity.text(stepSeconds, "s"))")
    return lines.joined(separator: "\n")
  }
}

extension DesignPoint.Regime {
  /// In words.
  var words: String {
    switch self {
    case .gradual: "gradual"
    case .filmAlone: "the film goes alone"
    case .incomplete: "gradual, but not to the end"
    case .avalanche: "many grains go at once"
    }
  }
}

extension StudyRunner {
  private struct ComparisonInputs: Codable {
    var spec: DeviceSpec
    var sampling: EngineComparison.Sampling
  }

  /// One junction under both engines.
  public func engineComparison(
    of junction: DeviceSpec, sampling: EngineComparison.Sampling
  ) async throws -> EngineComparison {
    let total = Double(sampling.drives.count * sampling.pulses)
    return try await deviceResult(
      "\(junction.name), both engines", stage: "device.compare", version: 6,
      inputs: ComparisonInputs(spec: junction, sampling: sampling)
    ) { seed, threads, progress in
      try EngineComparison(spec: junction, seed: seed, sampling: sampling, threads: threads) {
        progress(Double($0) / total)
      }
    }
  }
}
