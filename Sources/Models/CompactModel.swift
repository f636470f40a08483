/// The junction as a circuit element: grain groups with thresholds, a rate law and a bias-dependent
/// conductance.
///
/// I = V G(V, q) with G = G_P [(1 - q) + q / (1 + TMR0 / (1 + (V/V_h)^2))], where q = sum w_k s_k is the
/// antiparallel fraction, and ds_k/dt = (1 - s_k) r_k(+x) - s_k r_k(-x), x = I / I_c,
/// r_k(x) = f0 exp(-Delta x_k max(0, 1 - x/x_k)^b) + max(0, x/x_k - 1) / tau_d.
public struct CompactModel: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// Device name.
  public var device: String
  /// Which law or fit stands behind the parameters.
  public var model: String
  /// Number of grains of the instance.
  public var grains: Int
  /// Threshold of each group, I / I_c, rising.
  public var thresholds: [Double]
  /// Area weight of each group; sums to 1.
  public var weights: [Double]
  /// Critical current I_c in ampere.
  public var criticalCurrentAmperes: Double
  /// Attempt frequency f0 in 1/s.
  public var attemptFrequencyHertz: Double
  /// Mean thermal stability Delta of a grain.
  public var stability: Double
  /// Exponent b.
  public var barrierExponent: Double
  /// Time constant tau_d in seconds.
  public var reversalTimeSeconds: Double
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
  /// How it came about.
  public var provenance: Provenance

  /// Creates a compact model.
  public init(
    device: String, model: String, grains: Int, thresholds: [Double], weights: [Double],
    criticalCurrentAmperes: Double, attemptFrequencyHertz: Double, stability: Double,
    barrierExponent: Double, reversalTimeSeconds: Double, parallelOhms: Double, tmrZeroBias: Double,
    tmrHalfVolts: Double, capacitanceFarads: Double, breakdownVolts: Double, pulseWidthSeconds: Double,
    provenance: Provenance
  ) {
    schemaVersion = Tessera.schemaVersion
    self.device = device
    self.model = model
    self.grains = grains
    self.thresholds = thresholds
    self.weights = weights
    self.criticalCurrentAmperes = criticalCurrentAmperes
    self.attemptFrequencyHertz = attemptFrequencyHertz
    self.stability = stability
    self.barrierExponent = barrierExponent
    self.reversalTimeSeconds = reversalTimeSeconds
    self.parallelOhms = parallelOhms
    self.tmrZeroBias = tmrZeroBias
    self.tmrHalfVolts = tmrHalfVolts
    self.capacitanceFarads = capacitanceFarads
    self.breakdownVolts = breakdownVolts
    self.pulseWidthSeconds = pulseWidthSeconds
    self.provenance = provenance
  }
}
