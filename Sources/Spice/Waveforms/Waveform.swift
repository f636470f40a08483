/// One recorded signal over time, or over a sweep: straight lines between points.
public struct Waveform: Sendable, Hashable {
  /// The signal's name, such as `v(out)`.
  public let name: String
  /// The unit of the values.
  public let unit: String
  /// Time in seconds, or the swept value; rising.
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

  /// All abscissae at which the signal passes a level, from `start` on.
  ///
  /// Arriving at the level from one side is a crossing, at the first point on it; leaving it is not another. A
  /// signal that touches the level, turns back or stays on it crosses once, and one that starts on it does not.
  /// (ngspice counts a signal that turns back on the level twice.)
  public func crossings(of level: Double, _ edge: Edge = .either, after start: Double = -.infinity)
    -> [Double]
  {
    var found: [Double] = []
    var k = Swift.max(1, index(from: start))
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
        if position >= start { found.append(position) }
      }
      k += 1
    }
    return found
  }

  /// The abscissa of the nth crossing of a level, counted from 1 at `start`.
  ///
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there are fewer crossings.
  public func crossing(
    of level: Double, _ edge: Edge = .either, nth: Int = 1, after start: Double = -.infinity
  ) throws(SpiceError) -> Double {
    precondition(nth >= 1, "crossings are counted from 1")
    let all = crossings(of: level, edge, after: start)
    guard nth <= all.count else {
      let kind = edge == .either ? "" : "\(edge) "
      throw SpiceError(
        .measurementFailed,
        "the signal has \(all.count) \(kind)crossings of \(CanonicalNumber.text(level)), not \(nth).",
        place: name)
    }
    return all[nth - 1]
  }

  /// The index of the first point after an abscissa.
  func index(after position: Double) -> Int {
    var low = 0
    var high = x.count
    while low < high {
      let middle = (low + high) / 2
      if x[middle] <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The index of the first point at or after an abscissa.
  func index(from position: Double) -> Int {
    var low = 0
    var high = x.count
    while low < high {
      let middle = (low + high) / 2
      if x[middle] < position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func interpolate(_ k: Int, _ position: Double) -> Double {
    let span = x[k + 1] - x[k]
    return span > 0 ? y[k] + (y[k + 1] - y[k]) * (position - x[k]) / span : y[k + 1]
  }
}
