import Foundation
import Models

/// Couplings of the grain engine as the finite-difference solver finds them, for one device.
///
/// The grains of sampled junctions are held up or down in random patterns, and the film goes to its least energy. What a
/// pattern costs above all grains down is computed on cells, film walls and stray fields and all, and by the grain engine,
/// whose film exchange between grains and whose dipoles are each given a factor that brings the energies together.
///
/// ```swift
/// let fit = try CouplingFit(spec: spec, seed: 1, sampling: .init(), threads: 2)
/// print(fit.filmExchange.value, fit.residualKT)
/// ```
public struct CouplingFit: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// The device.
  public var spec: DeviceSpec
  /// What was computed.
  public var sampling: Sampling
  /// Energies of each pattern.
  public var patterns: [Pattern]
  /// Factor of the film's exchange between neighbouring grains, over ``DeviceSpec/Coupling``'s own law; exactly 1 where
  /// the patterns do not determine it, as with every factor.
  public var filmExchange: Estimate
  /// Factor of the dipole fields between spins.
  public var dipoles: Estimate
  /// Root mean square of what is left of the energies' difference, in kT.
  public var residualKT: Double
  /// The same with both factors 1.
  public var unfittedResidualKT: Double
  /// Root mean square of the energies on cells, in kT.
  public var scaleKT: Double
  /// States of the mesh, one of each pattern and of all grains down, whose film did not come to rest in the steps that
  /// its minimiser has.
  public var unsettled: Int
  /// How the fit came about.
  public var provenance: Provenance

  /// How much is computed.
  public struct Sampling: Codable, Sendable, Hashable {
    /// Junctions (at least 1).
    public var junctions = 4
    /// Patterns of each (at least 3).
    public var patterns = 12
    /// Edge of a cell in metres (0.2e-9 to 5e-9); cells of half a boundary and less leave it empty of grains.
    ///
    /// Walls of the film between grains are resolved by cells well below sqrt(A t / J), their width.
    public var cellMetres = 0.5e-9

    /// The usual amount.
    public init() {}
  }

  /// One pattern.
  public struct Pattern: Codable, Sendable, Hashable {
    /// Index of the junction in its ensemble.
    public var junction: Int
    /// Share of the area whose grains are up.
    public var share: Double
    /// Energy above all grains down on cells, in kT.
    public var cellsKT: Double
    /// By the grain engine with the fitted factors, in kT.
    public var grainsKT: Double
    /// By the grain engine with both factors 1, in kT.
    public var unfittedKT: Double
  }

  /// Computes and fits.
  ///
  /// - Parameters:
  ///   - seed: Of the junctions, which are those of the device's ensembles, and of the patterns.
  ///   - threads: Threads to share the work among; the result does not depend on it.
  ///   - progress: Called from any thread with the number of patterns done on cells.
  /// - Throws: ``DeviceError`` for values out of range.
  public init(
    spec: DeviceSpec, seed: UInt64, sampling: Sampling = Sampling(), threads: Int = 1,
    progress: (@Sendable (Int) -> Void)? = nil
  ) throws(DeviceError) {
    try DeviceError.check(spec: spec, programming: ProgrammingSpec(spec))
    guard (1...1000).contains(sampling.junctions), (3...10_000).contains(sampling.patterns),
      (0.2e-9...5e-9).contains(sampling.cellMetres)
    else {
      throw DeviceError(
        .invalidInput,
        "\(sampling.junctions) junctions, \(sampling.patterns) patterns and cells of \(sampling.cellMetres) m; expected"
          + " 1 to 1000, 3 to 10,000 and 0.2e-9 to 5e-9", at: spec.name)
    }
    let thermal = PhysicalConstants.boltzmann * spec.temperatureKelvin
    let layouts = (0..<sampling.junctions).map { Junction(spec: spec, seed: seed, index: $0).layout }
    let tensors = GrainJunction.tensors(for: spec)
    let states = layouts.enumerated().map { index, layout in
      var random = KeyedRandom(seed: seed, stage: "device.couplings", item: UInt64(index))
      return (0..<sampling.patterns).map { _ in
        let share = random.uniform()
        return layout.cells.cells.map { _ in random.uniform() < share }
      }
    }
    let done = Counter()
    let onCells = parallelMap(sampling.junctions * (sampling.patterns + 1), threads: threads) { item in
      let (junction, place) = item.quotientAndRemainder(dividingBy: sampling.patterns + 1)
      let layout = layouts[junction]
      let state = place == 0 ? layout.cells.cells.map { _ in false } : states[junction][place - 1]
      let rest = Self.energyOnCells(spec, layout, state, cellMetres: sampling.cellMetres)
      progress?(done.next())
      return (kT: rest.joules / thermal, isSettled: rest.isSettled)
    }
    func difference(_ junction: Int, _ pattern: Int) -> Double {
      onCells[junction * (sampling.patterns + 1) + pattern + 1].kT
        - onCells[junction * (sampling.patterns + 1)].kT
    }
    let cells = layouts.indices.flatMap { junction in
      (0..<sampling.patterns).map { difference(junction, $0) }
    }
    /// Energies of all patterns by the grain engine, in kT.
    func byGrains(_ film: Double, _ dipoles: Double) -> [Double] {
      let device = spec.coupled(film: film, dipoles: dipoles)
      return parallelMap(layouts.count, threads: threads) { junction in
        let network = SpinNetwork(spec: device, layout: layouts[junction], tensors: tensors)
        let none = network.energyOfRelaxedFilm(layouts[junction].cells.cells.map { _ in false })
        return states[junction].map { (network.energyOfRelaxedFilm($0) - none) / thermal }
      }.flatMap { $0 }
    }
    let start = byGrains(1, 1)
    func residuals(_ logarithms: [Double]) -> [Double]? {
      guard logarithms.allSatisfy({ abs($0) < 3 }) else { return nil }
      return zip(byGrains(exp(logarithms[0]), exp(logarithms[1])), cells).map { $0 - $1 }
    }
    // What the patterns leave open stays 1, the widest first.
    var free = [0, 1]
    var solution = Solution(residuals, free: free)
    while let widest = free.max(by: { solution.errors[$0] < solution.errors[$1] }),
      exp(2 * 1.96 * solution.errors[widest]) > Self.widestInterval
    {
      free.removeAll { $0 == widest }
      solution = Solution(residuals, free: free)
    }
    func factor(_ place: Int) -> Estimate {
      guard free.contains(place) else { return .exact(1) }
      let (logarithm, half) = (solution.logarithms[place], 1.96 * solution.errors[place])
      return Estimate(
        value: exp(logarithm), low: exp(logarithm - half), high: exp(logarithm + half), samples: cells.count)
    }
    let left = solution.left
    func size(_ values: [Double]) -> Double {
      (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }
    self.spec = spec
    self.sampling = sampling
    filmExchange = factor(0)
    dipoles = factor(1)
    unsettled = onCells.count { !$0.isSettled }
    residualKT = size(left)
    unfittedResidualKT = size(zip(start, cells).map { $0 - $1 })
    scaleKT = size(cells)
    patterns = cells.indices.map { index in
      let (junction, place) = index.quotientAndRemainder(dividingBy: sampling.patterns)
      let weights = layouts[junction].weights
      return Pattern(
        junction: junction, share: zip(weights, states[junction][place]).reduce(0) { $0 + ($1.1 ? $1.0 : 0) },
        cellsKT: cells[index], grainsKT: cells[index] + left[index], unfittedKT: start[index])
    }
    provenance = Provenance(
      seed: seed, tools: ["tessera": Tessera.version], citations: [.newell1993, .exl2014],
      assumptions: [
        "Grains are held rigidly up or down; the film alone follows.",
        "Intervals of couplings are those of least squares: patterns err independently.",
      ])
  }

  /// The device with the fitted factors.
  public var fitted: DeviceSpec { spec.coupled(film: filmExchange.value, dipoles: dipoles.value) }

  /// Least energy of the film under held grains, in joule.
  private static func energyOnCells(
    _ spec: DeviceSpec, _ layout: GrainLayout, _ up: [Bool], cellMetres: Double
  ) -> (joules: Double, isSettled: Bool) {
    let solver = MicromagneticSolver.filmOverHeldGrains(spec, layout, up: up, cellMetres: cellMetres)
    let minimum = solver.minimize(toleranceTesla: 1e-5, steps: 20_000)
    return (solver.energies().total, minimum.isReached)
  }

  /// Upper over lower end of the widest interval of a factor that counts as determined.
  private static let widestInterval = 4.0

  /// Least squares over some of the factors, the others 1.
  private struct Solution {
    /// Of both factors.
    var logarithms = [0.0, 0]
    /// Standard errors of the logarithms by the curvature of the sum of squares; 0 where held.
    var errors = [0.0, 0]
    /// What is left of the energies' difference, in kT.
    var left: [Double]

    /// - Parameter residuals: Defined at both factors 1, and for factors between exp(-3) and exp(3).
    init(_ residuals: ([Double]) -> [Double]?, free: [Int]) {
      func all(_ values: [Double]) -> [Double] {
        var all = [0.0, 0]
        for (place, value) in zip(free, values) { all[place] = value }
        return all
      }
      let point = LeastSquares.minimize(
        { residuals(all($0)) }, from: free.map { _ in 0 }, iterations: free.isEmpty ? 0 : 12
      ).point
      logarithms = all(point)
      left = residuals(logarithms) ?? []
      let step = 1e-3
      let left = left
      let slopes = point.indices.map { axis -> [Double] in
        var moved = point
        // Towards 1, which is allowed.
        let turn = moved[axis] > 0 ? -step : step
        moved[axis] += turn
        return zip(residuals(all(moved)) ?? left, left).map { ($0 - $1) / turn }
      }
      func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      let variance = dot(left, left) / Double(max(left.count - point.count, 1))
      for (own, place) in free.enumerated() {
        // The curvature along one factor with the other following.
        let others = slopes.indices.filter { $0 != own }
        let shared = others.reduce(0) {
          let square = dot(slopes[$1], slopes[$1])
          return $0 + (square > 0 ? pow(dot(slopes[own], slopes[$1]), 2) / square : 0)
        }
        let curvature = dot(slopes[own], slopes[own]) - shared
        errors[place] = curvature > 0 ? (variance / curvature).squareRoot() : .infinity
      }
    }
  }
}

extension DeviceSpec {
  /// With its couplings between grains multiplied.
  fileprivate func coupled(film: Double, dipoles: Double) -> DeviceSpec {
    var spec = self
    spec.coupling.filmExchangeFactor = film * (coupling.filmExchangeFactor ?? 1)
    spec.coupling.dipoles = dipoles * coupling.dipoles
    return spec
  }
}

extension SpinNetwork {
  /// Energy with the upper spins held up or down and the lower ones at their least, in joule.
  package func energyOfRelaxedFilm(_ up: [Bool]) -> Double {
    var spins = (0..<count).map { spin in
      // Film a little aside, so that no direction is missed.
      SIMD3(0, spin < lower ? 0.05 : 0, up[spin % lower] ? 1.0 : -1).normalized
    }
    for _ in 0..<500 {
      var largest = 0.0
      for spin in 0..<lower {
        let moved = (field(on: spin, of: spins).normalized + spins[spin]).normalized
        let turn = moved - spins[spin]
        largest = max(largest, (turn * turn).sum())
        spins[spin] = moved
      }
      if largest < 1e-20 { break }
    }
    return energy(of: spins)
  }
}
