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

  /// The slope at an abscissa, in units of value per abscissa.
  ///
  /// Between points that of the line there; on a point that of the parabola through it and its neighbours, so
  /// that the derivative of a parabola is exact there; at the ends that of the line beside them.
  ///
  /// - Throws: ``SpiceError/Code/measurementFailed`` if the abscissa was not simulated, there is a single
  ///   point, or the signal jumps or is not a number there.
  public func derivative(at position: Double) throws(SpiceError) -> Double {
    let position = try simulated(position)
    let (from, after) = (index(from: position), index(after: position))
    func line(to k: Int) -> Double { (y[k] - y[k - 1]) / (x[k] - x[k - 1]) }
    let slope: Double
    if after > from + 1 || x.count < 2 {
      slope = .nan
    } else if after == from {
      slope = line(to: from)
    } else if from > 0, after < x.count {
      let (before, behind) = (abs(x[from] - x[from - 1]), abs(x[after] - x[from]))
      slope = (line(to: from) * behind + line(to: after) * before) / (before + behind)
    } else {
      slope = line(to: Swift.max(from, 1))
    }
    guard slope.isFinite else { throw failure("the signal has no derivative at \(position).") }
    return slope
  }

  /// An abscissa that was simulated, or the end that it misses by no more than rounding.
  ///
  /// - Throws: ``SpiceError/Code/measurementFailed`` for another.
  func simulated(_ position: Double) throws(SpiceError) -> Double {
    let position = atEnd(position)
    guard reaches(position) else { throw failure("nothing was simulated at \(position).") }
    return position
  }

  /// The part between two abscissae, with interpolated ends, in the order of the points.
  ///
  /// A bound that misses an end of the waveform by no more than rounding is that end.
  public func window(from start: Double = -.infinity, to stop: Double = .infinity) -> Waveform {
    guard let first = x.first, let last = x.last else { return self }
    let low = Swift.max(atEnd(start), Swift.min(first, last))
    let high = Swift.min(atEnd(stop), Swift.max(first, last))
    guard low <= high else { return Waveform(name: name, unit: unit, x: [], y: []) }
    let (begin, end) = isFalling ? (high, low) : (low, high)
    let inside = index(after: begin)..<Swift.max(index(after: begin), index(after: end))
    var cutX = [begin] + x[inside]
    var cutY = [value(at: begin)] + y[inside]
    if cutX[cutX.count - 1] != end {
      cutX.append(end)
      cutY.append(value(at: end))
    }
    return Waveform(name: name, unit: unit, x: cutX, y: cutY)
  }

  /// The trapezoidal integral between two abscissae along the points, in units of value times abscissa; over
  /// a sweep downwards the negative of the one upwards.
  public func integral(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    window(from: start, to: stop).sum { 0.5 * ($0 + $1) }
  }

  /// The mean between two abscissae, weighted by their distance; NaN where the window is empty.
  public func mean(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    let part = window(from: start, to: stop)
    guard let first = part.x.first, let last = part.x.last, last != first else { return part.final }
    return part.integral() / (last - first)
  }

  /// The root of the mean square between two abscissae, exact for straight lines between points; NaN where the
  /// window is empty.
  ///
  /// The square of a line from a to b has the mean (a^2 + a b + b^2) / 3. ngspice's `RMS` takes (a^2 + b^2) / 2
  /// or Simpson's rule over points, and so has an error that falls with the square of the step.
  public func rms(from start: Double = -.infinity, to stop: Double = .infinity) -> Double {
    let part = window(from: start, to: stop)
    guard let first = part.x.first, let last = part.x.last, last != first else { return abs(part.final) }
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
