import Accelerator
import Circuit
import Device
import Foundation
import Models
import Study

/// A study for tests of the report.
///
/// Ensembles and chips come from the real code at a small size; everything that circuits and networks would
/// supply is written by hand. None of its figures is a result of the product.
enum StudyFixture {
  /// The study, made once.
  static func result() throws -> StudyResult { try made.get() }

  private static let made = Result { try make() }

  private static func make() throws -> StudyResult {
    var spec = try StudySpec.standard()
    spec.device.devices = 24
    spec.device.cycles = 10
    var device = try TOMLFile(
      ModelLibrary.standard.url(spec.device.file, in: "devices")
    ).decode(DeviceSpec.self)
    // Of 8 nm pitch: the analytic law switches it below the highest current.
    device.granular.pitchMetres = 8e-9
    device.granular.anisotropy = 8e5
    var devices: [DeviceCharacterization] = []
    for diameter in spec.device.diametersMetres {
      device.diameterMetres = diameter
      devices.append(
        try AnalyticEnsemble.characterize(
          spec: device, devices: spec.device.devices, cycles: spec.device.cycles, seed: spec.seed, threads: 2)
      )
    }
    let junction = [1, 2].compactMap { devices[1].levels(bits: $0, scheme: spec.device.programming) }
    let published = try spec.comparison.technologies.map { name in
      try PublishedDevice(named: name).levelStatistics(bits: 2)
    }
    let levels = junction + published
    let libraries = levels.map(library)
    let costs = try DigitalCosts.load(spec.array.technology)
    var chips: [ChipEstimate] = []
    for library in libraries {
      for basis in ChipEstimate.CellAreaBasis.allCases {
        chips.append(
          try AcceleratorEstimate.estimate(
            workload: workload, array: array, cells: library, costs: costs, basis: basis))
      }
    }
    let accuracies = zip(levels, [0.9302, 0.9274, 0.8431, 0.9246]).map { accuracy($0, mean: $1) }
    return StudyResult(
      specification: spec, headlines: headlines, devices: devices, readSweep: sweep(libraries),
      readTraces: (0..<4).map(trace), libraries: libraries, levels: levels, chips: chips,
      accuracies: accuracies,
      notices: ["Row-parallel accuracy was not evaluated: 'network.rowParallelChips' is 0."],
      provenance: Provenance(
        inputsHash: "0123456789abcdef", seed: spec.seed,
        tools: ["tessera": Tessera.version, "ngspice": "39"],
        citations: [
          Citation(
            key: "gupte2026", text: "Scalable & robust <multi-bit> synapses",
            doi: "10.1038/s44335-026-00055-7")
        ]))
  }

  static let headlines = [
    Headline(
      id: "reliableLevels50nm", title: "Reliable levels of a 50 nm junction", article: "4", computed: 5,
      origin: .sampled, note: "Write-verify; <3 & 'raw'> levels with one open-loop pulse."),
    Headline(
      id: "densityRatio", title: "Density, 2 bits over 1 bit", article: "about 2x", computed: 1.6234,
      origin: .analytic, note: "Sense chains of 2-bit cells are larger."),
    Headline(
      id: "energyRatio", title: "Energy per inference, 1 bit over 2 bits per cell at equal settings",
      article: "up to 1.8x", computed: 1.2312, low: 1.187, high: 1.2754, origin: .spice,
      note: "Read energy of three comparators."),
    Headline(
      id: "readDelayTmr", title: "Delay of the 2-bit read at the device's TMR", article: "1.6 ns",
      computed: 3.42513e-9, low: 3.391e-9, high: 3.459e-9, unit: "s", origin: .spice,
      note: "With 128 rows and real references."),
    Headline(
      id: "readEnergyTmr", title: "Energy of the 2-bit read at the device's TMR", article: "96 to 159 fJ",
      computed: 4.8213e-13, unit: "J", origin: .spice, note: "All supplies."),
    Headline(
      id: "accuracyMtj2Bit", title: "ResNet-18, 2-bit junctions", article: "about 93 %", computed: 92.74,
      low: 92.31, high: 93.17, unit: "%", origin: .sampled, note: "10 chips x 100 images."),
    Headline(
      id: "accuracyFloat", title: "ResNet-18, floating point", article: "95 %", computed: nil, unit: "%",
      origin: .literature, note: "the network file holds no floating-point weights; state its accuracy there."
    ),
  ]

  static let array = ArrayConfiguration(
    rows: 128, columns: 128, readMode: .rowSequential, rowsPerRead: 1, adcBits: 4, columnsPerSense: 8,
    signScheme: .offset)

  /// A network of three layers.
  static let workload = Workload(
    name: "three layers",
    layers: [
      .init(
        name: "conv1", kind: .convolution, rows: 27, columns: 64, windows: 1024, inputElements: 3072),
      .init(
        name: "conv2", kind: .convolution, rows: 576, columns: 128, windows: 256, inputElements: 65536),
      .init(name: "classifier", kind: .linear, rows: 128, columns: 10, windows: 1, inputElements: 128),
    ], additions: 8192, activations: 98304, poolingInputs: 32768)

  /// Cells and sense chains of plausible size.
  private static func library(_ levels: LevelStatistics) -> CellLibrary {
    let one = levels.bitsPerCell == 1
    let feature = 45e-9
    func area(_ width: Double) -> Double { 3 * (width / feature + 1) * feature * feature }
    let isJunction = levels.diameterMetres != nil
    return CellLibrary(
      technology: levels.technology,
      title: isJunction ? "\(levels.title), \(levels.bitsPerCell) bit" : levels.title,
      bitsPerCell: levels.bitsPerCell, tmrZeroBias: levels.tmrZeroBias,
      lowestOhms: 1 / levels.highConductanceSiemens, highestOhms: 1 / max(1e-7, levels.lowConductanceSiemens),
      supplyVolts: 1, temperatureKelvin: 300, transistors: "tessera45/tt", featureMetres: feature,
      fanoutOfFourSeconds: 15.4e-12,
      cell: .init(
        equalFootprint: area(0.8e-6), fromWriteCurrent: area(isJunction ? 1.62e-6 : 0.2e-6),
        accessWidthMetres: 0.8e-6, requiredAccessWidthMetres: isJunction ? 1.62e-6 : 0.2e-6),
      symbolRead: read(bits: levels.bitsPerCell, tmr: levels.tmrZeroBias ?? 3), columnRead: nil,
      write: isJunction
        ? .init(
          requiredCurrentAmperes: 412e-6, deliveredCurrentAmperes: [455e-6, 418e-6], supplyVolts: [1.3, 1.5],
          pulseSeconds: 4e-9,
          energyJoules: [3.1e-12, 2.9e-12], finalState: [0.982, 0.021], meanPulses: one ? 1.9 : 4.3,
          peakJunctionVolts: 1.31, driverArea: 14e-12) : nil,
      provenance: Provenance(
        seed: 1, tools: ["ngspice": "39"], assumptions: ["Comparator input of 30 mV at every level."]))
  }

  private static func read(bits: Int, tmr: Double) -> CellLibrary.SymbolRead {
    let levels = 1 << bits
    let delay = 1.2e-9 + (bits == 1 ? 0.5e-9 : 1.9e-9) / tmr
    return CellLibrary.SymbolRead(
      delaySeconds: Estimate(value: delay, low: delay * 0.97, high: delay * 1.03, samples: 40 * levels),
      cycleSeconds: delay + 1e-9,
      energyJoules: (0..<levels).map { level in
        (bits == 1 ? 1.1e-13 : 3.9e-13) * (1 + 0.08 * Double(level)) * (1 + 0.3 / tmr)
      },
      energyBySource: ["vdd": 3e-13, "phases": 1e-13],
      thresholds: (1..<levels).map {
        .init(position: (Double($0) - 0.5) / Double(levels - 1), offsetSigma: 0.012, noiseSigma: 0.004)
      },
      confusion: (0..<levels).map { row in (0..<levels).map { $0 == row ? 40 : 0 } }, bubbles: 0,
      metastable: 0, worstMarginVolts: 0.031, senseArea: bits == 1 ? 25e-12 : 60e-12, leakageWatts: 1e-7)
  }

  private static func sweep(_ libraries: [CellLibrary]) -> [ReadPoint] {
    var points: [ReadPoint] = []
    for tmr in [0.5, 1.0, 1.2, 2.0, 3.0] {
      for bits in [1, 2] {
        let closes = tmr > 0.6 || bits == 1
        points.append(
          ReadPoint(
            tmrZeroBias: tmr, bitsPerCell: bits, technology: "granular-mtj", timing: .standard,
            read: closes ? read(bits: bits, tmr: tmr) : nil,
            failure: closes ? nil : "no precharge up to 60 ns leaves 30 mV at every comparator"))
      }
    }
    return points
  }

  /// Exponentials that part after 3 ns, a clock at 3.3 ns and latches that follow it.
  private static func trace(level: Int) -> ReadTrace {
    let times = (0..<480).map { Double($0) * 1e-11 }
    var signals: [String: [Double]] = [:]
    signals["v(clk)"] = times.map { 1 / (1 + exp(-($0 - 3.3e-9) / 8e-12)) }
    signals["v(dd)"] = times.map { 0.62 + 0.02 * Double(level) - 0.2 * exp(-$0 / 0.6e-9) }
    for k in 1...3 {
      let sign = level >= k ? 1.0 : -1.0
      signals["v(y\(k))"] = times.map { t in
        0.62 + 0.02 * Double(level) + (t < 3e-9 ? 0 : sign * 0.05 * (1 - exp(-(t - 3e-9) / 0.2e-9)))
      }
      let delay = 3.36e-9 + 0.01e-9 * Double(abs(level - k))
      let decided = times.map { 1 / (1 + exp(-($0 - delay) / 6e-12)) }
      signals["v(op\(k))"] = decided.map { sign > 0 ? 1 : 1 - $0 }
      signals["v(on\(k))"] = decided.map { sign > 0 ? 1 - $0 : 1 }
    }
    return ReadTrace(level: level, code: level, times: times, signals: signals)
  }

  private static func accuracy(_ levels: LevelStatistics, mean: Double) -> AccuracyResult {
    let perChip = (0..<10).map { mean + 0.011 * sin(Double($0) * 2.4) }
    let value = Estimate.mean(perChip) ?? .exact(mean)
    let name = levels.diameterMetres == nil ? levels.title : "Junction, \(levels.bitsPerCell) bit"
    return AccuracyResult(
      title: name, technology: levels.technology, bitsPerCell: levels.bitsPerCell, array: array,
      metric: .accuracy, dataset: "CIFAR-10 test", accuracy: value,
      integerAccuracy: Estimate(value: 0.931, low: 0.9136, high: 0.9451, samples: 1000),
      agreement: Estimate(value: 0.99, low: 0.982, high: 0.995, samples: 1000),
      difference: Estimate(
        value: value.value - 0.931, low: value.low - 0.931, high: value.high - 0.931, samples: 10),
      imagesPerChip: 100, chips: 10, perChip: perChip, answers: [], fidelity: .bitTrue,
      identicalOutputs: 900, confusion: [[90, 10], [8, 92]],
      sumErrors: [Estimate(value: 0.02, low: 0.01, high: 0.03, samples: 10)], imagesPerSecond: 14.2,
      provenance: Provenance(
        seed: 1,
        citations: [
          Citation(
            key: "he2016", text: "K. He et al., Deep residual learning, CVPR 2016",
            doi: "10.1109/CVPR.2016.90")
        ]))
  }
}
