import Spice
import TestSupport
import Testing

/// What is wrong with a netlist, and on which line.
@Suite struct ReaderErrorTests {
  /// A line that is not read, with the kind of error and the beginning of its sentence.
  private static let lines: [(String, SpiceError.Code, String)] = [
    (".control", .refused, "ngspice would run the commands"),
    (".endc", .refused, "ngspice would run the commands"),
    ("*# shell ls", .refused, "ngspice would run what follows *#"), ("v1 a 0 `ls`", .refused, "backquotes"),
    ("v1 a 0 pwl file=\"x\"", .refused, "it reads a file"), ("@here", .refused, "ngspice would stop reading"),
    (".if (1)", .unsupported, "conditional parts"), (".else", .unsupported, "conditional parts"),
    (".noise v(a) v1 dec 1 1 1", .unsupported, "noise analysis"),
    (".tf v(a) v1", .unsupported, "transfer functions"),
    (".pz a 0 b 0 vol pz", .unsupported, "pole-zero"), (".sens v(a)", .unsupported, "sensitivity"),
    (".disto dec 1 1 1", .unsupported, "distortion"), (".four 1k v(a)", .unsupported, "Fourier"),
    (".csparam x=1", .unsupported, ".csparam"), (".step v1 0 1 1", .unsupported, "parameter sweeps"),
    (".frobnicate", .syntax, "no card is called .frobnicate."),
    ("a1 a b mod", .unsupported, "XSPICE devices"),
    ("u1 a b 0 mod", .unsupported, "elements of kind u"), ("!x", .syntax, "this is no element and no card."),
    (".model m ako:n nmos", .unsupported, "models after others"),
    (".model m vdmos(vto=1)", .unsupported, "models of type vdmos"),
    (".model m filesource(x=1)", .unsupported, "models of type filesource"),
    ("v1 a 0 sffm(0 1 1k)", .unsupported, "the course sffm"),
    ("v1 a 0 am(0 1 1k)", .unsupported, "the course am"),
    ("v1 a 0 sin(0 1 1k 0 0 90)", .unsupported, "a phase of a sine"),
    ("v1 a 0 pwl(0 0 1n 1) r=0", .unsupported, "repeated or delayed"),
    ("v1 a 0 pwl(0 0 1n)", .syntax, "pwl has pairs"),
    ("v1 a 0 pulse(0 1)", .syntax, "value 4 of pulse is missing"),
    ("v1 a 0 trnoise(1 1n 1 1)", .unsupported, "only white noise"),
    ("r1 a b {v(a)}", .unsupported, "a value that depends on voltages"),
    ("r1 a", .syntax, "expected node 2 of 2."),
    ("r1 a b 4k7", .syntax, "a digit or point follows"),
    ("r1 a b 1k {", .syntax, "what opens here has no end."),
    ("r1 a b 1k }", .syntax, "nothing opens what closes here."),
    ("q1 c b e s t mq", .unsupported, "bipolar transistors with a thermal"),
    ("m1 d g s b e mn w=1", .unsupported, "transistors with more than four"),
    ("e1 a 0 laplace {v(b)} {1/s}", .unsupported, "laplace"),
    ("e1 a 0 poly(1) b 0 5", .syntax, "a single coefficient"),
    ("k1 l1 l2 l3 0.9", .syntax, "expected the coupling"),
    ("b1 a 0 x=1", .syntax, "expected v=EXPRESSION"), ("t1 a 0 b 0 td=1n", .syntax, "expected z0=OHMS."),
    (".tran 1n", .syntax, "expected a step and a stop"),
    (".tran 1n {nosuch}", .syntax, "a time has no known value."),
    (".dc temp 0 1 1", .unsupported, "only voltage and current sources"),
    (".ac foo 1 1 1", .syntax, "expected dec, oct or lin."),
    (".ic v(a)", .syntax, "expected v(node)=volts."), (".param x", .syntax, "expected name=value."),
    (".subckt", .syntax, "expected the name of the subcircuit."),
    (".ends", .syntax, "no subcircuit ends here."),
    (".endl", .syntax, "no section ends here."),
    (".include nosuch.lib", .includeUnreadable, "nosuch.lib: the file is not there."),
    (".include /etc/passwd", .refused, "/etc/passwd: the file lies outside"),
    (".include ~/x", .refused, "ngspice would take this name"),
    (".lib nom.lib", .syntax, "a section of nom.lib is missing"),
    (".incfoo x", .syntax, "no card is called .incfoo."),
    (".library x y", .refused, "ngspice would include a file here"),
    (".func f", .syntax, "expected name(argument, ...)."),
    (".temp 1 2", .unsupported, "several temperatures"),
    ("* tessera: foo", .syntax, "expected maximumstep"),
    ("* tessera: external nosuch", .syntax, "there is no source nosuch"),
    ("\u{1}x", .syntax, "the line holds a control character."),
  ]

  @Test(arguments: lines) func wrongLines(line: String, code: SpiceError.Code, message: String) throws {
    let text = "t\n.model mq npn\n.model mn nmos\n\(line)\nr9 a 0 1\n"
    let (_, errors) = try NetlistReader().examine(Array(text.utf8), named: "deck.cir", directory: "")
    #expect(errors.count == 1, "\(errors)")
    let error = try #require(errors.first)
    #expect(error.code == code, "\(error)")
    #expect(error.message.hasPrefix(message), "\(error)")
    #expect(error.place == (line.hasSuffix("nosuch") && code == .syntax ? "deck.cir:1" : "deck.cir:4"))
    #expect(throws: error) { try NetlistReader().read(text: text, named: "deck.cir") }
  }

  /// One wrong line hides no other, and continuations count their own lines.
  @Test func everyLineIsNamed() throws {
    let text = "t\nr1 a\nv1 a 0 pulse(0 1\n+ 1n\n+ {1+} 1n)\n.foo\n.tran 1n 1u\n"
    let (_, errors) = try NetlistReader().examine(Array(text.utf8), named: "d", directory: "")
    #expect(errors.map(\.place) == ["d:2", "d:6", "d:5"].sorted())
    #expect(errors.last?.cause == "at .foo")
  }

  @Test func controlSectionsAreOneError() throws {
    let text = "t\nr1 a 0 1\n.control\nrun\nplot v(a)\n.endc\nr2 a\n"
    let (_, errors) = try NetlistReader().examine(Array(text.utf8), named: "d", directory: "")
    #expect(errors.map(\.place) == ["d:3", "d:7"])
  }

  @Test func filesThatAreNone() throws {
    let directory = try TemporaryDirectory()
    for path in ["\(directory.path)/nosuch.cir", directory.path, "/dev/null", "/dev/zero"] {
      let error = #expect(throws: SpiceError.self) { try NetlistReader().read(path) }
      #expect(error?.code == .inputFailed)
      #expect(error?.place == path)
    }
    let error = #expect(throws: SpiceError.self) {
      try NetlistReader(allowedDirectories: ["/nosuch"]).read(text: "t")
    }
    #expect(error?.code == .inputFailed)
    #expect(throws: SpiceError.self) { try NetlistReader().rawDeck("/dev/null") }
    var trusting = NetlistReader()
    trusting.allowsControl = true
    let path = try directory.write("t\n.control\nrun\n.endc\n", to: "c.cir")
    #expect(try trusting.rawDeck(path) == ["t", ".control", "run", ".endc", ""])
  }

  // MARK: problems of circuits

  /// Each problem of the circuit with its line.
  @Test func problemsHaveTheirLines() throws {
    let text = """
      t
      v1 in 0 1
      d1 in 0 nosuch
      x1 in 0 missing
      r1 in nowhere 1k
      r2 in 0 {undefined}
      r2 in 0 1
      c1 in lt 1p
      c2 lt 0 1p
      b1 in 0 i=v(gone)*i(r1)
      .subckt cell a b
      .param q={zz}
      r1 a b 0
      .ends
      .model md d is={yy}
      .model md d
      .param loop={loop+1}
      .ic v(absent)=1
      x2 in 0 cell
      c3 in alone 1p
      """
    let netlist = try NetlistReader().read(text: text, named: "deck.cir")
    // A resistor with an open end has a solution, a capacitor has none.
    #expect(
      netlist.remarks.map(\.description) == [
        "deck.cir:5: node nowhere, element r1: the node has this single connection."
      ])
    #expect(
      netlist.problems().map(\.description) == [
        "deck.cir:3: element d1: no model card named nosuch.",
        "deck.cir:4: element x1: no subcircuit named missing.",
        "deck.cir:6: element r2: no parameter named undefined.",
        "deck.cir:7: circuit: two elements are named r2. (the first stands in deck.cir:6)",
        "deck.cir:8: node lt, element c1: lt is a word of ngspice's expressions, not a node name.",
        "deck.cir:10: element b1: no voltage source named r1.",
        "deck.cir:10: element b1: no element touches node gone.",
        "deck.cir:12: subcircuit cell, parameter q: no parameter named zz.",
        "deck.cir:13: element r1 of subcircuit cell: a resistance of zero; connect the nodes or use a voltage source.",
        "deck.cir:15: model md, is: no parameter named yy.",
        "deck.cir:16: circuit: two models are named md. (the first stands in deck.cir:15)",
        "deck.cir:17: parameter loop: the parameter depends on itself.",
        "deck.cir:18: node absent: no element touches the node that is given a starting voltage.",
        "deck.cir:20: node alone, element c3: the node has this single connection.",
      ])
    #expect(netlist.place(ofModel: "MD")?.line == 15)
  }

  @Test func problemsOfAnalysesHaveTheirLines() throws {
    let text =
      "t\nv1 a 0 1\nr1 a 0 1\nvx b 0 external\n.dc v9 0 1 1 v8 0 1 -1\n.tran 1 -1\n.save v(a)\n.print tran v(zz)\n"
    let netlist = try NetlistReader().read(text: text, named: "d")
    #expect(
      netlist.problems().map(\.description) == [
        "d:4: element vx: external values: there is no point.",
        "d:5: analysis: no source named v9 to sweep.",
        "d:5: analysis: no source named v8 to sweep.",
        "d:5: analysis: the sweep needs finite ends and a step towards its stop.",
        "d:6: analysis: step, stop and maximum step must be positive.",
        "d:6: analysis: recording begins at or after 0 and before the end.",
        "d:8: saved signal v(zz): no element touches the node.",
      ])
  }
}
