import Models
import Spice
import TestSupport
import Testing

import struct Foundation.Data

@Suite struct MismatchTests {
  private static let mismatch = Mismatch(
    thresholdVoltMetres: 2e-9, currentFactorMetres: 1e-8, widthMetres: 1e-9, lengthMetres: 5e-10)

  /// Two devices of 1 um by 1 um at 3 mV um differ by 3 mV (Pelgrom, equation 8).
  @Test func pairDiffersByItsCoefficient() {
    let mismatch = Mismatch(thresholdVoltMetres: 3e-9)
    let count = 4000
    var sum = 0.0
    for sample in 0..<count {
      let volts = ["m1", "m2"].map {
        mismatch.draw($0, width: 1e-6, length: 1e-6, seed: 3, sample: sample).thresholdVolts
      }
      sum += (volts[0] - volts[1]) * (volts[0] - volts[1])
    }
    let sigma = (sum / Double(count)).squareRoot()
    #expect(abs(sigma / 3e-3 - 1) < 5 / (2 * Double(count)).squareRoot())
  }

  /// The option `scale` is the unit of widths and lengths: one device, one draw, however it is written.
  @Test func lengthsCountInUnitsOfScale() throws {
    func circuit(_ unit: Double, _ options: [Parameter]) -> Circuit {
      var circuit = Circuit(title: "scale")
      circuit.options = options
      circuit.mosfet(
        "m1", drain: "d", gate: "g", source: .ground, bulk: .ground, model: "nch", width: 1e-6 / unit,
        length: 1e-7 / unit)
      return circuit
    }
    let metres = try Self.mismatch.applied(to: circuit(1, []), seed: 1, sample: 0).elements[0]
    let scaled = try Self.mismatch.applied(
      to: circuit(1e-6, [Parameter("scale", 1e-6)]), seed: 1, sample: 0
    ).elements[0]
    func value(_ element: Element, _ name: String) -> Double { element[parameter: name]?.value() ?? .nan }
    #expect(value(metres, "delvto") == value(scaled, "delvto"))
    for name in ["w", "l"] { #expect(abs(value(metres, name) * 1e6 / value(scaled, name) - 1) < 1e-12) }
    #expect(value(metres, "w") != 1e-6)
  }

  /// Devices of included files are not seen: they are refused, and vary once they are written into the circuit.
  @Test func devicesOfIncludedFilesAreWrittenIn() throws {
    let scratch = try Scratch()
    let text =
      ".model nch nmos level=14\n.subckt cell d g\nm1 d g 0 0 nch w=1u l=1u\n.ends\n"
    try scratch.write(Data(text.utf8), to: "cells.inc")
    var circuit = Circuit(title: "included")
    circuit.includes = [Include(scratch.url.appending(path: "cells.inc").path)]
    circuit.instance("x1", ["d", "g"], of: "cell")
    circuit.instance("x2", ["d", "g"], of: "cell")
    let error = #expect(throws: SpiceError.self) {
      try Self.mismatch.applied(to: circuit, seed: 1, sample: 0)
    }
    #expect(error?.place == "element x1")
    let varied = try Self.mismatch.applied(
      to: circuit.inliningIncludes().flattened(), seed: 1, sample: 0)
    let shifts = varied.elements.compactMap { $0[parameter: "delvto"]?.value() }
    #expect(shifts.count == 2 && shifts[0] != shifts[1])
  }

  /// Standard deviations follow the area law, draws of instances and samples are independent.
  @Test func drawsFollowTheAreaLaw() {
    let count = 4000
    var sums = [Double](repeating: 0, count: 5)
    for sample in 0..<count {
      let a = Self.mismatch.draw("m1", width: 4e-7, length: 1e-7, multiplier: 4, seed: 1, sample: sample)
      let b = Self.mismatch.draw("m2", width: 4e-7, length: 1e-7, multiplier: 4, seed: 1, sample: sample)
      sums[0] += a.thresholdVolts * a.thresholdVolts
      sums[1] += a.currentFactor * a.currentFactor
      sums[2] += a.width * a.width
      sums[3] += a.length * a.length
      sums[4] += a.thresholdVolts * b.thresholdVolts
    }
    // A is that of the difference of a pair, of which each instance has its share.
    let root = (2 * 4e-7 * 1e-7 * 4).squareRoot()
    let sigmas = [2e-9 / root, 1e-8 / root, 1e-9, 5e-10]
    for (sum, sigma) in zip(sums, sigmas) {
      #expect(abs((sum / Double(count)).squareRoot() / sigma - 1) < 5 / (2 * Double(count)).squareRoot())
    }
    #expect(abs(sums[4] / Double(count)) < 5 * sigmas[0] * sigmas[0] / Double(count).squareRoot())
  }

  private static var pair: Circuit {
    var circuit = Circuit(title: "pair")
    circuit.models = Circuits.bsim4
    circuit.parameters = [Parameter("width", 1e-6)]
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1))
    var cell = Subcircuit("half", ports: ["d", "g"], parameters: [Parameter("w", 1e-6)])
    cell.mosfet(
      "m1", drain: "d", gate: "g", source: .ground, bulk: .ground, model: "nmos",
      width: Expression.parameter("w"), length: 1e-7)
    circuit.subcircuits = [cell]
    for k in 1...2 {
      circuit.voltageSource("vd\(k)", "vdd", Node("d\(k)"), .dc(0))
      circuit.instance(
        "x\(k)", [Node("d\(k)"), "vdd"], of: "half",
        parameters: [Parameter("w", Expression.parameter("width") * Expression(Double(k)))])
    }
    return circuit
  }

  @Test func instancesInsideSubcircuitsNeedFlattening() throws {
    let error = #expect(throws: SpiceError.self) {
      try Self.mismatch.applied(to: Self.pair, seed: 1, sample: 0)
    }
    #expect(error?.place == "element m1 of subcircuit half")
    let varied = try Self.mismatch.applied(to: Self.pair.flattened(), seed: 1, sample: 0)
    let shifts = varied.elements.compactMap { $0[parameter: "delvto"]?.value() }
    #expect(shifts.count == 2 && shifts[0] != shifts[1])
    let widths = varied.elements.filter { $0.name.hasPrefix("m") }.compactMap { $0[parameter: "w"]?.value() }
    #expect(widths.count == 2 && abs(widths[0] - 1e-6) < 5e-9 && abs(widths[1] - 2e-6) < 5e-9)
  }

  /// The current's spread is what its sensitivities to threshold and current factor make of the draws.
  @Test(.requiresNgspice) func currentFollowsTheDraws() async throws {
    let base = Simulation(try Self.pair.flattened(), .operatingPoint, saving: ["i(vd1)"])
    let pool = try WorkerPool(workers: 2)
    func current(_ change: (inout Simulation) -> Void) async throws -> Double {
      var simulation = base
      change(&simulation)
      return try await pool.run(simulation).waveforms().signal("i(vd1)").final
    }
    func element(_ simulation: inout Simulation, _ parameter: String, _ value: Double) {
      let index = simulation.circuit.elements.firstIndex { $0.name == "m_x1_m1" } ?? 0
      simulation.circuit.elements[index][parameter: parameter] = .constant(value)
    }
    let nominal = try await current { _ in }
    let slopeVolts = try await current { element(&$0, "delvto", 1e-4) } - nominal
    let slopeFactor = try await current { element(&$0, "mulu0", 1.001) } - nominal
    #expect(slopeVolts < 0 && slopeFactor > 0 && nominal > 0)

    let mismatch = Mismatch(thresholdVoltMetres: 5e-10, currentFactorMetres: 2e-9)
    let campaign = Campaign<(found: Double, expected: Double)>(samples: 40, seed: 4) { sample in
      var simulation = base
      simulation.circuit = try mismatch.applied(
        to: base.circuit, seed: sample.seed, sample: sample.index)
      return simulation
    } measure: { sample, outcome in
      let draw = mismatch.draw(
        "m_x1_m1", width: 1e-6, length: 1e-7, seed: sample.seed, sample: sample.index)
      let expected = slopeVolts * draw.thresholdVolts / 1e-4 + slopeFactor * draw.currentFactor / 1e-3
      return (try outcome.waveforms().signal("i(vd1)").final - nominal, expected)
    }
    let result = try await campaign.run(on: pool)
    #expect(result.outputs.count == 40)
    let scale = result.outputs.map { abs($0.expected) }.max() ?? 0
    for output in result.outputs { #expect(abs(output.found - output.expected) < 0.03 * scale) }
  }
}

/// Circuits without their hierarchy.
@Suite struct FlatteningTests {
  private static var nested: Simulation {
    var leaf = Subcircuit("leaf", ports: ["a", "b"], parameters: [Parameter("r", 1e3)])
    leaf.localParameters = [
      Parameter("half", Expression.parameter("whole") / 2), Parameter("whole", Expression.parameter("r")),
    ]
    leaf.models = [DeviceModel("dx", type: "d", parameters: [Parameter("is", 1e-14)])]
    leaf.resistor("r1", "a", "m", Expression.parameter("half"))
    leaf.voltageSource("vs", "m", "n", .dc(0))
    leaf.resistor("r2", "n", "b", Expression.parameter("half"))
    leaf.diode("d1", "b", "m", model: "dx")
    leaf.behavioralCurrent("b1", "a", "rail", .i("vs") * 0.5 + .v("m", "b") * 1e-5)
    var branch = Subcircuit("branch", ports: ["top"], parameters: [Parameter("scale", 1)])
    branch.instance(
      "x1", ["top", "mid"], of: "leaf", parameters: [Parameter("r", 2e3 * Expression.parameter("scale"))])
    branch.instance("x2", ["mid", .ground], of: "leaf", parameters: [Parameter("m", 3)])
    var circuit = Circuit(title: "nested")
    circuit.subcircuits = [leaf, branch]
    circuit.globalNodes = ["rail"]
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.voltageSource("vrail", "rail", .ground, .dc(0.25))
    circuit.instance("xa", ["in"], of: "branch", parameters: [Parameter("scale", 3)])
    circuit.instance("xb", ["in"], of: "branch")
    return Simulation(circuit, .operatingPoint, saving: ["v(xa.mid)", "v(xb.x1.m)", "i(xa.x2.vs)", "i(v1)"])
  }

  /// The flat circuit has the same solution as the nested one.
  @Test(.requiresNgspice) func sameSolution() async throws {
    let nested = Self.nested
    #expect(nested.problems() == [])
    let flat = try nested.flattened()
    #expect(flat.problems() == [])
    #expect(flat.circuit.subcircuits.isEmpty)
    #expect(flat.saved.map(\.name) == ["v(xa_mid)", "v(xb_x1_m)", "i(v_xa_x2_vs)", "i(v1)"])
    let pool = try WorkerPool(workers: 1)
    let one = try await pool.run(nested).waveforms()
    let other = try await pool.run(flat).waveforms()
    for (a, b) in zip(nested.saved, flat.saved) {
      let (x, y) = (try one.signal(a).final, try other.signal(b).final)
      #expect(abs(x - y) <= 1e-9 * abs(x), "\(a): \(x) and \(y)")
      #expect(x != 0)
    }
  }

  /// An instance that stands for three is three instances.
  @Test(.requiresNgspice) func multiplierIsSoManyInstances() async throws {
    let one = Self.nested
    var three = one
    let instance = one.circuit.subcircuits[1].elements[1]
    three.circuit.subcircuits[1].elements.removeLast()
    for k in 2...4 {
      three.circuit.subcircuits[1].instance("x\(k)", instance.nodes, of: "leaf")
    }
    let pool = try WorkerPool(workers: 1)
    let expected = try await pool.run(three).waveforms()
    for simulation in [one, try one.flattened()] {
      let found = try await pool.run(simulation).waveforms()
      // The source inside the instance, of the third signal, carries the current of all three.
      for (index, (signal, name)) in zip(three.saved, simulation.saved).enumerated() {
        let factor = index == 2 ? 3.0 : 1
        let (x, y) = (try expected.signal(signal).final * factor, try found.signal(name).final)
        #expect(abs(x - y) <= 1e-9 * abs(x), "\(signal): \(x) and \(y)")
      }
    }
  }

  @Test func switchHasNoMultiplier() throws {
    var circuit = Circuit(title: "switch")
    circuit.models = [DeviceModel("sw1", type: "sw")]
    var cell = Subcircuit("cell", ports: ["a", "c"])
    cell.voltageSwitch("s1", "a", .ground, control: ("c", .ground), model: "sw1")
    circuit.subcircuits = [cell]
    circuit.voltageSource("v1", "a", .ground, .dc(1))
    circuit.instance("x1", ["a", "a"], of: "cell", parameters: [Parameter("m", 2)])
    #expect(circuit.problems().map(\.place) == ["element x1"])
    let error = #expect(throws: SpiceError.self) { try circuit.flattened() }
    #expect(error?.code == .misplacedExpression && error?.place == "element x1.s1")
  }

  /// Names that would meet are kept apart.
  @Test(.requiresNgspice, arguments: ["x1_a b", "x1_a _b", "x1q_ _b"])
  func namesStayApart(names: String) async throws {
    let parts = names.split(separator: " ").map(String.init)
    var circuit = Circuit(title: "names")
    for (cell, node, ohms) in [("one", "a\(parts[1])", 1e3), ("two", parts[1], 3e3)] {
      var divider = Subcircuit(cell, ports: ["in", "out"])
      divider.resistor("r1", "in", Node(node), 1e3)
      divider.resistor("r2", Node(node), "out", ohms)
      divider.resistor("r3", "out", .ground, 1e3)
      circuit.subcircuits.append(divider)
    }
    circuit.voltageSource("v1", "in", .ground, .dc(1))
    circuit.instance("x1", ["in", "o1"], of: "one")
    circuit.instance(parts[0], ["in", "o2"], of: "two")
    // A node of the top level that is called like one inside.
    circuit.resistor("r1", "in", "x1_out", 1e3)
    circuit.resistor("r2", "x1_out", .ground, 1e3)
    let flat = try Simulation(circuit, .operatingPoint).flattened()
    let waveforms = try await WorkerPool(workers: 1).run(flat).waveforms()
    for (node, volts) in [("o1", 1.0 / 3), ("o2", 0.2), ("x1_out", 0.5)] {
      #expect(abs(try waveforms.signal("v(\(node))").final - volts) < 1e-9, "\(node)")
    }
  }

  /// Parameters mean in the flat circuit what they mean in the nested one: defaults may use others of the list,
  /// what an instance gives is meant around it, and a subcircuit sees the parameters of the one that calls it.
  @Test(.requiresNgspice) func parametersKeepTheirScopes() async throws {
    let netlist = try NetlistReader().read(
      text: """
        scopes
        .param r=5k g=7k
        .subckt s a y r2={r*2} r=1k
        ra a y {r2}
        rb y 0 {g}
        .ends
        .subckt t a y r=1k
        .param q={r*3}
        .param g={q+1k}
        ra a y {q}
        x1 y 0 u
        .ends
        .subckt u a b
        ra a b {g}
        .ends
        v1 a 0 1
        x1 a o1 s
        x2 a o2 s r=3k
        x3 a o3 t
        x4 a o4 t r={r*2}
        .op
        .end

        """)
    let simulation = try #require(netlist.simulations.first)
    // r2 = 2r against g; q = 3r against q + 1k.
    let expected = [7.0 / 9, 7.0 / 13, 4.0 / 7, 31.0 / 61]
    let pool = try WorkerPool(workers: 1)
    for run in [simulation, try simulation.flattened()] {
      #expect(run.problems() == [])
      let waveforms = try await pool.run(run).waveforms()
      for (index, volts) in expected.enumerated() {
        #expect(abs(try waveforms.signal("v(o\(index + 1))").final - volts) < 1e-9, "o\(index + 1)")
      }
    }
  }

  @Test func recursionIsRefused() throws {
    var circuit = Circuit(title: "recursive")
    var cell = Subcircuit("cell", ports: ["a"])
    cell.instance("x1", ["a"], of: "cell")
    circuit.subcircuits = [cell]
    circuit.instance("x1", ["a"], of: "cell")
    #expect(#expect(throws: SpiceError.self) { try circuit.flattened() }?.code == .recursion)
  }
}

@Suite struct ExpressionValueTests {
  @Test func closedForms() {
    let x: Expression = .parameter("x")
    let at2: (String) -> Double? = { $0 == "x" ? 2 : nil }
    let sum: Expression = 1 + x * 3 - x / 4
    #expect(sum.value(at2) == 6.5)
    let choice: Expression = .if(x, .greater, 1, then: .pow(x, 3), otherwise: 0)
    #expect(choice.value(at2) == 8)
    let extremes: Expression = .max(.min(x, 5), -x)
    #expect(extremes.value(at2) == 2)
    #expect(Expression.call(.signedPow, [-x, 2]).value(at2) == -4)
    #expect(Expression.call(.sign, [-x]).value(at2) == -1)
    #expect(Expression.call(.log10, [Expression(1000)]).value() == 3)
    let later: Expression = x + .time
    #expect(Expression.v("a").value(at2) == nil && later.value(at2) == nil && x.value() == nil)
    let condition = Expression.Condition.and(
      .comparison(x, .equal, 2), .not(.or(.comparison(x, .less, 1), .comparison(x, .notEqual, 2))))
    #expect(Expression.conditional(condition, then: 1, otherwise: 0).value(at2) == 1)
  }

  @Test func parametersInAnyOrder() {
    var circuit = Circuit(title: "parameters")
    circuit.parameters = [
      Parameter("c", Expression.parameter("b") * 2), Parameter("b", Expression.parameter("a") + 1),
      Parameter("a", 3), Parameter("loop", Expression.parameter("loop")),
    ]
    #expect(circuit.parameterValues == ["a": 3, "b": 4, "c": 8])
  }
}
