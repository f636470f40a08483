import Spice
import TestSupport
import Testing

/// Decks that are wrong in any way are read or refused, in reasonable time, and never end the program.
@Suite(.timeLimit(.minutes(10))) struct MutationTests {
  /// A deck with everything that the reader knows.
  static let deck = """
    everything at once
    .options reltol=1e-4 method=gear noopiter temp=50
    .param a=1k b={a*2} c='sqrt(b)+1meg'
    .param f(x,y)={x*y+limit(x,0,1)}
    .func g(x) {f(x,2)**2 + (x > 1 ? ln(x) : pwl(x,0,0,1,1))}
    .global vdd!
    .model nm nmos (level=1 vto=0.5 kp=100u)
    .model dx d(is=1f n=1.05)
    .model sm sw vt=0.5 ron=1 roff=1g
    .model wm csw(it=1m)
    .subckt amp in+ in- out params: gain=10 w={a/1k}
    .param half = gain/2
    .model dx d is=2f
    .subckt inner p q
    r1 p q 1k tc=1m,2m
    d1 p q dx 2 off
    .ends inner
    x1 in+ in- inner
    e1 out 0 poly(2) in+ 0 in- 0 0 {half} -5 1 2 3
    .ends
    * tessera: window 1n 2n 1p
    *# maximumstep 1n
    * tessera: external vx
    * tessera: stop after=1n holding=1p |v(1,2)|>0.5 v(2)<1
    v1 1 0 dc 1 ac 1 90 pulse(0 1 1n 1n 1n 5n 20n)
    v2 2 0 sin(0 1 1meg) ; comment
    v3 3 0 exp 0 1 1n 2n 3n 4n $ comment
    vx 4 0 pwl(0 0
    * in between

    + 1n 1, 2n 0)
    i1 0 1 dc 1u trnoise(1u 1p 0 0)
    r1 1 2 {a} m=2
    c1 2 0 1p ic=0.5
    l1 2 3 1u
    l2 3 4 1u
    k1 l1 l2 0.9
    b1 5 0 v=g(v(1,2))*i(v1)+time*temper-{b}
    g1 5 0 cur='v(1)>0.5 && !(v(2)<1) || v(3)!=2 ? 1 : 0'
    e2 6 0 table {v(1)} = (0,0) (1,2) (3,3)
    e3 6 5 vcvs 1 0 10
    f1 5 0 v1 2
    h1 7 0 poly(1) v1 0 1 2
    s1 1 2 3 0 sm on
    w1 1 2 v1 wm
    t1 1 0 2 0 z0=50 f=1g nl=0.25
    q1 1 2 3 0 qm 2
    .model qm npn bf=100
    j1 1 2 3 jm
    .model jm njf
    m1 1 2 3 0 nm w={a*1n} l=1u ad=1p ic=0,1,2
    xa 1 2 vdd! amp gain={b/a}
    .ic v(1)=0 v(2)={a}
    .nodeset v(3)=1
    .tran 1n 1u 0 10n uic
    .dc v1 0 1 0.1 v2 0 1 0.5
    .ac dec 10 1 1g
    .op
    .save v(1) i(v1) @m1[id]
    .print tran v(2,3) vdb(4)
    .meas tran tp trig v(1) val=0.5 rise=1 targ v(2) val=0.5 fall=1
    .temp 27
    .end

    """

  /// Texts to change: the deck above and some random ones.
  private static let texts: [[UInt8]] =
    [Array(deck.utf8)]
    + (0..<6).map { seed in
      var random = RandomSimulation(seed: UInt64(seed), includes: [Include("none.lib", section: "tt")])
      return Array(NgspiceWriter().deck(random.make()).text.utf8)
    }

  private static let words = [
    "(", ")", "{", "}", "'", "\"", "=", ",", "+", "-", "*", "**", "?", ":", "!", ".subckt x a\n", ".ends\n",
    ".lib tt\n", ".endl\n", ".include \"deck.cir\"\n", "poly(3)", "pulse(", "\n+ ", "\n*# ", "1e999999999",
    "99999999999999999999", "-", ".param p={p}\n", ".func h(x) {h(x)}\n", "\r", "\0", "\u{FF}", "v(", "i(",
    "table", ".model", "\\\\\n", "$ ", ";", "//", "~/x", "`ls`", "e", ".", "1.2.3", "a", "mil", "4k7",
  ].map { Array($0.utf8) }

  private static func changed(_ text: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    var bytes = text
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.removeSubrange(place...)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
      case 4, 5: bytes.insert(contentsOf: words[Int.random(in: 0..<words.count, using: &random)], at: place)
      case 6:
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        lines.remove(at: Int.random(in: 0..<lines.count, using: &random))
        bytes = Array(lines.joined(separator: [10]))
      default:
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        let line = lines[Int.random(in: 0..<lines.count, using: &random)]
        lines.insert(line, at: Int.random(in: 0..<lines.count, using: &random))
        bytes = Array(lines.joined(separator: [10]))
      }
    }
    return bytes
  }

  @Test func unchangedDeck() throws {
    let netlist = try NetlistReader().read(text: Self.deck)
    #expect(netlist.problems() == [])
    #expect(netlist.runs.count == 6)
  }

  /// Forty thousand changed decks: each is read, or an error says where it is wrong.
  @Test(arguments: 0..<20) func changedDecks(block: Int) throws {
    var random = SplitMix(state: UInt64(block))
    var read = 0
    var refused = 0
    for number in 0..<2000 {
      let bytes = Self.changed(Self.texts[number % Self.texts.count], &random)
      let (netlist, errors) = try NetlistReader().examine(bytes, named: "deck", directory: "")
      if errors.isEmpty {
        read += 1
        // Whatever is read can be checked and written, and is then read as the same.
        _ = netlist.problems()
        for simulation in netlist.unresolvedSimulations.prefix(2) {
          _ = NgspiceWriter().deck(simulation).text
        }
      } else {
        refused += 1
        #expect(errors.allSatisfy { !$0.place.isEmpty && !$0.message.isEmpty })
      }
    }
    #expect(read > 50 && refused > 50)
  }

  @Test(arguments: [
    String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000),
    String(repeating: "-", count: 100_000) + "1", String(repeating: "!", count: 100_000) + "1",
    String(repeating: "{", count: 50_000) + String(repeating: "}", count: 50_000),
    "1" + String(repeating: "+1", count: 100_000), "1" + String(repeating: "**1", count: 100_000),
    String(repeating: "1?1:", count: 100_000) + "1", String(repeating: "sqrt(", count: 100_000),
    "1" + String(repeating: "%2", count: 1000),
    String(repeating: "int(", count: 150) + "1" + String(repeating: ")", count: 150),
    String(repeating: "sqr(", count: 150) + "1" + String(repeating: ")", count: 150),
  ])
  func deepExpressions(text: String) {
    let error = #expect(throws: SpiceError.self) {
      try NetlistReader().read(text: "deep\nb1 a 0 v=\(text)\n.end\n")
    }
    #expect(error?.place == "deck:2")
  }

  /// Functions that call each other twice would have trees of 2^60 parts.
  @Test func functionsThatDouble() {
    let functions = (1...60).map { ".func f\($0)(x) {f\($0 - 1)(x)+f\($0 - 1)(x)}" }
    let text = "doubling\n.func f0(x) {x}\n\(functions.joined(separator: "\n"))\nb1 a 0 v=f40(1)\n"
    #expect(throws: SpiceError.self) { try NetlistReader().read(text: text) }
  }

  /// So would parameters, subcircuits and includes.
  @Test func otherThingsThatDouble() throws {
    let parameters = (1...5000).map { ".param p\($0)={p\($0 - 1)+p\($0 - 1)}" }.joined(separator: "\n")
    #expect(throws: SpiceError.self) {
      try NetlistReader().read(text: "t\n.param p0=1\n\(parameters)\n.tran {p5000} 1\n")
    }
    let small = try NetlistReader().read(text: "t\n.param p0=1\n\(parameters)\nv1 a 0 1\n.tran {p40} 1e15\n")
    #expect(small.analyses.first != nil)

    let cells = (1...60).map { ".subckt s\($0) a\nx1 a s\($0 - 1)\nx2 a s\($0 - 1)\n.ends" }
    let deck =
      "t\n.subckt s0 a\nr1 a 0 1\n.ends\n\(cells.joined(separator: "\n"))\nv1 a 0 1\nx1 a s60\n.tran 1n 1u\n"
    let problems = try NetlistReader().read(text: deck).problems()
    #expect(problems.map(\.code) == [.invalidValue])

    let directory = try TemporaryDirectory()
    for level in 0..<30 {
      let line = ".include i\(level + 1).lib\n"
      _ = try directory.write(line + line, to: "i\(level).lib")
    }
    _ = try directory.write(".param x=1\n", to: "i30.lib")
    let path = try directory.write("t\n.include i0.lib\n.end\n", to: "deck.cir")
    #expect(throws: SpiceError.self) { try NetlistReader().read(path) }
    _ = try directory.write("* itself\n.include i0.lib\n", to: "i0.lib")
    #expect(throws: SpiceError.self) { try NetlistReader().read(path) }
  }

  @Test func deepSubcircuitsAndLongLines() throws {
    let deep = (0..<2000).map { ".subckt s\($0) a" }.joined(separator: "\n")
    #expect(throws: SpiceError.self) { try NetlistReader().read(text: "t\n\(deep)\n") }
    let points = (0..<200_000).map { "\($0) \($0 % 7)" }.joined(separator: "\n+ ")
    let netlist = try NetlistReader().read(text: "t\nv1 a 0 pwl(\(points))\nr1 a 0 1\n.op\n")
    #expect(netlist.problems().isEmpty)
    let chain = (0..<20_000).map { "r\($0) n\($0) n\($0 + 1) 1" }.joined(separator: "\n")
    let ladder = try NetlistReader().read(text: "t\nv1 n0 0 1\n\(chain)\nrend n20000 0 1\n.op\n")
    #expect(ladder.problems().isEmpty)
  }
}
