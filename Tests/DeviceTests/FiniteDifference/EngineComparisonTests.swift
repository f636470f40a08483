import Device
import Foundation
import Models
import Testing

/// The grain engine beside the mesh: couplings and responses.
@Suite struct EngineComparisonTests {
  private static func spec() throws -> DeviceSpec {
    var spec = try Specs.standard(diameter: 25e-9)
    spec.spread.diameter = 0
    return spec
  }

  /// Where the film cannot turn over any distance, both engines have the same dipoles: prism tensors of the same bodies.
  @Test func dipolesAreThoseOfTheMesh() throws {
    var spec = try Self.spec()
    spec.film.exchangeStiffness = 1e-14
    spec.coupling.interlayerExchange = 5e-3
    spec.granular.boundaryMetres = 1e-11
    var sampling = CouplingFit.Sampling()
    sampling.junctions = 2
    sampling.patterns = 10
    sampling.cellMetres = 1e-9
    let fit = try CouplingFit(spec: spec, seed: 1, sampling: sampling)
    #expect(abs(fit.dipoles.value - 1) < 0.03)
    #expect(fit.residualKT < 0.02 * fit.scaleKT)
    #expect(fit.patterns.count == 20)
    #expect(fit.unsettled == 0)
    // What is fitted is what is left.
    let squares = fit.patterns.reduce(0) { $0 + pow($1.grainsKT - $1.cellsKT, 2) }
    #expect(abs((squares / 20).squareRoot() / fit.residualKT - 1) < 1e-9)
    #expect(fit.residualKT < fit.unfittedResidualKT)
  }

  /// A device whose couplings are the fitted ones is fitted by 1.
  @Test func fitsAreFixedPoints() throws {
    var sampling = CouplingFit.Sampling()
    sampling.junctions = 2
    sampling.patterns = 8
    sampling.cellMetres = 1e-9
    let first = try CouplingFit(spec: Self.spec(), seed: 2, sampling: sampling, threads: 2)
    let second = try CouplingFit(spec: first.fitted, seed: 2, sampling: sampling)
    #expect(abs(second.filmExchange.value - 1) < 1e-3)
    #expect(abs(second.dipoles.value - 1) < 1e-3)
    #expect(abs(second.residualKT - first.residualKT) < 1e-6 * first.scaleKT)
  }

  /// Dipoles that drown in a stiff film's exchange are held and said so; what is left is the better for one factor alone.
  @Test func undeterminedFactorsAreHeld() throws {
    var spec = try Self.spec()
    spec.film.exchangeStiffness = 20e-12
    spec.film.saturationMagnetization = 8e5
    spec.granular.saturationMagnetization = 3e5
    spec.coupling.dipoles = 1e-3
    var sampling = CouplingFit.Sampling()
    sampling.junctions = 2
    sampling.patterns = 8
    sampling.cellMetres = 2e-9
    let fit = try CouplingFit(spec: spec, seed: 1, sampling: sampling)
    #expect(fit.dipoles == .exact(1))
    #expect(fit.fitted.coupling.dipoles == spec.coupling.dipoles)
    #expect(fit.filmExchange.samples == 16 && fit.filmExchange.high < 4 * fit.filmExchange.low)
    #expect(fit.residualKT < fit.unfittedResidualKT)
  }

  /// Half way up: grains of one pulse, the film with them but for the walls between antiparallel ones.
  @Test func layersStandHalfWay() throws {
    let spec = try Specs.standard()
    let state = try LayerState.halfway(of: spec, seed: 1)
    #expect(abs(state.share - 0.5) < 0.15)
    #expect(state.nx == state.ny && state.film.count == state.nx * state.ny && state.cellMetres == 1e-9)
    let area = Double(state.film.count { $0 != .zero }) * 1e-18
    #expect(abs(area / (Double.pi * 25e-9 * 25e-9) - 1) < 0.15)
    let up = zip(state.film, state.grains).filter { $0.1.z > 0 }
    #expect(abs(Double(up.count) * 1e-18 / area - state.share) < 0.1)
    let along = zip(state.film, state.grains).map { $0.z * $1.z }
    let walls = along.count { $0 != 0 && $0 < 0.9 }
    #expect(walls > 20 && walls < along.count / 3)
    // In the tip of a grain the film may follow its neighbours.
    #expect(along.count { $0 < -0.5 } < along.count / 100)
    for m in state.film where m != .zero { #expect(abs((m * m).sum() - 1) < 3e-3) }
    #expect(state == (try LayerState.halfway(of: spec, seed: 1)))
    #expect(try VectorFieldFile(state.filmFile.data).values == state.film)
  }

  /// Half of the area lies on the line between the currents beside it, and nowhere if it is not reached.
  @Test func halfIsBetweenTheCurrents() throws {
    func crossing(_ low: [Double], _ high: [Double]) -> HalfCrossing {
      HalfCrossing([(0.6, low), (0.8, high)], seed: 1, item: 0)
    }
    let sharp = try #require(crossing([0.25, 0.25], [0.75, 0.75]).estimate)
    #expect(abs(sharp.value - 0.7) < 1e-12 && abs(sharp.low - 0.7) < 1e-12 && abs(sharp.high - 0.7) < 1e-12)
    let scattered = try #require(crossing([0.2, 0.3], [0.65, 0.85]).estimate)
    #expect(abs(scattered.value - 0.7) < 1e-12)
    #expect(scattered.low < 0.7 && scattered.high > 0.7)
    #expect(crossing([0.1, 0.1], [0.4, 0.4]).estimate == nil)
    #expect(crossing([0.6, 0.6], [0.9, 0.9]).estimate == nil)
    // Reached by the mean, but not by a tenth of the resamples.
    #expect(crossing([0.1, 0.1], [0.3, 0.8]).estimate == nil)
    let ratio = try #require(
      crossing([0.25, 0.25], [0.75, 0.75]).ratio(to: crossing([0, 0], [0.5, 0.5])))
    #expect(abs(ratio.value - 0.7 / 0.8) < 1e-12)
  }

  /// Grows from nothing to much with the current, whatever the number of threads, and comes back from its file.
  @Test func responsesAreReproducible() throws {
    var sampling = EngineComparison.Sampling()
    sampling.drives = [0.2, 1.2]
    sampling.pulses = 2
    sampling.grainPulses = 20
    sampling.cellMetres = 5e-9
    sampling.couplingJunctions = 1
    sampling.couplingPatterns = 6
    let one = try EngineComparison(spec: Self.spec(), seed: 3, sampling: sampling)
    let two = try EngineComparison(spec: Self.spec(), seed: 3, sampling: sampling, threads: 3)
    #expect(one == two)
    #expect(try JSONDecoder().decode(EngineComparison.self, from: JSONEncoder().encode(one)) == one)
    for shares in [\EngineComparison.Point.mesh, \.grains, \.ownGrains] {
      let ends = one.points.map { $0[keyPath: shares] }
      #expect(ends.allSatisfy { $0.up.allSatisfy { (-1e-9...1 + 1e-9).contains($0) } })
      #expect(ends[0].mean.value < 0.2 && ends[1].mean.value > ends[0].mean.value + 0.3)
    }
    #expect(one.points.map(\.mesh.up.count) == [2, 2])
    #expect(one.points.map(\.grains.up.count) == [20, 20])
    #expect(
      one.lengths
        == (try ThermalLengths(
          of: Self.spec(), cellMetres: 5e-9, granularStiffness: sampling.granularStiffness)))
    #expect(one.lengths.film < 0.97)
    sampling.givesLengthsBack = false
    let unscaled = try EngineComparison(spec: Self.spec(), seed: 3, sampling: sampling)
    #expect(unscaled.lengths.film == 1 && unscaled.lengths.grains == 1)
    // Cells of less anisotropy have weaker fields, and so longer steps.
    #expect(unscaled.stepSeconds > 1.005 * one.stepSeconds)
    let state = one.halfway
    #expect(state.film.count == state.nx * state.ny && state.grains.count == state.nx * state.ny)
    #expect(state.filmFile.data.count > 100)
  }

  /// Where nothing goes over, the film is not ahead of its grains in either engine, however much waves take of its moment.
  @Test func filmsAtRestAreNotAhead() throws {
    var spec = try Self.spec()
    spec.dynamics.pulseWidthSeconds = 0.2e-9
    var sampling = EngineComparison.Sampling()
    sampling.drives = [0.01, 0.02]
    sampling.pulses = 2
    sampling.grainPulses = 20
    sampling.couplingJunctions = 1
    sampling.couplingPatterns = 6
    let comparison = try EngineComparison(spec: spec, seed: 3, sampling: sampling, threads: 2)
    #expect(comparison.lengths.film < 0.9)
    for point in comparison.points {
      #expect(point.mesh.mean.value == 0 && abs(point.mesh.filmAhead) < 0.04)
      #expect(point.grains.mean.value == 0 && abs(point.grains.filmAhead) < 0.04)
    }
  }

  @Test func samplingIsChecked() throws {
    let spec = try Self.spec()
    func attempt(_ change: (inout EngineComparison.Sampling) -> Void) -> DeviceError? {
      var sampling = EngineComparison.Sampling()
      change(&sampling)
      do {
        _ = try EngineComparison(spec: spec, seed: 1, sampling: sampling)
        return nil
      } catch { return error }
    }
    #expect(attempt { $0.drives = [0.5] } != nil)
    #expect(attempt { $0.drives = [0.6, 0.5] } != nil)
    #expect(attempt { $0.drives = [-0.6, 0.5] } != nil)
    #expect(attempt { $0.pulses = 1 } != nil)
    #expect(attempt { $0.cellMetres = 1e-10 } != nil)
    #expect(attempt { $0.demagnetizationSteps = 0 } != nil)
    #expect(attempt { $0.couplingPatterns = 2 } != nil)
  }

  /// The regimes that the comparison sets beside the device differ from it as they say.
  @Test func regimesAreBuilt() throws {
    let regimes = EngineComparison.regimes(of: try Self.spec())
    #expect(Set(regimes.map(\.spec.name)).count == 3)
    for regime in regimes { try regime.spec.validate(at: regime.spec.name) }
  }
}
