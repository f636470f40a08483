import Foundation
import Models

/// A CMOS process as circuits need it: model files by corner, device names, supply, mismatch, and the figures
/// by which anyone can check it.
///
/// Read from a `card.toml`. Ours are under `models/transistors`; another kit is described by a file of the
/// same form that names its models, see ``Device``.
///
/// ```swift
/// let library = try TransistorLibrary.load("tessera45")
/// let typical = try library.card(corner: "tt")
/// ```
public struct TransistorLibrary: Codable, Sendable, Hashable {
  /// Identifier used in results and file names.
  public var name: String
  /// One line about the process.
  public var title: String
  /// Nominal supply voltage in volt (0.3 to 20).
  public var supplyVolts: Double
  /// Shortest drawn gate length in metres (5e-9 to 1e-5).
  public var minimumLengthMetres: Double
  /// The environment variable that names the directory of the model files, for a kit that we may not ship;
  /// without it files count from the directory of `card.toml`.
  public var directoryVariable: String?
  /// The model file of each corner; `tt` is the typical one.
  public var corners: [String: ModelFile]
  /// What the devices are called.
  public var devices: Devices
  /// Random mismatch, where known.
  public var mismatch: Mismatch?
  /// The figures that corner `tt` must reproduce.
  public var targets: TransistorTargets?
  /// How the card is fitted to the targets.
  public var fit: FitPlan?
  /// The `card.toml`.
  public internal(set) var file = URL(filePath: "card.toml")
  /// The directory of `card.toml`.
  public var directory: URL { file.deletingLastPathComponent() }

  private enum CodingKeys: String, CodingKey {
    case name, title, supplyVolts, minimumLengthMetres, directoryVariable, corners, devices, mismatch,
      targets, fit
  }

  /// A file of model cards.
  public struct ModelFile: Codable, Sendable, Hashable {
    /// Path, absolute or against the library's directory.
    public var file: String
    /// Section of the file (`.lib`); without one the whole file is read.
    public var section: String?

    /// Names a file.
    public init(file: String, section: String? = nil) {
      self.file = file
      self.section = section
    }
  }

  /// Both polarities.
  public struct Devices: Codable, Sendable, Hashable {
    /// The n-channel device.
    public var nmos: Device
    /// The p-channel device.
    public var pmos: Device

    /// Pairs two devices.
    public init(nmos: Device, pmos: Device) {
      self.nmos = nmos
      self.pmos = pmos
    }
  }

  /// Random mismatch of a pair of equal devices, both as the standard deviation times `sqrt(W L)`.
  ///
  /// - Source: M. Pelgrom, A. Duinmaijer, A. Welbers, IEEE J. Solid-State Circuits 24, 1433 (1989),
  ///   doi:10.1109/JSSC.1989.572629.
  public struct Mismatch: Codable, Sendable, Hashable {
    /// Of the threshold difference, in V m (1e-9 is 1 mV um).
    public var thresholdVoltMetres: Double
    /// Of the relative difference of the current factor, in m (1e-8 is 1 % um).
    public var currentFactorMetres: Double

    /// States the two coefficients.
    public init(thresholdVoltMetres: Double, currentFactorMetres: Double) {
      self.thresholdVoltMetres = thresholdVoltMetres
      self.currentFactorMetres = currentFactorMetres
    }

    /// Standard deviation of one device's threshold in volt, a pair's divided by the square root of two.
    public func thresholdSigmaVolts(widthMetres: Double, lengthMetres: Double) -> Double {
      thresholdVoltMetres / (2 * widthMetres * lengthMetres).squareRoot()
    }

    /// Relative standard deviation of one device's current factor.
    public func currentFactorSigma(widthMetres: Double, lengthMetres: Double) -> Double {
      currentFactorMetres / (2 * widthMetres * lengthMetres).squareRoot()
    }
  }

  /// What a fit may move, and from where.
  public struct FitPlan: Codable, Sendable, Hashable {
    /// File of the starting card.
    public var start: String
    /// Parameters of the n-channel card that are fitted.
    public var nmos: [String: Range]
    /// Parameters of the p-channel card that are fitted.
    public var pmos: [String: Range]
    /// How the other corners follow from the fitted card.
    public var corners: [String: CornerShift]

    /// Bounds of a parameter's magnitude.
    public struct Range: Codable, Sendable, Hashable {
      /// Smallest magnitude, above zero.
      public var low: Double
      /// Largest magnitude.
      public var high: Double
      /// Parameters that take the same value.
      public var tied: [String]?
    }

    /// A process corner relative to the typical card.
    public struct CornerShift: Codable, Sendable, Hashable {
      /// Added to the magnitude of `vth0`, in volt.
      public var thresholdShiftVolts: Double
      /// Multiplies `u0`.
      public var mobilityFactor: Double
    }
  }
}

/// The channel type of a MOSFET.
public enum ChannelType: String, Codable, Sendable, Hashable, CaseIterable {
  /// n-channel.
  case nmos
  /// p-channel.
  case pmos

  /// +1 for n-channel, -1 for p-channel: the sign of the voltages and of the drain current.
  public var sign: Double { self == .nmos ? 1 : -1 }
}
