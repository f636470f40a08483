import Foundation
import Models

/// One grain of a sampled layer with the film below it.
public struct Grain: Codable, Sendable, Hashable {
  /// Share of the device's area; the shares of a layer sum to 1.
  public var weight: Double
  /// Critical current density of this grain over the nominal one.
  public var threshold: Double
  /// Energy barrier without current over kB T.
  public var stability: Double
  /// Rate alpha gamma B_k / (1 + alpha^2) of its damped motion in 1/s, the unit of its reversal time.
  public var dampingRateHertz: Double
  /// Whether the device's edge cuts it.
  public var isCut: Bool

  /// Creates a grain.
  public init(
    weight: Double, threshold: Double, stability: Double, dampingRateHertz: Double, isCut: Bool
  ) {
    self.weight = weight
    self.threshold = threshold
    self.stability = stability
    self.dampingRateHertz = dampingRateHertz
    self.isCut = isCut
  }
}

/// The grains of one junction: Voronoi cells of a disturbed hexagonal lattice, cut by the round edge.
///
/// Film and grain reverse as one macrospin per cell. Its barrier is the film's anisotropy energy over the
/// whole cell plus the grain's over the cell less the boundary to its neighbours:
/// `Delta_i = (K_f a_i + K_g,i t_g c_i) / kB T`. The spin torque acts on the cell's area, so the threshold in
/// current *density* is that energy per area, `x_i = (K_f + K_g,i t_g c_i / a_i) / K_tot`: a cut by the
/// edge lowers a grain's stability with its volume, but its threshold only through the ratio c_i / a_i (there
/// is no boundary along the edge). The finite-temperature switching current of a small grain is lower all the
/// same, because its barrier is. Film without any grain above it is left out.
///
/// The anisotropy is log-normal between grains, mean and relative spread as specified. Shape anisotropy is the
/// mean grain's for all.
public struct GranularLayer: Codable, Sendable, Hashable {
  /// The grains; at least one.
  public var grains: [Grain]

  /// 1 / sum w_i^2: how many equal grains would average as these do.
  public var effectiveGrains: Double { 1 / grains.reduce(0) { $0 + $1.weight * $1.weight } }

  /// Samples the layer of one junction.
  ///
  /// - Parameters:
  ///   - spec: The device; lengths, anisotropies, temperature and damping enter.
  ///   - diameterMetres: This junction's own diameter.
  ///   - random: The stream to draw from.
  package init(spec: DeviceSpec, diameterMetres: Double, random: inout KeyedRandom) {
    let radius = diameterMetres / 2
    let granular = spec.granular
    let thermal = PhysicalConstants.boltzmann * spec.temperatureKelvin
    let gyration =
      spec.dynamics.alpha / (1 + spec.dynamics.alpha * spec.dynamics.alpha)
      * PhysicalConstants.gyromagneticRatio
    let logSigma = log(1 + granular.anisotropySigma * granular.anisotropySigma).squareRoot()
    let cells = VoronoiCells(
      pitch: granular.pitchMetres, diameterSigma: granular.diameterSigma,
      boundary: granular.boundaryMetres, radius: radius, random: &random)
    grains = []
    for cell in cells.cells {
      let anisotropy = granular.anisotropy * exp(logSigma * random.normal() - logSigma * logSigma / 2)
      guard cell.core > 0 else { continue }
      let energyPerArea =
        spec.filmAnisotropyPerArea
        + (anisotropy - spec.grainShapeAnisotropy) * granular.thicknessMetres * cell.core / cell.area
      let momentPerArea =
        spec.film.saturationMagnetization * spec.film.thicknessMetres
        + granular.saturationMagnetization * granular.thicknessMetres * cell.core / cell.area
      grains.append(
        Grain(
          weight: cell.area, threshold: energyPerArea / spec.totalAnisotropyPerArea,
          stability: energyPerArea * cell.area / thermal,
          dampingRateHertz: gyration * 2 * energyPerArea / momentPerArea, isCut: cell.isCut))
    }
    let area = grains.reduce(0) { $0 + $1.weight }
    for index in grains.indices { grains[index].weight /= area }
  }

  /// A layer of given grains, for closed-form checks.
  package init(grains: [Grain]) {
    self.grains = grains
  }
}

/// Voronoi cells of a disturbed hexagonal lattice inside a disc around the origin.
package struct VoronoiCells {
  package struct Cell {
    /// Area inside the disc in m^2.
    package var area: Double
    /// Area inside the disc less half the boundary towards every neighbour, in m^2.
    package var core: Double
    /// Area of the whole cell in m^2.
    package var fullArea: Double
    /// Whether the disc cuts it.
    package var isCut: Bool
  }
  package var cells: [Cell] = []

  /// Samples the cells, with the lattice at a random place and angle.
  package init(
    pitch: Double, diameterSigma: Double, boundary: Double, radius: Double, random: inout KeyedRandom
  ) {
    let jitter = VoronoiCells.jitter(forDiameterSigma: diameterSigma) * pitch
    let reach = 4 * pitch + 4 * jitter
    let angle = random.uniform() * Double.pi / 3
    let origin = SIMD2(random.uniform(), random.uniform()) * pitch
    let rows = Int((radius + reach) / (pitch * 0.866)) + 2
    var seeds: [SIMD2<Double>] = []
    for row in -rows...rows {
      for column in -rows...rows {
        let shift = row.isMultiple(of: 2) ? 0 : 0.5
        let site =
          SIMD2((Double(column) + shift) * pitch, Double(row) * pitch * 3.0.squareRoot() / 2) + origin
        let turned = SIMD2(
          cos(angle) * site.x - sin(angle) * site.y, sin(angle) * site.x + cos(angle) * site.y)
        let seed = turned + SIMD2(random.normal(), random.normal()) * jitter
        if (seed * seed).sum() < (radius + reach) * (radius + reach) { seeds.append(seed) }
      }
    }
    for (index, seed) in seeds.enumerated()
    where (seed * seed).sum() < (radius + 2.5 * pitch) * (radius + 2.5 * pitch) {
      let cell = VoronoiCells.cell(of: index, among: seeds, reach: reach, boundary: boundary, radius: radius)
      if cell.area > 0 { cells.append(cell) }
    }
  }

  /// Standard deviation of a seed's displacement, in pitches, that gives cells a relative spread of the
  /// equivalent diameter.
  ///
  /// To first order a cell's area moves by half an edge length per displacement of each neighbour along its
  /// bond, which gives sigma_D / D = jitter / sqrt(6). The table carries this on to where the cells of
  /// wholly random points end (0.26); it was computed once from 70,000 cells per entry.
  package static func jitter(forDiameterSigma sigma: Double) -> Double {
    let table = [
      (0, 0), (0.0421, 0.10), (0.0654, 0.15), (0.0908, 0.20), (0.1161, 0.25), (0.1380, 0.30), (0.1555, 0.35),
      (0.1708, 0.40), (0.1916, 0.50), (0.2086, 0.60), (0.2213, 0.70), (0.2288, 0.80), (0.2413, 1.0),
      (0.2571, 1.5),
    ]
    for (low, high) in zip(table, table.dropFirst()) where sigma <= high.0 {
      return low.1 + (high.1 - low.1) * (sigma - low.0) / (high.0 - low.0)
    }
    return 1.5
  }

  private static func cell(
    of index: Int, among seeds: [SIMD2<Double>], reach: Double, boundary: Double, radius: Double
  ) -> Cell {
    let seed = seeds[index]
    var bonds: [(distance: Double, vector: SIMD2<Double>)] = []
    for (other, position) in seeds.enumerated() where other != index {
      let vector = position - seed
      let distance = (vector * vector).sum().squareRoot()
      if distance < reach { bonds.append((distance, vector)) }
    }
    bonds.sort { $0.distance < $1.distance }
    var cell = ConvexPolygon(squareAround: seed, halfEdge: reach)
    var core = cell
    for bond in bonds {
      // A neighbour farther than twice the farthest vertex cannot cut the cell.
      if bond.distance * bond.distance > 4 * cell.farthestSquared(from: seed) { break }
      let normal = bond.vector / bond.distance
      let offset = (normal * seed).sum() + bond.distance / 2
      cell.clip(normal: normal, offset: offset)
      core.clip(normal: normal, offset: offset - boundary / 2)
    }
    let full = cell.area
    let area = cell.area(insideDiscOf: radius)
    return Cell(
      area: area > 1e-6 * full ? area : 0, core: max(0, core.area(insideDiscOf: radius)), fullArea: full,
      isCut: area < full * (1 - 1e-9))
  }
}
