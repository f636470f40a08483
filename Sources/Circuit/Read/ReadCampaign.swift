import Models
import Spice

/// The Monte Carlo campaign that turns a closed read into the figures of a cell library.
public struct ReadCampaign: Codable, Sendable, Hashable {
  /// Chips with their own mismatch.
  public var samples: Int
  /// Standard deviation of the programmed position of one cell of each level, of full range.
  public var levelSigma: [Double]
  /// Cells of each level that a sense chain is calibrated on: one row per level, one cell per column.
  public var calibrationCells: Int

  /// Creates a campaign.
  public init(samples: Int, levelSigma: [Double], calibrationCells: Int) {
    self.samples = samples
    self.levelSigma = levelSigma
    self.calibrationCells = calibrationCells
  }

  /// Standard deviation of the programmed position at a level, of full range.
  func sigma(_ level: Int) -> Double { levelSigma.indices.contains(level) ? levelSigma[level] : 0 }

  /// Standard deviation of a calibrated boundary, midway between the means of the cells on either side.
  func calibrationSigma(boundary k: Int) -> Double {
    let sum = sigma(k - 1) * sigma(k - 1) + sigma(k) * sigma(k)
    return sum.squareRoot() / 2 / Double(max(1, calibrationCells)).squareRoot()
  }
}

extension SimulationBench {
  /// Characterises a read: every level on every sample, with mismatch, reference cells that carry the spread
  /// of real ones, and comparators trimmed in place against both.
  ///
  /// - Parameters:
  ///   - closed: A read with its bias and timing set and its comparators trimmed.
  ///   - campaign: How many samples.
  ///   - progress: Called with finished and total reads of the levels.
  /// - Returns: The read with a trim pair wide enough for every sample, and its figures.
  /// - Throws: ``CircuitError/Code/trimOutOfRange`` if no trim pair reaches, ``CircuitError/Code/infeasible`` if a
  ///   comparator does not follow the cell.
  public func characterize(
    _ closed: FlashRead, _ campaign: ReadCampaign,
    progress: (@Sendable (Int, Int) -> Void)? = nil
  ) async throws(CircuitError) -> (read: FlashRead, figures: CellLibrary.SymbolRead) {
    let (read, codes) = try await trimmed(closed, for: campaign)
    let nominal = try await runLevels(read)
    let samples = Array(0..<campaign.samples)
    let jobs = samples.flatMap { sample in read.levels.indices.map { (sample: sample, level: $0) } }
    let results: [ReadResult]
    do {
      let corner = corner
      results = try await pool.map(
        jobs, progress: progress,
        simulation: { job in
          var one = self.varied(read, sample: job.sample, campaign: campaign, codes: codes?[job.sample])
          one.dataPosition = read.levels[job.level]
          return one.simulation(
            corner, mismatch: MismatchDraw(model: self.mismatch, seed: self.seed, sample: job.sample),
            temperatureCelsius: self.temperatureCelsius)
        },
        reduce: { _, outcome in
          try read.measure(outcome.waveforms(), supplyVolts: corner.supplyVolts)
        })
    } catch {
      throw CircuitError.wrapping(error, "a read with mismatch did not complete")
    }
    let bench = read.bench(corner)
    let figures = CellLibrary.SymbolRead(
      delaySeconds: Estimate.mean(results.compactMap(\.delaySeconds))
        ?? Estimate(value: .infinity, low: .infinity, high: .infinity, samples: 0),
      cycleSeconds: read.timing.cycle,
      energyJoules: read.levels.indices.map { level in
        mean(results.enumerated().filter { jobs[$0.offset].level == level }.map(\.element.energyJoules))
      },
      energyBySource: energyBySource(results),
      thresholds: try await thresholds(read, campaign),
      confusion: confusion(read, results: results, jobs: jobs),
      bubbles: results.filter { $0.code == nil }.count,
      metastable: results.filter(\.metastable).count,
      calibrationRows: codes == nil ? 0 : read.levels.count, trimBits: read.design.latch.trim?.bits ?? 0,
      worstMarginVolts: nominal.enumerated().map { $0.element.margin(level: $0.offset) }.min() ?? 0,
      senseArea: bench.layoutArea(capacitorFarads: read.design.replicaFarads),
      leakageWatts: try await idlePower(read))
    return (read, figures)
  }

  /// Answers of every trimmed chain to cells on either side of the middle between the levels.
  ///
  /// - Parameter offsetSteps: Distance of those cells from the middle, in level steps.
  /// - Returns: For each sample and boundary, whether the comparator answered "above" for the cell below and
  ///   for the cell above the middle.
  package func trimmedAnswers(
    _ closed: FlashRead, _ campaign: ReadCampaign, offsetSteps: Double
  ) async throws(CircuitError) -> [[(below: Bool, above: Bool)]] {
    let samples = Array(0..<campaign.samples)
    let (read, found) = try await trimmed(closed, for: campaign)
    guard let codes = found else { return [] }
    let jobs = samples.flatMap { sample in
      read.boundaryIndices.flatMap { k in
        [-offsetSteps, offsetSteps].map { offset in
          let (lower, upper) = (read.levels[k - 1], read.levels[k])
          return (sample: sample, k: k, position: (lower + upper) / 2 + offset * (upper - lower))
        }
      }
    }
    let answers: [Bool]
    do {
      let corner = corner
      answers = try await pool.map(
        jobs,
        simulation: { job in
          var one = self.varied(read, sample: job.sample, campaign: campaign, codes: codes[job.sample])
          one.dataPosition = job.position
          return one.simulation(
            corner, mismatch: MismatchDraw(model: self.mismatch, seed: self.seed, sample: job.sample),
            temperatureCelsius: self.temperatureCelsius)
        },
        reduce: { job, outcome in
          try read.measure(outcome.waveforms(), supplyVolts: corner.supplyVolts).thermometer[job.k - 1]
        })
    } catch {
      throw CircuitError.wrapping(error, "a read with mismatch did not complete")
    }
    return samples.map { sample in
      (0..<read.boundaries).map { k in
        let first = 2 * (sample * read.boundaries + k)
        return (answers[first], answers[first + 1])
      }
    }
  }

  /// One sample's read: its references drawn once, its comparators trimmed.
  func varied(_ read: FlashRead, sample: Int, campaign: ReadCampaign, codes: [Int]?) -> FlashRead {
    var one = read
    one.trimCodes = codes
    guard read.design.references == .neighbourAverage else { return one }
    one.referencePositions = (1..<read.levels.count).map { k in
      [k - 1, k].map { index in
        var random = KeyedRandom(
          seed: seed, stage: "circuit.reference.\(k).\(index)", item: UInt64(sample))
        return read.levels[index] + random.normal() * campaign.sigma(index)
      }
    }
    return one
  }

  private func confusion(
    _ read: FlashRead, results: [ReadResult], jobs: [(sample: Int, level: Int)]
  ) -> [[Int]] {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: read.levels.count), count: read.levels.count)
    for (job, result) in zip(jobs, results) {
      // A bubble is counted where its comparators point, and reported beside.
      counts[job.level][result.thermometer.filter { $0 }.count] += 1
    }
    return counts
  }

  private func energyBySource(_ results: [ReadResult]) -> [String: Double] {
    var sums: [String: Double] = [:]
    for result in results { sums.merge(result.energyBySource, uniquingKeysWith: +) }
    return sums.mapValues { $0 / Double(max(1, results.count)) }
  }

  /// Power of the idle chain with its bias gated off, in watt.
  private func idlePower(_ read: FlashRead) async throws(CircuitError) -> Double {
    var gated = read
    gated.design.wordlineVolts = 0
    gated.design.clampGateVolts = 0
    gated.bitlineVolts = 0
    // Both logic supplies; the others stand at zero.
    let simulation = Simulation(
      gated.bench(corner).circuit, .operatingPoint, saving: ["i(vdd)", "i(vddr)"],
      temperatureCelsius: temperatureCelsius)
    do {
      let waves = try await waveforms(simulation)
      let amperes = try ["i(vdd)", "i(vddr)"].reduce(0.0) { try $0 + abs(waves.signal(Signal($1)).final) }
      return amperes * corner.supplyVolts
    } catch {
      throw CircuitError.wrapping(error, "no operating point of the gated chain")
    }
  }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}

extension LatchDesign {
  /// Standard deviation of the offset that trimming leaves, input-referred, in volt: a code step, uniform.
  ///
  /// Without trim it is the untrimmed pair's, which the transients show in their codes.
  var residualOffsetSigma: Double {
    guard let trim else { return 0 }
    let step = trim.spanVolts / Double((1 << trim.bits) - 1) * trim.width / inputWidth
    return step / 12.0.squareRoot()
  }
}

extension Bench {
  /// Layout area in m^2: each transistor W (L + 3 L_min) for its contacts, times 1.3 for wiring, and MOS
  /// capacitors at 20 fF/um^2 (assumptions).
  func layoutArea(capacitorFarads: Double = 0) -> Double {
    1.3 * (gateArea + 3 * corner.minimumLengthMetres * totalWidth) + capacitorFarads / 20e-3
  }
}
