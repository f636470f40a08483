import Spice

/// One of each element, waveform, function and setting, which every dialect must spell or refuse.
enum RichCircuit {
  /// A cell with default and local parameters, a model of its own and a global node.
  private static let cell: Subcircuit = {
    var cell = Subcircuit("cell", ports: ["a", "b"], parameters: [Parameter("ratio", 0.5)])
    cell.localParameters = [Parameter("rest", 1 - Expression.parameter("ratio"))]
    cell.models = [DeviceModel("dx", type: "d", parameters: [Parameter("is", 1e-14), Parameter("n", 1.05)])]
    cell.resistor("r1", "a", "m", Expression.parameter("rtop") * .parameter("rest"))
    cell.resistor("r2", "m", "b", Expression.parameter("rtop") * .parameter("ratio"))
    cell.resistor("r3", "m", "vdd", 1e6)
    cell.diode("d1", "m", "b", model: "dx", parameters: [Parameter("area", 2)])
    return cell
  }()

  private static let models =
    Circuits.bsim4 + [
      DeviceModel(
        "rpoly", type: "r",
        parameters: [Parameter("rsh", 100), Parameter("narrow", 1e-8), Parameter("tc1", 1e-3)]),
      DeviceModel("cmim", type: "c", parameters: [Parameter("cj", 1e-3), Parameter("cjsw", 1e-10)]),
      DeviceModel("qn", type: "npn", parameters: [Parameter("bf", 80), Parameter("is", 1e-16)]),
      DeviceModel("jn", type: "njf", parameters: [Parameter("vto", -1.5), Parameter("beta", 1e-3)]),
      DeviceModel(
        "sw1", type: "sw", parameters: [Parameter("vt", 0.5), Parameter("ron", 100), Parameter("roff", 1e9)]),
      DeviceModel("sw2", type: "csw", parameters: [Parameter("it", 1e-3), Parameter("ron", 10)]),
    ]

  private static func addSources(to circuit: inout Circuit) {
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1.1), ac: ACStimulus(magnitude: 1, phaseDegrees: -90))
    circuit.voltageSource(
      "vpulse", "in", .ground,
      .pulse(
        from: 0, to: Expression.parameter("high"), delay: 1e-9, rise: 2.5e-11, fall: 2.5e-11, width: 2e-9,
        period: 1e-8))
    circuit.add(
      Element(
        "vonce", ["once", .ground],
        .voltageSource(
          .pulse(from: 1, to: 0, delay: 0, rise: 1e-12, fall: 1e-12, width: 1), dc: 0.5,
          ac: ACStimulus(magnitude: 0.5))))
    circuit.voltageSource(
      "vsin", "s", .ground, .sine(offset: 0.5, amplitude: 0.1, frequency: 1e9, delay: 1e-10, damping: 1e7))
    circuit.voltageSource(
      "vexp", "e", .ground,
      .exponential(
        .init(from: 0, to: 1, riseDelay: 1e-10, riseTau: 2e-10, fallDelay: 2e-9, fallTau: 3e-10)))
    circuit.voltageSource("vext", "state", .ground, .external)
    circuit.currentSource("inoise", "s", "out", .noise(rms: 1e-7, step: 1e-9))
    circuit.currentSource(
      "ipwl", "s", "out", .pwl((0..<12).map { (Double($0) * 0.3e-9, Double($0 % 2) * 1.5e-6) }))
  }

  private static func addDevices(to circuit: inout Circuit) {
    circuit.mosfet(
      "mn", drain: "out", gate: "in", source: .ground, bulk: .ground, model: "nmos", width: 1e-6,
      length: 1e-7, multiplier: 2, delvto: -3.25e-3, parameters: [Parameter("nf", 2)])
    circuit.mosfet(
      "mp", drain: "out", gate: "in", source: "vdd", bulk: "vdd", model: "pmos", width: 2e-6, length: 1e-7)
    circuit.bjt(
      "q1", collector: "c", base: "in", emitter: .ground, model: "qn", parameters: [Parameter("area", 3)])
    circuit.resistor("rc", "vdd", "c", 1e4)
    circuit.add(Element("j1", ["jd", "s", .ground], .jfet(model: "jn")))
    circuit.resistor("rj", "vdd", "jd", 1e4)
    circuit.add(
      Element(
        "rpol", ["out", "far"], .resistor(nil, model: "rpoly"),
        parameters: [Parameter("l", 1e-5), Parameter("w", 1e-6)]))
    circuit.add(
      Element(
        "cpl", ["far", .ground], .capacitor(nil, model: "cmim"),
        parameters: [Parameter("l", 1e-6), Parameter("w", 1e-6), Parameter("ic", 0.2)]))
    circuit.capacitor("cload", "out", .ground, 1.5e-15)
    circuit.inductor("lpri", "once", "la", 1e-9)
    circuit.resistor("rpri", "la", .ground, 50)
    circuit.inductor("lsec", "lb", .ground, Expression.parameter("rtop") * 1e-12)
    circuit.resistor("rsec", "lb", .ground, 50)
    circuit.mutualInductance("k1", between: "lpri", and: "lsec", coefficient: 0.9)
    circuit.transmissionLine("t1", ("s", .ground), ("tl", .ground), impedance: 50, delay: 1e-10)
    circuit.resistor("rtl", "tl", .ground, 50)
    circuit.voltageSwitch("s1", "vdd", "sv", control: ("in", .ground), model: "sw1")
    circuit.resistor("rs", "sv", .ground, 1e3)
    circuit.add(Element("w1", ["vdd", "wv"], .currentSwitch(model: "sw2", control: "vonce")))
    circuit.resistor("rw", "wv", .ground, 1e4)
    circuit.instance("x1", ["copy", .ground], of: "cell", parameters: [Parameter("ratio", 0.25)])
    circuit.instance("x2", ["copy", .ground], of: "cell")
  }

  private static func addControlled(to circuit: inout Circuit) {
    circuit.vcvs("e1", "copy", .ground, control: ("out", "s"), gain: -2)
    circuit.vccs(
      "g1", "copy", .ground, control: ("in", .ground), transconductance: Expression.parameter("gp") / 10)
    circuit.cccs("f1", "copy", .ground, control: "vdd", gain: 0.5)
    circuit.ccvs("h1", "hv", .ground, control: "vonce", transresistance: 100)
    circuit.resistor("rh", "hv", .ground, 1e3)
    circuit.behavioralCurrent(
      "bj", "vdd", "s", .parameter("gp") * .v("vdd", "s") * (1 + .max(0, .v("state"))))
    circuit.behavioralVoltage(
      "bx", "x", .ground,
      .if(
        .time, .greater, 1e-9, then: -(.v("s") - (.v("out") - .i("vdd"))) / (2 / .exp(-.v("s"))),
        otherwise: -1))
    circuit.resistor("rx", "x", .ground, 1e6)
    circuit.behavioralVoltage("ey", "y", .ground, .v("x") * .parameter("gp") + .temperature)
    circuit.behavioralCurrent("gy", "y", .ground, .i("bx") * 1e-3)
    let within = Expression.Condition.and(
      .comparison(.v("s"), .greater, 0.45), .not(.comparison(.v("s"), .equal, 0.5)))
    circuit.behavioralVoltage(
      "bz", "z", .ground, .conditional(.or(within, .comparison(.v("e"), .notEqual, 0)), then: 1, otherwise: 2)
    )
    circuit.resistor("rz", "z", .ground, 1e6)
    // Each function of an argument in its domain.
    var sum: Expression = 0
    for function in Expression.Function.allCases {
      let inside = 0.3 + 0.1 * Expression.v("e")
      let argument = function == .acosh ? 1 + inside : inside
      sum = sum + .call(function, function.argumentCount == 2 ? [argument, 1.5] : [argument])
    }
    circuit.behavioralVoltage("ball", "all", .ground, sum)
    circuit.resistor("rall", "all", .ground, 1e6)
  }

  /// The simulation.
  static let simulation: Simulation = {
    var circuit = Circuit(title: "one of each, and each of the functions")
    circuit.parameters = [
      Parameter("rtop", 2e3), Parameter("gp", Expression(1) / .parameter("rtop")),
      Parameter("high", Expression.min(1.1, .pow(.parameter("rtop"), 0.5))),
    ]
    circuit.options = [
      Parameter("reltol", 1e-4), Parameter("method", text: "gear"), Parameter("abstol", 1e-13),
      Parameter("rshunt", 1e12),
    ]
    circuit.globalNodes = ["vdd"]
    circuit.models = models
    circuit.subcircuits = [cell]
    addSources(to: &circuit)
    addDevices(to: &circuit)
    addControlled(to: &circuit)
    circuit.nodeSets["far"] = 1
    circuit.initialConditions = ["out": 1.1]
    let analysis = Analysis.transient(
      step: 1e-12, stop: 4e-9, maximumStep: 2e-11,
      windows: [
        StepWindow(from: 1e-9, to: 1.1e-9, maximumStep: 5e-12),
        StepWindow(from: 1.05e-9, to: 2e-9, maximumStep: 1e-11),
      ])
    var simulation = Simulation(
      circuit, analysis,
      saving: ["v(out)", "v(x1.m)", "i(vdd)", .device("mn", "id"), .device("mn", "gm"), "i(bx)"],
      temperatureCelsius: -40,
      externalValues: ["vext": [.init(0, 0), .init(2e-9, 0), .init(2.1e-9, 1)]])
    simulation.stopConditions = [
      StopCondition(
        .magnitude("v(out,in)", above: 5), .value("v(out)", below: -1), after: 1e-9, holding: 2e-11)
    ]
    var generator = SplitMix(state: 1)
    simulation.drawNoise(using: &generator)
    return simulation
  }()
}
