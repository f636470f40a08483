/// Model cards.
extension DeckReader {
  /// The types of model that an element of ours can name.
  private static let types: Set<String> = [
    "r", "res", "c", "cap", "l", "ind", "d", "npn", "pnp", "njf", "pjf", "nmos", "pmos", "sw", "csw",
  ]

  /// Reads a `.model` line; nil for a model that no element of ours can name, which is left out.
  mutating func model(_ line: DeckLine) throws(SpiceError) -> DeviceModel? {
    var tokens = try CardTokens(line, from: line.keyword.utf8.count)
    let name = try tokens.word("the name of the model")
    let type = try tokens.word("the type of the model").lowercased()
    guard !type.hasPrefix("ako:") else {
      throw line.error(.unsupported, "models after others (ako) are not supported; write the parameters out.")
    }
    guard Self.types.contains(type) else {
      throw line.error(
        .unsupported,
        "models of type \(type) are not supported; there are \(Self.types.sorted().joined(separator: ", ")).")
    }
    if type == "r" || type == "res" || type == "c" || type == "cap" || type == "l" || type == "ind",
      name.utf8.first?.isDigit == true
    {
      throw line.error(.invalidName, "a model of a resistor, capacitor or inductor begins with a letter.")
    }
    return DeviceModel(name, type: type, parameters: try parameters(&tokens))
  }
}
