import Glibc
import Spice
import TestSupport
import Testing

/// Simulations whose results are known in closed form.
@Suite(.requiresNgspice) struct ClosedFormTests {
  let pool: WorkerPool

  init() throws { pool = try WorkerPool(workers: 1) }

  @Test func divider() async throws {
    var circuit = Circuit(title: "divider")
    circuit.voltageSource("v1", "in", .ground, .dc(3))
    circuit.resistor("r1", "in", "out", 2e3)
    circuit.resistor("r2", "out", .ground, 1e3)
    let outcome = try await pool.run(Simulation(circuit, .operatingPoint))
    let waveforms = try outcome.waveforms()
    #expect(abs(try waveforms.signal("v(out)").final - 1) < 1e-9)
    #expect(abs(try waveforms.signal("i(v1)").final + 1e-3) < 1e-12)
    #expect(waveforms.signals.map(\.name) == ["i(v1)", "v(in)", "v(out)"])
  }

  /// v(t) = 1 - exp(-t / RC) after a step at t = 0.
  @Test func rcStep() async throws {
    var circuit = Circuit(title: "RC step")
    circuit.voltageSource("vin", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.capacitor("c1", "out", .ground, 1e-12)
    circuit.initialConditions["out"] = 0
    var simulation = Simulation(
      circuit, .transient(step: 1e-12, stop: 1e-8, maximumStep: 1e-11, useInitialConditions: true),
      saving: ["v(out)"])
    simulation.save(energyOf: "vin")
    let waveforms = try await pool.run(simulation).waveforms()
    let out = try waveforms.signal("v(out)")
    for time in [0.5e-9, 1e-9, 2e-9, 5e-9] {
      #expect(abs(out.value(at: time) - (1 - exp(-time / 1e-9))) < 1e-4)
    }
    // ln 2 RC to half; the source delivers C V^2, half of it into heat.
    #expect(abs(try out.crossing(of: 0.5, .rising) - 0.693147e-9) < 1e-13)
    #expect(abs(try waveforms.energy(source: "vin") / 1e-12 - 1) < 1e-3)
  }

  /// Series RLC, underdamped: v_C = 1 - exp(-a t) (cos w t + (a / w) sin w t), a = R / 2L, w^2 = 1 / LC - a^2.
  @Test func rlcStep() async throws {
    let (ohms, henries, farads) = (20.0, 1e-9, 1e-12)
    var circuit = Circuit(title: "series RLC")
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", "a", ohms)
    circuit.inductor("l1", "a", "out", henries)
    circuit.capacitor("c1", "out", .ground, farads)
    circuit.initialConditions["out"] = 0
    let simulation = Simulation(
      circuit, .transient(step: 1e-14, stop: 1e-9, maximumStep: 2e-13, useInitialConditions: true),
      saving: ["v(out)", "i(l1)"])
    let out = try await pool.run(simulation).waveforms().signal("v(out)")
    let a = ohms / (2 * henries)
    let w = (1 / (henries * farads) - a * a).squareRoot()
    for time in stride(from: 5e-11, through: 9.5e-10, by: 5e-11) {
      let expected = 1 - exp(-a * time) * (cos(w * time) + a / w * sin(w * time))
      #expect(abs(out.value(at: time) - expected) < 1e-3)
    }
    // The first peak: pi / w, 1 + exp(-pi a / w).
    #expect(abs(out.maximum() - (1 + exp(-Double.pi * a / w))) < 1e-3)
  }

  /// I = IS (exp(V / (N kT/q)) - 1) at 27 C, over eight decades.
  @Test func diodeSweep() async throws {
    var circuit = Circuit(title: "diode")
    circuit.models = [
      DeviceModel("dx", type: "d", parameters: [Parameter("is", 1e-14), Parameter("n", 1.5)])
    ]
    circuit.options = [Parameter("gmin", 1e-16), Parameter("abstol", 1e-18), Parameter("reltol", 1e-6)]
    circuit.voltageSource("v1", "a", .ground, .dc(0))
    circuit.diode("d1", "a", .ground, model: "dx")
    let simulation = Simulation(
      circuit, .dcSweep(source: "v1", start: 0.1, stop: 0.8, step: 0.05), saving: ["i(v1)"])
    let waveforms = try await pool.run(simulation).waveforms()
    #expect(waveforms.scaleName == "v1")
    #expect(waveforms.count == 15)
    let thermalVolts = 1.380649e-23 * 300.15 / 1.602176634e-19
    let current = try waveforms.signal("i(v1)")
    for (volts, amperes) in zip(current.x, current.y) {
      let expected = 1e-14 * (exp(volts / (1.5 * thermalVolts)) - 1)
      #expect(abs(-amperes / expected - 1) < 2e-3)
    }
  }

  /// |H| = 1 / sqrt(1 + (f / f0)^2) of an RC low-pass; at f0 the real and imaginary parts are 1/2 and -1/2.
  @Test func lowPass() async throws {
    var circuit = Circuit(title: "RC low-pass")
    circuit.voltageSource("v1", "in", .ground, .dc(0), ac: ACStimulus(magnitude: 1))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.capacitor("c1", "out", .ground, 1 / (2 * Double.pi * 1e3 * 1e6))
    let simulation = Simulation(circuit, .ac(pointsPerDecade: 10, start: 1e4, stop: 1e8), saving: ["v(out)"])
    let waveforms = try await pool.run(simulation).waveforms()
    let magnitude = try waveforms.magnitude("v(out)")
    for (frequency, gain) in zip(magnitude.x, magnitude.y) {
      #expect(abs(gain - 1 / (1 + frequency * frequency / 1e12).squareRoot()) < 1e-9)
    }
    #expect(abs(try waveforms.signal("v(out)").value(at: 1e6) - 0.5) < 1e-6)
    #expect(abs(try waveforms.imaginaryPart("v(out)").value(at: 1e6) + 0.5) < 1e-6)
  }

  /// A parametrised divider in a subcircuit, a behavioural source, controlled sources and hierarchical signals.
  @Test func hierarchyAndExpressions() async throws {
    var circuit = Circuit(title: "hierarchy")
    circuit.parameters = [Parameter("top", 2e3)]
    var divider = Subcircuit("divider", ports: ["a", "b"], parameters: [Parameter("ratio", 0.5)])
    divider.resistor("r1", "a", "m", Expression.parameter("top") * (1 - .parameter("ratio")))
    divider.resistor("r2", "m", "b", Expression.parameter("top") * .parameter("ratio"))
    divider.vcvs("e1", "o", "b", control: ("m", "b"), gain: 10)
    divider.resistor("r3", "o", "b", 1e3)
    circuit.subcircuits = [divider]
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.instance("x1", ["in", .ground], of: "divider", parameters: [Parameter("ratio", 0.25)])
    let v = Expression.v("x1.m")
    circuit.behavioralVoltage(
      "b1", "f", .ground, .if(v, .less, 0.3, then: -.parameter("top") * -v, otherwise: 0))
    circuit.behavioralVoltage(
      "b2", "g", .ground, .pow(v, 2) - (1 - v) / (2 / .sqrt(v)) + .tanh(.i("v1") * 1000))
    let simulation = Simulation(
      circuit, .operatingPoint, saving: ["v(x1.m)", "v(x1.o)", "v(f)", "v(g)", .current("x1.e1"), "i(v1)"])
    let waveforms = try await pool.run(simulation).waveforms()
    func value(_ signal: Signal) throws -> Double { try waveforms.signal(signal).final }
    #expect(abs(try value("v(x1.m)") - 0.25) < 1e-9)
    #expect(abs(try value("v(x1.o)") - 2.5) < 1e-8)
    #expect(abs(try value("v(f)") - 500) < 1e-6)
    #expect(abs(try value(.current("x1.e1")) + 2.5e-3) < 1e-11)
    #expect(abs(try value("v(g)") - (0.0625 - 0.75 / (2 / 0.5) + tanh(-0.5))) < 1e-8)
  }

  /// The thermal noise of a resistor in parallel with a capacitor: k T / C, whatever the resistance.
  @Test func thermalNoise() async throws {
    let squares = try await pool.map(
      [1, 2, 3, 4], simulation: { Circuits.noisyLowPass(seed: $0, stop: 4e-7) }
    ) {
      _, outcome in
      let out = try outcome.waveforms().signal("v(out)")
      return out.map("square", unit: "V2") { $0 * $0 }.mean(from: 1e-9)
    }
    // The noise of 1.6 us has 1.6 us / (2 RC) = 16,000 independent values: a relative error of 0.9 % (1 sigma).
    // Straight lines between the values lose part of the band: 2/3 of the power at the highest frequencies,
    // none at the low ones that RC = 25 steps lets pass; less than 1 %.
    let mean = squares.reduce(0, +) / 4
    let expected = 1.380649e-23 * 300.15 / 10e-15
    #expect(abs(mean / expected - 1) < 0.04)
  }

  /// Nodes named like ngspice's constants, its elements' letters and numbers are ordinary nodes.
  @Test(arguments: ["e", "c", "i", "v", "pi", "boltz", "yes", "1", "007", "1e3", "v1", "temp", "x", "all"])
  func awkwardNodeNames(name: String) async throws {
    let node = Node(name)
    var circuit = Circuit(title: name)
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.resistor("r1", "in", node, 1e3)
    circuit.resistor("r2", node, .ground, 1e3)
    circuit.behavioralVoltage("b1", "twice", .ground, 2 * .v(node))
    let simulation = Simulation(
      circuit, .transient(step: 1e-9, stop: 1e-8, maximumStep: 1e-9), saving: [.voltage(node), "v(twice)"])
    let waveforms = try await pool.run(simulation).waveforms()
    #expect(abs(try waveforms.signal(.voltage(node)).final - 0.5) < 1e-9)
    #expect(abs(try waveforms.signal("v(twice)").final - 1) < 1e-9)
  }
}
