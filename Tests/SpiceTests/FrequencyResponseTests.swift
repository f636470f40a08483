import Glibc
import Spice
import Testing

/// Gain, phase and margins against closed forms.
@Suite struct FrequencyResponseTests {
  /// A response over a logarithmic sweep, with the input `v(in)` of 2 at 30 degrees.
  private func sweep(
    from start: Double = 1, decades: Double = 6, perDecade: Int = 200,
    _ response: (Double) -> (Double, Double)
  ) -> Waveforms {
    let scale = (0...Int(decades * Double(perDecade))).map { start * pow(10, Double($0) / Double(perDecade)) }
    let values = scale.map(response)
    let (re, im) = (2 * cos(Double.pi / 6), 2 * sin(Double.pi / 6))
    return Waveforms(
      scaleName: "frequency", scaleUnit: "Hz", scale: scale,
      columns: [
        ("v(out)", values.map(\.0)), ("v(in)", scale.map { _ in re }),
        ("v(driven)", values.map { $0.0 * re - $0.1 * im }),
      ],
      imaginary: [
        "v(out)": values.map(\.1), "v(in)": scale.map { _ in im },
        "v(driven)": values.map { $0.0 * im + $0.1 * re },
      ])
  }

  /// gain / (1 + j f / pole) for each pole.
  private func poles(_ gain: Double, _ poles: [Double]) -> (Double) -> (Double, Double) {
    { frequency in
      let size = poles.reduce(gain) { $0 / (1 + (frequency / $1) * (frequency / $1)).squareRoot() }
      let angle = poles.reduce(0) { $0 - atan(frequency / $1) }
      return (size * cos(angle), size * sin(angle))
    }
  }

  @Test func lowPass() throws {
    let waveforms = sweep(poles(10, [1e3]))
    #expect(abs(try waveforms.bandwidth(of: "v(out)") / 1e3 - 1) < 2e-5)
    // 1 / sqrt(1 + x^2) = 1 / 2.
    let half = 20 * log10(2.0)
    #expect(
      abs(try waveforms.bandwidth(of: "v(out)", dropDecibels: half) / (1e3 * 3.0.squareRoot()) - 1) < 2e-5)
    // 10 / sqrt(1 + x^2) = 1.
    #expect(abs(try waveforms.unityGainFrequency(of: "v(out)") / (1e3 * 99.0.squareRoot()) - 1) < 1e-5)
    #expect(abs(try waveforms.gainDecibels(of: "v(out)", at: 1) - 20) < 1e-5)
    #expect(
      abs(try waveforms.gainDecibels(of: "v(out)", at: 1234) - (20 - 10 * log10(1 + 1.234 * 1.234))) < 1e-4)
    #expect(abs(try waveforms.phaseDegrees(of: "v(out)", at: 1e3) + 45) < 1e-3)
    #expect(abs(try waveforms.phaseDegrees(of: "v(out)", at: 1e6) + atan(1e3) * 180 / .pi) < 1e-9)
    #expect(
      abs(try waveforms.phaseMarginDegrees(of: "v(out)") - (180 - atan(99.0.squareRoot()) * 180 / .pi)) < 1e-3
    )
  }

  /// The same through a driven output: the ratio to the input counts.
  @Test func ratios() throws {
    let waveforms = sweep(poles(10, [1e3]))
    for frequency in [1.0, 20, 1e3, 3e5] {
      let gain = try waveforms.gainDecibels(of: "v(driven)", over: "v(in)", at: frequency)
      let phase = try waveforms.phaseDegrees(of: "v(driven)", over: "v(in)", at: frequency)
      #expect(abs(try waveforms.gainDecibels(of: "v(out)", at: frequency) - gain) < 1e-9)
      #expect(abs(try waveforms.phaseDegrees(of: "v(out)", at: frequency) - phase) < 1e-9)
    }
    let margins = try [
      waveforms.phaseMarginDegrees(of: "v(out)"),
      waveforms.phaseMarginDegrees(of: "v(driven)", over: "v(in)"),
    ]
    #expect(abs(margins[0] - margins[1]) < 1e-9)
    #expect(abs(try waveforms.bandwidth(of: "v(driven)", over: "v(in)") / 1e3 - 1) < 2e-5)
  }

  /// Two poles: (1 + f^2 / p^2) (1 + f^2 / q^2) = A^2 is quadratic in f^2.
  @Test func twoPoles() throws {
    let (gain, p, q) = (1e3, 1e2, 1e5)
    let waveforms = sweep(poles(gain, [p, q]))
    let (a, b, c) = (1 / (p * p * q * q), 1 / (p * p) + 1 / (q * q), 1 - gain * gain)
    let unity = ((-b + (b * b - 4 * a * c).squareRoot()) / (2 * a)).squareRoot()
    #expect(abs(try waveforms.unityGainFrequency(of: "v(out)") / unity - 1) < 1e-4)
    let margin = 180 - (atan(unity / p) + atan(unity / q)) * 180 / .pi
    #expect(abs(try waveforms.phaseMarginDegrees(of: "v(out)") - margin) < 1e-2)
  }

  /// Three equal poles and a gain of 8: unity at sqrt 3 of the pole, -180 degrees there and -270 far beyond.
  @Test func threePoles() throws {
    let waveforms = sweep(poles(8, [1e3, 1e3, 1e3]))
    #expect(abs(try waveforms.unityGainFrequency(of: "v(out)") / (1e3 * 3.0.squareRoot()) - 1) < 1e-4)
    #expect(abs(try waveforms.phaseMarginDegrees(of: "v(out)")) < 1e-2)
    #expect(abs(try waveforms.phaseDegrees(of: "v(out)", at: 1e6) + 3 * atan(1e3) * 180 / .pi) < 1e-9)
  }

  /// A pure delay turns the phase by -360 f T, through many turns.
  @Test func phaseOfADelay() throws {
    let waveforms = sweep(from: 10, decades: 2, perDecade: 2_000) { frequency in
      (cos(2 * .pi * frequency * 0.01), -sin(2 * .pi * frequency * 0.01))
    }
    let phase = try waveforms.phaseDegrees("v(out)")
    for (frequency, degrees) in zip(phase.x, phase.y) { #expect(abs(degrees + 3.6 * frequency) < 1e-6) }
    #expect(phase.unit == "deg")
    #expect(throws: SpiceError.self) { try waveforms.bandwidth(of: "v(out)") }
  }

  @Test func failures() throws {
    let waveforms = sweep(poles(10, [1e3]))
    func code(_ body: () throws -> Double) -> SpiceError.Code? {
      #expect(throws: SpiceError.self) { try body() }?.code
    }
    #expect(code { try waveforms.gainDecibels(of: "v(out)", at: 1e7) } == .measurementFailed)
    #expect(code { try waveforms.gainDecibels(of: "v(out)", at: 0.5) } == .measurementFailed)
    #expect(code { try waveforms.gainDecibels(of: "v(out)", at: 0) } == .measurementFailed)
    #expect(code { try waveforms.gainDecibels(of: "v(no)", at: 10) } == .signalMissing)
    #expect(code { try waveforms.gainDecibels(of: "v(out)", over: "v(no)", at: 10) } == .signalMissing)
    #expect(code { try waveforms.unityGainFrequency(of: "v(in)") } == .measurementFailed)
    let error = #expect(throws: SpiceError.self) { try waveforms.phaseMarginDegrees(of: "v(in)") }
    #expect(error?.place == "db(v(in))")
    let direct = Waveforms(scaleName: "frequency", scaleUnit: "Hz", scale: [0], columns: [("v(out)", [1])])
    #expect(code { try direct.bandwidth(of: "v(out)") } == .measurementFailed)
  }

  /// The magnitude of a difference is that of the complex difference.
  @Test func differences() throws {
    let waveforms = Waveforms(
      scaleName: "frequency", scaleUnit: "Hz", scale: [1], columns: [("v(a)", [1]), ("v(b)", [4])],
      imaginary: ["v(a)": [6], "v(b)": [2]])
    #expect(try waveforms.magnitude("v(a,b)").y == [5])
    #expect(try waveforms.imaginaryPart("v(a,b)").y == [4])
    #expect(try waveforms.imaginaryPart("v(0,b)").y == [-2])
    #expect(abs(try waveforms.gainDecibels(of: "v(a,b)", at: 1) - 20 * log10(5)) < 1e-12)
    #expect(abs(try waveforms.phaseDegrees(of: "v(a,b)", at: 1) - atan2(4, -3) * 180 / .pi) < 1e-12)
  }
}
