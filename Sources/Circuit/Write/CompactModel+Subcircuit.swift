import Models
import Spice

extension CompactModel {
  /// Capacitance that carries a group's state, in farad: 1 V is the whole group.
  private static let stateFarads = 1e-12

  /// The junction as a subcircuit of plain sources, resistors and capacitors, which every dialect has.
  ///
  /// Ports: `p`, `n` and `q`, whose voltage is the antiparallel share of the area that stays. Positive current from `p` to `n`
  /// drives towards antiparallel. Parameters, each with the model's own value as default: `qinit` state at the
  /// beginning (0 to 1), `rp` parallel resistance in ohm, `tmr` magnetoresistance at zero bias, `icrit` critical
  /// current in ampere.
  public func subcircuit(named name: String = "mtj") -> Subcircuit {
    var subcircuit = Subcircuit(
      name, ports: ["p", "n", "q"],
      parameters: [
        Parameter("qinit", 0.0), Parameter("rp", Expression(parallelOhms)),
        Parameter("tmr", Expression(tmrZeroBias)),
        Parameter("icrit", Expression(criticalCurrentAmperes)),
      ])
    place(
      in: &subcircuit, "p", "n", initialState: .parameter("qinit"), parallelOhms: .parameter("rp"),
      tmr: .parameter("tmr"), criticalAmperes: .parameter("icrit"))
    return subcircuit
  }

  /// Places the junction with constants of its own.
  func place(in circuit: inout Circuit, _ positive: Node, _ negative: Node, initialState: Double) {
    place(
      in: &circuit, positive, negative, initialState: Expression(initialState),
      parallelOhms: Expression(parallelOhms), tmr: Expression(tmrZeroBias),
      criticalAmperes: Expression(criticalCurrentAmperes))
  }

  /// Places the junction: state nodes `s1...`, their weighted sum at `q`, the normalised current at `x`, at `y` what of
  /// it the grains have followed, and at `c` the antiparallel share of the film, which conducts.
  ///
  /// Each state is the voltage of a capacitor that the rate charges. At time zero, while the operating point is found,
  /// a conductance of 1 S holds it at its first value; so no initial condition is needed, which dialects write
  /// differently.
  private func place(
    in circuit: inout some ElementContainer, _ positive: Node, _ negative: Node, initialState: Expression,
    parallelOhms: Expression, tmr: Expression, criticalAmperes: Expression
  ) {
    let state = Expression.v("q")
    placeConductance(
      in: &circuit, positive, negative, conducting: leadStrength > 0 ? "c" : "q", parallelOhms: parallelOhms,
      tmr: tmr, criticalAmperes: criticalAmperes)
    var drive = Expression.v("x")
    if incubationSeconds > 0 {
      circuit.resistor("ry", "x", "y", incubationSeconds / CompactModel.stateFarads)
      circuit.capacitor("cy", "y", .ground, CompactModel.stateFarads)
      drive = Expression.v("y")
    }
    if leadStrength > 0 {
      let ahead = (1 - state) * lead(drive) - state * lead(-drive)
      circuit.behavioralVoltage("bc", "c", .ground, state + ahead)
      circuit.resistor("rc", "c", .ground, 1e6)
    }
    let beginning = Expression.u(Expression(1e-18) - Expression.time)
    var sum = Expression(0.0)
    for (index, (threshold, weight)) in zip(thresholds, weights).enumerated() {
      let node = Node("s\(index + 1)")
      let s = Expression.v(node)
      let rate = (1 - s) * rate(drive, threshold: threshold) - s * self.rate(-drive, threshold: threshold)
      circuit.capacitor("cs\(index + 1)", node, .ground, CompactModel.stateFarads)
      circuit.behavioralCurrent(
        "bs\(index + 1)", .ground, node,
        Expression(CompactModel.stateFarads) * rate + beginning * (initialState - s))
      circuit.resistor("rs\(index + 1)", node, .ground, 1e15)
      sum = sum + Expression(weight) * s
    }
    circuit.behavioralVoltage("bq", "q", .ground, sum)
    circuit.resistor("rq", "q", .ground, 1e6)
  }

  /// The junction's conductance at the antiparallel share of a node, and its current over the critical one at `x`.
  private func placeConductance(
    in circuit: inout some ElementContainer, _ positive: Node, _ negative: Node, conducting: Node,
    parallelOhms: Expression, tmr: Expression, criticalAmperes: Expression
  ) {
    let bias = Expression.v(positive, negative)
    let ratio = Expression(1.0) + tmr / (1 + Expression.pow(bias / Expression(tmrHalfVolts), 2))
    let state = Expression.v(conducting)
    let current = bias / parallelOhms * ((1 - state) + state / ratio)
    circuit.behavioralCurrent("bj", positive, negative, current)
    circuit.capacitor("cj", positive, negative, capacitanceFarads)
    circuit.behavioralVoltage("bx", "x", .ground, current / criticalAmperes)
    circuit.resistor("rx", "x", .ground, 1e6)
  }

  /// Places the junction with a state that a coupled system gives: source `vlive` sets `q`, the film's antiparallel
  /// share; source `vsettled` sets `settled`, the grains'.
  func placeLive(in circuit: inout Circuit, _ positive: Node, _ negative: Node) {
    circuit.voltageSource("vlive", "q", .ground, .external)
    circuit.resistor("rq", "q", .ground, 1e6)
    circuit.voltageSource("vsettled", "settled", .ground, .external)
    circuit.resistor("rsettled", "settled", .ground, 1e6)
    placeConductance(
      in: &circuit, positive, negative, conducting: "q", parallelOhms: Expression(parallelOhms),
      tmr: Expression(tmrZeroBias), criticalAmperes: Expression(criticalCurrentAmperes))
  }

  /// g(x) as an expression.
  private func lead(_ x: Expression) -> Expression {
    let odds = Expression(leadStrength) * Expression.pow(Expression.max(0, x), Expression(leadExponent))
    return odds / (1 + odds)
  }

  /// r_k(x) in 1/s as an expression.
  private func rate(_ x: Expression, threshold: Double) -> Expression {
    let over = x / Expression(threshold)
    let barrier =
      Expression(stability * threshold)
      * Expression.pow(Expression.max(0, 1 - over), Expression(barrierExponent))
    return Expression(attemptFrequencyHertz) * Expression.exp(-barrier)
      + Expression.max(0, over - 1) * Expression(1 / reversalTimeSeconds)
  }
}
