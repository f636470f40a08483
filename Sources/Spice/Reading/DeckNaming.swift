/// The names of nodes and elements, which the circuit writes with letters, digits and underscores alone.
///
/// `in+` becomes `in_p`, `in-` becomes `in_n`, any other sign an underscore; a number is added where that name
/// is taken. Used by one reader alone.
final class DeckNaming {
  /// The line that is read, where remarks belong.
  var place: DeckPlace
  /// What was renamed.
  private(set) var remarks: [Remark] = []
  private var renamed: [String: String] = [:]
  private var taken: Set<String> = []
  /// Collects every word of the deck, when the first name has to be replaced.
  private let words: () -> Set<String>

  init(place: DeckPlace, words: @escaping () -> Set<String>) {
    self.place = place
    self.words = words
  }

  /// The node of a name; the parts of a dotted one each for itself.
  func node(_ name: String) -> Node { Node(path(name)) }

  /// The element of a name, likewise.
  func element(_ name: String) -> String { path(name) }

  private func path(_ name: String) -> String {
    let lower = name.lowercased()
    if Names.isNode(lower) { return lower }
    return lower.split(separator: ".", omittingEmptySubsequences: false).map { word(String($0)) }
      .joined(separator: ".")
  }

  private func word(_ name: String) -> String {
    if name.isEmpty || Names.isNode(name) { return name }
    if let known = renamed[name] { return known }
    if taken.isEmpty { taken = words() }
    var base = ""
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "+"): base += "_p"
      case UInt8(ascii: "-"): base += "_n"
      case _ where byte.isNameByte: base.append(Character(UnicodeScalar(byte)))
      default: base += "_"
      }
    }
    var candidate = base
    var number = 2
    while taken.contains(candidate) {
      candidate = "\(base)_\(number)"
      number += 1
    }
    taken.insert(candidate)
    renamed[name] = candidate
    remarks.append(Remark("the name \(name) is written \(candidate).", at: place))
    return candidate
  }
}
