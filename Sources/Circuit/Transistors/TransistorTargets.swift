import Foundation

/// The figures that a library must reproduce in its typical corner at 27 degrees Celsius.
public struct TransistorTargets: Codable, Sendable, Hashable {
  /// Of the n-channel device.
  public var nmos: [TransistorFigure: Target]
  /// Of the p-channel device.
  public var pmos: [TransistorFigure: Target]
  /// Of an inverter.
  public var inverter: Inverter?

  /// States targets.
  public init(
    nmos: [TransistorFigure: Target], pmos: [TransistorFigure: Target], inverter: Inverter? = nil
  ) {
    self.nmos = nmos
    self.pmos = pmos
    self.inverter = inverter
  }

  /// Targets of an inverter.
  public struct Inverter: Codable, Sendable, Hashable {
    /// See ``TransistorFigures/fanoutOfFourDelaySeconds``.
    public var fanoutOfFourDelaySeconds: Target
  }

  /// A value and how far from it a result may lie: exactly one of the three tolerances is given.
  public struct Target: Codable, Sendable, Hashable {
    /// The value, above zero.
    public var value: Double
    /// Largest relative deviation.
    public var relative: Double?
    /// Largest deviation in the value's unit.
    public var absolute: Double?
    /// Largest ratio, either way.
    public var factor: Double?

    /// States a target with one tolerance.
    public init(value: Double, relative: Double? = nil, absolute: Double? = nil, factor: Double? = nil) {
      self.value = value
      self.relative = relative
      self.absolute = absolute
      self.factor = factor
    }

    /// How far a result lies off, in units of the tolerance: met within -1 and 1.
    public func deviation(of result: Double) -> Double {
      if let absolute { return (result - value) / absolute }
      if let factor { return log(result / value) / log(factor) }
      return (result / value - 1) / (relative ?? .ulpOfOne)
    }

    /// Whether a result is within the tolerance.
    public func isMet(by result: Double) -> Bool { abs(deviation(of: result)) <= 1 }

    fileprivate var fault: String? {
      let tolerances = [relative, absolute, factor.map { $0 - 1 }].compactMap(\.self)
      guard tolerances.count == 1 else { return "needs exactly one of relative, absolute and factor" }
      return value > 0 && tolerances.allSatisfy { $0 > 0 } ? nil : "needs a positive value and tolerance"
    }
  }

  /// The targets of a channel type.
  public subscript(_ channel: ChannelType) -> [TransistorFigure: Target] {
    channel == .nmos ? nmos : pmos
  }

  /// The first impossible value.
  var fault: (path: [String], sentence: String)? {
    for channel in ChannelType.allCases {
      for figure in TransistorFigure.allCases {
        if let fault = self[channel][figure]?.fault { return ([channel.rawValue, figure.rawValue], fault) }
      }
    }
    return inverter?.fanoutOfFourDelaySeconds.fault.map { (["inverter", "fanoutOfFourDelaySeconds"], $0) }
  }
}

extension TransistorFigures {
  /// One line of the table of figures, in the units that engineers read.
  public struct Row: Sendable, Hashable {
    /// `nmos`, `pmos` or `inverter`.
    public let subject: String
    /// The figure's symbol.
    public let symbol: String
    /// The unit of both values.
    public let unit: String
    /// The simulated value.
    public let value: Double
    /// The target, where there is one.
    public let target: Double?
    /// Whether the value is within the target's tolerance.
    public let isMet: Bool?
  }

  /// The table of figures, each beside its target.
  ///
  /// Targets hold in the typical corner at 27 degrees Celsius only; pass nil elsewhere.
  public func table(against targets: TransistorTargets?) -> [Row] {
    var rows: [Row] = []
    for channel in ChannelType.allCases {
      for figure in TransistorFigure.allCases {
        guard let value = self[channel][figure] else { continue }
        let (unit, scale) = figure.display
        let target = targets?[channel][figure]
        rows.append(
          Row(
            subject: channel.rawValue, symbol: figure.symbol, unit: unit, value: value * scale,
            target: target.map { $0.value * scale }, isMet: target?.isMet(by: value)))
      }
    }
    let target = targets?.inverter?.fanoutOfFourDelaySeconds
    rows.append(
      Row(
        subject: "inverter", symbol: "FO4", unit: "ps", value: fanoutOfFourDelaySeconds * 1e12,
        target: target.map { $0.value * 1e12 }, isMet: target?.isMet(by: fanoutOfFourDelaySeconds)))
    return rows
  }
}
