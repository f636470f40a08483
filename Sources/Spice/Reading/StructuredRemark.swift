/// What a standalone deck says in a comment because plain SPICE has no word for it.
///
/// ```
/// * tessera: maximumstep 2e-11
/// * tessera: window 1e-9 1.1e-9 5e-12
/// * tessera: external vext
/// * tessera: stop after=1e-9 holding=2e-11 |v(op,on)|>0.9 v(y)<0.1
/// ```
///
/// The same is read after `*#`, but never written so: ngspice runs what follows `*#` as a command, in an
/// included file too.
enum StructuredRemark: Sendable, Hashable {
  /// The cap on the step outside all windows, where the deck's own cap is that of the tightest window.
  case maximumStep(Double)
  /// A tighter cap between two times.
  case window(StepWindow)
  /// A source that is external: the deck has its table as a PWL.
  case external(String)
  /// What ends the transient.
  case stop(StopCondition)

  private static let mark = "* tessera:"
  private static let commandMark = "*#"

  /// Whether a comment is addressed to us, or a command to ngspice.
  static func isAddressed(_ comment: some Sequence<UInt8>) -> Bool {
    comment.starts(with: mark.utf8) || comment.starts(with: commandMark.utf8)
  }

  /// The comment.
  var text: String {
    func number(_ value: Double) -> String { CanonicalNumber.text(value) }
    let said =
      switch self {
      case .maximumStep(let step): "maximumstep \(number(step))"
      case .window(let window):
        "window \(number(window.start)) \(number(window.stop)) \(number(window.maximumStep))"
      case .external(let name): "external \(name)"
      case .stop(let condition):
        (["stop", "after=\(number(condition.after))", "holding=\(number(condition.holding))"]
          + condition.terms.map { term in
            let signal = term.isMagnitude ? "|\(term.signal)|" : "\(term.signal)"
            return signal + (term.isAbove ? ">" : "<") + number(term.level)
          }).joined(separator: " ")
      }
    return "\(Self.mark) \(said)"
  }

  /// Reads a comment that is addressed to us.
  init(_ line: DeckLine) throws(SpiceError) {
    let isCommand = line.bytes.starts(with: Self.commandMark.utf8)
    let mark = isCommand ? Self.commandMark : Self.mark
    let words = line.text.dropFirst(mark.count).split { $0 == " " || $0 == "\t" }.map(String.init)
    if let remark = Self.parsed(words) {
      self = remark
    } else if isCommand {
      throw line.error(.refused, "ngspice would run what follows *# as a command.")
    } else {
      throw line.error(
        .syntax,
        "expected maximumstep STEP, window START STOP STEP, external NAME, or stop after=T holding=T TERM...")
    }
  }

  private static func parsed(_ words: [String]) -> StructuredRemark? {
    guard let keyword = words.first?.lowercased() else { return nil }
    let rest = words.dropFirst()
    switch keyword {
    case "maximumstep":
      guard rest.count == 1, let step = number(words[1]) else { return nil }
      return .maximumStep(step)
    case "window":
      let numbers = rest.compactMap(number)
      guard rest.count == 3, numbers.count == 3 else { return nil }
      return .window(StepWindow(from: numbers[0], to: numbers[1], maximumStep: numbers[2]))
    case "external": return rest.count == 1 ? .external(words[1].lowercased()) : nil
    case "stop":
      var condition = StopCondition()
      for word in rest {
        if let value = value(word, of: "after=") {
          condition.after = value
        } else if let value = value(word, of: "holding=") {
          condition.holding = value
        } else if let term = term(word) {
          condition.terms.append(term)
        } else {
          return nil
        }
      }
      return .stop(condition)
    default: return nil
    }
  }

  private static func number(_ word: String) -> Double? { SpiceNumber(word: word)?.value }

  private static func value(_ word: String, of name: String) -> Double? {
    word.lowercased().hasPrefix(name) ? number(String(word.dropFirst(name.count))) : nil
  }

  private static func term(_ word: String) -> StopCondition.Term? {
    guard let sign = word.firstIndex(where: { $0 == "<" || $0 == ">" }),
      let level = number(String(word[word.index(after: sign)...]))
    else { return nil }
    var name = word[..<sign]
    let isMagnitude = name.hasPrefix("|") && name.hasSuffix("|") && name.count > 2
    if isMagnitude { name = name.dropFirst().dropLast() }
    guard name.hasPrefix("v(") || name.hasPrefix("i(") || name.hasPrefix("@") else { return nil }
    return StopCondition.Term(
      signal: Signal(String(name)), isMagnitude: isMagnitude, isAbove: word[sign] == ">", level: level)
  }
}
