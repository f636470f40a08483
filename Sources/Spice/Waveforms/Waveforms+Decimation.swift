extension Waveforms {
  /// Fewer points for a picture: straight lines between the kept points differ from every signal by no more
  /// than `tolerance` of its range.
  ///
  /// Edges survive at any tolerance below one, unlike under sampling at equal distances.
  public func decimated(tolerance: Double) -> Waveforms {
    var keep = [Bool](repeating: false, count: count)
    for signal in signals {
      for values in [real[signal], imaginary[signal]].compactMap(\.self) { mark(values, tolerance, &keep) }
    }
    if let first = keep.indices.first, let last = keep.indices.last {
      keep[first] = true
      keep[last] = true
    }
    func kept(_ values: [Double]) -> [Double] { zip(values, keep).filter(\.1).map(\.0) }
    return Waveforms(
      scaleName: scaleName, scaleUnit: scaleUnit, scale: kept(scale),
      columns: signals.map { ($0, kept(real[$0] ?? [])) }, imaginary: imaginary.mapValues(kept),
      terminals: terminals)
  }

  /// Fewer points for a picture: at the smallest tolerance that leaves at most so many.
  ///
  /// Tolerances of 1e-5, 2e-5, 4e-5 and so on are tried.
  ///
  /// - Precondition: At least two points.
  public func decimated(maximumPoints: Int) -> Waveforms {
    precondition(maximumPoints >= 2, "a line has two ends")
    var result = self
    var tolerance = 1e-5
    while result.count > maximumPoints {
      result = decimated(tolerance: tolerance)
      tolerance *= 2
    }
    return result
  }

  /// Marks the points that one signal needs (the farthest from the chord, then both halves).
  ///
  /// - Source: Douglas and Peucker, Cartographica 10, 112 (1973), doi:10.3138/FM57-6770-U75U-7727, with the
  ///   vertical distance in place of the perpendicular one.
  private func mark(_ values: [Double], _ tolerance: Double, _ keep: inout [Bool]) {
    guard values.count > 2, let low = values.min(), let high = values.max() else { return }
    let limit = tolerance * (high - low)
    var spans = [(0, values.count - 1)]
    while let (first, last) = spans.popLast() {
      guard last - first > 1 else { continue }
      let width = scale[last] - scale[first]
      var farthest = first
      var distance = limit
      for k in (first + 1)..<last {
        let chord =
          width > 0
          ? values[first] + (values[last] - values[first]) * (scale[k] - scale[first]) / width : values[first]
        if abs(values[k] - chord) > distance {
          distance = abs(values[k] - chord)
          farthest = k
        }
      }
      guard farthest > first else { continue }
      keep[farthest] = true
      spans += [(first, farthest), (farthest, last)]
    }
  }
}
