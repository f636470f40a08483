import Device
import Foundation
import Models
import Testing

/// Least squares, grain groups and the generator of junctions.
@Suite struct CompactGeneratorTests {
  private static func shipped() throws -> CompactModel {
    let url = try ModelLibrary.standard.url("granular-mtj/compact.json", in: "devices")
    return try ResultFile.decode(CompactModel.self, from: ResultFile.read(url), at: "compact.json")
  }

  /// Rosenbrock's valley ends at (1, 1); a wall of points that are not allowed is not crossed.
  @Test func leastSquaresFindsTheValley() {
    func valley(_ p: [Double]) -> [Double] { [10 * (p[1] - p[0] * p[0]), 1 - p[0]] }
    let free = LeastSquares.minimize(valley, from: [-1.2, 1])
    #expect(abs(free.point[0] - 1) < 1e-4 && abs(free.point[1] - 1) < 1e-4)
    let walled = LeastSquares.minimize({ $0[0] < 0.5 ? valley($0) : nil }, from: [-1.2, 1])
    #expect(walled.point[0] < 0.5 && walled.squares < 24.2)
  }

  /// Groups share the area by cosines, thresholds rise, and areas are weighted by area.
  @Test func groupsShareTheArea() {
    // Half of the area in grains of 0.05 that go first, half in grains of 0.1.
    var grains: [(threshold: Double, share: Double)] = []
    for index in 0..<10 { grains.append((threshold: 1 + Double(index) / 100, share: 0.05)) }
    for index in 0..<5 { grains.append((threshold: 2 + Double(index) / 100, share: 0.1)) }
    let groups = GrainGroups(grains, groups: 2)
    for weight in groups.weights { #expect(abs(weight - 0.5) < 1e-12) }
    let (thresholds, areas) = (groups.thresholds, groups.areas)
    #expect(abs(thresholds[0] - 1.045) < 1e-12)
    #expect(abs(thresholds[1] - 2.02) < 1e-12)
    #expect(abs(areas[1] / areas[0] - 2) < 1e-12)
    #expect(abs((areas[0] + areas[1]) / 2 - 1) < 1e-12)
    // Many equal grains: a quarter of the area, then a half, then a quarter.
    let equal = GrainGroups((0..<1000).map { (threshold: Double($0), share: 1e-3) }, groups: 3)
    for (weight, share) in zip(equal.weights, [0.25, 0.5, 0.25]) { #expect(abs(weight - share) < 2e-3) }
  }

  /// Lead of the film: none without current, towards the driven direction, of what has not yet turned.
  @Test func filmLeads() throws {
    let model = try Self.shipped()
    #expect(model.lead(drive: 0) == 0 && model.lead(drive: -1) == 0)
    let unit = model.leadStrength / (1 + model.leadStrength)
    #expect(abs(model.lead(drive: 1) - unit) < 1e-12)
    #expect(model.lead(drive: 100) < 1 && model.lead(drive: 100) > 0.99)
    // Nothing is ahead where everything has turned, nor where nothing drives.
    #expect(model.response(drive: 3, pulseSeconds: 8e-9).ahead < 1e-3)
    #expect(model.response(drive: 1e-3, pulseSeconds: 8e-9).ahead < 1e-6)
  }

  /// Every junction has a full set of grains: device-to-device spread below that of thresholds drawn independently.
  @Test func junctionsHaveTheWholeDistribution() throws {
    let model = try Self.shipped()
    let generator = CompactGenerator(model, seed: 3)
    var random = generator.stream(0)
    let means = (0..<400).map { _ in
      generator.grains(&random).reduce(0) { $0 + $1.share * $1.threshold }
    }
    let population = zip(model.weights, model.thresholds).reduce(0) { $0 + $1.0 * $1.1 }
    let square = zip(model.weights, model.thresholds).reduce(0) { $0 + $1.0 * pow($1.1 - population, 2) }
    let moments = try #require(Moments(means))
    #expect(abs(moments.mean - population) < 0.02)
    #expect(moments.standardDeviation < 0.5 * (square / Double(model.grains)).squareRoot())
  }

  /// The generator's mean is the rate equations' mean.
  @Test(arguments: [(0.55, 4e-9), (0.65, 4e-9), (0.75, 4e-9), (0.85, 2e-9)])
  func generatorHasTheMean(drive: Double, seconds: Double) throws {
    let model = try Self.shipped()
    let moments = CompactGenerator(model, seed: 3).moments(
      drive: drive, pulseSeconds: seconds, devices: 1500, cycles: 2)
    #expect(abs(moments.mean - model.meanReversedFraction(drive: drive, pulseSeconds: seconds)) < 0.02)
  }

  /// Instances scatter about the model: mean and spread of their own responses are those that frozen thresholds give,
  /// below the whole spread and above half of it.
  @Test func instancesScatter() throws {
    let model = try Self.shipped()
    let responses = (0..<400).map { index in
      let instance = model.instance(seed: 5, index: index)
      return instance.reversedFraction(
        drive: 0.66 * model.criticalCurrentAmperes / instance.criticalCurrentAmperes, pulseSeconds: 4e-9)
    }
    let moments = try #require(Moments(responses))
    #expect(abs(moments.mean - model.meanReversedFraction(drive: 0.66, pulseSeconds: 4e-9)) < 0.03)
    let whole = model.generatedSigma(drive: 0.66, pulseSeconds: 4e-9, seed: 5)
    #expect(moments.standardDeviation < whole && moments.standardDeviation > 0.5 * whole)
    #expect(model.instance(seed: 5, index: 3) == model.instance(seed: 5, index: 3))
    #expect(model.instance(seed: 5, index: 3) != model.instance(seed: 5, index: 4))
  }

  /// A pulse outside the fitted box is said so.
  @Test func rangeIsSaid() throws {
    let model = try Self.shipped()
    #expect(model.remark(drive: 0.7, pulseSeconds: 4e-9) == nil)
    #expect(try #require(model.remark(drive: 0.7, pulseSeconds: 2e-8)).contains("2 to 8 ns"))
  }

  /// Of junctions of 0.9 and 1.1 times the nominal resistance, a current between their limits breaks the first alone.
  @Test func breakdownIsCounted() throws {
    let spec = try Specs.standard()
    let range = spec.junction.tmrZeroBias / (1 + spec.junction.tmrZeroBias)
    func levels(_ conductance: Double) -> (low: Double, high: Double) {
      let low = (conductance / (1 + spec.junction.tmrZeroBias) - 1 + range) / range
      return (low, (conductance - 1 + range) / range)
    }
    let pair = [levels(1 / 0.9), levels(1 / 1.1)]
    func volts(_ amperes: Double) -> Double {
      spec.junctionVolts(currentAmperes: amperes, antiparallelFraction: 1)
    }
    // The current that makes the breakdown voltage across the nominal junction.
    var (low, high) = (0.0, 1e-2)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if volts(middle) < spec.junction.breakdownVolts { low = middle } else { high = middle }
    }
    #expect(spec.shareAboveBreakdown(pair, currentAmperes: low).value == 0.5)
    #expect(spec.shareAboveBreakdown(pair, currentAmperes: low / 1.2).value == 0)
    #expect(spec.shareAboveBreakdown(pair, currentAmperes: low * 1.2).value == 1)
  }
}
