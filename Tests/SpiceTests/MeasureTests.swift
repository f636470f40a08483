import Glibc
import Spice
import Testing

/// Measures of one waveform against closed forms.
@Suite struct MeasureTests {
  private func wave(_ x: [Double], _ y: [Double]) -> Waveform {
    Waveform(name: "v(a)", unit: "V", x: x, y: y)
  }

  private func sampled(to stop: Double, points: Int, _ function: (Double) -> Double) -> Waveform {
    let x = (0...points).map { stop * Double($0) / Double(points) }
    return wave(x, x.map(function))
  }

  private func close(_ value: Double, _ expected: Double, _ relative: Double) -> Bool {
    abs(value - expected) <= relative * abs(expected)
  }

  private func failure(_ body: () throws -> Double) -> SpiceError? {
    #expect(throws: SpiceError.self) { try body() }
  }

  /// 1 - exp(-t / tau), tau = 1 ns; between samples a line differs from it by h^2 / 8 tau^2 = 1.25e-7.
  private var charging: Waveform { sampled(to: 20e-9, points: 20_000) { 1 - exp(-$0 / 1e-9) } }

  // MARK: edges

  @Test func riseOfAnExponential() throws {
    let tau = 1e-9
    #expect(close(try charging.riseTime(from: 0, to: 1), tau * log(9), 1e-6))
    #expect(close(try charging.riseTime(), tau * log(9), 1e-6))
    #expect(close(try charging.riseTime(from: 0, to: 1, between: 0.2, and: 0.8), tau * log(4), 1e-6))
    #expect(close(try charging.slewRate(from: 0, to: 1), 0.8 / (tau * log(9)), 1e-6))
    let falling = charging.map("v(b)", unit: "V") { 1.2 - 1.2 * $0 }
    #expect(close(try falling.fallTime(from: 1.2, to: 0), tau * log(9), 1e-6))
    #expect(close(try falling.fallTime(), tau * log(9), 1e-6))
    #expect(close(try falling.fallTime(from: 1.2, to: 0, between: 0.8, and: 0.2), tau * log(4), 1e-6))
    #expect(close(try falling.slewRate(from: 1.2, to: 0), -0.96 / (tau * log(9)), 1e-6))
  }

  /// A ramp of 1 V in 2 s is 1.6 s long from 10 % to 90 %; the second edge is as steep as the first.
  @Test func ramps() throws {
    let trapezoids = wave([0, 1, 3, 5, 6, 7, 9, 11], [0, 0, 1, 1, 0, 0, 1, 1])
    #expect(close(try trapezoids.riseTime(), 1.6, 1e-14))
    #expect(close(try trapezoids.riseTime(nth: 2), 1.6, 1e-14))
    #expect(close(try trapezoids.riseTime(after: 4), 1.6, 1e-14))
    #expect(close(try trapezoids.fallTime(from: 1, to: 0), 0.8, 1e-14))
    #expect(close(try trapezoids.slewRate(), 0.5, 1e-14))
    #expect(close(try trapezoids.slewRate(from: 1, to: 0), -1, 1e-14))
    let error = failure { try trapezoids.riseTime(nth: 3) }
    #expect(error?.code == .measurementFailed && error?.place == "v(a)")
    #expect(error?.message.contains("2 rising edges") == true)
    #expect(failure { try trapezoids.fallTime(from: 1, to: 0, nth: 2) } != nil)
  }

  /// A pulse that turns back at half way is no part of the edge; ringing about the upper level is no new edge.
  @Test func edgesThatTurnBack() throws {
    let runt = wave([0, 1, 2, 3, 13], [0, 0.5, 0, 0, 1])
    #expect(close(try runt.riseTime(from: 0, to: 1), 8, 1e-14))
    let ringing = wave([0, 10, 11, 12, 13], [0, 1, 0.8, 1, 1])
    #expect(close(try ringing.riseTime(from: 0, to: 1), 8, 1e-14))
    #expect(failure { try ringing.riseTime(from: 0, to: 1, nth: 2) } != nil)
  }

  @Test func edgesThatAreMissing() {
    let flat = wave([0, 1], [1, 1])
    let empty = wave([], [])
    for measure in [
      { try flat.riseTime() }, { try flat.fallTime() }, { try flat.slewRate() }, { try flat.overshoot() },
      { try empty.riseTime() }, { try empty.fallTime() }, { try empty.slewRate() }, { try empty.overshoot() },
      { try wave([0, 1], [1, 0]).riseTime() }, { try wave([0, 1], [0, 1]).fallTime() },
      { try charging.riseTime(from: 0, to: 2) }, { try empty.settlingTime(to: 0, tolerance: 1) },
      { try empty.minimumPoint().x }, { try empty.period(of: 0) }, { try empty.dutyCycle(of: 0) },
    ] as [() throws -> Double] {
      let error = failure(measure)
      #expect(error?.code == .measurementFailed && error?.place == "v(a)")
    }
  }

  /// A step within one point of time has no length.
  @Test func verticalEdge() throws {
    let step = wave([0, 1, 1, 2], [0, 0, 1, 1])
    #expect(try step.riseTime() == 0)
    #expect(try step.slewRate() == .infinity)
    #expect(step.crossings(of: 0.5) == [1])
    #expect(step.integral() == 1)
    #expect(step.mean(from: 0, to: 2) == 0.5)
    #expect(step.value(at: 1) == 1)
    #expect(step.rms() == 0.5.squareRoot())
  }

  // MARK: step responses

  /// 1 - exp(-a t) (cos w t + a / w sin w t): the first peak is higher by exp(-pi a / w).
  @Test func overshootOfASecondOrderStep() throws {
    let (a, w) = (2.0, 9.0)
    let response = sampled(to: 20, points: 200_000) { 1 - exp(-a * $0) * (cos(w * $0) + a / w * sin(w * $0)) }
    let expected = exp(-Double.pi * a / w)
    #expect(close(try response.overshoot(from: 0, to: 1), expected, 1e-6))
    #expect(close(try response.overshoot(), expected, 1e-6))
    #expect(
      close(try response.map("v(b)", unit: "V") { 3 - 2 * $0 }.overshoot(from: 3, to: 1), expected, 1e-6))
    // The peak lies at pi / w, the first valley at twice that and is higher than any later one is low.
    #expect(close(try response.maximumPoint().x, .pi / w, 1e-3))
    #expect(close(try response.maximumPoint().y, 1 + expected, 1e-6))
    #expect(close(try response.minimumPoint(from: 0.5).y, 1 - expected * expected, 1e-6))
    #expect(try charging.overshoot(from: 0, to: 1) == 0)
  }

  @Test func settlingOfAnExponential() throws {
    #expect(close(try charging.settlingTime(to: 1, tolerance: 0.01), 1e-9 * log(100), 1e-6))
    #expect(close(charging.settlingTime(tolerance: 0.01), 1e-9 * log(100), 1e-6))
    // Already settled where one begins to look: that place itself.
    #expect(try charging.settlingTime(to: 1, tolerance: 0.01, after: 8e-9) == 8e-9)
    #expect(close(try charging.settlingTime(to: 1, tolerance: 0.01, after: 1e-9), 1e-9 * log(100), 1e-6))
    // A target that the signal passes or never reaches.
    #expect(failure { try charging.settlingTime(to: 0.5, tolerance: 0.1) }?.code == .measurementFailed)
    #expect(failure { try charging.settlingTime(to: 1, tolerance: 0.01, after: 1) } != nil)
    let fall = wave([0, 1, 2], [4, 0, 0])
    #expect(try fall.settlingTime(to: 0, tolerance: 1) == 0.75)
    #expect(wave([], []).settlingTime(tolerance: 1).isNaN)
    #expect(wave([0, 1], [0, .nan]).settlingTime(tolerance: 1).isNaN)
    #expect(failure { try wave([0, 1], [0, .nan]).settlingTime(to: 0, tolerance: 1) } != nil)
  }

  // MARK: windows

  /// Straight lines: exact, however few points.
  @Test func exactOnStraightLines() throws {
    let triangle = wave([0, 2, 6], [0, 3, -3])
    #expect(close(triangle.rms(), 3.0.squareRoot(), 1e-15))
    #expect(triangle.mean() == 0.5)
    #expect(triangle.integral() == 3)
    #expect(triangle.peakToPeak() == 6)
    #expect(triangle.peakToPeak(from: 1, to: 3) == 1.5)
    #expect(triangle.minimum(from: 1, to: 3) == 1.5)
    // The mean square of a line from a to b: (b^3 - a^3) / 3 (b - a).
    let line = wave([0, 10], [1, 2])
    #expect(close(line.rms(from: 0, to: 10), (7.0 / 3).squareRoot(), 1e-15))
    #expect(close(line.rms(from: 5, to: 10), ((8 - 1.5 * 1.5 * 1.5) / 3 / 0.5).squareRoot(), 1e-15))
    #expect(line.rms(from: 4, to: 4) == 1.4)
    #expect(try triangle.maximumPoint() == .init(x: 2, y: 3))
    #expect(try triangle.minimumPoint(from: 1, to: 3) == .init(x: 1, y: 1.5))
    #expect(try wave([0, 1, 2], [5, 5, 0]).maximumPoint().x == 0)
  }

  /// Over whole periods: amplitude / sqrt 2, no mean; over half of one 2 / pi.
  @Test func sine() throws {
    let sine = sampled(to: 3, points: 30_000) { 2 * sin(2 * .pi * $0) }
    #expect(close(sine.rms(), 2.0.squareRoot(), 1e-6))
    #expect(abs(sine.mean()) < 1e-12)
    #expect(close(sine.mean(from: 1, to: 1.5), 4 / .pi, 1e-6))
    #expect(close(sine.peakToPeak(), 4, 1e-6))
    #expect(close(try sine.period(of: 0), 1, 1e-12))
    #expect(close(try sine.period(of: 1, .falling), 1, 1e-12))
    #expect(close(try sine.frequency(of: 1.5), 1, 1e-12))
    #expect(close(try sine.dutyCycle(of: 0, after: 0.5), 0.5, 1e-6))
    // Above half the amplitude from 30 to 150 degrees.
    #expect(close(try sine.dutyCycle(of: 1), 1.0 / 3, 1e-6))
    let error = failure { try sine.period(of: 0, after: 1.5) }
    #expect(error?.code == .measurementFailed && error?.message.contains("whole cycle") == true)
    #expect(failure { try sine.dutyCycle(of: 3) } != nil)
  }

  /// A clock of 3 ns high and 7 ns low with edges of 1 ns: half way up at 0.5, 10.5, ...; 40 % of the time high.
  @Test func clock() throws {
    let x = (0..<5).flatMap { k in [0, 1, 4, 5].map { Double($0 + 10 * k) * 1e-9 } }
    let clock = wave(x, (0..<5).flatMap { _ in [0.0, 1, 1, 0] })
    #expect(close(try clock.period(of: 0.5), 10e-9, 1e-12))
    #expect(close(try clock.frequency(of: 0.5), 1e8, 1e-12))
    #expect(close(try clock.dutyCycle(of: 0.5), 0.4, 1e-12))
    #expect(close(try clock.dutyCycle(of: 0.5, after: 12e-9), 0.4, 1e-12))
    #expect(close(try clock.dutyCycle(of: 0.75), 0.35, 1e-12))
  }

  @Test func emptyWindows() {
    let line = wave([0, 1], [1, 2])
    let empty = wave([], [])
    for value in [
      line.rms(from: 3), line.mean(from: 3), line.minimum(from: 3), line.maximum(to: -1),
      line.peakToPeak(from: 3),
      empty.rms(), empty.mean(), empty.minimum(), empty.maximum(), empty.peakToPeak(), empty.final,
      empty.value(at: 0),
    ] {
      #expect(value.isNaN)
    }
    #expect(empty.integral() == 0 && empty.crossings(of: 0) == [])
    let partly = wave([0, 1, 2], [.nan, 1, 2])
    #expect(partly.minimum() == 1 && partly.maximum() == 2)
  }

  // MARK: crossings

  /// On a sample, on a plateau, on a point of time with two values, and from a start that is itself a crossing.
  @Test func crossingsOnSamples() throws {
    let wave = wave([0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 1, 1, 0, 1, 0])
    #expect(wave.crossings(of: 1, .rising) == [1, 6])
    #expect(wave.crossings(of: 1, .falling) == [3])
    #expect(wave.crossings(of: 1) == [1, 3, 6])
    #expect(wave.crossings(of: 0, .falling) == [5, 7])
    #expect(wave.crossings(of: 1, after: 1) == [1, 3, 6])
    #expect(wave.crossings(of: 1, after: 1.0.nextUp) == [3, 6])
    #expect(wave.crossings(of: 0.5, after: 0.5) == [0.5, 4.5, 5.5, 6.5])
    #expect(wave.crossings(of: 1, after: 9) == [])
    let double = Waveform(name: "v(a)", unit: "V", x: [0, 1, 1, 1, 2], y: [0, 0, 2, 1, 1])
    #expect(double.crossings(of: 0.5) == [1])
    #expect(double.crossings(of: 1.5) == [1, 1])
    #expect(double.crossings(of: 1.5, after: 1) == [1, 1])
    let error = failure { try wave.crossing(of: 1, .rising, nth: 3) }
    #expect(error?.description == "v(a): the signal has 2 rising crossings of 1, not 3.")
  }

  /// A crossing on a sample is that sample's time, not one rounded from the step.
  @Test func crossingsOnSamplesAreExact() {
    var generator = SplitMix(state: 3)
    var x = [0.0]
    for _ in 0..<2_000 { x.append(x[x.count - 1] + Double.random(in: 1e-13...1e-11, using: &generator)) }
    let wave = wave(x, x.indices.map { Double($0 % 2) })
    #expect(wave.crossings(of: 1, .rising) == x.indices.filter { $0 % 2 == 1 }.map { x[$0] })
  }
}
