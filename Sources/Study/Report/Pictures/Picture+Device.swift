import Device
import Foundation
import Models

extension Picture {
  /// Mean level after one pulse against the current, a panel for each ensemble, with bands of one standard
  /// deviation.
  ///
  /// - Parameter devices: Ensembles, usually one a diameter.
  public static func sCurves(_ devices: [DeviceCharacterization]) -> Picture {
    var data = PictureData()
    for (index, device) in devices.enumerated() {
      data.add(
        "ensemble \(index)",
        ["drive", "current_A", "mean", "mean-c2c", "mean+c2c", "mean-total", "mean+total"],
        device.curve.points.map { point in
          let (mean, c2c, all) = (point.mean.value, point.sigmaCycleToCycle.value, point.sigmaTotal)
          return [
            point.drive, point.currentAmperes, mean, mean - c2c, mean + c2c, mean - all, mean + all,
          ]
        })
    }
    let columns = max(1, min(3, devices.count))
    let rows = (devices.count + columns - 1) / columns
    let height = 100 + 200 * max(1, rows)
    let width = columns == 1 ? 460 : 700
    let drives = devices.flatMap { $0.curve.points.map(\.drive) }
    let (lowest, highest) = (max(0, (drives.min() ?? 0.3) - 0.1), (drives.max() ?? 1.35) + 0.02)
    var commands =
      multiplot(rows: rows, columns: columns, width: width, height: height, left: 72, bottom: 58, top: 14)
        + """

        set xrange [\(format(lowest)):\(format(highest))]
        set yrange [-0.15:1.15]
        set xtics 0,0.2
        set ytics 0,0.25,1
        \(xlabel("write current / I_c"))

        """
    for (index, device) in devices.enumerated() {
      let first = index % columns == 0
      let amperes = Quantity.text(device.spec.criticalCurrentAmperes, "A", style: .typographic)
      commands += """
        set ylabel "\(first ? "level reached" : "")" offset 0.3,0
        set format y "\(first ? "%g" : "")"
        set label 1 "\(nanometres(device.spec.diameterMetres))" at graph 0.05,0.94 textcolor rgb ink font ",15"
        set label 2 "I_c = \(amperes)" at graph 0.05,0.84 textcolor rgb soft
        \(index == 0 ? bandLegend : "unset label 3; unset label 4; unset label 5; unset label 6")
        plot data index "ensemble \(index)" using 1:6:7 with filledcurves fillstyle transparent solid 0.22 linecolor rgb blue, \\
          '' index "ensemble \(index)" using 1:4:5 with filledcurves fillstyle transparent solid 0.3 linecolor rgb blue, \\
          '' index "ensemble \(index)" using 1:3 with lines linestyle 1

        """
    }
    return Picture(
      "s-curve",
      caption: "Level reached by one pulse after a reset, as a part of the nominal conductance range (the "
        + "reversed fraction of a nominal device), against the current over the critical current. "
        + "Bands: one standard deviation between the cycles of one device, and of cycles and devices together.",
      width: width, height: height, data: data, commands: commands + "unset multiplot")
  }

  /// Names of the two bands, at the lower right of a panel.
  private static let bandLegend = [("total", "#9CC7E0", 0.2), ("cycle to cycle", "#4A96C6", 0.11)]
    .enumerated()
    .map { index, band in
      "set label \(3 + 2 * index) \"\u{25A0}\" at graph 0.32,\(band.2) textcolor rgb \"\(band.1)\"\n"
        + "set label \(4 + 2 * index) \"\u{B1}\u{3C3} \(band.0)\" at graph 0.4,\(band.2) textcolor rgb ink"
    }.joined(separator: "\n")

  /// Histograms of the programmed levels of one ensemble: one and two bits, one pulse and verified.
  public static func levelHistogram(_ device: DeviceCharacterization) -> Picture {
    var data = PictureData()
    let range = -0.25...1.25
    let bins = 90
    let bits = Set(device.levels.map(\.bitsPerCell)).sorted()
    let schemes: [LevelStatistics.Programming.Scheme] = [.openLoop, .writeVerify]
    let height = 100 + 190 * schemes.count
    var commands =
      multiplot(rows: schemes.count, columns: bits.count, width: 700, height: height, bottom: 58) + """

        set xrange [\(range.lowerBound):\(range.upperBound)]
        set xtics 0,0.25,1 format "%g"
        unset ytics
        set border 1 front
        set boxwidth \(format((range.upperBound - range.lowerBound) / Double(bins))) absolute

        """
    for scheme in schemes {
      for count in bits {
        guard let levels = device.levels(bits: count, scheme: scheme),
          let samples = device.samples(bits: count, scheme: scheme)
        else { continue }
        commands += histogram(
          levels, samples, bins: bins, range: range, first: count == bits.first, last: scheme == schemes.last,
          data: &data)
      }
    }
    return Picture(
      "levels",
      caption: "Programmed levels of the \(nanometres(device.spec.diameterMetres)) ensemble in the nominal "
        + "conductance range, \(device.devices) devices times \(device.cycles) writes. Dashed: the "
        + "boundaries halfway between the targets; the worst symbol error is the largest share of a level "
        + "that lies beyond them.",
      height: height, data: data, commands: commands + "unset multiplot")
  }

  /// One panel: filled steps in two alternating colours, since only neighbours overlap.
  private static func histogram(
    _ levels: LevelStatistics, _ samples: LevelSamples, bins: Int, range: ClosedRange<Double>,
    first: Bool, last: Bool, data: inout PictureData
  ) -> String {
    let name = "\(levels.programming.scheme.rawValue) \(levels.bitsPerCell) bit"
    let counts = samples.histogram(bins: bins, over: range)
    let width = (range.upperBound - range.lowerBound) / Double(bins)
    let fractions = zip(counts, samples.positions).map { row, all -> [Double] in
      row.map { Double($0) / Double(max(1, all.count)) }
    }
    var rows: [[Double]] = []
    for bin in 0..<bins {
      let centre = range.lowerBound + (Double(bin) + 0.5) * width
      rows.append([centre] + fractions.map { $0[bin] })
    }
    data.add(name, ["level"] + samples.targets.indices.map { "share\($0)" }, rows)
    let highest = fractions.joined().max() ?? 1
    let worst = levels.worstSymbolError.map { $0.errorWords(style: .typographic) } ?? ""
    var lines = ["unset arrow", "unset label", "set yrange [0:\(1.22 * highest)]"]
    for (lower, upper) in zip(samples.targets, samples.targets.dropFirst()) {
      let middle = (lower + upper) / 2
      lines.append("set arrow from \(middle),0 to \(middle),\(1.05 * highest) nohead linestyle 6 back")
    }
    for index in samples.targets.indices {
      let peak = fractions[index].max() ?? 0
      let mean = Moments(samples.positions[index])?.mean ?? samples.targets[index]
      let text = gnuplotText(binary(index, bits: levels.bitsPerCell))
      let colour = index.isMultiple(of: 2) ? "blue" : "orange"
      lines.append(
        "set label \(text) at \(format(mean)),\(peak + 0.06 * highest) center "
          + "textcolor rgb \(colour)")
    }
    let scheme = levels.programming.scheme == .openLoop ? "one pulse" : "verified"
    let bits = levels.bitsPerCell == 1 ? "1 bit" : "\(levels.bitsPerCell) bits"
    lines += [
      title("\(bits), \(scheme): symbol error \(worst)"),
      "set ylabel \"\(first ? "share of cells" : "")\"",
      xlabel(last ? "level (of the nominal conductance range)" : ""),
    ]
    let curves = samples.targets.indices.map { index -> String in
      let colour = index.isMultiple(of: 2) ? "blue" : "orange"
      return "data index \"\(name)\" using 1:\(index + 2) with boxes fillstyle transparent solid 0.35 "
        + "linecolor rgb \(colour), '' index \"\(name)\" using 1:\(index + 2) with histeps "
        + "linecolor rgb \(colour) linewidth 1.2"
    }
    return lines.joined(separator: "\n") + "\nplot " + curves.joined(separator: ", \\\n  ") + "\n"
  }

  private static func binary(_ index: Int, bits: Int) -> String {
    let digits = String(index, radix: 2)
    return String(repeating: "0", count: max(0, bits - digits.count)) + digits
  }

  /// A length in nanometres, such as `50 nm`.
  static func nanometres(_ metres: Double) -> String {
    Quantity.text(metres * 1e9) + "\u{202F}nm"
  }

  /// Opens a multiplot whose outer margins are constant in pixels.
  static func multiplot(
    rows: Int, columns: Int, width: Int, height: Int, left: Double = 58, right: Double = 12,
    bottom: Double = 58, top: Double = 28, gapX: Double = 20, gapY: Double = 56
  ) -> String {
    let (w, h) = (Double(width), Double(height))
    let margins = [left / w, 1 - right / w, bottom / h, 1 - top / h].map { String(format: "%.4f", $0) }
    let spacing = [gapX / w, gapY / h].map { String(format: "%.4f", $0) }
    return "set multiplot layout \(max(1, rows)),\(max(1, columns)) "
      + "margins \(margins.joined(separator: ",")) spacing \(spacing.joined(separator: ","))"
  }
}
