/// One recorded signal over time, or over a sweep: straight lines between points.
///
/// A sweep may run downwards. What stands for a beginning or an end is then still the smaller or the larger
/// abscissa, while edges, counting and integrals follow the sweep: a signal that falls on the way from 5 V to
/// 0 V has a falling crossing, and an integral over that way is the negative of the one over the way back.
public struct Waveform: Sendable, Hashable {
  /// The signal's name, such as `v(out)`.
  public let name: String
  /// The unit of the values.
  public let unit: String
  /// Time in seconds, or the swept value; all rising, or all falling after a sweep downwards.
  public let x: [Double]
  /// The values.
  public let y: [Double]

  /// Makes a waveform from equally many abscissae and values.
  public init(name: String, unit: String, x: [Double], y: [Double]) {
    precondition(x.count == y.count, "a waveform needs as many values as abscissae")
    self.name = name
    self.unit = unit
    self.x = x
    self.y = y
  }

  /// Which way a signal passes a level.
  public enum Edge: Sendable, Hashable {
    /// Upwards.
    case rising
    /// Downwards.
    case falling
    /// Either way.
    case either
  }

  /// The value at an abscissa, linear between points and constant outside them; NaN when empty.
  public func value(at position: Double) -> Double {
    guard let first = y.first, let last = y.last else { return .nan }
    let upper = index(after: position)
    if upper == 0 { return first }
    if upper == x.count { return last }
    return interpolate(upper - 1, position)
  }

  /// The last value; NaN when empty.
  public var final: Double { y.last ?? .nan }

  /// All abscissae from `start` to `stop` at which the signal passes a level, in the order of the points.
  ///
  /// A bound that misses an end of the waveform by no more than rounding is that end.
  ///
  /// Arriving at the level from one side is a crossing, at the first point on it; leaving it is not another. A
  /// signal that touches the level, turns back or stays on it crosses once, and one that starts on it does not.
  /// (ngspice counts a signal that turns back on the level twice.)
  public func crossings(
    of level: Double, _ edge: Edge = .either, after start: Double = -.infinity,
    until stop: Double = .infinity
  ) -> [Double] {
    let (low, high) = (atEnd(start), atEnd(stop))
    var found: [Double] = []
    var k = Swift.max(1, index(from: isFalling ? high : low))
    while k < x.count {
      let before = y[k - 1] - level
      let after = y[k] - level
      let passes =
        switch edge {
        case .rising: before < 0 && after >= 0
        case .falling: before > 0 && after <= 0
        case .either: (before < 0 && after >= 0) || (before > 0 && after <= 0)
        }
      if passes {
        let position = after == 0 ? x[k] : x[k - 1] + (x[k] - x[k - 1]) * (before / (before - after))
        if position >= low && position <= high { found.append(position) }
      }
      k += 1
    }
    return found
  }

  /// The abscissa of the nth crossing of a level between two abscissae, counted from 1 in the order of the
  /// points.
  ///
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there are fewer crossings.
  public func crossing(
    of level: Double, _ edge: Edge = .either, nth: Int = 1, after start: Double = -.infinity,
    until stop: Double = .infinity
  ) throws(SpiceError) -> Double {
    precondition(nth >= 1, "crossings are counted from 1")
    let all = crossings(of: level, edge, after: start, until: stop)
    guard nth <= all.count else {
      let kind = edge == .either ? "" : "\(edge) "
      let bounds =
        (start.isFinite ? " from \(CanonicalNumber.text(start))" : "")
        + (stop.isFinite ? " to \(CanonicalNumber.text(stop))" : "")
      throw SpiceError(
        .measurementFailed,
        "the signal has \(all.count) \(kind)crossings of \(CanonicalNumber.text(level))\(bounds), "
          + "not \(nth).",
        place: name)
    }
    return all[nth - 1]
  }

  /// Whether the abscissae fall, as after a sweep downwards.
  var isFalling: Bool {
    guard let first = x.first, let last = x.last else { return false }
    return last < first
  }

  /// Whether there are points on both sides of an abscissa, or one there.
  func reaches(_ position: Double) -> Bool {
    guard let first = x.first, let last = x.last else { return false }
    return Swift.min(first, last) <= position && position <= Swift.max(first, last)
  }

  /// An abscissa, or the end of the waveform that it misses by no more than rounding.
  ///
  /// A sweep in steps of 0.1 begins at 0.30000000000000004 and ends at 0.9999999999999999. What counts as the
  /// end is a billionth of the range about it, at most a hundred-thousandth of the step there.
  func atEnd(_ position: Double) -> Double {
    guard x.count > 1 else { return position }
    let range = abs(x[x.count - 1] - x[0])
    for (end, neighbour) in [(x[0], x[1]), (x[x.count - 1], x[x.count - 2])] {
      let tolerance = Swift.min(1e-9 * range, 1e-5 * abs(end - neighbour))
      if abs(position - end) <= tolerance { return end }
    }
    return position
  }

  /// The index of the first point past an abscissa, in the order of the points.
  func index(after position: Double) -> Int {
    let isFalling = isFalling
    var low = 0
    var high = x.count
    while low < high {
      let middle = (low + high) / 2
      let isBefore = isFalling ? x[middle] >= position : x[middle] <= position
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The index of the first point at or past an abscissa, in the order of the points.
  func index(from position: Double) -> Int {
    let isFalling = isFalling
    var low = 0
    var high = x.count
    while low < high {
      let middle = (low + high) / 2
      let isBefore = isFalling ? x[middle] > position : x[middle] < position
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func interpolate(_ k: Int, _ position: Double) -> Double {
    let span = x[k + 1] - x[k]
    return span != 0 ? y[k] + (y[k + 1] - y[k]) * (position - x[k]) / span : y[k + 1]
  }
}
