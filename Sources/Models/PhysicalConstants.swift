/// Constants of nature in SI units.
///
/// - Source: CODATA 2018, doi:10.1103/RevModPhys.93.025010; the exact values follow from the 2019 SI.
public enum PhysicalConstants {
  /// Boltzmann constant in J/K (exact).
  public static let boltzmann = 1.380_649e-23
  /// Elementary charge in C (exact).
  public static let elementaryCharge = 1.602_176_634e-19
  /// Reduced Planck constant in J s (exact to the digits given).
  public static let reducedPlanck = 1.054_571_817e-34
  /// Bohr magneton in J/T.
  public static let bohrMagneton = 9.274_010_0783e-24
  /// Vacuum permeability in T m/A.
  public static let vacuumPermeability = 1.256_637_062_12e-6
  /// Gyromagnetic ratio of a spin with g = 2.0007 as micromagnetics takes it, in rad/(s T).
  public static let gyromagneticRatio = 1.7595e11
}
