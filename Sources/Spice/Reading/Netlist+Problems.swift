extension Netlist {
  /// Everything wrong with the circuit and its analyses, each problem with its line: `deck.cir:7: element m1`.
  ///
  /// While the circuit has problems only they are given. Noise counts as drawn: that is left to who runs it.
  public func problems() -> [SpiceError] {
    let found = Validator(resolvedCircuit).problems
    guard found.isEmpty else { return sorted(found.map { (placed($0, cards.first?.place), $0) }) }
    var all: [(SpiceError, CircuitProblem)] = []
    for run in runs {
      for problem in run.simulation.ownProblems(noiseIsDrawn: false) {
        all.append((placed(problem, run.place), problem))
      }
    }
    return sorted(all)
  }

  /// A problem with the line that it is about.
  private func placed(_ problem: CircuitProblem, _ analysis: DeckPlace?) -> SpiceError {
    let error = problem.error
    var stands = problem.part.flatMap { places[$0] } ?? []
    if problem.part == .analysis, let analysis { stands = [analysis] }
    guard let first = stands.first else {
      return SpiceError(error.code, error.message, place: "\(name): \(error.place)", cause: error.cause)
    }
    guard problem.isRepetition, stands.count > 1 else {
      return SpiceError(error.code, error.message, place: "\(first): \(error.place)", cause: error.cause)
    }
    return SpiceError(
      error.code, error.message, place: "\(stands[1]): \(error.place)", cause: "the first stands in \(first)")
  }

  /// The problems in the order of the lines, each once.
  private func sorted(_ problems: [(SpiceError, CircuitProblem)]) -> [SpiceError] {
    var seen: Set<SpiceError> = []
    return problems.enumerated()
      .map { (place: place(of: $0.element.1), offset: $0.offset, error: $0.element.0) }
      .sorted { ($0.place.file, $0.place.line, $0.offset) < ($1.place.file, $1.place.line, $1.offset) }
      .map(\.error).filter { seen.insert($0).inserted }
  }

  private func place(of problem: CircuitProblem) -> DeckPlace {
    let stands = problem.part.flatMap { places[$0] } ?? []
    let wanted = problem.isRepetition ? stands.dropFirst().first : stands.first
    return wanted ?? DeckPlace(file: name, line: .max)
  }
}
