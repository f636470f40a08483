/// What a problem is about, for those who know where it stands in a file.
enum CircuitPart: Hashable, Sendable {
  case title
  case element(String, subcircuit: String?)
  case model(String, subcircuit: String?)
  case subcircuit(String)
  case parameter(String, subcircuit: String?)
  case option(String)
  case include(Include)
  case startingVoltage(Node)
  case saved(Signal)
  case analysis
  case stopCondition
}

/// A problem with the part that it is about.
struct CircuitProblem: Sendable, Hashable {
  var error: SpiceError
  /// The part; nil where it is the whole.
  var part: CircuitPart?
  /// Whether it is about the second part of that name.
  var isRepetition = false
}
