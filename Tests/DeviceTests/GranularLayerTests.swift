import Device
import Foundation
import Models
import Testing

@Suite struct ConvexPolygonTests {
  /// A square cut by a half plane and by a disc, against elementary geometry.
  @Test func areasOfCuts() {
    var square = ConvexPolygon(squareAround: .zero, halfEdge: 1)
    #expect(abs(square.area - 4) < 1e-14)
    #expect(abs(square.area(insideDiscOf: 1) - Double.pi) < 1e-12)
    #expect(abs(square.area(insideDiscOf: 2) - 4) < 1e-12)
    // Square of half edge 1 in a disc of radius 1.2: the disc less four caps.
    let angle = acos(1 / 1.2)
    let cap = 1.44 * (angle - sin(angle) * cos(angle))
    #expect(abs(square.area(insideDiscOf: 1.2) - (Double.pi * 1.44 - 4 * cap)) < 1e-12)
    square.clip(normal: SIMD2(1, 0), offset: 0.25)
    #expect(abs(square.area - 2.5) < 1e-14)
    square.clip(normal: SIMD2(1, 0), offset: -2)
    #expect(square.area == 0 && square.area(insideDiscOf: 1) == 0)
  }

  /// A polygon far from the disc shares nothing with it; one that holds it shares all of it.
  @Test func discOutsideAndInside() {
    let far = ConvexPolygon(squareAround: SIMD2(5, 5), halfEdge: 1)
    #expect(abs(far.area(insideDiscOf: 1)) < 1e-12)
    let wide = ConvexPolygon(squareAround: SIMD2(0.3, -0.2), halfEdge: 4)
    #expect(abs(wide.area(insideDiscOf: 1) - Double.pi) < 1e-12)
  }
}

@Suite struct VoronoiCellsTests {
  private func cells(sigma: Double, radius: Double = 30 * 8e-9) -> [VoronoiCells.Cell] {
    var random = KeyedRandom(seed: 5, stage: "test.cells")
    return VoronoiCells(
      pitch: 8e-9, diameterSigma: sigma, boundary: 1e-9, radius: radius, random: &random
    ).cells
  }

  private func diameterSpread(_ cells: [VoronoiCells.Cell]) throws -> Double {
    let moments = try #require(Moments(cells.filter { !$0.isCut }.map { $0.fullArea.squareRoot() }))
    return moments.standardDeviation / moments.mean
  }

  /// The spread of the equivalent diameter of whole grains is the specified one: 3,000 cells, so that 5 %
  /// are four standard errors.
  @Test(arguments: [0.05, 0.10, 0.15, 0.20, 0.24])
  func spreadOfDiameterIsAsSpecified(sigma: Double) throws {
    #expect(abs(try diameterSpread(cells(sigma: sigma)) / sigma - 1) < 0.05)
  }

  /// First-order theory of a disturbed hexagonal lattice: sigma_D / D = jitter / sqrt(6).
  @Test func smallJitterFollowsFirstOrderTheory() {
    #expect(abs(VoronoiCells.jitter(forDiameterSigma: 0.01) / (0.01 * 6.0.squareRoot()) - 1) < 0.05)
  }

  /// A perfect lattice has hexagons of area sqrt(3)/2 p^2, whose grains cover ((p - b)/p)^2 of it.
  @Test func perfectLatticeIsHexagonal() {
    let whole = cells(sigma: 0).filter { !$0.isCut }
    let hexagon = 3.0.squareRoot() / 2 * 64e-18
    #expect(whole.allSatisfy { abs($0.fullArea / hexagon - 1) < 1e-9 })
    #expect(whole.allSatisfy { abs($0.core / $0.area - 49.0 / 64) < 1e-9 })
  }

  /// The cells tile the disc, whatever the disorder.
  @Test(arguments: [0.0, 0.15, 0.25])
  func cellsTileTheDisc(sigma: Double) {
    let radius = 25e-9
    let area = cells(sigma: sigma, radius: radius).reduce(0) { $0 + $1.area }
    #expect(abs(area / (Double.pi * radius * radius) - 1) < 1e-9)
  }
}

@Suite struct GranularLayerTests {
  /// Weights sum to 1; a 50 nm junction of 8 nm pitch holds the area of about 35 whole grains.
  @Test func weightsAndGrainCount() throws {
    let spec = try Specs.fineGrainedWithoutDeviceSpread()
    let counts = (0..<200).map { index -> Double in
      let layer = Junction(spec: spec, seed: 2, index: index).layer
      #expect(abs(layer.grains.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
      return layer.effectiveGrains
    }
    let mean = try #require(Estimate.mean(counts)).value
    #expect(abs(mean - 35) < 3.5)
  }

  /// N_eff of the prototype: 15, 38 and 83 at 30, 50 and 75 nm.
  @Test(arguments: zip([30e-9, 50e-9, 75e-9], [15.0, 38, 83]))
  func effectiveGrainsOfThePrototype(diameter: Double, grains: Double) throws {
    let spec = try Specs.prototype(diameter: diameter)
    let mean =
      (0..<100).reduce(0) { $0 + Junction(spec: spec, seed: 3, index: $1).layer.effectiveGrains } / 100
    #expect(abs(mean / grains - 1) < 0.1)
  }

  /// Without spread every whole grain is the mean grain, and cut ones have stability in proportion to volume.
  @Test func grainsOfAPerfectLattice() throws {
    var spec = try Specs.fineGrainedWithoutDeviceSpread(diameter: 75e-9)
    spec.granular.anisotropySigma = 0
    spec.granular.diameterSigma = 0
    let layer = Junction(spec: spec, seed: 1, index: 0).layer
    let mean = spec.meanGrain
    for grain in layer.grains where !grain.isCut {
      #expect(abs(grain.threshold - 1) < 1e-9)
      #expect(abs(grain.stability / spec.grainStability - 1) < 1e-9)
      #expect(abs(grain.dampingRateHertz / mean.dampingRateHertz - 1) < 1e-9)
    }
    for grain in layer.grains {
      let area = grain.weight * spec.areaSquareMetres
      let expected =
        grain.threshold * spec.totalAnisotropyPerArea * area
        / (PhysicalConstants.boltzmann * spec.temperatureKelvin)
      #expect(abs(grain.stability / expected - 1) < 1e-3)
    }
  }

  /// Relative spread of the junction's conductance: RA and area in quadrature.
  @Test func spreadBetweenJunctions() throws {
    let spec = try Specs.fineGrained(diameter: 30e-9)
    let highs = (0..<400).map { Junction(spec: spec, seed: 4, index: $0).high }
    let sigma = try #require(Estimate.standardDeviation(highs, confidence: 0.999))
    let expected = (0.03 * 0.03 + 0.04 * 0.04).squareRoot() * 2.2 / 1.2
    #expect(sigma.low < expected && expected < sigma.high)
    #expect(abs(spec.conductanceEndSigmas.high - expected) < 1e-12)
  }
}
