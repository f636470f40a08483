import Models
import SpiceWire

/// The systems coupled to one transient, in lock-step with its worker.
///
/// Lives on the thread that drives the worker, from the start of one attempt at a sample to its end.
final class CoupledTransient {
  /// A coupled system gave up.
  struct Failure: Error {
    var message: String
  }

  private struct Member {
    var system: any CoupledSystem
    var coupling: Coupling
    /// For each input the positions of the two recorded signals whose difference it is; the second may be nil.
    var inputs: [(plus: Int, minus: Int?)]
    /// The longest step that the tolerances of the inputs allow at the moment.
    var allowed: Double

    func inputs(of recorded: [Double]) -> [Double] {
      inputs.map { recorded[$0.plus] - ($0.minus.map { recorded[$0] } ?? 0) }
    }
  }

  /// The recorded signals that the systems see, each once.
  let signals: [Signal]
  /// The external sources that they drive.
  let outputs: [String]
  /// The outputs at time zero.
  let initial: [Double]
  let redoInterval: Int
  private var members: [Member]
  /// The committed time and the signals there and at the point before.
  private var time = 0.0
  private var current: [Double] = []
  private var previous: (time: Double, values: [Double])?
  /// Steps attempted and given up.
  private(set) var attempts = 0

  /// The recorded signals that the systems of several couplings see, each once.
  static func signals(of couplings: [Coupling]) -> [Signal] {
    var all: [Signal] = []
    for signal in couplings.flatMap(\.inputs) {
      let parts = signal.recordedParts
      all = all.appendingNew([parts.plus] + (parts.minus.map { [$0] } ?? []))
    }
    return all
  }

  /// Makes every system in its initial state.
  init(_ couplings: [Coupling]) throws(Failure) {
    let signals = Self.signals(of: couplings)
    func position(_ signal: Signal) -> Int { signals.firstIndex(of: signal) ?? 0 }
    var members: [Member] = []
    var initial: [Double] = []
    for coupling in couplings {
      let inputs = coupling.inputs.map { signal in
        let parts = signal.recordedParts
        return (plus: position(parts.plus), minus: parts.minus.map(position))
      }
      do {
        var system = try coupling.makeSystem()
        let outputs = try system.start()
        try Self.check(outputs, coupling, at: 0)
        initial += outputs
        members.append(Member(system: system, coupling: coupling, inputs: inputs, allowed: .infinity))
      } catch let failure as Failure {
        throw failure
      } catch {
        throw Failure(message: "it could not start: \(error)")
      }
    }
    self.signals = signals
    self.members = members
    self.initial = initial
    outputs = couplings.flatMap(\.outputs)
    redoInterval = couplings.map(\.redoInterval).max() ?? 0
  }

  /// Commits the point that the circuit has just accepted, if any, and attempts the step that it means to take.
  func advise(_ report: StepReport) throws(Failure) -> StepAdvice {
    if report.isNew { try commit(report) }
    let limit = members.map { Swift.min($0.coupling.maximumStep, $0.allowed) }.min() ?? .infinity
    var step = Swift.min(report.proposed, limit)
    while true {
      let attempts = try attempt(step)
      let longest = attempts.map(\.longestStepSeconds).min() ?? .infinity
      if longest < step, longest > 0 {
        step = longest
        continue
      }
      return StepAdvice(
        step: step, ends: attempts.contains(where: \.isDone), outputs: attempts.flatMap(\.outputs),
        breakpoints: attempts.flatMap(\.breakpoints))
    }
  }

  private func commit(_ report: StepReport) throws(Failure) {
    if report.time > time {
      let step = report.time - time
      for index in members.indices {
        let guess = members[index].inputs(of: extrapolated(step))
        let actual = members[index].inputs(of: report.inputs)
        let whole = CoupledStep(
          time: time, seconds: step, inputsBefore: members[index].inputs(of: current), inputsAfter: actual)
        do {
          try members[index].system.commit(whole)
        } catch {
          throw Failure(message: "at \(CanonicalNumber.text(report.time)) s: \(error)")
        }
        members[index].allowed = Self.allowed(
          after: step, guess: guess, actual: actual, members[index].coupling.inputTolerances)
      }
      previous = (time, current)
    }
    time = report.time
    current = report.inputs
  }

  private func attempt(_ step: Double) throws(Failure) -> [CoupledAttempt] {
    let guess = extrapolated(step)
    attempts += 1
    var all: [CoupledAttempt] = []
    for index in members.indices {
      let member = members[index]
      let ahead = CoupledStep(
        time: time, seconds: step, inputsBefore: member.inputs(of: current),
        inputsAfter: member.inputs(of: guess))
      do {
        let answer = try members[index].system.attempt(ahead)
        try Self.check(answer.outputs, member.coupling, at: time)
        all.append(answer)
      } catch let failure as Failure {
        throw failure
      } catch {
        throw Failure(message: "at \(CanonicalNumber.text(time)) s: \(error)")
      }
    }
    return all
  }

  /// The signals a step ahead, on the line through the last two accepted points.
  private func extrapolated(_ step: Double) -> [Double] {
    guard let previous, time > previous.time else { return current }
    let ratio = step / (time - previous.time)
    return zip(current, previous.values).map { $0 + ($0 - $1) * ratio }
  }

  /// The step that would have kept the inputs within their tolerances: their error grows with its square.
  private static func allowed(
    after step: Double, guess: [Double], actual: [Double], _ tolerances: [Double]
  ) -> Double {
    guard tolerances.count == guess.count, !tolerances.isEmpty else { return .infinity }
    let worst = zip(zip(guess, actual), tolerances).map { abs($0.0 - $0.1) / $1 }.max() ?? 0
    guard worst > 0 else { return 4 * step }
    return step * Swift.min(4, Swift.max(0.2, 0.9 / worst.squareRoot()))
  }

  private static func check(_ outputs: [Double], _ coupling: Coupling, at time: Double) throws(Failure) {
    let place = "at \(CanonicalNumber.text(time)) s"
    guard outputs.count == coupling.outputs.count else {
      throw Failure(
        message: "\(place): it gave \(outputs.count) outputs for \(coupling.outputs.count) sources")
    }
    guard outputs.allSatisfy(\.isFinite) else { throw Failure(message: "\(place): an output is not finite") }
  }
}

extension Signal {
  /// The recorded signal or the two whose difference it is.
  var recordedParts: (plus: Signal, minus: Signal?) {
    guard name.hasPrefix("v("), let nodes = arguments, nodes.count == 2 else { return (self, nil) }
    return (Signal("v(\(nodes[0]))"), Signal("v(\(nodes[1]))"))
  }

  /// The names under which ngspice may list its vector.
  var spellings: [String] {
    guard let argument = arguments?.first, arguments?.count == 1 else { return [name] }
    return name.hasPrefix("v(") ? [argument, name] : ["\(argument)#branch", name]
  }
}
