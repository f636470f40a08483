import Device
import Foundation
import Models
import Testing

/// Ensembles under the grain engine that several tests look at, sampled once.
enum GrainEnsembles {
  static func sampling(devices: Int, cycles: Int, currents: Int) -> GrainSampling {
    GrainSampling(
      devices: devices, cycles: cycles, currents: currents, staircases: false, retentionDevices: 0)
  }

  struct Sampled: Sendable {
    let ensemble: GrainEnsemble
    let plan: GrainEnsemble.Plan
    let samples: [GrainEnsemble.Sample]

    /// Mean and total standard deviation at each current.
    var points: [(mean: Double, sigma: Double)] {
      plan.drives.indices.map { drive in
        let all = samples.flatMap { $0.curve[drive] }
        let moments = Moments(all)
        return (moments?.mean ?? 0, moments?.standardDeviation ?? 0)
      }
    }

    var effectiveGrains: Double { samples.reduce(0) { $0 + $1.effectiveGrains } / Double(samples.count) }

    /// Mean over the middle currents of the variance over that of independent grains.
    var cooperation: Double {
      let middle = points.filter { (0.25...0.75).contains($0.mean) }
      return middle.reduce(0) { $0 + $1.sigma * $1.sigma * effectiveGrains / ($1.mean * (1 - $1.mean)) }
        / Double(middle.count)
    }

    /// Standard deviation at half reversal, by straight lines.
    var sigmaAtHalf: Double {
      let points = points
      guard let above = points.firstIndex(where: { $0.mean >= 0.5 }), above > 0 else { return .nan }
      let (a, b) = (points[above - 1], points[above])
      return a.sigma + (0.5 - a.mean) / (b.mean - a.mean) * (b.sigma - a.sigma)
    }
  }

  static func sample(
    diameter: Double, _ sampling: GrainSampling, _ change: (inout DeviceSpec) -> Void = { _ in }
  ) throws -> Sampled {
    var spec = try Specs.withoutDeviceSpread(diameter: diameter)
    change(&spec)
    let ensemble = try GrainEnsemble(spec: spec, sampling: sampling, seed: 5)
    let plan = try ensemble.plan(threads: 2)
    return Sampled(ensemble: ensemble, plan: plan, samples: ensemble.samples(plan: plan, threads: 2))
  }

  /// Independent grains that are all alike but for their area: no exchange, no dipoles, no disorder.
  static func independent(_ spec: inout DeviceSpec) {
    spec.film.exchangeStiffness = 0
    spec.coupling.dipoles = 0
    spec.granular.anisotropySigma = 0
  }

  static let diameters = [30e-9, 50e-9, 75e-9]
  static let standard = Result {
    let amounts = [
      sampling(devices: 24, cycles: 8, currents: 8), sampling(devices: 16, cycles: 4, currents: 8),
      sampling(devices: 10, cycles: 4, currents: 8),
    ]
    return try zip(diameters, amounts).map { try sample(diameter: $0, $1) }
  }
  /// For variances of small junctions: 30 nm.
  static let many = sampling(devices: 40, cycles: 8, currents: 6)
  static let uncoupled = Result { try sample(diameter: 30e-9, many, independent) }
}

@Suite struct GrainEnsembleTests {
  /// The mean rises with the current from nothing to nearly everything, in equal steps by choice of the currents.
  @Test func responseIsMonotone() throws {
    for sampled in try GrainEnsembles.standard.get() {
      let points = sampled.points
      for (low, high) in zip(points, points.dropFirst()) { #expect(high.mean > low.mean - 0.02) }
      #expect(points[0].mean < 0.2)
      #expect(points[points.count - 1].mean > 0.95)
    }
  }

  /// Grains that know nothing of each other: variance F (1 - F) / N_eff, within the error of a variance of 40 junctions.
  @Test func independentGrainsAreBinomial() throws {
    let sampled = try GrainEnsembles.uncoupled.get()
    #expect(abs(sampled.cooperation - 1) < 0.25)
  }

  /// Exchange between grains raises the spread, dipoles lower it: composite grains of the design study's prototype, film
  /// and grain coupled so strongly that they turn as one.
  @Test func exchangeRaisesAndDipolesLowerTheSpread() throws {
    func cooperation(exchange: Double, dipoles: Double) throws -> Double {
      var spec = try Specs.prototype(diameter: 30e-9)
      spec.film.exchangeStiffness = 0
      spec.coupling.interlayerExchange = 8e-3
      spec.coupling.intergrainExchange = exchange
      spec.coupling.dipoles = dipoles
      let point = try DesignPoint(
        spec: spec, devices: 16, cycles: 4, currents: 12, highestDrive: 1.1, seed: 3, threads: 2)
      return try #require(point.cooperation)
    }
    let alone = try cooperation(exchange: 0, dipoles: 0)
    #expect(try cooperation(exchange: 1e-3, dipoles: 0) > 1.3 * alone)
    #expect(try cooperation(exchange: 0, dipoles: 1) < 0.75 * alone)
  }

  /// The ends are tight, the middle is noisier: more than three times, at the highest current and after a reset.
  @Test func endsAreTighterThanTheMiddle() throws {
    for sampled in try GrainEnsembles.standard.get() {
      let last = try #require(sampled.points.last)
      #expect(sampled.sigmaAtHalf > 3 * last.sigma)
    }
    let sampled = try GrainEnsembles.standard.get()[1]
    let resets = (0..<8).flatMap { index -> [Double] in
      sampled.ensemble.junction(index).run(
        drives: [[Double]](repeating: [-sampled.ensemble.programming.maximumDrive], count: 16),
        shape: sampled.ensemble.pulseShape, fromParallel: true,
        streams: (0..<16).map { KeyedRandom(seed: 5, stage: "test.reset", item: UInt64(index << 8 | $0)) }
      ).map { $0[0].fraction }
    }
    let moments = try #require(Moments(resets))
    #expect(moments.mean < 0.05)
    #expect(sampled.sigmaAtHalf > 3 * moments.standardDeviation)
  }

  /// The design study's prototype without dipoles at 50 nm: 0.08 at half reversal within 20 %.
  @Test func prototypeSpreads() throws {
    var spec = try Specs.prototype(diameter: 50e-9)
    spec.film.exchangeStiffness = 0
    spec.coupling.interlayerExchange = 8e-3
    spec.coupling.dipoles = 0
    let point = try DesignPoint(
      spec: spec, devices: 16, cycles: 4, currents: 8, highestDrive: 0.9, seed: 3, threads: 2)
    let cooperation = try #require(point.cooperation)
    let sigma = (cooperation / 4 / point.effectiveGrains).squareRoot()
    #expect(abs(sigma / 0.08 - 1) < 0.2)
  }

  /// Spread against diameter falls as its inverse: slope -1 +- 0.25 on logarithmic scales.
  @Test func spreadFallsWithTheDiameter() throws {
    let sigmas = try GrainEnsembles.standard.get().map { log($0.sigmaAtHalf) }
    let line = try #require(Statistics.line(GrainEnsembles.diameters.map { log($0) }, sigmas))
    #expect(abs(line.slope + 1) < 0.25)
  }

  /// The state does not depend on the time step: half of it gives the same mean within four standard errors.
  @Test func resultsDoNotDependOnTheTimeStep() throws {
    let spec = try Specs.withoutDeviceSpread(diameter: 30e-9)
    let tensors = GrainJunction.tensors(for: spec)
    func means(_ share: Double) -> [Double] {
      (0..<6).map { index in
        let whole = GrainJunction(spec: spec, seed: 2, index: index, tensors: tensors).kernel.stepSeconds
        let junction = GrainJunction(
          spec: spec, seed: 2, index: index, tensors: tensors, stepSeconds: whole * share)
        var sum = 0.0
        for batch in 0..<4 {
          let streams = (0..<16).map {
            KeyedRandom(seed: 2, stage: "test.step \(share)", item: UInt64(index * 100 + batch * 16 + $0))
          }
          sum +=
            junction.run(
              drives: [[Double]](repeating: [0.75], count: 16), shape: PulseShape(widthSeconds: 4e-9),
              streams: streams
            ).reduce(0) { $0 + $1[0].fraction } / 64
        }
        return sum
      }
    }
    let difference = zip(means(1), means(0.5)).map { $0 - $1 }
    let moments = try #require(Moments(difference))
    #expect(abs(moments.mean) < 4 * 0.12 / (6 * 64.0).squareRoot() * 2.0.squareRoot())
  }

  @Test func samplesDoNotDependOnThreads() throws {
    let sampling = GrainSampling(devices: 3, cycles: 2, currents: 4, retentionDevices: 1)
    let ensemble = try GrainEnsemble(spec: Specs.standard(diameter: 20e-9), sampling: sampling, seed: 8)
    let plan = try ensemble.plan(threads: 1)
    #expect(try ensemble.plan(threads: 2) == plan)
    let one = ensemble.samples(plan: plan, threads: 1)
    #expect(ensemble.samples(plan: plan, threads: 3) == one)
    #expect(ensemble.sample(junction: 2, plan: plan) == one[2])
    let data = try JSONEncoder().encode(one)
    #expect(try JSONDecoder().decode([GrainEnsemble.Sample].self, from: data) == one)
  }

  /// A film that leaves its grains behind is named.
  @Test func filmAloneIsNamed() throws {
    var spec = try Specs.standard(diameter: 30e-9)
    spec.coupling.interlayerExchange = 0.5e-3
    let ensemble = try GrainEnsemble(spec: spec, seed: 1)
    do {
      _ = try ensemble.plan(threads: 2)
      Issue.record("expected an error")
    } catch {
      #expect("\(error)".contains("the film alone goes over"))
    }
  }
}

/// The fitted junction that comes with the program against pulses that it was not fitted to.
@Suite struct CompactFitTests {
  private static func shipped() throws -> CompactModel {
    let url = try ModelLibrary.standard.url("granular-mtj/compact.json", in: "devices")
    return try ResultFile.decode(CompactModel.self, from: ResultFile.read(url), at: "compact.json")
  }

  /// Residuals of the fit itself, over three pulse widths and two temperatures.
  @Test func residualsAreStated() throws {
    let model = try Self.shipped()
    let fit = try #require(model.fit)
    #expect(fit.rootMeanSquare < 0.015 && fit.largest < 0.03)
    #expect(try abs(#require(fit.sigmaRatio) - 1) < 0.15)
    // The sample's own error is 0.1 of it.
    #expect(try #require(fit.sigmaScatter) < 0.2)
    // Film and grains differ by up to 0.09 of the area.
    #expect(fit.leadRootMeanSquare < 0.015)
    #expect(fit.pulseSeconds == [2e-9, 8e-9] && fit.kelvin == [300, 358])
    #expect(abs(model.weights.reduce(0, +) - 1) < 1e-12)
    for (low, high) in zip(model.thresholds, model.thresholds.dropFirst()) { #expect(high > low + 0.01) }
    #expect(model.covers(drive: 0.6, pulseSeconds: 3e-9) && !model.covers(drive: 0.6, pulseSeconds: 2e-8))
    #expect(!model.at(kelvin: 420).covers(drive: 0.6, pulseSeconds: 3e-9))
    #expect(abs(model.at(kelvin: 330).at(kelvin: 300).stability / model.stability - 1) < 1e-12)
  }

  /// Pulses of 3 ns at 330 K and 6 ns at 310 K on junctions of another seed: mean within 3 %, standard deviation of all
  /// currents together within 15 %, of one alone within 30 %.
  ///
  /// Each beside the error of the sample: a standard deviation of 40 junctions is known to 8 to 11 %.
  @Test(arguments: [(3e-9, 330.0, [0.6, 0.7, 0.76, 0.84]), (6e-9, 310, [0.52, 0.58, 0.64, 0.72])])
  func heldOutPulses(seconds: Double, kelvin: Double, drives: [Double]) throws {
    let model = try Self.shipped().at(kelvin: kelvin)
    let ensemble = try GrainEnsemble(spec: Specs.standard(), seed: 77)
    let response = ensemble.respond(
      pulseSeconds: seconds, kelvin: kelvin, drives: drives, junctions: 40, cycles: 4, stage: "test.heldOut",
      threads: 2)
    var (engine, generator) = (0.0, 0.0)
    for (index, drive) in drives.enumerated() {
      let sample = NestedSample(response.fractions.map { $0[index] })
      let error = (sample.mean.high - sample.mean.low) / 2
      let expected = model.meanResponse(drive: response.nominal(drive), pulseSeconds: seconds)
      #expect(abs(expected.reversed - sample.mean.value) < 0.03 + error)
      #expect(abs(expected.ahead - response.leads[index]) < 0.02)
      let generated = model.generatedSigma(
        drive: response.nominal(drive), pulseSeconds: seconds, seed: 5)
      #expect(abs(generated / response.sigmas[index] - 1) < 0.3 + 0.11)
      engine += pow(response.sigmas[index], 2)
      generator += pow(generated, 2)
    }
    #expect(abs((generator / engine).squareRoot() - 1) < 0.15 + 0.08)
  }

  /// A response made by a known model is fitted back: mean, lead and spread.
  @Test func fitFindsTheModel() throws {
    let ensemble = try GrainEnsemble(spec: Specs.standard(), seed: 1)
    var known = try Self.shipped()
    known.leadStrength = 0.5
    known.leadExponent = 2
    known.grains = 30
    known.fit?.areaSigma = 0
    let generator = CompactGenerator(known, seed: 9)
    // Grains with thresholds that are somewhat off.
    let samples = (0..<40).map { index -> GrainEnsemble.Sample in
      var random = generator.stream(index)
      let grains = generator.grains(&random)
      return GrainEnsemble.Sample(
        weights: grains.map(\.share), medianDrives: grains.map { 0.8 * $0.threshold + 0.1 })
    }
    let drives = [0.45, 0.55, 0.65, 0.75, 0.9, 1.1]
    let pulses: [(Double, Double)] = [(4e-9, 300), (2e-9, 300), (8e-9, 300), (4e-9, 358)]
    let conditions = pulses.map { seconds, kelvin in
      let warm = CompactGenerator(known.at(kelvin: kelvin), seed: 10)
      return CompactFit.Condition(
        pulseSeconds: seconds, kelvin: kelvin, drives: drives,
        fractions: warm.fractions(drives: drives, pulseSeconds: seconds, devices: 200, cycles: 4),
        leads: drives.map { known.at(kelvin: kelvin).response(drive: $0, pulseSeconds: seconds).ahead })
    }
    let found = CompactFit.fit(ensemble, samples: samples, conditions: conditions)
    let fit = try #require(found.fit)
    #expect(fit.rootMeanSquare < 0.01 && fit.leadRootMeanSquare < 0.005)
    #expect(try abs(#require(fit.sigmaRatio) - 1) < 0.1)
    #expect(try #require(fit.sigmaScatter) < 0.15)
    // A pulse that took no part.
    for drive in [0.5, 0.6, 0.7, 0.8] {
      let (a, b) = (found.at(kelvin: 320), known.at(kelvin: 320))
      let (one, other) = (
        a.response(drive: drive, pulseSeconds: 3e-9), b.response(drive: drive, pulseSeconds: 3e-9)
      )
      #expect(abs(one.reversed - other.reversed) < 0.02 && abs(one.ahead - other.ahead) < 0.01)
    }
  }
}

@Suite struct GrainSystemTests {
  private static func system() throws -> GrainSystem {
    try GrainSystem(spec: Specs.standard(diameter: 20e-9), seed: 6, index: 0, antiparallel: true)
  }

  private static func step(_ time: Double, _ seconds: Double, drive: Double = -0.5) -> CoupledStep {
    CoupledStep(time: time, seconds: seconds, inputsBefore: [drive], inputsAfter: [drive])
  }

  /// An attempt changes nothing: the same step again gives the same outputs, and so does the commit after it.
  @Test func attemptsLeaveNoTrace() throws {
    var system = try Self.system()
    let start = system.start()
    #expect(start[0] > 0.95 && abs(start[1] - 1) < 1e-9)
    let first = system.attempt(Self.step(0, 4e-12))
    #expect(system.start() == start)
    #expect(system.attempt(Self.step(0, 4e-12)) == first)
    system.commit(Self.step(0, 4e-12))
    #expect(system.start() == first.outputs)
  }

  /// Steps that are too long are refused with the length that the grains vouch for.
  @Test func longStepsAreShortened() throws {
    var system = try Self.system()
    let attempt = system.attempt(Self.step(0, 50e-12))
    #expect(attempt.longestStepSeconds == 5e-12)
    #expect(attempt.outputs == system.start())
  }

  /// Thermal equilibrium does not depend on whether steps are rejected: film's mean deviation from the axis over 2 ns.
  @Test func rejectionDoesNotChooseTheNoise() throws {
    func deviation(rejecting: Bool, replica: Int) throws -> Double {
      var system = try GrainSystem(
        spec: Specs.standard(diameter: 20e-9), seed: 6, index: 0, replica: replica, antiparallel: true)
      var (time, sum) = (0.0, 0.0)
      for index in 0..<500 {
        if rejecting {
          _ = system.attempt(Self.step(time, 5e-12, drive: 0))
          _ = system.attempt(Self.step(time, 3e-12, drive: 0))
        }
        let length = 4e-12
        system.commit(Self.step(time, length, drive: 0))
        time += length
        if index >= 100 { sum += (1 - system.start()[0]) / 400 }
      }
      return sum
    }
    let plain = try (0..<12).map { try deviation(rejecting: false, replica: $0) }
    let rejecting = try (12..<24).map { try deviation(rejecting: true, replica: $0) }
    let (a, b) = (try #require(Moments(plain)), try #require(Moments(rejecting)))
    // Film at rest counts as wholly antiparallel; it moves nonetheless.
    #expect(abs(a.mean) < 0.004 && a.standardDeviation > 1e-5)
    let error = ((pow(a.standardDeviation, 2) + pow(b.standardDeviation, 2)) / 12).squareRoot()
    #expect(abs(a.mean - b.mean) < 4 * error)
  }
}
