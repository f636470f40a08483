/// The names that nodes, elements and parameters have in a flattened circuit.
///
/// The parts of a path are joined with one underscore, or with more where a name of the circuit holds
/// underscores, so that no two paths get one name.
public struct FlatNames: Sendable, Hashable {
  /// What stands between the parts of a path.
  let separator: String

  /// The names of a circuit once it is flattened.
  public init(_ circuit: Circuit) {
    var longestRun = 0
    var isAtEdge = false
    var longestMark = 0
    func look(_ name: String) {
      var run = 0
      var mark = 0
      for byte in name.utf8 {
        run = byte == UInt8(ascii: "_") ? run + 1 : 0
        mark = byte == UInt8(ascii: "q") ? mark + 1 : 0
        longestRun = Swift.max(longestRun, run)
        longestMark = Swift.max(longestMark, mark)
      }
      if name.hasPrefix("_") || name.hasSuffix("_") { isAtEdge = true }
    }
    func look(_ elements: [Element], _ models: [DeviceModel], _ parameters: [Parameter]) {
      for element in elements {
        look(element.name)
        for node in element.nodes { look(node.name) }
      }
      for model in models { look(model.name) }
      for parameter in parameters { look(parameter.name) }
    }
    look(circuit.elements, circuit.models, circuit.parameters)
    for subcircuit in circuit.subcircuits {
      look(subcircuit.elements, subcircuit.models, subcircuit.parameters + subcircuit.localParameters)
      for port in subcircuit.ports { look(port.name) }
    }
    for include in circuit.includes {
      guard let scan = try? IncludeScan.of(include) else { continue }
      for name in scan.models { look(name) }
      for name in scan.parameters { look(name) }
    }
    // A separator that no name and no seam of two names can hold makes every joined name unique.
    separator =
      isAtEdge
      ? "_" + String(repeating: "q", count: longestMark + 1) + "_"
      : String(repeating: "_", count: longestRun + 1)
  }

  /// The node of a dotted path: `x1.x2.n` becomes `x1_x2_n`.
  public func node(_ path: String) -> String { joined(path.split(separator: ".").map(String.init)) }

  /// The element of a dotted path: `x1.x2.m1` becomes `m_x1_x2_m1`; also from ngspice's `m.x1.x2.m1`.
  public func element(_ path: String) -> String {
    var parts = path.split(separator: ".").map(String.init)
    if parts.count > 2, parts[0].count == 1 { parts.removeFirst() }
    guard parts.count > 1, let letter = parts.last?.first else { return path }
    return joined([String(letter)] + parts)
  }

  /// The signal with the names of its nodes or elements.
  public func signal(_ signal: Signal) -> Signal {
    if signal.name.hasPrefix("@"), let bracket = signal.name.firstIndex(of: "[") {
      let path = signal.name[signal.name.index(after: signal.name.startIndex)..<bracket]
      return Signal("@\(element(String(path)))\(signal.name[bracket...])")
    }
    guard let arguments = signal.arguments else { return signal }
    let isVoltage = signal.name.hasPrefix("v(")
    let names = arguments.map { isVoltage ? node($0) : element($0) }
    return Signal("\(isVoltage ? "v" : "i")(\(names.joined(separator: ",")))")
  }

  func joined(_ path: [String]) -> String { path.joined(separator: separator) }
}
