import Models
import Spice

/// Runs reads: the workers, the transistors and the conditions in one value.
public struct ReadBench: Sendable {
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
  public init(
    pool: WorkerPool, corner: TransistorCard, temperatureCelsius: Double = 27,
    mismatch: TransistorLibrary.Mismatch, seed: UInt64 = 1
  ) {
    self.pool = pool
    self.corner = corner
    self.temperatureCelsius = temperatureCelsius
    self.mismatch = mismatch
    self.seed = seed
  }

  /// Runs one read without mismatch.
  ///
  /// - Parameters:
  ///   - read: The read.
  ///   - resolution: Divides every time step; 2 halves them.
  /// - Returns: The result and the waveforms it was measured on.
  /// - Throws: ``CircuitError`` with ngspice's message if the transient does not complete.
  public func run(
    _ read: FlashRead, resolution: Double = 1
  ) async throws(CircuitError) -> (result: ReadResult, waveforms: Waveforms) {
    let waves = try await waveforms(
      read.simulation(corner, temperatureCelsius: temperatureCelsius, resolution: resolution))
    return (try read.measure(waves, supplyVolts: corner.supplyVolts), waves)
  }

  /// Runs one simulation to its waveforms.
  package func waveforms(_ simulation: Simulation) async throws(CircuitError) -> Waveforms {
    do {
      return try await pool.run(simulation).waveforms()
    } catch {
      throw CircuitError.wrapping(error, "'\(simulation.circuit.title)' did not complete")
    }
  }

  /// Runs the reads of every level at once.
  ///
  /// - Parameter read: The read; its data position is replaced by each level's.
  /// - Returns: Results in order of the levels.
  public func runLevels(_ read: FlashRead) async throws(CircuitError) -> [ReadResult] {
    do {
      let corner = corner
      let temperature = temperatureCelsius
      return try await pool.map(
        read.levels,
        simulation: { position in
          var one = read
          one.dataPosition = position
          return one.simulation(corner, temperatureCelsius: temperature)
        },
        reduce: { _, outcome in
          try read.measure(outcome.waveforms(), supplyVolts: corner.supplyVolts)
        })
    } catch {
      throw CircuitError.wrapping(error, "a read did not complete")
    }
  }

  /// Voltage to which idle bitlines are to be held: that of the replica's column in standby.
  ///
  /// - Returns: The read with ``FlashRead/bitlineVolts`` set.
  public func biased(_ read: FlashRead) async throws(CircuitError) -> FlashRead {
    guard read.design.standby != nil else { return read }
    var biased = read
    // The held voltage loads the replica only through the mirror's standby current: two passes settle.
    for _ in 0..<2 {
      let simulation = Simulation(
        biased.bench(corner).circuit, .operatingPoint, saving: ["v(bp)"],
        temperatureCelsius: temperatureCelsius)
      do {
        biased.bitlineVolts = try await waveforms(simulation).signal("v(bp)").final
      } catch {
        throw CircuitError.wrapping(error, "no operating point of the replica")
      }
    }
    return biased
  }

  /// Finds the shortest precharge and develop times for which every level leaves the required input.
  ///
  /// The longer the precharge, the better bitlines and mirror have settled and the sooner the released
  /// inputs separate. For each precharge of a geometric grid, refined around its best, the develop time is read off one long
  /// transient; the shortest sum wins. Contrast shortens it until settling alone limits it.
  ///
  /// - Parameters:
  ///   - read: The read; its other times are kept.
  ///   - requiredVolts: Comparator input that the worst level must leave.
  ///   - longestDevelop: Longest develop time considered, in seconds.
  ///   - longestPrecharge: Longest precharge considered, in seconds.
  /// - Returns: The read with both times set.
  /// - Throws: ``CircuitError/Code/infeasible`` if no pair of times does.
  public func closeTiming(
    _ read: FlashRead, requiredVolts: Double, longestDevelop: Double = 2e-9,
    longestPrecharge: Double = 60e-9
  ) async throws(CircuitError) -> FlashRead {
    var tried: [(precharge: Double, develop: Double)] = []
    func attempt(_ precharge: Double) async throws(CircuitError) {
      guard
        let develop = try await develop(
          read, precharge: precharge, requiredVolts: requiredVolts, longest: longestDevelop)
      else { return }
      tried.append((precharge, develop))
    }
    func sum(_ times: (precharge: Double, develop: Double)) -> Double { times.precharge + times.develop }
    func shortest() -> (precharge: Double, develop: Double)? { tried.min { sum($0) < sum($1) } }
    let coarse = 1.4
    var precharge = read.timing.standbyRelease + 0.2e-9
    while precharge <= longestPrecharge, precharge < shortest().map(sum) ?? .infinity {
      try await attempt(precharge)
      precharge *= coarse
    }
    for ratio in [coarse.squareRoot(), coarse.squareRoot().squareRoot()] {
      guard let centre = shortest()?.precharge else { break }
      try await attempt(centre / ratio)
      try await attempt(centre * ratio)
    }
    let best = shortest()
    guard let best else {
      throw CircuitError(
        .infeasible,
        "no precharge up to \(longestPrecharge) s leaves \(requiredVolts) V at every comparator",
        place: read.design.name)
    }
    var closed = read
    closed.timing.precharge = best.precharge
    closed.timing.develop = best.develop
    return closed
  }

  /// Time from releasing the inputs until every level's comparators keep the required input; `nil` if that
  /// is longer than `longest`.
  private func develop(
    _ read: FlashRead, precharge: Double, requiredVolts: Double, longest: Double
  ) async throws(CircuitError) -> Double? {
    var long = read
    long.timing.precharge = precharge
    long.timing.develop = longest
    let timing = long.timing
    let release = timing.start + precharge
    let boundaries = read.boundaries
    let corner = corner
    let temperature = temperatureCelsius
    let template = long
    do {
      let times = try await pool.map(
        Array(read.levels.enumerated()),
        simulation: { level in
          var one = template
          one.dataPosition = level.element
          return one.simulation(corner, temperatureCelsius: temperature, until: timing.fire)
        },
        reduce: { level, outcome -> Double in
          let waves = try outcome.waveforms()
          let data = try waves.signal("v(dd)")
          var latest = 0.0
          for k in 1...boundaries {
            let sign = level.offset >= k ? 1.0 : -1.0
            let input = try waves.signal("v(y\(k))").combined(with: data, "input", unit: "V") {
              sign * ($0 - $1)
            }
            guard input.final >= requiredVolts else { return .infinity }
            let reached = input.crossings(of: requiredVolts, .rising, after: release).last ?? release
            latest = max(latest, reached - release)
          }
          return latest
        })
      let worst = times.max() ?? .infinity
      return worst.isFinite ? max(worst, 50e-12) : nil
    } catch {
      throw CircuitError.wrapping(error, "a read did not complete")
    }
  }
}
