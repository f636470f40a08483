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

/// The grains of one junction as the analytic law sees them, each by itself.
///
/// Film and grain reverse as one macrospin per cell. Its barrier is the film's anisotropy energy over the
/// whole cell plus the grain's over the cell less the boundary to its neighbours:
/// `Delta_i = (K_f a_i + K_g,i t_g c_i) / kB T`. The spin torque acts on the cell's area, so the threshold in
/// current *density* is that energy per area, `x_i = (K_f + K_g,i t_g c_i / a_i) / K_tot`: a cut by the
/// edge lowers a grain's stability with its volume, but its threshold only through the ratio c_i / a_i (there
/// is no boundary along the edge). The finite-temperature switching current of a small grain is lower all the
/// same, because its barrier is. Shape anisotropy is the mean grain's for all.
public struct GranularLayer: Codable, Sendable, Hashable {
  /// The grains; at least one.
  public var grains: [Grain]

  /// 1 / sum w_i^2: how many equal grains would average as these do.
  public var effectiveGrains: Double { 1 / grains.reduce(0) { $0 + $1.weight * $1.weight } }

  /// The grains of a layout under the analytic law.
  package init(spec: DeviceSpec, layout: GrainLayout) {
    let granular = spec.granular
    let thermal = PhysicalConstants.boltzmann * spec.temperatureKelvin
    let gyration =
      spec.dynamics.alpha / (1 + spec.dynamics.alpha * spec.dynamics.alpha)
      * PhysicalConstants.gyromagneticRatio
    let area = layout.area
    grains = zip(layout.cells.cells, layout.anisotropies).map { cell, anisotropy in
      let energyPerArea =
        spec.filmAnisotropyPerArea
        + (anisotropy - spec.grainShapeAnisotropy) * granular.thicknessMetres * cell.core / cell.area
      let momentPerArea =
        spec.film.saturationMagnetization * spec.film.thicknessMetres
        + granular.saturationMagnetization * granular.thicknessMetres * cell.core / cell.area
      return Grain(
        weight: cell.area / area, threshold: energyPerArea / spec.totalAnisotropyPerArea,
        stability: energyPerArea * cell.area / thermal,
        dampingRateHertz: gyration * 2 * energyPerArea / momentPerArea, isCut: cell.isCut)
    }
  }

  /// A layer of given grains, for closed-form checks.
  package init(grains: [Grain]) {
    self.grains = grains
  }
}
