/// How a dialect spells expressions.
struct ExpressionRules: Sendable {
  /// How a choice is written.
  enum Choice: Sendable {
    /// `(c) ? a : b`.
    case spacedTernary
    /// `(c)?a:b`.
    case ternary
    /// `((c)?a:b)`, in parentheses wherever it stands.
    case enclosedTernary
    /// `if(c,a,b)`.
    case function(String)
  }

  /// The names of functions that differ from ``Expression/Function``'s own.
  var functionNames: [Expression.Function: String] = [:]
  /// A function that the dialect lacks, by means of others.
  var substitute: @Sendable (Expression.Function, [Expression]) -> Expression? = { _, _ in nil }
  /// The time of a transient.
  var time = "time"
  /// The temperature in degree Celsius.
  var temperature = "temper"
  /// Choices.
  var choice = Choice.ternary
  /// Both, and either.
  var and = "&&"
  var or = "||"
  /// Negation of a condition; without it conditions are turned round.
  var not: String?
  /// Whether values can be compared for equality.
  var hasEquality = true
  /// What stands around a parameter in a behavioural source.
  var parameterMarks = ("", "")
  /// What stands around the name of a source whose current is meant.
  var currentMarks = ("i(", ")")
}

extension ExpressionRules {
  /// ngspice's behavioural sources and braces.
  static let ngspice = ExpressionRules(
    functionNames: [.unitStep: "u", .ramp: "uramp", .sign: "sgn", .signedPow: "pwr"],
    choice: .spacedTernary, not: "!",
    // Substituted as text before the behavioural source is parsed: a negative value needs parentheses.
    parameterMarks: ("({", "})"))

  /// Xyce, whose `log` is to base 10; its `pwr` has no sign.
  static let xyce = ExpressionRules(
    functionNames: [.unitStep: "stp", .ramp: "uramp", .sign: "sgn", .signedPow: "pwrs"],
    temperature: "temp", choice: .function("if"), and: "&", or: "|")

  /// HSPICE, whose `pow` cuts the exponent to an integer and whose `pwr` keeps the sign of the base.
  static let hspice = ExpressionRules(
    functionNames: [.ln: "log", .sign: "sgn", .signedPow: "pwr"],
    substitute: { function, x in
      switch function {
      case .pow: .call(.signedPow, [.abs(x[0]), x[1]])
      case .unitStep: .if(x[0], .greater, 0, then: 1, otherwise: 0)
      case .ramp: .max(x[0], 0)
      case .asinh: .call(.sign, [x[0]]) * .ln(.abs(x[0]) + .sqrt(x[0] * x[0] + 1))
      case .acosh: .ln(x[0] + .sqrt(x[0] * x[0] - 1))
      case .atanh: 0.5 * .ln((1 + x[0]) / (1 - x[0]))
      default: nil
      }
    })

  /// LTspice, which has no ternary in sources and no equality.
  static let ltspice = ExpressionRules(
    functionNames: [.unitStep: "u", .ramp: "uramp", .sign: "sgn"],
    substitute: { function, x in
      function == .signedPow ? .call(.sign, [x[0]]) * .pow(.abs(x[0]), x[1]) : nil
    },
    temperature: "temp", choice: .function("if"), and: "&", or: "|", hasEquality: false,
    parameterMarks: ("({", "})"))

  /// Spectre, whose `log` is natural.
  static let spectre = ExpressionRules(
    functionNames: [.ln: "log"],
    substitute: { function, x in
      switch function {
      case .unitStep: .if(x[0], .greater, 0, then: 1, otherwise: 0)
      case .ramp: .max(x[0], 0)
      case .sign:
        .if(x[0], .greater, 0, then: 1, otherwise: .if(x[0], .less, 0, then: -1, otherwise: 0))
      case .signedPow:
        .if(x[0], .less, 0, then: -.pow(-x[0], x[1]), otherwise: .pow(x[0], x[1]))
      default: nil
      }
    },
    time: "$time", temperature: "temp", choice: .enclosedTernary, not: "!", currentMarks: ("i(\"", ":1\")"))

  /// The meaning of an empty cell, in a remark.
  static let cdl = ExpressionRules(temperature: "temp", not: "!")
}
