import Foundation
import Models

extension Picture {
  /// Error of each layer's sums on calibration images, sums that converters see, and answers by class.
  public static func accuracyRun(_ result: AccuracyResult) -> [Picture] {
    [layerErrors(result), converterInputs(result), confusion(result)].compactMap { $0 }
  }

  private static func layerErrors(_ result: AccuracyResult) -> Picture? {
    guard !result.sumErrors.isEmpty else { return nil }
    let layers = result.layers
    var data = PictureData()
    data.add(
      "errors", ["layer", "percent", "low", "high", "name"],
      result.sumErrors.enumerated().map { index, error -> [PictureData.Cell] in
        let (low, high) = (
          error.low.isFinite ? error.low : error.value, error.high.isFinite ? error.high : error.value
        )
        return [
          .number(Double(index + 1)), .number(100 * error.value), .number(100 * max(0, low)),
          .number(100 * high),
          .label(index < layers.count ? shortened(layers[index]) : "\(index + 1)"),
        ]
      })
    let height = 400
    let commands =
      multiplot(rows: 1, columns: 1, width: 700, height: height, left: 70, right: 16, bottom: 178, top: 30)
        + """

        \(title("error of a layer's sums / % of their spread"))
        set xrange [0.3:\(format(Double(result.sumErrors.count) + 0.7))]
        set yrange [0:*]
        set xtics rotate by 60 right noenhanced
        set boxwidth 0.7
        set style fill solid 0.8 noborder
        plot data index "errors" using 1:2:xticlabels(5) with boxes linecolor rgb sky, \\
          data index "errors" using 1:3:(0):($4-$3) with vectors nohead linecolor rgb ink

        """
    return Picture(
      "layer-errors",
      caption:
        "Root mean square error of each layer's sums over their spread, on calibration images as the chip"
        + " executes them; mean over chips with its 95 % interval.",
      height: height, data: data, commands: commands + "unset multiplot")
  }

  /// A layer's name without what all names have in common: its last two parts, none the beginning of the next.
  static func shortened(_ name: String) -> String {
    let all = name.split(separator: "/").filter { !["Conv", "Gemm", "MatMul"].contains(String($0)) }
    let parts = all.indices.filter { $0 + 1 == all.count || !all[$0 + 1].hasPrefix(all[$0]) }.map { all[$0] }
    return parts.isEmpty ? name : parts.suffix(2).joined(separator: " ")
  }

  /// Sums of up to nine layers, evenly chosen, with the range of their converters.
  private static func converterInputs(_ result: AccuracyResult) -> Picture? {
    let count = result.converterInputs.count
    guard count > 0 else { return nil }
    let shown = count <= 9 ? Array(0..<count) : (0..<9).map { $0 * (count - 1) / 8 }
    var data = PictureData()
    for index in shown {
      let inputs = result.converterInputs[index]
      data.add(
        "layer \(index)", ["sum_levels", "percent"],
        inputs.shares.enumerated().map { [(Double($0) + 0.5) * inputs.binLevels, 100 * $1] })
    }
    let rows = (shown.count + 2) / 3
    let height = 90 + 160 * rows
    var commands =
      multiplot(
        rows: rows, columns: 3, width: 700, height: height, left: 52, right: 20, bottom: 52, top: 34,
        gapX: 62, gapY: 58)
      + "\nset logscale y\nset yrange [0.01:100]\nset format y \"%g\"\n"
    for index in shown {
      let inputs = result.converterInputs[index]
      let end = inputs.stepLevels * Double(inputs.largestCode)
      let last = inputs.binLevels * Double((inputs.shares.lastIndex { $0 > 1e-4 } ?? 0) + 1)
      let name = shortened(inputs.layer)
      commands += """
        unset arrow
        \(title(name))
        set title noenhanced
        set xrange [0:\(format(1.08 * max(last, end)))]
        set xtics 0,\(format(tick(max(last, end))))
        \(xlabel(index == shown[max(0, shown.count - 2)] ? "column sum / cell levels; shares in %" : ""))
        set arrow from first \(format(end)),graph 0 to first \(format(end)),graph 1 nohead linestyle 6
        plot data index "layer \(index)" using 1:2 with boxes linecolor rgb blue

        """
    }
    return Picture(
      "converter-inputs",
      caption:
        "Sums that the converters of some layers see on training images, in cell levels, as shares in percent"
        + " weighed by the squares of input bit and slice; dashed: the end of the range that was chosen.",
      height: height, data: data, commands: commands + "unset multiplot")
  }

  private static func confusion(_ result: AccuracyResult) -> Picture? {
    guard !result.confusion.isEmpty else { return nil }
    let classes = result.classes
    let names = result.confusion.indices.map { $0 < classes.count ? classes[$0] : "\($0)" }
    let count = names.count
    var data = PictureData()
    data.add(
      "cells", ["answer", "label", "percent"],
      result.confusion.enumerated().flatMap { label, answers -> [[Double]] in
        let total = Double(max(1, answers.reduce(0, +)))
        let row = Double(count - 1 - label)
        return answers.enumerated().map { answer, images -> [Double] in
          let percent = 100 * Double(images) / total
          return [Double(answer), row, percent]
        }
      })
    let height = 470
    func tics(_ names: [String]) -> String {
      names.enumerated().map { "\(gnuplotText($1)) \($0)" }.joined(separator: ", ")
    }
    let isLabelled = result.metric == .accuracy
    let commands =
      multiplot(rows: 1, columns: 1, width: 620, height: height, left: 110, right: 20, bottom: 96, top: 30)
        + """

        \(title("answers to images of each class / %"))
        \(xlabel("answer"))
        set ylabel "\(isLabelled ? "label" : "unperturbed network")" offset -3,0
        set xrange [-0.5:\(format(Double(count) - 0.5))]
        set yrange [-0.5:\(format(Double(count) - 0.5))]
        set border 0
        set xtics scale 0 rotate by 45 right noenhanced (\(tics(names)))
        set ytics scale 0 noenhanced (\(tics(names.reversed())))
        set palette defined (0 "#ffffff", 100 "#0072B2")
        set cbrange [0:100]
        unset colorbox
        plot data index "cells" using 1:2:3 with image, \\
          data index "cells" using 1:2:($3 >= 0.5 ? sprintf("%.0f", $3) : ""):($3 > 50 ? 0xffffff : 0x222222) \\
          with labels textcolor rgb variable

        """
    return Picture(
      "confusion",
      caption:
        "Answers to the images of each \(isLabelled ? "class" : "answer of the unperturbed network"), in percent;"
        + " less than half a percent is left blank.",
      width: 620, height: height, data: data, commands: commands + "unset multiplot")
  }
}
