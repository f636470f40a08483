import Models
import Spice

/// The Monte Carlo campaign that turns a closed read into the figures of a cell library.
public struct ReadCampaign: Codable, Sendable, Hashable {
  /// Chips with their own mismatch.
  public var samples: Int
  /// Standard deviation of the programmed position of each level, for the reference cells.
  public var levelSigma: [Double]

  /// Creates a campaign.
  public init(samples: Int, levelSigma: [Double]) {
    self.samples = samples
    self.levelSigma = levelSigma
  }
}

extension ReadBench {
  /// Characterises a read: every level on every sample, with mismatch, trimmed comparators and reference
  /// cells that carry the spread of real ones.
  ///
  /// - Parameters:
  ///   - read: A read with its bias and timing set.
  ///   - campaign: How many samples.
  ///   - progress: Called with finished and total reads.
  public func characterize(
    _ read: FlashRead, _ campaign: ReadCampaign,
    progress: (@Sendable (Int, Int) -> Void)? = nil
  ) async throws(CircuitError) -> CellLibrary.SymbolRead {
    let nominal = try await runLevels(read)
    let samples = Array(0..<campaign.samples)
    let dataVolts = try await run(read).waveforms
    let common: Double
    do { common = try dataVolts.signal("v(dd)").value(at: read.timing.fire) } catch {
      throw CircuitError.wrapping(error, "no data node")
    }
    let codes = try await trimCodes(
      read.design.latch, inputVolts: common, comparators: read.boundaries, samples: samples)
    let jobs = samples.flatMap { sample in read.levels.indices.map { (sample: sample, level: $0) } }
    let results: [ReadResult]
    do {
      let corner = corner
      results = try await pool.map(
        jobs, progress: progress,
        simulation: { job in
          let one = self.varied(
            read, level: job.level, sample: job.sample, campaign: campaign,
            codes: codes?[job.sample])
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
    return CellLibrary.SymbolRead(
      delaySeconds: Estimate.mean(results.compactMap(\.delaySeconds))
        ?? Estimate(value: .infinity, low: .infinity, high: .infinity, samples: 0),
      cycleSeconds: read.timing.cycle,
      energyJoules: read.levels.indices.map { level in
        mean(results.enumerated().filter { jobs[$0.offset].level == level }.map(\.element.energyJoules))
      },
      energyBySource: energyBySource(results),
      thresholds: thresholds(read, nominal: nominal, results: results, jobs: jobs),
      confusion: confusion(read, results: results, jobs: jobs),
      bubbles: results.filter { $0.code == nil }.count,
      metastable: results.filter(\.metastable).count,
      worstMarginVolts: nominal.enumerated().map { $0.element.margin(level: $0.offset) }.min() ?? 0,
      senseArea: bench.layoutArea(capacitorFarads: read.design.replicaFarads),
      leakageWatts: try await idlePower(read))
  }

  /// One sample's read: its reference cells drawn once, its comparators trimmed.
  private func varied(
    _ read: FlashRead, level: Int, sample: Int, campaign: ReadCampaign, codes: [Int]?
  ) -> FlashRead {
    var one = read
    one.dataPosition = read.levels[level]
    one.trimCodes = codes
    guard read.design.references == .neighbourAverage else { return one }
    one.referencePositions = (1..<read.levels.count).map { k in
      [k - 1, k].map { index in
        var random = KeyedRandom(
          seed: seed, stage: "circuit.reference.\(k).\(index)", item: UInt64(sample))
        return read.levels[index]
          + random.normal() * (index < campaign.levelSigma.count ? campaign.levelSigma[index] : 0)
      }
    }
    return one
  }

  /// Where each boundary lies between its levels, by linear interpolation of the comparator input, and how
  /// that spreads over the samples.
  private func thresholds(
    _ read: FlashRead, nominal: [ReadResult], results: [ReadResult], jobs: [(sample: Int, level: Int)]
  ) -> [CellLibrary.Threshold] {
    let levels = read.levels.count
    return (1..<levels).map { k in
      func crossing(_ lower: ReadResult, _ upper: ReadResult) -> (position: Double, slope: Double) {
        let a = lower.inputVolts[k - 1]
        let b = upper.inputVolts[k - 1]
        let step = read.levels[k] - read.levels[k - 1]
        return (read.levels[k - 1] - a / (b - a) * step, (b - a) / step)
      }
      let centre = crossing(nominal[k - 1], nominal[k])
      let positions = stride(from: 0, to: results.count, by: levels).map { start in
        crossing(results[start + k - 1], results[start + k]).position
      }
      let residual = read.design.latch.residualOffsetSigma / centre.slope
      let spread = Moments(positions)?.standardDeviation ?? 0
      return CellLibrary.Threshold(
        position: Moments(positions)?.mean ?? centre.position,
        offsetSigma: (spread * spread + residual * residual).squareRoot(),
        noiseSigma: inputNoiseVolts(read) / centre.slope)
    }
  }

  /// Thermal noise at a comparator input in volt: kT/C of the input node and of the comparator itself.
  ///
  /// The input node integrates the noise of mirror, clamp and cell with the node's capacitance; a noise
  /// factor of 2 stands for their transconductances (assumption). The comparator's own noise is that of
  /// its output capacitance referred to the input at unity gain, an upper bound.
  private func inputNoiseVolts(_ read: FlashRead) -> Double {
    let kT = PhysicalConstants.boltzmann * (temperatureCelsius + 273.15)
    // Gate oxide capacitance of 20 fF/um^2 on the copy's drain side is small: overlap 0.5 fF/um rules.
    let width =
      read.design.mirror.width * read.design.mirrorRatio + read.design.clamp.width * read.design.mirrorRatio
    let node = 0.5e-9 * width
    let latch = read.design.latch.outputFarads + 1e-9 * read.design.latch.crossNWidth
    return (2 * kT / node + kT / latch).squareRoot()
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
    let simulation = Simulation(
      gated.bench(corner).circuit, .operatingPoint, saving: ["i(vdd)"],
      temperatureCelsius: temperatureCelsius)
    do {
      return try await abs(waveforms(simulation).signal("i(vdd)").final) * corner.supplyVolts
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
