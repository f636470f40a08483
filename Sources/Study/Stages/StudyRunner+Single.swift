import Circuit
import Device
import Foundation
import Models
import Spice
import Synchronization

/// One read as `tessera simulate read` reports it.
public struct ReadReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// Magnetoresistance at zero bias.
  public var tmrZeroBias: Double
  /// Bits per cell.
  public var bitsPerCell: Int
  /// Level that the cell held.
  public var level: Int
  /// Symbol that came out; absent for a bubble.
  public var code: Int?
  /// Wordline at half its level to the slowest decision, in seconds; absent if one was metastable.
  public var delaySeconds: Double?
  /// Energy of every source over the cycle, in joule.
  public var energyJoules: Double
  /// The same by source.
  public var energyBySourceJoules: [String: Double]
  /// Smallest comparator input towards the right answer, in volt.
  public var marginVolts: Double
  /// Input of each comparator when it fires, in volt.
  public var inputVolts: [Double]
  /// Bitline voltage at the cell, in volt.
  public var bitlineVolts: Double
  /// Times of the phases.
  public var timing: ReadTiming
  /// Wall-clock time of the transient, from the circuit to its measurements, in seconds.
  public var elapsedSeconds: Double

  /// A few lines for a person.
  public var text: String {
    func number(_ value: Double, _ factor: Double, _ digits: Int) -> String {
      String(format: "%.\(digits)f", value * factor)
    }
    let sources = energyBySourceJoules.sorted { $0.key < $1.key }
      .map { "\($0.key) \(number($0.value, 1e15, 1))" }.joined(separator: ", ")
    return """
      level        \(level) of \(1 << bitsPerCell), TMR \(number(tmrZeroBias, 100, 0)) %
      code         \(code.map(String.init) ?? "bubble")
      delay        \(delaySeconds.map { number($0, 1e12, 1) + " ps" } ?? "metastable")
      energy       \(number(energyJoules, 1e15, 1)) fJ (\(sources))
      margin       \(number(marginVolts, 1e3, 1)) mV (inputs \(inputVolts.map { number($0, 1e3, 1) }.joined(separator: ", ")) mV)
      bitline      \(number(bitlineVolts, 1e3, 0)) mV
      timing       precharge \(number(timing.precharge, 1e9, 2)) ns, develop \(number(timing.develop, 1e9, 2)) ns, cycle \(number(timing.cycle, 1e9, 2)) ns
      """
  }
}

/// Write pulses as `tessera simulate write` reports them.
public struct WriteReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// Sizes; each pulse states its own supply, this is the last one's.
  public var design: WriteDesign
  /// Critical current of the junction in ampere.
  public var criticalCurrentAmperes: Double
  /// Breakdown voltage of the junction in volt.
  public var breakdownVolts: Double
  /// Fraction of the layer that a full pulse must switch.
  public var completion: Double
  /// The pulses.
  public var pulses: [WriteResult]
  /// What must be said of the figures, such as a pulse beyond the range of the junction's fit.
  public var remarks: [String]
  /// The same pulses with live grains in place of the compact model; empty where none were asked for.
  public var live: [LivePulse]

  /// One pulse on several junctions of nominal size and barrier, each with grains of its own.
  public struct LivePulse: Codable, Sendable, Hashable {
    /// Its direction.
    public var polarity: WritePolarity
    /// Junctions.
    public var junctions: Int
    /// Antiparallel fraction after the pulse.
    public var finalState: Estimate
    /// Energy of all sources in joule.
    public var energyJoules: Estimate
  }

  /// A few lines for a person.
  public var text: String {
    let path = String(
      format: "access transistor %.3g um, supply %@ V\n", design.accessWidth * 1e6,
      pulses.map { String(format: "%.3g (\($0.polarity.rawValue))", $0.supplyVolts) }.joined(separator: ", "))
    return path
      + pulses.map { pulse in
        let format = { (value: Double, factor: Double) in String(format: "%.3g", value * factor) }
        let switched = abs(pulse.finalState - pulse.initialState)
        let verdict =
          switched >= completion ? "complete" : "INCOMPLETE: \(format(completion, 1)) must switch"
        let warning =
          pulse.peakJunctionVolts > breakdownVolts ? "  ABOVE BREAKDOWN (\(breakdownVolts) V)" : ""
        return """
          \(pulse.polarity.rawValue)
            state      \(format(pulse.initialState, 1)) -> \(format(pulse.finalState, 1)) antiparallel, \(verdict)
            current    \(format(pulse.currentAmperes, 1e6)) uA (I_c \(format(criticalCurrentAmperes, 1e6)) uA)
            junction   \(format(pulse.peakJunctionVolts, 1)) V peak\(warning)
            energy     \(format(pulse.energyJoules, 1e12)) pJ (junction \(format(pulse.junctionEnergyJoules, 1e12)) pJ)
          """ + lines(live.first { $0.polarity == pulse.polarity })
      }.joined(separator: "\n") + remarks.map { "\n" + $0 }.joined()
  }

  private func lines(_ live: LivePulse?) -> String {
    guard let live else { return "" }
    func text(_ estimate: Estimate, _ factor: Double) -> String {
      String(
        format: "%.3g (95 %% %.3g to %.3g)", estimate.value * factor, estimate.low * factor,
        estimate.high * factor)
    }
    return "\n  with live grains, \(live.junctions) junctions\n"
      + "    state      \(text(live.finalState, 1)) antiparallel\n"
      + "    energy     \(text(live.energyJoules, 1e12)) pJ"
  }
}

extension StudyRunner {
  /// Simulates one read at nominal, equally spaced levels.
  ///
  /// - Parameters:
  ///   - tmr: Magnetoresistance at zero bias.
  ///   - bits: Bits per cell, 1 or 2.
  ///   - level: Level that the cell holds.
  ///   - timing: Precharge and develop times in seconds; `nil` closes the timing at this contrast.
  public func simulateRead(
    tmr: Double, bits: Int, level: Int, timing: (precharge: Double, develop: Double)? = nil
  ) async throws -> (report: ReadReport, waveforms: Waveforms) {
    let device = try deviceSpec(diameter: spec.device.diameterMetres)
    let top = Double((1 << bits) - 1)
    let levels = (0..<(1 << bits)).map { Double($0) / top }
    let stage = try CircuitStage(self)
    var read = FlashRead(
      design: stage.chain, timing: .standard,
      element: .junction(
        parallelOhms: device.parallelOhms, tmrZeroBias: tmr, tmrHalfVolts: device.junction.tmrHalfVolts),
      levels: levels, dataPosition: levels[0])
    if let timing {
      read = try await stage.bench.biased(read)
      read.timing.precharge = timing.precharge
      read.timing.develop = timing.develop
    } else {
      read = try await stage.closed(read)
    }
    read.dataPosition = levels[level]
    let began = ContinuousClock.now
    let (result, waves) = try await stage.bench.run(read)
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let report = ReadReport(
      tmrZeroBias: tmr, bitsPerCell: bits, level: level, code: result.code,
      delaySeconds: result.delaySeconds, energyJoules: result.energyJoules,
      energyBySourceJoules: result.energyBySource, marginVolts: result.margin(level: level),
      inputVolts: result.inputVolts, bitlineVolts: result.bitlineVolts, timing: read.timing,
      elapsedSeconds: seconds)
    return (report, waves)
  }

  /// Simulates write pulses of the study's junction.
  ///
  /// - Parameters:
  ///   - polarities: Directions, one pulse each from the opposite state.
  ///   - supplyVolts: Supply; `nil` for the lowest that the write current asks for in each polarity.
  ///   - accessWidth: Width of the access transistor in metres; `nil` for what the write current asks for.
  ///   - pulseSeconds: Pulse width; `nil` for the junction's.
  ///   - liveJunctions: Junctions whose grains are solved together with the circuit, beside the compact model: 0 for
  ///     none, else 2 to 1000.
  public func simulateWrite(
    polarities: [WritePolarity], supplyVolts: Double? = nil, accessWidth: Double? = nil,
    pulseSeconds: Double? = nil, liveJunctions: Int = 0
  ) async throws -> (report: WriteReport, waveforms: [(WriteCircuit, Waveforms)]) {
    guard liveJunctions == 0 || (2...1000).contains(liveJunctions) else {
      throw StudyError(
        .invalidInput, "\(liveJunctions) live junctions; expected 0, or 2 to 1000", at: "--live-junctions")
    }
    for (name, value, unit, range) in [
      ("--supply", supplyVolts, "V", 0.01...20), ("--width", accessWidth, "m", 1e-8...1e-4),
      ("--pulse", pulseSeconds, "s", 1e-12...1e-6),
    ] {
      guard let value, !range.contains(value) else { continue }
      throw StudyError(
        .invalidInput, "\(value) \(unit); expected \(range.lowerBound) to \(range.upperBound)", at: name)
    }
    let stage = try CircuitStage(self)
    let junction = try await compactModel()
    let path = supplyVolts == nil || accessWidth == nil ? try await writes().first : nil
    var design = WriteDesign(
      supplyVolts: supplyVolts ?? spec.write.highestSupplyVolts,
      pulseSeconds: pulseSeconds ?? junction.pulseWidthSeconds
    ).sized(
      accessWidth: accessWidth
        ?? min(path?.requiredAccessWidthMetres ?? .infinity, spec.write.widestAccessMetres))
    design.wire.rows = spec.array.rows
    var pulses: [WriteResult] = []
    var live: [WriteReport.LivePulse] = []
    var waveforms: [(WriteCircuit, Waveforms)] = []
    for polarity in polarities {
      if supplyVolts == nil, let path {
        design.supplyVolts = path.write.supplyVolts[polarity == .forward ? 0 : 1]
      }
      let circuit = WriteCircuit(
        design: design, junction: junction, polarity: polarity, initialState: polarity == .forward ? 0 : 1)
      let (result, waves) = try await stage.bench.run(circuit)
      pulses.append(result)
      waveforms.append((circuit, waves))
      if liveJunctions > 0 {
        live.append(try await livePulse(circuit, junctions: liveJunctions, bench: stage.bench))
      }
    }
    return (
      WriteReport(
        design: design, criticalCurrentAmperes: junction.criticalCurrentAmperes,
        breakdownVolts: junction.breakdownVolts, completion: spec.write.completion, pulses: pulses,
        remarks: pulses.compactMap { pulse in
          junction.at(kelvin: stage.bench.temperatureCelsius + 273.15).remark(
            drive: pulse.currentAmperes / junction.criticalCurrentAmperes, pulseSeconds: design.pulseSeconds
          ).map { "\(pulse.polarity.rawValue): \($0)" }
        }, live: live),
      waveforms
    )
  }

  /// One pulse on junctions of nominal size and barrier with grains of their own, as many at a time as there are
  /// workers.
  private func livePulse(
    _ circuit: WriteCircuit, junctions: Int, bench: SimulationBench
  ) async throws -> WriteReport.LivePulse {
    var nominal = try deviceSpec(diameter: spec.device.diameterMetres)
    nominal.spread.resistanceAreaProduct = 0
    nominal.spread.diameter = 0
    nominal.spread.tmr = 0
    nominal.temperatureKelvin = bench.temperatureCelsius + 273.15
    let (device, seed) = (nominal, spec.seed)
    let results = try await withDeviceProgress("live grains, \(circuit.polarity.rawValue)") { progress in
      let done = Atomic(0)
      return try await self.shared(junctions) { index in
        let result = try await bench.run(circuit) {
          GrainSystem(spec: device, seed: seed, index: index, antiparallel: circuit.initialState > 0.5)
        }.result
        progress(Double(done.add(1, ordering: .relaxed).newValue) / Double(junctions))
        return result
      }
    }
    return WriteReport.LivePulse(
      polarity: circuit.polarity, junctions: junctions,
      finalState: Estimate.mean(results.map(\.finalState)) ?? .exact(0),
      energyJoules: Estimate.mean(results.map(\.energyJoules)) ?? .exact(0))
  }
}
