extension SpiceDeckWriter {
  /// Writes what is recorded and what is simulated.
  mutating func writeAnalysis() {
    let saved = recorded()
    let kind = simulation.analysis.word
    if !rules.saveWord.followedByAnalysis, !saved.isEmpty {
      builder.add("\(rules.saveWord.0) " + saved.joined(separator: " "), .saved)
    }
    switch simulation.analysis {
    case .transient: break
    default:
      for remark in simulation.remarks() where rules.longestStep != .besideWindows {
        builder.add(remark.text, .comment)
      }
    }
    switch simulation.analysis {
    case .operatingPoint: builder.add(".op", .analysis)
    case .dcSweep(let source, let start, let stop, let step):
      let range = [start, stop, step].map(number).joined(separator: " ")
      builder.add(".dc \(source.lowercased()) \(range)", .analysis)
    case .ac(let spacing, let points, let start, let stop):
      builder.add(".ac \(spacing.rawValue) \(points) \(number(start)) \(number(stop))", .analysis)
    case .transient(let transient): write(transient)
    }
    if rules.saveWord.followedByAnalysis {
      let all = saved.isEmpty ? rules.saveEverything.map { [$0] } ?? [] : saved
      // The operating point is printed as it is.
      let word = kind == "op" ? (rules.saveEverything == nil ? nil : "dc") : kind
      if let word, !all.isEmpty {
        builder.add("\(rules.saveWord.0) \(word) " + all.joined(separator: " "), .saved)
      }
    }
    if rules.prints, kind != "op", !saved.isEmpty {
      builder.add(".print \(kind) " + saved.joined(separator: " "), .saved)
    }
  }

  private mutating func recorded() -> [String] {
    simulation.saved.compactMap { signal in
      if let name = rules.signals.name(of: signal, in: scopes.at) { return name }
      remark("signal \(signal) has no name in \(rules.dialect.title) and is not recorded")
      return nil
    }
  }

  private mutating func write(_ transient: Transient) {
    var times = [transient.step, transient.stop].map(number)
    var longest = transient.maximumStep
    if rules.longestStep != .besideWindows {
      let isScheduled = rules.longestStep == .schedule
      if !isScheduled { longest = transient.tightestStep }
      for remark in simulation.remarks(besides: isScheduled) { builder.add(remark.text, .comment) }
    }
    if case .option(let name) = rules.longestStep {
      builder.add("\(rules.optionWord) \(name)=\(number(longest))", .analysis)
      if transient.recordFrom > 0 { times.append("start=\(number(transient.recordFrom))") }
    } else {
      times += [transient.recordFrom, longest].map(number)
    }
    if transient.useInitialConditions { times.append("uic") }
    if rules.longestStep == .schedule, !transient.windows.isEmpty {
      let steps = transient.schedule.flatMap { [number($0.time), number($0.step)] }
      times.append("{schedule(\(steps.joined(separator: ",")))}")
    }
    builder.add(".tran " + times.joined(separator: " "), .analysis)
  }
}

extension Analysis {
  /// SPICE's word for it.
  var word: String {
    switch self {
    case .operatingPoint: "op"
    case .dcSweep: "dc"
    case .ac: "ac"
    case .transient: "tran"
    }
  }
}

extension Simulation {
  /// What a deck for another program says in comments because the program has no word for it.
  ///
  /// - Parameter isScheduled: Whether the windows themselves stand in the deck.
  func remarks(besides isScheduled: Bool = false) -> [StructuredRemark] {
    var remarks: [StructuredRemark] = []
    if case .transient(let transient) = analysis, !isScheduled {
      remarks = transient.windows.map(StructuredRemark.window)
      if transient.tightestStep < transient.maximumStep {
        remarks.append(.maximumStep(transient.maximumStep))
      }
    }
    remarks += circuit.elements.filter(\.device.isExternal).map { .external($0.name) }
    return remarks + stopConditions.map(StructuredRemark.stop)
  }
}

extension Transient {
  /// The longest step that is allowed in every window.
  var tightestStep: Double { windows.map(\.maximumStep).reduce(maximumStep, Swift.min) }

  /// The longest step from each time on at which it changes, windows included.
  var schedule: [(time: Double, step: Double)] {
    let times = Set([0] + windows.flatMap { [$0.start, $0.stop] }).filter { $0 < stop }.sorted()
    return times.map { time in
      let inside = windows.filter { $0.start <= time && time < $0.stop }
      return (time, inside.map(\.maximumStep).reduce(maximumStep, Swift.min))
    }
  }
}
