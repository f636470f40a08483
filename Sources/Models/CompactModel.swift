/// The junction as a circuit element: grain groups with thresholds, a rate law and a bias-dependent
/// conductance.
///
/// I = V G(V, c) with G = G_P [(1 - c) + c / (1 + TMR0 / (1 + (V/V_h)^2))], where q = sum w_k s_k is the
/// antiparallel fraction of the grains, and ds_k/dt = (1 - s_k) r_k(+x) - s_k r_k(-x), dx/dt = (I / I_c - x) / tau_i,
/// r_k(x) = f0 exp(-Delta x_k max(0, 1 - x/x_k)^b) + max(0, x/x_k - 1) / tau_d.
///
/// What conducts is the film, ahead of its grains while current drives it: c = q + (1 - q) g(x) - q g(-x),
/// g(x) = u / (1 + u), u = kappa max(0, x)^p. Without current c = q, which is what stays and is read.
public struct CompactModel: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// Device name.
  public var device: String
  /// Which law or fit stands behind the parameters.
  public var model: String
  /// Number of grains, or of clusters that turn at once, which the generator gives a junction.
  public var grains: Int
  /// Threshold of each group, I / I_c, rising.
  public var thresholds: [Double]
  /// Area weight of each group; sums to 1.
  public var weights: [Double]
  /// Area of what turns at once in each group, relative to the other groups, for the generator of junctions: a grain,
  /// and late in the reversal with it some of its neighbours.
  public var grainAreas: [Double]
  /// Critical current I_c in ampere.
  public var criticalCurrentAmperes: Double
  /// Attempt frequency f0 in 1/s.
  public var attemptFrequencyHertz: Double
  /// Thermal stability Delta of a grain whose threshold is 1; that of group k is Delta x_k.
  public var stability: Double
  /// Exponent b.
  public var barrierExponent: Double
  /// Time constant tau_d in seconds.
  public var reversalTimeSeconds: Double
  /// Incubation time tau_i in seconds: how long the precession takes to follow the current; 0 for at once.
  public var incubationSeconds: Double
  /// Film's lead kappa over its grains at the critical current, as odds; 0 for a film that goes with its grains.
  public var leadStrength: Double
  /// Exponent p of the lead in the drive (at least 1).
  public var leadExponent: Double
  /// Resistance of the parallel state in ohm.
  public var parallelOhms: Double
  /// Magnetoresistance at zero bias.
  public var tmrZeroBias: Double
  /// Bias at which the magnetoresistance has halved, in volt.
  public var tmrHalfVolts: Double
  /// Junction capacitance in farad.
  public var capacitanceFarads: Double
  /// Breakdown voltage in volt.
  public var breakdownVolts: Double
  /// Pulse width for which the model is meant, in seconds.
  public var pulseWidthSeconds: Double
  /// Where the model was fitted, and how well it fits; `nil` for one that was not fitted to dynamics.
  public var fit: Fit?
  /// How it came about.
  public var provenance: Provenance

  /// Range and residuals of a fit.
  public struct Fit: Codable, Sendable, Hashable {
    /// Lowest and highest current over the critical one.
    public var drives: [Double]
    /// Shortest and longest pulse in seconds.
    public var pulseSeconds: [Double]
    /// Lowest and highest temperature in kelvin.
    public var kelvin: [Double]
    /// Temperature at which the parameters hold, in kelvin; the stability goes as its inverse.
    public var referenceKelvin: Double
    /// Root mean square deviation of the mean reversed fraction.
    public var rootMeanSquare: Double
    /// Largest deviation of the mean reversed fraction.
    public var largest: Double
    /// Relative standard deviation of the junctions' critical current by their area.
    public var areaSigma: Double
    /// Model over sampled standard deviation of the reversed fraction, geometric mean over currents at which 0.05 to
    /// 0.95 of the area is reversed; `nil` where there is none.
    public var sigmaRatio: Double?
    /// Root mean square of that ratio's logarithm over the same currents, the error of the sample contained.
    public var sigmaScatter: Double?
    /// Power of the grains' areas that the generator's areas are: 1 where every grain turns alone.
    public var clusterExponent: Double
    /// Root mean square deviation of the film's lead at the end of a pulse, as a share of the area.
    public var leadRootMeanSquare: Double

    /// States a range and its residuals.
    public init(
      drives: [Double], pulseSeconds: [Double], kelvin: [Double], referenceKelvin: Double,
      rootMeanSquare: Double,
      largest: Double, areaSigma: Double, sigmaRatio: Double? = nil, sigmaScatter: Double? = nil,
      clusterExponent: Double = 1, leadRootMeanSquare: Double = 0
    ) {
      self.drives = drives
      self.pulseSeconds = pulseSeconds
      self.kelvin = kelvin
      self.referenceKelvin = referenceKelvin
      self.rootMeanSquare = rootMeanSquare
      self.largest = largest
      self.areaSigma = areaSigma
      self.sigmaRatio = sigmaRatio
      self.sigmaScatter = sigmaScatter
      self.clusterExponent = clusterExponent
      self.leadRootMeanSquare = leadRootMeanSquare
    }
  }

  /// Creates a compact model.
  public init(
    device: String, model: String, grains: Int, thresholds: [Double], weights: [Double],
    grainAreas: [Double]? = nil, criticalCurrentAmperes: Double, attemptFrequencyHertz: Double,
    stability: Double,
    barrierExponent: Double, reversalTimeSeconds: Double, incubationSeconds: Double = 0,
    leadStrength: Double = 0, leadExponent: Double = 2, parallelOhms: Double,
    tmrZeroBias: Double,
    tmrHalfVolts: Double, capacitanceFarads: Double, breakdownVolts: Double, pulseWidthSeconds: Double,
    fit: Fit? = nil, provenance: Provenance
  ) {
    schemaVersion = Tessera.schemaVersion
    self.device = device
    self.model = model
    self.grains = grains
    self.thresholds = thresholds
    self.weights = weights
    self.grainAreas = grainAreas ?? [Double](repeating: 1, count: weights.count)
    self.criticalCurrentAmperes = criticalCurrentAmperes
    self.attemptFrequencyHertz = attemptFrequencyHertz
    self.stability = stability
    self.barrierExponent = barrierExponent
    self.reversalTimeSeconds = reversalTimeSeconds
    self.incubationSeconds = incubationSeconds
    self.leadStrength = leadStrength
    self.leadExponent = leadExponent
    self.parallelOhms = parallelOhms
    self.tmrZeroBias = tmrZeroBias
    self.tmrHalfVolts = tmrHalfVolts
    self.capacitanceFarads = capacitanceFarads
    self.breakdownVolts = breakdownVolts
    self.pulseWidthSeconds = pulseWidthSeconds
    self.fit = fit
    self.provenance = provenance
  }
}

extension CompactModel {
  /// The same model at another temperature: the stability goes as its inverse.
  ///
  /// A model that was not fitted has no temperature of reference and stays as it is.
  public func at(kelvin: Double) -> CompactModel {
    var model = self
    if let fit {
      model.stability *= fit.referenceKelvin / kelvin
      model.fit?.referenceKelvin = kelvin
    }
    return model
  }

  /// The same law for a junction of another size: current, resistance, capacitance and grains by area.
  public func scaled(to spec: DeviceSpec) -> CompactModel {
    var model = self
    let ratio = parallelOhms / spec.parallelOhms
    model.criticalCurrentAmperes = spec.criticalCurrentAmperes
    model.parallelOhms = spec.parallelOhms
    model.tmrZeroBias = spec.junction.tmrZeroBias
    model.tmrHalfVolts = spec.junction.tmrHalfVolts
    model.capacitanceFarads = spec.junction.capacitancePerArea * spec.areaSquareMetres
    model.breakdownVolts = spec.junction.breakdownVolts
    model.grains = max(1, Int((Double(grains) * ratio).rounded()))
    model.device = spec.name
    return model
  }
}
