/// How reliably a cell holds each of its conductance levels: what a device stage hands to the circuits
/// and to the network.
///
/// Positions and standard deviations are normalised to the *nominal full conductance range*: 0 is the
/// lowest, 1 the highest nominal conductance.
public struct LevelStatistics: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// Technology identifier, such as `granular-mtj`, `rram-wan2022`.
  public var technology: String
  /// Title for tables and pictures.
  public var title: String
  /// Which model produced the figures, such as `analytic grain law` or `published table`.
  public var model: String
  /// Where the figures come from.
  public var origin: Origin
  /// Bits per cell; `levels.count == 1 << bitsPerCell`.
  public var bitsPerCell: Int
  /// Device diameter in metres, where it has one.
  public var diameterMetres: Double?
  /// Highest nominal conductance (G_P of a junction) in siemens.
  public var highConductanceSiemens: Double
  /// Lowest nominal conductance in siemens.
  public var lowConductanceSiemens: Double
  /// Magnetoresistance at zero bias, for junctions.
  public var tmrZeroBias: Double?
  /// Bias at which the magnetoresistance has halved, in volt, for junctions.
  public var tmrHalfVolts: Double?
  /// Levels in rising order of conductance.
  public var levels: [Level]
  /// Relative standard deviation of the whole conductance between devices; its effect is contained in
  /// the levels' own figures.
  public var globalConductanceSigma: Double
  /// How the cell was programmed.
  public var programming: Programming
  /// Time after programming at which the levels stand, in seconds; `nil` right after the last pulse.
  public var elapsedSeconds: Double?
  /// Conductance drift, if the technology has any.
  public var drift: Drift?
  /// Fraction of cells stuck at either end.
  public var stuckFraction: Double
  /// Worst symbol error by number of equally spaced levels, where it was sampled.
  public var capacity: [Capacity]
  /// How the figures came about.
  public var provenance: Provenance

  /// One level.
  public struct Level: Codable, Sendable, Hashable {
    /// Where the level should lie, 0 to 1.
    public var target: Double
    /// Where it lies on average.
    public var mean: Double
    /// Standard deviation between devices (frozen once programmed), of full range.
    public var sigmaDeviceToDevice: Double
    /// Standard deviation from one write to the next of the same device, of full range.
    public var sigmaCycleToCycle: Double
    /// Standard deviation of the conductance itself from read to read, of full range.
    public var sigmaRead: Double
    /// Probability that the programmed conductance lies nearer to another level's target.
    public var symbolError: Estimate
    /// Quantiles of the position that one written cell shows, rising; empty where not sampled.
    ///
    /// Entry i of n is the position at the cumulative probability i / (n - 1): the first and the last are the
    /// extremes of the sample. Linear interpolation between them is the inverse of the distribution function,
    /// from which positions can be drawn; no tail beyond the sample is implied.
    public var quantiles: [Double]
    /// The standard deviations with their 95 % intervals; `nil` where they were not sampled.
    public var spread: Spread?

    /// Sampled standard deviations of a level, of full range.
    public struct Spread: Codable, Sendable, Hashable {
      /// Between devices.
      public var deviceToDevice: Estimate
      /// From one write to the next of the same device.
      public var cycleToCycle: Estimate

      /// States both.
      public init(deviceToDevice: Estimate, cycleToCycle: Estimate) {
        self.deviceToDevice = deviceToDevice
        self.cycleToCycle = cycleToCycle
      }
    }

    /// Creates a level.
    public init(
      target: Double, mean: Double, sigmaDeviceToDevice: Double, sigmaCycleToCycle: Double,
      sigmaRead: Double, symbolError: Estimate, quantiles: [Double] = [], spread: Spread? = nil
    ) {
      self.target = target
      self.mean = mean
      self.sigmaDeviceToDevice = sigmaDeviceToDevice
      self.sigmaCycleToCycle = sigmaCycleToCycle
      self.sigmaRead = sigmaRead
      self.symbolError = symbolError
      self.quantiles = quantiles
      self.spread = spread
    }

    /// Both programming spreads in quadrature: what one written cell shows.
    public var sigmaProgrammed: Double {
      (sigmaDeviceToDevice * sigmaDeviceToDevice + sigmaCycleToCycle * sigmaCycleToCycle).squareRoot()
    }
  }

  /// How the cell was programmed; never compare two technologies without naming it.
  public struct Programming: Codable, Sendable, Hashable {
    /// The scheme.
    public enum Scheme: String, NamedChoice, Sendable, Hashable {
      /// Reset, then one pulse whose amplitude selects the level.
      case openLoop
      /// Pulses of rising amplitude with a read after each, until the level is met.
      case writeVerify
    }
    /// The scheme.
    public var scheme: Scheme
    /// Mean number of write pulses per programmed cell, the reset included; `nil` where a publication does
    /// not state it.
    public var meanPulses: Double?
    /// Accepted deviation from the target, of full range.
    public var tolerance: Double?
    /// Note on the publication's own scheme, or on what was sampled.
    public var note: String

    /// Creates a scheme.
    public init(scheme: Scheme, meanPulses: Double?, tolerance: Double?, note: String) {
      self.scheme = scheme
      self.meanPulses = meanPulses
      self.tolerance = tolerance
      self.note = note
    }
  }

  /// Power-law drift g(t) = g (t/t0)^-nu with a device's own exponent.
  public struct Drift: Codable, Sendable, Hashable {
    /// Reference time in seconds.
    public var referenceSeconds: Double
    /// Time after programming at which the levels of this value stand, in seconds.
    public var elapsedSeconds: Double
    /// Mean exponent of each level.
    public var meanExponent: [Double]
    /// Standard deviation of the exponent of each level.
    public var sigmaExponent: [Double]

    /// Creates a drift law.
    public init(
      referenceSeconds: Double, elapsedSeconds: Double, meanExponent: [Double], sigmaExponent: [Double]
    ) {
      self.referenceSeconds = referenceSeconds
      self.elapsedSeconds = elapsedSeconds
      self.meanExponent = meanExponent
      self.sigmaExponent = sigmaExponent
    }
  }

  /// Worst symbol error when the range is divided into `levels` equally spaced levels.
  public struct Capacity: Codable, Sendable, Hashable {
    /// Number of levels.
    public var levels: Int
    /// Symbol error of the worst of them.
    public var worstSymbolError: Estimate

    /// Creates an entry.
    public init(levels: Int, worstSymbolError: Estimate) {
      self.levels = levels
      self.worstSymbolError = worstSymbolError
    }
  }

  /// Creates level statistics.
  public init(
    technology: String, title: String, model: String, origin: Origin, bitsPerCell: Int,
    diameterMetres: Double? = nil, highConductanceSiemens: Double, lowConductanceSiemens: Double,
    tmrZeroBias: Double? = nil, tmrHalfVolts: Double? = nil, levels: [Level],
    globalConductanceSigma: Double, programming: Programming, elapsedSeconds: Double? = nil,
    drift: Drift? = nil, stuckFraction: Double = 0, capacity: [Capacity] = [], provenance: Provenance
  ) {
    schemaVersion = Tessera.schemaVersion
    self.technology = technology
    self.title = title
    self.model = model
    self.origin = origin
    self.bitsPerCell = bitsPerCell
    self.diameterMetres = diameterMetres
    self.highConductanceSiemens = highConductanceSiemens
    self.lowConductanceSiemens = lowConductanceSiemens
    self.tmrZeroBias = tmrZeroBias
    self.tmrHalfVolts = tmrHalfVolts
    self.levels = levels
    self.globalConductanceSigma = globalConductanceSigma
    self.programming = programming
    self.elapsedSeconds = elapsedSeconds
    self.drift = drift
    self.stuckFraction = stuckFraction
    self.capacity = capacity
    self.provenance = provenance
  }

  /// Largest number of equally spaced levels whose worst symbol error stays at or below a criterion, by
  /// the point estimate; 1 if not even two do.
  public func reliableLevels(criterion: Double) -> Int {
    var best = 1
    for entry in capacity.sorted(by: { $0.levels < $1.levels }) {
      guard entry.worstSymbolError.value <= criterion else { break }
      best = entry.levels
    }
    return best
  }
}
