import Foundation
import Models

/// The grains of one junction: where they lie, and the anisotropy of each.
///
/// Voronoi cells of a disturbed hexagonal lattice, cut by the round edge; pieces with hardly any grain join a
/// neighbour. The anisotropy is log-normal between grains, mean and relative spread as specified.
package struct GrainLayout: Sendable {
  /// The cells; at least one.
  package let cells: VoronoiCells
  /// Uniaxial anisotropy of each grain in J/m^3.
  package let anisotropies: [Double]

  /// Area of all cells in m^2.
  package var area: Double { cells.cells.reduce(0) { $0 + $1.area } }
  /// Share of each cell in the area.
  package var weights: [Double] {
    let whole = area
    return cells.cells.map { $0.area / whole }
  }

  /// No grains.
  init() {
    cells = VoronoiCells(cells: [])
    anisotropies = []
  }

  /// Samples the layer of one junction.
  ///
  /// - Parameters:
  ///   - spec: The device; lengths and anisotropies enter.
  ///   - diameterMetres: This junction's own diameter.
  ///   - random: The stream to draw from.
  package init(spec: DeviceSpec, diameterMetres: Double, random: inout KeyedRandom) {
    let granular = spec.granular
    var cells = VoronoiCells(
      pitch: granular.pitchMetres, diameterSigma: granular.diameterSigma, boundary: granular.boundaryMetres,
      radius: diameterMetres / 2, random: &random)
    let hexagon = 3.0.squareRoot() / 2 * granular.pitchMetres * granular.pitchMetres
    cells.join(coresBelow: granular.smallestPiece * spec.magneticAreaFraction * hexagon)
    let logSigma = log(1 + granular.anisotropySigma * granular.anisotropySigma).squareRoot()
    anisotropies = cells.cells.map { _ in
      granular.anisotropy * exp(logSigma * random.normal() - logSigma * logSigma / 2)
    }
    self.cells = cells
  }
}
