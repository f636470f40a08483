import Spice
import TestSupport
import Testing

/// Lines of netlists as values.
@Suite struct NetlistReaderTests {
  private func read(_ text: String) throws -> Netlist { try NetlistReader().read(text: "title\n" + text) }

  private static let cards = """
    .param rv=1k wn=2u
    .model md d
    .model mq npn
    .model 2n2222 npn
    .subckt cell a b w=1
    r1 a b 1
    .ends
    .tran 1n 1u

    """

  /// An element as it may stand, and as it is written.
  private static let spellings: [(String, String)] = [
    ("R1 A B 1k", "r1 a b 1000"), ("r1 a gnd 2.2Meg tc=1m,2u", "r1 a 0 2.2e6 tc1=1e-3 tc2=2e-6"),
    ("r1 a b 1k m=2 tc=1m 2u", "r1 a b 1000 m=2 tc1=1e-3 tc2=2e-6"),
    ("r1 a b r=rv m=2", "r1 a b {rv} m=2"), ("r1 a b 2*rv", "r1 a b {2*rv}"),
    ("r1 a b {2 * rv}", "r1 a b {2*rv}"), ("r1 a b sqrt( rv )*2", "r1 a b {sqrt(rv)*2}"),
    ("r1 a b rm l=10u w=wn", "r1 a b rm l=1e-5 w={wn}"), ("r1 a b 1k rm", "r1 a b 1000 rm"),
    ("r1 a b rm 1k", "r1 a b 1000 rm"), ("c1 a b 10pF IC=0.5", "c1 a b 1e-11 ic=0.5"),
    ("l1 a b l=1u", "l1 a b 1e-6"), ("K1 L1 L2 0.99", "k1 l1 l2 0.99"),
    ("v1 a 0 5", "v1 a 0 dc 5"), ("v1 a 0", "v1 a 0 dc 0"), ("v1 a 0 DC=rv AC", "v1 a 0 dc {rv} ac 1 0"),
    ("v1 a 0 dc ac 1", "v1 a 0 dc 0 ac 1 0"), ("v1 a 0 ac 2 45 dc 1", "v1 a 0 dc 1 ac 2 45"),
    (
      "v1 a 0 0.5 pulse(0, 1, 1n 0.1n 0.1n 5n 20n)",
      "v1 a 0 dc 0.5 pulse(0 1 1e-9 1e-10 1e-10 5e-9 2e-8)"
    ),
    ("v1 a 0 pulse(0 1)", "v1 a 0 pulse(0 1 0 1e-9 1e-9 1e-6)"),
    ("v1 a 0 pulse(0 1 0 0 0 0 0)", "v1 a 0 pulse(0 1 0 1e-9 1e-9 1e-6)"),
    ("v1 a 0 SIN(0 1)", "v1 a 0 sin(0 1 1e6 0 0)"),
    ("v1 a 0 sin 0 1 1k ac 1", "v1 a 0 sin(0 1 1000 0 0) ac 1 0"),
    ("v1 a 0 exp(0 1)", "v1 a 0 exp(0 1 1e-9 1e-9 2e-9 1e-9)"),
    ("v1 a 0 pwl((0,0) (1n, rv))", "v1 a 0 pwl(0 0 1e-9 {rv})"),
    ("i1 0 a pwl 0 0 1n 1m", "i1 0 a pwl(0 0 1e-9 1e-3)"),
    ("i1 0 a trnoise(1n 10p 0 0) dc 1u m=2", "i1 0 a dc 1e-6 trnoise(1e-9 1e-11 0 0) m=2"),
    ("e1 a 0 (c d) 10", "e1 a 0 c d 10"), ("g1 a 0 vccs c d 1m", "g1 a 0 c d 1e-3"),
    ("f1 a 0 VS 2", "f1 a 0 vs 2"), ("h1 a 0 ccvs vs 50", "h1 a 0 vs 50"),
    ("e1 a 0 value={v(b)*2}", "e1 a 0 vol='v(b)*2'"), ("e1 a 0 VOL='v(b)*2'", "e1 a 0 vol='v(b)*2'"),
    ("g1 a 0 value {v(b)*2} m=3", "g1 a 0 cur='v(b)*2' m=3"), ("g1 a 0 cur='i(vs)'", "g1 a 0 cur='i(vs)'"),
    ("b1 a 0 I = v(b)*2 tc1=1m", "b1 a 0 i=v(b)*2 tc1=1e-3"),
    (
      "e1 a 0 poly(2) c 0 d 0 1 2 3 4 5 6",
      "e1 a 0 vol='1+2*v(c)+3*v(d)+4*v(c)*v(c)+5*v(c)*v(d)+6*v(d)*v(d)'"
    ),
    ("g1 a 0 poly(1) (c,d) 0 0 0 2", "g1 a 0 cur='2*v(c,d)*v(c,d)*v(c,d)'"),
    (
      "e1 a 0 table {v(b)} = (0,1) (1,3) (2,2)",
      "e1 a 0 vol='1+2*(min(max(v(b),0),1)-0)+(-1)*(min(max(v(b),1),2)-1)'"
    ),
    ("s1 a b c d SWM", "s1 a b c d swm"), ("w1 a b vs csm", "w1 a b vs csm"),
    ("t1 a 0 b 0 z0=50 td=1n", "t1 a 0 b 0 z0=50 td=1e-9"),
    ("t1 a 0 b 0 Zo=50 f=1g", "t1 a 0 b 0 z0=50 td=2.5e-10"),
    ("d1 a b md 2 temp=50", "d1 a b md area=2 temp=50"), ("q1 c b e mq", "q1 c b e mq"),
    ("q1 c b e s mq 3", "q1 c b e s mq area=3"), ("q1 c b e 2N2222 area={wn}", "q1 c b e 2n2222 area={wn}"),
    ("q1 c b e 2n2222 off", "q1 c b e 2n2222"), ("q1 c b e s unknown", "q1 c b e s unknown"),
    ("j1 d g s mj", "j1 d g s mj"),
    ("m1 d g s b nm L=1u W='wn*2' ic=1,2,3", "m1 d g s b nm l=1e-6 w={wn*2} ic=1,2,3"),
    ("x1 a b CELL w=wn*2", "x1 a b cell w={wn*2}"), ("x1 (a b) cell params: w = 3", "x1 a b cell w=3"),
    ("rload+ in+ b[1] 1k", "rload_p in_p b_1_ 1000"),
  ]

  @Test(arguments: spellings) func elements(line: String, written: String) throws {
    let netlist = try read(Self.cards + line + "\n")
    let simulation = try #require(netlist.unresolvedSimulations.first)
    let name = try #require(netlist.circuit.elements.first?.name)
    let deck = NgspiceWriter().deck(simulation)
    let found = try #require(deck.lines.first { $0.origin == .element(name, subcircuit: nil) })
    #expect(found.text == written)
    // Both mean the same.
    #expect(try read(Self.cards + written + "\n").circuit.elements == netlist.circuit.elements)
  }

  @Test func externalSources() throws {
    let netlist = try read(
      "* tessera: external vx\nvx a 0 dc 1 pwl(0 0 1n 1)\nvy b 0 external\nr1 a b 1\n.op\n")
    #expect(netlist.circuit.elements[0].device == .voltageSource(.external, dc: 1))
    #expect(netlist.circuit.elements[1].device == .voltageSource(.external))
    #expect(netlist.externalValues == ["vx": [TimedValue(0, 0), TimedValue(1e-9, 1)]])
  }

  @Test(
    arguments: [
      ("1k", 1e3), ("2.2MEG", 2.2e6), ("10u", 1e-5), ("5n", 5e-9), ("1mil", 25.4 * 1e-6), ("1e-9s", 1e-9),
      ("4pF", 4e-12),
      ("1T", 1e12), ("3G", 3e9), ("1f", 1e-15), ("7m", 7e-3), ("1d3", 1e3), ("-.5k", -500), ("+1.e2", 100),
      ("10Hz", 10),
      ("1e3k", 1e6), ("2A", 2), ("0.1", 0.1), ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("5e-324", .leastNonzeroMagnitude),
    ] as [(String, Double)])
  func numbers(text: String, value: Double) throws {
    let netlist = try read("v1 a 0 \(text)\n")
    #expect(netlist.circuit.elements[0].device == .voltageSource(.dc(value)))
    #expect(netlist.remarks.count == (text == "2A" ? 1 : 0))
  }

  @Test func lines() throws {
    let text =
      "\u{FEFF}Ti\u{E9}tle ; all of it\r\n* comment\r\nR1 a\r\n* between\r\n\r\n+ b ; end\r\n   + 1k $ two\r\n"
      + "c1 a b \\\\\r\n 1p // three\r\n# four\r\n$ five\r\nv1 a 0 1 $six\n.end\nnonsense\n"
    let netlist = try NetlistReader().read(text: text)
    #expect(netlist.circuit.title == "Ti\u{E9}tle ; all of it")
    #expect(
      netlist.circuit.elements == [
        Element("r1", ["a", "b"], .resistor(1000)), Element("c1", ["a", "b"], .capacitor(1e-12)),
        Element("v1", ["a", "0"], .voltageSource(.dc(1))),
      ])
    #expect(netlist.place(ofElement: "C1")?.line == 8)
    #expect(netlist.remarks.map(\.description) == ["deck:14: what follows .end is not read."])
    let latin = Array("t\u{E9}".utf16.map { UInt8($0) }) + Array("\nr1 a 0 1\n".utf8)
    let (read, errors) = try NetlistReader().examine(latin, named: "latin", directory: "")
    #expect(read.circuit.title == "t\u{E9}" && errors.isEmpty)
  }

  @Test func cards() throws {
    let netlist = try read(
      """
      .param a = 1 b={a*2}, c = b + 1 later=late late=4
      .global vdd! 0 vss
      .options reltol = 1m method=Gear noopiter acct foo=1 temp=85
      .option num_threads=1
      .ic v(x)=0 V(y)={a}
      .nodeset v(z) = 1
      .tran 1n {b*1u} 0.1u uic
      .dc v1 0 1 0.1
      .ac DEC 10 1 1G
      .op
      .save v(x) i(v1) @m1[id] y v2#branch
      .print tran v(x,z) vdb(y) i(r1) par('a*2')
      .plot dc v(w)
      .meas tran tp trig v(q) val=0.5 rise=1
      + targ v(x) val=0.5
      .width out=80
      r1 x 0 1
      """)
    let circuit = netlist.circuit
    #expect(circuit.parameters.map(\.name) == ["a", "b", "c", "later", "late"])
    #expect(circuit.parameters[2] == Parameter("c", Expression.parameter("b") + 1))
    #expect(circuit.globalNodes == ["vdd!", "vss"])
    #expect(circuit.options == [.init("reltol", 1e-3), .init("method", text: "Gear"), .init("noopiter", 1)])
    #expect(circuit.initialConditions == ["x": 0, "y": .parameter("a")])
    #expect(circuit.nodeSets == ["z": 1])
    #expect(netlist.temperatureCelsius == 85)
    #expect(
      netlist.analyses == [
        .transient(
          Transient(
            step: 1e-9, stop: 2e-6, maximumStep: 1e-9, recordFrom: 1e-7, useInitialConditions: true)),
        .dcSweep(source: "v1", start: 0, stop: 1, step: 0.1), .ac(pointsPerDecade: 10, start: 1, stop: 1e9),
        .operatingPoint,
      ])
    #expect(
      netlist.saved == ["v(x)", "i(v1)", "@m1[id]", "v(y)", "i(v2)", "v(z)", "v(w)", "v(q)"])
    #expect(netlist.measurements.map(\.text) == [".meas tran tp trig v(q) val=0.5 rise=1  targ v(x) val=0.5"])
    #expect(
      netlist.remarks.map { "\($0.place.line) \($0.text)" } == [
        "4 option acct is not carried.", "4 option foo is not known, and left out.",
        "13 vdb is recorded as v, magnitude and phase with it.", "13 par(a*2) is not recorded.",
        "13 i(r1) is not recorded: put a source of 0 V in series with r1.", "17 .width changes nothing here.",
        "18 node x, element r1: the node has this single connection.",
      ])
  }

  @Test func measurements() throws {
    let lines: [(String, Measurement.Kind?)] = [
      ("tran a when v(x)=0.5 rise=2", .when(.init("v(x)", at: 0.5, .rising, .nth(2)))),
      ("tran a when v(x)=v(y) fall=last", .when(.init("v(x,y)", at: 0, .falling, .last))),
      (
        "tran a trig v(x) val={lv} td=1n rise=1 targ i(v1) val=1m cross=3",
        .delay(
          trigger: .init("v(x)", at: 0.5, .rising, after: 1e-9),
          target: .init("i(v1)", at: 1e-3, .either, .nth(3)))
      ),
      ("tran a find v(x,y) at=lv", .find("v(x,y)", at: 0.5)),
      ("ac a find vdb(x) when v(y)=1", .findWhen("vdb(x)", .init("v(y)", at: 1))),
      ("tran a AVG v(x) from=1n to=2n", .statistic(.mean, of: "v(x)", from: 1e-9, to: 2e-9)),
      ("dc a integ i(v1)", .statistic(.integral, of: "i(v1)")),
      ("tran a max @m1[id]", .statistic(.maximum, of: "@m1[id]")),
      ("tran a param='b+1'", .expression(.parameter("b") + 1)),
      ("tran a param=b", .expression(.parameter("b"))),
      ("tran a deriv v(x) at=1", .derivative(of: "v(x)", at: 1)),
      (
        "tran a derivative v(x) when v(y)=1 fall=2",
        .derivativeWhen(of: "v(x)", .init("v(y)", at: 1, .falling, .nth(2)))
      ),
      ("tran a trig at=1n targ v(x) val=1", .delaySince(1e-9, target: .init("v(x)", at: 1))),
      (
        "tran a trig v(x) val=1 rise=last targ at={2*lv}",
        .delayUntil(1, trigger: .init("v(x)", at: 1, .rising, .last))
      ),
      ("tran a min_at v(x) from=1n", .statistic(.minimumPosition, of: "v(x)", from: 1e-9)),
      ("dc a max_at v(x) from=2 to=1", .statistic(.maximumPosition, of: "v(x)", from: 1, to: 2)),
      (
        "tran a when v(x)=0.5 from=1n to=2n td=1.5n",
        .when(.init("v(x)", at: 0.5, after: 1.5e-9, until: 2e-9))
      ),
      (
        "dc a find v(y) when v(x)=0 from=1 to=-1",
        .findWhen("v(y)", .init("v(x)", at: 0, after: -1, until: 1))
      ),
      (
        "tran a trig v(x) val=1 targ v(y) val=1 from=1n to=2n",
        .delay(
          trigger: .init("v(x)", at: 1, after: 1e-9), target: .init("v(y)", at: 1, after: 1e-9, until: 2e-9))
      ),
      (
        "dc a trig v(x) val=1 from=1 targ v(y) val=1",
        .delay(trigger: .init("v(x)", at: 1, after: 1), target: .init("v(y)", at: 1))
      ),
      ("dc a when v(x)=0.5 td=1 from=-1", .when(.init("v(x)", at: 0.5, after: -1))),
      ("tran a trig at=1n targ at=2n", nil), ("tran a param='v(x)*2'", nil), ("tran a err v(x) v(y)", nil),
      ("noise a max v(x)", nil), ("tran a when par('v(x)')=1", nil),
    ]
    let netlist = try read(".param lv=0.5\n" + lines.map { ".measure \($0.0)\n" }.joined())
    #expect(netlist.measurements.map { $0.measurement?.kind } == lines.map(\.1))
    #expect(netlist.measurements.map(\.analysis).prefix(5) == ["tran", "tran", "tran", "tran", "ac"])
    #expect(netlist.remarks.count == 6)
  }

  /// What ngspice's lines say is read as the same value.
  @Test func measuresReadBack() throws {
    let kinds: [Measurement.Kind] = [
      .expression(.max(.parameter("b"), 2) / (1 + .sqrt(.parameter("lv")))),
      .statistic(.minimumPosition, of: "v(x)", from: 1e-9, to: 2e-9),
      .delaySince(1e-9, target: .init("v(x)", at: 0.5, .falling, .last)),
      .when(.init("i(v1)", at: -1e-3, .rising, .nth(2), after: 1e-9, until: 3e-9)),
      .findWhen("v(y)", .init("v(x)", at: 0.5, .either, .nth(1), until: 3e-9)),
      .delay(
        trigger: .init("v(x)", at: 0.5, .rising, after: 1e-9, until: 2e-9),
        target: .init("v(y)", at: 0.5, .falling)),
    ]
    let lines = try kinds.map { try Measurement("m", $0).ngspiceLine(analysis: "tran") + "\n" }
    let netlist = try read(".param lv=0.5\n" + lines.joined())
    #expect(netlist.measurements.map { $0.measurement?.kind } == kinds)
  }

  /// Of an expression of measures, what an included file defines is a number; other names stay.
  @Test func includedParametersInMeasures() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write(".param gain={2*base} base=3 top=9\n", to: "values.inc")
    let path = try directory.write(
      "t\n.param own=1\n.include values.inc\n.measure tran x param='gain*own+top'\n"
        + ".measure tran top max v(a)\nv1 a 0 1\n.tran 1n 1u\n.end\n", to: "deck.cir")
    let netlist = try NetlistReader().read(path)
    #expect(
      netlist.measurements.first?.measurement?.kind
        == .expression(6 * .parameter("own") + .parameter("top")))
  }

  @Test func nestedSweeps() throws {
    let netlist = try read("v1 a 0 1\ni2 a 0 pulse(0 1 1n 1n 1n 1n)\nr1 a 0 1\n.dc v1 0 2 1 i2 1 2 0.5\n")
    #expect(netlist.runs.map(\.label) == ["dc v1, i2=1", "dc v1, i2=1.5", "dc v1, i2=2"])
    #expect(SourceSweep(source: "v1", start: 0, stop: 0.3, step: 0.1).values == [0, 0.1, 0.2, 0.3])
    #expect(SourceSweep(source: "v1", start: 2.7, stop: 3.3, step: 0.3).values == [2.7, 3, 3.3])
    #expect(SourceSweep(source: "v1", start: 1e-9, stop: -1e-9, step: -1e-9).values == [1e-9, 0, -1e-9])
    #expect(SourceSweep(source: "v1", start: 0, stop: 0, step: 1).values == [0])
    let dc = netlist.simulations.map { simulation -> Expression? in
      if case .currentSource(_, let dc, _) = simulation.circuit.elements[1].device { dc } else { nil }
    }
    #expect(dc == [1, 1.5, 2])
    #expect(netlist.problems() == [])
  }

  @Test func subcircuitsInsideOthers() throws {
    let netlist = try read(
      """
      .subckt inner a
      r1 a 0 1
      .ends
      .subckt outer a b
      .model dx d is=1f
      .subckt inner a b
      d1 a b dx
      .ends inner
      x1 a b inner
      .ends outer
      x1 p q outer
      x2 p inner
      v1 p q 1
      v2 q 0 1
      """)
    #expect(netlist.circuit.subcircuits.map(\.name) == ["inner", "outer_inner", "outer"])
    #expect(netlist.circuit.subcircuits[2].elements[0].device == .instance(of: "outer_inner"))
    #expect(netlist.circuit.subcircuits[1].models.map(\.name) == ["dx"])
    #expect(netlist.problems() == [])
  }

  @Test func polynomialsOfCurrents() throws {
    let netlist = try read(
      "h1 a 0 poly(1) v1 0 0 2\nv1 b 0 1\nb2 c 0 v=i(h1)\nr1 a b 1\nrc c 0 1\nf3 0 a h1 2\n.op\n.save i(h1)\n"
    )
    #expect(
      netlist.circuit.elements[0] == Element("bh1", ["a", "0"], .behavioralVoltage(2 * .i("v1") * .i("v1"))))
    #expect(netlist.circuit.elements[2].device == .behavioralVoltage(.i("bh1")))
    #expect(netlist.circuit.elements[5].device == .cccs(2, control: "bh1"))
    #expect(netlist.saved == ["i(bh1)"])
    #expect(netlist.problems() == [])
  }

  @Test func sectionsOfTheDeckItself() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(
      "t\n.lib fast\n.param rv=1k\n.endl\n.lib slow\n.param rv=2k\n.endl\nv1 a 0 1\nr1 a 0 rv\n.lib 'deck.cir' slow\n.op\n",
      to: "deck.cir")
    let netlist = try NetlistReader().read(path)
    #expect(netlist.circuit.parameters == [Parameter("rv", 2000)])
    #expect(netlist.circuit.includes.isEmpty && netlist.problems() == [])
  }

  @Test func valuesOfTheCaller() throws {
    var reader = NetlistReader()
    reader.parameterValues = ["RV": 5]
    reader.temperatureCelsius = -40
    let text = "t\n.param rv=1 tstop={rv*1u}\nv1 a 0 1\nr1 a 0 {rv}\n.tran 1n {tstop}\n.temp 27\n"
    let netlist = try reader.read(text: text)
    #expect(netlist.circuit.parameters[0] == Parameter("rv", 5))
    #expect(netlist.temperatureCelsius == -40)
    guard case .transient(let transient) = netlist.analyses[0] else { return }
    #expect(transient.stop == 5 * 1e-6)
    reader.parameterValues = ["nosuch": 5]
    let error = #expect(throws: SpiceError.self) { try reader.read(text: text) }
    #expect(error?.code == .unresolvedParameter)
    #expect(error?.cause == "there are rv, tstop")
  }

  @Test func saveAll() throws {
    let netlist = try read(
      ".subckt s a\nl1 a m 1u\nr1 m 0 1\n.ends\nv1 p 0 1\nx1 p s\nr1 p 0 1\n.op\n.save all @r1[i]\n")
    #expect(netlist.saved == ["v(p)", "i(v1)", "i(l.x1.l1)", "@r1[i]"])
    #expect(try read("v1 p 0 1\nr1 p 0 1\n.op\n.save all\n").saved.isEmpty)
  }
}
