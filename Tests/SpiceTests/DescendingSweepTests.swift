import Glibc
import Spice
import Testing

/// Measures over a scale that falls, and at the ends of a scale whose steps are rounded.
@Suite struct DescendingSweepTests {
  private func wave(_ x: [Double], _ y: [Double]) -> Waveform {
    Waveform(name: "v(a)", unit: "V", x: x, y: y)
  }

  /// From 6 V down to 0 V: a line down from 3 to -3, then one up to 0.
  private var falling: Waveform { wave([6, 2, 0], [-3, 3, 0]) }

  private func failure(_ body: () throws -> Double) -> SpiceError? {
    #expect(throws: SpiceError.self) { try body() }
  }

  @Test func values() {
    #expect([6, 5, 4, 2, 1, 0].map { falling.value(at: $0) } == [-3, -1.5, 0, 3, 1.5, 0])
    #expect(falling.value(at: 7) == -3 && falling.value(at: -1) == 0)
  }

  /// A window is what lies between the smaller and the larger abscissa, in the order of the sweep.
  @Test func windows() {
    #expect(falling.window() == falling)
    #expect(falling.window(from: 1, to: 5) == wave([5, 2, 1], [-1.5, 3, 1.5]))
    #expect(falling.window(from: 2) == wave([6, 2], [-3, 3]))
    #expect(falling.window(to: 2) == wave([2, 0], [3, 0]))
    #expect(falling.window(from: 3, to: 3) == wave([3], [1.5]))
    #expect(falling.window(from: 7).x.isEmpty && falling.window(from: 3, to: 2).x.isEmpty)
  }

  /// Means do not know the direction; an integral along the sweep is the negative of the one upwards.
  @Test func statistics() throws {
    let rising = wave(falling.x.reversed(), falling.y.reversed())
    for (start, stop) in [(-Double.infinity, Double.infinity), (1, 5), (0.5, 1.5), (-3, 2)] {
      let (down, up) = (falling.window(from: start, to: stop), rising.window(from: start, to: stop))
      #expect(abs(down.integral() + up.integral()) < 1e-14)
      #expect(abs(down.mean() - up.mean()) < 1e-15 && abs(down.rms() - up.rms()) < 1e-15)
      #expect(down.minimum() == up.minimum() && down.maximum() == up.maximum())
      #expect(down.peakToPeak() == up.peakToPeak())
    }
    #expect(falling.integral() == -3 && falling.mean() == 0.5)
    #expect(abs(falling.rms() - 3.0.squareRoot()) < 1e-15)
    #expect(falling.mean(from: 4, to: 4) == 0)
    #expect(try falling.maximumPoint() == .init(x: 2, y: 3))
    #expect(try falling.minimumPoint(to: 5) == .init(x: 5, y: -1.5))
  }

  /// Edges and counting follow the sweep.
  @Test func crossings() throws {
    #expect(falling.crossings(of: 0, .rising) == [4])
    #expect(falling.crossings(of: 0, .falling) == [0])
    #expect(falling.crossings(of: 1.5) == [3, 1])
    #expect(falling.crossings(of: 1.5, after: 2) == [3])
    #expect(falling.crossings(of: 1.5, until: 2) == [1])
    #expect(falling.crossings(of: 1.5, after: 1, until: 3) == [3, 1])
    #expect(try falling.crossing(of: 1.5, .either, nth: 2) == 1)
    let waveforms = Waveforms(
      scaleName: "v1", scaleUnit: "V", scale: falling.x, columns: [("v(a)", falling.y)])
    #expect(try waveforms.delay(from: "v(a)", at: 0, .rising, to: "v(a)", at: 1.5, .falling) == -3)
  }

  /// A trapezoid over the sweep: as wide as upwards, its slopes of the other sign.
  @Test func edges() throws {
    let scale = [11.0, 9, 7, 6, 5, 3, 1, 0]
    let trapezoids = wave(scale, [0, 0, 1, 1, 0, 0, 1, 1])
    #expect(abs(try trapezoids.riseTime() - 1.6) < 1e-14)
    #expect(abs(try trapezoids.riseTime(nth: 2) - 1.6) < 1e-14)
    #expect(abs(try trapezoids.fallTime(from: 1, to: 0) - 0.8) < 1e-14)
    #expect(abs(try trapezoids.slewRate() + 0.5) < 1e-14)
    #expect(try trapezoids.period(of: 0.5) == 6)
    #expect(abs(try trapezoids.dutyCycle(of: 0.5) - 2.5 / 6) < 1e-14)
    #expect(try trapezoids.settlingTime(to: 1, tolerance: 0.5) == 2)
  }

  @Test func decimation() {
    let scale = (0...100).map { Double(100 - $0) }
    let line = Waveforms(
      scaleName: "v1", scaleUnit: "V", scale: scale, columns: [("v(a)", scale.map { 2 * $0 })])
    #expect(line.decimated(tolerance: 1e-9).scale == [100, 0])
  }

  // MARK: derivatives

  /// Lines have their slope, and the points of a parabola its derivative, at unequal distances too.
  @Test func derivatives() throws {
    let x = [0.0, 1, 3, 4, 4.5]
    for scale in [x, x.reversed()] {
      let parabola = wave(scale, scale.map { $0 * $0 })
      for position in [1, 3, 4.0] {
        #expect(abs(try parabola.derivative(at: position) - 2 * position) < 1e-14)
      }
      #expect(try parabola.derivative(at: 2) == 4)
      #expect(try parabola.derivative(at: 0) == 1 && parabola.derivative(at: 4.5) == 8.5)
    }
    let jump = wave([0, 1, 1, 2], [0, 0, 1, 2])
    #expect(try jump.derivative(at: 0.5) == 0 && jump.derivative(at: 1.5) == 1)
    for body in [
      { try jump.derivative(at: 1) }, { try jump.derivative(at: 3) }, { try wave([], []).derivative(at: 0) },
      { try wave([1], [1]).derivative(at: 1) }, { try wave([0, 1], [0, .nan]).derivative(at: 0.5) },
    ] as [() throws -> Double] {
      #expect(failure(body)?.code == .measurementFailed)
    }
  }

  // MARK: ends

  /// Steps of 0.1 as they are added up: the first point is beside 0.3, the last beside 1.
  @Test(arguments: [false, true])
  func roundedEnds(isFalling: Bool) throws {
    var scale = [3 * 0.1]
    while scale.count < 8 { scale.append(scale[scale.count - 1] + 0.1) }
    #expect(scale[0] > 0.3 && scale[7] < 1)
    if isFalling { scale.reverse() }
    let waveforms = Waveforms(
      scaleName: "va", scaleUnit: "V", scale: scale, columns: [("v(a)", scale.map { 2 * $0 })])
    func value(_ kind: Measurement.Kind) throws -> Double {
      try Measurement("m", kind).value(in: waveforms)
    }
    #expect(abs(try value(.find("v(a)", at: 0.3)) - 0.6) < 1e-14)
    #expect(abs(try value(.find("v(a)", at: 1)) - 2) < 1e-14)
    #expect(abs(try value(.derivative(of: "v(a)", at: 1)) - 2) < 1e-13)
    #expect(abs(try value(.statistic(.mean, of: "v(a)", to: 0.3)) - 0.6) < 1e-14)
    #expect(abs(try value(.statistic(.maximum, of: "v(a)", from: 1)) - 2) < 1e-14)
    #expect(failure { try value(.find("v(a)", at: 0.3 - 1e-6)) }?.code == .measurementFailed)
    #expect(failure { try value(.find("v(a)", at: 1 + 1e-6)) }?.code == .measurementFailed)
    #expect(failure { try value(.statistic(.mean, of: "v(a)", from: 1 + 1e-6)) } != nil)
    // The level of an end is crossed there, with a bound that is rounded otherwise.
    let last = isFalling ? 0.3 : 1
    let crossing = Measurement.Crossing(
      "v(a)", at: 2 * scale[7], after: isFalling ? 0.3.nextUp.nextUp : 0, until: isFalling ? 1 : 1 - 1e-15)
    #expect(abs(try value(.when(crossing)) - last) < 1e-14)
  }

  /// Over frequency an end is no wider than its step.
  @Test func endsOverFrequency() {
    let scale = (0...100).map { pow(10, Double($0) / 10) }
    let wave = wave(scale, scale)
    #expect(wave.window(from: 1.1).x.first == 1.1)
    #expect(wave.window(to: 0.99).x.isEmpty)
  }
}
