import Device
import Models

extension StudyResult {
  /// The ensemble of the diameter that circuits and network use.
  var studiedDevice: DeviceCharacterization? {
    devices.first { $0.spec.diameterMetres == specification.device.diameterMetres } ?? devices.first
  }

  /// Technology of the junction: the first library's.
  var junctionTechnology: String? { libraries.first?.technology }

  /// The junction's chips in pairs of 1 and 2 bits per cell at equal settings.
  var chipPairs: [ChipPair] { ChipPair.all(chips, technology: junctionTechnology) }

  /// The pictures of the report, in its order; those without data are left out.
  public var pictures: [Picture] {
    var all: [Picture] = []
    if !devices.isEmpty { all.append(.sCurves(devices)) }
    if let halfway { all.append(.halfway(halfway)) }
    if let device = studiedDevice { all.append(.levelHistogram(device)) }
    if !readTraces.isEmpty { all.append(.reads(readTraces)) }
    if readSweep.contains(where: { $0.read != nil && $0.tmrZeroBias != nil }) {
      all.append(.readSweep(readSweep))
    }
    if let first = chipPairs.first {
      let same = chipPairs.filter { $0.oneBit.array == first.oneBit.array }
      all.append(
        .chipBreakdown(
          same.flatMap { pair in
            [pair.oneBit, pair.twoBit].map { chip in
              let bits = chip.bitsPerCell == 1 ? "1 bit" : "2 bits"
              return ChipBar(group: same.count > 1 ? chip.cellAreaBasis.words : "", label: bits, chip: chip)
            }
          }))
    }
    if !accuracies.isEmpty { all.append(.accuracies(accuracies)) }
    return all
  }
}

extension ChipEstimate.CellAreaBasis {
  /// The basis in a few words.
  var words: String {
    switch self {
    case .equalFootprint: "equal footprint"
    case .fromWriteCurrent: "from write current"
    }
  }
}

extension LevelStatistics {
  /// Symbol error of the worst level.
  var worstSymbolError: Estimate? { levels.map(\.symbolError).max { $0.value < $1.value } }
}

extension Estimate {
  /// An error rate in percent; where no error was seen, the upper end of its interval.
  func errorWords(style: Quantity.Style) -> String {
    if value == 0, high > 0 {
      return "below " + Quantity.text(high * 100, "%", digits: 2, style: style)
    }
    return Quantity.text(value * 100, "%", digits: 2, style: style)
  }
}

extension LevelStatistics.Programming.Scheme {
  /// The scheme in words.
  var words: String {
    switch self {
    case .openLoop: "one pulse"
    case .writeVerify: "write-verify"
    }
  }
}
