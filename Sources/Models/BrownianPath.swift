/// A path of the Wiener process that is asked for at times which may go back: what was once drawn stays.
///
/// A solver that rejects a step has already seen the noise of its end. To draw the shorter step's noise anew
/// would let rejection choose the noise. The path instead conditions on everything drawn: a time between two
/// known ones gets a Brownian bridge, a time beyond them an independent increment.
///
/// ```swift
/// var path = BrownianPath(dimensions: 3, random: KeyedRandom(seed: 1, stage: "device.thermal", item: 7))
/// let increment = path.increment(from: 0, to: 1e-12)
/// path.forget(before: 1e-12)
/// ```
///
/// The values depend on the order in which times are asked for, which is the same in every run of a sample.
///
/// - Source: Gaines and Lyons, SIAM J. Appl. Math. 57, 1455 (1997), doi:10.1137/S0036139995286515.
public struct BrownianPath: Sendable {
  /// The number of independent components.
  public let dimensions: Int
  private var random: KeyedRandom
  /// Known times, rising, and the path at each, `[time][component]` flattened.
  private var times: [Double] = [0]
  private var values: [Double]

  /// A path that is zero at time zero.
  public init(dimensions: Int, random: KeyedRandom) {
    self.dimensions = dimensions
    self.random = random
    values = [Double](repeating: 0, count: dimensions)
  }

  /// The path at a time, in square roots of seconds.
  ///
  /// - Precondition: The time is not before the last forgotten one.
  public mutating func value(at time: Double) -> [Double] {
    let index = insert(time)
    return Array(values[(index * dimensions)..<((index + 1) * dimensions)])
  }

  /// The increment between two times; of variance `to - from` in each component.
  ///
  /// - Precondition: `from` is not after `to` and not before the last forgotten time.
  public mutating func increment(from start: Double, to end: Double) -> [Double] {
    let before = value(at: start)
    let after = value(at: end)
    return zip(after, before).map { $0 - $1 }
  }

  /// Drops what is known before a time, which no one will ask for again.
  public mutating func forget(before time: Double) {
    let index = insert(time)
    times.removeFirst(index)
    values.removeFirst(index * dimensions)
  }

  /// Makes a time known and returns its index.
  private mutating func insert(_ time: Double) -> Int {
    var low = 0
    var high = times.count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] < time { low = middle + 1 } else { high = middle }
    }
    if low < times.count, times[low] == time { return low }
    precondition(low > 0, "a Brownian path has forgotten this time")
    let before = (low - 1) * dimensions
    let span = time - times[low - 1]
    var drawn = [Double](repeating: 0, count: dimensions)
    if low == times.count {
      for k in 0..<dimensions { drawn[k] = values[before + k] + span.squareRoot() * random.normal() }
    } else {
      let whole = times[low] - times[low - 1]
      let share = span / whole
      let sigma = (span * (whole - span) / whole).squareRoot()
      for k in 0..<dimensions {
        let (a, b) = (values[before + k], values[before + dimensions + k])
        drawn[k] = a + (b - a) * share + sigma * random.normal()
      }
    }
    times.insert(time, at: low)
    values.insert(contentsOf: drawn, at: low * dimensions)
    return low
  }
}
