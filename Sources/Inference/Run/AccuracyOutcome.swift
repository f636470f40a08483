import Models

/// What an ``AccuracyRun`` found.
public struct AccuracyOutcome: Sendable {
  /// The figures that pass to other stages.
  public var result: AccuracyResult
  /// Answer of the crossbars for each image.
  public var answers: [Int]
  /// Answer of the integer network for each image.
  public var integerAnswers: [Int]
  /// Answer of the network without quantised activations for each image; `nil` if the run did not ask for it.
  public var floatAnswers: [Int]?
  /// Images whose outputs are the integer network's, code by code.
  public var identicalOutputs: Int
  /// Images by label (or by the integer network's answer, without labels) and by answer.
  public var confusion: [[Int]]

  init(
    _ run: AccuracyRun, answers found: [ImageAnswer], bitTrue: [[ImageAnswer]], sumErrors: [[Double]],
    ranges: [RangeCalibration.Range],
    floatAnswers: [Int]?,
    imagesPerSecond: Double
  ) {
    let (answers, integerAnswers) = (found.map(\.crossbar), found.map(\.integer))
    self.answers = answers
    self.floatAnswers = floatAnswers
    self.integerAnswers = integerAnswers
    identicalOutputs = found.count(where: \.isIdentical)
    let labels = run.images.labels?.map { Int($0) } ?? integerAnswers
    let truth = Array(labels.prefix(answers.count))
    let size = max(run.network.classes, run.images.classNames.count)
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: size), count: size)
    for (label, answer) in zip(truth, answers) { confusion[label][answer] += 1 }
    self.confusion = confusion
    let right = Scores(zip(answers, truth).map { $0 == $1 ? 1 : 0 }, chips: run.chips)
    let exact = Scores(zip(integerAnswers, truth).map { $0 == $1 ? 1 : 0 }, chips: run.chips)
    let agreement = Scores(zip(answers, integerAnswers).map { $0 == $1 ? 1 : 0 }, chips: run.chips)
    let difference = Scores(zip(right.images, exact.images).map { $0 - $1 }, chips: run.chips)
    let deviceVariance = run.cells.resamplesDevices ? difference.varianceOfChips : 0
    let agreementVariance = run.cells.resamplesDevices ? agreement.varianceOfChips : 0
    // Fast and bit-true answers to the same images.
    let pairs = bitTrue.enumerated().flatMap { chip, answers in
      answers.enumerated().map { (chip * run.imagesPerChip + $0, $1.crossbar) }
    }
    let change = Scores(
      pairs.map { (answers[$0] == truth[$0] ? 1 : 0) - ($1 == truth[$0] ? 1 : 0) },
      chips: max(1, bitTrue.count))
    result = AccuracyResult(
      title: run.title, technology: run.technology, bitsPerCell: run.cells.bitsPerCell, array: run.array,
      metric: run.images.labels == nil ? .agreement : .accuracy,
      dataset: "\(run.images.name) (\(run.images.origin))", accuracy: right.overChips(deviceVariance),
      integerAccuracy: exact.proportion,
      floatAccuracy: floatAnswers.map { answers in
        Scores(zip(answers, truth).map { $0 == $1 ? 1 : 0 }, chips: run.chips).proportion
      }, agreement: agreement.overChips(agreementVariance),
      difference: difference.differenceOverChips(deviceVariance),
      deviceVariance: run.cells.resamplesDevices ? deviceVariance : nil, imagesPerChip: run.imagesPerChip,
      chips: run.chips,
      perChip: right.perChip, answers: answers,
      fidelity: run.array.readMode == .rowParallel ? run.fidelity : .bitTrue,
      fidelityCheck: pairs.isEmpty
        ? nil
        : AccuracyResult.FidelityCheck(
          difference: change.differenceOverChips(0), images: pairs.count,
          sameAnswers: pairs.count { answers[$0] == $1 }),
      identicalOutputs: identicalOutputs, confusion: confusion,
      sumErrors: run.network.layers.indices.compactMap { layer in Estimate.mean(sumErrors.map { $0[layer] })
      },
      layers: run.network.layers.map(\.name), classes: run.images.classNames,
      converterInputs: zip(run.network.layers, ranges).compactMap { Self.inputs($0.name, $1) },
      imagesPerSecond: imagesPerSecond,
      provenance: Provenance(
        seed: run.seed, tools: ["tessera": Tessera.version], assumptions: Self.assumptions(run)))
  }

  /// At most so many bins of a histogram.
  private static let bins = 64

  /// Sums of a layer's converters in few bins.
  private static func inputs(_ layer: String, _ range: RangeCalibration.Range) -> AccuracyResult
    .ConverterInputs?
  {
    let total = range.sums.reduce(0, +)
    guard total > 0 else { return nil }
    let count = (range.sums.lastIndex { $0 > 0 } ?? 0) + 1
    let width = (count + bins - 1) / bins
    let shares = stride(from: 0, to: count, by: width).map { first in
      range.sums[first..<min(first + width, count)].reduce(0, +) / total
    }
    return AccuracyResult.ConverterInputs(
      layer: layer, shares: shares, binLevels: Double(width), stepLevels: range.step.requested,
      largestCode: range.step.maximum)
  }

  /// What the run took for granted.
  private static func assumptions(_ run: AccuracyRun) -> [String] {
    var list = [
      run.cells.positionQuantiles.isEmpty
        ? "A cell's errors are normal and independent of its neighbours'."
        : "A cell's programmed position has the sampled distribution of its level, other errors are normal;"
          + " all are independent of its neighbours'."
    ]
    switch run.array.readMode {
    case .rowSequential: list.append("A row is read once for each window in which its input is not zero.")
    case .rowParallel:
      if let step = run.converterErrors.stepInCellLevels {
        let sums = run.array.rowsPerRead * (run.cells.levels - 1) + 1
        list.append(
          "The converter's ladder starts at zero current with a step of \((step * 100).rounded() / 100) cell"
            + " levels" + (step > 1 ? ", too coarse for the \(sums) sums of a read" : "")
            + "; codes are weighed with the step, not rounded to whole levels. The off-state current of the"
            + " active rows is subtracted with the sum of the inputs.")
      } else {
        list.append(
          run.remedies.calibratesRange
            ? "A converter's range has the least mean squared error on calibration images, lines taken as ideal, or"
              + " loses nothing."
            : "A converter's range spans every sum that can occur.")
        list.append("The off-state current of the active rows is removed by a reference column.")
      }
      if run.converterErrors.sigmaNoise > 0 {
        list.append(
          "Noise of a conversion moves all thresholds of its converter alike; comparators that err one by one would spread"
            + " codes less.")
      }
      if run.fidelity == .fast {
        list.append(
          "Errors of converters about their mean by the number of active rows, the product and the sum of the inputs are"
            + " drawn, partly in common to windows near each other, to an image and to the outputs of a window; the law"
            + " was learnt on \(run.learningImages) training images on each chip.")
      }
      if run.cells.bitsPerCell > 1 && run.cells.sigmaRead.contains(where: { $0 > 0 }) {
        list.append("The variance of read noise is linear in the level.")
      }
    }
    let remedies = run.remedies
    if remedies.correctsOffsets {
      list.append(
        "The error of each column, a constant and a multiple of the sum of the inputs as measured on"
          + " \(run.offsetImages.count) training images of each chip, is subtracted digitally; estimates of chips bill neither"
          + " the multiplication nor the coefficients.")
    }
    if remedies.singleBitSlices > 0 {
      list.append("The \(remedies.singleBitSlices) highest bits of every weight have a cell each.")
    }
    if remedies.recentresReferences {
      list.append("Boundaries of single reads lie where fewest cells are misread at the time.")
    }
    if remedies.trimBits > 0 {
      list.append("Offsets of sense chains and thresholds are trimmed by \(remedies.trimBits) bits.")
    }
    return list
  }
}

/// One score per image, image after image and chip after chip.
private struct Scores {
  let images: [Double]
  let perChip: [Double]

  init(_ images: [Double], chips: Int) {
    self.images = images
    let size = images.count / chips
    perChip = (0..<chips).map { images[$0 * size..<($0 + 1) * size].reduce(0, +) / Double(size) }
  }

  /// Interval of a proportion of all images, without regard to chips.
  var proportion: Estimate {
    let successes = images.count { $0 == 1 }
    return Estimate.proportion(successes: successes, trials: images.count)
      ?? .exact(0)
  }

  /// Variance between chips, that of their images with it; 0 for one chip.
  ///
  /// What is left without the images' part, floored at 0, is too uncertain: with ten normal chips and 0.1 to 3 times the
  /// images' variance between devices, intervals made of it held 85 to 92 % instead of 95. With it they hold 95 % where
  /// devices decide, and more where images do.
  var varianceOfChips: Double {
    guard perChip.count > 1 else { return 0 }
    let mean = perChip.reduce(0, +) / Double(perChip.count)
    return perChip.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(perChip.count - 1)
  }

  /// Mean over chips with the interval of their spread and a variance that they have in common; where they do not differ,
  /// that of the images.
  func overChips(_ common: Double) -> Estimate {
    guard let mean = Estimate.mean(perChip)?.widened(by: common), mean.low.isFinite, mean.low < mean.high
    else {
      return proportion
    }
    return Estimate(
      value: mean.value, low: max(0, mean.low), high: min(1, mean.high), confidence: mean.confidence,
      samples: mean.samples)
  }

  /// The same for differences; where not even images differ, the interval in which none of them would.
  func differenceOverChips(_ common: Double) -> Estimate { difference(of: [perChip, images], common) }

  private func difference(of lists: [[Double]], _ common: Double) -> Estimate {
    for samples in lists {
      if let mean = Estimate.mean(samples)?.widened(by: common), mean.low.isFinite, mean.low < mean.high {
        return Estimate(
          value: mean.value, low: max(-1, mean.low), high: min(1, mean.high), confidence: mean.confidence,
          samples: mean.samples)
      }
    }
    let bound = Estimate.proportion(successes: 0, trials: images.count)?.high ?? 1
    let value = images.first ?? 0
    return Estimate(
      value: value, low: max(-1, value - bound), high: min(1, value + bound), samples: images.count)
  }
}
