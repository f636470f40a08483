extension TransistorLibrary {
  /// How one kind of transistor is instantiated in this kit's netlists.
  ///
  /// A plain BSIM4 card needs its model's name only. Kits that wrap each device in a subcircuit with the
  /// terminals drain, gate, source, bulk set `subcircuit`; kits that count lengths in micrometres set
  /// `metresPerUnit = 1e-6`.
  public struct Device: Codable, Sendable, Hashable {
    /// Name of the model card or of the subcircuit.
    public var model: String
    /// Whether the device is a subcircuit.
    public var subcircuit: Bool
    /// What one unit of width and length is in metres.
    public var metresPerUnit: Double
    /// Name of the width parameter.
    public var width: String
    /// Name of the length parameter.
    public var length: String
    /// Name of the parameter for the number of parallel devices.
    public var multiplier: String
    /// Name of the instance parameter that is added to the threshold; empty where the kit has none, and a
    /// voltage source in series with the gate takes its place.
    public var thresholdShift: String

    /// Describes a device; the defaults fit a plain BSIM4 card.
    public init(
      model: String, subcircuit: Bool = false, metresPerUnit: Double = 1, width: String = "w",
      length: String = "l", multiplier: String = "m", thresholdShift: String? = nil
    ) {
      self.model = model
      self.subcircuit = subcircuit
      self.metresPerUnit = metresPerUnit
      self.width = width
      self.length = length
      self.multiplier = multiplier
      self.thresholdShift = thresholdShift ?? (subcircuit ? "" : "delvto")
    }

    /// Reads a device; only `model` is required.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      self.init(
        model: try values.decode(String.self, forKey: .model),
        subcircuit: try values.decodeIfPresent(Bool.self, forKey: .subcircuit) ?? false,
        metresPerUnit: try values.decodeIfPresent(Double.self, forKey: .metresPerUnit) ?? 1,
        width: try values.decodeIfPresent(String.self, forKey: .width) ?? "w",
        length: try values.decodeIfPresent(String.self, forKey: .length) ?? "l",
        multiplier: try values.decodeIfPresent(String.self, forKey: .multiplier) ?? "m",
        thresholdShift: try values.decodeIfPresent(String.self, forKey: .thresholdShift))
    }
  }

  /// The device of a channel type.
  public func device(_ channel: ChannelType) -> Device {
    channel == .nmos ? devices.nmos : devices.pmos
  }
}
