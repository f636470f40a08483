/// A netlist as text, each line with the part of the circuit that it came from.
public struct Deck: Sendable, Hashable {
  /// The logical lines in order.
  public let lines: [Line]

  /// One logical line; a long one is continued over several physical lines, the later ones starting with `+`.
  public struct Line: Sendable, Hashable {
    /// The physical lines.
    public let physical: [String]
    /// What the line says.
    public let origin: Origin
    /// The number of its first physical line, from 1.
    public let number: Int

    /// The words on one line, without continuation marks.
    public var text: String {
      physical.enumerated().map { $0.offset == 0 ? $0.element : String($0.element.dropFirst(2)) }
        .joined(separator: " ")
    }
  }

  /// The part of a circuit that a line came from.
  public enum Origin: Sendable, Hashable {
    /// The title.
    case title
    /// A remark.
    case comment
    /// An element, with the subcircuit that holds it.
    case element(String, subcircuit: String?)
    /// A model card, with the subcircuit that holds it.
    case model(String, subcircuit: String?)
    /// The first or last line of a subcircuit.
    case subcircuit(String)
    /// A parameter of the circuit.
    case parameter(String)
    /// The global nodes.
    case globalNodes
    /// A model file.
    case include(String)
    /// An option.
    case option(String)
    /// A starting voltage.
    case startingPoint(String)
    /// The recorded signals.
    case saved
    /// The analysis and its temperature.
    case analysis
    /// A measurement.
    case measurement
    /// The last line.
    case end
  }

  /// The whole deck, each line ended by a newline.
  public var text: String { lines.flatMap(\.physical).joined(separator: "\n") + "\n" }
}

extension Deck.Origin: CustomStringConvertible {
  /// A readable place such as `element m3 of subcircuit latch`.
  public var description: String {
    switch self {
    case .title: "title"
    case .comment: "remark"
    case .element(let name, nil): "element \(name)"
    case .element(let name, .some(let subcircuit)): "element \(name) of subcircuit \(subcircuit)"
    case .model(let name, nil): "model \(name)"
    case .model(let name, .some(let subcircuit)): "model \(name) of subcircuit \(subcircuit)"
    case .subcircuit(let name): "subcircuit \(name)"
    case .parameter(let name): "parameter \(name)"
    case .globalNodes: "global nodes"
    case .include(let path): "include of \(path)"
    case .option(let name): "option \(name)"
    case .startingPoint(let node): "starting voltage of node \(node)"
    case .saved: "saved signals"
    case .analysis: "analysis"
    case .measurement: "measurement"
    case .end: "end"
    }
  }
}

/// Collects deck lines, wrapping and numbering them.
struct DeckBuilder {
  private(set) var lines: [Deck.Line] = []
  private var nextNumber = 1

  /// Adds one logical line; words beyond 100 columns go onto continuation lines.
  ///
  /// An include stays whole: ngspice reads the file before it joins lines, and a path may hold blanks.
  mutating func add(_ text: String, _ origin: Deck.Origin) {
    var physical: [String] = []
    var mayWrap = origin != .comment && origin != .title
    if case .include = origin { mayWrap = false }
    if text.utf8.count <= 100 || !mayWrap {
      physical = [text]
    } else {
      var current = ""
      for word in text.split(separator: " ") {
        if !current.isEmpty, current.utf8.count + word.utf8.count + 1 > 100 {
          physical.append(current)
          current = "+ " + word
        } else {
          current += current.isEmpty ? String(word) : " " + word
        }
      }
      physical.append(current)
    }
    lines.append(Deck.Line(physical: physical, origin: origin, number: nextNumber))
    nextNumber += physical.count
  }
}
