import Device
import Foundation
import Models

extension EngineComparison {
  /// A few lines for a person.
  public var text: String {
    func half(_ estimate: Estimate) -> String {
      String(format: "%.3f (%.3f to %.3f) I_c", estimate.value, estimate.low, estimate.high)
    }
    func share(_ values: [Double]) -> String {
      Estimate.mean(values).map { String(format: "%.3f (%.3f to %.3f)", $0.value, $0.low, $0.high) } ?? ""
    }
    return
      (["parallel share after one pulse: on the mesh, and by the grain engine"]
      + points.map {
        String(format: "%.3f I_c  ", $0.drive) + "\(share($0.cells))  \(share($0.grains))"
      } + [
        "half of the area goes over at \(half(cellsHalf)) on the mesh, \(half(grainsHalf)) by the grain engine",
        "\(sampling.pulses) and \(sampling.grainPulses) pulses at each current, cells of "
          + "\(Quantity.text(sampling.cellMetres, "m")), steps of \(Quantity.text(stepSeconds, "s"))",
      ]).joined(separator: "\n")
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
    let (seed, jobs) = (spec.seed, jobs)
    let total = Double(sampling.drives.count * sampling.pulses)
    return try await withDeviceProgress("both engines") { progress in
      try await store.value(
        stage: "device.compare", version: 1, inputs: ComparisonInputs(spec: junction, sampling: sampling),
        seed: seed
      ) {
        try await Blocking.run {
          try EngineComparison(spec: junction, seed: seed, sampling: sampling, threads: jobs) {
            progress(Double($0) / total)
          }
        }
      }
    }
  }
}
