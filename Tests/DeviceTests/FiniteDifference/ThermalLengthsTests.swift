import Device
import Foundation
import Models
import Testing

/// What thermal waves shorter than a grain take of its moment.
@Suite struct ThermalLengthsTests {
  private static func spec(stiffness: Double) throws -> DeviceSpec {
    var spec = try Specs.withoutDeviceSpread(diameter: 40e-9)
    spec.film.exchangeStiffness = stiffness
    spec.granular.anisotropySigma = 0
    return spec
  }

  /// Moment of the film in a grain over that of its cells at temperature, mean over grains by area and time.
  private static func length(on magnet: Micromagnet, kelvin: Double) -> Double {
    let field = magnet.largestFieldTesla
    let step = 0.1 / (magnet.gyromagneticRatio * field)
    let solver = MicromagneticSolver(magnet, along: SIMD3(0, 0, -1))
    let noise = solver.noise(
      ThermalField(kelvin: kelvin, seed: 5, item: 1), stepSeconds: step, demagnetizationSteps: 8)
    noise.advance(steps: 2000)
    let plane = magnet.mesh.plane
    var (sum, weight) = (0.0, 0.0)
    for _ in 0..<60 {
      noise.advance(steps: 150)
      let m = solver.magnetization
      var moments: [Int: (vector: SIMD3<Double>, cells: Double)] = [:]
      for cell in 0..<plane where magnet.grains[cell + plane] >= 0 {
        moments[magnet.grains[cell + plane], default: (.zero, 0)].vector +=
          m[cell] * magnet.saturationMagnetizations[cell]
        moments[magnet.grains[cell + plane]]?.cells += magnet.saturationMagnetizations[cell]
      }
      for moment in moments.values {
        sum += (moment.vector * moment.vector).sum().squareRoot()
        weight += moment.cells
      }
    }
    return sum / weight
  }

  /// The closed form against the mesh at temperature: soft, middle and stiff films, with the parameters it gives.
  @Test(arguments: [1e-12, 5e-12, 20e-12])
  func grainsKeepTheirMoment(stiffness: Double) throws {
    let spec = try Self.spec(stiffness: stiffness)
    let junction = GrainJunction(
      spec: spec, seed: 1, index: 0, tensors: GrainJunction.tensors(for: spec))
    var cut = JunctionMesh()
    cut.lengths = try ThermalLengths(
      of: spec, cellMetres: cut.cellMetres, granularStiffness: cut.granularStiffness)
    var magnet = Micromagnet(spec: spec, layout: junction.layout, mesh: cut)
    // The equilibrium does not know of the damping, and a large one reaches it sooner.
    magnet.dampings = magnet.dampings.map { _ in 0.3 }
    let length = Self.length(on: magnet, kelvin: spec.temperatureKelvin)
    #expect(abs(length / cut.lengths.film - 1) < 0.03)
    // With the device's own parameters in the cells a soft film loses more than that.
    #expect(cut.lengths.film < 1 && cut.lengths.grains > cut.lengths.film)
  }

  /// Nothing is lost without temperature, nor on cells as large as grains; more on finer cells and in softer films.
  @Test func limits() throws {
    func lengths(_ cell: Double, _ change: (inout DeviceSpec) -> Void = { _ in }) throws -> ThermalLengths {
      var spec = try Self.spec(stiffness: 5e-12)
      change(&spec)
      return try ThermalLengths(of: spec, cellMetres: cell, granularStiffness: 1e-11)
    }
    let usual = try lengths(2e-9)
    #expect(abs(try lengths(2e-9) { $0.temperatureKelvin = 1e-6 }.film - 1) < 1e-8)
    let area = 3.0.squareRoot() / 2 * 1e-16
    #expect(try lengths(area.squareRoot()) == .none)
    #expect(try lengths(1e-9).film < usual.film)
    #expect(try lengths(2e-9) { $0.film.exchangeStiffness = 1e-12 }.film < usual.film)
    // Cells that feel nothing of each other: 1 / (1 + kT / E) of a cell, the share of the waves that are shorter than a grain.
    let alone = try lengths(2e-9) {
      $0.film.exchangeStiffness = 0
      $0.coupling.interlayerExchange = 0.1
    }
    let energy =
      (0.1 * 0.81 + 2 * (1.1e-3 - 2e-7 * Double.pi * 1.1e6 * 1.1e6 * 1e-9)) * 4e-18
    let kT = 1.380649e-23 * 300
    #expect(abs(1 / alone.film - 1 - kT / energy * (1 - 4e-18 / area)) < 1e-6)
    #expect(throws: DeviceError.self) {
      try lengths(1e-9) {
        $0.film.exchangeStiffness = 0
        $0.coupling.interlayerExchange = 0
      }
    }
  }
}
