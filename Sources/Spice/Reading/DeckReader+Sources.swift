/// Independent sources.
extension DeckReader {
  /// The words that begin a course.
  private static let courses: Set<String> = [
    "pulse", "sin", "sine", "exp", "pwl", "sffm", "am", "trnoise", "trrandom", "external",
  ]

  /// What a source line says, in whatever order.
  private struct Parts {
    var dc: Expression?
    var ac: ACStimulus?
    var waveform: SourceWaveform?
    /// Standard deviation and step of white noise.
    var noise: (rms: Double, step: Double)?
    var parameters: [Parameter] = []
  }

  /// Reads an independent source.
  mutating func source(_ name: String, _ tokens: inout CardTokens) throws(SpiceError) -> Element {
    let nodes = try nodes(2, &tokens)
    var parts = Parts()
    while let token = tokens.peek() {
      if token.kind == .comma || token.kind == .open || token.kind == .close {
        _ = tokens.next()
        continue
      }
      try take(token, &tokens, &parts)
    }
    let constant: Expression = parts.dc ?? 0
    var waveform = parts.waveform ?? .constant(constant)
    if let noise = parts.noise {
      guard parts.waveform == nil else {
        throw tokens.line.error(.unsupported, "noise upon a course; put two sources in series or parallel.")
      }
      guard let dc = values.value(of: constant) else {
        throw tokens.line.error(.unsupported, "the constant of a noise source needs a known value.")
      }
      waveform = .noise(rms: noise.rms, step: noise.step, dc: dc)
    }
    let dc = waveform.statesConstant ? nil : parts.dc
    let device: Device =
      name.hasPrefix("v")
      ? .voltageSource(waveform, dc: dc, ac: parts.ac) : .currentSource(waveform, dc: dc, ac: parts.ac)
    return Element(name, nodes, device, parameters: parts.parameters)
  }

  private mutating func take(
    _ token: CardToken, _ tokens: inout CardTokens, _ parts: inout Parts
  ) throws(SpiceError) {
    let word = token.kind == .word ? token.text.lowercased() : ""
    if word == "dc" {
      _ = tokens.next()
      _ = tokens.take(.equals)
      // Of `dc ac 1` the value is zero.
      parts.dc = try valueIfAny(&tokens) ?? 0
    } else if word == "ac" {
      _ = tokens.next()
      _ = tokens.take(.equals)
      let magnitude = try valueIfAny(&tokens)
      _ = tokens.take(.comma)
      let phase = magnitude == nil ? nil : try valueIfAny(&tokens)
      parts.ac = ACStimulus(magnitude: magnitude ?? 1, phaseDegrees: phase ?? 0)
    } else if Self.courses.contains(word), !tokens.isAssignment {
      _ = tokens.next()
      guard parts.waveform == nil, parts.noise == nil else {
        throw tokens.line.error(.syntax, "a source has one course.", at: token.offset)
      }
      try course(word, token, &tokens, &parts)
    } else if tokens.isAssignment {
      _ = tokens.next()
      _ = tokens.take(.equals)
      if word == "file" {
        throw tokens.line.error(.refused, "it reads a file that it names.", at: token.offset)
      }
      guard word != "td", word != "r" || parts.waveform == nil else {
        throw tokens.line.error(
          .unsupported, "repeated or delayed courses (r=, td=) are not supported.", at: token.offset)
      }
      parts.parameters.append(try parameter(word, &tokens))
    } else if word.hasPrefix("distof") {
      throw tokens.line.error(.unsupported, "distortion inputs are not supported.", at: token.offset)
    } else {
      guard parts.dc == nil else { throw tokens.error("expected a course, ac, or name=value.") }
      parts.dc = try value(&tokens, "a value or a course")
    }
  }

  /// The values of a course, with or without parentheses.
  private mutating func list(_ tokens: inout CardTokens) throws(SpiceError) -> [Expression] {
    var list: [Expression] = []
    let isEnclosed = tokens.take(.open)
    var depth = isEnclosed ? 1 : 0
    while let token = tokens.peek() {
      if tokens.take(.comma) { continue }
      if tokens.take(.open) {
        depth += 1
        continue
      }
      if tokens.take(.close) {
        depth -= 1
        if depth <= 0 { break }
        continue
      }
      guard let value = try valueIfAny(&tokens) else {
        if isEnclosed || token.kind != .word {
          throw tokens.error("expected a number, {expression} or parameter.")
        }
        break
      }
      list.append(value)
    }
    return list
  }

  private mutating func course(
    _ word: String, _ token: CardToken, _ tokens: inout CardTokens, _ parts: inout Parts
  ) throws(SpiceError) {
    func failure(_ code: SpiceError.Code, _ message: String) -> SpiceError {
      tokens.line.error(code, message, at: token.offset)
    }
    if word == "external" {
      parts.waveform = .external
      return
    }
    let list = try list(&tokens)
    let step = transient.map { Expression.constant($0.step) }
    let stop = transient.map { Expression.constant($0.stop) }
    /// A value, or ngspice's default, for which a transient must be known.
    func value(_ index: Int, _ fallback: Expression?) throws(SpiceError) -> Expression {
      if index < list.count, list[index] != .constant(0) { return list[index] }
      guard let fallback else {
        throw failure(
          .syntax, "value \(index + 1) of \(word) is missing or zero, and there is no .tran line.")
      }
      return fallback
    }
    guard word == "pwl" || list.count >= 2 else { throw failure(.syntax, "\(word) needs more values.") }
    switch word {
    case "pulse":
      guard list.count <= 7 else { throw failure(.unsupported, "a number of pulses is not supported.") }
      let isOnce = list.count < 7 || list[6] == .constant(0)
      parts.waveform = .pulse(
        from: list[0], to: list[1], delay: list.count > 2 ? list[2] : 0, rise: try value(3, step),
        fall: try value(4, step), width: try value(5, stop), period: isOnce ? nil : list[6])
    case "sin", "sine":
      guard list.count <= 5 || list[5] == .constant(0) else {
        throw failure(.unsupported, "a phase of a sine is not supported; use a behavioural source.")
      }
      parts.waveform = .sine(
        offset: list[0], amplitude: list[1],
        frequency: try value(2, transient.map { .constant(1 / $0.stop) }),
        delay: list.count > 3 ? list[3] : 0, damping: list.count > 4 ? list[4] : 0)
    case "exp":
      let riseDelay = try value(2, step)
      let next: Expression? = step.map { step in
        if case .constant(let a) = riseDelay, case .constant(let b) = step { return .constant(a + b) }
        return riseDelay + step
      }
      parts.waveform = .exponential(
        .init(
          from: list[0], to: list[1], riseDelay: riseDelay, riseTau: try value(3, step),
          fallDelay: try value(4, next), fallTau: try value(5, step)))
    case "pwl":
      guard list.count % 2 == 0 else { throw failure(.syntax, "pwl has pairs of time and value.") }
      parts.waveform = .pwl(
        stride(from: 0, to: list.count, by: 2).map { SourceWaveform.Point(list[$0], list[$0 + 1]) })
    case "trnoise":
      let numbers = list.compactMap { values.value(of: $0) }
      guard numbers.count == list.count, numbers.dropFirst(2).allSatisfy({ $0 == 0 }) else {
        throw failure(.unsupported, "only white noise of known values is supported: trnoise(rms step 0 0).")
      }
      parts.noise = (numbers[0], numbers[1])
    default: throw failure(.unsupported, "the course \(word) is not supported; use a behavioural source.")
    }
  }

  /// The first transient of the deck, from which defaults come.
  private var transient: Transient? {
    for card in analyses { if case .transient(let transient) = card.analysis { return transient } }
    return nil
  }
}
