/// What names mean where an expression stands.
struct ExpressionNames {
  /// The user's functions.
  var functions: FunctionTable
  /// The arguments of the function whose body is read.
  var arguments: Set<String> = []
  /// Whether a word is a parameter there.
  var isParameter: (String) -> Bool
  /// The node of a name, which may be called otherwise in the circuit.
  var node: (String) -> Node = { Node($0) }
  /// The source of a name, likewise.
  var source: (String) -> String = { $0.lowercased() }
}

extension ExpressionParser {
  /// A word that is no function.
  mutating func named(_ name: String, from start: Int) throws(SpiceError) -> ExpressionPiece {
    if names.arguments.contains(name) { return ExpressionPiece(.parameter(name)) }
    let isKnown = names.isParameter(name)
    switch (name, language) {
    case ("time", .behavioral): return ExpressionPiece(.time)
    case ("temper", _): return ExpressionPiece(.temperature)
    case ("hertz", _) where language == .behavioral || !isKnown:
      position = start
      throw error("hertz, the frequency, is not supported.", code: .unsupported)
    case ("pi", _) where language == .behavioral || !isKnown: return ExpressionPiece(.constant(.pi))
    case ("e", _) where language == .behavioral || !isKnown:
      return ExpressionPiece(.constant(2.718281828459045))
    default: return ExpressionPiece(.parameter(name))
    }
  }

  /// A word before a parenthesis.
  mutating func call(_ name: String, from start: Int) throws(SpiceError) -> ExpressionPiece {
    let definition = try names.functions[name, from: self]
    if definition == nil, name == "v" || name == "i" { return try signal(name) }
    let arguments = try self.arguments()
    if let definition {
      guard arguments.count == definition.arguments.count else {
        position = start
        throw error("the function takes \(definition.arguments.count) arguments, not \(arguments.count).")
      }
      let values = Dictionary(
        zip(definition.arguments, arguments), uniquingKeysWith: { first, _ in first })
      var total = definition.body.size
      for argument in arguments { total += argument.size }
      guard total <= ExpressionPiece.mostNodes else { return try checked(oversized(total)) }
      return try checked(definition.body.replacing(values))
    }
    guard let piece = try builtIn(name, arguments) else {
      position = start
      let isRandom = ["agauss", "gauss", "aunif", "unif"].contains(name)
      throw error(
        isRandom ? "random functions are not supported." : "no function is called \(name).",
        code: isRandom || ["ddt", "idt", "sdt", "pwl_derivative"].contains(name) ? .unsupported : .syntax)
    }
    return try checked(piece)
  }

  private func oversized(_ size: Int) -> ExpressionPiece {
    var piece = ExpressionPiece(.constant(0))
    piece.size = size
    return piece
  }

  /// The voltage or current between the parentheses that come next.
  private mutating func signal(_ name: String) throws(SpiceError) -> ExpressionPiece {
    _ = take("(")
    let first = rawWord()
    let isPair = take(",")
    let second = isPair ? rawWord() : ""
    guard !first.isEmpty, isPair == !second.isEmpty, take(")"), name == "v" || !isPair else {
      throw error("expected v(node), v(node,node) or i(source).")
    }
    guard !names.arguments.contains(first.lowercased()), !names.arguments.contains(second.lowercased()) else {
      throw error("an argument of a function cannot name a node or source.", code: .unsupported)
    }
    if name == "i" { return ExpressionPiece(.current(names.source(first))) }
    return ExpressionPiece(.voltage(names.node(first), isPair ? names.node(second) : .ground))
  }

  /// The values between the parentheses that come next.
  private mutating func arguments() throws(SpiceError) -> [ExpressionPiece] {
    _ = take("(")
    if take(")") { return [] }
    var list: [ExpressionPiece] = []
    repeat {
      list.append(try expression())
      list[list.count - 1].isLiteral = false
    } while take(",")
    guard take(")") else { throw error("expected ',' or ')'.") }
    return list
  }

  /// A function of ngspice; nil where there is none of that name.
  private func builtIn(
    _ name: String, _ arguments: [ExpressionPiece]
  ) throws(SpiceError) -> ExpressionPiece? {
    func need(_ count: Int) throws(SpiceError) {
      guard arguments.count == count else {
        throw error("\(name) takes \(count) argument\(count == 1 ? "" : "s"), not \(arguments.count).")
      }
    }
    if let function = Self.functions[name] {
      if function == .min || function == .max, arguments.count > 2 {
        return arguments.dropFirst().reduce(arguments[0]) { .call(function, $0, $1) }
      }
      try need(function.argumentCount)
      return ExpressionPiece(.value(.call(function, arguments.map(\.value))), above: arguments)
    }
    let zero = ExpressionPiece(.constant(0))
    switch name {
    case "pwr", "pwrs":
      try need(2)
      // Between braces ngspice 39 leaves the sign away.
      return name == "pwr" && language == .braced
        ? .call(.pow, arguments[0].magnitude, arguments[1]) : .call(.signedPow, arguments[0], arguments[1])
    case "sqr":
      try need(1)
      return .binary(.multiply, arguments[0], arguments[0])
    case "int":
      try need(1)
      return .truncated(arguments[0])
    case "nint":
      try need(1)
      return .call(.floor, .binary(.add, arguments[0], ExpressionPiece(.constant(0.5))))
    case "u2":
      try need(1)
      return .call(.min, .call(.max, arguments[0], zero), ExpressionPiece(.constant(1)))
    case "if", "ternary_fcn":
      try need(3)
      return .choice(arguments[0], arguments[1], arguments[2])
    case "limit":
      if arguments.count == 2 {
        throw error("limit with two arguments is random in ngspice.", code: .unsupported)
      }
      try need(3)
      return .call(
        .min, .call(.max, arguments[0], .call(.min, arguments[1], arguments[2])),
        .call(.max, arguments[1], arguments[2]))
    case "pwl", "table": return try table(arguments, goesOn: name == "pwl")
    default:
      guard let comparison = Self.tests[name] else { return nil }
      try need(1)
      return .comparison(arguments[0], comparison, zero)
    }
  }

  private func table(_ arguments: [ExpressionPiece], goesOn: Bool) throws(SpiceError) -> ExpressionPiece {
    let numbers = arguments.dropFirst().compactMap { piece -> Double? in
      if case .constant(let value) = piece.value { value } else { nil }
    }
    guard numbers.count == arguments.count - 1, numbers.count >= 2, numbers.count % 2 == 0 else {
      throw error("expected an argument and pairs of numbers.")
    }
    let points = stride(from: 0, to: numbers.count, by: 2).map { (x: numbers[$0], y: numbers[$0 + 1]) }
    guard zip(points, points.dropFirst()).allSatisfy({ $0.x < $1.x }) else {
      throw error("the abscissae of a table rise.")
    }
    return .table(of: arguments[0], points, goesOn: goesOn)
  }

  /// ngspice's spellings of our functions.
  private static let functions: [String: Expression.Function] = [
    "exp": .exp, "ln": .ln, "log": .ln, "log10": .log10, "sqrt": .sqrt, "abs": .abs, "sgn": .sign,
    "sign": .sign, "sin": .sin, "cos": .cos, "tan": .tan, "asin": .asin, "acos": .acos, "atan": .atan,
    "arctan": .atan, "sinh": .sinh, "cosh": .cosh, "tanh": .tanh, "asinh": .asinh, "acosh": .acosh,
    "atanh": .atanh, "floor": .floor, "ceil": .ceil, "min": .min, "max": .max, "pow": .pow, "u": .unitStep,
    "stp": .unitStep, "uramp": .ramp,
  ]

  private static let tests: [String: Expression.Comparison] = [
    "eq0": .equal, "ne0": .notEqual, "gt0": .greater, "lt0": .less, "ge0": .greaterOrEqual,
    "le0": .lessOrEqual,
  ]
}
