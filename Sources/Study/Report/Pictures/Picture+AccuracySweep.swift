import Foundation
import Models

extension Picture {
  /// One picture for each sweep of an accuracy study whose quantity is a number: accuracy with bands of 95 %.
  public static func accuracySweeps(_ study: AccuracyStudy) -> [Picture] {
    [AccuracySweep.sigma, .adcBits, .rowsPerRead, .slices, .tmr, .drift, .served, .lines].compactMap {
      sweep in
      let points = study.points(sweep)
      return points.isEmpty ? nil : accuracySweep(sweep, points)
    }
  }

  /// Accuracy against what is varied, one line for each series.
  private static func accuracySweep(_ sweep: AccuracySweep, _ points: [AccuracyStudy.Point]) -> Picture {
    var names: [String] = []
    for point in points where !names.contains(point.series) { names.append(point.series) }
    let scale = sweep == .sigma ? 100.0 : 1
    var data = PictureData()
    var ends: [(name: String, x: Double, y: Double)] = []
    for name in names {
      let own = points.filter { $0.series == name }.sorted { $0.value < $1.value }
      data.add(
        name, ["value", "percent", "low", "high", "bit_true", "bit_true_low", "bit_true_high"],
        own.map { point -> [Double] in
          let (found, exact) = (point.result.accuracy, point.bitTrue?.accuracy)
          return [
            scale * point.value, 100 * found.value, 100 * found.low, 100 * found.high,
            100 * (exact?.value ?? .nan), 100 * (exact?.low ?? .nan), 100 * (exact?.high ?? .nan),
          ]
        })
      if let last = own.last { ends.append((name, scale * last.value, 100 * last.result.accuracy.value)) }
    }
    let isLogarithmic = [.drift, .served, .rowsPerRead].contains(sweep) && points.allSatisfy { $0.value > 0 }
    let height = 400
    let integer = 100 * (points.first?.result.integerAccuracy.value ?? 1)
    let colours = ["blue", "orange", "green", "purple", "sky", "yellow", "ink", "soft"]
    var commands =
      multiplot(rows: 1, columns: 1, width: 700, height: height, left: 56, right: 20, bottom: 56, top: 30)
        + """

        \(xlabel(sweep.axis))
        \(title(points.first?.result.metric == .accuracy ? "accuracy / %" : "agreement / %"))
        \(isLogarithmic ? "set logscale x \(sweep == .rowsPerRead ? 2 : 10)\n" : "")\
        set yrange [0:100]
        set key bottom left Left reverse samplen 2 textcolor rgb ink
        set arrow from graph 0,first \(format(integer)) to graph 1,first \(format(integer)) nohead linestyle 6
        plot \

        """
    let curves = ends.enumerated().flatMap { place, end -> [String] in
      let colour = colours[place % colours.count]
      let block = "data index \"\(end.name)\""
      return [
        "\(block) using 1:3:4 with filledcurves linecolor rgb \(colour) notitle",
        "\(block) using 1:2 with linespoints linestyle 1 linecolor rgb \(colour) title \"\(end.name)\"",
        "\(block) using 1:5:6:7 with yerrorbars pointtype 6 pointsize 1.2 linecolor rgb \(colour) notitle",
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
