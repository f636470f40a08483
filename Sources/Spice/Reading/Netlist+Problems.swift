extension Netlist {
  /// Everything wrong with the circuit and its analyses, each problem with its line: `deck.cir:7: element m1`.
  ///
  /// While the circuit has problems only they are given. Noise counts as drawn: that is left to who runs it.
  public func problems() -> [SpiceError] {
    let circuit = resolvedCircuit
    let found = Validator(circuit).problems
    guard found.isEmpty else { return listed(found.map { ($0, cards.first?.place) }) }
    return listed(
      cards.flatMap { card in
        let own = simulation(circuit, card.analysis).ownProblems(noiseIsDrawn: false)
        return (own + problems(ofOuterSweep: card)).map { ($0, card.place) }
      })
  }

  /// What is wrong with an outer sweep, which is checked like an inner one.
  private func problems(ofOuterSweep card: AnalysisCard) -> [CircuitProblem] {
    guard let outer = card.outer else { return [] }
    guard !((outer.stop - outer.start) / outer.step > Double(SourceSweep.mostValues)) else {
      let error = SpiceError(
        .invalidValue, "the outer sweep has more than \(SourceSweep.mostValues) values, each a run.",
        place: "analysis")
      return [CircuitProblem(error: error, part: .analysis)]
    }
    let sweep = Analysis.dcSweep(
      source: outer.source, start: outer.start, stop: outer.stop, step: outer.step)
    return Simulation(circuit, sweep).ownProblems(noiseIsDrawn: false).filter { $0.part == .analysis }
  }

  /// The problems with their lines and in the order of the lines, each once.
  private func listed(_ problems: [(problem: CircuitProblem, analysis: DeckPlace?)]) -> [SpiceError] {
    struct Entry {
      var place: DeckPlace
      var offset: Int
      var error: SpiceError
    }
    let end = DeckPlace(file: name, line: .max)
    var entries: [Entry] = []
    for (offset, (problem, analysis)) in problems.enumerated() {
      let place = place(of: problem, analysis)
      entries.append(Entry(place: place ?? end, offset: offset, error: error(problem, at: place)))
    }
    entries.sort { $0.place == $1.place ? $0.offset < $1.offset : $0.place < $1.place }
    var seen: Set<SpiceError> = []
    return entries.map(\.error).filter { seen.insert($0).inserted }
  }

  /// The line that a problem is about.
  private func place(of problem: CircuitProblem, _ analysis: DeckPlace?) -> DeckPlace? {
    if problem.part == .analysis { return analysis }
    let stands = problem.part.flatMap { places[$0] } ?? []
    return problem.isRepetition && stands.count > 1 ? stands[1] : stands.first
  }

  private func error(_ problem: CircuitProblem, at place: DeckPlace?) -> SpiceError {
    let error = problem.error
    let stands = problem.part.flatMap { places[$0] } ?? []
    let cause = problem.isRepetition && stands.count > 1 ? "the first stands in \(stands[0])" : error.cause
    return SpiceError(
      error.code, error.message, place: "\(place.map { "\($0)" } ?? name): \(error.place)", cause: cause)
  }
}
