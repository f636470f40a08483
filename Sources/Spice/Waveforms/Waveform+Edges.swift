extension Waveform {
  /// How long the signal takes to rise between two fractions of a step, from 10 % to 90 % by default.
  ///
  /// An edge begins with the last crossing of the lower level before the upper level is reached, so that a
  /// pulse that turns back on the way is not part of it, and ends with the first crossing of the upper level.
  ///
  /// - Parameters:
  ///   - low: The level of 0 %; nil is the first value.
  ///   - high: The level of 100 %; nil is the last value.
  ///   - lower: The fraction at which the edge begins.
  ///   - upper: The fraction at which it ends.
  ///   - nth: Which rising edge, from 1.
  ///   - start: Where counting begins.
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there are fewer such edges or the step does not rise.
  public func riseTime(
    from low: Double? = nil, to high: Double? = nil, between lower: Double = 0.1, and upper: Double = 0.9,
    nth: Int = 1, after start: Double = -.infinity
  ) throws(SpiceError) -> Double {
    let step = (from: low ?? y.first ?? .nan, to: high ?? final)
    guard step.to > step.from else { throw failure("there is no step upwards.") }
    return abs(try edge(step, lower, upper, nth, start).duration)
  }

  /// How long the signal takes to fall, from 90 % to 10 % of a step by default.
  ///
  /// - Parameters:
  ///   - high: The level of 100 %; nil is the first value.
  ///   - low: The level of 0 %; nil is the last value.
  ///   - upper: The fraction at which the edge begins.
  ///   - lower: The fraction at which it ends.
  ///   - nth: Which falling edge, from 1.
  ///   - start: Where counting begins.
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there are fewer such edges or the step does not fall.
  public func fallTime(
    from high: Double? = nil, to low: Double? = nil, between upper: Double = 0.9, and lower: Double = 0.1,
    nth: Int = 1, after start: Double = -.infinity
  ) throws(SpiceError) -> Double {
    let step = (from: high ?? y.first ?? .nan, to: low ?? final)
    guard step.to < step.from else { throw failure("there is no step downwards.") }
    return abs(try edge(step, 1 - upper, 1 - lower, nth, start).duration)
  }

  /// The mean slope of an edge between two fractions of its step, in units of value per abscissa; negative for
  /// a step downwards over a rising scale.
  ///
  /// - Parameters:
  ///   - initial: The level before the step; nil is the first value.
  ///   - target: The level after it; nil is the last value.
  ///   - begin: The fraction of the way at which the edge begins.
  ///   - end: The fraction of the way at which it ends.
  ///   - nth: Which edge of that direction, from 1.
  ///   - start: Where counting begins.
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there are fewer such edges or no step.
  public func slewRate(
    from initial: Double? = nil, to target: Double? = nil, between begin: Double = 0.1, and end: Double = 0.9,
    nth: Int = 1, after start: Double = -.infinity
  ) throws(SpiceError) -> Double {
    let step = (from: initial ?? y.first ?? .nan, to: target ?? final)
    guard step.to != step.from, !(step.to - step.from).isNaN else { throw failure("there is no step.") }
    let edge = try edge(step, begin, end, nth, start)
    return edge.change / edge.duration
  }

  /// How far the signal goes beyond its target, as a fraction of the step; 0 if it never does.
  ///
  /// - Parameters:
  ///   - initial: The level before the step; nil is the first value.
  ///   - target: The level after it; nil is the last value.
  ///   - start: Where to begin looking.
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there is no step or no value.
  public func overshoot(
    from initial: Double? = nil, to target: Double? = nil, after start: Double = -.infinity
  ) throws(SpiceError) -> Double {
    let begin = initial ?? y.first ?? .nan
    let end = target ?? final
    let extreme = end > begin ? maximum(from: start) : minimum(from: start)
    guard end != begin, !(extreme - end + begin).isNaN else { throw failure("there is no step.") }
    return Swift.max(0, (extreme - end) / (end - begin))
  }

  /// The abscissa after which the signal stays within a tolerance of its final value; NaN when empty.
  public func settlingTime(tolerance: Double) -> Double {
    (try? settlingTime(to: final, tolerance: tolerance)) ?? .nan
  }

  /// The abscissa after which the signal stays within a tolerance of a target until its last point, or the
  /// first abscissa of the part that is looked at if it is never outside.
  ///
  /// - Parameters:
  ///   - target: The value that the signal should reach.
  ///   - tolerance: The largest distance from the target, in the unit of the signal.
  ///   - start: Where to begin looking, such as the time of the step that is answered.
  /// - Throws: ``SpiceError/Code/measurementFailed`` if the signal ends outside or has no value after `start`.
  public func settlingTime(
    to target: Double, tolerance: Double, after start: Double = -.infinity
  ) throws(SpiceError) -> Double {
    let part = window(from: start)
    guard let first = part.x.first else { throw failure("there is no value to settle.") }
    // Not `> tolerance`: what is not a number has not settled.
    guard let last = part.y.indices.last(where: { !(abs(part.y[$0] - target) <= tolerance) }) else {
      return first
    }
    guard last + 1 < part.y.count, !part.y[last].isNaN else {
      throw failure("does not settle to \(target) within \(tolerance).")
    }
    let edge = part.y[last] > target ? target + tolerance : target - tolerance
    let share = (part.y[last] - edge) / (part.y[last] - part.y[last + 1])
    return part.x[last] + (part.x[last + 1] - part.x[last]) * share
  }

  /// The nth passage from one fraction of a step to another.
  private func edge(
    _ step: (from: Double, to: Double), _ begin: Double, _ end: Double, _ nth: Int, _ start: Double
  ) throws(SpiceError) -> (duration: Double, change: Double) {
    precondition(nth >= 1 && begin < end, "edges are counted from 1 and go from a fraction to a larger one")
    let direction: Edge = step.to > step.from ? .rising : .falling
    let levels = (step.from + begin * (step.to - step.from), step.from + end * (step.to - step.from))
    let begins = crossings(of: levels.0, direction, after: start)
    var next = 0
    var found = 0
    for stop in crossings(of: levels.1, direction, after: start) {
      let upTo = begins[next...].prefix { isFalling ? $0 >= stop : $0 <= stop }
      guard let begin = upTo.last else { continue }
      next += upTo.count
      found += 1
      if found == nth { return (stop - begin, levels.1 - levels.0) }
    }
    throw failure(
      "the signal has \(found) \(direction) edges from \(levels.0) to \(levels.1), not \(nth).")
  }

  func failure(_ message: String) -> SpiceError { SpiceError(.measurementFailed, message, place: name) }
}
