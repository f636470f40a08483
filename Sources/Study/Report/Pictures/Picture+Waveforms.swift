import Foundation
import Spice

extension Picture {
  /// Recorded signals over time, frequency or a swept source: a panel for each unit, at most eight lines in all.
  ///
  /// Signals that do not change are left out where others do. After `.ac` the panels are gain and phase.
  ///
  /// - Parameters:
  ///   - name: Stem of its files.
  ///   - title: What was simulated.
  ///   - waves: What was recorded, at least two points.
  ///   - isLogarithmic: Whether the scale is drawn by its logarithm.
  public static func waveforms(
    _ name: String, title: String, _ waves: Waveforms, isLogarithmic: Bool = false
  ) -> Picture {
    let isComplex = waves.scaleName == "frequency"
    let shown = chosen(from: waves, isComplex: isComplex)
    let thin = waves.decimated(maximumPoints: 800)
    var panels: [WavePanel] = []
    if isComplex {
      panels = [
        WavePanel("gain", "dB", shown.compactMap { try? thin.decibels($0) }, shown),
        WavePanel("phase", "degrees", shown.compactMap { try? thin.phaseDegrees($0) }, shown),
      ]
    } else {
      for (quantity, unit) in [("voltage", "V"), ("current", "A"), ("power", "W"), ("value", "")] {
        let signals = shown.filter { $0.unit == unit }
        guard !signals.isEmpty else { continue }
        panels.append(WavePanel(quantity, unit, signals.compactMap { thin[$0] }, signals))
      }
    }
    let (factor, unit) =
      isLogarithmic
      ? (1, waves.scaleUnit) : Quantity.scale(waves.scale.map(abs).max() ?? 1, waves.scaleUnit)
    var data = PictureData()
    for panel in panels {
      data.add(
        panel.quantity, [waves.scaleName] + panel.names,
        thin.scale.indices.map { row in
          [thin.scale[row] * factor] + panel.lines.map { $0.y[row] * panel.factor }
        })
    }
    let height = 80 + (panels.count == 1 ? 300 : 200 * panels.count)
    var commands =
      multiplot(
        rows: panels.count, columns: 1, width: 700, height: height, left: 84, right: 104, bottom: 58, top: 26,
        gapY: 18)
      + "\nset xrange [\(format((thin.scale.min() ?? 0) * factor)):\(format((thin.scale.max() ?? 1) * factor))]\n"
      + (isLogarithmic ? "set logscale x\n" : "")
    for (index, panel) in panels.enumerated() {
      let isLast = index == panels.count - 1
      commands += panel.commands(
        first: isComplex ? 0 : panels[..<index].reduce(0) { $0 + $1.lines.count },
        xlabel: isLast ? axis(waves.scaleName, unit) : "", title: index == 0 ? title : "",
        format: isLogarithmic ? "%.0s%c" : "%g")
    }
    let left = waves.signals.count - shown.count
    return Picture(
      name, caption: "\(title)." + (left > 0 ? " \(left) more signals are in the table beside it." : ""),
      height: height, data: data, commands: commands + "unset multiplot")
  }

  /// A quantity with its unit, such as `time / ns`.
  static func axis(_ quantity: String, _ unit: String) -> String {
    unit.isEmpty ? quantity : "\(quantity) / \(unit)"
  }

  /// The signals to draw: six voltages and two others, or as many as there is room for.
  private static func chosen(from waves: Waveforms, isComplex: Bool) -> [Signal] {
    let moving = waves.signals.filter { signal in
      guard let wave = isComplex ? try? waves.magnitude(signal) : waves[signal] else { return false }
      guard let low = wave.y.min(), let high = wave.y.max(), low.isFinite, high.isFinite else { return false }
      return isComplex ? high > 0 : high - low > 1e-9 * Swift.max(abs(low), abs(high))
    }
    let candidates = moving.isEmpty ? waves.signals : moving
    let voltages = candidates.filter { $0.unit == "V" }
    let others = candidates.filter { $0.unit != "V" }
    let room = Swift.max(6, 8 - others.count)
    let first = voltages.prefix(room)
    let chosen = Set(first + others.prefix(8 - first.count))
    return candidates.filter(chosen.contains)
  }
}

/// Lines of one unit over a common scale.
private struct WavePanel {
  let quantity: String
  let unit: String
  let factor: Double
  let lines: [Waveform]
  let names: [String]

  private static let colours = ["blue", "orange", "green", "ink", "purple", "sky", "yellow", "soft"]

  init(_ quantity: String, _ unit: String, _ lines: [Waveform], _ signals: [Signal]) {
    self.quantity = quantity
    self.lines = lines
    names = signals.map(\.name)
    let largest = lines.flatMap(\.y).filter(\.isFinite).map(abs).max() ?? 1
    (factor, self.unit) = ["V", "A", "W"].contains(unit) ? Quantity.scale(largest, unit) : (1, unit)
  }

  /// The gnuplot commands of the panel.
  func commands(first: Int, xlabel: String, title: String, format: String) -> String {
    let values = lines.flatMap(\.y).filter(\.isFinite).map { $0 * factor }
    var (low, high) = (values.min() ?? 0, values.max() ?? 1)
    // Six digits are written: less than that of a change is none.
    let margin = Swift.max(0.06 * (high - low), 2e-3 * Swift.max(abs(low), abs(high)), 1e-12)
    (low, high) = (low - margin, high + margin)
    var text = """
      unset label
      set yrange [\(Picture.format(low)):\(Picture.format(high))]
      set format x "\(xlabel.isEmpty ? "" : format)"
      \(Picture.xlabel(xlabel))
      set ylabel "\(Picture.axis(quantity, unit))" offset 0.5,0
      set title \(gnuplotText(String(title.prefix(80)))) noenhanced offset 0,titlelift

      """
    // Names beside the right ends of the lines, kept apart.
    let distance = Swift.min(0.1, 1 / Double(Swift.max(1, lines.count)))
    var ends = lines.indices.map { index in
      let last = lines[index].y.last { $0.isFinite }.map { $0 * factor } ?? low
      return (index: index, height: (last - low) / (high - low))
    }.sorted { $0.height < $1.height }
    for k in ends.indices.dropFirst() {
      ends[k].height = Swift.max(ends[k].height, ends[k - 1].height + distance)
    }
    let excess = Swift.max(0, (ends.last?.height ?? 0) - 1)
    for end in ends {
      let name =
        names[end.index].count > 14 ? names[end.index].prefix(13) + "\u{2026}" : names[end.index][...]
      text +=
        "set label \(gnuplotText(String(name))) noenhanced at graph 1.015,"
        + "\(Picture.format(end.height - excess)) textcolor rgb \(colour(first + end.index))\n"
    }
    let curves = lines.indices.map { index in
      "data index \"\(quantity)\" using 1:\(index + 2) with lines linewidth 1.8 "
        + "linecolor rgb \(colour(first + index))"
    }
    return text + "plot " + curves.joined(separator: ", \\\n  ") + "\n"
  }

  private func colour(_ index: Int) -> String { Self.colours[index % Self.colours.count] }
}
