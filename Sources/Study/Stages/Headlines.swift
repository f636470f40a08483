import Accelerator
import Foundation
import Models

/// Sets the article's headlines beside the values of a study.
///
/// - Source: Gupte et al., npj Unconv. Comput. 3, 8 (2026), doi:10.1038/s44335-026-00055-7, for the column
///   "article"; the article gives most of them as "up to" or in words.
struct Headlines {
  private let result: StudyResult

  init(_ result: StudyResult) {
    self.result = result
  }

  var all: [Headline] {
    [reliableLevels] + chipRatios + accuracies + reads
  }

  // MARK: device

  private var reliableLevels: Headline {
    let criterion = result.specification.device.reliabilityCriterion
    let scheme = result.specification.device.programming
    let title = "Reliable levels of a 50 nm cell"
    guard
      let statistics = result.devices.first(where: { abs($0.spec.diameterMetres - 50e-9) < 1e-12 })?
        .levels(bits: 2, scheme: scheme)
    else {
      return Headline(
        id: "reliableLevels50nm", title: title, article: "4", computed: nil, origin: .sampled,
        note: "50 nm is not among the study's diameters")
    }
    func count(_ bound: (Estimate) -> Double) -> Double {
      var best = 1
      for entry in statistics.capacity.sorted(by: { $0.levels < $1.levels }) {
        guard bound(entry.worstSymbolError) <= criterion else { break }
        best = entry.levels
      }
      return Double(best)
    }
    let openLoop = result.devices.first { abs($0.spec.diameterMetres - 50e-9) < 1e-12 }?
      .levels(bits: 2, scheme: .openLoop)?.reliableLevels(criterion: criterion)
    return Headline(
      id: "reliableLevels50nm", title: title, article: "4", computed: count(\.value), low: count(\.high),
      high: count(\.low), origin: .sampled,
      note: "worst symbol error <= \(criterion), \(scheme == .writeVerify ? "write-verify" : "one pulse")"
        + (openLoop.map { "; one pulse without verification: \($0)" } ?? ""))
  }

  // MARK: chip

  private func chip(
    bits: Int, mode: ArrayConfiguration.ReadMode = .rowSequential, replication: Int = 1
  ) -> ChipEstimate? {
    result.chips.first {
      $0.technology == junction && $0.bitsPerCell == bits && $0.array.readMode == mode
        && $0.cellAreaBasis == .equalFootprint && $0.replication == replication
    }
  }

  private var junction: String { result.levels.first?.technology ?? "" }

  private func comparison(
    mode: ArrayConfiguration.ReadMode = .rowSequential, replication: Int = 1
  ) -> ChipComparison? {
    chip(bits: 1, mode: mode).flatMap { one in
      chip(bits: 2, mode: mode, replication: replication).flatMap {
        try? ChipComparison(baseline: one, candidate: $0)
      }
    }
  }

  private var chipRatios: [Headline] {
    let settings = comparison()
    let copies = comparison(replication: 2)
    let parallel = comparison(mode: .rowParallel)
    func text(_ value: Double?) -> String { value.map { "\(($0 * 100).rounded() / 100)" } ?? "not computed" }
    func headline(
      _ id: String, _ title: String, _ article: String, _ value: (ChipComparison) -> Double,
      of share: KeyPath<ChipEstimate.Component, Double>
    ) -> Headline {
      let mixture = chip(bits: 2).map { ChipMixture($0, share) }
      return Headline(
        id: id, title: title, article: article, computed: settings.map(value),
        origin: mixture?.origin ?? .analytic,
        note: "one row at a time, equal settings; freed tiles as copies: \(text(copies.map(value)));"
          + " \(result.specification.array.rowsPerRead) rows at once: \(text(parallel.map(value)))"
          + (mixture.map { "; 2 bit from \($0.words)" } ?? ""))
    }
    let density = chip(bits: 2).map { ChipMixture($0, \.areaSquareMetres, onlyArrays: true) }
    return [
      Headline(
        id: "densityRatio", title: "Storage density, 2 bit / 1 bit", article: "about 2",
        computed: settings?.densityRatio, origin: density?.origin ?? .analytic,
        note: "arrays with their periphery; bare cells: \(text(settings?.cellArrayDensityRatio))"
          + (density.map { "; 2 bit from \($0.words)" } ?? "")),
      Headline(
        id: "tileRatio", title: "Crossbar tiles, 2 bit / 1 bit", article: "0.5",
        computed: settings?.tileRatio, origin: .analytic, note: "same arrays"),
      headline("areaRatio", "Chip area, 1 bit / 2 bit", "up to 1.8", \.areaRatio, of: \.areaSquareMetres),
      headline(
        "energyRatio", "Energy per inference, 1 bit / 2 bit", "up to 1.8", \.energyRatio,
        of: \.energyJoules),
      headline("latencyRatio", "Latency, 1 bit / 2 bit", "up to 1.8", \.latencyRatio, of: \.latencySeconds),
      headline(
        "edpRatio", "Energy-delay product, 1 bit / 2 bit", "above 3", \.energyDelayProductRatio,
        of: \.energyJoules),
    ]
  }

  // MARK: accuracy

  private var accuracies: [Headline] {
    let first = result.accuracies.first
    let isAccuracy = first?.metric == .accuracy
    let noun = isAccuracy ? "Accuracy" : "Agreement"
    func headline(_ id: String, _ title: String, _ article: String, _ found: AccuracyResult?) -> Headline {
      Headline(
        id: id, title: "\(noun), \(title)", article: article, computed: found.map { $0.accuracy.value * 100 },
        low: found.map { $0.accuracy.low * 100 }, high: found.map { $0.accuracy.high * 100 }, unit: "%",
        origin: .sampled,
        note: found.map { result in
          let points = (result.difference.value * 1000).rounded() / 10
          return "\(result.chips) chips x \(result.imagesPerChip) images, \(result.dataset);"
            + (isAccuracy ? " \(points) points from the integer network" : " not accuracy: no labels")
        } ?? "not run")
    }
    func find(_ prefix: String, bits: Int) -> AccuracyResult? {
      result.accuracies.first {
        $0.technology.hasPrefix(prefix) && $0.bitsPerCell == bits && $0.array.readMode == .rowSequential
      }
    }
    let integer = first.map { $0.integerAccuracy.scaled(by: 100) }
    let float = first?.floatAccuracy?.scaled(by: 100)
    return [
      Headline(
        id: "accuracyFloat", title: "\(noun), floating point", article: "reference", computed: float?.value,
        low: float?.low, high: float?.high, unit: "%", origin: .sampled,
        note: float == nil
          ? "not run" : "activations in floating point, weights on their 8-bit grid; same images"),
      Headline(
        id: "accuracyInteger", title: "\(noun), integer network", article: "baseline",
        computed: integer?.value, low: integer?.low, high: integer?.high, unit: "%", origin: .sampled,
        note: first?.dataset ?? "not run"),
      headline("accuracyMtj1Bit", "MTJ, 1 bit per cell", "kept", find(junction, bits: 1)),
      headline("accuracyMtj2Bit", "MTJ, 2 bits per cell", "kept", find(junction, bits: 2)),
      headline("accuracyRram", "RRAM, 2 bits per cell", "much lower", find("rram", bits: 2)),
      headline("accuracyPcm", "PCM, 2 bits per cell", "much lower", find("pcm", bits: 2)),
    ]
  }

  // MARK: reads

  private var reads: [Headline] {
    let points = result.readSweep
      .filter { $0.bitsPerCell == 2 && $0.technology == junction && $0.read != nil }
      .sorted { ($0.tmrZeroBias ?? 0) < ($1.tmrZeroBias ?? 0) }
    guard let low = points.first, let high = points.last, let lowRead = low.read, let highRead = high.read,
      points.count > 1
    else {
      return [
        Headline(
          id: "readDelayTmr", title: "Read delay against TMR", article: "falls with contrast", computed: nil,
          origin: .spice, note: "fewer than two contrasts"),
        Headline(
          id: "readEnergyTmr", title: "Read energy against TMR", article: "falls with contrast",
          computed: nil, origin: .spice, note: "fewer than two contrasts"),
      ]
    }
    func percent(_ tmr: Double?) -> Int { Int(((tmr ?? 0) * 100).rounded()) }
    let span = "TMR \(percent(low.tmrZeroBias)) % against \(percent(high.tmrZeroBias)) %"
    func picoseconds(_ seconds: Double) -> Int { Int((seconds * 1e12).rounded()) }
    func femtojoules(_ joules: Double) -> Int { Int((joules * 1e15).rounded()) }
    return [
      Headline(
        id: "readDelayTmr", title: "Read delay, lowest / highest TMR", article: "above 1",
        computed: lowRead.delaySeconds.value / highRead.delaySeconds.value,
        low: lowRead.delaySeconds.low / highRead.delaySeconds.high,
        high: lowRead.delaySeconds.high / highRead.delaySeconds.low, origin: .spice,
        note: "\(span): \(picoseconds(lowRead.delaySeconds.value)) to"
          + " \(picoseconds(highRead.delaySeconds.value)) ps"),
      Headline(
        id: "readEnergyTmr", title: "Read energy, lowest / highest TMR", article: "above 1",
        computed: lowRead.meanEnergyJoules / highRead.meanEnergyJoules, origin: .spice,
        note: "\(span): \(femtojoules(lowRead.meanEnergyJoules)) to"
          + " \(femtojoules(highRead.meanEnergyJoules)) fJ per 2-bit read"),
    ]
  }
}
