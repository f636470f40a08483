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
  /// See ``closeTiming(_:requiredVolts:boundaryTolerance:trimShare:longestDevelop:longestPrecharge:)`` for
  /// parameters and errors.
  public func closed(
    _ read: FlashRead, requiredVolts: Double, boundaryTolerance: Double
  ) async throws(CircuitError) -> FlashRead {
    let biased = try await biased(read)
    return try await withinTrim { share async throws(CircuitError) in
      try await closed(
        biased, requiredVolts: requiredVolts, boundaryTolerance: boundaryTolerance, trimShare: share)
    }
  }

  /// A closed read with a campaign on it; the timing leaves every comparator of the campaign within its trim.
  ///
  /// See ``closed(_:requiredVolts:boundaryTolerance:)`` and ``characterize(_:_:progress:)``.
  public func characterized(
    _ read: FlashRead, requiredVolts: Double, boundaryTolerance: Double, _ campaign: ReadCampaign,
    progress: (@Sendable (Int, Int) -> Void)? = nil
  ) async throws(CircuitError) -> (read: FlashRead, figures: CellLibrary.SymbolRead) {
    let biased = try await biased(read)
    return try await withinTrim { share async throws(CircuitError) in
      let closed = try await closed(
        biased, requiredVolts: requiredVolts, boundaryTolerance: boundaryTolerance, trimShare: share)
      return try await characterize(closed, campaign, progress: progress)
    }
  }

  /// Gives the displacement of boundaries an eighth of the trim's reach, then less, until the trim suffices for
  /// the rest: mismatch, and what place adds to a comparator, which is known only when the timing is.
  ///
  /// A comparator is trimmed alone, at rest; what the movement of its inputs adds differs from chain to chain.
  /// With an eighth, 30 chains of TMR 50 and 120 % all read cells 0.1 steps from the middle right, with a half
  /// up to a sixth of them do not.
  private func withinTrim<Value>(
    _ body: (Double) async throws(CircuitError) -> Value
  ) async throws(CircuitError) -> Value {
    var share = 0.125
    while true {
      do {
        return try await body(share)
      } catch {
        guard error.code == .trimOutOfRange, share > 0.02 else { throw error }
        share /= 2
      }
    }
  }

  package func closed(
    _ biased: FlashRead, requiredVolts: Double, boundaryTolerance: Double, trimShare: Double
  ) async throws(CircuitError) -> FlashRead {
    let longest = 2e-9
    var closed = try await closeTiming(
      biased, requiredVolts: requiredVolts, boundaryTolerance: boundaryTolerance, trimShare: trimShare)
    // The inputs at the levels were extrapolated from the boundaries: develop until they hold.
    while try await worstMargin(closed) < requiredVolts {
      closed.timing.develop += Self.developStep
      guard closed.timing.develop <= longest else {
        throw CircuitError(
          .infeasible, "no develop time up to \(longest) s leaves \(requiredVolts) V at every comparator",
          place: closed.design.name)
      }
    }
    return try await trimmed(closed)
  }

  /// Grid of develop times in seconds.
  private static let developStep = 10e-12

  /// The smallest comparator input of all levels towards the right answer, in volt; of comparators with a trim
  /// pair beyond the input midway between the levels.
  private func worstMargin(_ read: FlashRead) async throws(CircuitError) -> Double {
    var centred = read
    if read.design.latch.trim != nil { centred.centreVolts = try await centreVolts(read) }
    return try await runLevels(centred).enumerated().map { $0.element.margin(level: $0.offset) }.min() ?? 0
  }

  /// Finds the shortest precharge and develop times that centre the boundaries and leave every level the
  /// required input.
  ///
  /// Before the mirror has settled a boundary stands away from the middle between its levels: the levels
  /// themselves may already be read right, but cells beside them are not. Trimmed comparators turn in the middle
  /// wherever it lies within a share of their trim's reach - the rest is for mismatch -, others must find it
  /// there.
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
  ///   - trimShare: Share of the trim's reach for the displacement of boundaries (assumption).
  ///   - longestDevelop: Longest develop time considered, in seconds.
  ///   - longestPrecharge: Longest precharge considered, in seconds.
  /// - Returns: The read with both times set.
  /// - Throws: ``CircuitError/Code/infeasible`` if no pair of times does.
  public func closeTiming(
    _ read: FlashRead, requiredVolts: Double, boundaryTolerance: Double, trimShare: Double = 0.125,
    longestDevelop: Double = 1.5e-9, longestPrecharge: Double = 60e-9
  ) async throws(CircuitError) -> FlashRead {
    var tried: [(precharge: Double, develop: Double)] = []
    func attempt(_ precharge: Double) async throws(CircuitError) {
      guard
        let develop = try await develop(
          read, precharge: precharge, requiredVolts: requiredVolts, tolerance: boundaryTolerance,
          trimShare: trimShare, longest: longestDevelop)
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
    _ read: FlashRead, precharge: Double, requiredVolts: Double, tolerance: Double, trimShare: Double,
    longest: Double
  ) async throws(CircuitError) -> Double? {
    var long = read
    long.timing.precharge = precharge
    long.timing.develop = longest
    let timing = long.timing
    let corner = corner
    let temperature = temperatureCelsius
    let template = long
    let times = Array(stride(from: 50e-12, through: longest, by: Self.developStep))
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
    let reach = latch.trim.map { trimShare * $0.reachVolts(inputWidth: latch.inputWidth) }
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
