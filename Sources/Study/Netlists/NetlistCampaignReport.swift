import Foundation
import Models
import Spice

/// A campaign over a netlist in numbers; values in SI units.
public struct NetlistCampaignReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The netlist file.
  public var file: String
  /// Its title.
  public var title: String
  /// The analysis, such as `tran`.
  public var analysis: String
  /// Seed of all draws.
  public var seed: UInt64
  /// What was varied.
  public var knobs: [String]
  /// What was measured.
  public var measures: [Measure]
  /// The points of the grid, the last knob running fastest.
  public var points: [Point]

  /// A measurement.
  public struct Measure: Codable, Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The unit of its values; empty where it has none.
    public var unit: String
  }

  /// A point of the grid.
  public struct Point: Codable, Sendable, Hashable {
    /// The values of the knobs.
    public var values: [Double]
    /// How many samples were run.
    public var samples: Int
    /// The samples that gave nothing.
    public var failures: [Failure]
    /// What the others gave, in the order of the measures; empty where none gave anything.
    public var measures: [Statistics]
  }

  /// A sample that gave nothing.
  public struct Failure: Codable, Sendable, Hashable {
    /// Its index at the point.
    public var sample: Int
    /// Why.
    public var reason: String
  }

  /// A measure over the samples of a point.
  public struct Statistics: Codable, Sendable, Hashable {
    /// The mean with its 95 % interval; of a single sample the value itself.
    public var mean: Estimate
    /// The standard deviation with its 95 % interval; absent for a single sample.
    public var standardDeviation: Estimate?
    /// The smallest value.
    public var minimum: Double
    /// The largest value.
    public var maximum: Double

    init?(_ values: [Double]) {
      guard let low = values.min(), let high = values.max(), let mean = Estimate.mean(values) else {
        return nil
      }
      self.mean = values.count > 1 ? mean : .exact(values[0])
      standardDeviation = Estimate.standardDeviation(values)
      (minimum, maximum) = (low, high)
    }
  }

  /// The value of a knob in the shortest digits that tell it, a whole number without a point.
  static func text(_ value: Double) -> String {
    "\(value)".hasSuffix(".0") ? String("\(value)".dropLast(2)) : "\(value)"
  }

  /// One line for each point and measure.
  public var text: String {
    var rows = [knobs + ["samples", "measure", "mean", "95 % interval", "sigma", "minimum", "maximum"]]
    for point in points {
      let values = point.values.map(Self.text)
      let done = point.samples - point.failures.count
      let count = point.failures.isEmpty ? "\(done)" : "\(done) of \(point.samples)"
      for (measure, statistics) in zip(measures, point.measures) {
        func number(_ value: Double) -> String { Quantity.text(value, measure.unit, digits: 5) }
        let interval =
          point.samples > 1 ? "\(number(statistics.mean.low)) to \(number(statistics.mean.high))" : ""
        rows.append(
          values + [
            count, measure.name, number(statistics.mean.value), interval,
            statistics.standardDeviation.map { number($0.value) } ?? "", number(statistics.minimum),
            number(statistics.maximum),
          ])
      }
      if point.measures.isEmpty {
        rows.append(values + [count, point.failures.first?.reason ?? "nothing was run", "", "", "", "", ""])
      }
    }
    return ([title] + AnalysisSummary.aligned(rows)).joined(separator: "\n")
  }
}

/// What a campaign over a netlist gave.
public struct NetlistCampaignResult: Sendable {
  /// The summary.
  public var report: NetlistCampaignReport
  /// Every sample.
  public var records: [SampleRecord<[Double]>]
  let sweep: Sweep
  let samplesPerPoint: Int
  let measures: [String]

  /// A line for each sample: its index at the point, the values of the knobs, the measures, why it failed.
  public var csv: String {
    func quoted(_ text: String) -> String {
      text.contains(where: { ",\"\n".contains($0) })
        ? "\"\(text.replacing("\"", with: "\"\"").replacing("\n", with: " "))\"" : text
    }
    let header = ["sample"] + sweep.axes.map { "\($0.knob)" } + measures + ["failure"]
    let lines = records.map { record in
      let values = sweep.values(at: record.index / samplesPerPoint).map { "\($0)" }
      let output = record.output?.map { "\($0)" } ?? measures.map { _ in "" }
      return (["\(record.index % samplesPerPoint)"] + values + output + [record.failure ?? ""]).map(quoted)
    }
    return ([header.map(quoted)] + lines).map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n"
  }

  /// The samples' values of a measure, for a histogram.
  func values(of measure: Int) -> [Double] { records.compactMap { $0.output?[measure] } }
}
