extension Waveform {
  /// The mean period over all whole cycles, in units of the abscissa: from the first to the last crossing of a
  /// level in one direction.
  ///
  /// - Parameters:
  ///   - level: The level whose crossings are counted.
  ///   - edge: Rising or falling.
  ///   - start: Where counting begins, such as after the start-up of an oscillator.
  /// - Precondition: The edge is not `either`, of which a cycle has two.
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there is no whole cycle.
  public func period(
    of level: Double, _ edge: Edge = .rising, after start: Double = -.infinity
  ) throws(SpiceError) -> Double {
    let cycles = try cycles(of: level, edge, start)
    return abs(cycles.last - cycles.first) / Double(cycles.count)
  }

  /// The mean frequency over all whole cycles, in hertz over time: see ``period(of:_:after:)``.
  ///
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there is no whole cycle.
  public func frequency(
    of level: Double, _ edge: Edge = .rising, after start: Double = -.infinity
  ) throws(SpiceError) -> Double {
    1 / (try period(of: level, edge, after: start))
  }

  /// The fraction of all whole cycles that the signal spends above a level.
  ///
  /// - Parameters:
  ///   - level: The level.
  ///   - start: Where counting begins.
  /// - Throws: ``SpiceError/Code/measurementFailed`` if there is no whole cycle from one rise to the next.
  public func dutyCycle(of level: Double, after start: Double = -.infinity) throws(SpiceError) -> Double {
    let cycles = try cycles(of: level, .rising, start)
    let (low, high) = (Swift.min(cycles.first, cycles.last), Swift.max(cycles.first, cycles.last))
    let above = window(from: low, to: high).sum { before, after in
      let (a, b) = (before - level, after - level)
      if a > 0, b > 0 { return 1 }
      return a <= 0 && b <= 0 ? 0 : Swift.max(a, b) / abs(a - b)
    }
    return above / (cycles.last - cycles.first)
  }

  private func cycles(
    of level: Double, _ edge: Edge, _ start: Double
  ) throws(SpiceError) -> (first: Double, last: Double, count: Int) {
    precondition(edge != .either, "a cycle crosses a level in either direction twice")
    let all = crossings(of: level, edge, after: start)
    guard let first = all.first, let last = all.last, last != first else {
      throw failure("the signal has no whole cycle between \(edge) crossings of \(level).")
    }
    return (first, last, all.count - 1)
  }
}
