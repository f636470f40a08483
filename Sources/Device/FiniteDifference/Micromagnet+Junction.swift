import Foundation
import Models

/// How a junction is cut into cells.
package struct JunctionMesh: Sendable, Hashable {
  /// Edge of a cell in the plane in metres (0.5e-9 to 5e-9).
  package var cellMetres = 2e-9
  /// Layers of cells over the granular thickness, 1 to 3.
  package var granularLayers = 1
  /// Exchange stiffness within a grain in J/m; an assumption, which only says how stiffly a grain turns.
  package var granularStiffness = 1e-11
  /// Lengths that thermal waves take and parameters give back; none at rest.
  package var lengths = ThermalLengths.none

  /// The usual cells.
  package init() {}
}

extension Micromagnet {
  /// Grain of each cell of a junction's granular layers; -1 where none is, -2 in the film.
  package var grains: [Int] { exchange.regions }

  /// The film and the grains of one junction, layer 0 and those above it.
  ///
  /// Every cell belongs to the grain of the nearest seed; above a boundary of two cells and more there is no grain. A
  /// grain's moment, its anisotropy, its coupling to the film and the current through it are those of the layout's exact
  /// areas, as in the grain engine: its cells have as much less or more of them. Stiffnesses are not shared out.
  ///
  /// Where lengths are less than 1, cells have more than the device, so that what waves leave is the device's:
  /// magnetisation and polarisation over the length, stiffness over its square, anisotropy over its third power, couplings
  /// over the lengths of both sides.
  ///
  /// - Parameters:
  ///   - layout: The grains, the same as the grain engine's.
  ///   - mesh: The cells.
  package init(spec: DeviceSpec, layout: GrainLayout, mesh cut: JunctionMesh = JunctionMesh()) {
    let raster = GrainRaster(layout.cells, step: cut.cellMetres)
    let reach = Int((raster.radius / cut.cellMetres).rounded(.up))
    let film = spec.film.thicknessMetres
    let bottom = film + spec.coupling.spacerMetres
    let height = spec.granular.thicknessMetres / Double(cut.granularLayers)
    let mesh = Mesh(
      nx: 2 * reach, ny: 2 * reach, width: cut.cellMetres, depth: cut.cellMetres,
      slabs: [0...film]
        + (0..<cut.granularLayers).map { (bottom + Double($0) * height)...(bottom + Double($0 + 1) * height) }
    )
    self.init(mesh, saturationMagnetization: 0, damping: spec.dynamics.alpha)
    let (plane, square) = (mesh.plane, cut.cellMetres * cut.cellMetres)
    exchange.stiffnesses = [Double](repeating: 0, count: mesh.count)
    var torque = SlonczewskiTorque()
    torque.shares = exchange.stiffnesses
    exchange.regions = [Int](repeating: -1, count: mesh.count)
    anisotropy.constants = exchange.stiffnesses
    interlayer.couplings = exchange.stiffnesses
    let isResolved = cut.cellMetres < 0.501 * spec.granular.boundaryMetres
    for (grain, cell) in layout.cells.cells.enumerated() {
      let squares = raster.cells[grain]
      let cores = isResolved ? raster.cores[grain] : squares
      guard !squares.isEmpty, !cores.isEmpty else { continue }
      let filmShare = cell.area / (Double(squares.count) * square)
      let grainShare = cell.core / (Double(cores.count) * square)
      for place in squares {
        let index = mesh.index(Int(place.x) + reach, Int(place.y) + reach, 0)
        saturationMagnetizations[index] = filmShare * spec.film.saturationMagnetization / cut.lengths.film
        torque.shares[index] = filmShare
        anisotropy.constants[index] =
          filmShare * spec.film.interfaceAnisotropy / film / pow(cut.lengths.film, 3)
        exchange.stiffnesses[index] = spec.film.exchangeStiffness / pow(cut.lengths.film, 2)
        exchange.regions[index] = -2
      }
      for place in cores {
        let index = mesh.index(Int(place.x) + reach, Int(place.y) + reach, 0)
        interlayer.couplings[index] =
          grainShare * spec.coupling.interlayerExchange / (cut.lengths.film * cut.lengths.grains)
        for layer in 1...cut.granularLayers {
          let upper = index + layer * plane
          saturationMagnetizations[upper] =
            grainShare * spec.granular.saturationMagnetization / cut.lengths.grains
          anisotropy.constants[upper] = grainShare * layout.anisotropies[grain] / pow(cut.lengths.grains, 3)
          exchange.stiffnesses[upper] = grainShare * cut.granularStiffness / pow(cut.lengths.grains, 2)
          exchange.regions[upper] = grain
        }
      }
    }
    exchange.boundaryCoupling = spec.coupling.intergrainExchange / pow(cut.lengths.grains, 2)
    demagnetization = spec.coupling.dipoles > 0 ? Demagnetization(mesh) : nil
    torque.polarization = spec.dynamics.polarization / cut.lengths.film
    torque.asymmetry = spec.dynamics.torqueAsymmetry
    torque.fieldLike = spec.dynamics.fieldLikeTorque / cut.lengths.film
    slonczewski = torque
  }
}
