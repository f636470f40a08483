import Device
import Inference
import Models
import Study
import Testing

/// What the sweeps of nominal cells compute.
@Suite struct AccuracyPlanTests {
  private let sweeps: AccuracySweepSpec
  private let plan: AccuracyPlan
  private let tmr: Double
  private let ohms: Double

  init() throws {
    sweeps = try AccuracySweepSpec.standard()
    let study = try StudySpec.standard()
    let junction = try StudyRunner(spec: study, store: .inMemory(), jobs: 1)
      .deviceSpec(diameter: study.device.diameterMetres)
    tmr = junction.junction.tmrZeroBias
    ohms = junction.parallelOhms
    plan = AccuracyPlan(sweeps, array: study.array, junction: junction, layers: ["first", "second", "last"])
  }

  private var planned: [AccuracySweep] {
    AccuracySweep.allCases.filter { !AccuracyPlan.needsCells.contains($0) }
  }

  /// Every point is one of a kind, and can be computed.
  @Test func pointsAreDistinct() throws {
    for sweep in planned {
      let settings = plan.settings(sweep)
      #expect(!settings.isEmpty, "\(sweep)")
      let names = settings.map { "\($0.series), \($0.value)" }
      #expect(Set(names).count == names.count, "\(sweep)")
      for one in settings {
        #expect(one.sweep == sweep)
        try one.cells.validate()
        try one.converter.validate()
        let slicing = WeightSlicing(
          bitsPerCell: one.cells.bitsPerCell, scheme: one.array.signScheme,
          singleBits: one.remedies.singleBitSlices)
        try one.array.validate(slices: slicing.count)
      }
    }
  }

  /// Each point that the built-in file wants bit by bit is there once, and read in parallel.
  @Test func bitTruePointsAreThere() {
    for wish in sweeps.bitTrue {
      let settings = plan.settings(wish.sweep).filter { $0.series == wish.series }
      for value in wish.values {
        let found = settings.filter { $0.value == value }
        #expect(found.count == 1, "\(wish.series), \(value) of \(wish.sweep)")
        #expect(found.allSatisfy { plan.isBitTrue($0) && $0.array.readMode == .rowParallel })
      }
    }
    let all = planned.flatMap { plan.settings($0) }.filter { plan.isBitTrue($0) }
    #expect(all.count == sweeps.bitTrue.reduce(0) { $0 + $1.values.count })
  }

  /// A converter has no more codes than the rows make sums: 128 rows of one bit make 129, of two bits 385.
  @Test func convertersHaveNoMoreCodesThanSums() {
    for setting in planned.flatMap({ plan.settings($0) }) where setting.array.readMode == .rowParallel {
      let sums = setting.array.rowsPerRead * ((1 << setting.cells.bitsPerCell) - 1) + 1
      #expect(1 << (setting.array.adcBits - 1) < sums, "\(setting.series), \(setting.value)")
    }
    let fewest = plan.settings(.rowsPerRead).filter { $0.value == 8 }
    #expect(fewest.map(\.array.adcBits) == [4, 5])
  }

  /// An offset of a threshold is the same current in one-bit and two-bit cells: the share of full range that the file says.
  @Test func offsetsAreTheSameCurrent() {
    for setting in plan.settings(.adcBits) where !setting.series.contains("ideal") {
      let levels = Double((1 << setting.cells.bitsPerCell) - 1)
      #expect(abs(setting.converter.sigmaThreshold / levels - sweeps.nominal.thresholdSigma) < 1e-12)
    }
    #expect(
      plan.settings(.adcBits).filter { $0.series.contains("ideal") }.allSatisfy { $0.converter == .none })
  }

  /// Lines drop in units of what a cell's range of conductance draws: R (1/R_P - 1/R_AP) a row.
  @Test func linesDropByTheCellsRange() {
    for setting in plan.settings(.lines) {
      let range = 1 / ohms - 1 / (ohms * (1 + tmr))
      #expect(abs(setting.converter.lineDrop - setting.value * range) < 1e-12)
    }
  }

  /// From how many images the fast fidelity learns is said as it is, also of a study that calibrates on few.
  @Test func learningImagesAreSaid() {
    let said = AccuracyPlan.assumptions(learningImages: 7).filter { $0.contains("is learnt on") }
    #expect(said.count == 1 && said.allSatisfy { $0.contains("learnt on 7 training images") })
  }

  /// One layer at a time stands on crossbars; spreads stand in percent.
  @Test func eachSweepVariesItsOwn() {
    #expect(plan.settings(.layers).map(\.layers) == [[0], [1], [2]])
    #expect(plan.settings(.layers).map(\.label) == ["first", "second", "last"])
    for setting in plan.settings(.sigma) {
      #expect(setting.cells.sigmaDeviceToDevice.allSatisfy { abs(100 * $0 - setting.value) < 1e-9 })
    }
    for setting in plan.settings(.stuck) {
      #expect(abs(100 * setting.cells.stuckFraction - setting.value) < 1e-9)
    }
    for setting in plan.settings(.chipSpread) {
      #expect(abs(100 * setting.cells.sigmaChip - setting.value) < 1e-9)
    }
    #expect(plan.settings(.slices).map(\.remedies.singleBitSlices) == sweeps.singleBits + [0])
    // Few images where a point shows what a layer, a line or a stuck cell costs.
    #expect(plan.settings(.lines).allSatisfy { $0.imagesPerChip == sweeps.fewImagesPerChip })
    #expect(plan.settings(.sigma).allSatisfy { $0.imagesPerChip == sweeps.imagesPerChip })
  }
}
