import Models

/// The thermal field of each cell, white in time: sigma = sqrt(2 alpha kB T / (gamma Ms V dt)) per component.
///
/// - Source: W. F. Brown, Phys. Rev. 130, 1677 (1963), doi:10.1103/PhysRev.130.1677, for noise in both torques.
package struct ThermalField: Sendable, Hashable {
  /// In kelvin.
  package var kelvin: Double
  /// Names the noise: the same seed and stage give the same.
  package var seed: UInt64
  package var item: UInt64

  /// Noise at a temperature.
  package init(kelvin: Double, seed: UInt64, item: UInt64 = 0) {
    (self.kelvin, self.seed, self.item) = (kelvin, seed, item)
  }

  /// Standard deviation of each cell's field in tesla for a time step in seconds.
  func sigmas(of magnet: Micromagnet, stepSeconds: Double) -> [Double] {
    zip(magnet.moments, magnet.dampings).map { moment, damping in
      moment > 0
        ? (2 * damping * PhysicalConstants.boltzmann * kelvin
          / (magnet.gyromagneticRatio * moment * stepSeconds))
          .squareRoot() : 0
    }
  }
}
