import Foundation
import Models

/// Numbers with units as people write them: engineering prefixes, and no more digits than are known.
///
/// ```swift
/// Quantity.text(2.8512e-9, "s")                        // "2.85 ns"
/// Quantity(delay, "s").interval                        // "2.809 to 2.893"
/// ```
///
/// Units that take a prefix are s, J, A, V, W, Ohm, S, F, Hz, m and products such as `J s`; areas in `m^2`
/// become mm^2, um^2 or nm^2; anything else (%, Mb/mm^2, an empty unit) is printed as it stands.
public struct Quantity: Sendable, Hashable {
  /// Which characters may be used.
  public enum Style: Sendable, Hashable {
    /// ASCII only, for terminals.
    case ascii
    /// Micro sign, capital omega, superscripts and a true minus.
    case typographic
  }

  /// The number with its unit.
  public let value: String
  /// The interval in the same unit without repeating it; empty for a number that was not sampled.
  public let interval: String

  /// Writes a number with as many digits as its interval leaves meaning.
  ///
  /// Two digits of the interval's half width, at most five of the number; without an interval `digits`. A
  /// count stays one.
  public init(
    _ number: Double, low: Double? = nil, high: Double? = nil, _ unit: String = "", digits: Int = 3,
    style: Style = .ascii
  ) {
    let ends = [low, high].compactMap { $0 }.filter(\.isFinite)
    let half = ends.map { abs($0 - number) }.max() ?? 0
    let scale = Scale(number, unit: unit, digits: digits)
    let isCount = unit.isEmpty && half > 0 && ([number] + ends).allSatisfy { $0 == $0.rounded() }
    let known =
      isCount ? 0 : Quantity.decimals(number * scale.factor, half: half * scale.factor, digits: digits)
    // Percentages are compared with one another: with an interval they all have a decimal.
    let decimals = unit == "%" && half > 0 ? max(1, known) : known
    func fixed(_ x: Double) -> String { Quantity.text(of: x * scale.factor, decimals, digits, style) }
    value = Quantity.join(fixed(number), scale.unit, style: style)
    interval =
      half > 0 && ends.count == 2 ? "\(fixed(low ?? number)) to \(fixed(high ?? number))" : ""
  }

  /// Writes an estimate; see ``init(_:low:high:_:digits:style:)``.
  public init(_ estimate: Estimate, _ unit: String = "", digits: Int = 3, style: Style = .ascii) {
    self.init(
      estimate.value, low: estimate.low, high: estimate.high, unit, digits: digits, style: style)
  }

  /// A number with its unit, such as `2.85 ns`.
  public static func text(
    _ number: Double, _ unit: String = "", digits: Int = 3, style: Style = .ascii
  ) -> String {
    Quantity(number, unit, digits: digits, style: style).value
  }

  /// Factor and unit in which a number of an SI unit has one to three digits before its point.
  static func scale(_ number: Double, _ unit: String) -> (factor: Double, unit: String) {
    let scale = Scale(number, unit: unit, digits: 3)
    return (scale.factor, scale.unit)
  }

  /// A count with its thousands apart, such as `555,422,720`.
  public static func count(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    let grouped = digits.indices.reduce(into: "") { text, index in
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digits[index])
    }
    return (number < 0 ? "-" : "") + grouped
  }

  private struct Scale {
    var factor = 1.0
    var unit: String

    init(_ number: Double, unit: String, digits: Int) {
      self.unit = unit
      let magnitude = abs(number)
      guard magnitude.isFinite, magnitude > 0 else { return }
      if unit == "m^2" {
        let steps: [(Double, String, Double)] = [
          (1e-8, "mm^2", 1e6), (1e-14, "um^2", 1e12), (0, "nm^2", 1e18),
        ]
        for (least, name, factor) in steps where magnitude >= least {
          self.factor = factor
          self.unit = name
          return
        }
      }
      let prefixable: Set = ["s", "J", "A", "V", "W", "Ohm", "S", "F", "Hz", "m"]
      guard let first = unit.split(separator: " ").first, prefixable.contains(String(first)) else { return }
      // Rounding may carry into the next prefix: 999.96 ns is 1.00 us.
      let rounded = magnitude * (1 + 0.5 * pow(10, -Double(digits)))
      let exponent = min(4, max(-6, Int((log10(rounded) / 3).rounded(.down))))
      let prefixes = ["a", "f", "p", "n", "u", "m", "", "k", "M", "G", "T"]
      factor = pow(10, Double(-3 * exponent))
      self.unit = prefixes[exponent + 6] + unit
    }
  }

  private static func decimals(_ scaled: Double, half: Double, digits: Int) -> Int {
    guard scaled != 0, scaled.isFinite else {
      return half > 0 ? max(0, min(6, 1 - Int(log10(half).rounded(.down)))) : 0
    }
    // The magnitude after rounding: 0.99996 with three digits is 1.00.
    let rounded = abs(scaled) * (1 + 0.5 * pow(10, -Double(digits)))
    let magnitude = Int(log10(rounded).rounded(.down))
    guard half > 0 else {
      if abs(scaled - scaled.rounded()) < 1e-9 * abs(scaled), abs(scaled) < 1e15 { return 0 }
      return max(0, digits - 1 - magnitude)
    }
    let known = 1 - Int(log10(half).rounded(.down))
    return max(0, min(known, 4 - min(magnitude, 4)))
  }

  /// A number with so many decimals, or where it needs an exponent so many digits.
  private static func text(of number: Double, _ decimals: Int, _ digits: Int, _ style: Style) -> String {
    if number.isNaN { return "n/a" }
    if number.isInfinite {
      return (number < 0 ? "-" : "") + (style == .ascii ? "inf" : "\u{221E}")
    }
    var text: String
    if number != 0, abs(number) < 1e-3 || abs(number) >= 1e6 {
      let parts = String(format: "%.\(digits - 1)e", number).split(separator: "e")
      let exponent = Int(parts.last ?? "0") ?? 0
      text =
        style == .ascii
        ? "\(parts[0])e\(exponent)" : "\(parts[0])\u{2009}\u{D7}\u{2009}10\(superscript(exponent))"
    } else {
      text = String(format: "%.\(decimals)f", number)
    }
    if style == .typographic, text.hasPrefix("-") { text = "\u{2212}" + text.dropFirst() }
    return text
  }

  private static func join(_ number: String, _ unit: String, style: Style) -> String {
    guard !unit.isEmpty else { return number }
    guard style == .typographic else { return "\(number) \(unit)" }
    return "\(number)\u{202F}\(typographic(unit: unit))"
  }

  /// A unit with micro sign, omega and superscripts: `um^2` is µm².
  static func typographic(unit: String) -> String {
    var text = unit.replacing("Ohm", with: "\u{3A9}").replacing("^2", with: "\u{B2}")
    if text.hasPrefix("u") { text = "\u{B5}" + text.dropFirst() }
    return text.replacing(" ", with: "\u{202F}")
  }

  private static func superscript(_ exponent: Int) -> String {
    let signs: [Character: Character] = [
      "-": "\u{207B}", "0": "\u{2070}", "1": "\u{B9}", "2": "\u{B2}", "3": "\u{B3}", "4": "\u{2074}",
      "5": "\u{2075}", "6": "\u{2076}", "7": "\u{2077}", "8": "\u{2078}", "9": "\u{2079}",
    ]
    return String(String(exponent).compactMap { signs[$0] })
  }
}

extension Headline {
  /// The computed value as text, if there is one.
  func quantity(style: Quantity.Style) -> Quantity? {
    computed.map { Quantity($0, low: low, high: high, unit, style: style) }
  }
}
