import Foundation
import Models
import Spice

/// The outcome of fitting a library's cards to its targets.
///
/// ```swift
/// let fit = try await TransistorFit.run(library, on: pool)
/// try fit.write(to: directory)
/// ```
public struct TransistorFit: Sendable {
  /// The text of each model file, by file name: the typical corner and those derived from it.
  public let files: [String: String]
  /// The fitted parameters of each channel type.
  public let parameters: [ChannelType: [String: Double]]
  /// The figures of the fitted typical corner at 27 degrees Celsius.
  public let figures: TransistorFigures
  /// Iterations of both fits.
  public let iterations: Int

  /// Writes the model files into a directory, replacing those that are there.
  public func write(to directory: URL) throws(ModelsError) {
    for (name, text) in files.sorted(by: { $0.key < $1.key }) {
      try ResultFile.write(text, to: directory.appending(path: name))
    }
  }

  /// Fits both cards, each from the library's starting card, moving only the parameters that its plan names.
  ///
  /// The residuals are the deviations from the targets in units of their tolerances; the variables are the
  /// logarithms of the parameters. Every residual is a simulation of the device with the card in the deck, so
  /// the result does not depend on how a parameter enters the model.
  ///
  /// - Parameters:
  ///   - library: A library with targets and a plan.
  ///   - pool: The simulators.
  ///   - progress: Called after each batch of simulations with the largest deviation so far, in tolerances.
  /// - Throws: ``CircuitError`` if the library has no plan, its starting card lacks a parameter or cannot be
  ///   simulated.
  public static func run(
    _ library: TransistorLibrary, on pool: WorkerPool,
    progress: (@Sendable (ChannelType, _ worstDeviation: Double) -> Void)? = nil
  ) async throws -> TransistorFit {
    guard let plan = library.fit, let targets = library.targets else {
      throw CircuitError(.notInLibrary, "the library has no [fit] or no [targets].", place: library.name)
    }
    let url = try library.fileURL(plan.start)
    guard let start = try? String(contentsOf: url, encoding: .utf8) else {
      throw CircuitError(
        .notInLibrary, "the starting card cannot be read.", place: url.path(percentEncoded: false))
    }
    var text = ModelCardText(start, place: plan.start)
    var parameters: [ChannelType: [String: Double]] = [:]
    var iterations = 0
    for channel in ChannelType.allCases {
      let problem = FitProblem(
        library: library, channel: channel, text: text, targets: targets[channel],
        ranges: plan.parameters(channel).sorted { $0.key < $1.key })
      let (values, count) = try await problem.solve(on: pool) { progress?(channel, $0) }
      try problem.apply(values, to: &text)
      parameters[channel] = Dictionary(uniqueKeysWithValues: zip(problem.ranges.map(\.key), values))
      iterations += count
    }
    let card = TransistorCard(library: library, corner: "tt", source: .inline(text.models()))
    return TransistorFit(
      files: try library.corners(of: text, plan: plan), parameters: parameters,
      figures: try await TransistorFigures.extract(from: card, on: pool), iterations: iterations)
  }
}

/// The fit of one card.
private struct FitProblem: Sendable {
  let library: TransistorLibrary
  let channel: ChannelType
  let text: ModelCardText
  let targets: [TransistorFigure: TransistorTargets.Target]
  let ranges: [(key: String, value: TransistorLibrary.FitPlan.Range)]

  /// The fitted values with their signs, and the number of iterations.
  func solve(
    on pool: WorkerPool, progress: @Sendable (Double) -> Void
  ) async throws -> (values: [Double], iterations: Int) {
    let model = library.device(channel).model
    var start: [Double] = []
    for (key, _) in ranges { start.append(try text.number(key, of: model)) }
    let signs = start.map { $0 < 0 ? -1.0 : 1.0 }
    func values(_ x: [Double]) -> [Double] { zip(x, signs).map { exp($0) * $1 } }
    var firstFailure: CircuitError?
    let search = BoundedLeastSquares(
      low: ranges.map { log($0.value.low) }, high: ranges.map { log($0.value.high) })
    let solution = try await search.minimize(from: start.map { log(abs($0)) }) { points in
      let results = try await TransistorBench.figures(of: try points.map { try bench(values($0)) }, on: pool)
      let residuals = results.map { result -> [Double]? in
        switch result {
        case .success(let figures): return deviations(figures)
        case .failure(let error):
          firstFailure = firstFailure ?? error
          return nil
        }
      }
      if let worst = residuals.compactMap({ $0?.map(abs).max() }).min() { progress(worst) }
      return residuals
    }
    guard let solution else {
      throw firstFailure ?? CircuitError(.notMeasurable, "the card has no figures.", place: library.name)
    }
    return (values(solution.x), solution.iterations)
  }

  /// Writes values into a card's text.
  func apply(_ values: [Double], to text: inout ModelCardText) throws(CircuitError) {
    let model = library.device(channel).model
    for ((key, range), value) in zip(ranges, values) {
      for name in [key] + (range.tied ?? []) { try text.set(name, of: model, to: value) }
    }
  }

  private func bench(_ values: [Double]) throws(CircuitError) -> TransistorBench {
    var models = text.models()
    let model = library.device(channel).model.lowercased()
    guard let index = models.firstIndex(where: { $0.name == model }) else {
      throw CircuitError(.cardUnreadable, "the starting card has no model \(model).", place: library.name)
    }
    var changed: [String: Double] = [:]
    for ((key, range), value) in zip(ranges, values) {
      for name in [key] + (range.tied ?? []) { changed[name.lowercased()] = value }
    }
    models[index].parameters = models[index].parameters.map { parameter in
      changed[parameter.name].map { Parameter(parameter.name, $0) } ?? parameter
    }
    return TransistorBench(
      card: TransistorCard(library: library, corner: "tt", source: .inline(models)), channel: channel,
      temperatureCelsius: 27)
  }

  private func deviations(_ figures: [TransistorFigure: Double]) -> [Double] {
    TransistorFigure.allCases.compactMap { figure in
      guard let target = targets[figure], let value = figures[figure] else { return nil }
      return target.deviation(of: value)
    }
  }
}

extension TransistorLibrary {
  /// The model files of a fitted card: the typical corner as it is, the others moved as planned.
  package func corners(of typical: ModelCardText, plan: FitPlan) throws(CircuitError) -> [String: String] {
    var files: [String: String] = [:]
    for (corner, model) in corners where corner == "tt" || plan.corners[corner] != nil {
      var text = typical
      var header = [
        "\(name), corner \(corner): \(title)",
        "Written by the transistor fit: \(plan.start) moved to the figures in card.toml with ngspice in the loop.",
        "Do not edit: change \(plan.start) or card.toml and fit again.",
      ]
      if let shift = plan.corners[corner] {
        for channel in ChannelType.allCases {
          let model = device(channel).model
          let threshold = try text.number("vth0", of: model)
          try text.set("vth0", of: model, to: threshold + channel.sign * shift.thresholdShiftVolts)
          try text.set("u0", of: model, to: try text.number("u0", of: model) * shift.mobilityFactor)
        }
        header.append(
          "An assumption: the typical card with |vth0| moved by \(shift.thresholdShiftVolts) V and u0 times "
            + "\(shift.mobilityFactor).")
      }
      files[model.file] = text.text(header: header)
    }
    return files
  }
}
