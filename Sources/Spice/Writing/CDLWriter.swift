/// Writes the structure of a circuit in the circuit description language of layout comparison.
///
/// The top level becomes a cell. Its independent sources are the world outside: they are left out and the
/// nodes that they touch are the cell's pins. Elements that a layout has no device for become instances of
/// empty cells. Values are numbers: a subcircuit that instances give different parameters is written once for
/// each set of them.
struct CDLWriter {
  let circuit: Circuit
  var builder = DeckBuilder()
  /// What CDL cannot carry.
  var problems: [SpiceError] = []
  /// The cells that have been named, by subcircuit and parameters.
  private var cells: [CellKey: String] = [:]
  /// The empty cells, by what they are.
  private var boxes: [String: String] = [:]
  private var cellNames: Set<String>

  private struct CellKey: Hashable {
    var subcircuit: String
    var values: [String: Double]
  }

  /// A writer of a circuit.
  init(_ circuit: Circuit) {
    self.circuit = circuit
    cellNames = Set(circuit.subcircuits.map(\.name))
    problems = circuit.options.filter { Circuit.geometricOptions.contains($0.name) }.map {
      .notExpressible(option: $0.name, .cdl)
    }
  }

  /// Renders the circuit.
  mutating func deck() -> Deck {
    let title = circuit.title.split(whereSeparator: \.isNewline).joined(separator: " ")
    builder.add("* \(title)", .title)
    let globals = globalNodes()
    if !globals.isEmpty {
      builder.add("*.GLOBAL " + globals.map(\.name).joined(separator: " "), .globalNodes)
    }
    let outside = circuit.elements.filter(\.isIndependentSource)
    var pins: [Node] = []
    for node in outside.flatMap(\.nodes) where !pins.contains(node) { pins.append(node) }
    let name = unused(Self.word(title))
    write(
      name, pins: pins, circuit.elements.filter { !$0.isIndependentSource }, sources: circuit.elements,
      circuit.parameterValues, subcircuit: nil)
    return Deck(lines: builder.lines)
  }

  // MARK: cells

  /// Writes a cell after those that it has instances of.
  private mutating func write(
    _ name: String, pins: [Node], _ elements: [Element], sources: [Element],
    _ values: [String: Double], subcircuit: String?
  ) {
    var lines: [(text: String, origin: Deck.Origin)] = []
    for element in elements {
      let origin = Deck.Origin.element(element.name, subcircuit: subcircuit)
      for line in text(of: element, among: sources, values) { lines.append((line, origin)) }
    }
    let origin = Deck.Origin.subcircuit(subcircuit ?? name)
    writeHead(name, pins.map(\.name), origin)
    for line in lines { builder.add(line.text, line.text.hasPrefix("*") ? .comment : line.origin) }
    builder.add(".ENDS \(name)", origin)
  }

  private mutating func writeHead(_ name: String, _ pins: [String], _ origin: Deck.Origin) {
    builder.add(([".SUBCKT", name] + pins).joined(separator: " "), origin)
    var line = "*.PININFO"
    for pin in pins {
      if line.utf8.count + pin.utf8.count > 97 {
        builder.add(line, .comment)
        line = "*.PININFO"
      }
      line += " \(pin):B"
    }
    if !pins.isEmpty { builder.add(line, .comment) }
  }

  /// The cell of a subcircuit with an instance's parameters, written if it is not there yet.
  mutating func cell(of element: Element, _ subcircuit: Subcircuit, _ outer: [String: Double]) -> String {
    var scope = circuit
    for parameter in subcircuit.parameters {
      // An instance's value is of the scope around it, a default of the circuit's parameters.
      let given = element[parameter: parameter.name].flatMap { $0.value { outer[$0] } }
      scope.parameters.removeAll { $0.name == parameter.name }
      scope.parameters.append(given.map { Parameter(parameter.name, $0) } ?? parameter)
    }
    let local = Set(subcircuit.localParameters.map(\.name))
    scope.parameters.removeAll { local.contains($0.name) }
    scope.parameters += subcircuit.localParameters
    let values = scope.parameterValues
    let names = Set(subcircuit.parameters.map(\.name))
    let key = CellKey(subcircuit: subcircuit.name, values: values.filter { names.contains($0.key) })
    if let known = cells[key] { return known }
    let isFirst = !cells.keys.contains { $0.subcircuit == subcircuit.name }
    let name = isFirst ? subcircuit.name : unused(subcircuit.name)
    cells[key] = name
    write(
      name, pins: subcircuit.ports, subcircuit.elements, sources: subcircuit.elements, values,
      subcircuit: subcircuit.name)
    return name
  }

  /// The empty cell for an element, written if it is not there yet.
  ///
  /// - Parameters:
  ///   - name: The element's name, for the cell of a new meaning.
  ///   - meaning: What it does, in terms of its pins `p1`, `p2` and so on.
  mutating func box(_ name: String, pins: Int, meaning: String) -> String {
    if let known = boxes["\(pins) \(meaning)"] { return known }
    let cell = unused("box_\(name)")
    boxes["\(pins) \(meaning)"] = cell
    builder.add("* empty cell: \(meaning)", .comment)
    let origin = Deck.Origin.subcircuit(cell)
    writeHead(cell, (1...Swift.max(pins, 1)).map { "p\($0)" }, origin)
    builder.add(".ENDS \(cell)", origin)
    return cell
  }

  // MARK: names

  private mutating func unused(_ wanted: String) -> String {
    var name = wanted
    var number = 0
    while !cellNames.insert(name).inserted {
      number += 1
      name = "\(wanted)_\(number)"
    }
    return name
  }

  /// A text as one word.
  private static func word(_ text: String) -> String {
    let words = text.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
    let name = words.joined(separator: "_")
    return name.first?.isLetter == true ? name : "top\(name.isEmpty ? "" : "_")\(name)"
  }

  /// The nodes that subcircuits reach without a port: ground where they use it, and the circuit's own.
  private func globalNodes() -> [Node] {
    let reachesGround = circuit.subcircuits.contains { subcircuit in
      !subcircuit.ports.contains(.ground) && subcircuit.elements.contains { $0.nodes.contains(.ground) }
    }
    return (reachesGround ? [.ground] : []) + circuit.globalNodes
  }
}

extension Element {
  /// Whether it is an independent source.
  var isIndependentSource: Bool { device.waveform != nil }
}
