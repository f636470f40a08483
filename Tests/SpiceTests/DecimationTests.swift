import Spice
import Testing

/// What a thinned waveform still shows.
@Suite struct DecimationTests {
  /// Straight lines, steps within one point of time, pulses and noise, of several signals at once.
  private func random(seed: UInt64) -> Waveforms {
    var generator = SplitMix(state: seed)
    let count = 400 + Int(seed % 7) * 300
    var scale: [Double] = []
    var columns: [(Signal, [Double])] = []
    for k in 0..<count {
      // Every so often two points share their time.
      let isRepeated = k > 0 && Int.random(in: 0..<40, using: &generator) == 0
      scale.append(
        isRepeated ? scale[k - 1] : (scale.last ?? 0) + Double.random(in: 1e-12...1e-10, using: &generator))
    }
    for signal in ["v(a)", "v(b)", "i(v1)"] as [Signal] {
      var value = 0.0
      var slope = 0.0
      let size = signal == "i(v1)" ? 1e-6 : 1.0
      columns.append(
        (
          signal,
          scale.map { _ in
            switch Int.random(in: 0..<60, using: &generator) {
            case 0: value = Double.random(in: -size...size, using: &generator)
            case 1...4: slope = Double.random(in: -size...size, using: &generator) / 40
            case 5: slope = 0
            default: break
            }
            value += slope
            return value + Double.random(in: -1...1, using: &generator) * size * 1e-3
          }
        ))
    }
    return Waveforms(scaleName: "time", scaleUnit: "s", scale: scale, columns: columns)
  }

  /// The largest vertical distance of the original points from the kept lines, as a part of the range.
  private func worst(_ signal: Signal, of whole: Waveforms, kept few: Waveforms) throws -> Double {
    let (original, kept) = (try whole.signal(signal), try few.signal(signal))
    var upper = 0
    var worst = 0.0
    var at = 0
    for k in original.x.indices {
      // Where points share a time, each is compared with the lines that meet there.
      while at < kept.x.count, kept.x[at] < original.x[k] { at += 1 }
      upper = at
      let x = original.x[k]
      var nearest = Double.infinity
      repeat {
        let lower = max(0, upper - 1)
        let width = kept.x[upper] - kept.x[lower]
        let line =
          width > 0
          ? kept.y[lower] + (kept.y[upper] - kept.y[lower]) * (x - kept.x[lower]) / width : kept.y[upper]
        nearest = min(nearest, abs(line - original.y[k]))
        if x == kept.x[upper] { nearest = min(nearest, abs(kept.y[upper] - original.y[k])) }
        upper += 1
      } while upper < kept.x.count && kept.x[upper - 1] == x
      worst = max(worst, nearest)
    }
    return worst / original.peakToPeak()
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>, [1e-4, 3e-3, 3e-2, 0.2])
  func everySignalStaysWithinTheTolerance(seed: UInt64, tolerance: Double) throws {
    let whole = random(seed: seed)
    let few = whole.decimated(tolerance: tolerance)
    #expect(
      few.count <= whole.count && few.scale.first == whole.scale.first && few.scale.last == whole.scale.last)
    for signal in whole.signals {
      #expect(try worst(signal, of: whole, kept: few) <= tolerance * (1 + 1e-9))
      let (original, kept) = (try whole.signal(signal), try few.signal(signal))
      let limit = tolerance * original.peakToPeak() * (1 + 1e-9)
      #expect(abs(original.maximum() - kept.maximum()) <= limit)
      #expect(abs(original.minimum() - kept.minimum()) <= limit)
    }
  }

  /// A point that one signal needs must not spoil another: `v(b)` is a line within a tolerance of 1, at one edge
  /// of it where `v(a)` steps and at the other before that.
  @Test func pointsOfOneSignalDoNotSpoilAnother() throws {
    let deviation = [0, -0.9, 0, 0.9, 0.9, 0, 0, 0, 0]
    let whole = Waveforms(
      scaleName: "time", scaleUnit: "s", scale: deviation.indices.map(Double.init),
      columns: [
        ("v(a)", [0, 0, 0, 0, 1, 1, 1, 1, 1]),
        ("v(b)", deviation.enumerated().map { 12.5 * Double($0.offset) + $0.element }),
      ])
    let few = whole.decimated(tolerance: 0.01)
    #expect(few.count < whole.count)
    // The lines 0 to 3, where v(a) begins to rise, alone would pass v(b) at 1 by 1.2.
    #expect(try worst("v(b)", of: whole, kept: few) <= 0.01)
    #expect(try worst("v(a)", of: whole, kept: few) == 0)
  }

  /// On an edge of slope s, a crossing moves by no more than tolerance * range / s.
  @Test(arguments: [1e-4, 1e-3, 1e-2])
  func crossingsMoveByLessThanTheToleranceAllows(tolerance: Double) throws {
    // Smooth edges of 0.1 ns, every nanosecond, between 0 and 1.2 V; the slope at the middle is 12 V/ns.
    func level(_ t: Double) -> Double {
      let phase = t.truncatingRemainder(dividingBy: 2)
      func ramp(_ from: Double) -> Double {
        let u = min(1, max(0, (phase - from) / 0.15))
        return u * u * (3 - 2 * u)
      }
      return 1.2 * (ramp(0.5) - ramp(1.5))
    }
    let scale = (0...100_000).map { Double($0) * 1e-4 }
    let whole = Waveforms(
      scaleName: "time", scaleUnit: "s", scale: scale,
      columns: [("v(a)", scale.map(level)), ("v(b)", scale.map { level($0 + 0.033) * 0.5 })])
    let few = whole.decimated(tolerance: tolerance)
    #expect(few.count < 2_000)
    for (signal, middle) in [(Signal("v(a)"), 0.6), ("v(b)", 0.3)] {
      let before = try whole.signal(signal)
      let (expected, found) = (before.crossings(of: middle), try few.signal(signal).crossings(of: middle))
      #expect(expected.count == found.count && expected.count == 10)
      let margin = tolerance * before.peakToPeak()
      // The time from a little below the level to a little above, on the first edge; all edges are alike.
      let below = try before.crossing(of: middle - margin, .rising)
      let above = try before.crossing(of: middle + margin, .rising)
      for (a, b) in zip(expected, found) { #expect(abs(a - b) <= (above - below) / 2 * (1 + 1e-6) + 1e-12) }
    }
  }

  @Test func atMostSoManyPoints() throws {
    let whole = random(seed: 6)
    // The noise leaves no point on the line between its neighbours: every point that is allowed helps.
    for limit in [2, 3, 10, 100, whole.count - 1] {
      #expect(whole.decimated(maximumPoints: limit).count == limit)
    }
    #expect(whole.decimated(maximumPoints: whole.count) == whole)
    let errors = try [10, 100, 1_000].map { limit in
      let few = whole.decimated(maximumPoints: limit)
      return try whole.signals.map { try worst($0, of: whole, kept: few) }.max() ?? .nan
    }
    #expect(errors[0] > errors[1] && errors[1] > errors[2])
  }

  /// A thousand equal pulses and points for a hundred: those that fit are drawn.
  @Test func equalPulses() throws {
    let scale = (0..<10_000).map(Double.init)
    let whole = Waveforms(
      scaleName: "time", scaleUnit: "s", scale: scale,
      columns: [("v(a)", scale.map { $0.truncatingRemainder(dividingBy: 10) == 5 ? 1 : 0 })])
    let few = try whole.decimated(maximumPoints: 100).signal("v(a)")
    #expect(few.x.count == 100)
    #expect(few.crossings(of: 0.5, .rising).count > 20)
  }

  @Test func fewPointsAndConstants() {
    for count in 0...3 {
      let scale = (0..<count).map(Double.init)
      let flat = Waveforms(
        scaleName: "time", scaleUnit: "s", scale: scale,
        columns: [("v(a)", scale.map { _ in 1.1 }), ("v(b)", scale.map { _ in 0 })])
      #expect(flat.decimated(tolerance: 0).count == min(count, 2))
      #expect(flat.decimated(tolerance: 0.5).count == min(count, 2))
      #expect(flat.decimated(maximumPoints: 2).count == min(count, 2))
    }
  }

  /// What is not finite is neither lost nor spreads: both ends of each such stretch are kept.
  @Test func notANumber() throws {
    let scale = (0..<1_000).map(Double.init)
    let values = scale.map { (x: Double) -> Double in
      if x >= 300, x < 400 { return .nan }
      if x == 700 { return .infinity }
      return x < 300 ? x : 300 - x / 10
    }
    let whole = Waveforms(scaleName: "time", scaleUnit: "s", scale: scale, columns: [("v(a)", values)])
    let few = try whole.decimated(tolerance: 0.01).signal("v(a)")
    #expect(few.x == [0, 299, 300, 399, 400, 699, 700, 701, 999])
    #expect(few.y.map(\.isFinite) == [true, true, false, false, true, true, false, true, true])
    let all = Waveforms(
      scaleName: "time", scaleUnit: "s", scale: scale, columns: [("v(a)", scale.map { _ in .nan })])
    #expect(all.decimated(tolerance: 0.01).count == 2)
    // More borders than points are wanted: they are passed over.
    let torn = Waveforms(
      scaleName: "time", scaleUnit: "s", scale: scale,
      columns: [("v(a)", scale.map { $0.truncatingRemainder(dividingBy: 2) == 0 ? .nan : 1 })])
    #expect(torn.decimated(maximumPoints: 10).count == 2)
    #expect(torn.decimated(tolerance: 0.01).count == 1_000)
  }

  /// The imaginary part of a complex signal counts as one more signal.
  @Test func imaginaryParts() throws {
    let scale = (0..<100).map(Double.init)
    let whole = Waveforms(
      scaleName: "frequency", scaleUnit: "Hz", scale: scale, columns: [("v(a)", scale.map { _ in 1 })],
      imaginary: ["v(a)": scale.map { $0 == 50 ? 1 : 0 }])
    let few = whole.decimated(tolerance: 0.01)
    #expect(few.scale == [0, 49, 50, 51, 99])
    #expect(try few.imaginaryPart("v(a)").y == [0, 0, 1, 0, 0])
  }
}
