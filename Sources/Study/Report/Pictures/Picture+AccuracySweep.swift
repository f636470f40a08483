import Foundation
import Models

extension Picture {
  /// One picture for each sweep of an accuracy study: lines with bands of 95 %, or a row for each name.
  public static func accuracySweeps(_ study: AccuracyStudy) -> [Picture] {
    AccuracySweep.allCases.compactMap { sweep in
      let points = study.points(sweep)
      guard !points.isEmpty else { return nil }
      return [.technologies, .layers, .remedies].contains(sweep)
        ? accuracyRows(sweep, points) : accuracySweep(sweep, points)
    }
  }

  /// Accuracy of settings that have names, a row for each; of technologies, a mark in it for each network.
  private static func accuracyRows(_ sweep: AccuracySweep, _ points: [AccuracyStudy.Point]) -> Picture {
    let hasSeries = Set(points.map(\.series)).count > 1
    let hasNetworks = sweep == .technologies && hasSeries
    let name: (AccuracyStudy.Point) -> String = { point in
      if hasNetworks { return point.series }
      let label = sweep == .layers ? shortened(point.label) : point.label
      return hasSeries ? "\(point.series): \(label)" : label
    }
    var (rows, marks) = ([String](), [String]())
    for point in points {
      if !rows.contains(name(point)) { rows.append(name(point)) }
      let mark = hasNetworks ? point.label : ""
      if !marks.contains(mark) { marks.append(mark) }
    }
    func own(_ mark: String) -> [AccuracyStudy.Point] { points.filter { !hasNetworks || $0.label == mark } }
    let wrapped = rows.map { wrap($0, at: 44) }
    var data = PictureData()
    for (place, mark) in marks.enumerated() {
      // Side by side in their row.
      let shift = (Double(marks.count - 1) / 2 - Double(place)) * 0.3
      data.add(
        mark.isEmpty ? "rows" : mark, ["row", "percent", "low", "high", "bit_true", "integer"],
        own(mark).map { point -> [Double] in
          let found = point.result.accuracy
          return [
            Double(rows.count - (rows.firstIndex(of: name(point)) ?? 0)) + shift,
            100 * found.value, 100 * found.low, 100 * found.high,
            point.bitTrue.map { 100 * $0.accuracy.value } ?? .nan, 100 * point.result.integerAccuracy.value,
          ]
        })
    }
    data.add(
      "names", ["row", "name", "values"],
      rows.enumerated().map { index, row -> [PictureData.Cell] in
        let values = points.filter { name($0) == row }
          .map { String(format: "%.2f", 100 * $0.result.accuracy.value) }
        return [
          .number(Double(rows.count - index)), .label(wrapped[index]),
          .label(values.joined(separator: ", ") + " %"),
        ]
      })
    let lows = points.map { 100 * min($0.result.accuracy.low, $0.result.integerAccuracy.value) }
    let highs = points.map { 100 * max($0.result.accuracy.high, $0.result.integerAccuracy.value) }
    let (low, high) = (max(0, lows.min() ?? 0), min(100, highs.max() ?? 100))
    let pad = max(0.5, 0.06 * (high - low))
    let lines = wrapped.map { $0.split(separator: "\n") }
    let height = 110 + (lines.contains { $0.count > 1 } ? 40 : 22) * max(1, rows.count)
    let longest = Double(lines.joined().map(\.count).max() ?? 10)
    let isAccuracy = points.first?.result.metric == .accuracy
    let left = 24 + 7.9 * longest
    let width = max(700, Int(left) + 420)
    let end = format(min(100.5, high + pad))
    let colours = ["blue", "orange"]
    let curves = marks.enumerated().flatMap { place, mark -> [String] in
      let block = "data index \"\(mark.isEmpty ? "rows" : mark)\""
      let colour = colours[place % colours.count]
      return [
        "\(block) using 6:($1-0.3):(0):(0.6) with vectors nohead linestyle 6 notitle",
        "\(block) using 2:1:3:4 with xerrorbars linestyle 1 linecolor rgb \(colour) title \"\(mark)\"",
        "\(block) using 5:1 with points pointtype 6 pointsize 1.2 linecolor rgb \(colour) notitle",
      ]
    }
    let commands =
      multiplot(
        rows: 1, columns: 1, width: width, height: height, left: left,
        right: hasNetworks ? 124 : 84, bottom: 52, top: hasNetworks ? 34 : 20)
        + """

        set border 1
        set xrange [\(format(max(0, low - pad))):\(end)]
        set yrange [0.4:\(format(Double(rows.count) + 0.6))]
        set ytics scale 0 noenhanced
        \(xlabel(isAccuracy ? "accuracy / %" : "agreement with the unperturbed network / %"))
        \(hasNetworks ? "set key outside top center horizontal samplen 1 textcolor rgb ink" : "unset key")
        plot data index "names" using (NaN):1:yticlabels(2) notitle, \
          \(curves.joined(separator: ", \\\n  ")), \
          data index "names" using (\(end)):1:3 with labels left offset 0.6,0 textcolor rgb ink notitle

        """
    return Picture(
      "accuracy-\(sweep.rawValue)",
      caption: (sweep == .layers ? "Accuracy with one layer at a time on crossbars" : "Accuracy")
        + ", mean over chips with 95 % intervals; dashed: the exact integer network; circles: computed bit by bit.",
      width: width, height: height, data: data, commands: commands + "unset multiplot")
  }

  /// Text in lines of at most a number of characters, broken after commas.
  private static func wrap(_ text: String, at length: Int) -> String {
    text.components(separatedBy: ", ").reduce(into: [String]()) { lines, part in
      if let last = lines.last, last.count + 2 + part.count <= length {
        lines[lines.count - 1] = "\(last), \(part)"
      } else {
        lines.append(part)
      }
    }.joined(separator: ",\n")
  }

  /// Accuracy against what is varied, one line for each series.
  private static func accuracySweep(_ sweep: AccuracySweep, _ points: [AccuracyStudy.Point]) -> Picture {
    var names: [String] = []
    for point in points where !names.contains(point.series) { names.append(point.series) }
    var data = PictureData()
    var ends: [(name: String, x: Double, y: Double)] = []
    for name in names {
      let own = points.filter { $0.series == name }.sorted { $0.value < $1.value }
      data.add(
        name, ["value", "percent", "low", "high", "bit_true", "bit_true_low", "bit_true_high"],
        own.map { point -> [Double] in
          let (found, exact) = (point.result.accuracy, point.bitTrue?.accuracy)
          return [
            point.value, 100 * found.value, 100 * found.low, 100 * found.high,
            100 * (exact?.value ?? .nan), 100 * (exact?.low ?? .nan), 100 * (exact?.high ?? .nan),
          ]
        })
      if let last = own.last { ends.append((name, last.value, 100 * last.result.accuracy.value)) }
    }
    let isLogarithmic =
      [.drift, .served, .rowsPerRead, .stuck].contains(sweep) && points.allSatisfy { $0.value > 0 }
    // The legend stands below the higher side.
    let places = points.map { isLogarithmic ? log($0.value) : $0.value }
    let middle = ((places.min() ?? 0) + (places.max() ?? 0)) / 2
    func lowest(_ isThere: (Double) -> Bool) -> Double {
      zip(places, points).filter { isThere($0.0) }.map(\.1.result.accuracy.low).min() ?? 1
    }
    let side = lowest { $0 < middle } < lowest { $0 > middle } ? "right" : "left"
    let height = 400
    let integer = 100 * (points.first?.result.integerAccuracy.value ?? 1)
    let colours = ["blue", "orange", "green", "purple", "sky", "yellow", "ink", "soft"]
    var commands =
      multiplot(rows: 1, columns: 1, width: 700, height: height, left: 56, right: 36, bottom: 56, top: 30)
        + """

        \(xlabel(sweep.axis))
        \(title(points.first?.result.metric == .accuracy ? "accuracy / %" : "agreement / %"))
        \(isLogarithmic ? "set logscale x \(sweep == .rowsPerRead ? "2" : "10\nset format x '10^{%L}'")\n" : "")\
        \(sweep == .adcBits ? "set xtics 1\n" : "")\
        set yrange [0:100]
        set key bottom \(side) Left reverse samplen 2 textcolor rgb ink
        set arrow from graph 0,first \(format(integer)) to graph 1,first \(format(integer)) nohead linestyle 6
        plot \

        """
    func curve(_ place: Int, _ draw: (String, String, String) -> String) -> String {
      draw("data index \"\(ends[place].name)\"", colours[place % colours.count], ends[place].name)
    }
    // Bands first, so that they hide no line.
    let curves =
      ends.indices.map {
        curve($0) { data, colour, _ in
          "\(data) using 1:3:4 with filledcurves linecolor rgb \(colour) notitle"
        }
      }
      + ends.indices.flatMap { place in
        [
          curve(place) { data, colour, name in
            "\(data) using 1:2 with linespoints linestyle 1 linecolor rgb \(colour) title \"\(name)\""
          },
          curve(place) { data, colour, _ in
            "\(data) using 1:5:6:7 with yerrorbars pointtype 6 pointsize 1.2 linecolor rgb \(colour) notitle"
          },
        ]
      }
    commands += curves.joined(separator: ", \\\n  ") + "\n"
    return Picture(
      "accuracy-\(sweep.rawValue)",
      caption:
        "Accuracy against \(sweep.axis), mean over chips with bands of 95 %; dashed: the exact integer network;"
        + " circles: computed bit by bit.",
      height: height, data: data, commands: commands + "unset multiplot")
  }
}
