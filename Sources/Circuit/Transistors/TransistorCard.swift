import Spice

import struct Foundation.URL

/// The transistors of one library in one corner, ready to be placed in circuits.
///
/// ```swift
/// var circuit = Circuit(title: "inverter")
/// card.include(in: &circuit)
/// circuit.transistor("p1", .pmos, of: card, drain: "out", gate: "in", source: "vdd", bulk: "vdd",
///   width: 1e-6, length: card.minimumLengthMetres)
/// ```
public struct TransistorCard: Sendable, Hashable {
  /// Where the models come from.
  package enum Source: Sendable, Hashable {
    /// A file and optionally one section of it.
    case file(String, section: String?)
    /// Cards written into the deck.
    case inline([DeviceModel])
  }

  /// The library's name.
  public let name: String
  /// The corner's name.
  public let corner: String
  /// Nominal supply voltage in volt.
  public let supplyVolts: Double
  /// Shortest drawn gate length in metres.
  public let minimumLengthMetres: Double
  /// Random mismatch, where known.
  public let mismatch: TransistorLibrary.Mismatch?
  /// What the devices are called.
  public let devices: TransistorLibrary.Devices
  private let source: Source

  package init(library: TransistorLibrary, corner: String, source: Source) {
    name = library.name
    self.corner = corner
    supplyVolts = library.supplyVolts
    minimumLengthMetres = library.minimumLengthMetres
    mismatch = library.mismatch
    devices = library.devices
    self.source = source
  }

  /// The model file; nil for cards written into the deck.
  public var fileURL: URL? {
    if case .file(let path, _) = source { URL(filePath: path) } else { nil }
  }

  /// The section of the model file, where it has sections.
  public var section: String? {
    if case .file(_, let section) = source { section } else { nil }
  }

  /// The model file and every file that it includes; none for cards written into the deck.
  ///
  /// - Throws: `SpiceError` if one of them cannot be read.
  public func files() throws(SpiceError) -> [URL] {
    guard case .file(let path, let section) = source else { return [] }
    return try Include(path, section: section).files().map { URL(filePath: $0) }
  }

  /// Gives a circuit the models; once per circuit.
  public func include(in circuit: inout Circuit) {
    switch source {
    case .file(let path, let section): circuit.includes.append(Include(path, section: section))
    case .inline(let models): circuit.models += models
    }
  }
}

extension ElementContainer {
  /// Adds a transistor of a library.
  ///
  /// The element is named after SPICE's letter for it and `name`: `mp1`, or `xp1` where the library wraps its
  /// devices in subcircuits.
  ///
  /// - Parameters:
  ///   - name: A name without SPICE's leading letter.
  ///   - channel: n or p.
  ///   - card: The library in its corner.
  ///   - width: Gate width in metres.
  ///   - length: Gate length in metres.
  ///   - multiplier: Number of parallel devices.
  ///   - thresholdShiftVolts: Added to the magnitude of the threshold, in volt: a positive shift weakens the
  ///     device whatever its channel type.
  public mutating func transistor(
    _ name: String, _ channel: ChannelType, of card: TransistorCard,
    drain: Node, gate: Node, source: Node, bulk: Node,
    width: some ExpressionConvertible, length: some ExpressionConvertible, multiplier: Int = 1,
    thresholdShiftVolts: Double = 0
  ) {
    let device = channel == .nmos ? card.devices.nmos : card.devices.pmos
    let shift = channel.sign * thresholdShiftVolts
    func inUnits(_ length: Expression) -> Expression {
      if device.metresPerUnit == 1 { return length }
      if case .constant(let metres) = length { return .constant(metres / device.metresPerUnit) }
      return length / .constant(device.metresPerUnit)
    }
    var parameters = [
      Parameter(device.width, inUnits(width.expression)),
      Parameter(device.length, inUnits(length.expression)),
    ]
    if multiplier != 1 { parameters.append(Parameter(device.multiplier, multiplier)) }
    var inner = gate
    if shift != 0 {
      if device.thresholdShift.isEmpty {
        inner = Node("\(name)_shifted_gate")
        voltageSource("v\(name)_shift", gate, inner, .dc(shift))
      } else {
        parameters.append(Parameter(device.thresholdShift, shift))
      }
    }
    let nodes = [drain, inner, source, bulk]
    let model = device.model.lowercased()
    if device.subcircuit {
      add(Element("x\(name)", nodes, .instance(of: model), parameters: parameters))
    } else {
      add(Element("m\(name)", nodes, .mosfet(model: model), parameters: parameters))
    }
  }
}
