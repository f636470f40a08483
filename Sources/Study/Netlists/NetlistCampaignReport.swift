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
    /// The samples that gave nothing, and the measures without a value of the others.
    public var failures: [Failure]
    /// The measures that have a value in some sample, in their order.
    public var measures: [Statistics]

    /// A measure, the first of its name; nil where it has no value in any sample.
    func statistics(of measure: Measure) -> Statistics? { measures.first { $0.name == measure.name } }
  }

  /// A sample, or one measure of it, that gave nothing.
  public struct Failure: Codable, Sendable, Hashable {
    /// Its index at the point.
    public var sample: Int
    /// The measure without a value; absent where the whole sample gave nothing.
    public var measure: String?
    /// Why.
    public var reason: String
  }

  /// A measure over the samples of a point in which it has a value.
  public struct Statistics: Codable, Sendable, Hashable {
    /// The name of the measure.
    public var name: String
    /// How many samples have a value.
    public var samples: Int
    /// The mean with its 95 % interval; of a single sample the value itself.
    public var mean: Estimate
    /// The standard deviation with its 95 % interval; absent for a single sample.
    public var standardDeviation: Estimate?
    /// The smallest value.
    public var minimum: Double
    /// The largest value.
    public var maximum: Double

    init?(_ name: String, _ values: [Double]) {
      guard let low = values.min(), let high = values.max(), let mean = Estimate.mean(values) else {
        return nil
      }
      (self.name, samples) = (name, values.count)
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
      let whole = point.failures.first { $0.measure == nil }
      if point.measures.isEmpty, let whole {
        rows.append(values + ["0 of \(point.samples)", whole.reason, "", "", "", "", ""])
        continue
      }
      for measure in measures {
        func number(_ value: Double) -> String { Quantity.text(value, measure.unit, digits: 5) }
        guard let statistics = point.statistics(of: measure) else {
          let reason = point.failures.first { $0.measure == measure.name }?.reason ?? "nothing was run"
          rows.append(values + ["0 of \(point.samples)", measure.name, reason, "", "", "", ""])
          continue
        }
        let count = statistics.samples
        let interval =
          count > 1 ? "\(number(statistics.mean.low)) to \(number(statistics.mean.high))" : ""
        rows.append(
          values + [
            count == point.samples ? "\(count)" : "\(count) of \(point.samples)", measure.name,
            number(statistics.mean.value), interval,
            statistics.standardDeviation.map { number($0.value) } ?? "", number(statistics.minimum),
            number(statistics.maximum),
          ])
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
  public var records: [SampleRecord<NetlistSample>]
  let sweep: Sweep
  let samplesPerPoint: Int
  let measures: [String]

  /// A line for each sample: its index at the point, the values of the knobs, the measures, why it or some of
  /// them have no value.
  public var csv: String {
    let header = ["sample"] + sweep.axes.map { "\($0.knob)" } + measures + ["failure"]
    let lines = records.map { record in
      let values = sweep.values(at: record.index / samplesPerPoint).map { "\($0)" }
      let output = measures.indices.map { index in record.output?.value(of: index).map { "\($0)" } ?? "" }
      let reasons = zip(measures, record.output?.reasons ?? []).compactMap { name, reason in
        reason.map { "\(name): \($0)" }
      }
      let failure = record.failure ?? reasons.joined(separator: " ")
      return (["\(record.index % samplesPerPoint)"] + values + output + [failure]).map(\.csvField)
    }
    return ([header.map(\.csvField)] + lines).map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n"
  }

  /// The samples' values of a measure, for a histogram.
  func values(of measure: Int) -> [Double] { records.compactMap { $0.output?.value(of: measure) } }
}

/// What the measures of a sample gave.
public struct NetlistSample: Codable, Sendable, Hashable {
  /// The values in SI units, in the order of the measures; not a number where there is none.
  public var values: [Double]
  /// Why there is no value; nil where there is one.
  public var reasons: [String?]

  init(_ results: [Result<Double, SpiceError>]) {
    values = results.map { (try? $0.get()) ?? .nan }
    reasons = results.map { result in
      if case .failure(let error) = result { error.message } else { nil }
    }
  }

  /// The value of a measure, if it has one.
  func value(of measure: Int) -> Double? { reasons[measure] == nil ? values[measure] : nil }
}
