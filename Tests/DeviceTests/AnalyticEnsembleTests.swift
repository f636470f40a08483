import Device
import Foundation
import Models
import Testing

@Suite struct GrainStatisticsTests {
  /// Independent equal grains: the variance of the reversed fraction is F (1 - F) / N_eff.
  @Test(arguments: [0.1, 1.0 / 3, 0.5, 0.8])
  func equalGrainsAreBinomial(fraction: Double) throws {
    let weights = (0..<35).map { $0 < 20 ? 0.035 : 0.02 }
    let layer = GranularLayer(
      grains: weights.map {
        Grain(weight: $0, threshold: 1, stability: 45, dampingRateHertz: 2.5e9, isCut: false)
      })
    let chances = [Double](repeating: fraction, count: 35)
    let certain = [Double](repeating: 1, count: 35)
    var state = JunctionState(
      junction: Junction(layer: layer), random: KeyedRandom(seed: 1, stage: "test.binomial"))
    let samples = (0..<8000).map { _ in
      state.saturate()
      state.reset(certain)
      state.set(chances)
      return state.level
    }
    let sigma = try #require(Estimate.standardDeviation(samples, confidence: 0.999))
    let expected = (fraction * (1 - fraction) / layer.effectiveGrains).squareRoot()
    #expect(sigma.low < expected && expected < sigma.high)
    let mean = try #require(Estimate.mean(samples, confidence: 0.999))
    #expect(mean.low < fraction && fraction < mean.high)
  }

  /// J_c0 and V = J_c0 RA of a device with stability 45, alpha 0.01, P 0.6, RA 4 ohm um^2 at four pitches.
  @Test(arguments: [
    (7e-9, 44.5, 1.78), (8e-9, 34.1, 1.36), (10e-9, 21.8, 0.87), (12e-9, 15.1, 0.61),
  ])
  func writeCurrentOfAStableLayer(pitch: Double, megaamperesPerCentimetreSquared: Double, volts: Double)
    throws
  {
    var spec = try Specs.fineGrained()
    spec.granular.pitchMetres = pitch
    spec.dynamics.alpha = 0.01
    Specs.setStability(45, of: &spec)
    #expect(abs(spec.criticalCurrentDensity * 1e-10 - megaamperesPerCentimetreSquared) < 0.1)
    #expect(abs(spec.criticalCurrentAmperes * spec.parallelOhms - volts) < 0.01)
  }
}

@Suite struct ResponseTests {
  /// Mean and end-point figures that any layer of grains must show.
  @Test func curveRisesAndIsWidestInTheMiddle() throws {
    for result in try Ensembles.withoutDeviceSpread.get() {
      let means = result.curve.points.map(\.mean.value)
      for (low, high) in zip(means, means.dropFirst()) { #expect(high > low - 0.005) }
      let levels = try #require(result.levels(bits: 2, scheme: .openLoop)).levels
      let middle = min(levels[1].sigmaProgrammed, levels[2].sigmaProgrammed)
      #expect(middle > 3 * max(levels[0].sigmaProgrammed, levels[3].sigmaProgrammed))
    }
  }

  /// The spread falls as the inverse diameter: slope of log sigma against log diameter -1 +- 0.25.
  @Test func spreadFallsWithDiameter() throws {
    let results = try Ensembles.withoutDeviceSpread.get()
    for level in 1...2 {
      let sigmas = try results.map {
        try #require($0.levels(bits: 2, scheme: .openLoop)).levels[level].sigmaProgrammed
      }
      let line = try #require(Statistics.line(Ensembles.diameters.map { log($0) }, sigmas.map { log($0) }))
      #expect(abs(line.slope + 1) < 0.25)
    }
  }

  /// Total spread near half reversal of the prototype: 0.16, 0.08 and 0.06 at 30, 50 and 75 nm, 20 % of it for
  /// the prototype's own sample and 7 % for the error of a standard deviation from 100 junctions.
  @Test func spreadOfThePrototype() throws {
    for (result, expected) in zip(try Ensembles.prototype.get(), [0.16, 0.08, 0.06]) {
      let point = try #require(
        result.curve.points.min { abs($0.mean.value - 0.5) < abs($1.mean.value - 0.5) })
      #expect(abs(point.sigmaTotal / expected - 1) < 0.27)
    }
  }

  /// The prototype's S-curve at 50 nm, from a Langevin simulation of composite macrospins.
  ///
  /// The analytic law is
  /// wider at both ends, since here the boundary's share differs from grain to grain: 0.1 everywhere, 0.05 in
  /// the middle.
  @Test func curveOfThePrototype() throws {
    let points = try Ensembles.prototype.get()[1].curve.points
    let published = [
      (0.5, 0.05), (0.6, 0.14), (0.65, 0.25), (0.7, 0.38), (0.75, 0.55), (0.8, 0.72), (0.9, 0.94),
    ]
    for (drive, fraction) in published {
      let point = try #require(points.first { abs($0.drive - drive) < 1e-6 })
      let tolerance = drive > 0.62 && drive < 0.78 ? 0.05 : 0.1
      #expect(abs(point.mean.value - fraction) < tolerance)
    }
  }

  /// The compact model's closed form follows the ensemble's expectation within 3 % of the range, and the
  /// sampled mean within that and its sampling error.
  @Test func compactModelFollowsTheEnsemble() throws {
    for result in try Ensembles.withoutDeviceSpread.get() {
      let model = result.compactModel
      #expect(abs(model.weights.reduce(0, +) - 1) < 1e-12)
      #expect((8...16).contains(model.thresholds.count))
      #expect(model.thresholds == model.thresholds.sorted())
      #expect(result.compactModelResidual < 0.03)
      for point in result.curve.points {
        let predicted = model.reversedFraction(
          drive: point.drive, pulseSeconds: result.spec.dynamics.pulseWidthSeconds)
        #expect(abs(predicted - point.mean.value) < 0.03 + point.mean.high - point.mean.value)
      }
    }
  }

  /// I = V G(V, q) at the voltage found.
  @Test func junctionVoltageSolvesTheJunction() throws {
    let model = try Ensembles.standard.get()[1].compactModel
    let volts = model.junctionVolts(currentAmperes: 5e-4, antiparallelFraction: 0.4)
    let tmr = model.tmrZeroBias / (1 + pow(volts / model.tmrHalfVolts, 2))
    #expect(abs(volts / model.parallelOhms * (0.6 + 0.4 / (1 + tmr)) / 5e-4 - 1) < 1e-9)
  }
}

@Suite struct ProgrammingTests {
  /// A middle level of Gaussian spread is mistaken with probability erfc(1 / (6 sigma sqrt 2)).
  @Test func symbolErrorOfOneOpenLoopPulse() throws {
    for result in try Ensembles.withoutDeviceSpread.get() {
      for level in try #require(result.levels(bits: 2, scheme: .openLoop)).levels[1...2] {
        let gaussian = erfc(1 / (6 * level.sigmaProgrammed * 2.0.squareRoot()))
        #expect(level.symbolError.low < 1.2 * gaussian + 1e-3)
        #expect(level.symbolError.high > gaussian / 1.2 - 1e-3)
      }
    }
  }

  /// Verification leaves about one grain, or the acceptance where that is wider.
  @Test func verifiedSpreadIsAboutOneGrain() throws {
    for result in try Ensembles.withoutDeviceSpread.get() {
      let statistics = try #require(result.levels(bits: 2, scheme: .writeVerify))
      let grain = 1 / result.effectiveGrains.value
      let tolerance = try #require(statistics.programming.tolerance)
      let open = try #require(result.levels(bits: 2, scheme: .openLoop))
      for index in 1...2 {
        let sigma = statistics.levels[index].sigmaProgrammed
        #expect(sigma < max(grain, tolerance / 3.0.squareRoot()) + 0.01)
        #expect(sigma < open.levels[index].sigmaProgrammed)
        #expect(abs(statistics.levels[index].mean - statistics.levels[index].target) < tolerance)
      }
      let pulses = try #require(statistics.programming.meanPulses)
      #expect(pulses > 1 && pulses < 17)
      let histogram = try #require(result.samples(bits: 2, scheme: .writeVerify)).pulseHistogram
      #expect(histogram.reduce(0, +) == 4 * result.devices * result.cycles)
      #expect(histogram.count <= 18)
    }
  }

  /// Quantiles run from the lowest to the highest sampled level, and the line through them has the sample's mean.
  @Test func quantilesHoldTheDistribution() throws {
    let result = try Ensembles.standard.get()[1]
    for scheme in [LevelStatistics.Programming.Scheme.openLoop, .writeVerify] {
      let statistics = try #require(result.levels(bits: 2, scheme: scheme))
      let samples = try #require(result.samples(bits: 2, scheme: scheme))
      for (level, positions) in zip(statistics.levels, samples.positions) {
        let list = level.quantiles
        #expect(list.count == 1025)
        #expect(list == list.sorted())
        #expect(list.first == positions.min() && list.last == positions.max())
        let mean = zip(list, list.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 } / 1024
        #expect(abs(mean - level.mean) < 0.05 * level.sigmaProgrammed)
      }
    }
  }

  /// The guards let the stated share of the junctions reach the outer levels, and no guard means the ends.
  @Test func guardsLeaveTheStatedShareInReach() throws {
    let spec = try Specs.fineGrained()
    var programming = ProgrammingSpec(maximumDrive: AnalyticEnsemble.highestDrive)
    let targets = programming.targets(levels: 4, scheme: .writeVerify, spec: spec)
    let tolerance = 0.25 * (targets[3] - targets[0]) / 3
    let sigma = spec.conductanceEndSigmas
    #expect(abs(Math.normalCDF((1 - (targets[3] - tolerance)) / sigma.high) - 0.99) < 1e-6)
    #expect(abs(Math.normalCDF((targets[0] + tolerance) / sigma.low) - 0.99) < 1e-6)
    programming.reach = 0.5
    #expect(programming.targets(levels: 4, scheme: .writeVerify, spec: spec) == [0, 1.0 / 3, 2.0 / 3, 1])
    #expect(programming.targets(levels: 2, scheme: .openLoop, spec: spec) == [0, 1])
  }

  /// The default amplitudes leave the default junction below breakdown.
  @Test func defaultWriteVoltageIsBelowBreakdown() throws {
    for result in try Ensembles.standard.get() {
      #expect(result.writeVolts < result.spec.junction.breakdownVolts)
      #expect(result.writeVolts > result.spec.criticalCurrentAmperes * result.spec.parallelOhms)
    }
  }

  /// Resistance-area product and area alone give the top open-loop level its spread between devices.
  @Test func deviceSpreadShowsAtTheTopLevel() throws {
    let result = try Ensembles.standard.get()[2]
    let top = try #require(result.levels(bits: 2, scheme: .openLoop)).levels[3]
    let expected = result.spec.conductanceEndSigmas.high
    #expect(abs(top.sigmaDeviceToDevice / expected - 1) < 0.25)
    #expect(top.sigmaCycleToCycle < 0.3 * expected)
  }

  @Test func resultDoesNotDependOnThreads() throws {
    let spec = try Specs.fineGrained(diameter: 30e-9)
    func run(_ threads: Int) throws -> DeviceCharacterization {
      try AnalyticEnsemble.characterize(
        spec: spec, bits: [1, 2], devices: 7, cycles: 3, seed: 5, threads: threads)
    }
    let one = try run(1)
    #expect(try run(2) == one)
    #expect(try run(5) == one)
  }

  /// What is reported for two bits does not depend on what else is asked for, and survives a file.
  @Test func reportsAreIndependentAndRoundTrip() throws {
    let spec = try Specs.fineGrained(diameter: 30e-9)
    let both = try AnalyticEnsemble.characterize(spec: spec, bits: [1, 2], devices: 5, cycles: 3, seed: 5)
    let one = try AnalyticEnsemble.characterize(spec: spec, bits: [2], devices: 5, cycles: 3, seed: 5)
    #expect(both.levels(bits: 2, scheme: .writeVerify) == one.levels(bits: 2, scheme: .writeVerify))
    let data = try ResultFile.encode(both)
    #expect(try ResultFile.decode(DeviceCharacterization.self, from: data, at: "x") == both)
  }
}

@Suite struct DeviceErrorTests {
  private func message(_ change: (inout DeviceSpec, inout ProgrammingSpec) -> Void, bits: [Int] = [2]) throws
    -> String
  {
    var spec = try Specs.fineGrained(diameter: 30e-9)
    var programming = ProgrammingSpec(maximumDrive: AnalyticEnsemble.highestDrive)
    change(&spec, &programming)
    do {
      _ = try AnalyticEnsemble.characterize(
        spec: spec, programming: programming, bits: bits, devices: 3, cycles: 2, seed: 1)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func impossibleValuesAreNamed() throws {
    #expect(
      try message { spec, _ in spec.dynamics.alpha = -1 }.contains("'dynamics.alpha' is -1.0; expected"))
    #expect(try message { spec, _ in spec.granular.diameterSigma = 0.4 }.contains("granular.diameterSigma"))
    #expect(try message { _, p in p.reach = 1 }.hasPrefix("programming: 'reach' is 1.0; expected 0.5 to"))
    #expect(try message({ _, _ in }, bits: [9]).contains("9 bits per cell; expected 1 to 4"))
  }

  @Test func unsuitableDevicesSayWhy() throws {
    #expect(try message { spec, _ in spec.film.interfaceAnisotropy = 0 }.contains("perpendicular anisotropy"))
    #expect(
      try message { spec, _ in
        spec.temperatureKelvin = 600; spec.granular.anisotropy = 1e5
      }.contains("holds no state"))
    #expect(try message { spec, _ in spec.dynamics.pulseWidthSeconds = 2e-10 }.contains("longer pulse"))
  }
}
