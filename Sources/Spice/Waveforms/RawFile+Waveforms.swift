extension Waveforms {
  /// Takes the waveforms out of a plot of a raw file.
  ///
  /// The scale is the first variable, except in a plot named `Operating Point`. Names become those of
  /// ``Signal``: `out` and `V(1)` are `v(out)` and `v(1)`, `v1#branch` is `i(v1)`, `i(@m1[id])` is `@m1[id]`.
  /// Variables of another length than the scale, such as the results of `meas`, are left out. The imaginary
  /// part of a complex scale is not read: ngspice 39 writes whatever was in memory there.
  ///
  /// - Parameters:
  ///   - plot: The plot.
  ///   - circuit: The simulated circuit, whose voltage sources ``power(source:)`` and
  ///     ``energy(source:from:to:)`` can then resolve.
  /// - Throws: ``SpiceError/Code/signalMissing`` for a plot without variables,
  ///   ``SpiceError/Code/duplicateName`` for two variables of one name and different values.
  public init(_ plot: RawFile.Plot, of circuit: Circuit? = nil) throws(SpiceError) {
    guard let first = plot.variables.first else {
      throw SpiceError(.signalMissing, "has no variables.", place: "plot \(plot.name)")
    }
    let hasScale = plot.name.lowercased() != "operating point"
    let scale = hasScale ? first.real : first.real.indices.map(Double.init)
    var columns: [(Signal, [Double])] = []
    var imaginary: [Signal: [Double]] = [:]
    var known: [Signal: RawFile.Variable] = [:]
    for variable in plot.variables.dropFirst(hasScale ? 1 : 0) where variable.real.count == scale.count {
      let signal = Signal(vector: variable.name, variable.quantity)
      if let before = known[signal] {
        guard before.real == variable.real, before.imaginary == variable.imaginary else {
          throw SpiceError(
            .duplicateName, "stands for two variables with different values.", place: signal.name)
        }
        continue
      }
      known[signal] = variable
      columns.append((signal, variable.real))
      if plot.isComplex { imaginary[signal] = variable.imaginary }
    }
    self.init(
      scaleName: hasScale ? Self.scaleName(first.name) : "point",
      scaleUnit: hasScale ? first.quantity.unit : "",
      scale: scale, columns: columns, imaginary: imaginary,
      terminals: circuit.map { Self.terminals(of: $0) } ?? [:])
  }

  /// The waveforms as a plot of a raw file, with the names and types that ngspice writes.
  ///
  /// After a sweep the scale keeps the name of the swept source, where ngspice writes `v(v-sweep)`.
  ///
  /// - Parameter title: The title of the deck.
  public func rawPlot(title: String = "") -> RawFile.Plot {
    let isComplex = !imaginary.isEmpty
    func variable(_ name: String, _ quantity: RawFile.Quantity, _ values: [Double], _ other: [Double]?)
      -> RawFile.Variable
    {
      let zeros = isComplex ? [Double](repeating: 0, count: values.count) : []
      return RawFile.Variable(name: name, quantity: quantity, real: values, imaginary: other ?? zeros)
    }
    let (name, quantity): (String, RawFile.Quantity) =
      switch scaleName {
      case "time": ("Transient Analysis", .time)
      case "frequency": ("AC Analysis", .frequency)
      case "point": ("Operating Point", .unnamed)
      default: ("DC transfer characteristic", scaleUnit == "A" ? .current : .voltage)
      }
    var variables = scaleName == "point" ? [] : [variable(scaleName, quantity, scale, nil)]
    for signal in signals {
      let (name, quantity) = signal.rawName
      variables.append(variable(name, quantity, real[signal] ?? [], imaginary[signal]))
    }
    return RawFile.Plot(name: name, title: title, isComplex: isComplex, variables: variables)
  }

  /// Writes a raw file with this one plot: whole or absent, and without a date, so that equal waveforms give
  /// equal files.
  ///
  /// - Throws: ``SpiceError/Code/outputFailed`` with the system's reason, and as ``RawFile/bytes(_:)``.
  public func writeRaw(
    to path: String, format: RawFile.Format = .binary, title: String = ""
  ) throws(SpiceError) {
    try RawFile([rawPlot(title: title)]).write(to: path, format: format)
  }

  /// `v(v-sweep)` is `v-sweep`.
  private static func scaleName(_ name: String) -> String {
    let lower = name.lowercased()
    guard lower.hasSuffix("-sweep)"), lower.dropFirst().first == "(" else { return lower }
    return String(lower.dropFirst(2).dropLast())
  }
}

extension Signal {
  /// The signal that ngspice's name of a vector means: `out` is `v(out)`, `V(1)` is `v(1)`, `v1#branch` is
  /// `i(v1)`, `i(@m1[id])` is `@m1[id]`.
  init(vector name: String, _ quantity: RawFile.Quantity = .voltage) {
    let lower = name.lowercased()
    let isCall = lower.hasPrefix("v(") || lower.hasPrefix("i(")
    if isCall, lower.dropFirst(2).first == "@", lower.hasSuffix("])") {
      self.init(String(lower.dropFirst(2).dropLast()))
    } else if lower.hasSuffix("#branch") {
      self.init("i(\(lower.dropLast(7)))")
    } else if isCall || lower.hasPrefix("@") {
      self.init(lower)
    } else {
      switch quantity {
      case .voltage: self.init("v(\(lower))")
      case .current: self.init("i(\(lower))")
      default: self.init(lower)
      }
    }
  }

  /// The name and type under which ngspice's batch mode writes the signal to a raw file.
  ///
  /// - Source: ngspice 39, src/frontend/outitf.c, guess_type and fileInit_pass2.
  fileprivate var rawName: (String, RawFile.Quantity) {
    guard name.hasPrefix("@"), let bracket = name.firstIndex(of: "[") else {
      let quantity: RawFile.Quantity =
        name.hasPrefix("v(") ? .voltage : name.hasPrefix("i(") ? .current : .unnamed
      return (name, quantity)
    }
    let parameter = name[bracket...]
    if parameter.hasPrefix("[g") { return (name, "admittance") }
    if name.hasPrefix("@i"), ["[c]", "[dc]", "[current]"].contains(parameter) {
      return ("i(\(name))", .current)
    }
    if parameter.hasPrefix("[c") { return (name, "capacitance") }
    if parameter.hasPrefix("[i") { return ("i(\(name))", .current) }
    if parameter.hasPrefix("[q") { return (name, "charge") }
    if parameter == "[p]" { return (name, .power) }
    return ("v(\(name))", .voltage)
  }
}
