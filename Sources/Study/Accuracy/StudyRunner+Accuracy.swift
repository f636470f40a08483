import Device
import Foundation
import Inference
import Models

/// The accuracy sweeps: every point through the store, so that a broken run goes on where it stopped.
extension StudyRunner {
  /// Computes sweeps.
  ///
  /// - Parameters:
  ///   - sweeps: What they cover.
  ///   - only: Which of them; all if empty.
  public func accuracyStudy(_ sweeps: AccuracySweepSpec, only: [AccuracySweep] = []) async throws
    -> AccuracyStudy
  {
    let wanted = (only.isEmpty ? AccuracySweep.allCases : only).reduce(into: [AccuracySweep]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    try check(rowsOf: sweeps, wanted)
    for name in sweeps.technologies { _ = try PublishedDevice(named: name, in: library) }
    let images = sweeps.chips * max(sweeps.imagesPerChip, sweeps.fewImagesPerChip)
    let networks = try sweeps.networks.map { file in
      var one = spec
      one.network.file = file
      return try NetworkStage(with(one), images: images)
    }
    var settings: [AccuracySetting] = []
    var citations: [Citation] = []
    var notices: [String] = networks.first?.dataNotice.map { [$0] } ?? []
    let plan = AccuracyPlan(
      sweeps, array: spec.array, junction: try deviceSpec(diameter: spec.device.diameterMetres),
      layers: networks[0].layerNames)
    for sweep in wanted where !AccuracyPlan.needsCells.contains(sweep) { settings += plan.settings(sweep) }
    try settings.forEach(Self.check)
    if wanted.contains(where: { AccuracyPlan.needsCells.contains($0) || $0 == .remedies }) {
      let cells = AccuracyCells(runner: self, sweeps: sweeps, networks: networks)
      let found = try await cells.settings(wanted)
      settings += found.settings
      notices += found.notices
      citations = found.citations
    }
    try settings.forEach(Self.check)
    for wish in sweeps.bitTrue where wanted.contains(wish.sweep) {
      for value in wish.values {
        let isThere = settings.contains {
          $0.sweep == wish.sweep && $0.series == wish.series
            && AccuracySweepSpec.BitTrue.isSame($0.value, value) && $0.array.readMode == .rowParallel
        }
        if !isThere {
          notices.append(
            "No row-parallel point '\(wish.series)', \(Quantity.text(value)) of \(wish.sweep.rawValue) to compute bit by bit."
          )
        }
      }
    }
    settings.sort { wanted.firstIndex(of: $0.sweep) ?? 0 < wanted.firstIndex(of: $1.sweep) ?? 0 }
    let tasks = settings.flatMap {
      setting -> [(setting: AccuracySetting, fidelity: AccuracyResult.Fidelity)] in
      [(setting, .fast)] + (plan.isBitTrue(setting) ? [(setting, .bitTrue)] : [])
    }
    let total = tasks.reduce(0) { $0 + AccuracyPlan.weight($1.setting, $1.fidelity) }
    let points = try await withDeviceProgress("accuracy sweeps") { progress in
      var points: [AccuracyStudy.Point] = []
      var done = 0.0
      for (setting, fidelity) in tasks {
        let weight = AccuracyPlan.weight(setting, fidelity)
        let before = done
        let result = try await networks[setting.network].accuracy(
          setting, fidelity: fidelity, chips: sweeps.chips
        ) { progress((before + weight * Double($0) / Double(max(1, $1))) / total) }
        done += weight
        progress(done / total)
        guard fidelity == .fast else {
          points[points.count - 1].bitTrue = result
          continue
        }
        points.append(
          AccuracyStudy.Point(
            sweep: setting.sweep, series: setting.series, value: setting.value, label: setting.label,
            network: sweeps.networks[setting.network], isPruned: networks[setting.network].isPruned,
            cell: setting.cell, result: result))
      }
      return points
    }
    return AccuracyStudy(
      spec: sweeps, points: points, notices: notices,
      provenance: Provenance(
        inputsHash: try ResultKey(
          stage: "accuracy sweeps", version: 1, inputs: StudyInputs(sweeps: sweeps, only: only, study: spec),
          seed: spec.seed
        ).hash,
        seed: spec.seed, tools: Toolchain.versions, citations: citations,
        assumptions: AccuracyPlan.assumptions(learningImages: networks[0].learningImages)))
  }

  /// Whether the rows that are summed divide those of the array.
  private func check(rowsOf sweeps: AccuracySweepSpec, _ wanted: [AccuracySweep]) throws {
    let sums: [(key: String, rows: [Int], sweeps: [AccuracySweep])] = [
      ("rowsPerRead", sweeps.rowsPerRead, [.rowsPerRead]), ("lineRows", sweeps.lineRows, [.lines]),
      ("nominal.rowsPerRead", [sweeps.nominal.rowsPerRead], [.sigma, .adcBits, .remedies]),
    ]
    for sum in sums where sum.sweeps.contains(where: wanted.contains) {
      if let rows = sum.rows.first(where: { !spec.array.rows.isMultiple(of: $0) }) {
        throw StudyError(
          .badData, "'\(sum.key)' has \(rows); expected divisors of the array's \(spec.array.rows) rows",
          at: "accuracy sweeps")
      }
    }
  }

  /// Whether a setting can be computed.
  private static func check(_ setting: AccuracySetting) throws {
    let slicing = WeightSlicing(
      bitsPerCell: setting.cells.bitsPerCell, scheme: setting.array.signScheme,
      singleBits: setting.remedies.singleBitSlices)
    try setting.array.validate(slices: slicing.count)
    try setting.cells.validate()
    try setting.converter.validate()
  }

  private struct StudyInputs: Encodable {
    var sweeps: AccuracySweepSpec
    var only: [AccuracySweep]
    var study: StudySpec
  }
}
