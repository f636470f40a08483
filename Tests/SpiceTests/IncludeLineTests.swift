import Spice
import Testing

/// ngspice reads included files before it joins continuation lines.
@Test func includeOfALongPathStaysOnOneLine() {
  let path = "/" + String(repeating: "a directory/", count: 12) + "card.lib"
  var circuit = Circuit(title: "long path")
  circuit.includes = [Include(path), Include(path, section: "tt")]
  let lines = NgspiceWriter().deck(Simulation(circuit, .operatingPoint)).text.split(separator: "\n")
  #expect(lines.contains(".include \"\(path)\""))
  #expect(lines.contains(".lib \"\(path)\" tt"))
}
