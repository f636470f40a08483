import Foundation
import Models

/// How much of their length magnetisations lose to thermal waves shorter than a grain.
///
/// The parameters of a device are those at its temperature: they contain every wave. The grain engine takes them as they
/// are, because a macrospin has no waves of its own. A mesh makes the waves between the size of a cell and that of a grain
/// once more. With the device's own parameters in its cells, a grain's film would therefore carry less moment, anisotropy,
/// exchange and torque than the device says; with parameters that undo it (Ms / m, A / m^2, K / m^3, P / m, and J over
/// both lengths) it carries the device's.
///
/// m = 1 / (1 + h / 2), where h = 2 kB T / d^2 times the mean of 1 / (k + 4 A t (2 - cos qx - cos qy) / d^2) over the waves
/// of the mesh, q d in -pi to pi, without those of a zone as small as the mean grain's. k is the layer's stiffness against
/// tilting: twice its anisotropy with its shape, and its exchange with the other layer, which counts as rigid. Linear waves
/// at rest: a current makes them grow, waves' own stray fields are left out, and a cell's own shape counts like a field.
/// Exact for single cells in high fields; tested on the mesh for lengths from 0.82 on.
///
/// - Source: Cells at temperature need parameters scaled by the waves they do not make: Oezelt et al., npj Comput. Mater. 8,
///   35 (2022), doi:10.1038/s41524-022-00719-5, who go from atoms up to the mesh; here from the device down to it. The third
///   power of the anisotropy is Callen and Callen's, J. Phys. Chem. Solids 27, 1271 (1966),
///   doi:10.1016/0022-3697(66)90012-6.
public struct ThermalLengths: Codable, Sendable, Hashable {
  /// Of the film in a grain: its moment over that of its cells (above 0.5, to 1).
  public var film: Double
  /// Of the granular layer in a grain.
  public var grains: Double

  /// Nothing lost.
  package static let none = ThermalLengths(film: 1, grains: 1)

  private init(film: Double, grains: Double) { (self.film, self.grains) = (film, grains) }

  /// Lengths in a device at its temperature, on cells of an edge in metres, with an exchange stiffness within grains in J/m.
  ///
  /// - Throws: ``DeviceError`` where half of a length or less is left: such a layer has no order that cells could keep.
  package init(of spec: DeviceSpec, cellMetres: Double, granularStiffness: Double) throws(DeviceError) {
    let exchange = spec.coupling.interlayerExchange * spec.magneticAreaFraction
    let area = 3.0.squareRoot() / 2 * spec.granular.pitchMetres * spec.granular.pitchMetres
    let thermal = PhysicalConstants.boltzmann * spec.temperatureKelvin / (cellMetres * cellMetres)
    func length(stiffness: Double, waves: Double) -> Double {
      1
        / (1 + thermal
          * Self.meanSoftness(stiffness: stiffness, waves: waves, beyond: cellMetres / area.squareRoot()))
    }
    let square = cellMetres * cellMetres
    film = length(
      stiffness: 2 * spec.filmAnisotropyPerArea + exchange,
      waves: 4 * spec.film.exchangeStiffness * spec.film.thicknessMetres / square)
    grains = length(
      stiffness: 2 * spec.grainAnisotropyPerArea + exchange,
      waves: 4 * granularStiffness * spec.granular.thicknessMetres * spec.magneticAreaFraction / square)
    for (layer, length) in [("film", film), ("grains", grains)] where !(length > 0.5) {
      throw DeviceError(
        .invalidInput,
        "thermal waves on cells of \(cellMetres) m leave \(String(format: "%.2f", length)) of the moment of the \(layer) at"
          + " \(spec.temperatureKelvin) K, expected more than 0.5; take larger cells, or the device's own parameters"
          + " (--unscaled)", at: spec.name)
    }
  }

  /// Mean of 1 / (stiffness + waves (2 - cos x - cos y)) over x and y in 0 to pi, counting 0 within a square of `beyond` pi.
  private static func meanSoftness(stiffness: Double, waves: Double, beyond: Double) -> Double {
    // The zone of a grain is cut out exactly: midpoints in the two strips outside it.
    let points = 64
    func strip(_ x: ClosedRange<Double>, _ y: ClosedRange<Double>) -> Double {
      let (dx, dy) = (
        (x.upperBound - x.lowerBound) / Double(points), (y.upperBound - y.lowerBound) / Double(points)
      )
      var sum = 0.0
      for i in 0..<points {
        for j in 0..<points {
          let (qx, qy) = (x.lowerBound + (Double(i) + 0.5) * dx, y.lowerBound + (Double(j) + 0.5) * dy)
          sum += 1 / (stiffness + waves * (2 - cos(qx) - cos(qy)))
        }
      }
      return sum * dx * dy
    }
    let inner = min(1, beyond) * Double.pi
    return (strip(inner...Double.pi, 0...Double.pi) + strip(0...inner, inner...Double.pi))
      / (Double.pi * Double.pi)
  }
}
