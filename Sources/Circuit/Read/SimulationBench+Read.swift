import Models
import Spice

extension SimulationBench {
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

  /// Voltage to which idle bitlines are to be held: the mean of the replica's columns in standby.
  ///
  /// - Returns: The read with ``FlashRead/bitlineVolts`` set.
  public func biased(_ read: FlashRead) async throws(CircuitError) -> FlashRead {
    guard read.design.standby != nil else { return read }
    var biased = read
    let columns = read.replicaTags.map { Signal.voltage(Node("b\($0)")) }
    // The held voltage loads the replica only through the mirror's standby current: two passes settle.
    for _ in 0..<2 {
      let simulation = Simulation(
        biased.bench(corner).circuit, .operatingPoint, saving: columns,
        temperatureCelsius: temperatureCelsius)
      do {
        let waves = try await waveforms(simulation)
        var sum = 0.0
        for column in columns { sum += try waves.signal(column).final }
        biased.bitlineVolts = sum / Double(columns.count)
      } catch {
        throw CircuitError.wrapping(error, "no operating point of the replica")
      }
    }
    return biased
  }

  /// A read with its bias set, its timing closed and its nominal comparators trimmed.
  ///
  /// See ``closeTiming(_:requiredVolts:boundaryTolerance:longestDevelop:longestPrecharge:)`` for parameters
  /// and errors.
  public func closed(
    _ read: FlashRead, requiredVolts: Double, boundaryTolerance: Double
  ) async throws(CircuitError) -> FlashRead {
    let biased = try await biased(read)
    var asked = requiredVolts
    // The inputs at the levels are extrapolated from the boundaries: ask for more until they hold.
    while true {
      let closed = try await trimmed(
        closeTiming(biased, requiredVolts: asked, boundaryTolerance: boundaryTolerance))
      let worst = try await worstMargin(closed)
      if worst >= requiredVolts { return closed }
      asked += max(requiredVolts - worst, 0.01 * requiredVolts)
    }
  }

  /// The smallest comparator input of all levels towards the right answer, in volt.
  private func worstMargin(_ read: FlashRead) async throws(CircuitError) -> Double {
    try await runLevels(read).enumerated().map { $0.element.margin(level: $0.offset) }.min() ?? 0
  }

  /// Finds the shortest precharge and develop times that centre the boundaries and leave every level the
  /// required input.
  ///
  /// Before the mirror has settled a boundary stands away from the middle between its levels: the levels
  /// themselves may already be read right, but cells beside them are not. Trimmed comparators turn in the middle
  /// wherever it lies within half the reach of their trim - the other half is for mismatch (assumption) -, others
  /// must find it there.
  ///
  /// The longer the precharge, the better bitlines and mirror have settled and the sooner the released
  /// inputs separate. For each precharge of a geometric grid, refined around its best, the develop time is
  /// read off one long transient; the shortest sum wins. Contrast shortens it until settling alone limits it.
  ///
  /// - Parameters:
  ///   - read: The read; its other times are kept.
  ///   - requiredVolts: Comparator input that the worst level must leave, in volt.
  ///   - boundaryTolerance: Largest distance of a boundary from the middle between its levels, in level
  ///     steps, above 0 and below 0.5.
  ///   - longestDevelop: Longest develop time considered, in seconds.
  ///   - longestPrecharge: Longest precharge considered, in seconds.
  /// - Returns: The read with both times set.
  /// - Throws: ``CircuitError/Code/infeasible`` if no pair of times does.
  public func closeTiming(
    _ read: FlashRead, requiredVolts: Double, boundaryTolerance: Double, longestDevelop: Double = 1.5e-9,
    longestPrecharge: Double = 60e-9
  ) async throws(CircuitError) -> FlashRead {
    var tried: [(precharge: Double, develop: Double)] = []
    func attempt(_ precharge: Double) async throws(CircuitError) {
      guard
        let develop = try await develop(
          read, precharge: precharge, requiredVolts: requiredVolts, tolerance: boundaryTolerance,
          longest: longestDevelop)
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
        "no precharge up to \(longestPrecharge) s leaves \(requiredVolts) V at every comparator with boundaries"
          + " within \(boundaryTolerance) of a level step of the middle", place: read.design.name)
    }
    var closed = read
    closed.timing.precharge = best.precharge
    closed.timing.develop = best.develop
    return closed
  }

  /// The earliest time from releasing the inputs at which every boundary is centred and every level leaves
  /// the required input; `nil` if there is none up to `longest`.
  ///
  /// Two cells on either side of each boundary, at the tolerance from the middle, tell how far the boundary is
  /// displaced; the input at the levels follows along the line through them, which is straight over the small
  /// inputs asked for.
  private func develop(
    _ read: FlashRead, precharge: Double, requiredVolts: Double, tolerance: Double, longest: Double
  ) async throws(CircuitError) -> Double? {
    var long = read
    long.timing.precharge = precharge
    long.timing.develop = longest
    let timing = long.timing
    let corner = corner
    let temperature = temperatureCelsius
    let template = long
    let times = Array(stride(from: 50e-12, through: longest, by: 10e-12))
    let probes = read.boundaryIndices.flatMap { k in
      [-tolerance, tolerance].map { offset in
        let (lower, upper) = (read.levels[k - 1], read.levels[k])
        return (boundary: k, position: (lower + upper) / 2 + offset * (upper - lower))
      }
    }
    let inputs: [[Double]]
    do {
      inputs = try await pool.map(
        probes,
        simulation: { probe in
          var one = template
          one.dataPosition = probe.position
          return one.simulation(corner, temperatureCelsius: temperature, until: timing.fire)
        },
        reduce: { probe, outcome in
          let waves = try outcome.waveforms()
          let input = try waves.signal("v(y\(probe.boundary))").combined(
            with: waves.signal("v(dd)"), "input", unit: "V", -)
          return times.map { input.value(at: timing.start + precharge + $0) }
        })
    } catch {
      throw CircuitError.wrapping(error, "a read did not complete")
    }
    let latch = read.design.latch
    let reach = latch.trim.map { $0.reachVolts(inputWidth: latch.inputWidth) / 2 }
    let index = times.indices.first { time in
      stride(from: 0, to: inputs.count, by: 2).allSatisfy { pair in
        let (below, above) = (inputs[pair][time], inputs[pair + 1][time])
        let displacement = abs(below + above) / 2
        let toLevel = (above - below) * 0.25 / tolerance
        if let reach { return displacement <= reach && toLevel >= requiredVolts }
        return displacement <= (above - below) / 2 && toLevel - displacement >= requiredVolts
      }
    }
    return index.map { times[$0] }
  }
}
