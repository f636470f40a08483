import Foundation
import Synchronization

/// How far a study is, for a person who waits.
///
/// On a terminal: one line per finished stage, and beneath them a bar with an estimate of the remaining time.
/// Elsewhere: the lines alone. Nothing goes to standard output, which carries results only.
///
/// ```swift
/// let progress = StudyProgress(stages: [.init("device", weight: 150), .init("reads", weight: 100)])
/// progress.begin("device")
/// progress.advance("device", done: 3, of: 60)
/// progress.finish("device", note: "3 diameters")
/// progress.close()
/// ```
///
/// Weights are relative times. What a stage took, not what it was said to take, decides the estimate; stages
/// answered from the store say nothing about the speed of the others and are left out of it.
public final class StudyProgress: Sendable {
  /// A stage to come.
  public struct Stage: Sendable, Hashable {
    /// Its name, unique.
    public var name: String
    /// How long it takes relative to the others; at least 0.
    public var weight: Double

    /// Announces a stage.
    public init(_ name: String, weight: Double) {
      self.name = name
      self.weight = weight
    }
  }

  private struct Course {
    var began: Double?
    var fraction = 0.0
    var items = ""
    var isFinished = false
    var isReused = false
  }

  private struct State {
    var courses: [String: Course] = [:]
    var running: [String] = []
    /// Seconds during which some stage was running, up to `activeSince`.
    var activeSeconds = 0.0
    var activeSince: Double?
    var drawn = -Double.infinity
    var isBarShown = false
  }

  private let stages: [Stage]
  private let sink: ProgressSink
  private let now: @Sendable () -> Double
  private let state: Mutex<State>

  /// Announces the stages.
  ///
  /// - Parameters:
  ///   - stages: In the order in which they are counted; names are unique.
  ///   - sink: Where the lines go.
  ///   - now: A clock in seconds that never goes back.
  public init(
    stages: [Stage], sink: ProgressSink = .standardError,
    now: @escaping @Sendable () -> Double = StudyProgress.monotonicSeconds
  ) {
    precondition(Set(stages.map(\.name)).count == stages.count, "stages have unique names")
    self.stages = stages
    self.sink = sink
    self.now = now
    state = Mutex(State())
  }

  /// Seconds of a clock that never goes back.
  @Sendable public static func monotonicSeconds() -> Double {
    ProcessInfo.processInfo.systemUptime
  }

  /// A stage starts; several may run at once.
  public func begin(_ name: String) {
    let time = now()
    state.withLock { state in
      state.courses[name, default: Course()].began = time
      state.running.append(name)
      if state.activeSince == nil { state.activeSince = time }
      draw(&state, time, always: true)
    }
  }

  /// So many of so many items of a running stage are done.
  public func advance(_ name: String, done: Int, of total: Int) {
    let time = now()
    state.withLock { state in
      guard total > 0, var course = state.courses[name], !course.isFinished else { return }
      course.fraction = min(max(Double(done) / Double(total), 0), 1)
      course.items = "\(done)/\(total)"
      state.courses[name] = course
      draw(&state, time, always: false)
    }
  }

  /// A stage is done.
  ///
  /// - Parameters:
  ///   - name: The stage.
  ///   - isReused: Whether its result came from the store.
  ///   - note: What a reader may want to know of it, in a few words.
  public func finish(_ name: String, isReused: Bool = false, note: String = "") {
    let time = now()
    state.withLock { state in
      var course = state.courses[name] ?? Course(began: time)
      guard !course.isFinished else { return }
      course.isFinished = true
      course.isReused = isReused
      course.fraction = 1
      state.courses[name] = course
      state.running.removeAll { $0 == name }
      if state.running.isEmpty, let since = state.activeSince {
        state.activeSeconds += time - since
        state.activeSince = nil
      }
      let count = state.courses.values.filter(\.isFinished).count
      let took = isReused ? "from the store" : Self.describe(seconds: time - (course.began ?? time))
      var line = "[\(count)/\(stages.count)] \(name): \(took)"
      if !note.isEmpty { line += ", \(note)" }
      printLine(line, &state)
      draw(&state, time, always: true)
    }
  }

  /// Says something in between, without tearing the bar.
  public func say(_ sentence: String) {
    let time = now()
    state.withLock { state in
      printLine(sentence, &state)
      draw(&state, time, always: true)
    }
  }

  /// Takes the bar away; call it also when the study fails.
  public func close() {
    state.withLock { state in
      if state.isBarShown { sink.write(Self.clearLine) }
      state.isBarShown = false
      state.running = []
    }
  }

  /// Estimated seconds to the end; nil as long as too little was computed to tell.
  public var remainingSeconds: Double? {
    let time = now()
    return state.withLock { remaining($0, time) }
  }

  // MARK: estimate

  /// Share of the announced weight below which the speed is not known well enough.
  private static let knownShare = 0.02

  private func remaining(_ state: State, _ time: Double) -> Double? {
    var computed = 0.0
    var open = 0.0
    for stage in stages {
      let course = state.courses[stage.name] ?? Course()
      if !course.isReused { computed += stage.weight * course.fraction }
      open += stage.weight * (1 - course.fraction)
    }
    let spent = state.activeSeconds + (state.activeSince.map { time - $0 } ?? 0)
    guard computed > 0, computed >= Self.knownShare * (computed + open) else { return open == 0 ? 0 : nil }
    return spent / computed * open
  }

  // MARK: drawing

  private static let clearLine = "\r\u{1B}[K"
  private static let secondsBetweenDrawings = 0.1

  private func printLine(_ line: String, _ state: inout State) {
    sink.write((state.isBarShown ? Self.clearLine : "") + line + "\n")
    state.isBarShown = false
  }

  private func draw(_ state: inout State, _ time: Double, always: Bool) {
    guard let columns = sink.columns, !state.running.isEmpty else { return }
    guard always || time - state.drawn >= Self.secondsBetweenDrawings else { return }
    state.drawn = time
    state.isBarShown = true
    let total = stages.reduce(0) { $0 + $1.weight }
    let done = stages.reduce(0) { $0 + $1.weight * (state.courses[$1.name]?.fraction ?? 0) }
    let share = total > 0 ? done / total : 0
    let filled = Int((20 * share).rounded(.down))
    var line = "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: 20 - filled)
    line += "] \(Int((100 * share).rounded(.down))) %"
    if let rest = remaining(state, time) { line += ", \(Self.describe(seconds: rest)) left" }
    for name in state.running {
      line += ", \(name)"
      if let items = state.courses[name]?.items, !items.isEmpty { line += " \(items)" }
    }
    // The last column stays free: writing there makes some terminals wrap.
    sink.write(Self.clearLine + line.prefix(max(columns() - 1, 0)))
  }

  /// A time in words: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
  package static func describe(seconds: Double) -> String {
    guard seconds >= 9.95 else { return String(format: "%.1f s", max(seconds, 0)) }
    let whole = Int(min(seconds, 1e9).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
