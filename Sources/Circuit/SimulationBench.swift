import Models
import Spice

/// What every simulation of this module runs on: the ngspice workers, the transistors and the conditions.
///
/// ```swift
/// let bench = SimulationBench(pool: try WorkerPool(workers: 2), corner: try library.card())
/// let pulse = try await bench.run(WriteCircuit(design: WriteDesign(), junction: junction,
///   polarity: .forward, initialState: 0))
/// ```
public struct SimulationBench: Sendable {
  /// The ngspice workers.
  public let pool: WorkerPool
  /// The transistors.
  public let corner: TransistorCard
  /// Temperature in degree Celsius.
  public let temperatureCelsius: Double
  /// Local variation.
  public let mismatch: TransistorLibrary.Mismatch
  /// Seed of all draws.
  public let seed: UInt64

  /// Creates a bench.
  ///
  /// - Parameters:
  ///   - pool: The ngspice workers.
  ///   - corner: The transistors.
  ///   - temperatureCelsius: Temperature in degree Celsius.
  ///   - mismatch: Local variation; `nil` takes the card's own, and none where the card states none.
  ///   - seed: Seed of all draws.
  public init(
    pool: WorkerPool, corner: TransistorCard, temperatureCelsius: Double = 27,
    mismatch: TransistorLibrary.Mismatch? = nil, seed: UInt64 = 1
  ) {
    self.pool = pool
    self.corner = corner
    self.temperatureCelsius = temperatureCelsius
    self.mismatch =
      mismatch ?? corner.mismatch
      ?? TransistorLibrary.Mismatch(thresholdVoltMetres: 0, currentFactorMetres: 0)
    self.seed = seed
  }

  /// Local variation of one sample.
  package func draw(_ sample: Int) -> MismatchDraw {
    MismatchDraw(model: mismatch, seed: seed, sample: sample)
  }

  /// Runs one simulation to its waveforms.
  package func waveforms(_ simulation: Simulation) async throws(CircuitError) -> Waveforms {
    do {
      return try await pool.run(simulation).waveforms()
    } catch {
      throw CircuitError.wrapping(error, "'\(simulation.circuit.title)' did not complete")
    }
  }
}
