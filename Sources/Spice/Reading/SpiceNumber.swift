import Glibc

/// Numbers as SPICE writes them: `1k`, `2.2meg`, `10u`, `1e-9s`, `4pF`.
struct SpiceNumber: Sendable, Equatable {
  /// The value, the double nearest to the decimal number.
  var value: Double
  /// How many bytes it takes.
  var count: Int
  /// Whether the letter `a` follows directly, which ngspice 39 takes for a unit, not for atto.
  var hasUnitA = false
  /// Whether the suffix is `mil`, a thousandth of an inch.
  var isMil = false

  /// Reads a number at the beginning of some bytes, with the letters that follow it; nil where there is none.
  ///
  /// A sign is read where `isSigned`.
  init?(_ bytes: some RandomAccessCollection<UInt8>, isSigned: Bool = false) {
    let text = Array(bytes.prefix(400))
    var position = 0
    func byte(_ offset: Int = 0) -> UInt8 { position + offset < text.count ? text[position + offset] : 0 }
    func letter(_ offset: Int = 0) -> UInt8 { byte(offset).lowercased }

    var digits = ""
    if isSigned, byte() == UInt8(ascii: "-") || byte() == UInt8(ascii: "+") {
      if byte() == UInt8(ascii: "-") { digits = "-" }
      position += 1
    }
    let first = position
    while byte().isDigit { position += 1 }
    let whole = position - first
    var fraction = 0
    if byte() == UInt8(ascii: ".") {
      position += 1
      while byte().isDigit {
        position += 1
        fraction += 1
      }
    }
    guard whole + fraction > 0 else { return nil }
    digits += String(decoding: text[first..<position], as: UTF8.self)
    if digits.hasSuffix(".") { digits.removeLast() }
    if digits.hasPrefix(".") || digits.hasPrefix("-.") { digits = digits.replacingPoint }

    var exponent = 0
    if letter() == UInt8(ascii: "e") || letter() == UInt8(ascii: "d") {
      let isNegative = byte(1) == UInt8(ascii: "-")
      let start = isNegative || byte(1) == UInt8(ascii: "+") ? 2 : 1
      if byte(start).isDigit {
        position += start
        while byte().isDigit {
          exponent = Swift.min(exponent * 10 + Int(byte() - UInt8(ascii: "0")), 100_000)
          position += 1
        }
        if isNegative { exponent = -exponent }
      }
    }
    var factor = 1.0
    switch letter() {
    case UInt8(ascii: "t"): exponent += 12
    case UInt8(ascii: "g"): exponent += 9
    case UInt8(ascii: "k"): exponent += 3
    case UInt8(ascii: "u"): exponent -= 6
    case UInt8(ascii: "n"): exponent -= 9
    case UInt8(ascii: "p"): exponent -= 12
    case UInt8(ascii: "f"): exponent -= 15
    case UInt8(ascii: "m"):
      if letter(1) == UInt8(ascii: "e"), letter(2) == UInt8(ascii: "g") {
        exponent += 6
      } else if letter(1) == UInt8(ascii: "i"), letter(2) == UInt8(ascii: "l") {
        exponent -= 6
        factor = 25.4
        isMil = true
      } else {
        exponent -= 3
      }
    case UInt8(ascii: "a"): hasUnitA = true
    default: break
    }
    while byte().isLetter { position += 1 }
    guard position < 400, let value = Double("\(digits)e\(exponent)") else { return nil }
    self.value = value * factor
    count = position
  }

  /// Reads a word that is one number as a whole, sign included; nil where it is none.
  init?(word: String) {
    let bytes = Array(word.utf8)
    self.init(bytes, isSigned: true)
    guard count == bytes.count else { return nil }
  }
}

extension String {
  /// A zero before a leading point.
  fileprivate var replacingPoint: String {
    hasPrefix("-") ? "-0" + dropFirst() : "0" + self
  }
}
