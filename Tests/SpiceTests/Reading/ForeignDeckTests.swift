import Glibc
import Spice
import TestSupport
import Testing

/// What decks by others must not reach.
@Suite struct ForeignDeckTests {
  /// A directory of a deck with another one beside it, both removed with the value.
  private struct Place {
    let outside: TemporaryDirectory
    let inside: TemporaryDirectory

    init() throws {
      outside = try TemporaryDirectory()
      inside = try TemporaryDirectory()
      _ = try outside.write(".model mo nmos level=1\n", to: "models.lib")
    }

    /// Reads a deck with some lines in it.
    func read(_ lines: String, allowing directories: [String] = []) throws -> Netlist {
      let path = try inside.write("deck\n\(lines)\nv1 a 0 1\nr1 a 0 1\n.op\n.end\n", to: "deck.cir")
      return try NetlistReader(allowedDirectories: directories).read(path)
    }

    func expect(
      _ code: SpiceError.Code, _ lines: String, containing text: String = "",
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let error = #expect(throws: SpiceError.self, sourceLocation: sourceLocation) { try read(lines) }
      #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
      #expect(
        text.isEmpty || error?.description.contains(text) == true, "\(String(describing: error))",
        sourceLocation: sourceLocation)
    }
  }

  @Test func filesOutsideTheDirectory() throws {
    let place = try Place()
    let (outside, inside) = (place.outside.path, place.inside.path)
    let name = String(outside.split(separator: "/").last ?? "")
    #expect(symlink("\(outside)/models.lib", "\(inside)/link.lib") == 0)
    #expect(symlink(outside, "\(inside)/folder") == 0)
    #expect(symlink("link.lib", "\(inside)/second.lib") == 0)
    for path in [
      "\(outside)/models.lib", "../\(name)/models.lib", "link.lib", "second.lib", "folder/models.lib",
      "/etc/passwd",
    ] {
      try place.expect(.refused, ".include \(path)", containing: "--allow-directory")
      try place.expect(.refused, ".lib '\(path)' tt", containing: "outside the deck's directory")
      let allowed = path == "/etc/passwd" ? nil : try place.read(".include \(path)", allowing: [outside])
      #expect(allowed?.circuit.includes.map(\.path) != [])
    }
    // Through another file.
    _ = try place.inside.write("* fine\n.include \(outside)/models.lib\n", to: "inner.lib")
    try place.expect(.refused, ".include inner.lib", containing: "\(inside)/inner.lib:2")
    _ = try place.inside.write(
      ".lib tt\n.param x=1\n.endl\n.lib ff\n.inc link.lib\n.endl\n", to: "sections.lib")
    // ngspice opens includes of sections that it does not want, too.
    try place.expect(.refused, ".lib sections.lib tt", containing: "\(inside)/sections.lib:5")
    unlink("\(inside)/folder")
  }

  @Test func commandsInModelFiles() throws {
    let place = try Place()
    let dangers = [
      ".control\nshell touch \(place.inside.path)/trace\n.endc", ".CONTROL", "  .control", "\t.Control foo",
      ".con\rtrol", "*# shell touch trace", "*#x", "  *# x", "*ng_script", "@",
      "v1 a 0 pwl file=\"/etc/passwd\"",
      ".model f filesource (file=\"/etc/passwd\")",
      "a1 %v [a] f\n.model f d_source (input_file = \"x\")\nr1 a 0 1 FILE =x",
      ".param x=`ls`", "r1 a 0 1\u{1}", ".lib /etc/passwd tt", ".incl x", ".include ~/x", ".include x;y//z",
    ]
    for danger in dangers {
      _ = try place.inside.write(".param x=1\n.subckt s a\n\(danger)\n.ends\n", to: "m.lib")
      let error = #expect(throws: SpiceError.self, "\(danger)") { try place.read(".include m.lib") }
      #expect(
        error?.code == .refused || error?.code == .includeUnreadable,
        "\(danger): \(String(describing: error))")
      // In a section that nobody wants it would run as well.
      _ = try place.inside.write(".lib tt\n.param x=1\n.endl\n.lib ff\n\(danger)\n.endl\n", to: "m.lib")
      if danger.hasPrefix(".lib") { continue }
      #expect(throws: SpiceError.self, "\(danger)") { try place.read(".lib m.lib tt") }
    }
    // What is no definition is read as part of the deck, or not at all.
    for card in [
      ".csparam x=1", ".exec ls", ".hdl x", ".noise v(a) v1 dec 1 1 1", "a1 a b c", ".if (1)\n.foo\n.endif",
    ] {
      _ = try place.inside.write("\(card)\n", to: "m.lib")
      #expect(throws: SpiceError.self, "\(card)") { try place.read(".include m.lib") }
    }
    #expect(access("\(place.inside.path)/trace", F_OK) != 0)
  }

  @Test func filesThatAreNoFiles() throws {
    let place = try Place()
    let inside = place.inside.path
    #expect(mkfifo("\(inside)/pipe.lib", 0o600) == 0)
    #expect(symlink("/dev/zero", "\(inside)/zero.lib") == 0)
    #expect(symlink("loop.lib", "\(inside)/loop.lib") == 0)
    try place.expect(.includeUnreadable, ".include pipe.lib", containing: "no regular file")
    try place.expect(.includeUnreadable, ".include .", containing: "cannot be read")
    try place.expect(.refused, ".include zero.lib")
    try place.expect(.includeUnreadable, ".include loop.lib", containing: "not there")
    let descriptor = open("\(inside)/huge.lib", O_WRONLY | O_CREAT, 0o600)
    #expect(ftruncate(descriptor, 65 << 20) == 0)
    close(descriptor)
    try place.expect(.includeUnreadable, ".include huge.lib", containing: "64 MiB")
  }

  /// A first line that ngspice would take for a card.
  @Test(arguments: [
    ".include /etc/passwd", " .INCLUDE x", ".lib x y", ".control", "*ng_script", "@", ".endc",
  ])
  func titlesThatAreNone(title: String) throws {
    let netlist = try NetlistReader().read(text: "\(title)\nv1 a 0 1\nr1 a 0 1\n.op\n")
    #expect(netlist.problems().map(\.code) == [.invalidName])
    #expect(netlist.problems().first?.place == "deck:1: title")
  }

  /// What defines things alone is left to ngspice; what does more becomes part of the deck, with its own lines.
  @Test func whichFilesStay() throws {
    let place = try Place()
    _ = try place.inside.write(
      ".param p=2\n.func f(x) {p*x}\n.model mi nmos level=1\n.subckt cell a b w=1\nr1 a b {w}\n.if (p>1)\n.endif\n.ends\n",
      to: "defs.lib")
    _ = try place.inside.write("* elements\nr7 a 0 1k\n.ic v(a)=0\n.include defs.lib\n", to: "part.inc")
    let kept = try place.read(
      ".include \"defs.lib\"\nx1 a 0 cell w={f(2)}\nm1 a a 0 0 mi w=p\n.tran 1n {p*1u}")
    #expect(kept.circuit.includes == [Include("defs.lib")])
    #expect(kept.resolvedCircuit.includes == [Include("\(place.inside.path)/defs.lib")])
    #expect(kept.problems() == [])
    #expect(kept.circuit.elements[0].parameters == [Parameter("w", Expression.parameter("p") * 2)])
    guard case .transient(let transient) = kept.analyses[0] else { return }
    #expect(transient.stop == 2 * 1e-6)

    let error = #expect(throws: SpiceError.self) { try place.read(".include part.inc") }
    // defs.lib is part of the deck then, where a conditional cannot be carried.
    #expect(error?.place == "\(place.inside.path)/defs.lib:6")
    _ = try place.inside.write("* elements\nr7 a 0 1k\n.ic v(a)=0\n", to: "part.inc")
    let inlined = try place.read(".include part.inc")
    #expect(inlined.circuit.includes.isEmpty)
    #expect(inlined.circuit.elements[0].name == "r7")
    #expect(inlined.place(ofElement: "r7") == DeckPlace(file: "\(place.inside.path)/part.inc", line: 2))
    #expect(inlined.circuit.initialConditions == ["a": 0])
  }

  /// The worker runs what was read, with the model file that was looked through.
  @Test(.requiresNgspice) func includedModelsRun() async throws {
    let place = try Place()
    _ = try place.inside.write(".lib TT\n.model mi nmos level=1 vto=0.5 kp=1m\n.endl\n", to: "m.lib")
    let netlist = try place.read("m1 a a 0 0 mi w=1u l=1u\n.lib m.lib TT")
    let waves = try await WorkerPool(workers: 1).run(netlist.simulations[0]).waveforms()
    #expect(abs(try waves.signal("i(v1)").final + (1 + 0.5e-3 * 0.25)) < 1e-9)
  }
}
