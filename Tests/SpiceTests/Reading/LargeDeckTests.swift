import Spice
import Testing

/// Netlists as large as extracted ones, which nothing may take in time by the square of their size.
@Suite(.timeLimit(.minutes(3))) struct LargeDeckTests {
  @Test func ladderOfTwentyThousandStages() throws {
    let count = 20_000
    let stages = (0..<count).map { "r\($0) n\($0) n\($0 + 1) 1k\nc\($0) n\($0 + 1) 0 1f" }
    let netlist = try NetlistReader().read(
      text: "ladder\nv1 n0 0 1\n\(stages.joined(separator: "\n"))\n.save all @r1[i]\n.tran 1n 5n\n.end\n")
    #expect(netlist.problems() == [])
    // Every node, the source's current and the device's.
    #expect(netlist.saved.count == count + 3)
    let simulation = try #require(netlist.simulations.first)
    #expect(simulation.problems() == [])
    #expect(try NetlistWriter(dialect: .xyce).deck(simulation).lines.count > 2 * count)

    let variables = netlist.saved.map { RawFile.Variable(name: "\($0)", quantity: .voltage, real: [1]) }
    let plot = RawFile.Plot(name: "Operating Point", variables: variables)
    #expect(try RawFile(try RawFile([plot]).bytes(.ascii)).plots[0].variables.count == count + 3)
  }

  @Test func coupledInductorsAndInstances() throws {
    let count = 5000
    var lines = ["v1 n0 0 1"]
    lines += (0..<count).map { "l\($0) n\($0) n\($0 + 1) 1n" } + ["rend n\(count) 0 1"]
    lines += (1..<count).map { "k\($0) l\($0 - 1) l\($0) 0.1" }
    for cell in 0..<500 { lines += [".subckt s\(cell) a b w=1", "r1 a b {w}", ".ends"] }
    lines += (0..<count).map { "x\($0) n\($0) 0 s\($0 % 500) w=2" }
    let netlist = try NetlistReader().read(
      text: "coupled\n\(lines.joined(separator: "\n"))\n.op\n.end\n")
    #expect(netlist.problems() == [])
    #expect(try netlist.circuit.flattened().elements.count == 3 * count + 1)
  }

  @Test func longChainOfParameters() throws {
    let count = 5000
    let chain = (1..<count).map { ".param p\($0)={p\($0 - 1)}" }.joined(separator: "\n")
    let text = "chain\n.param p0=1\n\(chain)\nv1 a 0 1\nr1 a 0 {p\(count - 1)}\n.op\n.end\n"
    #expect(try NetlistReader().read(text: text).problems() == [])
    let closed = text.replacing(".param p0=1", with: ".param p0={p\(count - 1)}")
    let problems = try NetlistReader().read(text: closed).problems()
    #expect(problems.map(\.code) == [.recursion], "\(problems.prefix(2))")
  }
}
