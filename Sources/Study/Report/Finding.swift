import Accelerator
import Models

extension StudyResult {
  /// What the numbers say, in one paragraph: a sentence for every stage that was computed.
  var finding: String {
    [levelSentence, readSentence, chipSentence, accuracySentence, missingSentence].compactMap { $0 }
      .joined(separator: " ")
  }

  private var levelSentence: String? {
    guard let device = studiedDevice else { return nil }
    let criterion = specification.device.reliabilityCriterion
    func levels(_ scheme: LevelStatistics.Programming.Scheme) -> Int? {
      device.levels(bits: 2, scheme: scheme)?.reliableLevels(criterion: criterion)
    }
    guard let verified = levels(.writeVerify), let open = levels(.openLoop) else { return nil }
    let most = device.levels(bits: 2, scheme: .writeVerify)?.capacity.map(\.levels).max() ?? 0
    // The count goes by point estimates; a reader must know when the sample cannot bear it out.
    let entry = device.levels(bits: 2, scheme: .writeVerify)?.capacity.first { $0.levels == verified }
    let high = entry?.worstSymbolError.high ?? 0
    let caveat =
      high > criterion
      ? " (by the point estimate; for \(verified) verified levels the interval reaches "
        + "\(Quantity.text(high * 100, "%", digits: 2, style: .typographic)))" : ""
    return "A \(Picture.nanometres(device.spec.diameterMetres)) junction can be set to \(verified)"
      + "\(verified == most ? " or more" : "") levels with verified writing and \(open) with one open-loop "
      + "pulse, if a level may be wrong in \(Quantity.text(criterion * 100, "%", style: .typographic)) of "
      + "writes\(caveat)."
  }

  private var readSentence: String? {
    guard let technology = junctionTechnology else { return nil }
    let own = libraries.filter { $0.technology == technology }
    guard let one = own.first(where: { $0.bitsPerCell == 1 })?.symbolRead,
      let two = own.first(where: { $0.bitsPerCell == 2 })?.symbolRead
    else { return nil }
    func text(_ read: CellLibrary.SymbolRead) -> String {
      Quantity.text(read.delaySeconds.value, "s", style: .typographic) + " and "
        + Quantity.text(read.meanEnergyJoules, "J", style: .typographic)
    }
    let start = "Reading two bits takes \(text(two)) against \(text(one)) for one bit"
    let levels = levels.first { $0.technology == technology && $0.bitsPerCell == 2 }
    guard let worst = levels?.readErrors(two.thresholds).max() else { return start + "." }
    return start + "; its worst level is misread in "
      + "\(Quantity.text(worst * 100, "%", digits: 2, style: .typographic)) of cells, spread of cells, chains and rows "
      + "included."
  }

  private var chipSentence: String? {
    guard let pair = chipPairs.first,
      let ratio = try? ChipComparison(baseline: pair.oneBit, candidate: pair.twoBit)
    else { return nil }
    func change(_ name: String, _ ratio: Double) -> String {
      let percent = (100 * abs(1 / ratio - 1)).rounded()
      return percent == 0
        ? "the same \(name)" : "\(Quantity.text(percent))\u{202F}% \(ratio > 1 ? "less" : "more") \(name)"
    }
    return "At equal settings (\(pair.oneBit.array.reading), \(pair.oneBit.cellAreaBasis.words)) the "
      + "two-bit chip needs \(Quantity.text(ratio.tileRatio)) times the arrays of the one-bit chip, "
      + "\(change("area", ratio.areaRatio)), \(change("energy", ratio.energyRatio)) and "
      + "\(change("latency", ratio.latencyRatio)); its energy-delay product is "
      + "\(Quantity.text(1 / ratio.energyDelayProductRatio)) times the one-bit chip's."
  }

  private var accuracySentence: String? {
    guard
      let two = accuracies.first(where: { $0.technology == junctionTechnology && $0.bitsPerCell == 2 })
    else { return nil }
    let value = Quantity(two.accuracy.scaled(by: 100), "%", style: .typographic)
    let difference = two.difference
    let verdict =
      difference.low <= 0 && difference.high >= 0
      ? difference.high - difference.low > 0.2
        ? "too few chips and images to tell it from the exact integer network"
        : "not distinguishable from the exact integer network"
      : "\(Quantity.text(abs(difference.value) * 100, digits: 2)) points "
        + "\(difference.value < 0 ? "below" : "above") the exact integer network"
    let what =
      two.metric == .accuracy
      ? "classifies \(value.value) of the images rightly"
      : "agrees with the unperturbed network on \(value.value) of the images"
    return "On two-bit junctions the network \(what)"
      + (value.interval.isEmpty ? "" : " (\(value.interval))") + ", \(verdict) on the same images."
  }

  private var missingSentence: String? {
    let missing = headlines.filter { $0.computed == nil }.count
    return missing == 0
      ? nil : "\(missing) of \(headlines.count) headlines could not be computed; the table says why."
  }
}
