import Spice
import TestSupport
import Testing

/// Decks as text: byte for byte.
@Suite struct DeckTests {
  /// One of each element, waveform and expression.
  static let everything: Simulation = {
    var cell = Subcircuit("cell", ports: ["a", "b"], parameters: [Parameter("ratio", 0.5)])
    cell.models = [DeviceModel("dx", type: "d", parameters: [Parameter("is", 1e-14), Parameter("n", 1.05)])]
    cell.resistor("r1", "a", "m", Expression.parameter("rtop") * (1 - .parameter("ratio")))
    cell.resistor("r2", "m", "b", Expression.parameter("rtop") * .parameter("ratio"))
    cell.diode("d1", "m", "b", model: "dx", parameters: [Parameter("area", 2)])

    var circuit = Circuit(title: "one of each")
    circuit.parameters = [Parameter("rtop", 2e3), Parameter("gp", Expression(1) / .parameter("rtop"))]
    circuit.options = [Parameter("reltol", 1e-4), Parameter("method", text: "gear")]
    circuit.models = Circuits.bsim4
    circuit.subcircuits = [cell]
    circuit.voltageSource(
      "vpulse", "in", .ground,
      .pulse(from: 0, to: 1.1, delay: 1e-9, rise: 2.5e-11, fall: 2.5e-11, width: 2e-9, period: 1e-8))
    circuit.voltageSource(
      "vonce", "once", .ground, .pulse(from: 1, to: 0, delay: 0, rise: 1e-12, fall: 1e-12, width: 1))
    circuit.voltageSource(
      "vsin", "s", .ground, .sine(offset: 0.5, amplitude: 0.1, frequency: 1e9, delay: 1e-10))
    circuit.voltageSource("vext", "state", .ground, .external)
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1.1), ac: ACStimulus(magnitude: 1, phaseDegrees: -90))
    circuit.currentSource("inoise", "s", "out", .noise(rms: 1e-7, step: 1e-11))
    circuit.currentSource(
      "ipwl", "s", "out", .pwl((0..<12).map { (Double($0) * 0.3e-9, Double($0 % 2) * 1.5e-6) }))
    circuit.mosfet(
      "mn", drain: "out", gate: "in", source: .ground, bulk: .ground, model: "nmos", width: 1e-6,
      length: 1e-7,
      multiplier: 2, delvto: -3.25e-3, parameters: [Parameter("nf", 2)])
    circuit.mosfet(
      "mp", drain: "out", gate: "in", source: "vdd", bulk: "vdd", model: "pmos", width: 2e-6, length: 1e-7)
    circuit.capacitor("cload", "out", .ground, 1.5e-15)
    circuit.inductor("lpar", "once", "far", 1e-12)
    circuit.resistor("rfar", "far", "s", 50)
    circuit.vcvs("e1", "copy", .ground, control: ("out", "s"), gain: -2)
    circuit.vccs(
      "g1", "copy", .ground, control: ("in", .ground), transconductance: Expression.parameter("gp") / 10)
    circuit.instance("x1", ["copy", .ground], of: "cell", parameters: [Parameter("ratio", 0.25)])
    circuit.behavioralCurrent(
      "bj", "vdd", "s", .parameter("gp") * .v("vdd", "s") * (1 + .max(0, .v("state"))))
    circuit.behavioralVoltage(
      "bx", "x", .ground,
      .if(
        .time, .greater, 1e-9, then: -(.v("s") - (.v("out") - .i("vdd"))) / (2 / .exp(-.v("s"))),
        otherwise: -1))
    circuit.resistor("rx", "x", .ground, 1e6)
    circuit.nodeSets["far"] = 1
    circuit.initialConditions = ["out": 1.1, "copy": 0]
    let analysis = Analysis.transient(
      step: 1e-12, stop: 4e-9, maximumStep: 2e-11,
      windows: [StepWindow(from: 1e-9, to: 1.1e-9, maximumStep: 5e-12)])
    var simulation = Simulation(
      circuit, analysis, saving: ["v(out)", "v(x1.m)", "i(vdd)", .device("mn", "id")],
      temperatureCelsius: -40,
      externalValues: ["vext": [.init(0, 0), .init(2e-9, 0), .init(2.1e-9, 1)]])
    var generator = SplitMix(state: 1)
    simulation.drawNoise(using: &generator)
    return simulation
  }()

  @Test func standalone() throws {
    #expect(Self.everything.problems() == [])
    try expectGolden(NgspiceWriter().deck(Self.everything).text, "everything.standalone.cir")
  }

  @Test func worker() throws {
    try expectGolden(NgspiceWriter(style: .worker).deck(Self.everything).text, "everything.worker.cir")
  }

  @Test(.requiresNgspice) func everythingSimulates() async throws {
    let outcome = try await WorkerPool(workers: 1).run(Self.everything)
    let waveforms = try outcome.waveforms()
    #expect(waveforms.signals == Self.everything.saved)
    let state = waveforms.scale
    #expect(state.contains { abs($0 - 2.1e-9) < 1e-16 }, "the corner of the external source is a point")
  }

  /// Line numbers count physical lines, continuations included.
  @Test func everyLineKnowsItsNumberAndOrigin() {
    let deck = NgspiceWriter().deck(Self.everything)
    let physical = deck.text.split(separator: "\n", omittingEmptySubsequences: false)
    for line in deck.lines {
      #expect(physical[line.number - 1] == line.physical[0])
      #expect(line.physical.dropFirst().allSatisfy { $0.hasPrefix("+ ") && $0.utf8.count <= 110 })
    }
    #expect(
      deck.lines.contains { $0.origin == .element("d1", subcircuit: "cell") && $0.text == "d1 m b dx area=2" }
    )
    #expect(deck.lines.contains { $0.physical.count > 1 })
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1, "1"), (-14, "-14"), (999_999, "999999"), (1e6, "1e6"), (1.5, "1.5"),
    (1e-15, "1e-15"), (0.1, "0.1"), (0.09999, "9.999e-2"), (999999.5, "999999.5"), (120, "120"),
    (-2.5e-11, "-2.5e-11"),
    (1.7976931348623157e308, "1.7976931348623157e308"),
    (.leastNonzeroMagnitude, "5e-324"), (0.30000000000000004, "0.30000000000000004"),
    (123456.789, "123456.789"),
    (1.2345678e19, "1.2345678e19"),
  ])
  func canonicalNumbers(value: Double, text: String) {
    #expect(CanonicalNumber.text(value) == text)
    #expect(Double(text) == value)
  }
}
