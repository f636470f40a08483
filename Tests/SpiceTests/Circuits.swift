import Spice

/// SplitMix64, for tests alone.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Circuits that several tests share.
enum Circuits {
  /// BSIM4 with the defaults of its own equations: no process, but the real model code.
  static let bsim4 = ["nmos", "pmos"].map { type in
    DeviceModel(type, type: type, parameters: [Parameter("level", 14), Parameter("version", text: "4.8.2")])
  }

  /// A ring of inverters that starts from its first node at zero; two transistors per stage.
  static func ring(stages: Int) -> Circuit {
    var circuit = Circuit(title: "ring of \(stages) inverters")
    circuit.models = bsim4
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1.2))
    for k in 0..<stages {
      let (input, output): (Node, Node) = ("n\(k)", "n\((k + 1) % stages)")
      circuit.mosfet(
        "mp\(k)", drain: output, gate: input, source: "vdd", bulk: "vdd", model: "pmos", width: 2e-6,
        length: 1e-7)
      circuit.mosfet(
        "mn\(k)", drain: output, gate: input, source: .ground, bulk: .ground, model: "nmos", width: 1e-6,
        length: 1e-7)
      circuit.capacitor("c\(k)", output, .ground, 1e-15)
    }
    circuit.initialConditions["n0"] = 0
    return circuit
  }

  /// A chain of inverters behind a pulse of 600 ps.
  static func chain(stages: Int) -> Circuit {
    var circuit = Circuit(title: "chain of \(stages) inverters")
    circuit.models = bsim4
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1.2))
    circuit.voltageSource(
      "vin", "n0", .ground, .pulse(from: 0, to: 1.2, delay: 1e-10, rise: 2e-11, fall: 2e-11, width: 6e-10))
    for k in 0..<stages {
      let (input, output): (Node, Node) = ("n\(k)", "n\(k + 1)")
      circuit.mosfet(
        "mp\(k)", drain: output, gate: input, source: "vdd", bulk: "vdd", model: "pmos", width: 2e-6,
        length: 1e-7)
      circuit.mosfet(
        "mn\(k)", drain: output, gate: input, source: .ground, bulk: .ground, model: "nmos", width: 1e-6,
        length: 1e-7)
      circuit.capacitor("c\(k)", output, .ground, 2e-15)
    }
    return circuit
  }

  /// A clocked pair of crossed inverters that decides an input against 0.6 V.
  static var latch: Circuit {
    var circuit = Circuit(title: "latch")
    circuit.models = bsim4
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1.2))
    circuit.voltageSource("vin", "in", .ground, .external)
    circuit.voltageSource("vref", "ref", .ground, .dc(0.6))
    circuit.voltageSource(
      "vclk", "clk", .ground, .pulse(from: 0, to: 1.2, delay: 5e-10, rise: 2e-11, fall: 2e-11, width: 8e-10))
    func add(_ name: String, _ drain: Node, _ gate: Node, _ source: Node, _ width: Double) {
      let isN = name.hasPrefix("mn")
      circuit.mosfet(
        name, drain: drain, gate: gate, source: source, bulk: isN ? .ground : "vdd",
        model: isN ? "nmos" : "pmos", width: width, length: 1e-7)
    }
    add("mn0", "tail", "clk", .ground, 4e-6)
    for (side, other, input) in [("p", "n", "ref"), ("n", "p", "in")] {
      add("mni\(side)", Node("x\(side)"), Node(input), "tail", 4e-6)
      add("mnl\(side)", Node(side), Node(other), Node("x\(side)"), 2e-6)
      add("mpl\(side)", Node(side), Node(other), "vdd", 2e-6)
      add("mpr\(side)", Node(side), "clk", "vdd", 1e-6)
      add("mpx\(side)", Node("x\(side)"), "clk", "vdd", 1e-6)
      circuit.capacitor("c\(side)", Node(side), .ground, 2e-15)
    }
    return circuit
  }

  static let noiseStep = 2e-12
  /// The thermal current of 5 kOhm at 27 C in the band of that step: sqrt(2 k T / (R step)).
  static let noiseAmperes = (2 * 1.380649e-23 * 300.15 / (5e3 * noiseStep)).squareRoot()

  /// White noise of a resistor in a subcircuit, into a capacitor.
  static func noisyLowPass(seed: UInt64, stop: Double = 1e-8) -> Simulation {
    var circuit = Circuit(title: "thermal noise")
    var cell = Subcircuit("cell", ports: ["out"])
    cell.resistor("r1", "out", .ground, 5e3)
    cell.currentSource("in1", .ground, "out", .noise(rms: noiseAmperes, step: noiseStep))
    circuit.subcircuits = [cell]
    circuit.instance("x1", ["out"], of: "cell")
    circuit.capacitor("c1", "out", .ground, 10e-15)
    var simulation = Simulation(
      circuit, .transient(step: noiseStep, stop: stop, maximumStep: noiseStep), saving: ["v(out)"])
    var generator = SplitMix(state: seed)
    simulation.drawNoise(using: &generator)
    return simulation
  }
}
