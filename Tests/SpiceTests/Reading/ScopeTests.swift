import Spice
import TestSupport
import Testing

/// What names mean in netlists that others write, compared with the closed form of their dividers.
@Suite(.requiresNgspice) struct ScopeTests {
  private func voltages(_ text: String, _ nodes: [String]) async throws -> [Double] {
    let netlist = try NetlistReader().read(text: "scopes\n\(text)\n.op\n.end\n")
    #expect(netlist.problems() == [])
    let simulation = try #require(netlist.simulations.first)
    let waveforms = try await WorkerPool(workers: 1).run(simulation).waveforms()
    return try nodes.map { try waveforms.signal("v(\($0))").final }
  }

  private func expect(_ found: [Double], _ expected: [Double]) {
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(found) and \(expected)")
  }

  /// A subcircuit inside another sees the parameters around it, passed on through those between.
  @Test func innerSubcircuitSeesTheOuterParameters() async throws {
    let text = """
      .subckt s a y r=1k
      .subckt between p q
      .subckt inner p q
      rp p q {r}
      .ends
      x1 p q inner
      .ends
      x1 a y between
      rq y 0 1k
      .ends
      v1 a 0 1
      x1 a o1 s
      x2 a o2 s r=3k
      """
    expect(try await voltages(text, ["o1", "o2"]), [0.5, 0.25])
    // Passed by name, they are plain in every dialect.
    let netlist = try NetlistReader().read(text: "scopes\n\(text)\n.op\n.end\n")
    let inner = try #require(netlist.circuit.subcircuits.first { $0.name.hasSuffix("inner") })
    #expect(inner.parameters.map(\.name) == ["r"])
  }

  @Test func unusedSubcircuitMayReferToWhatIsNotThere() async throws {
    let text = """
      .subckt unused a b
      m1 a b 0 0 nomodel
      r1 a b {nothing}
      x1 a b nosub
      .ends
      .subckt cell a b nc
      r1 a b 1k
      r2 a nc 1k
      .ends
      v1 a 0 1
      x1 a b open cell
      r1 b 0 1k
      r2 b c 1k
      """
    expect(try await voltages(text, ["b", "c", "open"]), [0.5, 0.5, 1])
  }

  /// ngspice loses a sign that stands first in a branch of a choice.
  @Test func signsInChoices() async throws {
    let text = """
      .param p=1.5
      v1 a 0 {p<2 ? (-p) : 1}
      v2 b 0 {p>2 ? 1 : (-p)}
      v3 c 0 {p<2 ? (-(p>1 ? 2 : 3)) : 4}
      v4 d 0 {p<2 ? (-p+1) : 1}
      v5 e 0 {p<2 ? -1 : 1}
      v6 f 0 {0.5**-1**2}
      b7 g 0 v=temper || 0
      r1 a b 1
      r2 c d 1
      r3 e f 1
      r4 g 0 1
      """
    expect(
      try await voltages(text, ["a", "b", "c", "d", "e", "f", "g"]), [-1.5, -1.5, -2, -0.5, -1, 4, 1])
  }

  /// Multipliers count on every level, through subcircuits that are defined inside others too.
  @Test func multipliersOfAllLevels() async throws {
    let text = """
      .subckt pair a
      .subckt unit a
      r1 a 0 12k m=2
      .ends
      x1 a unit m=3
      .ends
      v1 a 0 1
      r1 a b 1k
      x1 b pair m=2
      """
    // 12 resistors of 12 kOhm.
    expect(try await voltages(text, ["b"]), [0.5])
  }

  @Test func savedAllKeepsWhatIsNamedBesides() throws {
    let netlist = try NetlistReader().read(
      text: """
        saved
        .subckt s a b
        r1 a m 1k
        r2 m b 1k
        .ends
        v1 a 0 1
        x1 a 0 s
        .save v(x1.m) @r.x1.r1[i] all
        .op
        .end

        """)
    #expect(netlist.saved == ["v(a)", "i(v1)", "v(x1.m)", "@r.x1.r1[i]"])
    #expect(netlist.problems() == [])
  }

  @Test(arguments: [".dc v1 0 1 0.5 v2 0 1 1e-9", ".dc v1 0 1 1e-12"])
  func sweepsHaveABound(card: String) throws {
    let netlist = try NetlistReader().read(
      text: "sweep\nv1 a 0 1\nv2 b 0 1\nr1 a b 1\n\(card)\n.end\n", named: "deck.cir")
    let problems = netlist.problems()
    #expect(problems.count == 1 && problems.first?.place == "deck.cir:5: analysis", "\(problems)")
  }
}

/// Simulators read what was looked through.
@Suite(.requiresNgspice) struct IncludeCopyTests {
  private static let deck = """
    copies
    .param scale=2
    .include 'parts.inc'
    .lib 'my parts.lib' tt
    v1 in 0 1
    r1 in out {rtop*scale}
    x1 out half
    .op
    .end

    """

  /// The directory's name is one that ngspice would take apart.
  private func written() throws -> (directory: TemporaryDirectory, path: String) {
    let directory = try TemporaryDirectory(named: "a dir; $with")
    _ = try directory.write(".param rtop=1k\n", to: "parts.inc")
    _ = try directory.write(
      ".lib ff\n.subckt half a\nr1 a 0 1\n.ends\n.endl\n.lib tt\n.subckt half a\nr1 a 0 2k\n.ends\n.endl\n",
      to: "lib.lib")
    return (directory, try directory.write(Self.deck.replacing("my parts.lib", with: "lib.lib"), to: "d.cir"))
  }

  private func out(_ netlist: Netlist) async throws -> Double {
    let simulation = try #require(netlist.simulations.first)
    return try await WorkerPool(workers: 1).run(simulation).waveforms().signal("v(out)").final
  }

  @Test func filesMayChangeAfterwards() async throws {
    let (directory, path) = try written()
    let copies = try TemporaryDirectory()
    let netlist = try NetlistReader().read(path)
    let copied = try netlist.copyingIncludes(to: copies.path)
    #expect(copied.problems() == [])
    #expect(abs(try await out(copied) - 0.5) < 1e-9)

    _ = try directory.write(".param rtop=9k\n.control\nshell touch gone\n.endc\n", to: "parts.inc")
    _ = try directory.write("nonsense\nz1 gibberish\n", to: "d.cir")
    #expect(abs(try await out(copied) - 0.5) < 1e-9)
    var reader = NetlistReader()
    reader.parameterValues["scale"] = 4
    var again = try reader.reread(copied)
    again.circuit.includes = copied.circuit.includes
    #expect(abs(try await out(again) - 1.0 / 3) < 1e-9)
    #expect(again.content == netlist.content)
    #expect(throws: SpiceError.self) { try NetlistReader().read(path) }
  }
}
