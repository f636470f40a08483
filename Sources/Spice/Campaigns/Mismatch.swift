import Models

/// Local variation of MOSFETs: each instance has a draw of its own, keyed by its name.
///
/// A is Pelgrom's: the standard deviation of the difference of a pair is A / sqrt(W L M), so that each instance
/// draws with A / sqrt(2 W L M). The lengths of edges vary by themselves.
/// The current factor moves through BSIM4's instance parameter `mulu0`, or, for models without it, through the
/// width.
///
/// - Source: Pelgrom, Duinmaijer and Welbers, IEEE J. Solid-State Circuits 24, 1433 (1989),
///   doi:10.1109/JSSC.1989.572629, eqs. 5 and 8.
public struct Mismatch: Sendable, Hashable, Codable {
  /// How a relative change of the current factor is applied.
  public enum CurrentFactor: String, Sendable, Hashable, Codable {
    /// As a factor on the mobility (`mulu0`), which leaves capacitances alone.
    case mobility
    /// As a factor on the width, for models that know no `mulu0`.
    case width
  }

  /// A_VT of a pair: threshold mismatch in volt metres (3e-9 is 3 mV um).
  public var thresholdVoltMetres: Double
  /// A_beta of a pair: relative mismatch of the current factor in metres (1e-8 is 1 % um).
  public var currentFactorMetres: Double
  /// Standard deviation of an instance's width in metres.
  public var widthMetres: Double
  /// Standard deviation of an instance's length in metres.
  public var lengthMetres: Double
  /// How the current factor is applied.
  public var currentFactor: CurrentFactor
  /// The models whose instances vary; nil for all MOSFETs.
  public var models: Set<String>?

  /// States how much instances vary.
  public init(
    thresholdVoltMetres: Double = 0, currentFactorMetres: Double = 0, widthMetres: Double = 0,
    lengthMetres: Double = 0, currentFactor: CurrentFactor = .mobility, models: Set<String>? = nil
  ) {
    self.thresholdVoltMetres = thresholdVoltMetres
    self.currentFactorMetres = currentFactorMetres
    self.widthMetres = widthMetres
    self.lengthMetres = lengthMetres
    self.currentFactor = currentFactor
    self.models = models.map { Set($0.map { $0.lowercased() }) }
  }

  /// What one instance drew.
  public struct Draw: Sendable, Hashable {
    /// Threshold shift in volt; higher is weaker for both channel types where the model counts it so.
    public var thresholdVolts: Double
    /// Relative change of the current factor.
    public var currentFactor: Double
    /// Changes of width and length in metres.
    public var width, length: Double
  }

  /// The draw of an instance.
  ///
  /// - Parameters:
  ///   - name: The element's name, which keys the draw.
  ///   - width: Drawn width in metres.
  ///   - length: Drawn length in metres.
  ///   - multiplier: Parallel devices.
  ///   - seed: Seed of the campaign.
  ///   - sample: Index of the sample.
  public func draw(
    _ name: String, width: Double, length: Double, multiplier: Double = 1, seed: UInt64, sample: Int
  ) -> Draw {
    var random = KeyedRandom(seed: seed, stage: "spice.mismatch.\(name)", item: UInt64(sample))
    let root = (2 * width * length * multiplier).squareRoot()
    let (a, b, c, d) = (random.normal(), random.normal(), random.normal(), random.normal())
    return Draw(
      thresholdVolts: a * thresholdVoltMetres / root, currentFactor: b * currentFactorMetres / root,
      width: c * widthMetres, length: d * lengthMetres)
  }

  /// The circuit with each MOSFET of the top level varied.
  ///
  /// Flatten a hierarchical circuit first, or all instances of a subcircuit share one draw: MOSFETs inside
  /// subcircuits are refused, and instances of subcircuits of included files, whose MOSFETs are not seen: see
  /// ``Circuit/inliningIncludes()``. Widths and lengths count in units of the option `scale`.
  ///
  /// - Throws: ``SpiceError/Code/invalidValue`` for a MOSFET whose width or length is not a number or
  ///   parameter, or that stands in a subcircuit, and for a
  ///   model of level 1, 2 or 3, which has neither `delvto` nor `mulu0`.
  public func applied(to circuit: Circuit, seed: UInt64, sample: Int) throws(SpiceError) -> Circuit {
    for subcircuit in circuit.subcircuits {
      if let inside = subcircuit.elements.first(where: varies) {
        throw SpiceError(
          .invalidValue, "its instances would share one draw; flatten the circuit.",
          place: "element \(inside.name) of subcircuit \(subcircuit.name)")
      }
    }
    let own = Set(circuit.subcircuits.map(\.name))
    for element in circuit.elements + circuit.subcircuits.flatMap(\.elements) {
      guard case .instance(of: let name) = element.device, !own.contains(name) else { continue }
      throw SpiceError(
        .invalidValue,
        "\(name) is of an included file, whose devices are not seen; write it into the circuit.",
        place: "element \(element.name)")
    }
    for model in circuit.models where models?.contains(model.name) ?? true {
      guard thresholdVoltMetres > 0 || currentFactor == .mobility && currentFactorMetres > 0,
        let family = MOSFETFamily(model), [.mos1, .mos2, .mos3].contains(family)
      else { continue }
      throw SpiceError(
        .invalidValue,
        "such transistors have no threshold shift and no mobility factor; BSIM3 and BSIM4 have.",
        place: "model \(model.name)")
    }
    var varied = circuit
    let parameters = circuit.parameterValues
    let scale = try Self.scale(of: circuit)
    for index in varied.elements.indices where varies(varied.elements[index]) {
      try vary(&varied.elements[index], parameters, scale: scale, seed: seed, sample: sample)
    }
    return varied
  }

  /// The unit of widths and lengths in metres.
  private static func scale(of circuit: Circuit) throws(SpiceError) -> Double {
    guard let option = circuit.options.last(where: { $0.name == "scale" }) else { return 1 }
    guard case .expression(let expression) = option.value, let scale = expression.value(), scale > 0 else {
      throw SpiceError(.invalidValue, "mismatch needs a positive number.", place: "option scale")
    }
    return scale
  }

  private func varies(_ element: Element) -> Bool {
    guard case .mosfet(let model) = element.device else { return false }
    return models?.contains(model) ?? true
  }

  private func vary(
    _ element: inout Element, _ parameters: [String: Double], scale: Double, seed: UInt64, sample: Int
  ) throws(SpiceError) {
    func number(_ name: String, default fallback: Double?) throws(SpiceError) -> Double {
      guard let expression = element[parameter: name] else {
        if let fallback { return fallback }
        throw SpiceError(.invalidValue, "mismatch needs its \(name).", place: "element \(element.name)")
      }
      guard let value = expression.value({ parameters[$0] }), value > 0 || name == "delvto" else {
        throw SpiceError(
          .invalidValue, "its \(name) is no positive number, as mismatch needs.",
          place: "element \(element.name)")
      }
      return value
    }
    let width = try number("w", default: nil)
    let length = try number("l", default: nil)
    let draw = draw(
      element.name, width: width * scale, length: length * scale, multiplier: try number("m", default: 1),
      seed: seed, sample: sample)
    if thresholdVoltMetres > 0 {
      element[parameter: "delvto"] = .constant(try number("delvto", default: 0) + draw.thresholdVolts)
    }
    var newWidth = width + draw.width / scale
    if currentFactorMetres > 0 {
      switch currentFactor {
      case .mobility:
        element[parameter: "mulu0"] = .constant(try number("mulu0", default: 1) * (1 + draw.currentFactor))
      case .width: newWidth *= 1 + draw.currentFactor
      }
    }
    if newWidth != width { element[parameter: "w"] = .constant(newWidth) }
    if draw.length != 0 { element[parameter: "l"] = .constant(length + draw.length / scale) }
  }
}
