import SpiceWire

/// Reads what became of a simulation from a worker's reply.
///
/// ngspice's return codes alone say little: most
/// failures return success.
struct Diagnosis {
  let deck: Deck
  let simulation: Simulation
  /// The node of the halt source that was added to the circuit.
  var haltNode: Node?

  /// The status that a reply means.
  func status(of reply: WorkerReply) -> SimulationOutcome.Status {
    let errors = Self.lines(of: reply.messages, from: "stderr")
    if reply.exitRequested { return .refused(deckProblem(errors)) }
    guard reply.circuitStatus == 0, reply.plotted || reply.simulationStatus >= 0 else {
      return .parseError(deckProblem(errors))
    }
    if reply.watchMissing { return .aborted("a signal to be watched is not recorded") }
    guard reply.simulationStatus == 0, reply.plotted else { return runFailure(errors, reply) }
    let waveforms: Waveforms
    do {
      waveforms = try Waveforms(reply.vectors, of: simulation, without: haltNode)
    } catch {
      return .aborted("\(error)")
    }
    if case .transient(let transient) = simulation.analysis, reply.haltedAt.isNaN,
      !((waveforms.scale.last ?? 0) >= transient.stop * (1 - 1e-9))
    {
      let last = CanonicalNumber.text(waveforms.scale.last ?? 0)
      return .aborted("the transient ended at \(last) s without an error message")
    }
    return .completed(waveforms)
  }

  /// The messages of one stream, without its name.
  static func lines(of messages: String, from stream: String) -> [String] {
    messages.split(separator: "\n").compactMap { line in
      line.hasPrefix(stream + " ") ? String(line.dropFirst(stream.count + 1)) : nil
    }
  }

  // MARK: runs

  private func runFailure(_ errors: [String], _ reply: WorkerReply) -> SimulationOutcome.Status {
    let final = errors.last { $0.hasPrefix("doAnalyses:") } ?? ""
    let times = reply.vectors.first { $0.name == "time" }?.real ?? []
    if final.lowercased().contains("timestep too small"), let last = times.last {
      return .timestepTooSmall(atSeconds: last)
    }
    if let singular = errors.first(where: { $0.contains("singular matrix:") }) {
      let place = singular.components(after: "check node ") ?? "the circuit"
      return .singularMatrix(at: place.replacingSuffix("#branch", with: " (branch)"))
    }
    let nonConvergence = ["timestep too small", "iteration limit", "no convergence"]
    if nonConvergence.contains(where: final.lowercased().contains) { return .nonConverged }
    let fatal = errors.lazy.compactMap { $0.components(after: "Fatal error: ") }.first
    let said = fatal ?? errors.first { $0.hasPrefix("Error") } ?? errors.last ?? "ngspice gave no reason"
    return .aborted(said)
  }

  // MARK: decks

  private func deckProblem(_ errors: [String]) -> DeckProblem {
    for (index, line) in errors.enumerated() {
      let rest = errors[(index + 1)...]
      if line.hasPrefix("Error on line"), let text = rest.first {
        return located(message: rest.dropFirst().first ?? "no reason given", text: text)
      }
      if let text = line.components(after: "Error: unknown subckt: ") {
        return located(message: "unknown subcircuit", text: text)
      }
      if line.hasPrefix("Undefined parameter [") {
        let name = line.dropFirst("Undefined parameter [".count).prefix { $0 != "]" }
        var problem = DeckProblem(message: "undefined parameter \(name)")
        if let guilty = deck.lines.first(where: { Self.mentions($0.text, parameter: name) }) {
          problem.line = guilty.text
          problem.lineNumber = guilty.number
          problem.origin = guilty.origin
        }
        return problem
      }
    }
    let first = errors.first { $0.hasPrefix("Error") } ?? errors.first ?? "ngspice gave no reason"
    return DeckProblem(message: first.hasPrefix("Error: ") ? String(first.dropFirst(7)) : first)
  }

  /// Finds the deck's own line for a line that ngspice quotes, which it may have flattened (`d.x1.d1 ...`).
  private func located(message: String, text: String) -> DeckProblem {
    var problem = DeckProblem(message: message.trimmed(), line: text.trimmed())
    let quoted = text.lowercased().split(separator: " ").map(String.init)
    guard let first = quoted.first else { return problem }
    let path = first.split(separator: ".").map(String.init)
    let isFlattened = path.count > 2 && path[0].count == 1
    let reached = CircuitPath(simulation.circuit).subcircuit(along: path.dropFirst().dropLast())
    let candidates = deck.lines.filter { line in
      switch line.origin {
      case .element(let name, let subcircuit):
        isFlattened
          ? name == path.last && subcircuit == reached
          : name == first
      case .model(let name, _): first == ".model" && quoted.count > 1 && quoted[1] == name
      default: line.text == text
      }
    }
    let exact = candidates.first {
      $0.text.lowercased().split(separator: " ").elementsEqual(quoted) { $0 == $1 }
    }
    if let line = exact ?? candidates.first {
      problem.lineNumber = line.number
      problem.origin = line.origin
    }
    return problem
  }

  private static func mentions(_ text: String, parameter: Substring) -> Bool {
    text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains(parameter) && text.contains("{")
  }
}

extension String {
  /// What follows the first occurrence of `marker`, or nil.
  fileprivate func components(after marker: String) -> String? {
    var rest = Substring(self)
    while !rest.isEmpty {
      if rest.hasPrefix(marker) { return String(rest.dropFirst(marker.count)).trimmed() }
      rest = rest.dropFirst()
    }
    return nil
  }

  fileprivate func replacingSuffix(_ suffix: String, with other: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) + other : self
  }

  fileprivate func trimmed() -> String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text = text.dropFirst() }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }
}
