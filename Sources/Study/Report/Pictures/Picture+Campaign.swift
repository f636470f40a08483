import Foundation
import Models

extension Picture {
  /// Measures against the first knob, one line for each setting of the others; without a knob their histograms.
  ///
  /// At most four measures and six lines are drawn; bars are one standard deviation on either side.
  public static func campaign(_ result: NetlistCampaignResult) -> Picture? {
    let report = result.report
    let shown = Array(report.measures.prefix(4).enumerated())
    guard !shown.isEmpty, report.points.contains(where: { !$0.measures.isEmpty }) else { return nil }
    let hasAxis = (result.sweep.axes.first?.values.count ?? 0) > 1
    var data = PictureData()
    let height = 50 + 250 * ((shown.count + 1) / 2)
    var commands =
      multiplot(
        rows: (shown.count + 1) / 2, columns: shown.count > 1 ? 2 : 1, width: 700, height: height, left: 78,
        right: 24, bottom: 58, top: 30, gapX: 84, gapY: 88) + "\n"
    for (index, measure) in shown {
      commands +=
        hasAxis
        ? lines(measure, result, &data) : histogram(index, measure, result.values(of: index), &data)
    }
    let more = report.measures.count - shown.count
    let kind =
      hasAxis
      ? "Mean over the samples against \(report.knobs[0]), bars of one standard deviation on either side"
      : "Distribution over \(report.points[0].samples) samples"
    return Picture(
      "campaign",
      caption: "\(report.title): \(kind)." + (more > 0 ? " \(more) more measures are in the table." : ""),
      height: height, data: data, commands: commands + "unset multiplot")
  }

  private static func lines(
    _ measure: NetlistCampaignReport.Measure, _ result: NetlistCampaignResult,
    _ data: inout PictureData
  ) -> String {
    let points = result.report.points.compactMap { point in
      point.statistics(of: measure).map { (values: point.values, statistics: $0) }
    }
    guard !points.isEmpty else { return "plot NaN\n" }
    let largest = points.map { abs($0.statistics.mean.value) }.max() ?? 1
    let (factor, unit) = scale(largest, measure.unit)
    let groups = Dictionary(grouping: points) { Array($0.values.dropFirst()) }
    let settings = groups.keys.sorted { $0.lexicographicallyPrecedes($1) }.prefix(6)
    var curves: [String] = []
    for (line, setting) in settings.enumerated() {
      let block = "\(measure.name) \(line)"
      data.add(
        block, ["knob", "mean", "sigma"],
        (groups[setting] ?? []).map {
          [
            $0.values[0], $0.statistics.mean.value * factor,
            ($0.statistics.standardDeviation?.value ?? 0) * factor,
          ]
        })
      let name = zip(result.report.knobs.dropFirst(), setting).map {
        "\($0) = \(NetlistCampaignReport.text($1))"
      }
      curves.append(
        "data index \"\(block)\" using 1:2:3 with yerrorlines linestyle \(line % 5 + 1) "
          + "title \(gnuplotText(name.joined(separator: ", ")))")
    }
    let ticks = Array(Set(points.map { $0.values[0] })).sorted()
    let places =
      ticks.count <= 6 ? "(\(ticks.map(NetlistCampaignReport.text).joined(separator: ",")))" : "autofreq"
    return """
      \(xlabel(result.report.knobs[0]))
      \(title(axis(measure.name, unit)))
      set xtics \(places) offset 0,ticlift
      set key \(settings.count > 1 ? "top left reverse Left samplen 1" : "off")
      set offsets graph 0.05,graph 0.05,graph \(settings.count > 1 ? 0.08 + 0.09 * Double(settings.count) : 0.1),graph 0.1
      plot \(curves.joined(separator: ", \\\n  "))

      """
  }

  /// Factor and unit of an axis; of a number without a unit a power of a thousand.
  private static func scale(_ largest: Double, _ unit: String) -> (factor: Double, unit: String) {
    guard unit.isEmpty, largest > 0, largest < 1e-2 || largest >= 1e4 else {
      return Quantity.scale(largest, unit)
    }
    let exponent = 3 * Int((log10(largest) / 3).rounded(.down))
    return (pow(10, -Double(exponent)), "1e\(exponent)")
  }

  /// One, two or five times a power of ten, so that a range has two to five steps.
  private static func tickStep(_ range: Double) -> Double {
    let power = pow(10, log10(range / 2).rounded(.down))
    return [5, 2, 1].map { $0 * power }.first { range / $0 >= 2 } ?? power
  }

  private static func histogram(
    _ index: Int, _ measure: NetlistCampaignReport.Measure, _ values: [Double], _ data: inout PictureData
  ) -> String {
    guard let low = values.min(), let high = values.max() else { return "plot NaN\n" }
    let (factor, unit) = scale(values.map(abs).max() ?? 1, measure.unit)
    // The number of bins that Sturges' rule gives.
    let count = high > low ? Int(log2(Double(values.count)).rounded(.up)) + 1 : 1
    let width = high > low ? (high - low) / Double(count) : Swift.max(abs(low) * 0.01, 1e-30)
    var bins = [Int](repeating: 0, count: count)
    for value in values { bins[Swift.min(Int((value - low) / width), count - 1)] += 1 }
    data.add(
      measure.name, ["centre", "samples"],
      bins.enumerated().map { [(low + (Double($0.offset) + 0.5) * width) * factor, Double($0.element)] })
    return """
      \(xlabel(axis(measure.name, unit)))
      \(title(""))
      set ylabel "samples" offset 1.5,0
      set xtics \(format(tickStep((high > low ? high - low : 2 * width) * factor))) offset 0,ticlift
      set boxwidth \(format(width * factor * 0.92))
      set yrange [0:*]
      plot data index "\(measure.name)" using 1:2 with boxes fillstyle solid 0.6 linecolor rgb blue

      """
  }
}
