extension Waveforms {
  /// Fewer points for a picture: straight lines between the kept points differ from every signal by no more
  /// than `tolerance` of its range.
  ///
  /// Edges survive at any tolerance below one, unlike under sampling at equal distances, and extreme values are
  /// missed by no more than the tolerance. A crossing of a level moves by no more than the time that the signal
  /// takes from `tolerance` of its range below the level to as much above. Both ends of every stretch of values
  /// that are not finite are kept.
  public func decimated(tolerance: Double) -> Waveforms {
    decimated(tolerance, maximumPoints: .max)
  }

  /// Fewer points for a picture: so many, taken in the order in which they bring the straight lines closer to
  /// the signals (see ``decimated(tolerance:)``); all points if they are not more.
  ///
  /// Differences of less than 1e-9 of a signal's range are not looked at. Where values that are not finite come
  /// and go more often than there are points, they are passed over.
  ///
  /// - Precondition: At least two points.
  public func decimated(maximumPoints: Int) -> Waveforms {
    precondition(maximumPoints >= 2, "a line has two ends")
    return count > maximumPoints ? decimated(1e-9, maximumPoints: maximumPoints) : self
  }

  /// Splits the span whose farthest point is the farthest of all at that point, until all are close enough or
  /// there are enough points.
  ///
  /// Farthest is meant over all signals together, each by its range. (Splits of each signal by itself are not
  /// enough: a point kept for one signal moves the chords of the others by up to the tolerance again.)
  ///
  /// - Source: Douglas and Peucker, Cartographica 10, 112 (1973), doi:10.3138/FM57-6770-U75U-7727, with the
  ///   vertical distance in place of the perpendicular one and the worst span first.
  private func decimated(_ tolerance: Double, maximumPoints: Int) -> Waveforms {
    let columns = signals.flatMap { [real[$0], imaginary[$0]] }.compactMap(\.self).map(Column.init)
    let ends = count == 0 ? [] : [0, count - 1]
    var borders = scale.indices.filter { k in
      ends.contains(k)
        || columns.contains { $0.changesFiniteness(before: k) || $0.changesFiniteness(before: k + 1) }
    }
    if borders.count > maximumPoints { borders = ends }
    var indices = borders
    var spans = SpanHeap()
    func push(_ first: Int, _ last: Int) {
      var span = Span(first: first, last: last, farthest: first, distance: tolerance)
      for column in columns { column.lookFarther(than: &span, over: scale) }
      if span.farthest > first { spans.push(span) }
    }
    for (first, last) in zip(borders, borders.dropFirst()) { push(first, last) }
    while indices.count < maximumPoints, let span = spans.pop() {
      indices.append(span.farthest)
      push(span.first, span.farthest)
      push(span.farthest, span.last)
    }
    indices.sort()
    func kept(_ values: [Double]) -> [Double] { indices.map { values[$0] } }
    return Waveforms(
      scaleName: scaleName, scaleUnit: scaleUnit, scale: kept(scale),
      columns: signals.map { ($0, kept(real[$0] ?? [])) }, imaginary: imaginary.mapValues(kept),
      terminals: terminals)
  }
}

/// Two kept points and the farthest point between them.
private struct Span {
  var first: Int
  var last: Int
  /// The farthest point from the chord, or `first` if none is farther than `distance`.
  var farthest: Int
  /// Its distance, as a part of the range of the signal that has it.
  var distance: Double
}

/// Spans, the worst on top.
private struct SpanHeap {
  private var spans: [Span] = []

  mutating func push(_ span: Span) {
    var child = spans.count
    spans.append(span)
    while child > 0, spans[(child - 1) / 2].distance < spans[child].distance {
      spans.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> Span? {
    guard let top = spans.first, let last = spans.popLast() else { return nil }
    guard !spans.isEmpty else { return top }
    spans[0] = last
    var parent = 0
    while true {
      let children = (2 * parent + 1)..<min(2 * parent + 3, max(2 * parent + 1, spans.count))
      guard let larger = children.max(by: { spans[$0].distance < spans[$1].distance }),
        spans[larger].distance > spans[parent].distance
      else {
        return top
      }
      spans.swapAt(parent, larger)
      parent = larger
    }
  }
}

/// The values of one signal with their range.
private struct Column {
  let values: [Double]
  let range: Double

  init(_ values: [Double]) {
    self.values = values
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite { (low, high) = (min(low, value), max(high, value)) }
    range = high - low
  }

  /// Whether one of a point and the point before it is finite and the other not.
  func changesFiniteness(before k: Int) -> Bool {
    k > 0 && k < values.count && values[k - 1].isFinite != values[k].isFinite
  }

  /// Takes the farthest point from a span's chord into it if it is farther than the one that the span has.
  func lookFarther(than span: inout Span, over scale: [Double]) {
    let start = values[span.first]
    let rise = values[span.last] - start
    let width = scale[span.last] - scale[span.first]
    // Between two borders a signal is finite throughout or nowhere.
    guard range > 0, rise.isFinite else { return }
    let slope = width != 0 ? rise / width : 0
    var worst = span.distance * range
    for k in (span.first + 1)..<max(span.last, span.first + 1) {
      let difference = abs(values[k] - (start + slope * (scale[k] - scale[span.first])))
      if difference > worst {
        worst = difference
        span.farthest = k
        span.distance = worst / range
      }
    }
  }
}
