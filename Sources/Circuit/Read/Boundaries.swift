import Models
import Spice

extension SimulationBench {
  /// Where the boundaries between neighbouring levels lie, and how they spread from chain to chain.
  ///
  /// Every chain is trimmed in place at power-up on cells of known level, so that mismatch and reference
  /// cells drop out; what remains is the spread of those cells' mean and a code step of the trim. The
  /// nominal boundary is the middle that the trim aims at, or where the trimmed comparator's answer turns if
  /// that is farther away than the trim resolves.
  ///
  /// - Parameters:
  ///   - read: A read with its bias and timing set and its comparators trimmed.
  ///   - campaign: The spread of the levels and the number of cells that are calibrated on.
  /// - Throws: ``CircuitError/Code/infeasible`` if a comparator does not follow the cell.
  func thresholds(
    _ read: FlashRead, _ campaign: ReadCampaign
  ) async throws(CircuitError) -> [CellLibrary.Threshold] {
    let points = try await turningPoints(read)
    let span = 0.1
    let around = read.boundaryIndices.flatMap { k in
      [-span, span].map {
        Probe(
          boundary: k, position: points[k - 1].position + $0 * (read.levels[k] - read.levels[k - 1]),
          sample: nil)
      }
    }
    let inputs = try await inputs(read, around, nil).map(\.difference)
    let turning = around.indices.filter { $0 % 2 == 0 }.map { index in
      Probe(boundary: around[index].boundary, position: points[index / 2].position, sample: nil)
    }
    var ends: [[Double]] = []
    for fraction in [0.0, 1.0] {
      var end = read
      end.rowFraction = fraction
      ends.append(try await self.inputs(end, turning, nil).map(\.difference))
    }
    var thresholds: [CellLibrary.Threshold] = []
    for k in read.boundaryIndices {
      let first = 2 * (k - 1)
      let slope = (inputs[first + 1] - inputs[first]) / (around[first + 1].position - around[first].position)
      guard slope > 0 else {
        throw CircuitError(
          .infeasible, "the input of comparator \(k) does not rise with the cell's conductance",
          place: read.design.name)
      }
      let residual = read.design.latch.residualOffsetSigma / slope
      let calibration = campaign.calibrationSigma(boundary: k)
      // Every chain is trimmed to the middle for itself: where the nominal one ends within a round's reach of
      // it is one draw of the residual, not a displacement of all.
      let (lower, upper) = (read.levels[k - 1], read.levels[k])
      let middle = (lower + upper) / 2
      let turn = points[k - 1].position
      let isCentred = read.trimCodes != nil && abs(turn - middle) <= Self.centred * (upper - lower)
      thresholds.append(
        CellLibrary.Threshold(
          position: isCentred ? middle : turn,
          offsetSigma: (residual * residual + calibration * calibration).squareRoot(),
          noiseSigma: inputNoiseVolts(read) / slope,
          rowShift: (ends[0][k - 1] - ends[1][k - 1]) / slope))
    }
    return thresholds
  }

  /// Comparator inputs in place with the cell midway between the levels of each boundary.
  ///
  /// - Returns: For each sample and boundary, what the comparator alone must be trimmed to turn at.
  func trimTargets(
    _ read: FlashRead, _ points: [TurningPoint], _ campaign: ReadCampaign?, samples: [Int?]
  ) async throws(CircuitError) -> [[TrimTarget]] {
    let probes = samples.flatMap { sample in
      read.boundaryIndices.map { k in
        Probe(boundary: k, position: (read.levels[k - 1] + read.levels[k]) / 2, sample: sample)
      }
    }
    let found = try await inputs(read, probes, campaign)
    return stride(from: 0, to: found.count, by: read.boundaries).map { start in
      (0..<read.boundaries).map { index in
        TrimTarget(
          inputVolts: found[start + index].difference - points[index].inputVolts,
          dataVolts: found[start + index].data)
      }
    }
  }

  /// Input of each comparator when it fires with the cell midway between the levels, without mismatch, in volt.
  func centreVolts(_ read: FlashRead) async throws(CircuitError) -> [Double] {
    try await inputs(
      read,
      read.boundaryIndices.map { k in
        Probe(boundary: k, position: (read.levels[k - 1] + read.levels[k]) / 2, sample: nil)
      }, nil
    ).map(\.difference)
  }

  /// Where each comparator's answer turns without mismatch, its position to 1/128 of a step.
  package func turningPoints(_ read: FlashRead) async throws(CircuitError) -> [TurningPoint] {
    var brackets = read.boundaryIndices.map { (below: read.levels[$0 - 1], above: read.levels[$0]) }
    let corner = corner
    let temperature = temperatureCelsius
    for _ in 0..<7 {
      let middles = brackets.map { ($0.below + $0.above) / 2 }
      let above: [Bool]
      do {
        above = try await pool.map(
          Array(zip(read.boundaryIndices, middles)),
          simulation: { probe in
            var one = read
            one.dataPosition = probe.1
            return one.simulation(corner, temperatureCelsius: temperature, until: read.timing.sample)
          },
          reduce: { probe, outcome in
            let waves = try outcome.waveforms()
            return try waves.signal("v(op\(probe.0))").final > waves.signal("v(on\(probe.0))").final
          })
      } catch {
        throw CircuitError.wrapping(error, "a read did not complete")
      }
      for (index, middle) in middles.enumerated() {
        if above[index] { brackets[index].above = middle } else { brackets[index].below = middle }
      }
    }
    let probes = read.boundaryIndices.map { k in
      Probe(boundary: k, position: (brackets[k - 1].below + brackets[k - 1].above) / 2, sample: nil)
    }
    let inputs = try await inputs(read, probes, nil)
    return zip(probes, inputs).map {
      TurningPoint(position: $0.position, inputVolts: $1.difference, dataVolts: $1.data)
    }
  }

  /// A read of one boundary with the cell at a position.
  private struct Probe: Sendable {
    let boundary: Int
    let position: Double
    /// Mismatch sample; `nil` for none.
    let sample: Int?
  }

  /// The comparator input of each probe and the data node when the comparators fire, in volt.
  private func inputs(
    _ read: FlashRead, _ probes: [Probe], _ campaign: ReadCampaign?
  ) async throws(CircuitError) -> [(difference: Double, data: Double)] {
    do {
      return try await pool.map(
        probes,
        simulation: { probe in
          var one = read
          var mismatch: MismatchDraw?
          if let sample = probe.sample, let campaign {
            one = self.varied(read, sample: sample, campaign: campaign, codes: nil)
            mismatch = MismatchDraw(model: self.mismatch, seed: self.seed, sample: sample)
          }
          one.dataPosition = probe.position
          return one.simulation(
            self.corner, mismatch: mismatch, temperatureCelsius: self.temperatureCelsius,
            until: read.timing.fire)
        },
        reduce: { probe, outcome in
          let waves = try outcome.waveforms()
          let data = try waves.signal("v(dd)").final
          return (try waves.signal("v(y\(probe.boundary))").final - data, data)
        })
    } catch {
      throw CircuitError.wrapping(error, "a read with mismatch did not complete")
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
}

extension FlashRead {
  /// Boundaries by the number of levels below them.
  var boundaryIndices: Range<Int> { 1..<levels.count }
}
