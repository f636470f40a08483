import Spice
import TestSupport
import Testing

/// Measurements on waveforms whose values are known.
@Suite struct WaveformTests {
  /// 0 at 0, 1 at 1, 1 at 3, -1 at 5, 0 at 6.
  let wave = Waveform(name: "v(a)", unit: "V", x: [0, 1, 3, 5, 6], y: [0, 1, 1, -1, 0])

  @Test func interpolation() {
    #expect(wave.value(at: 0.25) == 0.25)
    #expect(wave.value(at: 4.5) == -0.5)
    #expect(wave.value(at: -1) == 0)
    #expect(wave.value(at: 9) == 0)
    #expect(wave.value(at: 3) == 1)
    #expect(wave.final == 0)
  }

  @Test func crossings() throws {
    #expect(wave.crossings(of: 0.5) == [0.5, 3.5])
    #expect(wave.crossings(of: 0.5, .rising) == [0.5])
    #expect(wave.crossings(of: 0.5, .falling) == [3.5])
    #expect(wave.crossings(of: -0.5) == [4.5, 5.5])
    #expect(wave.crossings(of: -0.5, after: 4.6) == [5.5])
    #expect(wave.crossings(of: -0.5, after: 4.25) == [4.5, 5.5])
    // Arriving at a level is a crossing, leaving it is not another; touching and staying counts once.
    #expect(wave.crossings(of: 1) == [1])
    #expect(try wave.crossing(of: -0.5, .either, nth: 2) == 5.5)
    let error = #expect(throws: SpiceError.self) { try wave.crossing(of: 2, .rising) }
    #expect(error?.code == .measurementFailed)
    #expect(error?.description.contains("v(a)") == true)
  }

  @Test func integralsAndExtremes() {
    #expect(wave.integral() == 0.5 + 2 + 0 - 0.5)
    #expect(wave.integral(from: 0.5, to: 2) == 0.375 + 1)
    #expect(wave.integral(from: 3.5, to: 4.5) == 0)
    #expect(wave.integral(from: 7, to: 8) == 0)
    #expect(wave.mean(from: 1, to: 3) == 1)
    #expect(wave.minimum() == -1)
    #expect(wave.maximum(from: 4.5) == 0)
    #expect(wave.window(from: 0.5, to: 4).x == [0.5, 1, 3, 4])
    #expect(wave.window(from: 0.5, to: 4).y == [0.5, 1, 1, 0])
    #expect(wave.window(from: 1, to: 3).x == [1, 3])
    #expect(wave.settlingTime(tolerance: 0.5) == 5.5)
    #expect(wave.settlingTime(tolerance: 2) == 0)
  }

  private var waveforms: Waveforms {
    Waveforms(
      scaleName: "time", scaleUnit: "s", scale: [0, 1, 2],
      columns: [("v(a)", [0, 1, 2]), ("v(b)", [1, 1, 1]), ("i(v1)", [-1, -1, -3])],
      terminals: ["v1": ["a", "b"], "v2": ["a", .ground]])
  }

  @Test func signals() throws {
    #expect(waveforms["v(a,b)"]?.y == [-1, 0, 1])
    #expect(waveforms["v(0,a)"]?.y == [0, -1, -2])
    #expect(waveforms["v(nosuch)"] == nil)
    let error = #expect(throws: SpiceError.self) { try waveforms.signal("v(nosuch)") }
    #expect(error?.code == .signalMissing)
    #expect(error?.description.contains("i(v1)") == true)
    // -v i: -1 + 0 + 3; trapezoids -0.5 and 1.5.
    #expect(try waveforms.power(source: "V1").y == [-1, 0, 3])
    #expect(try waveforms.energy(source: "v1") == 1)
    #expect(try waveforms.energy(source: "v1", from: 1) == 1.5)
    #expect(throws: SpiceError.self) { try waveforms.energy(source: "v2") }
    #expect(throws: SpiceError.self) { try waveforms.energy(source: "r1") }
    #expect(try waveforms.delay(from: "v(a)", at: 0.5, .rising, to: "v(a)", at: 1.5, .rising) == 1)
  }

  @Test func csv() throws {
    let text = "time (s),v(a) (V),v(b) (V),i(v1) (A)\n0.0,0.0,1.0,-1.0\n1.0,1.0,1.0,-1.0\n2.0,2.0,1.0,-3.0\n"
    #expect(waveforms.csv == text)
    let directory = try TemporaryDirectory()
    try waveforms.writeCSV(to: "\(directory.path)/w.csv")
    #expect(contents(of: "\(directory.path)/w.csv") == text)
    let error = #expect(throws: SpiceError.self) { try waveforms.writeCSV(to: "/nowhere/w.csv") }
    #expect(error?.code == .outputFailed)
  }

  /// Whatever is left out lies within the tolerance of the straight lines between what is kept.
  @Test(arguments: [1e-4, 1e-3, 1e-2])
  func decimation(tolerance: Double) throws {
    let count = 20_000
    let x = (0..<count).map { Double($0) / Double(count) }
    // A slow wave, and an edge of one sample in ten thousand.
    let slow = x.map { $0 * (1 - $0) }
    let edge = (0..<count).map { (k: Int) -> Double in
      if k < 7_000 { return 0 }
      return k < 7_002 ? Double(k - 6_999) / 3 : 1
    }
    let whole = Waveforms(
      scaleName: "time", scaleUnit: "s", scale: x, columns: [("v(slow)", slow), ("v(edge)", edge)])
    let few = whole.decimated(tolerance: tolerance)
    #expect(few.count < 600)
    for (signal, range) in [(Signal("v(slow)"), 0.25), ("v(edge)", 1)] {
      let kept = try few.signal(signal)
      let original = try whole.signal(signal)
      let worst = zip(original.x, original.y).map { abs(kept.value(at: $0) - $1) }.max() ?? .nan
      #expect(worst <= tolerance * range * (1 + 1e-9))
    }
    let limited = whole.decimated(maximumPoints: 50)
    #expect(limited.count <= 50)
    let crossing = try limited.signal("v(edge)").crossing(of: 0.5, .rising)
    #expect(abs(crossing - 7_000.5 / Double(count)) < 1e-4)
  }
}
