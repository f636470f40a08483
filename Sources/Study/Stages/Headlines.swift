import Accelerator
import Foundation
import Models

/// Sets the article's headlines beside the values of a study.
///
/// - Source: Gupte et al., npj Unconv. Comput. 3, 8 (2026), doi:10.1038/s44335-026-00055-7, for the column
///   "article"; the article gives most of them as "up to" or in words.
package struct Headlines {
  private let result: StudyResult

  package init(_ result: StudyResult) {
    self.result = result
  }

  /// Every headline, in the order of the chain.
  package var all: [Headline] {
    [reliableLevels] + chipRatios + accuracies + reads
  }

  // MARK: device

  private var reliableLevels: Headline {
    let criterion = result.specification.device.reliabilityCriterion
    let scheme = result.specification.device.programming
    let title = "Reliable levels of a 50 nm cell"
    let device = result.devices.first { abs($0.spec.diameterMetres - 50e-9) < 1e-12 }
    guard let statistics = device?.levels(bits: 2, scheme: scheme) else {
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
    let openLoop = device?.levels(bits: 2, scheme: .openLoop)?.reliableLevels(criterion: criterion)
    let cell = result.libraries.firstIndex {
      $0.technology == junction && $0.bitsPerCell == 2
    }.flatMap { index -> Double? in
      guard result.levels[index].diameterMetres == statistics.diameterMetres else { return nil }
      return result.levels[index].readErrors(result.libraries[index].symbolRead.thresholds).max()
    }
    var notes = [
      "the device alone with an ideal read: worst symbol error <= \(criterion), \(scheme.words)"
    ]
    if let openLoop { notes.append("one pulse without verification: \(openLoop)") }
    if let cell {
      let error = Quantity.text(cell * 100, "%", digits: 2)
      notes.append("worst symbol error of the 2-bit cell read by its sense chain: \(error)")
    }
    if let device { notes.append("no retention; reversed area lost: \(StudyNotices.lost(device))") }
    return Headline(
      id: "reliableLevels50nm", title: title, article: "4", computed: count(\.value), low: count(\.high),
      high: count(\.low), origin: .sampled,
      note: notes.joined(separator: "; "))
  }

  // MARK: chip

  private func chip(
    bits: Int, mode: ArrayConfiguration.ReadMode = .rowSequential, replication: Int = 1,
    basis: ChipEstimate.CellAreaBasis = .equalFootprint
  ) -> ChipEstimate? {
    result.chips.first {
      $0.technology == junction && $0.bitsPerCell == bits && $0.array.readMode == mode
        && $0.cellAreaBasis == basis && $0.replication == replication
    }
  }

  private func levels(of technology: String, bits: Int) -> LevelStatistics? {
    result.levels.first { $0.technology.hasPrefix(technology) && $0.bitsPerCell == bits }
  }

  private var junction: String { result.levels.first?.technology ?? "" }

  private func comparison(
    mode: ArrayConfiguration.ReadMode = .rowSequential, replication: Int = 1,
    basis: ChipEstimate.CellAreaBasis = .equalFootprint
  ) -> ChipComparison? {
    chip(bits: 1, mode: mode, basis: basis).flatMap { one in
      chip(bits: 2, mode: mode, replication: replication, basis: basis).flatMap {
        try? ChipComparison(baseline: one, candidate: $0)
      }
    }
  }

  /// What must be known of the chips that read several rows at once before their ratio is used.
  private var parallelCaveat: String {
    guard let library = result.libraries.first(where: { $0.technology == junction && $0.bitsPerCell == 2 }),
      let read = library.columnRead
    else { return "" }
    let sums = LosslessConversion.codes(rowsPerRead: read.rowsPerRead, bitsPerCell: 2)
    let resolved = LosslessConversion.resolvedSums(read, bitsPerCell: 2)
    let measured = result.accuracies.contains {
      $0.technology == junction && $0.array.readMode == .rowParallel
    }
    return resolved < sums
      ? " (2 bit: \(resolved) of \(sums) sums told apart\(measured ? "" : ", accuracy not run"))" : ""
  }

  private var chipRatios: [Headline] {
    let settings = comparison()
    let copies = comparison(replication: 2)
    let parallel = comparison(mode: .rowParallel)
    let writable = comparison(basis: .fromWriteCurrent)
    let schemes = [1, 2].compactMap { bits in
      levels(of: junction, bits: bits).map { "\(bits) bit: \($0.programming.scheme.words)" }
    }.joined(separator: ", ")
    func text(_ value: Double?) -> String { value.map { "\(($0 * 100).rounded() / 100)" } ?? "not computed" }
    func headline(
      _ id: String, _ title: String, _ article: String, _ value: (ChipComparison) -> Double,
      of share: KeyPath<ChipEstimate.Component, Double>
    ) -> Headline {
      let mixture = chip(bits: 2).map { ChipMixture($0, share) }
      let rows = result.specification.array.rowsPerRead
      var notes = ["one row at a time, equal settings", schemes]
      notes.append("cell wide enough to write it: \(text(writable.map(value)))")
      notes.append("freed tiles as copies: \(text(copies.map(value)))")
      notes.append("\(rows) rows at once: \(text(parallel.map(value)))\(parallelCaveat)")
      if let mixture { notes.append("2 bit from \(mixture.words)") }
      return Headline(
        id: id, title: title, article: article, computed: settings.map(value),
        origin: mixture?.origin ?? .analytic,
        note: notes.joined(separator: "; "))
    }
    let density = chip(bits: 2).map { ChipMixture($0, \.areaSquareMetres, onlyArrays: true) }
    var densityNotes = ["arrays with their periphery"]
    densityNotes.append("bare cells: \(text(settings?.cellArrayDensityRatio))")
    densityNotes.append("cell wide enough to write it: \(text(writable?.densityRatio))")
    if let density { densityNotes.append("2 bit from \(density.words)") }
    return [
      Headline(
        id: "densityRatio", title: "Storage density, 2 bit / 1 bit", article: "about 2",
        computed: settings?.densityRatio, origin: density?.origin ?? .analytic,
        note: densityNotes.joined(separator: "; ")),
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
          let points = Quantity(result.difference.scaled(by: 100))
          let interval = points.interval.isEmpty ? "" : " (\(points.interval))"
          let against = "\(points.value) points\(interval) from the integer network on the same images"
          let size = "\(result.chips) chips x \(result.imagesPerChip) images, \(result.dataset)"
          return [
            against + ", the figure to compare", size + (isAccuracy ? "" : "; not accuracy: no labels"),
          ]
          .joined(separator: "; ")
        } ?? "not run")
    }
    func find(_ prefix: String, bits: Int) -> AccuracyResult? {
      result.accuracies.first {
        $0.technology.hasPrefix(prefix) && $0.bitsPerCell == bits && $0.array.readMode == .rowSequential
      }
    }
    func written(_ technology: String, _ bits: Int) -> String {
      levels(of: technology, bits: bits).map { " (\($0.writtenWords))" } ?? ""
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
      headline(
        "accuracyMtj1Bit", "MTJ, 1 bit per cell" + written(junction, 1), "kept", find(junction, bits: 1)),
      headline(
        "accuracyMtj2Bit", "MTJ, 2 bits per cell" + written(junction, 2), "kept", find(junction, bits: 2)),
      headline(
        "accuracyRram", "RRAM, 2 bits per cell" + written("rram", 2), "much lower", find("rram", bits: 2)),
      headline("accuracyPcm", "PCM, 2 bits per cell" + written("pcm", 2), "much lower", find("pcm", bits: 2)),
    ]
  }

  // MARK: reads

  private var reads: [Headline] {
    let points = result.readSweep
      .filter {
        $0.bitsPerCell == 2 && $0.technology == junction && $0.read?.delaySeconds.value.isFinite == true
      }
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
    let grid = "the timing is searched on a grid of ratio 1.4^(1/4), so each delay is known to about 4 %"
    let levelPlaces = "positions of the levels are those of the device at its own TMR"
    func picoseconds(_ seconds: Double) -> Int { Int((seconds * 1e12).rounded()) }
    func femtojoules(_ joules: Double) -> Int { Int((joules * 1e15).rounded()) }
    let (lowDelay, highDelay) = (lowRead.delaySeconds.value, highRead.delaySeconds.value)
    let delays = "\(picoseconds(lowDelay)) to \(picoseconds(highDelay)) ps"
    let (lowEnergy, highEnergy) = (lowRead.meanEnergyJoules, highRead.meanEnergyJoules)
    let energies = "\(femtojoules(lowEnergy)) to \(femtojoules(highEnergy)) fJ"
    return [
      Headline(
        id: "readDelayTmr", title: "Read delay, lowest / highest TMR", article: "above 1",
        computed: lowDelay / highDelay, origin: .spice,
        note: "\(span): \(delays); \(grid); \(levelPlaces)"),
      Headline(
        id: "readEnergyTmr", title: "Read energy, lowest / highest TMR", article: "above 1",
        computed: lowRead.meanEnergyJoules / highRead.meanEnergyJoules, origin: .spice,
        note: "\(span): \(energies) per 2-bit read; \(levelPlaces)"),
    ]
  }
}
