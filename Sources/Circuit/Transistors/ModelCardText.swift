import Foundation
import Spice

/// The text of a file of model cards, whose numbers can be read and replaced while comments and layout stay.
package struct ModelCardText: Sendable {
  private var lines: [Substring]
  private let place: String

  /// Takes a file's text; `place` names it in errors.
  package init(_ text: String, place: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    self.place = place
  }

  /// The whole text.
  package var text: String { lines.joined(separator: "\n") }

  /// The number of a parameter of a model.
  ///
  /// - Throws: ``CircuitError/Code/cardUnreadable`` if there is none, or if it is not a plain number.
  package func number(_ parameter: String, of model: String) throws(CircuitError) -> Double {
    let (line, range) = try find(parameter, of: model)
    guard let value = Double(lines[line][range]) else {
      throw CircuitError(
        .cardUnreadable, "\(parameter) must be a plain number to be fitted, not \(lines[line][range]).",
        place: "\(place):\(line + 1)")
    }
    return value
  }

  /// Replaces the number of a parameter, rounded to five significant digits.
  package mutating func set(_ parameter: String, of model: String, to value: Double) throws(CircuitError) {
    let (line, range) = try find(parameter, of: model)
    let rounded = Double(String(format: "%.4e", value)) ?? value
    lines[line].replaceSubrange(range, with: CanonicalNumber.text(rounded))
  }

  /// The model cards, as they would be written into a deck.
  package func models() -> [DeviceModel] {
    var found: [DeviceModel] = []
    for (_, words) in statements() {
      var words = words[...]
      if words.first?.lowercased() == ".model", words.count >= 3 {
        let head = words.prefix(3).map(String.init)
        found.append(DeviceModel(head[1], type: head[2]))
        words = words.dropFirst(3)
      } else if words.first?.first == "+" {
        words = words.dropFirst()
      } else {
        continue
      }
      guard !found.isEmpty else { continue }
      for word in words {
        let sides = word.split(separator: "=", maxSplits: 1)
        if sides.count == 2 {
          found[found.count - 1].parameters.append(Parameter(String(sides[0]), text: String(sides[1])))
        }
      }
    }
    return found
  }

  /// The text with its leading comments replaced.
  package func text(header: [String]) -> String {
    let body = lines.drop { $0.hasPrefix("*") }
    return (header.map { "* \($0)" } + body.map(String.init)).joined(separator: "\n")
  }

  /// Lines that are not comments, cut into words.
  private func statements() -> [(line: Int, words: [Substring])] {
    lines.enumerated().filter { !$0.element.hasPrefix("*") }
      .map { ($0.offset, $0.element.split(separator: " ")) }
  }

  /// Where a parameter's number stands.
  private func find(
    _ parameter: String, of model: String
  ) throws(CircuitError) -> (line: Int, range: Range<Substring.Index>) {
    var inside = false
    for (line, words) in statements() {
      if words.first?.lowercased() == ".model" {
        inside = words.count > 1 && words[1].lowercased() == model.lowercased()
      }
      guard inside else { continue }
      for word in words where word.lowercased().hasPrefix(parameter.lowercased() + "=") {
        return (line, word.index(word.startIndex, offsetBy: parameter.count + 1)..<word.endIndex)
      }
    }
    throw CircuitError(
      .cardUnreadable, "the model has no parameter \(parameter).", place: "\(place), \(model)")
  }
}
