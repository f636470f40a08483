import Device
import Foundation
import Inference
import Models

/// The accuracy sweeps: every point through the store, so that a broken run goes on where it stopped.
extension StudyRunner {
  /// Computes sweeps.
  ///
  /// - Parameters:
  ///   - sweeps: What they cover.
  ///   - only: Which of them; all if empty.
  public func accuracyStudy(_ sweeps: AccuracySweepSpec, only: [AccuracySweep] = []) async throws
    -> AccuracyStudy
  {
    let wanted = only.isEmpty ? AccuracySweep.allCases : only
    let images = sweeps.chips * max(sweeps.imagesPerChip, sweeps.fewImagesPerChip)
    let networks = try sweeps.networks.map { file in
      var one = spec
      one.network.file = file
      return try NetworkStage(
        StudyRunner(
          spec: one, library: library, store: store, jobs: jobs, workerOptions: workerOptions, sink: sink),
        images: images)
    }
    var settings: [AccuracySetting] = []
    var notices: [String] = networks.first?.dataNotice.map { [$0] } ?? []
    let plan = AccuracyPlan(sweeps, array: spec.array, layers: networks[0].layerNames)
    for sweep in wanted where !AccuracyPlan.needsCells.contains(sweep) { settings += plan.settings(sweep) }
    if wanted.contains(where: AccuracyPlan.needsCells.contains) {
      settings += try await characterizedSettings(sweeps, wanted, networks, &notices)
    }
    settings.sort { wanted.firstIndex(of: $0.sweep) ?? 0 < wanted.firstIndex(of: $1.sweep) ?? 0 }
    let tasks = settings.flatMap {
      setting -> [(setting: AccuracySetting, fidelity: AccuracyResult.Fidelity)] in
      [(setting, .fast)] + (plan.isBitTrue(setting) ? [(setting, .bitTrue)] : [])
    }
    let total = tasks.reduce(0) { $0 + AccuracyPlan.weight($1.setting, $1.fidelity) }
    let points = try await withDeviceProgress("accuracy sweeps") { progress in
      var points: [AccuracyStudy.Point] = []
      var done = 0.0
      for (setting, fidelity) in tasks {
        let weight = AccuracyPlan.weight(setting, fidelity)
        let before = done
        let result = try await networks[setting.network].accuracy(
          setting, fidelity: fidelity, chips: sweeps.chips
        ) { progress((before + weight * Double($0) / Double(max(1, $1))) / total) }
        done += weight
        progress(done / total)
        guard fidelity == .fast else {
          points[points.count - 1].bitTrue = result
          continue
        }
        points.append(
          AccuracyStudy.Point(
            sweep: setting.sweep, series: setting.series, value: setting.value, label: setting.label,
            network: sweeps.networks[setting.network], result: result))
      }
      return points
    }
    return AccuracyStudy(
      spec: sweeps, points: points, notices: notices,
      provenance: Provenance(
        seed: spec.seed, tools: Toolchain.versions, citations: [], assumptions: AccuracyPlan.assumptions))
  }

  /// Settings whose cells and reads come from ensembles, publications and ngspice.
  private func characterizedSettings(
    _ sweeps: AccuracySweepSpec, _ wanted: [AccuracySweep], _ networks: [NetworkStage],
    _ notices: inout [String]
  ) async throws -> [AccuracySetting] {
    let array = spec.array.configuration(.rowSequential)
    var settings: [AccuracySetting] = []
    func add(
      _ sweep: AccuracySweep, _ series: String, _ value: Double, label: String = "", network: Int = 0,
      _ cells: CellArrayModel, remedies: Remedies = Remedies()
    ) {
      settings.append(
        AccuracySetting(
          sweep: sweep, series: series, value: value, label: label, network: network, cells: cells,
          array: array,
          remedies: remedies, imagesPerChip: sweeps.imagesPerChip))
    }
    let device = try await ensemble(diameter: spec.device.diameterMetres)
    let mtj: [(name: String, cell: StudyCell)] = [
      ("MTJ, 1 bit", 1, LevelStatistics.Programming.Scheme.openLoop),
      ("MTJ, 2 bits, verified", 2, .writeVerify),
      ("MTJ, 2 bits, one pulse", 2, .openLoop),
    ].compactMap { name, bits, scheme in
      device.levels(bits: bits, scheme: scheme).map { (name, StudyCell(device, levels: $0)) }
    }
    let published = try sweeps.technologies.map { try PublishedDevice(named: $0, in: library) }
    func words(_ seconds: Double) -> StudySpec.Comparison {
      var comparison = spec.comparison
      comparison.elapsedSeconds = seconds
      return comparison
    }
    var reads: [(name: String, cell: StudyCell, tmr: [Double])] = mtj.map { name, cell in
      (name, cell, wanted.contains(.tmr) ? sweeps.tmr : [])
    }
    let others = try published.map { device in
      (
        name: "\(device.title), 2 bits, after \(LevelStatistics.duration(spec.comparison.elapsedSeconds))",
        cells: try ([spec.comparison.elapsedSeconds] + sweeps.driftSeconds).map {
          try StudyCell(device, bits: 2, words($0))
        }
      )
    }
    reads += others.map { ($0.name, $0.cells[0], []) }
    for (index, read) in reads.enumerated() {
      let points = try await characterizedReads(of: read.cell, tmr: read.tmr)
      let isJunction = index < mtj.count
      let own = points.first { $0.tmrZeroBias == read.cell.levels.tmrZeroBias }
      guard let thresholds = own?.read?.thresholds else {
        notices.append("\(read.name): no timing closes a read; \(own?.failure ?? "no read").")
        continue
      }
      if wanted.contains(.technologies) {
        for network in networks.indices {
          add(
            .technologies, read.name, Double(network), label: Self.name(sweeps.networks[network]),
            network: network,
            networks[network].arrayModel(read.cell, thresholds))
        }
      }
      if wanted.contains(.tmr), isJunction, index < 2 {
        for point in points where sweeps.tmr.contains(point.tmrZeroBias ?? -1) {
          let name = "\(read.name) at \(Quantity.text(100 * (point.tmrZeroBias ?? 0), "%"))"
          guard let found = point.read?.thresholds else {
            notices.append("\(name): no timing closes a read.")
            continue
          }
          add(
            .tmr, read.name, 100 * (point.tmrZeroBias ?? 0), networks[0].arrayModel(read.cell, found))
        }
      }
      if wanted.contains(.drift), !isJunction,
        sweeps.driftTechnologies.contains(sweeps.technologies[index - mtj.count])
      {
        let aging = Array(others[index - mtj.count].cells.dropFirst())
        // Boundaries stay where they were set at first.
        if let first = aging.first,
          let early = try await characterizedReads(of: first, tmr: []).first?.read?.thresholds
        {
          var times: [Double] = []
          for (asked, later) in zip(sweeps.driftSeconds, aging) {
            // Where a publication has tables only, the nearest one counts: its own time stands in the result.
            let seconds = later.levels.elapsedSeconds ?? asked
            guard !times.contains(seconds) else { continue }
            times.append(seconds)
            let cells = networks[0].arrayModel(later, early)
            add(.drift, read.name, seconds, cells)
            add(
              .drift, "\(read.name), references moved", seconds, cells,
              remedies: Remedies(recentresReferences: true))
          }
          if times != sweeps.driftSeconds {
            notices.append(
              "\(read.name): published after \(times.map { Quantity.text($0, "s") }.joined(separator: ", ")) alone."
            )
          }
        } else {
          notices.append(
            "\(read.name): no timing closes a read after programming, so that it is not followed in time.")
        }
      }
      if wanted.contains(.remedies), index == 1 || index == mtj.count {
        let cells = networks[0].arrayModel(read.cell, thresholds)
        for (place, remedy) in AccuracyPlan.rowSequentialRemedies.enumerated() {
          add(
            .remedies, "\(read.name), row by row", Double(place), label: remedy.label, cells,
            remedies: remedy.remedies)
        }
      }
      if index < 2, wanted.contains(.served) || wanted.contains(.drift), let cycle = own?.read?.cycleSeconds {
        let junction = try deviceSpec(diameter: spec.device.diameterMetres)
        let barriers = try await withDeviceProgress("barriers") {
          try await self.barriers(of: junction, progress: $0)
        }
        func aged(_ seconds: Double, drive: Double) -> CellArrayModel {
          var cells = networks[0].arrayModel(read.cell, thresholds)
          let later = Retention.of(
            barriers, spec: junction, seconds: [seconds], drive: drive, towardsParallel: true)[0]
          // Shares of the area, at the share where each level was programmed, in units of the span of the levels.
          let span =
            (read.cell.levels.levels.last?.target ?? 1) - (read.cell.levels.levels.first?.target ?? 0)
          let levels = read.cell.levels.levels.map { level -> (change: Double, turned: Double) in
            let place = 3 * min(max(level.mean, 0), 1)
            let below = min(2, Int(place))
            let part = place - Double(below)
            func between(_ value: (Retention.State) -> Double) -> Double {
              value(later.states[below]) * (1 - part) + value(later.states[below + 1]) * part
            }
            return (between(\.change.value), min(max(between(\.turned.value), 0), 1))
          }
          cells.meanShift = levels.map { $0.change / span }
          cells.sigmaShift = levels.map {
            ($0.turned * (1 - $0.turned) / device.effectiveGrains.value).squareRoot() / span
          }
          return cells
        }
        if wanted.contains(.drift) {
          for seconds in sweeps.driftSeconds { add(.drift, read.name, seconds, aged(seconds, drive: 0)) }
        }
        if wanted.contains(.served) {
          let drive = sweeps.nominal.readVolts / junction.parallelOhms / junction.criticalCurrentAmperes
          for count in sweeps.servedInferences {
            let seconds = count * Double(networks[0].mostWindows) * cycle
            add(.served, read.name, count, seconds > 0 ? aged(seconds, drive: drive) : aged(1e-9, drive: 0))
          }
        }
      }
    }
    return settings
  }

  /// Reads of one cell at its own contrast and at others.
  private func characterizedReads(of cell: StudyCell, tmr: [Double]) async throws -> [ReadPoint] {
    var one = spec
    one.read.tmr = tmr
    let runner = StudyRunner(
      spec: one, library: library, store: store, jobs: jobs, workerOptions: workerOptions, sink: sink)
    return try await runner.withProgress([StudyStage.reads]) { progress in
      try await CircuitStage(runner).readSweep([cell], progress).map(\.point)
    }
  }

  /// A network file in a word or two.
  private static func name(_ file: String) -> String {
    let stem = URL(filePath: file).deletingPathExtension().lastPathComponent
    return stem.contains("sparse") ? "pruned" : stem.hasPrefix("resnet18-cifar10") ? "dense" : stem
  }
}

/// Settings of the sweeps that need no characterised cells.
struct AccuracyPlan: Sendable {
  /// Sweeps whose cells and reads are characterised.
  static let needsCells: [AccuracySweep] = [.tmr, .technologies, .drift, .served]

  static let assumptions = [
    "Nominal cells have equally spaced levels of equal, normal, frozen spread; what else the sweeps assume stands in"
      + " their file.",
    "A served inference reads every cell as often as the layer of most windows has windows, each for a whole cycle.",
    "Grains turn over independently of one another: the spread of what has turned over is that of as many grains as"
      + " the junction effectively has.",
    "Drifted cells are read against boundaries that were set at the first time, unless references are moved.",
    "The junction stands as written where published cells stand at the study's time after programming.",
    "Cells keep the spread of the study's contrast where the contrast is swept: it is the sense chains' sweep.",
    "Offsets of a converter's thresholds are the same current for any number of bits per cell and of rows.",
    "The fast fidelity draws independently, for each output and window, what the mean errors by number of active rows"
      + " leave; it is learnt on eight training images on each chip.",
  ]

  private let sweeps: AccuracySweepSpec
  private let array: StudySpec.Array
  private let layers: [String]

  init(_ sweeps: AccuracySweepSpec, array: StudySpec.Array, layers: [String]) {
    self.sweeps = sweeps
    self.array = array
    self.layers = layers
  }

  /// Whether a setting is computed bit by bit as well.
  func isBitTrue(_ setting: AccuracySetting) -> Bool {
    setting.array.readMode == .rowParallel
      && sweeps.bitTrue.contains {
        $0.sweep == setting.sweep && $0.series == setting.series && $0.values.contains(setting.value)
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
  static let rowParallelRemedies: [(label: String, remedies: Remedies)] = [
    ("full range", Remedies(calibratesRange: false)),
    ("range calibrated", Remedies()),
    ("range, offsets corrected", Remedies(correctsOffsets: true)),
    ("range, thresholds trimmed", Remedies(trimBits: 4)),
    ("range, two highest bits alone", Remedies(singleBitSlices: 2)),
    ("all", Remedies(correctsOffsets: true, singleBitSlices: 2, trimBits: 4)),
  ]

  /// What is done about errors of row-sequential reads.
  static let rowSequentialRemedies: [(label: String, remedies: Remedies)] = [
    ("none", Remedies()),
    ("offsets corrected", Remedies(correctsOffsets: true)),
    ("references moved to the levels", Remedies(recentresReferences: true)),
    ("two highest bits alone", Remedies(singleBitSlices: 2)),
    ("all", Remedies(correctsOffsets: true, singleBitSlices: 2, recentresReferences: true)),
  ]

  private func cells(_ bits: Int, sigma: Double) -> CellArrayModel {
    var cells = CellArrayModel(idealWithBits: bits, onOffRatio: sweeps.nominal.onOffRatio)
    cells.sigmaDeviceToDevice = cells.levelMeans.map { _ in sigma }
    return cells
  }

  /// A row-parallel read; offsets of thresholds are the same current for cells of any number of bits.
  private func parallel(
    bits: Int, rows: Int, adcBits: Int, isIdeal: Bool = false
  ) -> (ArrayConfiguration, ConverterErrors) {
    var configuration = array.configuration(.rowParallel)
    configuration.rowsPerRead = rows
    configuration.adcBits = adcBits
    let offset = sweeps.nominal.thresholdSigma * Double(1 << bits - 1)
    return (configuration, isIdeal ? .none : ConverterErrors(sigmaThreshold: offset))
  }

  /// The settings of one sweep.
  func settings(_ sweep: AccuracySweep) -> [AccuracySetting] {
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
          imagesPerChip: sweep == .layers || sweep == .lines ? sweeps.fewImagesPerChip : sweeps.imagesPerChip)
      )
    }
    func words(_ bits: Int) -> String { bits == 1 ? "1 bit" : "\(bits) bits" }
    switch sweep {
    case .sigma:
      for bits in [1, 2] {
        for sigma in sweeps.sigma { add("\(words(bits)), row by row", sigma, cells(bits, sigma: sigma)) }
        let read = parallel(bits: bits, rows: nominal.rowsPerRead, adcBits: nominal.adcBits)
        for sigma in sweeps.sigma {
          add("\(words(bits)), \(nominal.rowsPerRead) rows at once", sigma, cells(bits, sigma: sigma), read)
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
          // No more comparators than sums.
          let sums = rows * (1 << bits - 1)
          let lossless = Int.bitWidth - sums.leadingZeroBitCount
          add(
            words(bits), Double(rows), cells(bits, sigma: nominal.sigma),
            parallel(bits: bits, rows: rows, adcBits: min(nominal.adcBits, lossless)))
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
      for rows in [16, 32] {
        var read = parallel(bits: 2, rows: rows, adcBits: nominal.adcBits)
        for ohms in sweeps.lineOhms {
          let range = nominal.highSiemens * (1 - 1 / nominal.onOffRatio)
          read.1.lineDrop = ohms * range
          add("\(rows) rows at once", ohms, cells(2, sigma: nominal.sigma), read)
        }
      }
    case .layers:
      for (index, name) in layers.enumerated() {
        add(
          "2 bits, row by row", Double(index), label: name, cells(2, sigma: nominal.layerSigma),
          layers: [index])
      }
    case .remedies:
      let read = parallel(bits: 2, rows: nominal.rowsPerRead, adcBits: nominal.remedyAdcBits)
      for (place, remedy) in Self.rowParallelRemedies.enumerated() {
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
