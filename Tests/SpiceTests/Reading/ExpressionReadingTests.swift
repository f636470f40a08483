import Spice
import TestSupport
import Testing

/// Expressions of ngspice as trees.
@Suite struct ExpressionReadingTests {
  /// The expression of a behavioural source.
  private func behavioral(_ text: String, _ cards: String = "") throws -> Expression {
    let netlist = try NetlistReader().read(text: "t\n\(cards)\nb1 a 0 v=\(text)\n")
    guard case .behavioralVoltage(let value) = netlist.circuit.elements[0].device else { return 0 }
    return value
  }

  @Test(
    arguments: [
      ("1+2*3", 1 + Expression(2) * 3), ("(1+2)*3", (1 + Expression(2)) * 3),
      ("8-4-2", (8 - Expression(4)) - 2),
      ("8/4/2", (8 / Expression(4)) / 2), ("-2", -2), ("- 2", -2), ("-(2)", .negated(2)),
      ("-v(a)*2", .negated(.v("a")) * 2), ("2--3", 2 - Expression(-3)), ("2*-3", 2 * Expression(-3)),
      ("+v(a)", .v("a")), ("2.5k*1meg", 2500 * Expression(1e6)), ("1e-9s", 1e-9), (".5", 0.5), ("5.", 5),
      ("4pF", 4e-12), ("2**3", .pow(2, 3)), ("2^3^2", .pow(.pow(2, 3), 2)), ("-2^2", .negated(.pow(2, 2))),
      ("2^-2", .pow(2, -2)), ("v(a)**2", .pow(.abs(.v("a")), 2)), ("exp(v(a))^2", .pow(.exp(.v("a")), 2)),
      ("pow(v(a),2)", .pow(.v("a"), 2)), ("pwr(v(a),2)", .call(.signedPow, [.v("a"), 2])),
      ("v(a,b)", .v("a", "b")), ("V( A , B )", .v("a", "b")), ("v(0)", .v(.ground)),
      ("v(gnd,b)", .v(.ground, "b")),
      ("v(in+,in-)", .v("in_p", "in_n")), ("v(x1.m)", .v("x1.m")), ("I(VDD)", .i("vdd")), ("time", .time),
      ("TEMPER", .temperature), ("pi", .constant(.pi)), ("log(2)", .ln(2)), ("ln(2)", .ln(2)),
      ("log10(2)", .call(.log10, [2])), ("sgn(v(a))", .call(.sign, [.v("a")])), ("u(v(a))", .u(.v("a"))),
      ("uramp(time)", .call(.ramp, [.time])), ("min(1,2)", .min(1, 2)), ("max(1,2,3)", .max(.max(1, 2), 3)),
      ("int(v(a))", .call(.sign, [.v("a")]) * .call(.floor, [.abs(.v("a"))])),
      ("nint(v(a))", .call(.floor, [.v("a") + 0.5])),
      ("limit(v(a),0,1)", .min(.max(.v("a"), .min(0, 1)), .max(0, 1))),
      ("if(v(a)>1,2,3)", .if(.v("a"), .greater, 1, then: 2, otherwise: 3)),
      ("v(a)>1?2:3", .if(.v("a"), .greater, 1, then: 2, otherwise: 3)),
      (
        "v(a)>1 ? 2 : v(b)<>0 ? 4 : 5",
        .if(.v("a"), .greater, 1, then: 2, otherwise: .if(.v("b"), .notEqual, 0, then: 4, otherwise: 5))
      ),
      (
        "v(a)>1&&!v(b)||time>=1n?1:0",
        .conditional(
          .or(
            .and(
              .comparison(.v("a"), .greater, 1), .not(.comparison(.v("b"), .notEqual, 0))),
            .comparison(.time, .greaterOrEqual, 1e-9)), then: 1, otherwise: 0)
      ),
      ("(v(a)>1)*2", .if(.v("a"), .greater, 1, then: 1, otherwise: 0) * 2),
      ("gt0(v(a))", .if(.v("a"), .greater, 0, then: 1, otherwise: 0)), ("sqr(v(a))", .v("a") * .v("a")),
      ("{2*v(a)}", 2 * .v("a")), ("{2}*v(a)", 2 * .v("a")), ("'2*v(a)'", 2 * .v("a")),
      ("({x})*2", .parameter("x") * 2), ("x*2", .parameter("x") * 2),
    ] as [(String, Expression)])
  func trees(text: String, tree: Expression) throws {
    #expect(try behavioral(text, ".param x=1") == tree)
  }

  @Test func userFunctions() throws {
    let cards = """
      .func f(x,y) {x+g(y)}
      .func g(x)= 'x*x'
      .param h(x)={2*x}
      """
    #expect(try behavioral("f(v(a),2)", cards) == .v("a") + 2 * Expression(2))
    #expect(try behavioral("h(1+1)", cards) == 2 * (1 + Expression(1)))
    let local = try NetlistReader().read(
      text:
        "t\n.func f(x) {x}\n.subckt s a\n.func f(x) {2*x}\nr1 a 0 {f(1k)}\n.ends\nx1 b s\nr1 b 0 {f(1k)}\n")
    #expect(local.circuit.elements[1].device == .resistor(1000))
    #expect(local.circuit.subcircuits[0].elements[0].device == .resistor(2 * Expression(1000)))
  }

  /// A parameter hides a constant of the same name between braces.
  @Test func parametersNamedLikeConstants() throws {
    let netlist = try NetlistReader().read(text: "t\n.param e=3 q={e*pi}\nr1 a 0 {q+e}\n.param r=e\n")
    #expect(netlist.circuit.parameters[1] == Parameter("q", .parameter("e") * Expression.constant(.pi)))
    #expect(netlist.circuit.parameters[2] == Parameter("r", Expression.parameter("e")))
  }

  /// The lines of ngspice's pwl go on outside its points.
  @Test func tables() throws {
    let inside: [(Double, Double)] = [(0, 0), (0.5, 1), (1, 2), (2, 1.5), (3, 1)]
    for (text, outside) in [("pwl", [(-1.0, -2.0), (5, 0)]), ("table", [(-1, 0), (9, 1)])] {
      let tree = try behavioral("\(text)(v(a), 0,0, 1,2, 3,1)")
      for (x, y) in inside + outside {
        let value = tree.replacing { $0 == .v("a") ? .constant(x) : nil }.value()
        #expect(value.map { abs($0 - y) < 1e-12 } == true)
      }
    }
  }

  @Test(arguments: [
    ("1+", "expected a number, a name or '('."), ("(1", "expected ')'."), ("1 2", "expected name=value."),
    ("foo(1)", "no function is called foo."), ("sqrt(1,2)", "sqrt takes 1 argument, not 2."),
    ("a<b<c", "a comparison of comparisons needs parentheses."), ("1?2", "expected ':' of a '?'."),
    ("v(a", "expected v(node), v(node,node) or i(source)."),
    ("i(a,b)", "expected v(node), v(node,node) or i(source)."),
    ("hertz", "hertz, the frequency, is not supported."),
    ("agauss(1,2,3)", "random functions are not supported."),
    ("limit(1,2)", "limit with two arguments is random in ngspice."),
    ("4k7", "a digit or point follows the unit of a number."),
    ("1mil", "mil is no unit inside an expression, where ngspice reads it as milli; write 25.4e-6."),
    ("pwl(v(a),1,0,0,0)", "the abscissae of a table rise."), ("ddt(v(a))", "no function is called ddt."),
    ("f(1)", "the function f calls itself."), ("f(1,2)", "the function f calls itself."),
  ])
  func errors(text: String, message: String) {
    let error = #expect(throws: SpiceError.self) {
      try NetlistReader().read(text: "t\n.func f(x) {f(x)}\nr1 a 0 1\nb1 a 0 v=\(text)\n")
    }
    #expect(error?.message == message)
    #expect(error?.place == (text.hasPrefix("f(") ? "deck:2" : "deck:4"))
  }

  /// The value that ngspice gives to the expression as it stands against that of ours as it is written.
  @Test(.requiresNgspice, .requiresProgram("ngspice")) func meaning() async throws {
    let expressions = [
      "1+2*3-4/5", "2^3^2", "-2^2", "2**-1", "x**3", "pow(2,0.5)", "int(-2.7)", "nint(2.6)", "sgn(x)",
      "floor(-2.5)+ceil(2.5)", "min(1,x)+max(1,x)", "x>1 ? 2 : 3", "x<1 && y>1 ? 2 : 3", "!(x>1)||y==3",
      "(x<1)*2+(y>=2)", "ln(y)+log(y)+log10(y)", "sinh(x)/cosh(x)-tanh(x)+asinh(y)", "abs(x)%2",
      "1k*1m+1meg*1u",
    ]
    // Sources know neither `%` nor `int`, but steps, ramps and tables.
    let sources =
      expressions.filter { !$0.contains("%") && !$0.contains("int(-") }
      + ["pwr(x,3)", "pwl(v(s0),-3,1,0,2,9,7)", "pwl(v(s0),-3,1,0,2,5,7)", "u(x)+uramp(y)"]
    let braced = expressions + ["pwr(x,3)", "pow(x,3)*0+1"]
    var deck = "meaning\n.param x=-2 y=3\n"
    for (index, text) in sources.enumerated() { deck += "b\(index) s\(index) 0 v=\(text)\n" }
    for (index, text) in braced.enumerated() {
      deck += ".param p\(index)={\(text)}\nv\(index) p\(index) 0 {p\(index)}\n"
    }
    deck += ".op\n.end\n"
    let directory = try TemporaryDirectory()
    let path = try directory.write(deck, to: "deck.cir")
    let program = try #require(Program.find("ngspice"))
    #expect(try Program.run(program, ["-b", "-r", "out.raw", path], in: directory.path) == 0)
    let theirs = try Waveforms(try RawFile(contentsOf: "\(directory.path)/out.raw").plots[0])
    let netlist = try NetlistReader().read(path)
    #expect(netlist.problems() == [])
    let ours = try await WorkerPool(workers: 1).run(netlist.simulations[0]).waveforms()
    for (prefix, list) in [("s", sources), ("p", braced)] {
      for (index, text) in list.enumerated() {
        let (a, b) = (
          try ours.signal("v(\(prefix)\(index))").final, try theirs.signal("v(\(prefix)\(index))").final
        )
        #expect(abs(a - b) <= 1e-9 * abs(b), "\(text): \(a), there \(b)")
      }
    }
  }
}
