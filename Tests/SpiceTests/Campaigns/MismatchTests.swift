import Models
import Spice
import TestSupport
import Testing

@Suite struct MismatchTests {
  private static let mismatch = Mismatch(
    thresholdVoltMetres: 2e-9, currentFactorMetres: 1e-8, widthMetres: 1e-9, lengthMetres: 5e-10)

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
    let root = (4e-7 * 1e-7 * 4).squareRoot()
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
    branch.instance("x2", ["mid", .ground], of: "leaf", parameters: [Parameter("m", 1)])
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
    var nested = Self.nested
    // An instance multiplier of one would be refused on the source inside.
    nested.circuit.subcircuits[1].elements[1].parameters = []
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

  @Test func multipliersGoToDevicesThatHaveThem() throws {
    let error = #expect(throws: SpiceError.self) { try Self.nested.flattened() }
    #expect(error?.code == .misplacedExpression && error?.place == "element xa.x2.vs")
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
