import Spice
import Testing

/// How far two simulators' results of one circuit lie apart.
public struct Agreement: Sendable, CustomStringConvertible {
  /// The largest difference of a crossing time, as a fraction of that time.
  public var delay = 0.0
  /// The largest difference of the charge through a source, as a fraction of it.
  ///
  /// Charges below a tenth of the largest count as a tenth of it: gates return what they take.
  public var charge = 0.0
  /// How many crossings were compared.
  public var crossings = 0

  /// Compares the recorded voltages' crossings of a level and the recorded currents' integrals.
  ///
  /// - Parameters:
  ///   - ours: What the library recorded.
  ///   - theirs: What another simulator recorded of the same signals.
  ///   - level: The level of the crossings, in volt.
  ///   - start: When comparison of crossings begins, in seconds.
  public init(
    _ ours: Waveforms, _ theirs: OutsideRun, at level: Double, after start: Double = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let currents = ours.signals.filter { $0.name.hasPrefix("i(") }
    let charges = try currents.map { signal in
      (
        try ours.signal(signal).integral(),
        try theirs.waveform(signal, sourceLocation: sourceLocation).integral()
      )
    }
    let least = (charges.map { abs($0.0) }.max() ?? 0) / 10
    charge = charges.map { abs($0.0 - $0.1) / max(abs($0.0), least) }.filter(\.isFinite).max() ?? 0
    for signal in ours.signals where signal.name.hasPrefix("v(") {
      let expected = try ours.signal(signal).crossings(of: level, after: start)
      let found = try theirs.waveform(signal, sourceLocation: sourceLocation).crossings(
        of: level, after: start)
      #expect(
        found.count == expected.count, "\(signal) crosses \(level) V at \(found), here at \(expected)",
        sourceLocation: sourceLocation)
      for (here, there) in zip(expected, found) { delay = max(delay, abs(there / here - 1)) }
      crossings += expected.count
    }
  }

  /// The figures.
  public var description: String { "delay \(delay), charge \(charge), \(crossings) crossings" }
}

extension Simulation {
  /// What a deck for another program says of it: the tightest step everywhere, external values as PWL.
  ///
  /// - Parameter maximumStep: The longest step; nil for the tightest of the windows.
  public func asWritten(maximumStep: Double? = nil) -> Simulation {
    var written = self
    if case .transient(var transient) = analysis {
      transient.maximumStep =
        maximumStep ?? ([transient.maximumStep] + transient.windows.map(\.maximumStep)).min()
        ?? transient.maximumStep
      transient.windows = []
      written.analysis = .transient(transient)
    }
    for (index, element) in circuit.elements.enumerated() {
      let points = externalValues[element.name]?.map { SourceWaveform.Point($0.time, $0.value) }
      switch (element.device, points) {
      case (.voltageSource(.external, let dc, let ac), let points?):
        written.circuit.elements[index].device = .voltageSource(.pwl(points), dc: dc, ac: ac)
      case (.currentSource(.external, let dc, let ac), let points?):
        written.circuit.elements[index].device = .currentSource(.pwl(points), dc: dc, ac: ac)
      default: break
      }
    }
    written.externalValues = [:]
    written.stopConditions = []
    return written
  }
}
