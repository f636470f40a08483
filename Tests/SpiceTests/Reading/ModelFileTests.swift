import Spice
import TestSupport
import Testing

/// Model files as values.
@Suite struct ModelFileTests {
  /// The repository's directory.
  static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    .joined(separator: "/")

  private static let libraries = ["tessera45", "tessera22"].flatMap { name in
    ["tt", "ff", "ss"].map { "\(root)/models/transistors/\(name)/\(name)_\($0).lib" }
      + ["\(root)/models/transistors/\(name)/start.lib"]
  }

  /// Every assignment of the file, comments inside continued cards left out, against what was read.
  @Test(arguments: libraries) func everyParameterIsRead(path: String) throws {
    let text = try #require(contents(of: path))
    var expected: [[String]] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("*") {
      if line.hasPrefix(".model") { expected.append([]) }
      expected[expected.count - 1] += line.split(separator: " ").filter { $0.contains("=") }.map(String.init)
    }
    let file = try Include(path).contents()
    #expect(file.models.map(\.type) == ["nmos", "pmos"])
    #expect(file.subcircuits.isEmpty && file.parameters.isEmpty)
    #expect(expected.allSatisfy { $0.count > 100 })
    for (model, assignments) in zip(file.models, expected) {
      #expect(model.parameters.count == assignments.count)
      for (parameter, assignment) in zip(model.parameters, assignments) {
        let parts = assignment.split(separator: "=").map(String.init)
        #expect(parameter.name == parts[0])
        switch parameter.value {
        case .expression(let value): #expect(value == .constant(try #require(Double(parts[1]))))
        case .text(let text): #expect(text == parts[1] && parameter.name == "version")
        }
      }
    }
  }

  @Test func sectionsIncludesAndFunctions() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write(
      """
      * a library with sections
      .lib TT ; typical
      .param tox=2n vth = 0.4 $ both
      .func twice(x) {2*x}
      .include 'models.inc'
      .endl TT
      .lib FF
      .lib 'corner.lib' tt
      .model only_ff d (is=1f)
      .endl
      """, to: "corner.lib")
    _ = try directory.write(
      """
      .MODEL nch.1 NMOS level=14 version=4.80
      * in between

      + toxe={twice(tox)} vth0=vth
      .subckt Cell a b c
      + params: w=1 l={w*2}
      .param half=w/2
      .subckt inner p q
      r1 p q 1k
      .ends
      x1 a b inner
      m1 a b c 0 nch w={half} l=l
      .ends Cell
      """, to: "models.inc")
    let path = "\(directory.path)/corner.lib"
    let typical = try Include(path, section: "tt").contents()
    #expect(typical.parameters == [Parameter("tox", 2e-9), Parameter("vth", 0.4)])
    #expect(
      typical.models == [
        DeviceModel(
          "nch.1", type: "nmos",
          parameters: [
            Parameter("level", 14), Parameter("version", text: "4.80"),
            Parameter("toxe", 2 * Expression.parameter("tox")),
            Parameter("vth0", Expression.parameter("vth")),
          ])
      ])
    #expect(typical.subcircuits.map(\.name) == ["inner", "cell"])
    let cell = typical.subcircuits[1]
    #expect(cell.ports == ["a", "b", "c"])
    #expect(cell.parameters == [Parameter("w", 1), Parameter("l", Expression.parameter("w") * 2)])
    #expect(cell.localParameters == [Parameter("half", Expression.parameter("w") / 2)])
    #expect(cell.elements[0] == Element("x1", ["a", "b"], .instance(of: "inner")))
    #expect(
      cell.elements[1].parameters == [
        Parameter("w", Expression.parameter("half")), Parameter("l", Expression.parameter("l")),
      ])
    let fast = try Include(path, section: "ff").contents()
    #expect(fast.models.map(\.name) == ["nch.1", "only_ff"])

    let missing = #expect(throws: SpiceError.self) { try Include(path, section: "ss").contents() }
    #expect(missing?.code == .includeUnreadable)
    let pipe = #expect(throws: SpiceError.self) { try Include("/dev/null").contents() }
    #expect(pipe?.code == .includeUnreadable)
    #expect(pipe?.cause == "it is no regular file")
    let directoryError = #expect(throws: SpiceError.self) { try Include(directory.path).contents() }
    #expect(directoryError?.code == .includeUnreadable)
  }

  @Test func whatIsNoDefinitionHasItsLine() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("* two lines\n.model d1 d is=1e-14\n.tran 1n 1u\n", to: "m.lib")
    let error = #expect(throws: SpiceError.self) { try Include(path).contents() }
    #expect(error?.place == "\(path):3")
    #expect(error?.code == .unsupported)
  }
}
