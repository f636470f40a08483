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

  /// A default that names itself means the parameter around.
  @Test func defaultNamesTheOuterParameter() async throws {
    let text = """
      .param r=1k
      .subckt s a y r={r*2}
      ra a y {r}
      .ends
      v1 a 0 1
      x1 a b s
      r1 b 0 2k
      x2 a c s r=6k
      r2 c 0 2k
      """
    expect(try await voltages(text, ["b", "c"]), [0.5, 0.25])
    let netlist = try NetlistReader().read(text: "scopes\n\(text)\n.op\n.end\n")
    let flat = try #require(netlist.simulations.first).flattened()
    let waveforms = try await WorkerPool(workers: 1).run(flat).waveforms()
    #expect(abs(try waveforms.signal("v(c)").final - 0.25) < 1e-9)
  }

  /// Coupled inductors of several instances, and the currents in which they start, are those of one each.
  @Test func multipliedTransformers() async throws {
    let cell = """
      .subckt pair a b
      .subckt transformer a b
      l1 a n 1m ic=1m
      r1 n 0 1
      l2 b p 1m
      r2 p 0 1
      k1 l1 l2 0.4
      .ends
      """
    let source = "v1 s 0 sin(0 1 100k)\nrs s a 50\nrl b 0 10\n"
    func course(_ instances: String, _ top: String) async throws -> [Double] {
      let netlist = try NetlistReader().read(
        text: "t\n\(cell)\n\(instances)\n.ends\n\(source)\(top)\n.tran 20n 20u uic\n.end\n")
      #expect(netlist.problems() == [])
      let simulation = try #require(netlist.simulations.first)
      let pool = try WorkerPool(workers: 1)
      let waveforms = try await pool.run(simulation).waveforms()
      let flat = try await pool.run(simulation.flattened()).waveforms()
      return try [2e-6, 7e-6, 19e-6].flatMap { time in
        try [waveforms, flat].map { try $0.signal("v(b)").value(at: time) }
      }
    }
    let several = try await course("x1 a b transformer m=2", "x1 a b pair m=3")
    let written = try await course(
      "x1 a b transformer\nx2 a b transformer", "x1 a b pair\nx2 a b pair\nx3 a b pair")
    for (a, b) in zip(several, written) { #expect(abs(a - b) < 1e-5, "\(several) and \(written)") }
    #expect(written.contains { abs($0) > 1e-3 })
  }

  /// Multipliers count in subcircuits of included files too.
  @Test func multipliersInFiles() async throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write(
      ".subckt leaf a\nr1 a 0 12k\n.ends\n.subckt two a\nx1 a leaf m=2\n.ends\n", to: "cells.inc")
    let path = try directory.write(
      "t\n.include cells.inc\nv1 a 0 1\nr1 a b 1k\nx1 b two m=6\n.op\n.end\n", to: "d.cir")
    let netlist = try NetlistReader().read(path)
    #expect(netlist.problems() == [] && netlist.files.count == 1)
    let simulation = try #require(netlist.simulations.first)
    let waveforms = try await WorkerPool(workers: 1).run(simulation).waveforms()
    #expect(abs(try waveforms.signal("v(b)").final - 0.5) < 1e-9)
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
    #expect(again.sources.map(\.content) == netlist.sources.map(\.content))
    #expect(throws: SpiceError.self) { try NetlistReader().read(path) }
  }
}
