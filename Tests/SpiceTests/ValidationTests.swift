import Spice
import TestSupport
import Testing

/// What is found wrong before any simulator sees it, and where.
@Suite struct ValidationTests {
  /// A valid circuit for each test to spoil.
  private var circuit: Circuit {
    var cell = Subcircuit("cell", ports: ["a", "b"], parameters: [Parameter("ratio", 0.5)])
    cell.resistor("r1", "a", "m", 1e3)
    cell.resistor("r2", "m", "b", 1e3 * Expression.parameter("ratio"))
    var circuit = Circuit(title: "valid")
    circuit.parameters = [Parameter("vdd", 1.1)]
    circuit.models = [DeviceModel("dx", type: "d")]
    circuit.subcircuits = [cell]
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.diode("d1", "in", .ground, model: "dx")
    circuit.instance("x1", ["in", .ground], of: "cell", parameters: [Parameter("ratio", 0.25)])
    return circuit
  }

  private func expectOne(
    _ code: SpiceError.Code, at place: String, in circuit: Circuit,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let problems = circuit.problems()
    #expect(problems.map(\.code) == [code], "\(problems)", sourceLocation: sourceLocation)
    #expect(problems.first?.place == place, sourceLocation: sourceLocation)
  }

  @Test func validCircuit() {
    #expect(circuit.problems() == [])
  }

  @Test func unresolvedNames() {
    var wrong = circuit
    wrong.diode("d2", "in", .ground, model: "nosuch")
    expectOne(.unresolvedModel, at: "element d2", in: wrong)

    wrong = circuit
    wrong.instance("x2", ["in", .ground], of: "nosuch")
    expectOne(.unresolvedSubcircuit, at: "element x2", in: wrong)

    wrong = circuit
    wrong.subcircuits[0].resistor("r3", "a", "b", Expression.parameter("nosuch"))
    expectOne(.unresolvedParameter, at: "element r3 of subcircuit cell", in: wrong)

    wrong = circuit
    wrong.instance("x2", ["in", .ground], of: "cell", parameters: [Parameter("nosuch", 1)])
    expectOne(.unresolvedParameter, at: "element x2", in: wrong)

    wrong = circuit
    wrong.models[0].parameters = [Parameter("is", Expression.parameter("nosuch"))]
    expectOne(.unresolvedParameter, at: "model dx, is", in: wrong)

    wrong = circuit
    wrong.behavioralCurrent("b1", "in", .ground, .v("nosuch"))
    expectOne(.unresolvedNode, at: "element b1", in: wrong)

    wrong = circuit
    wrong.behavioralCurrent("b1", "in", .ground, .i("d1"))
    expectOne(.unresolvedSource, at: "element b1", in: wrong)

    wrong = circuit
    wrong.initialConditions["nosuch"] = 1
    expectOne(.unresolvedNode, at: "node nosuch", in: wrong)
  }

  @Test func parametersOfASubcircuitEndWithIt() {
    var wrong = circuit
    wrong.resistor("r9", "in", .ground, Expression.parameter("ratio"))
    expectOne(.unresolvedParameter, at: "element r9", in: wrong)
    var right = circuit
    right.subcircuits[0].resistor("r9", "a", "b", Expression.parameter("vdd") * 1e3)
    #expect(right.problems() == [])
  }

  @Test func duplicates() {
    var wrong = circuit
    wrong.resistor("R7", "in", .ground, 1)
    wrong.resistor("r7", "in", .ground, 1)
    expectOne(.duplicateName, at: "circuit", in: wrong)

    wrong = circuit
    wrong.add(DeviceModel("DX", type: "d"))
    expectOne(.duplicateName, at: "circuit", in: wrong)

    wrong = circuit
    wrong.models[0].parameters = [Parameter("is", 1e-14), Parameter("IS", 1e-15)]
    expectOne(.duplicateName, at: "model dx", in: wrong)

    wrong = circuit
    wrong.subcircuits[0].resistor("r1", "a", "b", 1)
    expectOne(.duplicateName, at: "subcircuit cell", in: wrong)
  }

  @Test func nodes() {
    var wrong = circuit
    wrong.resistor("r9", "in", "nowhere", 1)
    expectOne(.floatingNode, at: "node nowhere, element r9", in: wrong)

    wrong = circuit
    wrong.subcircuits[0].capacitor("c1", "m", "nowhere", 1)
    expectOne(.floatingNode, at: "node nowhere, element c1 of subcircuit cell", in: wrong)

    // What hangs on a port inside counts; a port of one device floats with it.
    var open = circuit
    var cell = Subcircuit("two", ports: ["p", "q"])
    cell.resistor("r1", "p", "q", 1)
    cell.capacitor("c1", "p", .ground, 1)
    open.subcircuits.append(cell)
    open.instance("x2", ["out", "in"], of: "two")
    #expect(open.problems() == [])
    open.instance("x3", ["in", "far"], of: "two")
    expectOne(.floatingNode, at: "node far, element x3", in: open)

    wrong = circuit
    wrong.voltageSource("v8", "time", .ground, .dc(1))
    expectOne(.reservedNodeName, at: "node time, element v8", in: wrong)

    // A node that a source holds is no floating node: a control voltage, say.
    var right = circuit
    right.voltageSource("vstate", "state", .ground, .dc(1))
    #expect(right.problems() == [])

    wrong = circuit
    wrong.resistor("r8", "in", "lt", 1)
    wrong.resistor("r9", "lt", .ground, 1)
    expectOne(.reservedNodeName, at: "node lt, element r8", in: wrong)

    wrong = circuit
    wrong.resistor("r8", "in", "a b", 1)
    wrong.resistor("r9", "a b", .ground, 1)
    expectOne(.invalidName, at: "node a b, element r8", in: wrong)

    wrong = circuit
    wrong.instance("x2", ["in"], of: "cell")
    expectOne(.portMismatch, at: "element x2", in: wrong)

    wrong = circuit
    wrong.add(Element("m1", ["in", "in", .ground], .mosfet(model: "dx")))
    expectOne(.portMismatch, at: "element m1", in: wrong)
  }

  @Test func namesAndValues() {
    var wrong = circuit
    wrong.resistor("load", "in", .ground, 1)
    expectOne(.invalidName, at: "element load", in: wrong)

    wrong = circuit
    wrong.resistor("r9", "in", .ground, 0)
    expectOne(.invalidValue, at: "element r9", in: wrong)

    wrong = circuit
    wrong.capacitor("c9", "in", .ground, Double.nan)
    expectOne(.invalidValue, at: "element c9", in: wrong)

    wrong = circuit
    wrong.resistor("r9", "in", .ground, .v("in") + 1)
    expectOne(.misplacedExpression, at: "element r9", in: wrong)

    wrong = circuit
    wrong.models[0].parameters = [Parameter("version", text: "4 8")]
    expectOne(.invalidValue, at: "model dx, version", in: wrong)
  }

  @Test(arguments: [
    SourceWaveform.dc(Double.infinity), .pwl([(0, 0), (0, 1)]), .pwl([SourceWaveform.Point]()),
    .pwl([(-1, 0)]),
    .pulse(from: 0, to: 1, delay: 0, rise: 0, fall: 1, width: 1),
    .pulse(from: 0, to: 1, delay: 0, rise: 1, fall: 1, width: 1, period: 2),
    .sine(offset: 0, amplitude: 1, frequency: 0), .noise(rms: -1, step: 1), .noise(rms: 1, step: 0),
  ])
  func waveforms(waveform: SourceWaveform) {
    var wrong = circuit
    wrong.voltageSource("v9", "in", .ground, waveform)
    expectOne(.invalidValue, at: "element v9", in: wrong)
  }

  @Test func recursion() {
    var wrong = circuit
    wrong.subcircuits[0].instance("x2", ["a", "b"], of: "cell")
    expectOne(.recursion, at: "subcircuit cell", in: wrong)

    wrong = circuit
    wrong.parameters += [
      Parameter("p", Expression.parameter("q")), Parameter("q", Expression.parameter("p") + 1),
    ]
    expectOne(.recursion, at: "parameter p", in: wrong)
  }

  // MARK: simulations

  private func expectOne(
    _ code: SpiceError.Code, at place: String, in simulation: Simulation,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let problems = simulation.problems()
    #expect(problems.map(\.code) == [code], "\(problems)", sourceLocation: sourceLocation)
    #expect(problems.first?.place == place, sourceLocation: sourceLocation)
    #expect(throws: SpiceError.self, sourceLocation: sourceLocation) { try simulation.validate() }
  }

  @Test(arguments: [
    Analysis.transient(step: 0, stop: 1, maximumStep: 1),
    .transient(step: 1, stop: .infinity, maximumStep: 1),
    .transient(step: 1, stop: 1, maximumStep: 1, windows: [StepWindow(from: 1, to: 1, maximumStep: 1)]),
    .transient(step: 1, stop: 1, maximumStep: 1, windows: [StepWindow(from: 0, to: 1, maximumStep: 0)]),
    .ac(pointsPerDecade: 0, start: 1, stop: 2), .ac(pointsPerDecade: 1, start: 0, stop: 2),
    .dcSweep(source: "v1", start: 0, stop: 1, step: -0.1),
  ])
  func analyses(analysis: Analysis) {
    expectOne(.invalidValue, at: "analysis", in: Simulation(circuit, analysis))
  }

  @Test func simulations() {
    expectOne(
      .unresolvedSource, at: "analysis",
      in: Simulation(circuit, .dcSweep(source: "d1", start: 0, stop: 1, step: 0.1)))
    expectOne(
      .invalidValue, at: "analysis", in: Simulation(circuit, .operatingPoint, temperatureCelsius: -300))
    let signals: [(Signal, SpiceError.Code)] = [
      ("v(nosuch)", .unresolvedNode), ("v(x1.nosuch)", .unresolvedNode), ("i(d1)", .unresolvedSource),
      ("@d9[id]", .unresolvedSource), ("in", .invalidName), ("v(in,0)", .invalidName),
      ("v(gnd)", .unresolvedNode),
    ]
    for (signal, code) in signals {
      expectOne(
        code, at: "saved signal \(signal)", in: Simulation(circuit, .operatingPoint, saving: [signal]))
    }
    let right: [Signal] = ["v(in)", "V(x1.m)", "i(v1)", "@d1[id]", .device("x1.r1", "i")]
    #expect(Simulation(circuit, .operatingPoint, saving: right).problems() == [])
  }

  @Test func externalAndNoisySources() {
    var external = circuit
    external.voltageSource("v2", "in", .ground, .external)
    expectOne(.invalidValue, at: "element v2", in: Simulation(external, .operatingPoint))
    let values = ["v2": [TimedValue(0, 1)]]
    #expect(Simulation(external, .operatingPoint, externalValues: values).problems() == [])
    expectOne(.unresolvedSource, at: "v2", in: Simulation(circuit, .operatingPoint, externalValues: values))

    var noisy = circuit
    noisy.subcircuits[0].currentSource("in1", "a", "b", .noise(rms: 1, step: 1e-3))
    let analysis = Analysis.transient(step: 1e-3, stop: 1, maximumStep: 1)
    expectOne(.invalidValue, at: "element x1.in1", in: Simulation(noisy, analysis))
  }

  // MARK: model files

  @Test func includedNames() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write(
      """
      * a library with sections
      .lib TT
      .param tox=2n vth = 0.4
      .include 'Models.inc'
      .endl TT
      .lib FF
      .model only_ff nmos level=14
      .endl
      """, to: "corner.lib")
    _ = try directory.write(
      """
      .MODEL nch.1 nmos level=14
      + toxe=1
      .model pch pmos level=14
      .subckt Cell a b c
      + w=1 l=2
      .model hidden d
      .ends
      .subckt other a b params:x = 3
      .ends
      """, to: "Models.inc")

    var circuit = Circuit(title: "with a library")
    circuit.includes = [Include("\(directory.path)/corner.lib", section: "tt")]
    circuit.voltageSource("v1", "a", .ground, .dc(1))
    for (name, model) in [("m1", "nch"), ("m2", "pch")] {
      circuit.mosfet(
        name, drain: "a", gate: "a", source: .ground, bulk: .ground, model: model,
        width: Expression.parameter("tox"), length: Expression.parameter("vth"))
    }
    circuit.instance("x1", ["a", "a", .ground], of: "cell", parameters: [Parameter("w", 2)])
    circuit.instance("x2", ["a", .ground], of: "other", parameters: [Parameter("x", 2)])
    #expect(circuit.problems() == [])

    for model in ["only_ff", "hidden"] {
      var wrong = circuit
      wrong.diode("d1", "a", .ground, model: model)
      expectOne(.unresolvedModel, at: "element d1", in: wrong)
    }
    var wrong = circuit
    // A changed file is read again.
    _ = try directory.write(".model nch nmos level=14\n.model pch pmos level=14\n", to: "Models.inc")
    #expect(circuit.problems().map(\.code) == [.unresolvedSubcircuit, .unresolvedSubcircuit])
    wrong.includes[0].section = "ss"
    #expect(wrong.problems().first?.code == .includeUnreadable)
    wrong.includes = [Include("\(directory.path)/nosuch.inc")]
    #expect(wrong.problems().first?.code == .includeUnreadable)
    #expect(wrong.problems().first?.place == "\(directory.path)/nosuch.inc")
  }
}
