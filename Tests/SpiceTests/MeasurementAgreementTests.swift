import Spice
import TestSupport
import Testing

/// The same measurements by `.measure` in the plain `ngspice` program and here on the library's waveforms.
@Suite(.requiresNgspice, .requiresProgram("ngspice")) struct MeasurementAgreementTests {
  /// Runs a simulation with a `.measure` line for each measurement and returns what the program prints.
  ///
  /// Of most kinds it prints seven digits; a parameter set to the result has as many as one asks for.
  private func measured(
    _ measurements: [Measurement], _ simulation: Simulation, _ analysis: String
  ) throws -> [String: Double] {
    let directory = try TemporaryDirectory()
    let program = try #require(Program.find("ngspice"))
    let env = try #require(Program.find("env"))
    var lines = NgspiceWriter().deck(simulation).text.split(separator: "\n").map(String.init)
    lines.removeLast()
    for measurement in measurements {
      lines.append(try measurement.ngspiceLine(analysis: analysis, of: simulation.circuit))
      lines.append(".measure \(analysis) full_\(measurement.name) param='\(measurement.name)'")
    }
    let deck = try directory.write((lines + [".end"]).joined(separator: "\n") + "\n", to: "deck.cir")
    #expect(
      try Program.run(env, ["NGSPICE_MEAS_PRECISION=15", program, "-b", deck], in: directory.path) == 0)
    var found: [String: Double] = [:]
    for line in try #require(contents(of: "\(directory.path)/stdout")).split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "=" }
      if words.count == 2, words[0].hasPrefix("full_") {
        found[String(words[0].dropFirst(5))] = Double(words[1])
      }
    }
    return found
  }

  /// Compares each kind within its own relative tolerance.
  private func compare(
    _ kinds: [(Measurement.Kind, Double)], _ simulation: Simulation, _ analysis: String, _ ours: Waveforms
  ) throws {
    let measurements = kinds.enumerated().map { Measurement("m\($0.offset)", $0.element.0) }
    let theirs = try measured(measurements, simulation, analysis)
    for (measurement, (kind, tolerance)) in zip(measurements, kinds) {
      let expected = try #require(theirs[measurement.name], "\(kind)")
      let value = try measurement.value(in: ours)
      #expect(abs(value - expected) <= tolerance * abs(expected), "\(kind)")
    }
  }

  /// A ring oscillator of three and a half periods at steps of a thousandth of one.
  ///
  /// Crossings and values are the same lines between the same points. Integrals differ by the rule: lines here,
  /// Simpson's rule over equal steps and a dropped first point there, trapezoids of the square for `RMS`; the
  /// differences fall with the square of the step.
  @Test func transient() async throws {
    let simulation = Simulation(
      Circuits.ring(stages: 5), .transient(step: 1e-12, stop: 1e-9, maximumStep: 2.5e-13),
      saving: ["v(n0)", "v(n1)", "v(n2)", "v(vdd)", "i(vdd)", "@mn0[id]"])
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    // A window that begins and ends on points, as ngspice's means do, but for the last digits of its parser.
    let (start, stop) = (
      ours.scale[ours.count / 5] * (1 - 1e-14), ours.scale[ours.count * 9 / 10] * (1 + 1e-14)
    )
    let rise = Measurement.Crossing("v(n0)", at: 0.6, .rising, .nth(2))
    let fall = Measurement.Crossing("v(n1)", at: 0.6, .falling, .nth(2))
    let meeting = Measurement.Crossing("v(n0,n2)", at: 0.1, .rising, .nth(2))
    let (exact, integrated) = (1e-12, 5e-6)
    try compare(
      [
        (.when(rise), exact), (.when(.init("v(n0)", at: 0.6, .falling, .last)), exact),
        (.when(.init("v(n0)", at: 0.6, .rising, .last)), exact),
        (.when(.init("v(n0)", at: 0.6, .either, .last)), exact),
        (.when(.init("v(n0)", at: 0.6, .either, .nth(4))), exact),
        (.when(.init("v(n0)", at: 0.6, .rising, .nth(2), after: 2e-10)), exact),
        (.when(.init("i(vdd)", at: -5e-4, .falling, .nth(2))), exact),
        (.when(.init("@mn0[id]", at: 2e-4, .rising, .nth(2))), exact), (.when(meeting), exact),
        (.delay(trigger: rise, target: fall), exact), (.delay(trigger: fall, target: rise), exact),
        (
          .delay(
            trigger: .init("v(n0)", at: 0.6, .rising, after: 2e-10),
            target: .init("v(n1)", at: 0.6, .falling, .last)), exact
        ),
        (.delay(trigger: meeting, target: fall), exact),
        (.riseTime("v(n0)", from: 0, to: 1.2, .nth(2)), exact),
        (.riseTime("v(n0)", from: 0, to: 1.2, between: 0.2, and: 0.8, after: 2e-10), exact),
        (.fallTime("v(n0)", from: 1.2, to: 0, .nth(2)), exact),
        (.find("v(n0)", at: 3.3e-10), exact), (.find("i(vdd)", at: 3.3e-10), exact),
        (.find("v(n0,n1)", at: 3.3e-10), exact), (.findWhen("v(n1)", rise), exact),
        (.findWhen("v(n1)", meeting), exact),
        (.findWhen("v(n0,n1)", fall), exact),
        (.when(.init("v(n0)", at: 0.6, .falling, .last, until: 7e-10)), exact),
        (.when(.init("v(n0)", at: 0.6, .either, .nth(2), after: 2e-10, until: 9e-10)), exact),
        (.findWhen("v(n1)", .init("v(n0)", at: 0.6, .rising, .last, until: 7e-10)), exact),
        (.delaySince(1.5e-10, target: fall), exact),
        (.statistic(.maximumPosition, of: "v(n0)", from: start, to: stop), exact),
        (.statistic(.minimumPosition, of: "i(vdd)"), exact),
      ]
        + [.minimum, .maximum, .peakToPeak, .mean].flatMap { (statistic: Measurement.Statistic) in
          [
            (.statistic(statistic, of: "v(n0)", from: start, to: stop), exact),
            (.statistic(statistic, of: "i(vdd)"), exact),
            (.statistic(statistic, of: "v(n0,n1)", from: start), 1e-9),
          ] as [(Measurement.Kind, Double)]
        } + [
          (.statistic(.integral, of: "v(n0)", from: 2e-10, to: 9.0003e-10), integrated),
          (.statistic(.integral, of: "v(n0)"), integrated),
          (.statistic(.integral, of: "i(vdd)", to: 9e-10), integrated),
          (.statistic(.rms, of: "v(n0)", from: 2e-10, to: 9.0003e-10), integrated),
          (.statistic(.rms, of: "v(n0)"), integrated),
          (.energy(source: "vdd"), integrated), (.energy(source: "VDD", from: 2e-10, to: 9e-10), integrated),
        ], simulation, "tran", ours)
  }

  /// The differences of the integrals are of the rule: they fall by four with half the step.
  @Test func integralsConverge() async throws {
    let kinds: [Measurement.Kind] = [
      .statistic(.rms, of: "v(n0)", from: 2e-10, to: 9e-10), .energy(source: "vdd", from: 2e-10, to: 9e-10),
    ]
    var differences: [[Double]] = []
    for step in [4e-12, 1e-12] {
      var simulation = Simulation(
        Circuits.ring(stages: 5), .transient(step: 1e-12, stop: 1e-9, maximumStep: step), saving: ["v(n0)"])
      simulation.save(energyOf: "vdd")
      let measurements = kinds.enumerated().map { Measurement("m\($0.offset)", $0.element) }
      let theirs = try measured(measurements, simulation, "tran")
      let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
      differences.append(
        try measurements.map { abs(try $0.value(in: ours) / (theirs[$0.name] ?? .nan) - 1) })
    }
    for (coarse, fine) in zip(differences[0], differences[1]) {
      #expect(fine < coarse / 4 && coarse < 2e-3)
    }
  }

  /// Signals inside an instance, and a source that floats.
  @Test func hierarchy() async throws {
    var circuit = Circuit(title: "hierarchy")
    var cell = Subcircuit("cell", ports: ["a", "b"])
    cell.resistor("r1", "a", "m", 1e3)
    cell.voltageSource("vs", "m", "n", .dc(0))
    cell.capacitor("c1", "n", "b", 1e-12)
    circuit.subcircuits = [cell]
    circuit.voltageSource("vin", "in", "low", .sine(offset: 0, amplitude: 1, frequency: 2e8))
    circuit.voltageSource("vlow", .ground, "low", .dc(0.5))
    circuit.instance("x1", ["in", .ground], of: "cell")
    var simulation = Simulation(
      circuit, .transient(step: 1e-12, stop: 1e-8, maximumStep: 2e-12),
      saving: ["v(x1.n)", "v(x1.m)", .current("x1.vs")])
    simulation.save(energyOf: "vin")
    simulation.save(energyOf: "vlow")
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    try compare(
      [
        (.find("v(x1.n)", at: 1.234e-9), 1e-12), (.find(.current("x1.vs"), at: 1.234e-9), 1e-12),
        (.when(.init(.current("x1.vs"), at: 1e-4, .rising, .nth(2))), 1e-12),
        (.find("v(in,x1.m)", at: 1.234e-9), 1e-9), (.energy(source: "vin"), 1e-5),
        (.energy(source: "vlow", from: 1e-9), 1e-5),
      ], simulation, "tran", ours)
  }

  /// A low-pass over frequency, where ngspice too draws lines between points over the frequency itself.
  @Test func smallSignal() async throws {
    var circuit = Circuit(title: "low-pass")
    circuit.voltageSource("v1", "in", .ground, .dc(0), ac: ACStimulus(magnitude: 1))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.capacitor("c1", "out", .ground, 1e-9)
    let simulation = Simulation(
      circuit, .ac(pointsPerDecade: 50, start: 1e3, stop: 1e7), saving: ["v(in)", "v(out)"])
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    try compare(
      [
        (.when(.init("vdb(out)", at: -3, .falling)), 1e-12),
        (.when(.init("vp(out)", at: -.pi / 4, .falling)), 1e-12),
        (.find("vm(out)", at: 2.5e5), 1e-12), (.find("vp(out)", at: 2.5e5), 1e-12),
        (.find("vr(out)", at: 2.5e5), 1e-12),
        (.find("vi(out)", at: 2.5e5), 1e-12), (.find("v(out)", at: 2.5e5), 1e-12),
        (.find("vdb(out)", at: 2.5e5), 1e-12),
        (.findWhen("vp(out)", .init("vdb(out)", at: -20, .falling)), 1e-12),
        (.statistic(.maximum, of: "vm(out)"), 1e-12),
        (.statistic(.minimum, of: "vdb(out)"), 1e-12), (.find("v(in,out)", at: 2.5e5), 1e-12),
        (
          .delay(trigger: .init("vdb(out)", at: -3, .falling), target: .init("vdb(out)", at: -20, .falling)),
          1e-12
        ),
      ], simulation, "ac", ours)
    // Lines over the logarithm, as the functions of Waveforms draw them: near the closed form.
    #expect(abs(try ours.bandwidth(of: "v(out)") * 2 * .pi * 1e-6 - 1) < 1e-3)
  }

  /// A sweep that begins below zero.
  @Test func sweep() async throws {
    var circuit = Circuit(title: "diode")
    circuit.models = [DeviceModel("dx", type: "d", parameters: [Parameter("is", 1e-14)])]
    circuit.voltageSource("v1", "in", .ground, .dc(0))
    circuit.resistor("r1", "in", "a", 1e3)
    circuit.diode("d1", "a", .ground, model: "dx")
    let simulation = Simulation(
      circuit, .dcSweep(source: "v1", start: -1, stop: 2, step: 0.01), saving: ["v(in)", "v(a)", "i(v1)"])
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    try compare(
      [
        (.when(.init("v(a)", at: 0.6, .rising)), 1e-12),
        (.when(.init("v(a)", at: -0.503, .rising, after: -0.8)), 1e-12),
        (.find("i(v1)", at: 1.2345), 1e-12), (.find("v(a)", at: -0.123), 1e-12),
        (.findWhen("i(v1)", .init("v(a)", at: 0.6)), 1e-12), (.statistic(.minimum, of: "i(v1)"), 1e-12),
        (.statistic(.maximum, of: "v(in,a)", from: 0), 1e-12), (.statistic(.mean, of: "v(a)"), 1e-12),
        (.delay(trigger: .init("v(a)", at: 0.1, .rising), target: .init("v(a)", at: 0.6, .rising)), 1e-12),
      ], simulation, "dc", ours)
  }

  /// A sweep downwards of a parabola less 1 and of half of its argument.
  ///
  /// The bounds of ngspice's means lie on points; its integrals know no bounds there.
  @Test func descendingSweep() async throws {
    var circuit = Circuit(title: "downwards")
    circuit.voltageSource("va", "a", .ground, .dc(0))
    circuit.resistor("ra", "a", "b", 1e3)
    circuit.resistor("rb", "b", .ground, 1e3)
    circuit.behavioralVoltage("bc", "c", .ground, .v("a") * .v("a") - 1)
    circuit.resistor("rc", "c", .ground, 1e3)
    let simulation = Simulation(
      circuit, .dcSweep(source: "va", start: 1.8, stop: -1.2, step: -0.1), saving: ["v(a)", "v(b)", "v(c)"])
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    // Between two points at either end.
    let (low, high) = (0.501 - 1e-3 * (1 + 1e-9), 1.2 * (1 + 1e-9))
    let fall = Measurement.Crossing("v(b)", at: 0.81, .falling)
    // The integral of the parabola's lines is too large by 3 * 0.1^2 / 6 = 0.005 of 0.48.
    let exact = 1e-11
    try compare(
      [
        (.when(.init("v(b)", at: 0.47)), exact), (.when(fall), exact),
        (.when(.init("v(c)", at: 0.1, .rising)), exact), (.when(.init("v(c)", at: 0.1, .falling)), exact),
        (.when(.init("v(c)", at: 0.1, .either, .nth(2))), exact),
        (.when(.init("v(c)", at: 0.1, .either, .last)), exact),
        (.when(.init("v(c)", at: -0.5, .either, .nth(1), until: 0.35)), exact),
        (.when(.init("v(c)", at: -0.5, .either, .last, after: 0)), exact),
        (.findWhen("v(a)", .init("v(b)", at: 0.47, .falling)), exact),
        (.find("v(c)", at: 1.8), exact), (.find("v(c)", at: 1.234), exact), (.find("v(c)", at: -1.1), exact),
        (.find("v(c)", at: 0), exact),
        (.delay(trigger: fall, target: .init("v(b)", at: 0.22, .falling)), exact),
        (.delaySince(1.5, target: .init("v(b)", at: 0.22, .falling)), exact),
        (.statistic(.mean, of: "v(c)"), 1e-9), (.statistic(.mean, of: "v(c)", from: low, to: high), 1e-6),
        (.statistic(.maximum, of: "v(c)"), exact), (.statistic(.minimum, of: "v(c)"), exact),
        (.statistic(.maximum, of: "v(c)", to: high), 1e-6), (.statistic(.peakToPeak, of: "v(c)"), exact),
        (.statistic(.maximumPosition, of: "v(c)"), exact),
        (.statistic(.minimumPosition, of: "v(b)", from: low, to: high), 1e-6),
        (.statistic(.integral, of: "v(b)"), 1e-9), (.statistic(.integral, of: "v(c)"), 2e-2),
        (.statistic(.rms, of: "v(c)"), 5e-3),
      ], simulation, "dc", ours)
  }

  /// Expressions of results and parameters, with a result before it is measured and one that hides a
  /// parameter.
  @Test func expressions() async throws {
    var circuit = Circuit(title: "expressions")
    circuit.parameters = [Parameter("level", 0.25), Parameter("gain", .parameter("level") * 8)]
    circuit.voltageSource("v1", "in", .ground, .sine(offset: 0, amplitude: 1, frequency: 1e6))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.capacitor("c1", "out", .ground, 1e-10)
    let simulation = Simulation(
      circuit, .transient(step: 1e-9, stop: 5e-6, maximumStep: 1e-9), saving: ["v(in)", "v(out)"])
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    let top = Expression.parameter("top")
    let measurements = [
      Measurement("first", .expression(top * .parameter("gain") + .parameter("level"))),
      Measurement("top", .statistic(.maximum, of: "v(out)")),
      Measurement("level", .find("v(out)", at: 1.2345e-6)),
      Measurement("second", .expression(.max(.parameter("first"), .sqrt(top)) / (1 + .abs(top - 2)))),
      Measurement(
        "choice", .expression(.if(top, .greater, .parameter("second"), then: .exp(top), otherwise: 1))),
    ]
    let theirs = try measured(measurements, simulation, "tran")
    for (measurement, result) in zip(measurements, ours.measured(measurements, in: circuit)) {
      let expected = try #require(theirs[measurement.name], "\(measurement.name)")
      #expect(abs(try result.get() / expected - 1) < 1e-12, "\(measurement.name)")
    }
  }

  /// Where ngspice is known to be wrong, the values here are those of the lines: crossings between the first two
  /// points of a parabola in steps of 1.
  @Test func crossingsBetweenTheFirstTwoPoints() async throws {
    var circuit = Circuit(title: "parabola")
    circuit.voltageSource("v1", "a", .ground, .dc(0))
    circuit.behavioralVoltage("b1", "up", .ground, .v("a") * .v("a"))
    circuit.behavioralVoltage("b2", "down", .ground, 10 - .v("a") * .v("a"))
    circuit.resistor("r1", "a", .ground, 1)
    let simulation = Simulation(
      circuit, .dcSweep(source: "v1", start: 0, stop: 5, step: 1), saving: ["v(a)", "v(up)", "v(down)"])
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    let rise = Measurement("rise", .when(.init("v(up)", at: 0.5, .rising)))
    let fall = Measurement("fall", .when(.init("v(down)", at: 9.5, .falling)))
    #expect(abs(try rise.value(in: ours) - 0.5) < 1e-9)
    #expect(abs(try fall.value(in: ours) - 0.5) < 1e-9)
    // From 1 at 1 to 4 at 2, extended to 0.5.
    let theirs = try measured([rise, fall], simulation, "dc")
    #expect(abs((theirs["rise"] ?? .nan) - 5.0 / 6) < 1e-9 && theirs["fall"] == nil)
  }
}
