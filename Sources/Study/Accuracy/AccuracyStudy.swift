import Foundation
import Inference
import Models

/// One setting of the accuracy sweeps.
package struct AccuracySetting: Sendable {
  package var sweep: AccuracySweep
  /// The line it belongs to.
  package var series: String
  /// Value of what is varied.
  package var value: Double
  /// Its name, where it has one.
  package var label = ""
  /// Which of the networks.
  package var network = 0
  /// The cell, where it is one of those that are compared.
  package var cell: AccuracyStudy.Cell?
  package var cells: CellArrayModel
  package var array: ArrayConfiguration
  package var converter = ConverterErrors.none
  package var remedies = Remedies()
  package var layers: [Int]?
  package var imagesPerChip: Int
}

/// Accuracies over many settings, as `tessera accuracy sweep` reports them.
public struct AccuracyStudy: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// What was asked for.
  public var spec: AccuracySweepSpec
  /// The points.
  public var points: [Point]
  /// Settings that could not be computed, and why.
  public var notices: [String]
  /// How it came about.
  public var provenance: Provenance

  /// One setting.
  public struct Point: Codable, Sendable, Hashable {
    /// What is varied.
    public var sweep: AccuracySweep
    /// The line it belongs to.
    public var series: String
    /// Value of what is varied, in the unit of its axis; the index of a name.
    public var value: Double
    /// Its name, where it has one.
    public var label: String
    /// The network file.
    public var network: String
    /// Whether at least 30 % of its weights are 0.
    public var isPruned: Bool
    /// The cell, where technologies are compared.
    public var cell: Cell?
    /// What was found; row-parallel reads by the fast fidelity.
    public var result: AccuracyResult
    /// The same bit by bit, where it was asked for.
    public var bitTrue: AccuracyResult?

    /// Creates a point.
    package init(
      sweep: AccuracySweep, series: String, value: Double, label: String, network: String,
      isPruned: Bool = false, cell: Cell? = nil, result: AccuracyResult
    ) {
      self.sweep = sweep
      self.series = series
      self.value = value
      self.label = label
      self.network = network
      self.isPruned = isPruned
      self.cell = cell
      self.result = result
    }

    /// Accuracy of the fast fidelity less that of the bit-true one on the same chips and images.
    public var surrogateError: Estimate? {
      bitTrue.map { AccuracyStudy.difference(result, $0) }
    }
  }

  /// What is compared where technologies are.
  public struct Cell: Codable, Sendable, Hashable {
    /// Whether it is the junction, or a published device.
    public var isJunction: Bool
    /// Bits in it.
    public var bitsPerCell: Int
    /// How it was programmed.
    public var scheme: LevelStatistics.Programming.Scheme
    /// Time since then in seconds.
    public var elapsedSeconds: Double
    /// Whether boundaries were moved to where fewest cells are misread at that time.
    public var referencesAreMoved: Bool
    /// Whether its reads were characterised; else references are ideal.
    public var hasRead: Bool

    /// Describes a cell.
    package init(
      isJunction: Bool, bitsPerCell: Int, scheme: LevelStatistics.Programming.Scheme, elapsedSeconds: Double,
      referencesAreMoved: Bool, hasRead: Bool = true
    ) {
      self.isJunction = isJunction
      self.bitsPerCell = bitsPerCell
      self.scheme = scheme
      self.elapsedSeconds = elapsedSeconds
      self.referencesAreMoved = referencesAreMoved
      self.hasRead = hasRead
    }
  }

  /// Creates a study.
  package init(spec: AccuracySweepSpec, points: [Point], notices: [String], provenance: Provenance) {
    self.spec = spec
    self.points = points
    self.notices = notices
    self.provenance = provenance
  }

  /// Mean difference of two results on the same chips and images, over chips.
  ///
  /// Where no chip differs from the others, the interval is that in which none of the images would have shown it.
  public static func difference(_ one: AccuracyResult, _ other: AccuracyResult) -> Estimate {
    difference(
      zip(one.perChip, other.perChip).map { $0 - $1 }, images: one.chips * one.imagesPerChip,
      common: (one.deviceVariance ?? 0) + (other.deviceVariance ?? 0))
  }

  /// - Parameter common: Variance that more chips do not lessen: by how few devices were sampled.
  static func difference(_ chips: [Double], images: Int, common: Double) -> Estimate {
    guard let mean = Estimate.mean(chips)?.widened(by: common) else { return .exact(0) }
    let bound = Estimate.proportion(successes: 0, trials: max(1, images))?.high ?? 1
    guard mean.high.isFinite, mean.high - mean.low > 1e-9 else {
      return Estimate(
        value: mean.value, low: mean.value - bound, high: mean.value + bound, samples: mean.samples)
    }
    return mean
  }

  /// The points of a sweep.
  public func points(_ sweep: AccuracySweep) -> [Point] { points.filter { $0.sweep == sweep } }

  /// The largest difference between the fidelities, by its mean; `nil` if none was computed.
  public var largestSurrogateError: Estimate? {
    points.compactMap(\.surrogateError).max { abs($0.value) < abs($1.value) }
  }

  /// A few lines for a person.
  public var text: String {
    var lines: [String] = []
    for sweep in AccuracySweep.allCases {
      let own = points(sweep)
      guard !own.isEmpty else { continue }
      lines.append("\(sweep.rawValue): \(sweep.axis)")
      let names = own.map { "  \($0.series), \($0.label.isEmpty ? Quantity.text($0.value) : $0.label)" }
      let width = names.map(\.count).max() ?? 0
      for (point, name) in zip(own, names) {
        var line = name + String(repeating: " ", count: width - name.count)
        line += "  \(point.result.accuracy.percents) %, less than exact by "
        line += point.result.difference.scaled(by: -1).percents
        if point.result.array.readMode == .rowParallel { line += ", \(point.result.fidelity.rawValue)" }
        if let bitTrue = point.bitTrue, let error = point.surrogateError {
          line += "; bit-true \(bitTrue.accuracy.percents) %, fast - bit-true \(error.percents)"
        } else if let check = point.result.fidelityCheck {
          line += ", " + check.text
        }
        lines.append(line)
      }
    }
    lines += claims.map { "\($0.verdict.rawValue): \($0.claim); \($0.numbers)" }
    return (lines + notices).joined(separator: "\n")
  }

  /// The points as a table; values in the unit of their axis.
  public var csv: String {
    var csv = CSV([
      "sweep", "series", "value", "label", "network", "metric", "read_mode", "fidelity", "bits_per_cell",
      "rows_per_read", "adc_bits", "accuracy", "accuracy_low", "accuracy_high", "loss", "loss_low",
      "loss_high",
      "agreement", "chips", "images_per_chip", "bit_true_accuracy",
      "bit_true_low", "bit_true_high", "bit_true_loss", "bit_true_loss_low", "bit_true_loss_high",
      "fast_minus_bit_true",
      "fast_minus_bit_true_low", "fast_minus_bit_true_high", "checked_images", "checked_difference",
      "checked_low", "checked_high",
    ])
    for point in points {
      let result = point.result
      var row = [point.sweep.rawValue, point.series, "\(point.value)", point.label, point.network]
      row += [result.metric.rawValue, result.array.readMode.rawValue, result.fidelity.rawValue]
      row += ["\(result.bitsPerCell)", "\(result.array.rowsPerRead)", "\(result.array.adcBits)"]
      row += [result.accuracy.value, result.accuracy.low, result.accuracy.high].map { "\($0)" }
      row += [-result.difference.value, -result.difference.high, -result.difference.low].map { "\($0)" }
      row += ["\(result.agreement.value)", "\(result.chips)", "\(result.imagesPerChip)"]
      let (error, check) = (point.surrogateError, result.fidelityCheck)
      let (accuracy, loss) = (point.bitTrue?.accuracy, point.bitTrue?.difference.scaled(by: -1))
      var compared: [Double?] = [accuracy?.value, accuracy?.low, accuracy?.high]
      compared += [loss?.value, loss?.low, loss?.high, error?.value, error?.low, error?.high]
      compared += [check.map { Double($0.images) }, check?.difference.value]
      compared += [check?.difference.low, check?.difference.high]
      row += compared.map { $0.map { "\($0)" } ?? "" }
      csv.add(row)
    }
    return csv.text
  }
}

extension AccuracyResult.FidelityCheck {
  /// What was found, in a few words.
  public var text: String {
    "\(difference.percents) points from bit-true on \(images) images, \(sameAnswers) answered alike"
  }
}

extension Estimate {
  /// A share in percent with its interval, such as `83.30 (82.52 to 84.08)`.
  var percents: String {
    // Adding zero takes the sign of a zero away.
    String(format: "%.2f (%.2f to %.2f)", 100 * value + 0, 100 * low + 0, 100 * high + 0)
  }
}
