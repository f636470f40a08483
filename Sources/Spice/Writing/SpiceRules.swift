/// How the members of the SPICE family differ from each other.
struct SpiceRules: Sendable {
  /// The dialect that is written.
  var dialect: Dialect
  /// How expressions are spelled.
  var expressions: ExpressionRules
  /// The marks around a value that is more than a plain number.
  var marks = ("{", "}")
  /// The word before the parameters of a subcircuit's first line and of an instance.
  var definitionWord = ""
  var instanceWord = ""
  /// How the expression of a behavioural source named `b...` is written: the words before and after it.
  var behavioralMarks = ("", "")
  /// The words before the expression of a behavioural source named `e...` and of one named `g...`.
  var controlledWords = ("value={", "value={", "}")
  /// The letters of behavioural sources of voltage and of current.
  var behavioralLetters: ([Character], [Character]) = (["b", "e"], ["b", "g"])
  /// Whether the small-signal excitation comes before the waveform.
  var stimulusFirst = true
  /// Whether `area` is written by its position, without its name.
  var areaByPosition = false
  /// Whether temperature coefficients are written as `tc=tc1,tc2`, and only resistors have them.
  var joinedCoefficients = false
  /// Whether an element's initial condition holds the operating point, as it does nowhere else.
  var initialConditionsHold = false
  /// The level of each family of transistors; nil writes cards as they are.
  var levels: [MOSFETFamily: Int]?
  /// Whether a model's version is a number.
  var numericVersion = false
  /// Parameters of elements that the dialect does not have.
  var missingParameters: Set<String> = []
  /// What elements are rewritten before they are spelled.
  var lowering: Lowering = [.switches, .passiveModels, .noise, .operatingValues]
  /// Words that name no parameter.
  var parameterWords: Set<String> = ["time", "temp"]
  /// The keyword of options.
  var optionWord = ".options"
  /// Options that every deck begins with.
  var header: [String] = []
  /// Options that a deck has unless the circuit states another value.
  var defaultOptions: [Parameter] = []
  /// What ngspice's options are called; what is not there becomes a remark.
  var options: [String: String]?
  /// The words before the temperature in degree Celsius.
  var temperatureWord = ".temp "
  /// How the longest step of a transient is stated.
  var longestStep = LongestStep.fourth
  /// The word before saved signals; the analysis follows where it is true.
  var saveWord: (String, followedByAnalysis: Bool) = (".save", false)
  /// What is recorded where nothing is named, for a dialect that then records nothing.
  var saveEverything: String?
  /// How signals are called.
  var signals = SignalNames.ngspice
  /// Whether each global node has a line of its own.
  var globalsApart = false
  /// The most characters of a line; nil for no limit.
  var longestLine: Int?
  /// Whether include paths are made absolute.
  var absoluteIncludes = false
  /// Whether the deck has a `.print` line beside its saved signals.
  var prints = false

  /// How the longest step of a transient is stated.
  enum LongestStep: Sendable, Equatable {
    /// As the fourth number of `.tran`, windows beside the deck.
    case besideWindows
    /// As the fourth number of `.tran`, the tightest window's everywhere.
    case fourth
    /// As the fourth number of `.tran`, with a schedule of windows.
    case schedule
    /// As an option of this name, the tightest window's everywhere.
    case option(String)
  }

  /// The writer of expressions in a scope.
  func writer(_ names: DialectNames = DialectNames()) -> ExpressionWriter {
    ExpressionWriter(rules: expressions, marks: marks, names: names)
  }

  /// The names of a scope.
  func names(of elements: [Element], ports: [Node] = []) -> DialectNames {
    DialectNames(of: elements, ports: ports, avoiding: []) { element in
      switch element.device {
      case .behavioralVoltage: behavioralLetters.0
      case .behavioralCurrent: behavioralLetters.1
      default: element.device.letters
      }
    }
  }
}

extension SpiceRules {
  /// ngspice as the worker reads it: windows, external values and drawn noise travel beside the deck.
  static let ngspiceWorker = SpiceRules(
    dialect: .ngspice, expressions: .ngspice, controlledWords: ("vol='", "cur='", "'"),
    stimulusFirst: false, lowering: [.multipliersAsParameters], parameterWords: [],
    longestStep: .besideWindows,
    absoluteIncludes: true)

  /// The `ngspice` program.
  static let ngspice: SpiceRules = {
    var rules = ngspiceWorker
    rules.longestStep = .fourth
    rules.absoluteIncludes = false
    // The default of two OpenMP threads is many times slower than one.
    rules.header = [".options num_threads=1"]
    rules.prints = true
    return rules
  }()

  /// Xyce: expressions in braces everywhere, options in packages, a schedule of steps.
  ///
  /// - Source: Xyce Reference Guide, sections 2.1 (commands) and 2.2 (expressions).
  static let xyce = SpiceRules(
    dialect: .xyce, expressions: .xyce, definitionWord: "params:", instanceWord: "params:",
    behavioralMarks: ("{", "}"), initialConditionsHold: true,
    levels: [.mos1: 1, .mos2: 2, .mos3: 3, .bsim3: 9, .bsim4: 54],
    missingParameters: ["mulu0"], parameterWords: ["time", "temp", "temper", "freq", "gmin", "pi", "vt"],
    options: [
      "reltol": "timeint reltol", "method": "timeint method", "maxord": "timeint maxord",
      "gmin": "device gmin", "tnom": "device tnom",
    ],
    temperatureWord: ".options device temp=", longestStep: .schedule, saveWord: (".print", true),
    saveEverything: "v(*) i(*)", signals: .xyce, globalsApart: true)

  /// HSPICE: quoted expressions, behavioural sources as E and G; stated, because its defaults are others: the
  /// nominal temperature, 25 degrees there, and that a subcircuit's parameters are its own.
  ///
  /// - Source: HSPICE Reference Manual: Commands and Control Options; Elements and Device Models.
  static let hspice = SpiceRules(
    dialect: .hspice, expressions: .hspice, marks: ("'", "'"), controlledWords: ("vol='", "cur='", "'"),
    behavioralLetters: (["e"], ["g"]),
    levels: [.mos1: 1, .mos2: 2, .mos3: 3, .bsim3: 49, .bsim4: 54], numericVersion: true,
    parameterWords: ["time", "temper", "hertz"], optionWord: ".option",
    header: [".option post probe", ".option parhier=local"],
    defaultOptions: [Parameter("tnom", 27)],
    options: Dictionary(
      uniqueKeysWithValues: [
        "reltol", "abstol", "vntol", "gmin", "method", "maxord", "tnom", "chgtol", "trtol", "itl1", "itl4",
        "pivtol", "scale", "defw", "defl", "defad", "defas", "defpd", "defps", "defnrd", "defnrs",
      ].map { ($0, $0) }),
    longestStep: .option("delmax"), saveWord: (".print", true), signals: .hspice, longestLine: 1024)

  /// LTspice.
  ///
  /// - Source: LTspice Help, "Circuit Elements" and "Dot Commands".
  static let ltspice = SpiceRules(
    dialect: .ltspice, expressions: .ltspice, definitionWord: "params:", areaByPosition: true,
    joinedCoefficients: true,
    levels: [.mos1: 1, .mos2: 2, .mos3: 3, .bsim3: 8, .bsim4: 14], missingParameters: ["mulu0", "dtemp"],
    lowering: [.passiveModels, .noise, .instanceMultiplier, .operatingValues],
    options: Dictionary(
      uniqueKeysWithValues: [
        "reltol", "abstol", "vntol", "gmin", "method", "maxord", "tnom", "chgtol", "trtol", "itl1", "itl4",
        "pivtol", "pivrel", "cshunt",
      ].map { ($0, $0) }),
    signals: .ltspice)

  /// The rules of a dialect of the family; ngspice's for the others.
  static func of(_ dialect: Dialect, inlinesModels: Bool) -> SpiceRules {
    switch dialect {
    case .ngspice, .spectre, .cdl:
      var rules = ngspice
      // Level 14 is the one that ngspice and its descendants share.
      if inlinesModels { rules.levels = [.mos1: 1, .mos2: 2, .mos3: 3, .bsim3: 8, .bsim4: 14] }
      return rules
    case .xyce: return xyce
    case .hspice: return hspice
    case .ltspice: return ltspice
    }
  }
}
