import Spice

/// What one read shows.
public struct ReadResult: Codable, Sendable, Hashable {
  /// Whether each comparator answered "above", rising boundaries.
  public var thermometer: [Bool]
  /// Symbol: the number of comparators that answered "above"; `nil` when the thermometer has a bubble.
  public var code: Int?
  /// Wordline at half its level to the slowest comparator output difference of half the supply, in
  /// seconds; `nil` if one had not decided at sampling.
  public var delaySeconds: Double?
  /// Comparator outputs differ by less than half the supply at sampling.
  public var metastable: Bool
  /// Input difference of each comparator when it fires, positive towards "above", in volt; of trimmed ones
  /// beyond the input at which the trim centres them.
  public var inputVolts: [Double]
  /// Energy delivered by each source over the cycle, in joule.
  public var energyBySource: [String: Double]
  /// Bitline voltage at the cell when the comparators fire, in volt.
  public var bitlineVolts: Double

  /// Energy of all sources in joule.
  public var energyJoules: Double { energyBySource.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value } }

  /// The smallest comparator input in the direction that the true level asks for, in volt.
  public func margin(level: Int) -> Double {
    inputVolts.enumerated().map { level > $0.offset ? $0.element : -$0.element }.min() ?? 0
  }
}

extension FlashRead {
  /// Takes code, delay, energies and margins from the waveforms of ``simulation(_:mismatch:temperatureCelsius:resolution:)``.
  package func measure(_ waves: Waveforms, supplyVolts: Double) throws(CircuitError) -> ReadResult {
    do {
      let wordline = try waves.signal("v(wl)").crossing(of: design.wordlineVolts / 2, .rising)
      let data = try waves.signal("v(dd)")
      let sample = timing.sample
      var thermometer: [Bool] = []
      var inputs: [Double] = []
      var slowest = 0.0
      var metastable = false
      for k in 1...boundaries {
        let difference = try waves.signal("v(op\(k))").combined(
          with: waves.signal("v(on\(k))"), "decision\(k)", unit: "V", -)
        thermometer.append(difference.value(at: sample) > 0)
        let input = try waves.signal("v(y\(k))").value(at: timing.fire) - data.value(at: timing.fire)
        inputs.append(input - (centreVolts?[k - 1] ?? 0))
        let up = difference.crossings(of: supplyVolts / 2, .rising, after: timing.fire).first
        let down = difference.crossings(of: -supplyVolts / 2, .falling, after: timing.fire).first
        let decided = [up, down].compactMap { $0 }.filter { $0 <= sample }.min()
        if let decided { slowest = max(slowest, decided) } else { metastable = true }
      }
      var energies: [String: Double] = [:]
      for source in energySources { energies[source] = try waves.energy(source: source) }
      var phases = 0.0
      for source in phaseSources { phases += try waves.energy(source: source) }
      energies["phases"] = phases
      let above = thermometer.filter { $0 }.count
      let bubble = thermometer.enumerated().contains { $0.element != ($0.offset < above) }
      return ReadResult(
        thermometer: thermometer, code: bubble ? nil : above,
        delaySeconds: metastable ? nil : slowest - wordline, metastable: metastable, inputVolts: inputs,
        energyBySource: energies,
        bitlineVolts: try waves.signal("v(bcd)").value(at: timing.fire))
    } catch {
      throw CircuitError.wrapping(error, "the read's waveforms lack an event")
    }
  }
}
