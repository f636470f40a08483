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

  /// Accuracy of settings that have names, a row for each.
  private static func accuracyRows(_ sweep: AccuracySweep, _ points: [AccuracyStudy.Point]) -> Picture {
    let count = points.count
    let several = Set(points.map(\.series)).count > 1
    let labels = points.map { point -> String in
      let label = sweep == .layers ? shortened(point.label) : point.label
      return several ? "\(point.series), \(label)" : label
    }
    var data = PictureData()
    data.add(
      "rows", ["row", "percent", "low", "high", "bit_true", "label", "integer"],
      points.enumerated().map { index, point -> [PictureData.Cell] in
        let found = point.result.accuracy
        let exact = point.bitTrue.map { 100 * $0.accuracy.value } ?? .nan
        return [
          .number(Double(count - index)), .number(100 * found.value), .number(100 * found.low),
          .number(100 * found.high), .number(exact), .label(labels[index]),
          .number(100 * point.result.integerAccuracy.value),
        ]
      })
    let lows = points.map { 100 * min($0.result.accuracy.low, $0.result.integerAccuracy.value) }
    let highs = points.map { 100 * max($0.result.accuracy.high, $0.result.integerAccuracy.value) }
    let (low, high) = (max(0, lows.min() ?? 0), min(100, highs.max() ?? 100))
    let pad = max(0.5, 0.06 * (high - low))
    let height = 96 + 22 * max(1, count)
    let longest = Double(labels.map(\.count).max() ?? 10)
    let isAccuracy = points.first?.result.metric == .accuracy
    let left = min(640, 24 + 7.9 * longest)
    let width = max(700, Int(left) + 300)
    let end = format(min(100.5, high + pad))
    let commands =
      multiplot(rows: 1, columns: 1, width: width, height: height, left: left, right: 84, bottom: 52, top: 20)
        + """

        set border 1
        set xrange [\(format(max(0, low - pad))):\(end)]
        set yrange [0.4:\(format(Double(count) + 0.6))]
        set ytics scale 0 noenhanced
        \(xlabel(isAccuracy ? "accuracy / %" : "agreement with the unperturbed network / %"))
        plot data index "rows" using 7:($1-0.5):(0):(1) with vectors nohead linestyle 6, \
          data index "rows" using 2:1:3:4:yticlabels(6) with xerrorbars linestyle 1, \\
          data index "rows" using 5:1 with points pointtype 6 pointsize 1.2 linecolor rgb orange, \\
          data index "rows" using (\(end)):1:(sprintf("%.2f %%", $2)) with labels left offset 0.6,0 textcolor rgb ink

        """
    return Picture(
      "accuracy-\(sweep.rawValue)",
      caption: (sweep == .layers ? "Accuracy with one layer at a time on crossbars" : "Accuracy")
        + ", mean over chips with 95 % intervals; dashed: the exact integer network; circles: computed bit by bit.",
      height: height, data: data, commands: commands + "unset multiplot")
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
    let height = 400
    let integer = 100 * (points.first?.result.integerAccuracy.value ?? 1)
    let colours = ["blue", "orange", "green", "purple", "sky", "yellow", "ink", "soft"]
    var commands =
      multiplot(rows: 1, columns: 1, width: 700, height: height, left: 56, right: 36, bottom: 56, top: 30)
        + """

        \(xlabel(sweep.axis))
        \(title(points.first?.result.metric == .accuracy ? "accuracy / %" : "agreement / %"))
        \(isLogarithmic ? "set logscale x \(sweep == .rowsPerRead ? "2" : "10\nset format x '10^{%L}'")\n" : "")\
        set yrange [0:100]
        set key bottom left Left reverse samplen 2 textcolor rgb ink
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
