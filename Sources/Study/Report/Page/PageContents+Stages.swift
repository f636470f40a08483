import Accelerator
import Device
import Models

extension PageContents {
  var device: [PageBlock] {
    guard !result.devices.isEmpty else { return [] }
    let criterion = result.specification.device.reliabilityCriterion
    let sample = result.studiedDevice ?? result.devices[0]
    // The analytic law stands below as a cross-check.
    let rows = (result.devices + [result.analytic].compactMap { $0 }).map { device -> [String] in
      let law = device.levels.first?.model == LevelStatistics.analyticGrainLaw ? ", analytic law" : ""
      let open = device.levels(bits: 2, scheme: .openLoop)
      let verified = device.levels(bits: 2, scheme: .writeVerify)
      return [
        Picture.nanometres(device.spec.diameterMetres) + law, text(device.meanGrains),
        text(device.spec.parallelOhms, "Ohm"), text(device.writeCurrentAmperes, "A"),
        "\(text(device.writeVolts, "V")) of \(text(device.spec.junction.breakdownVolts, "V"))",
        text(device.aboveBreakdown.value * 100, "%"),
        [open, verified].map { $0?.worstSymbolError?.errorWords(style: .typographic) ?? "\u{2013}" }
          .joined(separator: " / "),
        [open, verified].map {
          $0.map { "\($0.reliableLevels(criterion: criterion))" } ?? "\u{2013}"
        }.joined(separator: " / "),
        text(verified?.programming.meanPulses),
      ]
        + sample.retention.map { wanted in
          device.retention.first { $0.elapsedSeconds == wanted.elapsedSeconds }
        }.map {
          guard let lost = $0 else { return "\u{2013}" }
          return "\(text(lost.lostFraction.value * 100)) / \(text(lost.lostFractionOfThird.value * 100, "%"))"
        }
    }
    let table = PageTable(
      "\(sample.devices) devices a diameter, each written \(sample.cycles) times to every level; reliable "
        + "levels: most equally spaced levels whose worst symbol error stays within "
        + "\(text(criterion * 100, "%")) (assumption), the device alone with an ideal read. Lost: share of the "
        + "reversed area that turns back, of the whole layer / of the third that one pulse "
        + "reverses; the levels stand before any loss.",
      columns: [
        "Diameter", "Grains", "Parallel resistance", "Largest write current", "Write voltage, of breakdown",
        "Junctions above breakdown", "2-bit worst error, one pulse / verified",
        "Reliable levels, one pulse / verified",
        "Pulses per verified 2-bit write",
      ] + sample.retention.map { "Lost within \(LevelStatistics.duration($0.elapsedSeconds))" }, words: [0],
      rows)
    return [.table(table)] + figure("s-curve") + figure("halfway") + figure("levels") + capacity
  }

  /// Worst symbol error against the number of levels, for the study's diameter.
  private var capacity: [PageBlock] {
    guard let device = result.studiedDevice, let open = device.levels(bits: 2, scheme: .openLoop),
      let verified = device.levels(bits: 2, scheme: .writeVerify), !open.capacity.isEmpty
    else { return [] }
    func row(_ name: String, _ statistics: LevelStatistics) -> [String] {
      [name] + statistics.capacity.map { $0.worstSymbolError.errorWords(style: .typographic) }
    }
    return [
      .table(
        PageTable(
          "Worst symbol error against the number of levels, "
            + "\(Picture.nanometres(device.spec.diameterMetres)). 'Below': none seen, upper end of the interval.",
          columns: ["Levels"] + open.capacity.map { "\($0.levels)" }, words: [0],
          [row("one pulse", open), row("verified", verified)]))
    ]
  }

  var read: [PageBlock] {
    guard !result.readSweep.isEmpty else { return figure("reads") }
    // The sweep comes ordered: junctions by bits and contrast, then the comparisons.
    let rows = result.readSweep
      .map { point -> [String] in
        let cells = result.libraries.first {
          $0.technology == point.technology && $0.bitsPerCell == point.bitsPerCell
        }
        let start = [cells?.title ?? point.technology, text(point.tmrZeroBias.map { $0 * 100 }, "%")]
        guard let read = point.read else {
          return start + ["no timing closes", "", "", "", "", "", point.failure ?? ""]
        }
        let levels = result.levels.first {
          $0.technology == point.technology && $0.bitsPerCell == point.bitsPerCell
        }
        return start + [
          text(read.delaySeconds.value, "s"), text(read.cycleSeconds, "s"), text(read.meanEnergyJoules, "J"),
          text(read.worstMarginVolts, "V"), misread(levels, read),
          "\(read.wrongCodes) of \(Quantity.count(read.reads))",
          [(read.bubbles, "bubbles"), (read.metastable, "undecided")].filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1)" }.joined(separator: ", "),
        ]
      }
    let table = PageTable(
      "Single-cell reads with the shortest timing that leaves "
        + "\(text(result.specification.read.requiredInputVolts, "V")) at every comparator, with boundaries within "
        + "\(result.specification.read.boundaryToleranceSteps) of a level step of the middle (assumptions), found on a "
        + "grid of 9 %. Decision and recovery take fixed times; row decoding and the wordline's wire are in no cycle. "
        + "Misread: the worst level, with the spread of cells, chains and rows. Wrong codes: chains with mismatch "
        + "that read cells at the levels' means.",
      columns: [
        "Cells", "TMR", "Delay", "Cycle", "Energy", "Worst margin", "Misread", "Wrong codes", "Remarks",
      ], words: [0, 8], rows)
    return [.table(table)] + figure("read-tmr") + figure("reads")
  }

  /// How near a pulse comes to breaking the barrier.
  private func breakdown(_ write: CellLibrary.Write) -> String {
    result.studiedDevice.map { " of \(text($0.spec.junction.breakdownVolts, "V"))" } ?? ""
  }

  /// The worst level as a sense chain reads it.
  private func misread(_ levels: LevelStatistics?, _ read: CellLibrary.SymbolRead) -> String {
    guard let worst = levels?.readErrors(read.thresholds).max() else { return text(nil) }
    return worst < 1e-8 ? "below 10\u{207B}\u{2076}\u{202F}%" : text(worst * 100, "%")
  }

  var write: [PageBlock] {
    let rows = result.libraries.compactMap { library -> [String]? in
      guard let write = library.write else { return nil }
      let energy = write.energyJoules.map { text($0, "J") }.joined(separator: " / ")
      let required = library.cell.requiredAccessWidthMetres
      return [
        library.title, text(write.requiredCurrentAmperes, "A"),
        write.deliveredCurrentAmperes.map { text($0, "A") }.joined(separator: " / "),
        write.supplyVolts.map { text($0, "V") }.joined(separator: " / "),
        text(write.pulseSeconds, "s"), energy, write.finalState.map { text($0) }.joined(separator: " / "),
        text(write.meanPulses),
        text(
          write.meanPulses * write.energyJoules.reduce(0, +) / Double(max(1, write.energyJoules.count)), "J"),
        text(write.peakJunctionVolts, "V") + breakdown(write),
        required.map { $0.isFinite ? text($0, "m") : "out of reach" } ?? "not known",
      ]
    }
    guard !rows.isEmpty else { return [] }
    return [
      .table(
        PageTable(
          "One full pulse in each polarity through driver, wires and access transistor: towards antiparallel / "
            + "towards parallel, each at the lowest supply that delivers the current asked for. Energy per cell: pulses at their mean, "
            + "without the reads that verify.",
          columns: [
            "Cell", "Asked for", "Delivered", "Supply", "Pulse", "Energy", "Antiparallel fraction after",
            "Pulses per cell", "Energy per cell", "Peak junction voltage, of breakdown",
            "Access width needed",
          ], words: [0], rows))
    ]
  }

  /// Totals of chips, a row each.
  func chipTable(_ chips: [ChipEstimate], _ caption: String) -> PageTable {
    PageTable(
      caption,
      columns: [
        "Cells", "Read", "Cell area", "Copies", "Arrays", "Area", "Mb/mm\u{B2}", "Energy", "Latency", "EDP",
        "TOPS/W",
      ], words: [0, 1, 2],
      chips.map { chip in
        [
          result.libraries.first {
            $0.technology == chip.technology && $0.bitsPerCell == chip.bitsPerCell
          }?.title ?? chip.title,
          chip.array.reading, chip.cellAreaBasis.words, "\(chip.replication)", Quantity.count(chip.tiles),
          text(chip.areaSquareMetres, "m^2"), text(chip.densityMegabitsPerSquareMillimetre),
          text(chip.energyJoules, "J"), text(chip.latencySeconds, "s"), text(chip.energyDelayProduct, "J s"),
          text(chip.teraOperationsPerJoule),
        ]
      })
  }

  var chip: [PageBlock] {
    let own = result.chips.filter { $0.technology == result.junctionTechnology }
    guard let first = own.first else { return [] }
    var blocks: [PageBlock] = [
      .table(
        chipTable(
          own,
          "\(Quantity.count(first.multiplyAccumulates)) multiply-accumulates per inference on arrays of "
            + "\(first.array.rows) x \(first.array.columns) cells, \(first.array.columnsPerSense) columns a "
            + "sense chain. Every window reads every weight again, hence TOPS/W far below the 10 to 60 of macros "
            + "that sum many rows at once."))
    ]
    let ratios = result.chipPairs.compactMap { pair -> [String]? in
      guard let ratio = try? ChipComparison(baseline: pair.oneBit, candidate: pair.twoBit) else { return nil }
      return [
        pair.oneBit.array.reading, pair.oneBit.cellAreaBasis.words, text(ratio.tileRatio),
        text(ratio.densityRatio), text(ratio.cellArrayDensityRatio), text(ratio.areaRatio),
        text(ratio.energyRatio), text(ratio.latencyRatio), text(ratio.energyDelayProductRatio),
      ]
    }
    if !ratios.isEmpty {
      blocks.append(
        .table(
          PageTable(
            "What the second bit brings at equal settings. Above 1 favours two bits, save for the arrays.",
            columns: [
              "Read", "Cell area", "Arrays, 2 bits / 1 bit", "Density, macro", "Density, cells", "Area",
              "Energy", "Latency", "EDP",
            ], words: [0, 1], ratios)))
    }
    blocks += figure("chip")
    if let pair = result.chipPairs.first { blocks.append(components(pair)) }
    return blocks
  }

  private func components(_ pair: ChipPair) -> PageBlock {
    let rows = pair.oneBit.components.compactMap { part -> [String]? in
      guard let other = pair.twoBit.components.first(where: { $0.name == part.name }) else { return nil }
      return [
        part.name, text(part.areaSquareMetres, "m^2"), text(other.areaSquareMetres, "m^2"),
        text(part.energyJoules, "J"), text(other.energyJoules, "J"), text(part.latencySeconds, "s"),
        text(other.latencySeconds, "s"), part.origin.rawValue, part.note,
      ]
    }
    return .table(
      PageTable(
        "\(pair.oneBit.array.reading), \(pair.oneBit.cellAreaBasis.words); dynamic energy per inference",
        columns: [
          "Component", "Area, 1 bit", "2 bits", "Energy, 1 bit", "2 bits", "Latency, 1 bit", "2 bits",
          "Origin", "Source",
        ], words: [0, 7, 8], rows), fold: "Components and the source of each figure")
  }

  private var metric: AccuracyResult.Metric { result.accuracies.first?.metric ?? .accuracy }

  var accuracyTitle: String {
    metric == .accuracy ? "Accuracy of the network" : "Agreement with the unperturbed network"
  }

  var accuracy: [PageBlock] {
    guard let first = result.accuracies.first else { return [] }
    let rows = result.accuracies.map { row -> [String] in
      let value = Quantity(row.accuracy.scaled(by: 100), "%", style: .typographic)
      // The spread of a few chips may say more than a fraction can be.
      var points = row.difference.scaled(by: 100)
      points.low = max(points.low, -100)
      points.high = min(points.high, 100)
      let difference = Quantity(points, style: .typographic)
      return [
        row.title, row.array.reading, difference.value, difference.interval, value.value,
        value.interval, Quantity(row.integerAccuracy.scaled(by: 100), "%", style: .typographic).value,
        "\(row.chips) x \(row.imagesPerChip)",
      ]
    }
    let lead =
      metric == .agreement
      ? [
        PageBlock.text(
          "No labelled images were at hand, so this is the share of answers that equal the unperturbed "
            + "network's. It is not an accuracy.")
      ] : []
    return lead + [
      .table(
        PageTable(
          "\(first.dataset). Every chip has its own frozen errors and its own images; the difference from the integer "
            + "network on the same images is the figure to compare.",
          columns: [
            "Cells", "Read", "Difference, points", "95 % interval",
            metric == .accuracy ? "Accuracy" : "Agreement", "95 % interval", "Integer network",
            "Chips x images",
          ], words: [0, 1], rows))
    ] + figure("accuracy")
  }

  var comparisons: [PageBlock] {
    let others = zip(result.libraries, result.levels).filter { $0.0.technology != result.junctionTechnology }
    guard !others.isEmpty else { return [] }
    let rows = zip(result.libraries, result.levels).map { library, levels -> [String] in
      [
        library.title, levels.model, levels.writtenWords,
        text(levels.highConductanceSiemens, "S"),
        text(levels.highConductanceSiemens / levels.lowConductanceSiemens),
        text((levels.levels.map(\.sigmaProgrammed).max() ?? 0) * 100, "%"),
        misread(levels, library.symbolRead),
        text(library.symbolRead.delaySeconds.value, "s"), text(library.symbolRead.meanEnergyJoules, "J"),
        library.cell.fromWriteCurrent.map { text($0, "m^2") }
          ?? library.cell.published.map { "\(text($0, "m^2")) (published)" } ?? "not known",
      ]
    }
    let chips = result.chips.filter { $0.technology != result.junctionTechnology }
    return [
      .table(
        PageTable(
          "Cells side by side; sigma: largest spread of a programmed level, of the conductance range. All are read "
            + "by the junction's sense chain, which is not resized for smaller currents. Misread: the worst level "
            + "as that chain reads it.",
          columns: [
            "Cells", "Levels from", "Written by", "Highest conductance", "On/off", "Sigma",
            "Misread", "Read delay", "Read energy", "Cell area from write current",
          ], words: [0, 1, 2], rows))
    ] + (chips.isEmpty ? [] : [.table(chipTable(chips, "Their chips, same network and arrays."))])
  }
}
