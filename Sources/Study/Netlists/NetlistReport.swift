import Foundation
import Models
import Spice

/// A netlist's results as `tessera simulate FILE` reports them.
public struct NetlistReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The netlist file.
  public var file: String
  /// Its title.
  public var title: String
  /// The temperature.
  public var temperatureCelsius: Double
  /// What was left out, such as a `.measure` line that is not evaluated, or read otherwise than it stands; each
  /// with its line.
  public var remarks: [String]
  /// The analyses in the order of the file.
  public var analyses: [AnalysisSummary] = []

  /// Begins a report.
  public init(file: String, title: String, temperatureCelsius: Double, remarks: [String] = []) {
    self.remarks = remarks
    self.file = file
    self.title = title
    self.temperatureCelsius = temperatureCelsius
  }

  /// A table for each analysis.
  public var text: String {
    let degrees = Quantity.text(temperatureCelsius)
    return (["\(title), \(degrees) C"] + analyses.map(\.text)).joined(separator: "\n\n")
  }
}

/// One analysis in numbers; values in SI units.
public struct AnalysisSummary: Codable, Sendable, Hashable {
  /// What it is called, such as `tran` or `dc v1, v2=1.5`.
  public var label: String
  /// The line of its card.
  public var place: String
  /// `completed`, or why not, in a word: `nonConverged`, `timestepTooSmall`, `singularMatrix`, `parseError`,
  /// `aborted`, `refused`, `workerDied`, `timedOut`, `outOfMemory`, `systemFailed`.
  public var status: String
  /// Why it did not complete, in a sentence; absent if it did.
  public var reason: String?
  /// How many points it has.
  public var points: Int
  /// What was swept: `time`, `frequency`, a source, or `point`.
  public var scale: String
  /// The unit of that.
  public var scaleUnit: String
  /// Where it began; absent where there are no points.
  public var start: Double?
  /// Where it ended.
  public var stop: Double?
  /// The recorded signals.
  public var signals: [SignalSummary] = []
  /// What its `.measure` lines gave.
  public var measures: [MeasureSummary] = []

  init(_ run: NetlistRun, _ outcome: SimulationOutcome, _ lines: [MeasureLine]) {
    label = run.label
    place = "\(run.place)"
    status = outcome.status.word
    (points, scale, scaleUnit) = (0, "", "")
    guard case .completed(let waves) = outcome.status else {
      reason = "\(outcome.status)"
      return
    }
    points = waves.count
    (scale, scaleUnit) = (waves.scaleName, waves.scaleUnit)
    (start, stop) = (waves.scale.first, waves.scale.last)
    let isComplex = if case .ac = run.simulation.analysis { true } else { false }
    signals = waves.signals.compactMap { SignalSummary($0, of: waves, isComplex: isComplex) }
    let measurements = lines.filter { $0.analysis == run.kind }.compactMap(\.measurement)
    measures = zip(measurements, waves.measured(measurements, in: run.simulation.circuit)).map {
      MeasureSummary($0, $1, scaleUnit: waves.scaleUnit)
    }
  }

  /// The table.
  public var text: String {
    if let reason { return "\(label): \(reason)" }
    func number(_ value: Double, _ unit: String) -> String { Quantity.text(value, unit, digits: 5) }
    var head = label
    if let start, let stop, points > 1 {
      head += ": \(points) points, \(scale) \(number(start, scaleUnit)) to \(number(stop, scaleUnit))"
    }
    var rows: [[String]] = []
    if points == 1 {
      rows = signals.map { [$0.name, number($0.final, $0.unit)] }
    } else {
      let isComplex = signals.contains { $0.finalPhaseDegrees != nil }
      rows = [["signal", "minimum", "maximum", "final"] + (isComplex ? ["phase"] : [])]
      for signal in signals {
        // What is left over of a zero is none of the result.
        let least = 1e-12 * max(abs(signal.minimum), abs(signal.maximum))
        let values = [signal.minimum, signal.maximum, signal.final].map {
          number(abs($0) < least ? 0 : $0, signal.unit)
        }
        let phase = signal.finalPhaseDegrees.map { ["\(Quantity.text($0, digits: 5)) deg"] } ?? []
        rows.append([signal.name] + values + phase)
      }
    }
    var lines = [head] + Self.aligned(rows)
    lines += Self.aligned(
      measures.map { measure in
        let value = measure.value.map { Quantity.text($0, measure.unit, digits: 6) }
        return ["\(measure.name) =", value ?? measure.reason ?? ""]
      })
    return lines.joined(separator: "\n")
  }

  static func aligned(_ rows: [[String]]) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (index, cell) in row.enumerated() {
        if index < widths.count {
          widths[index] = max(widths[index], cell.count)
        } else {
          widths.append(cell.count)
        }
      }
    }
    return rows.map { row in
      let cells = row.enumerated().map { index, cell in
        let blanks = String(repeating: " ", count: widths[index] - cell.count)
        return index == 0 ? cell + blanks : blanks + cell
      }
      return "  " + cells.joined(separator: "  ")
    }
  }
}

/// A recorded signal in numbers; of a small-signal analysis its magnitude.
public struct SignalSummary: Codable, Sendable, Hashable {
  /// Its name.
  public var name: String
  /// The unit of the values: V, A, W, or empty.
  public var unit: String
  /// The smallest value.
  public var minimum: Double
  /// The largest value.
  public var maximum: Double
  /// The last value.
  public var final: Double
  /// The phase at the last frequency, of a small-signal analysis.
  public var finalPhaseDegrees: Double?

  init?(_ signal: Signal, of waves: Waveforms, isComplex: Bool) {
    guard let wave = isComplex ? try? waves.magnitude(signal) : waves[signal],
      let low = wave.y.min(), let high = wave.y.max()
    else { return nil }
    (name, unit) = (signal.name, wave.unit)
    (minimum, maximum, final) = (low, high, wave.final)
    if isComplex { finalPhaseDegrees = try? waves.phaseDegrees(signal).final }
  }
}

/// What a `.measure` line gave.
public struct MeasureSummary: Codable, Sendable, Hashable {
  /// The name of the result.
  public var name: String
  /// The value in SI units; absent where there is none.
  public var value: Double?
  /// The unit of the value; empty where it has none.
  public var unit: String
  /// Why there is no value.
  public var reason: String?

  init(_ measurement: Spice.Measurement, _ result: Result<Double, SpiceError>, scaleUnit: String) {
    name = measurement.name
    unit = measurement.unit(scaleUnit: scaleUnit)
    switch result {
    case .success(let number): value = number
    case .failure(let error): reason = error.message
    }
  }
}

extension Spice.Measurement {
  /// The unit of the value, over a scale of the given unit; empty where it has none.
  func unit(scaleUnit: String) -> String {
    switch kind {
    case .when, .delay, .delaySince, .delayUntil: scaleUnit
    case .find(let signal, at: _), .findWhen(let signal, _): signal.unit
    case .derivative(of: let signal, at: _), .derivativeWhen(of: let signal, _):
      "\(signal.unit)/\(scaleUnit)"
    case .statistic(.minimumPosition, _, _, _), .statistic(.maximumPosition, _, _, _): scaleUnit
    case .statistic(.integral, let signal, _, _): "\(signal.unit) \(scaleUnit)"
    case .statistic(_, let signal, _, _): signal.unit
    case .energy: "J"
    case .expression: ""
    }
  }
}

extension SimulationOutcome.Status {
  /// The status in a word.
  var word: String {
    switch self {
    case .completed: "completed"
    case .parseError: "parseError"
    case .singularMatrix: "singularMatrix"
    case .timestepTooSmall: "timestepTooSmall"
    case .nonConverged: "nonConverged"
    case .aborted: "aborted"
    case .refused: "refused"
    case .workerDied: "workerDied"
    case .timedOut: "timedOut"
    case .outOfMemory: "outOfMemory"
    case .systemFailed: "systemFailed"
    }
  }
}
