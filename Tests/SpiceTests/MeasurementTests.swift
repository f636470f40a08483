import Glibc
import Spice
import Testing

/// Measurements as values: what they measure on known waveforms, how they fail, and how ngspice's lines read.
@Suite struct MeasurementTests {
  /// A clock of 2 s with edges of 1 s, another half as high and 0.25 s later, and a source across both.
  private let waveforms: Waveforms = {
    let scale = (0...32).map { Double($0) / 4 }
    func clock(_ t: Double) -> Double {
      let phase = (t + 8).truncatingRemainder(dividingBy: 4)
      return max(0, min(1, min(phase, 3 - phase)))
    }
    return Waveforms(
      scaleName: "time", scaleUnit: "s", scale: scale,
      columns: [
        ("v(a)", scale.map(clock)), ("v(b)", scale.map { clock($0 - 0.25) / 2 }),
        ("i(v1)", scale.map { _ in -2 }),
      ],
      terminals: ["v1": ["a", "b"]])
  }()

  private func measured(_ kind: Measurement.Kind) throws -> Double {
    try Measurement("m", kind).value(in: waveforms)
  }

  @Test func crossings() throws {
    #expect(try measured(.when(.init("v(a)", at: 0.5))) == 0.5)
    #expect(try measured(.when(.init("v(a)", at: 0.5, .rising, .nth(2)))) == 4.5)
    #expect(try measured(.when(.init("v(a)", at: 0.5, .falling, .nth(2)))) == 6.5)
    #expect(try measured(.when(.init("v(a)", at: 0.5, .either, .nth(4)))) == 6.5)
    #expect(try measured(.when(.init("v(a)", at: 0.5, .either, .last))) == 6.5)
    #expect(try measured(.when(.init("v(a)", at: 0.5, .rising, .last))) == 4.5)
    #expect(try measured(.when(.init("v(a)", at: 0.5, .rising, after: 1))) == 4.5)
    #expect(try measured(.when(.init("V(B)", at: 0.25, .rising))) == 0.75)
    // Falling together, v(a) meets v(b) where t - 0.25 halved equals it: 3 - t = (3.25 - t) / 2.
    #expect(abs(try measured(.when(.init("v(a,b)", at: 0, .falling))) - 2.75) < 1e-15)
  }

  /// Trigger and target are counted each by itself: a delay can be negative.
  @Test func delays() throws {
    let a = Measurement.Crossing("v(a)", at: 0.5, .rising)
    let b = Measurement.Crossing("v(b)", at: 0.25, .rising)
    #expect(try measured(.delay(trigger: a, target: b)) == 0.25)
    #expect(try measured(.delay(trigger: b, target: a)) == -0.25)
    let late = Measurement.Crossing("v(b)", at: 0.25, .falling, .last)
    #expect(try measured(.delay(trigger: a, target: late)) == 6.25)
    #expect(abs(try measured(.riseTime("v(a)", from: 0, to: 1)) - 0.8) < 1e-15)
    #expect(abs(try measured(.fallTime("v(b)", from: 0.5, to: 0, .last)) - 0.8) < 1e-15)
    #expect(abs(try measured(.fallTime("v(a)", from: 1, to: 0, between: 0.75, and: 0.25)) - 0.5) < 1e-15)
    #expect(abs(try measured(.riseTime("v(a)", from: 0, to: 1, .nth(1), after: 2)) - 0.8) < 1e-14)
  }

  @Test func values() throws {
    #expect(try measured(.find("v(a)", at: 0.6)) == 0.6)
    #expect(try measured(.find("v(b)", at: 0.5)) == 0.125)
    #expect(try measured(.find("v(a,b)", at: 0.5)) == 0.375)
    #expect(try measured(.findWhen("v(a)", .init("v(b)", at: 0.25, .falling))) == 0.25)
  }

  /// Between two crossings only those count that lie within the bounds.
  @Test func boundedCrossings() throws {
    #expect(try measured(.when(.init("v(a)", at: 0.5, .either, .last, until: 6))) == 4.5)
    #expect(try measured(.when(.init("v(a)", at: 0.5, after: 1, until: 3))) == 2.5)
    #expect(try measured(.when(.init("v(a)", at: 0.5, until: 0.5))) == 0.5)
    #expect(try measured(.findWhen("v(b)", .init("v(a)", at: 0.5, .falling, after: 3))) == 0.375)
    #expect(try measured(.delaySince(0.2, target: .init("v(a)", at: 0.5))) == 0.3)
    #expect(try measured(.delayUntil(9, trigger: .init("v(a)", at: 0.5, .falling, .last))) == 2.5)
  }

  @Test func derivatives() throws {
    #expect(try measured(.derivative(of: "v(a)", at: 0.6)) == 1)
    #expect(try measured(.derivative(of: "v(b)", at: 2.9)) == -0.5)
    #expect(try measured(.derivative(of: "v(a)", at: 1.6)) == 0)
    #expect(try measured(.derivativeWhen(of: "v(a)", .init("v(b)", at: 0.3, .falling))) == -1)
  }

  /// The last of several such places, and the end of a window.
  @Test func positions() throws {
    #expect(try measured(.statistic(.maximumPosition, of: "v(a)", to: 4)) == 2)
    #expect(try measured(.statistic(.minimumPosition, of: "v(a)", from: 0.3, to: 0.7)) == 0.3)
    #expect(try measured(.statistic(.maximumPosition, of: "v(a)", from: 0.3, to: 0.7)) == 0.7)
    #expect(try measured(.statistic(.minimumPosition, of: "v(a)")) == 8)
  }

  /// Expressions use every other result, those before them, and parameters; a result hides a parameter.
  @Test func expressions() throws {
    var circuit = Circuit(title: "parameters")
    circuit.parameters = [
      Parameter("vdd", 3), Parameter("half", .parameter("vdd") / 2), Parameter("top", 100),
    ]
    let results = waveforms.measured(
      [
        Measurement("late", .expression(.parameter("early") + 1)),
        Measurement("early", .expression(.parameter("TOP") * 2 + .parameter("half"))),
        Measurement("Top", .statistic(.maximum, of: "v(a)")),
        Measurement("after", .expression(.sqrt(.parameter("early") + 0.5))),
        Measurement("never", .when(.init("v(a)", at: 7))),
        Measurement("uses", .expression(.parameter("never") + 1)),
        Measurement("infinite", .expression(1 / (.parameter("vdd") - 3))),
        Measurement("reads", .expression(.v("a"))),
      ], in: circuit)
    let values = results.map { try? $0.get() }
    #expect(values == [nil, 3.5, 1, 2, nil, nil, nil, nil])
    let errors = results.map { result -> SpiceError? in
      if case .failure(let error) = result { error } else { nil }
    }
    // ngspice too evaluates expressions in the order of their lines.
    #expect(errors[0]?.code == .unresolvedParameter && errors[0]?.message.hasPrefix("early ") == true)
    #expect(errors[4]?.code == .measurementFailed && errors[4]?.place == "measurement never of v(a)")
    #expect(errors[5]?.code == .measurementFailed && errors[5]?.message == "never has no value.")
    #expect(errors[5]?.cause == errors[4]?.message)
    #expect(errors[6]?.code == .measurementFailed && errors[7]?.code == .measurementFailed)
    let alone = Measurement("m", .expression(.parameter("k") * 2))
    #expect(try alone.value(in: waveforms, given: ["k": 4]) == 8)
    let error = #expect(throws: SpiceError.self) { try alone.value(in: waveforms) }
    #expect(error?.code == .unresolvedParameter && error?.place == "measurement m of its expression")
  }

  @Test func statistics() throws {
    func value(_ statistic: Measurement.Statistic, _ start: Double, _ stop: Double) throws -> Double {
      try measured(.statistic(statistic, of: "v(a)", from: start, to: stop))
    }
    // The rise from 0.25 to 0.75, between points at both ends.
    #expect(try value(.minimum, 0.25, 0.75) == 0.25)
    #expect(try value(.maximum, 0.25, 0.75) == 0.75)
    #expect(try value(.peakToPeak, 0.25, 0.75) == 0.5)
    #expect(abs(try value(.mean, 0.3, 0.7) - 0.5) < 1e-15)
    #expect(abs(try value(.integral, 0, 4) - 2) < 1e-15)
    // A period: two thirds of a second on the edges, 1 s at the top, of 4 s.
    #expect(abs(try value(.rms, 0, 4) - ((2.0 / 3 + 1) / 4).squareRoot()) < 1e-15)
    #expect(try measured(.statistic(.peakToPeak, of: "v(b)")) == 0.5)
    #expect(try measured(.statistic(.maximum, of: "v(a,b)")) == 0.625)
    // 2 A at v(a) - v(b): the period's mean 1/2 and 1/4 of v(b), which starts at 0.25.
    let energy = try measured(.energy(source: "V1", from: 0, to: 4))
    #expect(abs(energy - 2 * (2 - 1)) < 1e-14)
  }

  @Test func afterAC() throws {
    let waveforms = Waveforms(
      scaleName: "frequency", scaleUnit: "Hz", scale: [1, 2], columns: [("v(out)", [3, 0])],
      imaginary: ["v(out)": [4, -1]])
    for (name, value) in [
      ("v(out)", 3.0), ("vr(out)", 3), ("vi(out)", 4), ("vm(out)", 5), ("vdb(out)", 20 * log10(5)),
      ("vp(out)", atan2(4, 3)),
    ] {
      #expect(abs(try Measurement("m", .find(Signal(name), at: 1)).value(in: waveforms) - value) < 1e-12)
    }
    // A line from 14 dB to 0 dB over the frequency itself, as in ngspice.
    let unity = Measurement("m", .when(.init("vdb(out)", at: 10 * log10(5), .falling)))
    #expect(abs(try unity.value(in: waveforms) - 1.5) < 1e-12)
  }

  /// Every failure is an error that names the measurement and the signal.
  @Test(
    arguments: [
      (.when(.init("v(a)", at: 2)), .measurementFailed, "v(a)"),
      (.when(.init("v(a)", at: 0.5, .rising, .nth(3))), .measurementFailed, "v(a)"),
      (.when(.init("v(a)", at: 2, .either, .last)), .measurementFailed, "v(a)"),
      (.when(.init("v(a)", at: 0.5, .rising, .nth(0))), .invalidValue, "v(a)"),
      (.when(.init("v(c)", at: 0.5)), .signalMissing, "v(c)"),
      (.find("vdb(c)", at: 0.5), .signalMissing, "vdb(c)"),
      (.find("v(a)", at: 8.5), .measurementFailed, "v(a)"),
      (.find("v(a)", at: .nan), .measurementFailed, "v(a)"),
      (.findWhen("v(c)", .init("v(a)", at: 0.5)), .signalMissing, "v(c)"),
      (.statistic(.mean, of: "v(a)", from: 9, to: 10), .measurementFailed, "v(a)"),
      (.statistic(.integral, of: "v(a)", from: 5, to: 4), .measurementFailed, "v(a)"),
      (.energy(source: "v1", from: 9), .measurementFailed, "p(v1)"),
      (.energy(source: "r1"), .unresolvedSource, "r1"),
      (.riseTime("v(a)", from: 0, to: 4), .measurementFailed, "v(a)"),
      (.when(.init("v(a)", at: 0.5, until: 0.4)), .measurementFailed, "v(a)"),
      (.when(.init("v(a)", at: 0.5, .either, .last, after: 3, until: 4)), .measurementFailed, "v(a)"),
      (.delaySince(.nan, target: .init("v(a)", at: 0.5)), .invalidValue, "trig at"),
      (.delaySince(0, target: .init("v(a)", at: 2)), .measurementFailed, "v(a)"),
      (.derivative(of: "v(a)", at: 8.5), .measurementFailed, "v(a)"),
      (.derivative(of: "v(c)", at: 1), .signalMissing, "v(c)"),
      (.statistic(.maximumPosition, of: "v(a)", from: 9), .measurementFailed, "v(a)"),
    ] as [(Measurement.Kind, SpiceError.Code, String)])
  func failures(kind: Measurement.Kind, code: SpiceError.Code, place: String) {
    let error = #expect(throws: SpiceError.self) { try Measurement("first", kind).value(in: waveforms) }
    #expect(error?.code == code)
    #expect(error?.place == "measurement first of \(place)")
  }

  @Test func emptyAndNotNumbers() {
    for values in [[], [.nan, .nan]] as [[Double]] {
      let waveforms = Waveforms(
        scaleName: "time", scaleUnit: "s", scale: values.indices.map(Double.init), columns: [("v(a)", values)]
      )
      for statistic in Measurement.Statistic.allCases {
        let error = #expect(throws: SpiceError.self) {
          try Measurement("m", .statistic(statistic, of: "v(a)")).value(in: waveforms)
        }
        #expect(error?.code == .measurementFailed && error?.place == "measurement m of v(a)")
      }
      #expect(throws: SpiceError.self) { try Measurement("m", .find("v(a)", at: 0)).value(in: waveforms) }
    }
  }

  // MARK: ngspice's lines

  private static let circuit: Circuit = {
    var circuit = Circuit(title: "sources")
    circuit.voltageSource("v1", "a", "b", .dc(1))
    circuit.voltageSource("v2", "a", .ground, .dc(1))
    circuit.voltageSource("v3", .ground, "b", .dc(1))
    return circuit
  }()

  @Test(
    arguments: [
      (.when(.init("v(a)", at: 0.5)), "when v(a)=0.5 cross=1"),
      (
        .when(.init("v(a,b)", at: -0.1, .rising, .nth(2), after: 2e-10)),
        "when par('v(a)-v(b)')=-0.1 rise=2 td=2e-10"
      ),
      (.when(.init("v(0,b)", at: 0, .falling, .last)), "when par('-v(b)')=0 fall=last"),
      (.when(.init("v(a,gnd)", at: 0, .falling, .last, after: 0)), "when v(a)=0 fall=last"),
      (
        .delay(
          trigger: .init("v(a)", at: 0.6, .rising, after: 1e-9),
          target: .init("i(v1)", at: 1e-6, .falling, .nth(3))),
        "trig v(a) val=0.6 rise=1 td=1e-9 targ i(v1) val=1e-6 fall=3"
      ),
      (.riseTime("v(a)", from: 0, to: 2), "trig v(a) val=0.2 rise=1 targ v(a) val=1.8 rise=1"),
      (.find("@m1[id]", at: 1e-9), "find @m1[id] at=1e-9"),
      (.findWhen("v(b)", .init("v(a)", at: 0.5, .either, .nth(2))), "find v(b) when v(a)=0.5 cross=2"),
      (.statistic(.minimum, of: "v(a)"), "min v(a)"),
      (.statistic(.maximum, of: "v(a)", from: 1e-9), "max v(a) from=1e-9"),
      (.statistic(.peakToPeak, of: "v(a)", to: 2e-9), "pp v(a) to=2e-9"),
      (.statistic(.mean, of: "v(a)", from: 1e-9, to: 2e-9), "avg v(a) from=1e-9 to=2e-9"),
      (.statistic(.rms, of: "v(a,b)"), "rms par('v(a)-v(b)')"),
      (.statistic(.integral, of: "v(a)"), "integ v(a)"),
      (.energy(source: "V1", from: 0, to: 1e-9), "integ par('-v(a,b)*i(v1)') from=0 to=1e-9"),
      (.energy(source: "v2"), "integ par('-v(a)*i(v2)')"),
      (.energy(source: "v3"), "integ par('v(b)*i(v3)')"),
      (.statistic(.minimumPosition, of: "v(a)", to: 2e-9), "min_at v(a) to=2e-9"),
      (.delaySince(1e-9, target: .init("v(a)", at: 0.5, .rising)), "trig at=1e-9 targ v(a) val=0.5 rise=1"),
      (.when(.init("v(a)", at: 0.5, after: 1e-9, until: 2e-9)), "when v(a)=0.5 cross=1 td=1e-9 to=2e-9"),
      (.expression(.parameter("a") * .max(.parameter("b"), 2)), "param='a*max(b,2)'"),
    ] as [(Measurement.Kind, String)])
  func lines(kind: Measurement.Kind, body: String) throws {
    let line = try Measurement("Tp_1", kind).ngspiceLine(analysis: "TRAN", of: Self.circuit)
    #expect(line == ".measure tran tp_1 \(body)")
  }

  @Test func linesOfOtherAnalyses() throws {
    let crossing = Measurement("m", .when(.init("vdb(a)", at: -3, .falling, after: 100)))
    #expect(try crossing.ngspiceLine(analysis: "ac") == ".measure ac m when vdb(a)=-3 fall=1 from=100")
    let sweep = Measurement("m", .when(.init("v(a)", at: 0, after: -1)))
    #expect(try sweep.ngspiceLine(analysis: "dc") == ".measure dc m when v(a)=0 cross=1 from=-1")
  }

  @Test(
    arguments: [
      ("a b", .statistic(.mean, of: "v(a)"), .invalidName), ("", .statistic(.mean, of: "v(a)"), .invalidName),
      ("1a", .statistic(.mean, of: "v(a)"), .invalidName),
      ("_a", .statistic(.mean, of: "v(a)"), .invalidName), ("m", .find("v(a)", at: .infinity), .invalidValue),
      ("m", .when(.init("v(a)", at: .nan)), .invalidValue),
      ("m", .when(.init("v(a)", at: 1, .either, .nth(0))), .invalidValue),
      ("m", .derivative(of: "v(a)", at: 1), .notExpressible),
      ("m", .derivativeWhen(of: "v(a)", .init("v(b)", at: 1)), .notExpressible),
      ("m", .delayUntil(1, trigger: .init("v(b)", at: 1)), .notExpressible),
      ("m", .delaySince(.infinity, target: .init("v(b)", at: 1)), .invalidValue),
      ("m", .find("vdb(a,b)", at: 1), .invalidValue), ("m", .energy(source: "r1"), .unresolvedSource),
    ] as [(String, Measurement.Kind, SpiceError.Code)])
  func linesThatCannotBeWritten(name: String, kind: Measurement.Kind, code: SpiceError.Code) {
    let error = #expect(throws: SpiceError.self) {
      try Measurement(name, kind).ngspiceLine(analysis: "tran", of: Self.circuit)
    }
    #expect(error?.code == code && error?.place.contains("measurement") == true)
    #expect(throws: SpiceError.self) {
      try Measurement("m", .energy(source: "v1")).ngspiceLine(analysis: "tran")
    }
  }
}
