import Glibc

/// The one way in which numbers are written into decks.
///
/// The shortest digits that read back as the same double; plain from 0.1 to below a million (`1.1`, `5000`),
/// else with an exponent (`1.2e-9`). Never a unit suffix, which every dialect reads differently.
package enum CanonicalNumber {
  /// The value with twelve digits, as people state the values of a sweep: the third step of 0.1 from 0 is 0.3.
  package static func rounded(_ value: Double) -> Double {
    var text = [CChar](repeating: 0, count: 40)
    _ = withVaList([value]) { vsnprintf(&text, text.count, "%.12g", $0) }
    return strtod(text, nil)
  }

  /// Returns the text of a finite number.
  package static func text(_ value: Double) -> String {
    if value == 0 { return "0" }

    // Swift's description has the shortest digits that round-trip, but switches its form by magnitude.
    var digits: [UInt8] = []
    var pointPosition: Int?
    var exponent = 0
    let parts = value.magnitude.description.split(separator: "e")
    for character in parts[0].utf8 {
      if character == UInt8(ascii: ".") { pointPosition = digits.count } else { digits.append(character) }
    }
    if parts.count == 2 { exponent = Int(parts[1]) ?? 0 }
    exponent += (pointPosition ?? digits.count) - 1
    let leadingZeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leadingZeros)
    exponent -= leadingZeros
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }

    let sign = value < 0 ? "-" : ""
    let text = String(decoding: digits, as: UTF8.self)
    switch exponent {
    case -1: return "\(sign)0.\(text)"
    case 0...5 where digits.count <= exponent + 1:
      return sign + text + String(repeating: "0", count: exponent + 1 - digits.count)
    case 0...5: return "\(sign)\(text.prefix(exponent + 1)).\(text.dropFirst(exponent + 1))"
    default:
      let fraction = digits.count > 1 ? ".\(text.dropFirst())" : ""
      return "\(sign)\(text.prefix(1))\(fraction)e\(exponent)"
    }
  }
}
