/// Control lines of the top level.
extension DeckReader {
  /// Reads a card.
  mutating func readCard(_ line: DeckLine) throws(SpiceError) {
    let keyword = line.keyword
    try refuse(line, keyword)
    switch keyword {
    case ".title":
      circuit.title = String(line.text.dropFirst(keyword.count).drop { $0 == " " || $0 == "\t" })
    case ".func": break
    case _ where keyword.hasPrefix(".para"): break
    case ".model":
      guard let model = try model(line) else { return }
      note(.model(model.name, subcircuit: nil), at: line.place)
      circuit.models.append(model)
    case ".global":
      var tokens = try CardTokens(line, from: keyword.utf8.count)
      while tokens.peek() != nil {
        let node = naming.node(try tokens.word("a node"))
        if node != .ground, !circuit.globalNodes.contains(node) { circuit.globalNodes.append(node) }
      }
    case ".option", ".options", ".opt": try readOptions(line)
    case ".temp":
      var tokens = try CardTokens(line, from: keyword.utf8.count)
      temperature = try number(&tokens, "a temperature")
      if tokens.peek() != nil {
        throw tokens.error("several temperatures are not supported.", code: .unsupported)
      }
    case ".ic", ".nodeset": try readStartingVoltages(line, keyword)
    case ".op", ".dc", ".ac", ".tran": try readAnalysis(line, keyword)
    case ".save", ".print", ".plot", ".probe": try readSignals(line, keyword)
    case ".meas", ".measure":
      measures.append(readMeasure(line))
    case ".width", ".protect", ".unprotect", ".prot", ".unprot":
      remark("\(keyword) changes nothing here.", line)
    default:
      throw line.error(.syntax, "no card is called \(keyword).")
    }
  }

  /// Refuses a card that runs commands, or that a circuit cannot carry.
  func refuse(_ line: DeckLine, _ keyword: String) throws(SpiceError) {
    let unsupported = [
      ".if": "conditional parts (.if, .else) are", ".elseif": "conditional parts (.if, .else) are",
      ".else": "conditional parts (.if, .else) are", ".endif": "conditional parts (.if, .else) are",
      ".noise": "noise analysis is", ".tf": "transfer functions are", ".pz": "pole-zero analysis is",
      ".sens": "sensitivity analysis is", ".sensitivity": "sensitivity analysis is",
      ".disto": "distortion analysis is", ".four": "Fourier analysis is", ".fourier": "Fourier analysis is",
      ".sp": "S-parameter analysis is", ".pss": "periodic steady state is", ".csparam": ".csparam is",
      ".step": "parameter sweeps (.step) are", ".alter": "altered runs (.alter) are",
      ".data": "data tables are",
      ".mc": "Monte Carlo runs are", ".wc": "worst-case runs are",
    ]
    if let subject = unsupported[keyword] {
      throw line.error(.unsupported, "\(subject) not supported.")
    }
  }

  private mutating func readStartingVoltages(_ line: DeckLine, _ keyword: String) throws(SpiceError) {
    var tokens = try CardTokens(line, from: keyword.utf8.count)
    while tokens.peek() != nil {
      if tokens.take(.comma) { continue }
      guard tokens.take(keyword: "v"), tokens.take(.open), let name = tokens.next(), name.kind == .word,
        tokens.take(.close), tokens.take(.equals)
      else { throw tokens.error("expected v(node)=volts.") }
      let node = naming.node(name.text)
      let value = try value(&tokens, "a voltage")
      note(.startingVoltage(node), at: line.place(at: name.offset))
      if keyword == ".ic" {
        circuit.initialConditions[node] = value
      } else {
        circuit.nodeSets[node] = value
      }
    }
  }

  // MARK: options

  /// Options that say only what is printed, or nothing to us.
  private static let idleOptions: Set<String> = [
    "acct", "noacct", "list", "node", "nodes", "opts", "nopage", "nomod", "numdgt", "post", "brief", "probe",
    "ingold",
    "noinit", "norefvalue", "limpts", "limtim", "cptime", "lvlcod", "lvltim", "nomod", "seed", "autostop",
    "interp", "savecurrents", "filetype", "rawfile", "warn", "strict_errorhandling", "width",
  ]

  /// Options of the simulator that a circuit carries.
  private static let options: Set<String> = [
    "abstol", "reltol", "vntol", "chgtol", "trtol", "pivtol", "pivrel", "gmin", "gminsteps", "srcsteps",
    "sourcesteps", "gshunt", "cshunt", "rshunt", "rseries", "itl1", "itl2", "itl3", "itl4", "itl5", "itl6",
    "method", "maxord", "xmu", "minbreak", "tnom", "defl", "defw", "defad", "defas", "defm", "scale", "scalm",
    "noopiter", "keepopinfo", "noopac", "klu", "sparse", "trytocompact", "badmos3", "ramptime", "convlimit",
    "convstep", "convabsstep", "autopartial", "dphimax", "num_threads", "ltereltol", "lteabstol", "newtrunc",
    "bypass", "oldlimit", "epsmin", "indverbosity",
  ]

  private mutating func readOptions(_ line: DeckLine) throws(SpiceError) {
    var tokens = try CardTokens(line, from: line.keyword.utf8.count)
    while let token = tokens.peek() {
      if tokens.take(.comma) { continue }
      let isAssignment = tokens.isAssignment
      let name = try tokens.word("an option").lowercased()
      _ = tokens.take(.equals)
      var option = Parameter(name, 1)
      if isAssignment { option = try self.option(name, &tokens) }
      if name == "num_threads", option == Parameter(name, 1), !hasThreadsOption {
        // The writer's own.
        hasThreadsOption = true
        continue
      }
      if name == "temp" {
        guard case .expression(let value) = option.value, let celsius = values.value(of: value) else {
          throw line.error(.syntax, "expected temp=CELSIUS.", at: token.offset)
        }
        temperature = celsius
        continue
      }
      guard Self.options.contains(name) else {
        let isKnown = Self.idleOptions.contains(name)
        remark(
          isKnown ? "option \(name) is not carried." : "option \(name) is not known, and left out.", line)
        continue
      }
      note(.option(name), at: line.place(at: token.offset))
      circuit.options.append(option)
    }
  }

  /// The value of an option: a number or a bare word, which is no parameter.
  private mutating func option(_ name: String, _ tokens: inout CardTokens) throws(SpiceError) -> Parameter {
    guard let token = tokens.peek() else { throw tokens.error("expected a value.") }
    if token.kind == .expression || token.kind == .word && SpiceNumber(word: token.text) != nil {
      return Parameter(name, try value(&tokens, "a value"))
    }
    return Parameter(name, text: try tokens.name("a value"))
  }
}
