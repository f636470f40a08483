import Foundation

/// A magnetic tunnel junction whose free layer is a thin film on a granular layer.
///
/// All lengths in metres, all quantities SI. `models/devices/granular-mtj/device.toml` states the default
/// and says of each value that it is an assumption.
public struct DeviceSpec: Codable, Sendable, Hashable {
  /// Identifier used in results and file names.
  public var name: String
  /// Device diameter in metres (15e-9 to 200e-9).
  public var diameterMetres: Double
  /// The continuous film on the barrier, on which the spin torque acts.
  public var film: Film
  /// The granular layer that stores the state.
  public var granular: Granular
  /// What couples film and grains, and grains among themselves.
  public var coupling: Coupling
  /// The tunnel junction as an electrical element.
  public var junction: Junction
  /// Damping, torque and pulse.
  public var dynamics: Dynamics
  /// Spread between devices.
  public var spread: Spread
  /// Temperature in kelvin.
  public var temperatureKelvin: Double

  /// The continuous film.
  public struct Film: Codable, Sendable, Hashable {
    /// Saturation magnetisation in A/m (0.8e6 to 1.25e6).
    public var saturationMagnetization: Double
    /// Thickness in metres (0.6e-9 to 1.5e-9).
    public var thicknessMetres: Double
    /// Interfacial anisotropy in J/m^2 (0.9e-3 to 1.5e-3).
    public var interfaceAnisotropy: Double
    /// Exchange stiffness A in J/m (1e-12 to 20e-12); 0 parts the film into the pieces below the grains.
    public var exchangeStiffness: Double
  }

  /// The granular layer.
  public struct Granular: Codable, Sendable, Hashable {
    /// Saturation magnetisation in A/m (3e5 to 8e5).
    public var saturationMagnetization: Double
    /// Uniaxial anisotropy in J/m^3 (3e5 to 2e6).
    public var anisotropy: Double
    /// Relative standard deviation of the anisotropy between grains (0 to 0.3).
    public var anisotropySigma: Double
    /// Centre-to-centre distance of grains in metres (6e-9 to 12e-9).
    public var pitchMetres: Double
    /// Width of the boundary between grains in metres (0.7e-9 to 1.2e-9).
    public var boundaryMetres: Double
    /// Relative standard deviation of the grain diameter (0.1 to 0.25; points without any order give 0.26).
    public var diameterSigma: Double
    /// Thickness in metres (3e-9 to 8e-9).
    public var thicknessMetres: Double
    /// Smallest magnetic area of a piece that the device's edge leaves, over that of a mean grain (0.02 to 0.5);
    /// smaller ones join the neighbour with which they share the longest edge.
    public var smallestPiece: Double
  }

  /// Couplings that only the grain-resolved engine knows.
  public struct Coupling: Codable, Sendable, Hashable {
    /// Interlayer exchange J between film and grain in J/m^2 (0.5e-3 to 5e-3): energy -J m_f.m_g per area.
    public var interlayerExchange: Double
    /// Exchange between neighbouring grains in J/m^2 of their common boundary: energy -j m_i.m_j per area.
    public var intergrainExchange: Double
    /// Thickness in metres of what lies between film and grains, without moment (0 to 2e-9).
    public var spacerMetres: Double
    /// Factor of the dipole fields between different spins; 1 in nature, 0 switches them off.
    public var dipoles: Double
    /// Factor of the film's exchange between neighbouring grains over that of a wall between rigid grains (0.1 to 10).
    ///
    /// 1 if absent. `tessera device couplings` finds it on a mesh.
    public var filmExchangeFactor: Double?
  }

  /// The junction's electrical side.
  public struct Junction: Codable, Sendable, Hashable {
    /// Resistance-area product of the parallel state in ohm m^2 (4e-12 to 30e-12).
    public var resistanceAreaProduct: Double
    /// Tunnel magnetoresistance at zero bias, as a fraction (0.5 to 3).
    public var tmrZeroBias: Double
    /// Bias at which the magnetoresistance has halved, in volt (0.4 to 0.7).
    public var tmrHalfVolts: Double
    /// Junction capacitance per area in F/m^2.
    public var capacitancePerArea: Double
    /// Breakdown voltage in volt for the write pulse.
    public var breakdownVolts: Double
  }

  /// Damping, torque and pulse.
  public struct Dynamics: Codable, Sendable, Hashable {
    /// Gilbert damping of film and grains, weighted by the moments (0.004 to 0.03).
    public var alpha: Double
    /// Spin polarisation (0.5 to 0.75).
    public var polarization: Double
    /// Asymmetry L of Slonczewski's torque, eps = P L^2 / ((L^2 + 1) + (L^2 - 1) m.p); 1 is the symmetric junction.
    public var torqueAsymmetry: Double
    /// Efficiency eps' of the field-like torque, of the unit of eps = P / 2.
    public var fieldLikeTorque: Double
    /// Pulse width of the write pulse in seconds.
    public var pulseWidthSeconds: Double
    /// Highest write current over the critical one: of the reset and of the largest pulse.
    public var maximumDrive: Double
  }

  /// Standard deviations between devices, relative.
  public struct Spread: Codable, Sendable, Hashable {
    /// Of the resistance-area product.
    public var resistanceAreaProduct: Double
    /// Of the diameter.
    public var diameter: Double
    /// Of the magnetoresistance.
    public var tmr: Double
  }

  /// Area of the round junction in m^2.
  public var areaSquareMetres: Double { Double.pi / 4 * diameterMetres * diameterMetres }
  /// Resistance of the parallel state in ohm: RA / area.
  public var parallelOhms: Double { junction.resistanceAreaProduct / areaSquareMetres }

  /// Film anisotropy energy per area without the shape term, in J/m^2.
  ///
  /// The film loses mu0 Ms^2 t / 2 of its interfacial anisotropy to demagnetisation (thin-film limit).
  public var filmAnisotropyPerArea: Double {
    film.interfaceAnisotropy - PhysicalConstants.vacuumPermeability / 2
      * film.saturationMagnetization * film.saturationMagnetization * film.thicknessMetres
  }

  /// Area fraction of the granular layer that is magnetic.
  public var magneticAreaFraction: Double {
    let ratio = max(0, 1 - granular.boundaryMetres / granular.pitchMetres)
    return ratio * ratio
  }

  /// Granular anisotropy energy per device area with a grain's own demagnetisation, in J/m^2.
  ///
  /// A grain is taken as the square prism of its magnetic width and its thickness; the factors come from
  /// Aharoni's closed form through ``DemagnetizingFactor``.
  public var grainAnisotropyPerArea: Double {
    (granular.anisotropy - grainShapeAnisotropy) * granular.thicknessMetres * magneticAreaFraction
  }

  /// Demagnetisation energy per volume that a grain's own shape takes from its anisotropy, in J/m^3.
  public var grainShapeAnisotropy: Double {
    let width = granular.pitchMetres - granular.boundaryMetres
    let nz = DemagnetizingFactor.alongZ(a: width, b: width, c: granular.thicknessMetres)
    return PhysicalConstants.vacuumPermeability / 2 * (nz - (1 - nz) / 2)
      * granular.saturationMagnetization * granular.saturationMagnetization
  }

  /// Anisotropy energy per area of film and grains together, in J/m^2.
  public var totalAnisotropyPerArea: Double { filmAnisotropyPerArea + grainAnisotropyPerArea }

  /// Thermal stability of one grain of mean area: K_tot a / (kB T).
  public var grainStability: Double {
    let cell = 3.0.squareRoot() / 2 * granular.pitchMetres * granular.pitchMetres
    return totalAnisotropyPerArea * cell / (PhysicalConstants.boltzmann * temperatureKelvin)
  }

  /// Critical current density of the composite at zero temperature in A/m^2.
  ///
  /// J_c0 = (4 e / hbar) (alpha / P) K_tot = 6.077e15 (alpha / P) K_tot.
  ///
  /// - Source: Slonczewski's perpendicular threshold, J. Magn. Magn. Mater. 159, L1 (1996),
  ///   doi:10.1016/0304-8853(96)00062-5, for a layer with perpendicular anisotropy.
  public var criticalCurrentDensity: Double {
    4 * PhysicalConstants.elementaryCharge / PhysicalConstants.reducedPlanck
      * dynamics.alpha / dynamics.polarization * totalAnisotropyPerArea
  }

  /// Critical current of the device in ampere.
  public var criticalCurrentAmperes: Double { criticalCurrentDensity * areaSquareMetres }

  /// Checks every value against its valid range.
  ///
  /// - Throws: ``ModelsError`` naming the first field that is out of range and its range.
  public func validate(at place: String) throws(ModelsError) {
    let checks: [(String, Double, ClosedRange<Double>)] = [
      ("diameterMetres", diameterMetres, 15e-9...200e-9),
      ("film.saturationMagnetization", film.saturationMagnetization, 1e5...2.5e6),
      ("film.thicknessMetres", film.thicknessMetres, 0.3e-9...5e-9),
      ("film.interfaceAnisotropy", film.interfaceAnisotropy, 0...5e-3),
      ("film.exchangeStiffness", film.exchangeStiffness, 0...1e-10),
      ("granular.saturationMagnetization", granular.saturationMagnetization, 5e4...2e6),
      ("granular.anisotropy", granular.anisotropy, 1e4...1e7),
      ("granular.anisotropySigma", granular.anisotropySigma, 0...0.5),
      ("granular.pitchMetres", granular.pitchMetres, 3e-9...50e-9),
      ("granular.boundaryMetres", granular.boundaryMetres, 0...min(5e-9, 0.5 * granular.pitchMetres)),
      ("granular.diameterSigma", granular.diameterSigma, 0...0.25),
      ("granular.thicknessMetres", granular.thicknessMetres, 0.5e-9...30e-9),
      ("granular.smallestPiece", granular.smallestPiece, 0.02...0.5),
      ("coupling.interlayerExchange", coupling.interlayerExchange, 0...5e-2),
      ("coupling.intergrainExchange", coupling.intergrainExchange, -1e-2...1e-2),
      ("coupling.spacerMetres", coupling.spacerMetres, 0...5e-9),
      ("coupling.dipoles", coupling.dipoles, 0...2),
      ("coupling.filmExchangeFactor", coupling.filmExchangeFactor ?? 1, 0.1...10),
      ("junction.resistanceAreaProduct", junction.resistanceAreaProduct, 1e-13...1e-9),
      ("junction.tmrZeroBias", junction.tmrZeroBias, 0.01...10),
      ("junction.tmrHalfVolts", junction.tmrHalfVolts, 0.05...5),
      ("junction.capacitancePerArea", junction.capacitancePerArea, 0...1),
      ("junction.breakdownVolts", junction.breakdownVolts, 0.1...10),
      ("dynamics.alpha", dynamics.alpha, 1e-4...1),
      ("dynamics.polarization", dynamics.polarization, 0.05...1),
      ("dynamics.torqueAsymmetry", dynamics.torqueAsymmetry, 0.1...10),
      ("dynamics.fieldLikeTorque", dynamics.fieldLikeTorque, -2...2),
      ("dynamics.pulseWidthSeconds", dynamics.pulseWidthSeconds, 1e-10...1e-5),
      ("dynamics.maximumDrive", dynamics.maximumDrive, 0.1...4),
      ("spread.resistanceAreaProduct", spread.resistanceAreaProduct, 0...0.3),
      ("spread.diameter", spread.diameter, 0...0.3),
      ("spread.tmr", spread.tmr, 0...0.3),
      ("temperatureKelvin", temperatureKelvin, 1...600),
    ]
    for (name, value, range) in checks where !range.contains(value) {
      throw ModelsError(
        .outOfRange, "'\(name)' is \(value); expected \(range.lowerBound) to \(range.upperBound)", at: place)
    }
  }
}

/// Demagnetising factors of uniformly magnetised rectangular prisms.
public enum DemagnetizingFactor {
  /// Factor along z of a prism of full edges a, b, c (any one unit), 0 to 1.
  ///
  /// - Source: Aharoni, J. Appl. Phys. 83, 3432 (1998), doi:10.1063/1.367113, equation 1.
  public static func alongZ(a fullA: Double, b fullB: Double, c fullC: Double) -> Double {
    let (a, b, c) = (fullA / 2, fullB / 2, fullC / 2)
    let (a2, b2, c2) = (a * a, b * b, c * c)
    let abc = (a2 + b2 + c2).squareRoot()
    let ab = (a2 + b2).squareRoot()
    let bc = (b2 + c2).squareRoot()
    let ac = (a2 + c2).squareRoot()
    var sum = (b2 - c2) / (2 * b * c) * log((abc - a) / (abc + a))
    sum += (a2 - c2) / (2 * a * c) * log((abc - b) / (abc + b))
    sum += b / (2 * c) * log((ab + a) / (ab - a))
    sum += a / (2 * c) * log((ab + b) / (ab - b))
    sum += c / (2 * a) * log((bc - b) / (bc + b))
    sum += c / (2 * b) * log((ac - a) / (ac + a))
    sum += 2 * atan(a * b / (c * abc))
    sum += (a2 * a + b2 * b - 2 * c2 * c) / (3 * a * b * c)
    sum += (a2 + b2 - 2 * c2) / (3 * a * b * c) * abc
    sum += c / (a * b) * (ac + bc)
    sum -= (ab * ab * ab + bc * bc * bc + ac * ac * ac) / (3 * a * b * c)
    return sum / Double.pi
  }
}
