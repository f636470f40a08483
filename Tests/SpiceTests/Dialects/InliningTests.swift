import Spice
import TestSupport
import Testing

/// Model files written into decks: what is used, all of it, and nothing else.
@Suite struct InliningTests {
  private let library = """
    * two transistors in bins, one wrapped in a subcircuit, parameters that depend on each other
    .param base=0.3 shift={base*2} unused=1
    .model nch.1 nmos level=54 version=4.8.2 vth0={shift-base} lmin=1e-8 lmax=1e-7 wmin=1e-8 wmax=1e-3
    .model nch.2 nmos level=54 version=4.8.2 vth0={base} lmin=1e-7 lmax=1e-5 wmin=1e-8 wmax=1e-3
    .model other nmos level=54
    .model inner pmos level=54 version=4.8.2
    .subckt wrapped d g s b w=1e-6
    m1 d g s b inner w={w} l=1e-7
    .ends
    .subckt alone a b
    r1 a b 1
    .ends
    """

  private func simulation(_ directory: TemporaryDirectory) throws -> Simulation {
    var circuit = Circuit(title: "from a file")
    circuit.includes = [Include(try directory.write(library, to: "models.lib"))]
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1))
    circuit.mosfet(
      "m1", drain: "vdd", gate: "vdd", source: "s", bulk: .ground, model: "nch", width: 1e-6, length: 5e-8)
    circuit.instance("x1", ["s", "s", "vdd", "vdd"], of: "wrapped", parameters: [Parameter("w", 2e-6)])
    circuit.resistor("r1", "s", .ground, 1e4)
    return Simulation(circuit, .transient(step: 1e-12, stop: 1e-10, maximumStep: 1e-12), saving: ["v(s)"])
  }

  @Test(arguments: [Dialect.xyce, .hspice, .spectre, .ltspice])
  func whatIsUsedIsThere(dialect: Dialect) throws {
    let directory = try TemporaryDirectory()
    let text = try NetlistWriter(dialect: dialect).deck(simulation(directory)).text
    for word in ["include", ".lib", "other", "alone", "unused"] { #expect(!text.contains(word), "\(word)") }
    for word in ["wrapped", "inner", "shift", "base"] { #expect(text.contains(word), "\(word)") }
    if dialect == .spectre {
      let group = text.split(separator: "\n").drop { !$0.hasPrefix("model nch") }.prefix(4)
      #expect(
        group.elementsEqual([
          "model nch bsim4 {",
          "1: type=n version=4.82 vth0=(shift-base) lmin=1e-8 lmax=1e-7 wmin=1e-8 wmax=1e-3",
          "2: type=n version=4.82 vth0=base lmin=1e-7 lmax=1e-5 wmin=1e-8 wmax=1e-3", "}",
        ]), "\(group)")
    } else {
      #expect(text.contains(".model nch.1 ") && text.contains(".model nch.2 "))
    }
  }

  /// ngspice keeps the file unless it is asked to inline; either way it computes the same.
  @Test(.requiresNgspice, .requiresChecker(.ngspice)) func ngspiceEitherWay() throws {
    let directory = try TemporaryDirectory()
    let simulation = try simulation(directory)
    let plain = try NetlistWriter(dialect: .ngspice).deck(simulation).text
    #expect(plain.contains(".include") && !plain.contains(".model"))
    let inlined = try NetlistWriter(dialect: .ngspice, inlinesModels: true).deck(simulation).text
    #expect(!inlined.contains(".include"))
    let values = try [plain, inlined].map { try OutsideRun(ngspice: $0).columns.last?.last ?? 0 }
    #expect(values[0] == values[1] && values[0] > 0.1, "\(values)")
  }
}
