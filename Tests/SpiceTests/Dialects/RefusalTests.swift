import Spice
import TestSupport
import Testing

/// What a dialect cannot carry is an error that names element and dialect, or a remark; never silence.
@Suite struct RefusalTests {
  private func simulation(
    _ analysis: Analysis = .transient(step: 1e-12, stop: 1e-9, maximumStep: 1e-11),
    _ change: (inout Circuit) -> Void
  ) -> Simulation {
    var circuit = Circuit(title: "refused")
    circuit.models = Circuits.bsim4
    circuit.voltageSource("v1", "a", .ground, .sine(offset: 0.5, amplitude: 1, frequency: 1e9))
    circuit.resistor("r1", "a", .ground, 1e3)
    change(&circuit)
    return Simulation(circuit, analysis, saving: ["v(a)"])
  }

  private func refusal(_ dialect: Dialect, _ simulation: Simulation) -> SpiceError? {
    do {
      _ = try NetlistWriter(dialect: dialect).deck(simulation)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [Dialect.xyce, .hspice, .spectre]) func hysteresis(dialect: Dialect) throws {
    let simulation = simulation { circuit in
      circuit.add(DeviceModel("sw", type: "sw", parameters: [Parameter("vt", 0.5), Parameter("vh", 0.1)]))
      circuit.voltageSwitch("s1", "a", .ground, control: ("a", .ground), model: "sw")
    }
    let error = try #require(refusal(dialect, simulation))
    #expect(error.code == .notExpressible)
    #expect(error.description == "element s1: \(dialect.title) cannot carry a switch with hysteresis.")
    #expect(refusal(.ltspice, simulation) == nil && refusal(.ngspice, simulation) == nil)
  }

  @Test(arguments: [Dialect.xyce, .hspice, .ltspice, .spectre]) func undrawnNoise(dialect: Dialect) throws {
    let simulation = simulation { $0.currentSource("in", "a", .ground, .noise(rms: 1e-9, step: 1e-12)) }
    #expect(refusal(dialect, simulation)?.place == "element in")
    #expect(refusal(.ngspice, simulation) == nil)
  }

  @Test(arguments: [Dialect.xyce, .hspice, .ltspice, .spectre]) func equationsOfNgspiceAlone(dialect: Dialect)
  {
    let simulation = simulation { circuit in
      circuit.add(DeviceModel("soi", type: "nmos", parameters: [Parameter("level", 10)]))
      circuit.mosfet(
        "m1", drain: "a", gate: "a", source: .ground, bulk: .ground, model: "soi", width: 1e-6, length: 1e-7)
    }
    #expect(refusal(dialect, simulation)?.code == .notExpressible)
    #expect(refusal(dialect, simulation)?.place.contains("soi") == true)
  }

  @Test func parametersOfElements() {
    let mobility = simulation { circuit in
      circuit.mosfet(
        "m1", drain: "a", gate: "a", source: .ground, bulk: .ground, model: "nmos", width: 1e-6, length: 1e-7,
        parameters: [Parameter("mulu0", 1.1)])
    }
    for dialect in [Dialect.xyce, .ltspice] { #expect(refusal(dialect, mobility)?.place == "element m1") }
    for dialect in [Dialect.hspice, .spectre] { #expect(refusal(dialect, mobility) == nil) }
    let cell = simulation { circuit in
      var cell = Subcircuit("cell", ports: ["p"])
      cell.resistor("r1", "p", .ground, 1)
      circuit.subcircuits = [cell]
      circuit.instance("x1", ["a"], of: "cell", parameters: [Parameter("m", 2)])
    }
    #expect(refusal(.ltspice, cell)?.place == "element x1")
    #expect(refusal(.spectre, cell) == nil)
  }

  /// Words of a language name no parameters of a circuit.
  @Test(arguments: [(Dialect.xyce, "temp"), (.hspice, "temper"), (.spectre, "tnom"), (.ltspice, "time")])
  func parameterNames(dialect: Dialect, name: String) {
    let simulation = simulation { $0.parameters = [Parameter(name, 1)] }
    #expect(refusal(dialect, simulation)?.place == "parameter \(name)")
  }

  /// Spectre's keywords among elements and nodes get an underscore, wherever they are named.
  @Test func keywordsOfSpectre() throws {
    var simulation = simulation { circuit in
      circuit.currentSource("ic", "save", .ground, .dc(1e-3))
      circuit.resistor("r2", "save", "a", 10)
      circuit.behavioralVoltage("bx", "x", .ground, .v("save") * 2)
      circuit.resistor("rx", "x", .ground, 1)
      circuit.initialConditions = ["save": 0.5]
    }
    simulation.saved = ["v(save)", "v(a)"]
    let text = try NetlistWriter(dialect: .spectre).deck(simulation).text
    for line in [
      "ic_ (save_ 0) isource type=dc dc=1e-3", "r2 (save_ a) resistor r=10",
      "bx (x 0) bsource v=v(save_)*2", "ic save_=0.5", "save save_ a",
    ] {
      #expect(text.contains(line + "\n"), "\(line)")
    }
  }

  /// Behavioural sources get HSPICE's letters, also where their currents are read.
  @Test func lettersOfHspice() throws {
    let simulation = simulation { circuit in
      circuit.behavioralVoltage("bx", "x", .ground, .v("a"))
      circuit.resistor("rx", "x", .ground, 1)
      circuit.resistor("ry", "y", .ground, 1)
      circuit.vcvs("ebx", "y", .ground, control: ("a", .ground), gain: 1)
      circuit.behavioralCurrent("bi", "a", .ground, .i("bx"))
    }
    let text = try NetlistWriter(dialect: .hspice).deck(simulation).text
    #expect(text.contains("ebx_ x 0 vol='v(a)'\n") && text.contains("gbi a 0 cur='i(ebx_)'\n"))
  }

  /// What an operating point would take for granted is said where the dialect does not.
  @Test(arguments: [
    (Dialect.xyce, "v1 a 0 dc 0.5 sin(0.5 1 1e9 0 0)"),
    (.spectre, "v1 (a 0) vsource type=sine dc=0.5 sinedc=0.5 ampl=1 freq=1e9 delay=0 damp=0"),
  ])
  func operatingValues(dialect: Dialect, line: String) throws {
    let analyses: [Analysis] = [
      .operatingPoint, .dcSweep(source: "v1", start: 0, stop: 1, step: 0.1),
      .ac(.octave, points: 3, start: 1, stop: 8),
    ]
    for analysis in analyses {
      #expect(try NetlistWriter(dialect: dialect).deck(simulation(analysis) { _ in }).text.contains(line))
    }
  }

  /// The analyses of every dialect.
  @Test func analyses() throws {
    let analyses: [Analysis] = [
      .operatingPoint, .dcSweep(source: "v1", start: 0, stop: 1, step: 0.1),
      .ac(.decade, points: 10, start: 1e3, stop: 1e9), .ac(.octave, points: 3, start: 1, stop: 8),
      .ac(.linear, points: 11, start: 1, stop: 11), .ac(.linear, points: 1, start: 50, stop: 50),
      .transient(
        Transient(step: 1e-12, stop: 1e-9, maximumStep: 1e-11, recordFrom: 1e-10, useInitialConditions: true)),
    ]
    var text = ""
    for dialect in Dialect.allCases where dialect != .cdl {
      text += "\(dialect.title)\n"
      for analysis in analyses {
        let deck = try NetlistWriter(dialect: dialect).deck(simulation(analysis) { _ in })
        let lines = deck.lines.filter { [.analysis, .saved].contains($0.origin) }.map(\.text)
        text += lines.filter { !$0.contains("temp") }.map { "  \($0)\n" }.joined()
      }
    }
    try expectGolden(text, "analyses.txt")
  }
}
