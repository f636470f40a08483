extension Waveform {
  /// A place on a waveform.
  public struct Point: Sendable, Hashable {
    /// Time in seconds, or the swept value.
    public var x: Double
    /// The value, in the unit of the waveform.
    public var y: Double

    /// Makes a place.
    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

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
    window(from: start, to: stop).sum { 0.5 * ($0 + $1) }
  }

  /// The mean between two abscissae, weighted by their distance; NaN where the window is empty.
  public func mean(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    let part = window(from: start, to: stop)
    guard let first = part.x.first, let last = part.x.last, last > first else { return part.final }
    return part.integral() / (last - first)
  }

  /// The root of the mean square between two abscissae, exact for straight lines between points; NaN where the
  /// window is empty.
  ///
  /// The square of a line from a to b has the mean (a^2 + a b + b^2) / 3. ngspice's `RMS` takes (a^2 + b^2) / 2
  /// or Simpson's rule over points, and so has an error that falls with the square of the step.
  public func rms(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    let part = window(from: start, to: stop)
    guard let first = part.x.first, let last = part.x.last, last > first else { return abs(part.final) }
    return (part.sum { ($0 * $0 + $0 * $1 + $1 * $1) / 3 } / (last - first)).squareRoot()
  }

  /// The smallest value between two abscissae, whose ends are interpolated; NaN where the window is empty.
  ///
  /// Samples that are not numbers are passed over.
  public func minimum(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    window(from: start, to: stop).y.reduce(.nan, Double.minimum)
  }

  /// The largest value between two abscissae, whose ends are interpolated; NaN where the window is empty.
  ///
  /// Samples that are not numbers are passed over.
  public func maximum(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    window(from: start, to: stop).y.reduce(.nan, Double.maximum)
  }

  /// The largest minus the smallest value between two abscissae; NaN where the window is empty.
  public func peakToPeak(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    maximum(from: start, to: stop) - minimum(from: start, to: stop)
  }

  /// Where the signal is smallest between two abscissae; the first such place.
  ///
  /// - Throws: ``SpiceError/Code/measurementFailed`` if the window holds no number.
  public func minimumPoint(
    from start: Double = -.infinity, to stop: Double = .infinity
  ) throws(SpiceError) -> Point {
    try window(from: start, to: stop).point(minimum(from: start, to: stop))
  }

  /// Where the signal is largest between two abscissae; the first such place.
  ///
  /// - Throws: ``SpiceError/Code/measurementFailed`` if the window holds no number.
  public func maximumPoint(
    from start: Double = -.infinity, to stop: Double = .infinity
  ) throws(SpiceError) -> Point {
    try window(from: start, to: stop).point(maximum(from: start, to: stop))
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

  /// The sum over all segments of their width times a mean of the values at their ends.
  func sum(_ mean: (Double, Double) -> Double) -> Double {
    var sum = 0.0
    for k in x.indices.dropFirst() { sum += mean(y[k - 1], y[k]) * (x[k] - x[k - 1]) }
    return sum
  }

  private func point(_ value: Double) throws(SpiceError) -> Point {
    guard let k = y.firstIndex(of: value) else {
      throw SpiceError(.measurementFailed, "the signal has no value there.", place: name)
    }
    return Point(x: x[k], y: y[k])
  }
}
