import Spice

extension ReadBench {
  /// Finds where the untrimmed comparators turn in place and trims the nominal ones against it.
  ///
  /// A comparator's inputs are unequal loads - a light node against the mirror's gates - so that its own
  /// kickback moves its decision by some millivolt in every chip alike. Trimming takes that out together
  /// with the mismatch.
  ///
  /// - Returns: The read with ``FlashRead/turningPoints`` and the nominal ``FlashRead/trimCodes``; the same
  ///   read without a trim pair.
  public func trimmed(_ read: FlashRead) async throws(CircuitError) -> FlashRead {
    guard read.design.latch.trim != nil else { return read }
    var trimmed = read
    trimmed.trimCodes = nil
    let points = try await turningPoints(trimmed)
    trimmed.turningPoints = points
    trimmed.trimCodes = try await trimCodes(read.design.latch, points, samples: [nil])?.first
    return trimmed
  }

  /// Trims the comparators of several chips as a chip would at power-up.
  ///
  /// Each comparator alone at the data node's level, against the input at which it is to turn; a binary
  /// search finds the lowest code that answers "above". What remains is at most one code step.
  ///
  /// - Parameters:
  ///   - design: The comparator; without a trim pair the result holds no codes.
  ///   - points: Where the untrimmed comparators turn in place.
  ///   - samples: Chips, by index of their mismatch draw; `nil` is the nominal one.
  /// - Returns: Codes `[sample][comparator]`.
  package func trimCodes(
    _ design: LatchDesign, _ points: [TurningPoint], samples: [Int?]
  ) async throws(CircuitError) -> [[Int]]? {
    guard let trim = design.trim else { return nil }
    struct Job: Sendable {
      let sample: Int?
      let comparator: Int
      var code = 0
    }
    var jobs = samples.flatMap { sample in
      (1...points.count).map { Job(sample: sample, comparator: $0) }
    }
    for bit in (0..<trim.bits).reversed() {
      let above: [Bool]
      do {
        above = try await pool.map(
          jobs,
          simulation: { job in
            // In place the comparator turns at the point's input more than alone.
            let point = points[job.comparator - 1]
            return self.latchSimulation(
              design, job.comparator, code: job.code + (1 << bit) - 1, inputVolts: point.dataVolts,
              difference: -point.inputVolts, sample: job.sample)
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
    return stride(from: 0, to: jobs.count, by: points.count).map { start in
      jobs[start..<(start + points.count)].map(\.code)
    }
  }

  /// One comparator alone, fired once.
  package func latchSimulation(
    _ design: LatchDesign, _ k: Int, code: Int?, inputVolts: Double, difference: Double = 0, sample: Int?
  ) -> Simulation {
    ReadBench.latchSimulation(
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
