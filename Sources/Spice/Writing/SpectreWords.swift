/// Words of Spectre's netlist language.
enum SpectreWords {
  /// What names no node and no element: keywords, and functions of the expression language.
  ///
  /// - Source: Spectre Circuit Simulator Reference, "Spectre Netlist Keywords".
  static let keywords: Set<String> = [
    "abs", "acos", "acosh", "ahdl_include", "altergroup", "asin", "asinh", "assert", "atan", "atan2", "atanh",
    "ceil", "check", "checklimit", "connect", "correlate", "cos", "cosh", "cur", "data", "else", "end",
    "endif", "endlibrary", "ends", "endsection", "exp", "export", "floor", "fmod", "for", "function",
    "global", "hypot", "ic", "if", "include", "info", "inline", "int", "library", "local", "log", "log10",
    "march", "max", "min", "mismatch", "model", "nodeset", "options", "parameters", "paramset", "param",
    "plot", "pow", "print", "process", "protect", "pwr", "real", "return", "save", "section", "sens", "set",
    "shell", "simulator", "sin", "sinh", "sqrt", "statistics", "subckt", "tan", "tanh", "temp", "tnom", "to",
    "truncate", "unprotect", "vary", "yes",
  ]

  /// What names no parameter of a circuit.
  static let parameterWords: Set<String> = keywords.union(["freq", "scale", "scalem", "time"])

  /// ngspice's options under Spectre's names.
  static let options = [
    "reltol": "reltol", "abstol": "iabstol", "vntol": "vabstol", "gmin": "gmin", "tnom": "tnom",
    "scale": "scale",
  ]

  /// ngspice's integration methods under Spectre's names.
  static let methods = ["trap": "trap", "trapezoidal": "trap", "gear": "gear2"]

  /// The component of a model card and the parameter that tells its polarity; nil where there is none.
  static func component(of model: DeviceModel) -> (name: String, polarity: String?)? {
    switch model.type {
    case "d": return ("diode", nil)
    case "npn", "pnp": return (model.number("level") ?? 1) == 1 ? ("bjt", model.type) : nil
    case "njf", "pjf":
      return (model.number("level") ?? 1) == 1 ? ("jfet", String(model.type.prefix(1))) : nil
    case "nmos", "pmos":
      let names: [MOSFETFamily: String] = [
        .mos1: "mos1", .mos2: "mos2", .mos3: "mos3", .bsim3: "bsim3v3", .bsim4: "bsim4",
      ]
      return MOSFETFamily(model).flatMap { names[$0] }.map { ($0, String(model.type.prefix(1))) }
    default: return nil
    }
  }
}
