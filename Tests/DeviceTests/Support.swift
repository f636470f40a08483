import Device
import Foundation
import Models

/// Specifications that several suites start from.
enum Specs {
  /// The default device as shipped.
  static func standard(diameter: Double = 50e-9) throws -> DeviceSpec {
    let url = try ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices")
    var spec = try TOMLFile(url).decode(DeviceSpec.self)
    spec.diameterMetres = diameter
    return spec
  }

  /// A device of 8 nm pitch and mean stability 45, for the analytic law.
  static func fineGrained(diameter: Double = 50e-9) throws -> DeviceSpec {
    var spec = try standard(diameter: diameter)
    spec.granular.pitchMetres = 8e-9
    spec.granular.anisotropy = 8e5
    return spec
  }

  /// It without any spread of RA, diameter and TMR.
  static func fineGrainedWithoutDeviceSpread(diameter: Double = 50e-9) throws -> DeviceSpec {
    withoutSpread(try fineGrained(diameter: diameter))
  }

  private static func withoutSpread(_ spec: DeviceSpec) -> DeviceSpec {
    var spec = spec
    spec.spread.resistanceAreaProduct = 0
    spec.spread.diameter = 0
    spec.spread.tmr = 0
    return spec
  }

  /// The default device without any spread of RA, diameter and TMR.
  static func withoutDeviceSpread(diameter: Double = 50e-9) throws -> DeviceSpec {
    withoutSpread(try standard(diameter: diameter))
  }

  /// The prototype of the design study: mean stability 43, damping 0.02, 10 % spread of the whole anisotropy,
  /// pitch 8 nm, 4 ns, no spread between devices.
  static func prototype(diameter: Double) throws -> DeviceSpec {
    var spec = try fineGrainedWithoutDeviceSpread(diameter: diameter)
    spec.dynamics.alpha = 0.02
    spec.granular.smallestPiece = 0.02
    setStability(43, of: &spec)
    let granular = spec.granular.anisotropy * spec.granular.thicknessMetres * spec.magneticAreaFraction
    spec.granular.anisotropySigma = 0.1 * spec.totalAnisotropyPerArea / granular
    return spec
  }

  /// Sets the grain anisotropy so that a mean grain has the given stability.
  static func setStability(_ stability: Double, of spec: inout DeviceSpec) {
    let missing = spec.totalAnisotropyPerArea * (stability / spec.grainStability - 1)
    spec.granular.anisotropy += missing / (spec.granular.thicknessMetres * spec.magneticAreaFraction)
  }
}

/// Ensembles that several tests look at, sampled once.
enum Ensembles {
  static let diameters = [30e-9, 50e-9, 75e-9]
  static let withoutDeviceSpread = Result {
    try diameters.map { try sample(Specs.fineGrainedWithoutDeviceSpread(diameter: $0)) }
  }
  static let prototype = Result { try diameters.map { try sample(Specs.prototype(diameter: $0)) } }
  static let standard = Result { try diameters.map { try sample(Specs.fineGrained(diameter: $0)) } }

  private static func sample(_ spec: DeviceSpec) throws -> DeviceCharacterization {
    try AnalyticEnsemble.characterize(spec: spec, devices: 100, cycles: 12, seed: 11, threads: 2)
  }
}
