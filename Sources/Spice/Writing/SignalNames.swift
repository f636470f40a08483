/// How a dialect calls recorded signals.
enum SignalNames: Sendable {
  case ngspice, xyce, hspice, ltspice, spectre

  /// The name of a signal, or nil where the dialect records no such thing.
  ///
  /// - Parameters:
  ///   - signal: A voltage, a branch current or a quantity of a device, as ngspice calls it.
  ///   - scope: Finds the names of the scope at a path of instances, and what the path itself is called.
  func name(of signal: Signal, in scope: (ArraySlice<String>) -> (path: [String], names: DialectNames))
    -> String?
  {
    guard self != .ngspice else { return signal.name }
    let kind: Kind
    var parts: [String]
    if let arguments = signal.arguments, arguments.count == 1 {
      kind = signal.name.hasPrefix("v") ? .voltage : .current
      parts = arguments[0].split(separator: ".").map(String.init)
    } else if signal.name.hasPrefix("@"), signal.name.hasSuffix("]"),
      let bracket = signal.name.firstIndex(of: "[")
    {
      kind = .device(String(signal.name[bracket...].dropFirst().dropLast()))
      parts = signal.name[..<bracket].dropFirst().split(separator: ".").map(String.init)
    } else {
      return nil
    }
    if kind != .voltage, parts.count > 2, parts[0].count == 1 { parts.removeFirst() }
    guard let last = parts.last else { return nil }
    let (path, names) = scope(parts.dropLast())
    let prefix = path.map { $0 + (self == .xyce || self == .ltspice ? ":" : ".") }.joined()
    let element = prefix + names.element(last)
    switch (kind, self) {
    case (.voltage, .spectre): return prefix + names.node(Node(last))
    case (.voltage, _): return "v(\(prefix)\(names.node(Node(last))))"
    case (.current, .spectre): return "\(element):1"
    case (.current, _): return "i(\(element))"
    case (.device("id"), .spectre): return "\(element):d"
    case (.device(let quantity), .spectre):
      return ["gm", "gds", "gmbs", "vgs", "vds", "vbs", "vth"].contains(quantity)
        ? "\(element):\(quantity)" : nil
    case (.device("id"), .hspice): return "i1(\(element))"
    case (.device("id"), _): return "id(\(element))"
    case (.device, _): return nil
    }
  }

  private enum Kind: Equatable {
    case voltage, current, device(String)
  }
}
