import Device
import Foundation
import Inference
import Models

/// Settings of the sweeps that need no characterised cells.
package struct AccuracyPlan: Sendable {
  /// Sweeps whose cells and reads are characterised.
  package static let needsCells: [AccuracySweep] = [.tmr, .technologies, .drift, .served]

  /// What the sweeps assume.
  ///
  /// - Parameter learningImages: Images from which the fast fidelity learns.
  package static func assumptions(learningImages: Int) -> [String] {
    shared + [
      "The fast fidelity is learnt on \(learningImages) training images on each chip, the first on which converters are"
        + " calibrated; what the mean errors by number of active rows, the product and the sum of the inputs leave is drawn,"
        + " partly in common to neighbouring windows, to an image and to the outputs of a window."
    ]
  }

  private static let shared = [
    "Nominal cells have equally spaced levels of equal, normal, frozen spread, and the conductances of the study's junction;"
      + " what else the sweeps assume stands in their file.",
    "Row-parallel reads of nominal cells have offsets of thresholds, but no noise and no deviation of reference columns.",
    "A served inference reads every cell as often as the layer of most windows has windows, each for a whole cycle, with a"
      + " current that favours the parallel state; the other direction turns over more (`tessera device retention`);"
      + " meanwhile the other rows, and the other columns of a sense chain, wait.",
    "Grains turn over independently of one another, by the barriers of the sampled junctions in the states 0, 1/3, 2/3 and"
      + " 1; a level in between is one of its neighbours, in proportion, whatever the junction. Each chip's cells are a"
      + " resample of the sampled junctions, as they were programmed and as they age; how far chips are apart says how few"
      + " junctions there are, and goes into the intervals whole, whatever the number of chips."
      + " No cell lies beyond those that were sampled; published levels are normal.",
    "Published cells that drift are read against boundaries that were set at the first time, unless references are moved.",
    "Technologies stand at the study's time after programming where a publication follows its levels, else as written;"
      + " boundaries of published cells are midway between the levels at that time, those of the junction when it was"
      + " written. Moved references lie where fewest of the cells of neighbouring levels are misread.",
    "Offsets of a converter's thresholds are the same current for any number of bits per cell and of rows.",
  ]

  private let sweeps: AccuracySweepSpec
  private let array: StudySpec.Array
  private let junction: DeviceSpec
  private let layers: [String]

  package init(_ sweeps: AccuracySweepSpec, array: StudySpec.Array, junction: DeviceSpec, layers: [String]) {
    self.sweeps = sweeps
    self.array = array
    self.junction = junction
    self.layers = layers
  }

  /// Whether a setting is computed bit by bit as well.
  package func isBitTrue(_ setting: AccuracySetting) -> Bool {
    setting.array.readMode == .rowParallel
      && sweeps.bitTrue.contains {
        $0.sweep == setting.sweep && $0.series == setting.series && $0.names(setting.value)
      }
  }

  /// Relative time that a setting takes.
  static func weight(_ setting: AccuracySetting, _ fidelity: AccuracyResult.Fidelity) -> Double {
    let images = Double(setting.imagesPerChip)
    guard setting.array.readMode == .rowParallel else { return images + 100 }
    let reads = 128 / Double(setting.array.rowsPerRead)
    return fidelity == .fast ? images + 300 : images * (4 + 4 * reads)
  }

  /// What is done about errors of row-parallel reads.
  static func rowParallelRemedies(trimBits: Int) -> [(label: String, remedies: Remedies)] {
    [
      ("full range", Remedies(calibratesRange: false)),
      ("range calibrated", Remedies()),
      ("range, offsets corrected", Remedies(correctsOffsets: true)),
      ("range, thresholds trimmed by \(trimBits) bits", Remedies(trimBits: trimBits)),
      ("range, two highest bits alone", Remedies(singleBitSlices: 2)),
      ("all", Remedies(correctsOffsets: true, singleBitSlices: 2, trimBits: trimBits)),
    ]
  }

  /// What is done about errors of row-sequential reads.
  static let rowSequentialRemedies: [(label: String, remedies: Remedies)] = [
    ("none", Remedies()),
    ("offsets corrected", Remedies(correctsOffsets: true)),
    ("references moved to the levels", Remedies(recentresReferences: true)),
    ("two highest bits alone", Remedies(singleBitSlices: 2)),
    ("all", Remedies(correctsOffsets: true, singleBitSlices: 2, recentresReferences: true)),
  ]

  /// Bits of a cell in words.
  static func words(_ bits: Int) -> String { bits == 1 ? "1 bit" : "\(bits) bits" }

  private func cells(_ bits: Int, sigma: Double) -> CellArrayModel {
    var cells = CellArrayModel(idealWithBits: bits, onOffRatio: 1 + junction.junction.tmrZeroBias)
    cells.sigmaDeviceToDevice = cells.levelMeans.map { _ in sigma }
    return cells
  }

  /// A row-parallel read with no more comparators than sums; offsets of thresholds are the same current for cells of any
  /// number of bits.
  private func parallel(
    bits: Int, rows: Int, adcBits: Int, isIdeal: Bool = false
  ) -> (ArrayConfiguration, ConverterErrors) {
    var configuration = array.configuration(.rowParallel)
    configuration.rowsPerRead = rows
    let lossless = Int.bitWidth - (rows * (1 << bits - 1)).leadingZeroBitCount
    configuration.adcBits = min(adcBits, lossless)
    let offset = sweeps.nominal.thresholdSigma * Double(1 << bits - 1)
    return (configuration, isIdeal ? .none : ConverterErrors(sigmaThreshold: offset))
  }

  /// The settings of one sweep.
  package func settings(_ sweep: AccuracySweep) -> [AccuracySetting] {
    let nominal = sweeps.nominal
    var settings: [AccuracySetting] = []
    func add(
      _ series: String, _ value: Double, label: String = "", _ cells: CellArrayModel,
      _ array: (ArrayConfiguration, ConverterErrors)? = nil, remedies: Remedies = Remedies(),
      layers: [Int]? = nil
    ) {
      settings.append(
        AccuracySetting(
          sweep: sweep, series: series, value: value, label: label, cells: cells,
          array: array?.0 ?? self.array.configuration(.rowSequential), converter: array?.1 ?? .none,
          remedies: remedies, layers: layers,
          imagesPerChip: sweeps.images(sweep)))
    }
    /// One more error in cells that are read row by row.
    func vary(_ values: [Double], _ change: (inout CellArrayModel, Double) -> Void) {
      for bits in [1, 2] {
        for value in values {
          var cells = cells(bits, sigma: nominal.sigma)
          change(&cells, value)
          add("\(Self.words(bits)), row by row", 100 * value, cells)
        }
      }
    }
    let words = Self.words
    switch sweep {
    case .sigma:
      for bits in [1, 2] {
        for sigma in sweeps.sigma {
          add("\(words(bits)), row by row", 100 * sigma, cells(bits, sigma: sigma))
        }
        let read = parallel(bits: bits, rows: nominal.rowsPerRead, adcBits: nominal.adcBits)
        for sigma in sweeps.sigma {
          add(
            "\(words(bits)), \(nominal.rowsPerRead) rows at once", 100 * sigma, cells(bits, sigma: sigma),
            read)
        }
      }
    case .adcBits:
      for bits in [1, 2] {
        let cells = cells(bits, sigma: nominal.sigma)
        for adcBits in sweeps.adcBits where adcBits <= 6 {
          add(
            words(bits), Double(adcBits), cells,
            parallel(bits: bits, rows: nominal.rowsPerRead, adcBits: adcBits))
        }
        for adcBits in sweeps.adcBits {
          add(
            "\(words(bits)), ideal converter", Double(adcBits), cells,
            parallel(bits: bits, rows: nominal.rowsPerRead, adcBits: adcBits, isIdeal: true))
        }
      }
    case .rowsPerRead:
      for bits in [1, 2] {
        for rows in sweeps.rowsPerRead {
          add(
            words(bits), Double(rows), cells(bits, sigma: nominal.sigma),
            parallel(bits: bits, rows: rows, adcBits: nominal.adcBits))
        }
      }
    case .slices:
      for single in sweeps.singleBits {
        let slicing = WeightSlicing(bitsPerCell: 2, scheme: array.signScheme, singleBits: single)
        add(
          "2 bits, row by row", Double(single), label: "\(single) (\(slicing.count) cells a weight)",
          cells(2, sigma: nominal.sliceSigma), remedies: Remedies(singleBitSlices: single))
      }
      add(
        "1 bit, row by row", 8,
        label: "8 (\(WeightSlicing(bitsPerCell: 1, scheme: array.signScheme).count) cells)",
        cells(1, sigma: nominal.sliceSigma))
    case .lines:
      for rows in sweeps.lineRows {
        var read = parallel(bits: 2, rows: rows, adcBits: nominal.adcBits)
        for ohms in sweeps.lineOhms {
          let tmr = junction.junction.tmrZeroBias
          read.1.lineDrop = ohms * tmr / (1 + tmr) / junction.parallelOhms
          add("\(rows) rows at once", ohms, cells(2, sigma: nominal.sigma), read)
        }
      }
    case .stuck: vary(sweeps.stuckFraction) { $0.stuckFraction = $1 }
    case .chipSpread: vary(sweeps.chipSigma) { $0.sigmaChip = $1 }
    case .layers:
      for (index, name) in layers.enumerated() {
        add(
          "2 bits, row by row", Double(index), label: name, cells(2, sigma: nominal.layerSigma),
          layers: [index])
      }
    case .remedies:
      let read = parallel(bits: 2, rows: nominal.rowsPerRead, adcBits: nominal.remedyAdcBits)
      for (place, remedy) in Self.rowParallelRemedies(trimBits: nominal.trimBits).enumerated() {
        add(
          "2 bits, \(nominal.rowsPerRead) rows at once", Double(place), label: remedy.label,
          cells(2, sigma: nominal.sigma), read, remedies: remedy.remedies)
      }
    case .tmr, .technologies, .drift, .served: break
    }
    return settings
  }
}

extension StudySpec.Array {
  /// The arrays in a read mode.
  func configuration(_ mode: ArrayConfiguration.ReadMode) -> ArrayConfiguration {
    ArrayConfiguration(
      rows: rows, columns: columns, readMode: mode, rowsPerRead: rowsPerRead, adcBits: adcBits,
      columnsPerSense: columnsPerSense, signScheme: signScheme)
  }
}
