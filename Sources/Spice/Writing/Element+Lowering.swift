extension Element {
  /// A switch as a current: the voltage across it over one of two resistances.
  ///
  /// - Returns: Nil for a switch with hysteresis, which remembers what no expression can.
  func behavioralSwitch(_ model: DeviceModel) -> Element? {
    let isVoltage = nodes.count == 4
    for name in ["vh", "ih", "hyst"] where (model.value(name) ?? 0) != 0 { return nil }
    let threshold = model.value(isVoltage ? "vt" : "it") ?? 0
    let control: Expression
    switch device {
    case .voltageSwitch: control = .v(nodes[2], nodes[3])
    case .currentSwitch(_, let source): control = .i(source)
    default: return nil
    }
    let resistance = Expression.if(
      control, .greater, threshold, then: model.value("ron") ?? 1, otherwise: model.value("roff") ?? 1e12)
    return Element(name, Array(nodes.prefix(2)), .behavioralCurrent(.v(nodes[0], nodes[1]) / resistance))
  }

  /// A resistor, capacitor or inductor whose value and temperature coefficients come from its model.
  ///
  /// The value of a resistor is `rsh (l - short) / (w - narrow)`, that of a capacitor
  /// `cj (l - short) (w - narrow) + 2 cjsw (l - short + w - narrow)`.
  ///
  /// - Returns: Nil where the model states more.
  /// - Source: ngspice 39 User's Manual, sections 3.3.3 and 3.3.7.
  func withoutModel(_ model: DeviceModel) -> Element? {
    let known: Set = [
      "rsh", "r", "cj", "cjsw", "cap", "c", "ind", "l", "w", "defw", "defl", "narrow", "short", "tc1", "tc2",
      "tnom", "kf", "af",
    ]
    guard model.parameters.allSatisfy({ known.contains($0.name) }) else { return nil }
    if let tnom = model.number("tnom"), tnom != 27 { return nil }
    func effective(_ name: String, _ fallback: Expression, less shrink: String) -> Expression {
      let drawn =
        self[parameter: name] ?? model.value(name) ?? model.value("def\(name)") ?? fallback
      return model.value(shrink).map { drawn - $0 } ?? drawn
    }
    var element = self
    switch device {
    case .resistor(let value, _):
      let width = effective("w", 1e-5, less: "narrow")
      let fromSheet = model.value("rsh").map { $0 * effective("l", 1e-5, less: "short") / width }
      guard let value = value ?? fromSheet ?? model.value("r") else { return nil }
      element.device = .resistor(value)
    case .capacitor(let value, _):
      let (length, width) = (effective("l", 0, less: "short"), effective("w", 1e-5, less: "narrow"))
      let fromArea = model.value("cj").map {
        $0 * length * width + 2 * (model.value("cjsw") ?? 0) * (length + width)
      }
      guard let value = value ?? fromArea ?? model.value("cap") ?? model.value("c") else { return nil }
      element.device = .capacitor(value)
    case .inductor(let value, _):
      guard let value = value ?? model.value("ind") else { return nil }
      element.device = .inductor(value)
    default: return nil
    }
    element.parameters.removeAll { ["w", "l"].contains($0.name) }
    for name in ["tc1", "tc2"] where element[parameter: name] == nil {
      if let value = model.value(name) { element[parameter: name] = value }
    }
    return element
  }
}
