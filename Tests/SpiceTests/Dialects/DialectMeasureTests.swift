import Spice
import TestSupport
import Testing

/// Measurements in the languages of other simulators.
@Suite struct DialectMeasureTests {
  private static let simulation = AgreementCircuit.chain.simulation

  private static let measurements = [
    Measurement("first", .when(.init("v(n3)", at: 0.6, .falling))),
    Measurement(
      "tplh",
      .delay(
        trigger: .init("v(n0)", at: 0.6, .rising, after: 5e-11),
        target: .init("v(n6)", at: 0.6, .rising, after: 5e-11))),
    Measurement("value", .find("v(n1)", at: 2e-10)),
    Measurement("there", .findWhen("v(n2)", .init("v(n1)", at: 0.3, .falling, .last))),
    Measurement("peak", .statistic(.maximum, of: "v(n1)", from: 1e-10, to: 1e-9)),
    Measurement("charge", .statistic(.integral, of: "i(vdd)", from: 1e-10, to: 1e-9)),
    Measurement("meeting", .when(.init("v(n0,n1)", at: 0, .rising))),
    Measurement("energy", .energy(source: "vdd", from: 1e-10, to: 1e-9)),
  ]

  /// The lines of every dialect that measures.
  @Test func lines() throws {
    var text = ""
    for dialect in Dialect.allCases where dialect != .cdl {
      let deck = try NetlistWriter(dialect: dialect).deck(Self.simulation, measuring: Self.measurements)
      let lines = deck.lines.filter { $0.origin == .measurement || $0.text.hasPrefix("simulator ") }
      text += "\(dialect.title)\n" + lines.map { "  \($0.text)\n" }.joined()
    }
    try expectGolden(text, "measures.txt")
  }

  /// What the ngspice program makes of the lines in its modes, to the six or seven digits that it prints.
  ///
  /// In LTspice's mode ngspice measures no expressions.
  @Test(
    .requiresNgspice, .requiresChecker(.ngspice),
    arguments: [
      (Dialect.ngspice, OutsideRun.Mode.ngspice, 8), (.hspice, .hspice, 8), (.ltspice, .ltspice, 6),
    ])
  func measured(dialect: Dialect, mode: OutsideRun.Mode, count: Int) async throws {
    let measurements = Array(Self.measurements.prefix(count))
    let deck = try NetlistWriter(dialect: dialect).deck(Self.simulation, measuring: measurements)
    let printed = try OutsideRun.printed(byNgspice: deck.text, mode: mode)
    var simulation = Self.simulation.asWritten(maximumStep: dialect == .hspice ? 1e-12 : nil)
    simulation.saved.append("v(vdd)")
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    for measurement in measurements {
      let line = printed.split(separator: "\n").first { $0.hasPrefix("\(measurement.name) ") }
      let words = try #require(line, "no \(measurement.name)").split { $0 == " " || $0 == "=" }
      let theirs = try #require(Double(words[1]))
      let value = try measurement.value(in: ours)
      // Integrals are sums of parabolas there, of lines here.
      let tolerance = ["charge", "energy"].contains(measurement.name) ? 1e-3 : 5e-6
      #expect(abs(theirs / value - 1) < tolerance, "\(measurement.name): \(theirs), here \(value)")
    }
  }

  /// The kinds that not every simulator has, as each writes them; nil where it is refused by name.
  @Test(
    arguments: [
      (
        .expression(.parameter("vdd") * 2 - .parameter("low")),
        [
          "param='vdd*2-low'", "eqn {vdd*2-low}", "param='vdd*2-low'", "param='vdd*2-low'", "param vdd*2-low",
        ]
      ),
      (
        .derivative(of: "v(n1)", at: 2e-10),
        [nil, "deriv v(n1) at=2e-10", "deriv v(n1) at=2e-10", "deriv v(n1) at=2e-10", "deriv v(n1) at=2e-10"]
      ),
      (
        .derivativeWhen(of: "v(n1)", .init("v(n2)", at: 0.6, .rising)),
        [nil] + [String?](repeating: "deriv v(n1) when v(n2)=0.6 rise=1", count: 4)
      ),
      (.statistic(.minimumPosition, of: "v(n1)"), ["min_at v(n1)", nil, nil, nil, nil]),
      (
        .statistic(.maximumPosition, of: "v(n1)", from: 1e-10),
        ["max_at v(n1) from=1e-10", nil, nil, nil, nil]
      ),
      (
        .delaySince(1e-10, target: .init("v(n1)", at: 0.6, .rising)),
        [
          "trig at=1e-10 targ v(n1) val=0.6 rise=1", "trig at=1e-10 targ v(n1)=0.6 rise=1",
          "trig at=1e-10 targ v(n1) val=0.6 rise=1", "trig at=1e-10 targ v(n1) val=0.6 rise=1",
          "trig at=1e-10 targ v(n1) val=0.6 rise=1",
        ]
      ),
      (
        .delayUntil(1e-9, trigger: .init("v(n1)", at: 0.6, .rising)),
        [nil, "trig v(n1)=0.6 rise=1 targ at=1e-9", nil, nil, nil]
      ),
      (
        .when(.init("v(n1)", at: 0.6, .rising, after: 1e-10, until: 1e-9)),
        ["when v(n1)=0.6 rise=1 td=1e-10 to=1e-9", "when v(n1)=0.6 rise=1 td=1e-10 to=1e-9", nil, nil, nil]
      ),
    ] as [(Measurement.Kind, [String?])])
  func kindsOfSome(kind: Measurement.Kind, bodies: [String?]) throws {
    let dialects: [Dialect] = [.ngspice, .xyce, .hspice, .spectre, .ltspice]
    for (dialect, body) in zip(dialects, bodies) {
      let writer = NetlistWriter(dialect: dialect)
      guard let body else {
        let error = #expect(throws: SpiceError.self) {
          try writer.deck(Self.simulation, measuring: [Measurement("first", kind)])
        }
        #expect(error?.code == .notExpressible && error?.place == "measurement first", "\(dialect)")
        #expect(error?.message.hasPrefix(dialect.title) == true)
        continue
      }
      let deck = try writer.deck(Self.simulation, measuring: [Measurement("first", kind)])
      let line = deck.lines.first { $0.origin == .measurement && $0.text.hasPrefix(".meas") }
      #expect(line?.text.hasSuffix(" tran first \(body)") == true, "\(dialect): \(line?.text ?? "none")")
    }
  }

  /// ngspice evaluates expressions last; for the others they stand last.
  @Test func expressionsStandLast() throws {
    let list = [
      Measurement("twice", .expression(2 * .parameter("low"))),
      Measurement("low", .statistic(.minimum, of: "v(n1)")),
      Measurement("more", .expression(.parameter("twice") + 1)),
    ]
    for (dialect, names) in [
      (Dialect.ngspice, ["twice", "low", "more"]), (.hspice, ["low", "twice", "more"]),
      (.ltspice, ["low", "twice", "more"]), (.xyce, ["low", "twice", "more"]),
    ] {
      let deck = try NetlistWriter(dialect: dialect).deck(Self.simulation, measuring: list)
      let lines = deck.lines.filter { $0.origin == .measurement }.map { $0.text.split(separator: " ")[2] }
      #expect(lines.map(String.init) == names)
    }
  }

  @Test func whatXyceCannotMeasure() throws {
    let delay = Measurement(
      "d", .delay(trigger: .init("v(n0)", at: 0.6), target: .init("v(n1)", at: 0.6, after: 1e-10)))
    #expect(throws: SpiceError.self) {
      try NetlistWriter(dialect: .xyce).deck(Self.simulation, measuring: [delay])
    }
  }
}
