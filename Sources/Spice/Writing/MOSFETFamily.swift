/// The transistor equations that several simulators have, by ngspice's levels.
enum MOSFETFamily: Sendable, Hashable {
  case mos1, mos2, mos3, bsim3, bsim4

  /// The family of a card of type `nmos` or `pmos`; nil for equations that are ngspice's own.
  init?(_ model: DeviceModel) {
    switch model.number("level") ?? 1 {
    case 1: self = .mos1
    case 2: self = .mos2
    case 3: self = .mos3
    case 8, 49: self = .bsim3
    case 14, 54: self = .bsim4
    default: return nil
    }
  }
}

extension DeviceModel {
  /// The value of a parameter, where it is a plain number.
  func number(_ name: String) -> Double? {
    switch parameters.last(where: { $0.name == name })?.value {
    case .expression(.constant(let value)): value
    case .expression(.negated(.constant(let value))): -value
    case .text(let text): Double(text)
    default: nil
    }
  }

  /// The value of a parameter.
  func value(_ name: String) -> Expression? {
    guard case .expression(let value)? = parameters.last(where: { $0.name == name })?.value else {
      return number(name).map { .constant($0) }
    }
    return value
  }

  /// Whether it is a MOSFET card.
  var isMOSFET: Bool { type == "nmos" || type == "pmos" }

  /// The name without the number of a bin: `nch` of `nch.3`.
  var baseName: String { name.split(separator: ".").first.map(String.init) ?? name }
}

extension Parameter {
  /// A version such as `4.8.2` as the number 4.82 that some simulators want; itself where it is none.
  var withNumericVersion: Parameter {
    guard name == "version", case .text(let text) = value else { return self }
    let parts = text.split(separator: ".")
    guard parts.count > 2 else { return self }
    return Parameter(name, text: "\(parts[0]).\(parts.dropFirst().joined())")
  }
}
