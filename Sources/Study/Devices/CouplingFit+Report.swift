import Device
import Foundation
import Models

extension CouplingFit {
  /// A few lines for a person.
  public var text: String {
    func factor(_ estimate: Estimate) -> String {
      estimate.samples == 0
        ? "not determined by these patterns, held at 1"
        : String(format: "%.3f (%.3f to %.3f)", estimate.value, estimate.low, estimate.high)
    }
    let lines = [
      "film exchange between grains: \(factor(filmExchange)), of a wall between rigid grains",
      "dipoles: \(factor(dipoles)), of uniformly magnetised cells",
      String(
        format: "residual %.2f kT rms, %.2f kT with both 1, of patterns that cost %.1f kT rms", residualKT,
        unfittedResidualKT, scaleKT),
      "\(sampling.junctions) junctions, \(sampling.patterns) patterns each, cells of "
        + Quantity.text(sampling.cellMetres, "m"),
      "for the device file: [coupling] filmExchangeFactor = "
        + String(
          format: "%.3f, dipoles = %.3f", fitted.coupling.filmExchangeFactor ?? 1, fitted.coupling.dipoles),
    ]
    let left = unsettled > 0 ? ["in \(unsettled) states the film did not come to rest on the mesh"] : []
    return (lines + left).joined(separator: "\n")
  }

  /// One line for every pattern.
  public var csv: String {
    let lines = patterns.map {
      "\($0.junction),\($0.share),\($0.cellsKT),\($0.grainsKT),\($0.unfittedKT)"
    }
    return (["junction,share_up,cells_kt,grains_kt,unfitted_kt"] + lines).joined(separator: "\n") + "\n"
  }
}

extension StudyRunner {
  private struct CouplingInputs: Codable {
    var spec: DeviceSpec
    var sampling: CouplingFit.Sampling
  }

  /// The grain engine's couplings, fitted to energies on a mesh.
  public func couplings(
    of junction: DeviceSpec, sampling: CouplingFit.Sampling
  ) async throws -> CouplingFit {
    let total = Double(sampling.junctions * (sampling.patterns + 1))
    return try await deviceResult(
      "couplings", stage: "device.couplings", version: 3,
      inputs: CouplingInputs(spec: junction, sampling: sampling)
    ) { seed, threads, progress in
      try CouplingFit(spec: junction, seed: seed, sampling: sampling, threads: threads) {
        progress(Double($0) / total)
      }
    }
  }

  /// Validation cases, computed anew.
  public func validation(_ cases: [ValidationCase]) async throws -> ValidationReport {
    let jobs = jobs
    return try await withDeviceProgress("validation") { progress in
      try await Blocking.run { ValidationReport(cases, threads: jobs, progress: progress) }
    }
  }
}
