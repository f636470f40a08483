import Spice

/// The input at which a comparator alone is to turn.
package struct TrimTarget: Sendable, Hashable {
  /// Difference of its inputs in volt.
  package let inputVolts: Double
  /// Voltage of the data node in volt.
  package let dataVolts: Double

  package init(inputVolts: Double, dataVolts: Double) {
    self.inputVolts = inputVolts
    self.dataVolts = dataVolts
  }
}

extension SimulationBench {
  /// Trims the comparators of the nominal chain in place.
  ///
  /// A comparator's inputs are unequal loads - a light node against the mirror's gates - so that its own
  /// kickback moves its decision by some millivolt. That and the boundary's displacement, because the data node
  /// is still on its way when the comparators fire, are taken out by turning each comparator midway between its
  /// levels.
  ///
  /// - Returns: The read with ``FlashRead/turningPoints`` and the nominal ``FlashRead/trimCodes``; the same
  ///   read without a trim pair.
  public func trimmed(_ read: FlashRead) async throws(CircuitError) -> FlashRead {
    guard read.design.latch.trim != nil else { return read }
    var trimmed = read
    trimmed.trimCodes = nil
    var points = try await turningPoints(trimmed)
    // How far a comparator is moved in place depends on where it turns: a few rounds settle.
    for _ in 0..<Self.trimRounds {
      let targets = try await trimTargets(read, points, nil, samples: [nil])[0]
      trimmed.trimCodes = try await trimCodes(read.design.latch, [targets], samples: [nil])?.first
      trimmed.centreVolts = zip(targets, points).map { $0.inputVolts + $1.inputVolts }
      let found = try await turningPoints(trimmed)
      trimmed.turningPoints = points
      let isCentred = read.boundaryIndices.allSatisfy { k in
        let (lower, upper) = (read.levels[k - 1], read.levels[k])
        return abs(found[k - 1].position - (lower + upper) / 2) <= Self.centred * (upper - lower)
      }
      if isCentred { break }
      for index in points.indices {
        points[index].position = found[index].position
        points[index].inputVolts = found[index].inputVolts - targets[index].inputVolts
        points[index].dataVolts = found[index].dataVolts
      }
    }
    return trimmed
  }

  /// Rounds of the nominal trim at the most.
  private static let trimRounds = 6
  /// Distance of a boundary from the middle at which the nominal trim ends, in level steps.
  static let centred = 0.02

  /// Trims the comparators of every chip of a campaign, with a trim pair wide enough for all of them.
  ///
  /// A wider pair reaches farther with coarser steps: cells that scatter more, and with them the references,
  /// pay with a larger residual offset. The pair grows by half its width at a time and stays narrower than the
  /// input pair.
  ///
  /// - Parameters:
  ///   - read: A read with its bias and timing set and its nominal comparators trimmed.
  ///   - campaign: The chips.
  /// - Returns: The read, trimmed again wherever the pair has grown, and the codes `[chip][comparator]`; no
  ///   codes without a trim pair.
  /// - Throws: ``CircuitError/Code/trimOutOfRange`` if a comparator asks for more than the widest pair.
  package func trimmed(
    _ read: FlashRead, for campaign: ReadCampaign
  ) async throws(CircuitError) -> (read: FlashRead, codes: [[Int]]?) {
    let samples = Array(0..<campaign.samples)
    var fitted = read
    while true {
      guard let points = fitted.turningPoints else { return (fitted, nil) }
      do {
        let targets = try await trimTargets(fitted, points, campaign, samples: samples)
        return (fitted, try await trimCodes(fitted.design.latch, targets, samples: samples))
      } catch {
        let latch = fitted.design.latch
        guard error.code == .trimOutOfRange, let width = latch.trim?.width, 1.5 * width < latch.inputWidth
        else {
          throw error
        }
        fitted.design.latch.trim?.width = 1.5 * width
        fitted = try await trimmed(fitted)
      }
    }
  }

  /// Trims the comparators of several chips as a chip would at power-up.
  ///
  /// A binary search finds the lowest code with which the comparator answers "above" at its target. What
  /// remains is at most one code step.
  ///
  /// - Parameters:
  ///   - design: The comparator; without a trim pair the result holds no codes.
  ///   - targets: Where each comparator alone is to turn, `[sample][comparator]`.
  ///   - samples: Chips, by index of their mismatch draw; `nil` is the nominal one.
  /// - Returns: Codes `[sample][comparator]`.
  /// - Throws: ``CircuitError/Code/trimOutOfRange`` if a comparator needs more than the range of its trim.
  package func trimCodes(
    _ design: LatchDesign, _ targets: [[TrimTarget]], samples: [Int?]
  ) async throws(CircuitError) -> [[Int]]? {
    guard let trim = design.trim else { return nil }
    struct Job: Sendable {
      let sample: Int?
      let comparator: Int
      let target: TrimTarget
      var code = 0
    }
    var jobs = zip(samples, targets).flatMap { sample, targets in
      targets.enumerated().map { Job(sample: sample, comparator: $0.offset + 1, target: $0.element) }
    }
    for bit in (0..<trim.bits).reversed() {
      let above: [Bool]
      do {
        above = try await pool.map(
          jobs,
          simulation: { job in
            self.latchSimulation(
              design, job.comparator, code: job.code + (1 << bit) - 1, inputVolts: job.target.dataVolts,
              difference: job.target.inputVolts, sample: job.sample)
          },
          reduce: { job, outcome in
            let waves = try outcome.waveforms()
            return try waves.signal("v(op\(job.comparator))").final
              > waves.signal("v(on\(job.comparator))").final
          })
      } catch {
        throw CircuitError.wrapping(error, "a comparator's trim did not complete")
      }
      // The trial code is the highest of the lower half: "below" moves on to the upper half.
      for index in jobs.indices where !above[index] { jobs[index].code += 1 << bit }
    }
    let highest = (1 << trim.bits) - 1
    let overflows = jobs.filter { $0.code == 0 || $0.code == highest }.count
    guard overflows == 0 else {
      throw CircuitError(
        .trimOutOfRange,
        "\(overflows) of \(jobs.count) comparators need more trim than \(trim.spanVolts) V at the trim pair",
        place: "comparator")
    }
    let comparators = targets.first?.count ?? 1
    return stride(from: 0, to: jobs.count, by: comparators).map { start in
      jobs[start..<(start + comparators)].map(\.code)
    }
  }

  /// One comparator alone, fired once.
  package func latchSimulation(
    _ design: LatchDesign, _ k: Int, code: Int?, inputVolts: Double, difference: Double = 0, sample: Int?
  ) -> Simulation {
    SimulationBench.latchSimulation(
      design, k, code: code, inputVolts: inputVolts, difference: difference, corner: corner,
      mismatch: sample.map { MismatchDraw(model: mismatch, seed: seed, sample: $0) },
      temperatureCelsius: temperatureCelsius)
  }

  /// One comparator alone, fired once.
  static func latchSimulation(
    _ design: LatchDesign, _ k: Int, code: Int?, inputVolts: Double, difference: Double,
    corner: TransistorCard, mismatch: MismatchDraw? = nil, temperatureCelsius: Double = 27
  ) -> Simulation {
    var bench = Bench(title: "comparator \(k)", corner: corner, mismatch: mismatch)
    bench.circuit.voltageSource("vdd", "vdd", .ground, .dc(corner.supplyVolts))
    bench.circuit.voltageSource("vip", "ip", .ground, .dc(inputVolts + difference / 2))
    bench.circuit.voltageSource("vim", "im", .ground, .dc(inputVolts - difference / 2))
    bench.circuit.voltageSource(
      "vck", "clk", .ground,
      PhaseEdges(startsHigh: false, times: [50e-12]).waveform(high: corner.supplyVolts))
    bench.latch(design, k, positive: "ip", negative: "im", clock: "clk", trimCode: code)
    return Simulation(
      bench.circuit, .transient(step: 1e-12, stop: 0.35e-9, maximumStep: 4e-12),
      saving: ["v(clk)", "v(op\(k))", "v(on\(k))"], temperatureCelsius: temperatureCelsius)
  }
}
