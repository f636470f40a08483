import Foundation
import Models

/// What one set of parameters makes of the layer: one point of the design map.
public struct DesignPoint: Codable, Sendable, Hashable {
  /// How the layer reverses under rising current.
  public enum Regime: String, NamedChoice, Codable, Sendable, Hashable {
    /// Grain by grain, to the end.
    case gradual
    /// The film goes over and leaves the grains behind.
    case filmAlone
    /// Gradual, but the highest current leaves more than a twentieth of the area.
    case incomplete
    /// Many grains at once, like a cell of few.
    case avalanche

    /// The regime of a response.
    ///
    /// - Parameters:
    ///   - top: Largest mean share that goes over.
    ///   - filmAhead: Largest share by which the film is ahead of its grains at the end of a pulse.
    ///   - cooperation: Variance over that of independent grains, if known.
    init(top: Double, filmAhead: Double, cooperation: Double?) {
      self =
        top < 0.5 && filmAhead > 0.3
        ? .filmAlone : (cooperation ?? 0) > 3 ? .avalanche : top < 0.95 ? .incomplete : .gradual
    }
  }

  /// The parameters.
  public var spec: DeviceSpec
  /// Junctions.
  public var devices: Int
  /// Writes of each junction at each current.
  public var cycles: Int
  /// The regime.
  public var regime: Regime
  /// Currents over the critical one.
  public var drives: [Double]
  /// Mean parallel share after one pulse at each.
  public var fractions: [Double]
  /// Its standard deviation over junctions and cycles.
  public var sigmas: [Double]
  /// Film along parallel less grains along parallel at the end of the pulse.
  public var filmAhead: [Double]
  /// 1 / sum w_i^2, mean over junctions.
  public var effectiveGrains: Double
  /// Variance at half reversal over that of independent grains, F (1 - F) / N_eff; `nil` where it is not reached.
  public var cooperation: Double?
  /// Largest number of equally spaced levels whose worst symbol error stays at or below 5 % with one pulse.
  public var reliableLevels: Int
  /// Mean stability of a grain by the closed form.
  public var stability: Double
  /// Current for a share of 0.95 in ampere; `nil` where it is not reached.
  public var writeAmperes: Double?
  /// Voltage across the junction at that current with every grain antiparallel, in volt; the interval by leaving out
  /// one junction after another.
  public var writeVolts: Estimate?
  /// Share of the area that turns over in the middle states within ten years, at 27 and at 85 C.
  public var turnedInTenYears: [Estimate]
  /// The same within ten years of reading at 0.1 V, at 27 C.
  public var turnedByReading: Estimate

  /// Ten years in seconds.
  static let tenYears = 10 * 365.25 * 86400

  /// Samples a point.
  ///
  /// - Parameters:
  ///   - devices: Junctions, at least 2.
  ///   - cycles: Writes of each at each current, 1 to 10,000.
  ///   - highestDrive: Highest current over the critical one, above 0.2.
  ///   - currents: Currents up to it, evenly spaced.
  public init(
    spec: DeviceSpec, devices: Int = 8, cycles: Int = 4, currents: Int = 16, highestDrive: Double = 1.6,
    seed: UInt64,
    threads: Int = 1
  ) throws(DeviceError) {
    try DeviceError.check(spec: spec, programming: ProgrammingSpec(spec))
    guard devices >= 2, (1...10_000).contains(cycles), currents >= 2, highestDrive > 0.2 else {
      throw DeviceError(
        .invalidInput,
        "\(devices) devices, \(cycles) cycles and \(currents) currents up to \(highestDrive); expected at least 2, 1 to"
          + " 10,000, at least 2, and above 0.2", at: spec.name)
    }
    let tensors = GrainJunction.tensors(for: spec)
    let drives = (1...currents).map { 0.2 + (highestDrive - 0.2) * Double($0) / Double(currents) }
    let shape = PulseShape(widthSeconds: spec.dynamics.pulseWidthSeconds)
    let width = SpinReplicas.count
    let samples = parallelMap(devices, threads: threads) {
      index -> (outcomes: [[GrainJunction.Outcome]], barriers: StateBarriers, grains: Double) in
      let junction = GrainJunction(spec: spec, seed: seed, index: index, tensors: tensors)
      var outcomes = [[GrainJunction.Outcome]](repeating: [], count: currents)
      let items = (0..<(currents * cycles)).map { ($0 / cycles, $0 % cycles) }
      for start in stride(from: 0, to: items.count, by: width) {
        let part = items[start..<min(start + width, items.count)]
        let ran = junction.run(
          drives: part.map { [drives[$0.0]] }, shape: shape,
          streams: part.map {
            KeyedRandom(
              seed: seed, stage: "device.map", item: UInt64(index) << 32 | UInt64($0.0 << 16 | $0.1))
          })
        for (item, outcome) in zip(part, ran) { outcomes[item.0].append(outcome[0]) }
      }
      let all = outcomes.flatMap { $0 }
      let middle = all.min { abs($0.fraction - 0.5) < abs($1.fraction - 0.5) }
      return (
        outcomes, StateBarriers(junction, parallel: middle?.parallel ?? [], spec: spec),
        1 / junction.weights.reduce(0) { $0 + $1 * $1 }
      )
    }
    self.spec = spec
    self.devices = devices
    self.cycles = cycles
    self.drives = drives
    var (fractions, sigmas, ahead): ([Double], [Double], [Double]) = ([], [], [])
    for drive in drives.indices {
      let outcomes = samples.flatMap { $0.outcomes[drive] }
      let moments = Moments(outcomes.map(\.fraction))
      fractions.append(moments?.mean ?? 0)
      sigmas.append(moments?.standardDeviation ?? 0)
      ahead.append(
        outcomes.reduce(0) { $0 + $1.filmAhead } / Double(outcomes.count))
    }
    (self.fractions, self.sigmas, filmAhead) = (fractions, sigmas, ahead)
    let effective = samples.reduce(0) { $0 + $1.grains } / Double(devices)
    effectiveGrains = effective
    stability = spec.grainStability

    /// Place at which a mean share passes a value: index and part of the way to the next.
    func place(_ share: Double, in fractions: [Double]) -> (Int, Double)? {
      guard let above = fractions.firstIndex(where: { $0 >= share }) else { return nil }
      guard above > 0 else { return (0, 0) }
      return (above - 1, (share - fractions[above - 1]) / (fractions[above] - fractions[above - 1]))
    }
    func value(_ list: [Double], _ place: (Int, Double)) -> Double {
      place.1 == 0 ? list[place.0] : list[place.0] + place.1 * (list[place.0 + 1] - list[place.0])
    }
    let half = place(0.5, in: fractions)
    let cooperation = half.map { pow(value(sigmas, $0), 2) * effective / 0.25 }
    self.cooperation = cooperation
    let ends = spec.conductanceEndSigmas
    /// Probability that a level of some is taken for another: spread of the area and of the junction's conductance.
    func symbolError(_ level: Int, of count: Int) -> Double {
      let share = Double(level) / Double(count - 1)
      let isEnd = level == 0 || level == count - 1
      guard let place = place(min(share, fractions.last ?? 0), in: fractions) else { return 1 }
      let grains = level == 0 ? 0 : value(sigmas, place)
      let conductance = (1 - share) * ends.low + share * ends.high
      let sigma = max((grains * grains + conductance * conductance).squareRoot(), 1e-6)
      let offset = level == count - 1 ? 1 - (fractions.last ?? 0) : 0
      let beyond = erfc(max(0, 0.5 / Double(count - 1) - offset) / sigma / 2.0.squareRoot())
      return isEnd ? beyond / 2 : beyond
    }
    reliableLevels =
      (2...8).prefix { count in (0..<count).allSatisfy { symbolError($0, of: count) <= 0.05 } }.last ?? 1
    regime = Regime(top: fractions.last ?? 0, filmAhead: ahead.max() ?? 0, cooperation: cooperation)
    func volts(_ fractions: [Double]) -> (amperes: Double, volts: Double)? {
      place(0.95, in: fractions).map {
        let amperes = value(drives, $0) * spec.criticalCurrentAmperes
        return (amperes, spec.junctionVolts(currentAmperes: amperes, antiparallelFraction: 1))
      }
    }
    let write = volts(fractions)
    writeAmperes = write?.amperes
    // The jackknife: Tukey's pseudo-values have the mean's own interval.
    let pseudo = samples.indices.compactMap { left -> Double? in
      let rest = drives.indices.map { drive in
        let kept = samples.indices.filter { $0 != left }.flatMap { samples[$0].outcomes[drive] }
        return kept.reduce(0) { $0 + $1.fraction } / Double(max(1, kept.count))
      }
      guard let write, let other = volts(rest) else { return nil }
      return Double(devices) * write.volts - Double(devices - 1) * other.volts
    }
    writeVolts = write.flatMap { write in
      var estimate = Estimate.mean(pseudo)
      // Without one junction the share may not be reached; then nothing is known of the error.
      if pseudo.count < devices { estimate = Estimate.mean([write.volts]) }
      estimate?.value = write.volts
      return estimate
    }
    func turned(_ kelvin: Double, readVolts: Double = 0) -> Estimate {
      let shares = samples.map { sample in
        let barriers = sample.barriers
        let lost = barriers.turned(
          within: DesignPoint.tenYears, kelvin: kelvin, alpha: spec.dynamics.alpha,
          drive: barriers.drive(readVolts: readVolts, spec: spec))
        return zip(barriers.weights, lost).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return .meanShare(shares)
    }
    turnedInTenYears = [turned(300.15), turned(358.15)]
    turnedByReading = turned(300.15, readVolts: 0.1)
  }
}
