import Foundation
import Models

extension Picture {
  /// Accuracies of the technologies with their intervals, the chips behind them and the integer network.
  ///
  /// - Parameter accuracies: Rows from top to bottom.
  public static func accuracies(_ accuracies: [AccuracyResult]) -> Picture {
    var data = PictureData()
    let count = accuracies.count
    let labels = accuracies.map { result -> String in
      let alone = accuracies.filter { $0.title == result.title }.count == 1
      // How it was written goes on a line of its own.
      let words = result.title.replacing("\n", with: " ")
      let title =
        words.range(of: " (", options: .backwards).map {
          words.replacingCharacters(in: $0, with: "\n(")
        } ?? words
      return alone ? title : "\(title), \(result.array.reading)"
    }
    func percent(_ fraction: Double) -> Double { 100 * fraction }
    data.add(
      "mean", ["row", "percent", "low", "high", "label"],
      accuracies.enumerated().map { index, result -> [PictureData.Cell] in
        let estimate = result.accuracy
        return [
          .number(Double(count - index)), .number(percent(estimate.value)), .number(percent(estimate.low)),
          .number(percent(estimate.high)), .label(labels[index]),
        ]
      })
    data.add(
      "chips", ["row", "percent"],
      accuracies.enumerated().flatMap { index, result in
        result.perChip.map { [Double(count - index) - 0.24, percent($0)] }
      })
    data.add(
      "integer", ["row_from", "percent", "row_to"],
      accuracies.enumerated().map { index, result in
        [Double(count - index) - 0.5, percent(result.integerAccuracy.value), Double(count - index) + 0.5]
      })
    let shown =
      accuracies.flatMap {
        [$0.accuracy.low, $0.accuracy.high, $0.accuracy.value, $0.integerAccuracy.value] + $0.perChip
      }
      .filter(\.isFinite).map { min(100, max(0, percent($0))) }
    let (low, high) = (shown.min() ?? 0, shown.max() ?? 100)
    let pad = max(0.5, 0.08 * (high - low))
    let height = 96 + 46 * max(1, count)
    let metric = accuracies.first?.metric ?? .accuracy
    let longest = Double(labels.flatMap { $0.split(separator: "\n") }.map(\.count).max() ?? 10)
    let left = min(330, 20 + 7.2 * longest)
    let integer = accuracies.first.map { percent($0.integerAccuracy.value) } ?? 100
    let commands =
      multiplot(
        rows: 1, columns: 1, width: 700, height: height, left: left, right: 70, bottom: 52, top: 34) + """

        set border 1
        set xrange [\(format(max(0, low - pad))):\(format(min(100.5, high + pad)))]
        set yrange [0.4:\(Double(count) + 0.6)]
        set ytics scale 0 noenhanced
        \(xlabel(metric == .accuracy ? "accuracy / %" : "agreement with the unperturbed network / %"))
        set label "integer network" at \(format(integer)),graph 1.0 center offset 0,0.7 textcolor rgb soft
        plot data index "integer" using 2:1:(0):($3-$1) with vectors nohead linestyle 5 linewidth 1.5 dashtype (4,4), \\
          data index "chips" using 2:1 with points linestyle 5, \\
          data index "mean" using 2:1:3:4:yticlabels(5) with xerrorbars linestyle 1, \\
          data index "mean" using (\(format(min(100.5, high + pad)))):1:(sprintf("%.2f %%", $2)) with labels left offset 0.6,0 textcolor rgb ink

        """
    return Picture(
      "accuracy",
      caption: (metric == .accuracy
        ? "Right answers" : "Answers that equal the unperturbed network's (no labelled images at hand)")
        + ": mean over chips with its 95 % interval; small dots: single chips, each with its own frozen "
        + "errors and images; dashed: the exact integer network on the same images.",
      height: height, data: data, commands: commands + "unset multiplot")
  }
}

extension ArrayConfiguration {
  /// How the arrays are read, in words.
  var reading: String {
    switch readMode {
    case .rowSequential: "row by row"
    case .rowParallel: "\(rowsPerRead) rows at once"
    }
  }
}
