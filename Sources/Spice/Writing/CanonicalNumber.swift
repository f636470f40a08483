/// The one way in which numbers are written into decks.
///
/// Whole numbers below a million stand as they are; all others have the shortest digits that read back as
/// the same double and an exponent: `1.2e-9`. Never a unit suffix, which every dialect reads differently.
package enum CanonicalNumber {
  /// Returns the text of a finite number.
  package static func text(_ value: Double) -> String {
    if value == 0 { return "0" }
    if value == value.rounded(), value.magnitude < 1e6 { return String(Int(value)) }

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

    var text = value < 0 ? "-" : ""
    text += String(decoding: digits.prefix(1), as: UTF8.self)
    if digits.count > 1 { text += "." + String(decoding: digits.dropFirst(), as: UTF8.self) }
    return text + "e\(exponent)"
  }
}
