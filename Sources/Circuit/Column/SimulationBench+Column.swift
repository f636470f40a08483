import Models
import Spice

/// A column with its load fitted to the converter's span.
struct SizedColumn: Sendable {
  let design: ColumnDesign
  let element: MemoryElement
  let loadOhms: Double
  /// Ladder ends: the output with no row and with every row conducting, in volt.
  let ladder: ClosedRange<Double>
  /// Column current when every row conducts at the highest level, in ampere.
  let fullCurrent: Double

  func read(conducting count: Int) -> ColumnRead {
    ColumnRead(
      design: design, element: element,
      positions: (0..<design.rowsPerRead).map { $0 < count ? 1 : nil }, loadOhms: loadOhms,
      ladder: ladder)
  }
}

extension SimulationBench {
  /// Output voltage when the first `count` rows stand at the highest level and no other row conducts, for
  /// each count asked.
  private func transfer(
    _ column: SizedColumn, counts: [Int], sample: Int? = nil
  ) async throws(CircuitError) -> [(output: Double, bitline: Double)] {
    let draw = sample.map(draw)
    do {
      return try await pool.map(
        counts,
        simulation: { count in
          Simulation(
            column.read(conducting: count).bench(self.corner, fire: nil, mismatch: draw).circuit,
            .operatingPoint, saving: ["v(out)", "v(bl0)"], temperatureCelsius: self.temperatureCelsius)
        },
        reduce: { _, outcome in
          let waves = try outcome.waveforms()
          return (try waves.signal("v(out)").final, try waves.signal("v(bl0)").final)
        })
    } catch {
      throw CircuitError.wrapping(error, "a column's operating point did not converge")
    }
  }

  /// Fits the load so that every row at the highest level fills the converter's span.
  func sized(_ design: ColumnDesign, element: MemoryElement) async throws(CircuitError) -> SizedColumn {
    try design.validate(supplyVolts: corner.supplyVolts)
    let probe = SizedColumn(design: design, element: element, loadOhms: 10, ladder: 0...1, fullCurrent: 0)
    let mirrored = try await transfer(probe, counts: [design.rowsPerRead])[0].output / probe.loadOhms
    let loadOhms = design.spanVolts / mirrored
    let loaded = SizedColumn(
      design: design, element: element, loadOhms: loadOhms, ladder: 0...1, fullCurrent: 0)
    let ends = try await transfer(loaded, counts: [0, design.rowsPerRead]).map(\.output)
    guard ends[1] > ends[0] else {
      throw CircuitError(
        .infeasible, "the output does not rise with the column's current", place: "column")
    }
    return SizedColumn(
      design: design, element: element, loadOhms: loadOhms, ladder: ends[0]...ends[1],
      fullCurrent: mirrored / design.copyRatio)
  }

  /// One transient of a column.
  ///
  /// - Returns: The code, the delay from the wordline to the slowest decision, and energy by source.
  func run(
    _ column: SizedColumn, conducting count: Int, fire: Double
  ) async throws(CircuitError) -> (code: Int, delay: Double, energy: [String: Double], waves: Waveforms) {
    let read = column.read(conducting: count)
    do {
      let waves = try await pool.run(
        read.simulation(corner, fire: fire, temperatureCelsius: temperatureCelsius)
      ).waveforms()
      let wordline = try waves.signal("v(wl)").crossing(of: column.design.wordlineVolts / 2, .rising)
      var code = 0
      var slowest = fire
      for j in 1...column.design.comparators {
        let difference = try waves.signal("v(op\(j))").combined(
          with: waves.signal("v(on\(j))"), "decision", unit: "V", -)
        if difference.final > 0 { code += 1 }
        let half = corner.supplyVolts / 2
        let decided = [
          difference.crossings(of: half, .rising, after: fire).first,
          difference.crossings(of: -half, .falling, after: fire).first,
        ].compactMap { $0 }.min()
        slowest = max(slowest, decided ?? waves.scale.last ?? fire)
      }
      var energy: [String: Double] = [:]
      for source in read.sources { energy[source] = try waves.energy(source: source) }
      return (code, slowest - wordline, energy, waves)
    } catch {
      throw CircuitError.wrapping(error, "a column read did not complete")
    }
  }

  /// Characterises a column read.
  ///
  /// - Parameters:
  ///   - design: Sizes.
  ///   - element: The storing element.
  ///   - bitsPerCell: Bits per cell; a cell contributes 0 to 2^bits - 1 levels.
  ///   - samples: Mismatch samples of the front end.
  public func characterize(
    _ design: ColumnDesign, element: MemoryElement, bitsPerCell: Int, samples: Int
  ) async throws(CircuitError) -> CellLibrary.ColumnRead {
    let column = try await sized(design, element: element)
    let rows = design.rowsPerRead
    let counts = Array(0...rows)
    let curve = try await transfer(column, counts: counts)
    let perCell = Double((1 << bitsPerCell) - 1)
    let slope = (curve[rows].output - curve[0].output) / (Double(rows) * perCell)
    let nonlinearity =
      counts.map { abs(curve[$0].output - curve[0].output - slope * perCell * Double($0)) / slope }.max()
      ?? 0
    var middles: [Double] = []
    for sample in 0..<samples {
      middles.append(try await transfer(column, counts: [(rows + 1) / 2], sample: sample)[0].output)
    }
    let frontEnd = (Moments(middles)?.standardDeviation ?? 0) / slope
    let comparator = design.latch.residualOffsetSigma / slope
    let fire = try await settledAt(column)
    let empty = try await run(column, conducting: 0, fire: fire)
    let half = try await run(column, conducting: (rows + 1) / 2, fire: fire)
    let full = try await run(column, conducting: rows, fire: fire)
    let zero = empty.energy.values.reduce(0, +)
    let kT = PhysicalConstants.boltzmann * (temperatureCelsius + 273.15)
    let latchNoise = (kT / (design.latch.outputFarads + 1e-9 * design.latch.crossNWidth)).squareRoot()
    let expected = Int((Double(design.comparators) * 0.999).rounded())
    let feasible = nonlinearity <= design.nonlinearityLimit && full.code >= expected - 1 && empty.code == 0
    let bench = column.read(conducting: rows).bench(corner, fire: fire)
    let format = { (value: Double) in "\((value * 100).rounded() / 100)" }
    return CellLibrary.ColumnRead(
      rowsPerRead: rows, adcBits: design.adcBits, currentRangeAmperes: [0, column.fullCurrent],
      stepInCellLevels: Double(rows) * perCell / Double(design.comparators),
      integralNonlinearity: nonlinearity,
      offsetSigmaInCellLevels: (frontEnd * frontEnd + comparator * comparator).squareRoot(),
      noiseSigmaInCellLevels: latchNoise / slope,
      delaySeconds: max(empty.delay, half.delay, full.delay), cycleSeconds: fire + 0.3e-9,
      staticEnergyJoules: zero,
      energyPerAmpere: (full.energy.values.reduce(0, +) - zero) / column.fullCurrent,
      energyBySource: half.energy, converterArea: bench.layoutArea(),
      leakageWatts: 0, feasible: feasible,
      note: feasible
        ? "front end, ladder and \(design.comparators) comparators simulated together"
        : "infeasible: nonlinearity \(format(nonlinearity)) cell levels (limit"
          + " \(format(design.nonlinearityLimit))), codes \(empty.code) to \(full.code) of"
          + " \(design.comparators)")
  }

  /// When the output of a full column has settled to a quarter of a converter step, in seconds.
  private func settledAt(_ column: SizedColumn) async throws(CircuitError) -> Double {
    let late = 12e-9
    let waves = try await run(column, conducting: column.design.rowsPerRead, fire: late).waves
    do {
      let output = try waves.signal("v(out)").window(from: ColumnRead.wordlineAt, to: late)
      let step =
        (column.ladder.upperBound - column.ladder.lowerBound) / Double(column.design.comparators)
      let settled = output.settlingTime(tolerance: step / 4)
      return max(settled, ColumnRead.wordlineAt + 0.2e-9)
    } catch {
      throw CircuitError.wrapping(error, "no column output")
    }
  }
}
