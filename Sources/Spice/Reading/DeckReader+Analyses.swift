/// Analyses and what they record.
extension DeckReader {
  /// Reads an analysis.
  mutating func readAnalysis(_ line: DeckLine, _ keyword: String) throws(SpiceError) {
    var tokens = try CardTokens(line, from: keyword.utf8.count)
    var outer: SourceSweep?
    let analysis: Analysis
    switch keyword {
    case ".op": analysis = .operatingPoint
    case ".dc":
      let inner = try sweep(&tokens)
      if tokens.peek() != nil { outer = try sweep(&tokens) }
      analysis = .dcSweep(source: inner.source, start: inner.start, stop: inner.stop, step: inner.step)
    case ".ac":
      let word = try tokens.word("dec, oct or lin").lowercased()
      guard let spacing = Analysis.FrequencySpacing(rawValue: word) else {
        throw line.error(.syntax, "expected dec, oct or lin.", at: keyword.utf8.count + 1)
      }
      let points = try number(&tokens, "the number of points")
      guard let count = Int(exactly: points.rounded()) else {
        throw tokens.error("expected a number of points.")
      }
      analysis = .ac(
        spacing, points: count, start: try number(&tokens, "the first frequency"),
        stop: try number(&tokens, "the last frequency"))
    default: analysis = .transient(try transient(&tokens))
    }
    try tokens.expectEnd()
    analyses.append(AnalysisCard(analysis, outer: outer, at: line.place))
  }

  private mutating func sweep(_ tokens: inout CardTokens) throws(SpiceError) -> SourceSweep {
    let start = tokens
    let source = naming.element(try tokens.word("the source to sweep"))
    guard source.hasPrefix("v") || source.hasPrefix("i") else {
      throw start.error("only voltage and current sources are swept.", code: .unsupported)
    }
    return SourceSweep(
      source: source, start: try number(&tokens, "the first value"),
      stop: try number(&tokens, "the last value"),
      step: try number(&tokens, "the step"))
  }

  private mutating func transient(_ tokens: inout CardTokens) throws(SpiceError) -> Transient {
    var numbers: [Double] = []
    var isFromConditions = false
    while tokens.peek() != nil {
      if tokens.take(.comma) { continue }
      if tokens.take(keyword: "uic") {
        isFromConditions = true
        continue
      }
      guard numbers.count < 4 else { throw tokens.error("expected uic or the end of the line.") }
      numbers.append(try number(&tokens, "a time"))
    }
    guard numbers.count >= 2 else { throw tokens.error("expected a step and a stop time.") }
    let start = numbers.count > 2 ? numbers[2] : 0
    // As ngspice: the step itself, but at least fifty of them.
    let usual = Swift.min(numbers[0], (numbers[1] - start) / 50)
    var cap = numbers.count > 3 && numbers[3] != 0 ? numbers[3] : usual
    for case .maximumStep(let step) in structured { cap = step }
    return Transient(
      step: numbers[0], stop: numbers[1], maximumStep: cap, recordFrom: start,
      windows: structured.compactMap { if case .window(let window) = $0 { window } else { nil } },
      useInitialConditions: isFromConditions)
  }

  // MARK: signals

  /// Reads the signals of a `.save`, `.print`, `.plot` or `.probe` line.
  mutating func readSignals(_ line: DeckLine, _ keyword: String) throws(SpiceError) {
    var tokens = try CardTokens(line, from: keyword.utf8.count)
    if keyword == ".print" || keyword == ".plot" {
      for kind in ["tran", "ac", "dc", "op", "noise", "disto"] where tokens.take(keyword: kind) { break }
    }
    while let token = tokens.peek() {
      if tokens.take(.comma) || tokens.take(.close) || tokens.take(.open) { continue }
      let word = try tokens.word("a signal").lowercased()
      if word == "all" || word == "allv" {
        savesAll = true
      } else if word == "alli" || word == "ally" {
        remark("\(word) is not carried; every branch current is recorded where nothing is named.", line)
      } else if tokens.peek()?.kind == .open, tokens.peek()?.isDetached == false {
        try readSignal(word, &tokens, at: token.offset)
      } else if word.hasPrefix("@") {
        keep(Signal(word), line, at: token.offset)
      } else if word.hasSuffix("#branch") {
        keep(Signal("i(\(naming.element(String(word.dropLast(7)))))"), line, at: token.offset)
      } else if tokens.peek()?.kind == .equals || SpiceNumber(word: word) != nil && keyword != ".save" {
        remark("\(keyword) takes signals alone; the rest of the line is left out.", line)
        return
      } else {
        keep(.voltage(naming.node(word)), line, at: token.offset)
      }
    }
  }

  /// A signal with parentheses: `v(a)`, `v(a,b)`, `i(v1)`, `vdb(out)`.
  private mutating func readSignal(
    _ word: String, _ tokens: inout CardTokens, at offset: Int
  ) throws(SpiceError) {
    _ = tokens.take(.open)
    var names: [String] = []
    var depth = 1
    while depth > 0 {
      guard let token = tokens.next() else { throw tokens.error("expected ')'.") }
      switch token.kind {
      case .open: depth += 1
      case .close: depth -= 1
      case .comma, .equals: continue
      case .word, .expression, .string: names.append(token.text)
      }
    }
    let isVoltage = ["v", "vm", "vp", "vr", "vi", "vdb"].contains(word)
    let isCurrent = ["i", "im", "ip", "ir", "ii", "idb"].contains(word)
    guard isVoltage && (names.count == 1 || names.count == 2) || isCurrent && names.count == 1 else {
      remark("\(word)(\(names.joined(separator: ","))) is not recorded.", tokens.line)
      return
    }
    if word.count > 1 {
      remark("\(word) is recorded as \(word.prefix(1)), magnitude and phase with it.", tokens.line)
    }
    for name in names {
      if isVoltage {
        let node = naming.node(name)
        if node != .ground { keep(.voltage(node), tokens.line, at: offset) }
      } else {
        let signal = Signal("i(\(reference(name)))")
        let keyword = tokens.line.keyword
        if keyword == ".print" || keyword == ".plot", !saved.contains(signal) {
          printedCurrents[signal] = tokens.line
        }
        keep(signal, tokens.line, at: offset)
      }
    }
  }

  private mutating func keep(_ signal: Signal, _ line: DeckLine, at offset: Int) {
    guard places[.saved(signal)] == nil else { return }
    saved.append(signal)
    note(.saved(signal), at: line.place(at: offset))
  }

  /// The signals of a `.measure` line, which ngspice records too.
  private mutating func readMeasuredSignals(_ measure: MeasureLine) throws(SpiceError) {
    let line = DeckLine(measure.text.utf8, file: measure.place.file, line: measure.place.line)
    var tokens = try CardTokens(line)
    while let token = tokens.next() {
      let word = token.text.lowercased()
      guard token.kind == .word, word == "v" || word == "i", let next = tokens.peek(), next.kind == .open,
        !next.isDetached
      else { continue }
      try readSignal(word, &tokens, at: token.offset)
    }
  }

  // MARK: the end

  /// What only the whole deck decides: which signals are recorded, which sources are external.
  mutating func finish() {
    circuit.passParameters()
    for problem in Validator.danglingNodes(of: circuit) {
      circuit.allowsDanglingNodes = true
      guard let place = problem.part.flatMap({ places[$0]?.first }) else { continue }
      remarks.append(Remark("\(problem.error.place): \(problem.error.message)", at: place))
    }
    resolveMeasuredParameters()
    for case .external(let name) in structured {
      attempt { (reader) throws(SpiceError) in try reader.makeExternal(name) }
    }
    if !saved.isEmpty, !savesAll {
      for measure in measures {
        attempt { (reader) throws(SpiceError) in try reader.readMeasuredSignals(measure) }
      }
    }
    let path = CircuitPath(circuit)
    for (signal, line) in printedCurrents {
      guard let name = signal.arguments?.first, let element = path.element(name),
        !element.device.hasBranchCurrent
      else { continue }
      saved.removeAll { $0 == signal }
      remark("\(signal) is not recorded: put a source of 0 V in series with \(name).", line)
    }
    if savesAll {
      // All alone is what is recorded where nothing is named.
      saved = saved.contains { $0.name.hasPrefix("@") } ? path.allSignals.appendingNew(saved) : []
    }
    remarks += naming.remarks
  }

  /// Makes a source external whose table stands in the deck as a PWL.
  private mutating func makeExternal(_ name: String) throws(SpiceError) {
    func failure(_ message: String) -> SpiceError {
      let place = places[.element(name, subcircuit: nil)]?.first ?? DeckPlace(file: self.name, line: 1)
      return SpiceError(.syntax, message, place: "\(place)")
    }
    guard let index = circuit.elements.firstIndex(where: { $0.name == name }) else {
      throw failure("there is no source \(name) that could be external.")
    }
    func table(_ waveform: SourceWaveform) throws(SpiceError) {
      guard case .pwl(let points) = waveform else {
        throw failure("an external source has its table as a pwl.")
      }
      var list: [TimedValue] = []
      for point in points {
        guard let time = values.value(of: point.time), let value = values.value(of: point.value) else {
          throw failure("the table of an external source has known values.")
        }
        list.append(TimedValue(time, value))
      }
      if !list.isEmpty { externalValues[name] = list }
    }
    switch circuit.elements[index].device {
    case .voltageSource(let waveform, let dc, let ac):
      try table(waveform)
      circuit.elements[index].device = .voltageSource(.external, dc: dc, ac: ac)
    case .currentSource(let waveform, let dc, let ac):
      try table(waveform)
      circuit.elements[index].device = .currentSource(.external, dc: dc, ac: ac)
    default: throw failure("\(name) is no source that could be external.")
    }
  }
}

extension CircuitPath {
  /// Every node voltage and branch current that the circuit itself shows, instances opened.
  var allSignals: [Signal] {
    var seen: Set<Signal> = []
    var all: [Signal] = []
    func add(_ signal: Signal) { if seen.insert(signal).inserted { all.append(signal) } }
    for (path, element) in flattened.prefix(100_000) {
      let prefix = path.dropLast(element.name.count)
      if prefix.isEmpty {
        for node in element.nodes where node != .ground { add(.voltage(node)) }
      }
      if element.device.hasBranchCurrent { add(.current(path)) }
    }
    return all
  }
}
