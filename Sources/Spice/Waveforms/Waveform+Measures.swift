extension Waveform {
  /// The part between two abscissae, with interpolated ends.
  public func window(from start: Double = -.infinity, to stop: Double = .infinity) -> Waveform {
    guard let first = x.first, let last = x.last else { return self }
    let begin = Swift.max(start, first)
    let end = Swift.min(stop, last)
    guard begin <= end else { return Waveform(name: name, unit: unit, x: [], y: []) }
    let inside = index(after: begin)..<Swift.max(index(after: begin), index(after: end))
    var cutX = [begin] + x[inside]
    var cutY = [value(at: begin)] + y[inside]
    if cutX[cutX.count - 1] < end {
      cutX.append(end)
      cutY.append(value(at: end))
    }
    return Waveform(name: name, unit: unit, x: cutX, y: cutY)
  }

  /// The trapezoidal integral between two abscissae, in units of value times abscissa.
  public func integral(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    let part = window(from: start, to: stop)
    var sum = 0.0
    for k in part.x.indices.dropFirst() {
      sum += 0.5 * (part.y[k] + part.y[k - 1]) * (part.x[k] - part.x[k - 1])
    }
    return sum
  }

  /// The mean between two abscissae, weighted by their distance; NaN where the window is empty.
  public func mean(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    let part = window(from: start, to: stop)
    guard let first = part.x.first, let last = part.x.last, last > first else { return part.final }
    return part.integral() / (last - first)
  }

  /// The smallest value between two abscissae; NaN where the window is empty.
  public func minimum(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    window(from: start, to: stop).y.min() ?? .nan
  }

  /// The largest value between two abscissae; NaN where the window is empty.
  public func maximum(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    window(from: start, to: stop).y.max() ?? .nan
  }

  /// The abscissa after which the signal stays within a tolerance of its final value.
  public func settlingTime(tolerance: Double) -> Double {
    let target = final
    guard let last = y.indices.last(where: { abs(y[$0] - target) > tolerance }) else {
      return x.first ?? .nan
    }
    guard last + 1 < y.count else { return x[last] }
    let edge = y[last] > target ? target + tolerance : target - tolerance
    return x[last] + (x[last + 1] - x[last]) * (y[last] - edge) / (y[last] - y[last + 1])
  }

  /// A new waveform over the same abscissae.
  public func map(_ name: String, unit: String, _ transform: (Double) -> Double) -> Waveform {
    Waveform(name: name, unit: unit, x: x, y: y.map(transform))
  }

  /// A new waveform from this one and another over the same abscissae.
  public func combined(
    with other: Waveform, _ name: String, unit: String, _ operation: (Double, Double) -> Double
  ) -> Waveform {
    precondition(x.count == other.x.count, "waveforms of one simulation share their abscissae")
    return Waveform(name: name, unit: unit, x: x, y: zip(y, other.y).map(operation))
  }
}
