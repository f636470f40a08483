import Foundation
import Models
import Spice

/// A column with its load and ladder fitted to the converter's span.
package struct SizedColumn: Sendable {
  /// Sizes.
  package let design: ColumnDesign
  /// The storing element.
  package let element: MemoryElement
  /// Load resistance in ohm.
  package let loadOhms: Double
  /// Ladder ends: the output with no row and with every row conducting, in volt.
  package let ladder: ClosedRange<Double>
  /// Column current when every row conducts at the highest level, in ampere.
  package let fullCurrent: Double

  /// Step of the converter in volt.
  package var stepVolts: Double { (ladder.upperBound - ladder.lowerBound) / Double(design.comparators) }

  /// A read with the cells at given positions, `nil` for rows that do not conduct.
  package func read(_ positions: [Double?]) -> ColumnRead {
    ColumnRead(design: design, element: element, positions: positions, loadOhms: loadOhms, ladder: ladder)
  }

  /// A read with the first `count` rows at the highest level and no other row conducting.
  package func read(conducting count: Int) -> ColumnRead {
    read((0..<design.rowsPerRead).map { $0 < count ? 1 : nil })
  }
}

/// Direct-current figures of a column's front end.
package struct ColumnOperatingPoint: Sendable {
  /// Output in volt.
  package let output: Double
  /// Bitline at the clamp in volt.
  package let bitline: Double
  /// Bitline at its far end, where an amplifier senses, in volt.
  package let farEnd: Double
  /// The clamp's gate in volt.
  package let gate: Double
}

/// What one conversion shows.
package struct Conversion: Sendable {
  /// Whether each comparator answered "above", rising boundaries.
  package let thermometer: [Bool]
  /// From the wordline to the slowest decision, in seconds; to sampling if one had not decided.
  package let delay: Double
  /// Energy delivered by each source over the cycle, in joule.
  package let energy: [String: Double]
  /// The waveforms.
  package let waves: Waveforms

  /// Comparators that answered "above".
  package var code: Int { thermometer.filter { $0 }.count }
  /// Energy of all sources in joule.
  package var energyJoules: Double { energy.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value } }
}

extension SimulationBench {
  /// Operating points of a column for several states of its rows.
  package func operatingPoints(
    _ column: SizedColumn, _ states: [[Double?]], sample: Int? = nil
  ) async throws(CircuitError) -> [ColumnOperatingPoint] {
    let draw = sample.map(draw)
    do {
      return try await pool.map(
        states,
        simulation: { state in
          column.read(state).operatingPoint(
            self.corner, mismatch: draw, temperatureCelsius: self.temperatureCelsius)
        },
        reduce: { state, outcome in
          let waves = try outcome.waveforms()
          return ColumnOperatingPoint(
            output: try waves.signal("v(out)").final, bitline: try waves.signal("v(bl0)").final,
            farEnd: try waves.signal("v(bl\(state.count))").final, gate: try waves.signal("v(gate)").final)
        })
    } catch {
      throw CircuitError.wrapping(error, "a column's operating point did not converge")
    }
  }

  /// Fits load and ladder so that every row at the highest level fills the converter's span.
  ///
  /// The load is rounded to three digits and the ladder to 0.1 mV: values that a netlist can state.
  package func sized(
    _ design: ColumnDesign, element: MemoryElement
  ) async throws(CircuitError) -> SizedColumn {
    try design.validate(supplyVolts: corner.supplyVolts)
    let full = [Double?](repeating: 1, count: design.rowsPerRead)
    let none = [Double?](repeating: nil, count: design.rowsPerRead)
    func column(_ loadOhms: Double, _ ladder: ClosedRange<Double> = 0...1, _ current: Double = 0)
      -> SizedColumn
    {
      SizedColumn(
        design: design, element: element, loadOhms: loadOhms, ladder: ladder, fullCurrent: current)
    }
    let probe = column(10)
    let mirrored = try await operatingPoints(probe, [full])[0].output / probe.loadOhms
    let exact = design.spanVolts / mirrored
    let digit = pow(10, log10(exact).rounded(.down) - 2)
    let load = (exact / digit).rounded() * digit
    let ends = try await operatingPoints(column(load), [none, full]).map { ($0.output * 1e4).rounded() / 1e4 }
    guard ends[1] > ends[0] else {
      throw CircuitError(
        .infeasible, "the output does not rise with the column's current", place: "column")
    }
    return column(load, ends[0]...ends[1], mirrored / design.copyRatio)
  }

  /// One conversion.
  package func convert(_ read: ColumnRead, fire: Double) async throws(CircuitError) -> Conversion {
    let waves = try await waveforms(
      read.simulation(corner, fire: fire, temperatureCelsius: temperatureCelsius))
    do {
      let wordline = try waves.signal("v(wl)").crossing(of: read.design.wordlineVolts / 2, .rising)
      let sample = fire + ColumnRead.decide
      let half = corner.supplyVolts / 2
      var thermometer: [Bool] = []
      var slowest = fire
      for j in 1...read.design.comparators {
        let difference = try waves.signal("v(op\(j))").combined(
          with: waves.signal("v(on\(j))"), "decision", unit: "V", -)
        thermometer.append(difference.value(at: sample) > 0)
        let decided = [
          difference.crossings(of: half, .rising, after: fire).first,
          difference.crossings(of: -half, .falling, after: fire).first,
        ].compactMap { $0 }.min()
        slowest = max(slowest, min(decided ?? sample, sample))
      }
      var energy: [String: Double] = [:]
      for source in read.energySources { energy[source] = try waves.energy(source: source) }
      return Conversion(
        thermometer: thermometer, delay: slowest - wordline, energy: energy, waves: waves)
    } catch {
      throw CircuitError.wrapping(error, "a column read's waveforms lack an event")
    }
  }

  /// When the output of a full column has settled to a quarter of a converter step, in seconds, rounded up
  /// to 10 ps.
  package func settled(_ column: SizedColumn) async throws(CircuitError) -> Double {
    let late = 12e-9
    let waves = try await convert(column.read(conducting: column.design.rowsPerRead), fire: late).waves
    do {
      let output = try waves.signal("v(out)").window(from: ColumnRead.wordlineAt, to: late)
      let time = output.settlingTime(tolerance: column.stepVolts / 4)
      return (max(time, ColumnRead.wordlineAt + 0.2e-9) * 1e11).rounded(.up) / 1e11
    } catch {
      throw CircuitError.wrapping(error, "no column output")
    }
  }

  /// Power of the idle column with clamp and amplifier shut off, in watt.
  func idlePower(_ column: SizedColumn) async throws(CircuitError) -> Double {
    var gated = column.read(conducting: 0)
    gated.design.regulation = .fixed(gateVolts: 0)
    // Ladder buffers are shut off too.
    gated.ladder = 0...0
    let waves = try await waveforms(
      Simulation(
        gated.bench(corner, fire: 1e-9).circuit, .operatingPoint, saving: ["i(vdd)"],
        temperatureCelsius: temperatureCelsius))
    do { return try abs(waves.signal("i(vdd)").final) * corner.supplyVolts } catch {
      throw CircuitError.wrapping(error, "no operating point of the gated column")
    }
  }
}
