/// The points of a grid over one or more knobs, the last one running fastest.
///
/// ```swift
/// let sweep = Sweep([(.parameter("vdd"), [0.9, 1.0, 1.1]), (.temperature, [-40, 27, 125])])
/// let campaign = sweep.campaign(over: simulation) { point, outcome in
///   try outcome.waveforms().energy(source: "vdd")
/// }
/// ```
public struct Sweep: Sendable, Hashable {
  /// A knob and the values that it takes.
  public struct Axis: Sendable, Hashable {
    /// What is set.
    public var knob: Knob
    /// The values in order.
    public var values: [Double]
  }

  /// The axes, the slowest first.
  public var axes: [Axis]

  /// Makes a grid.
  public init(_ axes: [(Knob, [Double])]) { self.axes = axes.map { Axis(knob: $0.0, values: $0.1) } }

  /// How many points the grid has.
  public var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// The values of one point, in the order of the axes.
  public func values(at index: Int) -> [Double] {
    var rest = index
    var values: [Double] = []
    for axis in axes.reversed() {
      values.append(axis.values[rest % axis.values.count])
      rest /= axis.values.count
    }
    return values.reversed()
  }

  /// A simulation with the values of one point.
  ///
  /// - Throws: As ``Knob/set(_:in:)``.
  public func simulation(_ base: Simulation, at index: Int) throws(SpiceError) -> Simulation {
    var simulation = base
    for (axis, value) in zip(axes, values(at: index)) { try axis.knob.set(value, in: &simulation) }
    return simulation
  }

  /// A campaign with a simulation at every point.
  ///
  /// - Parameters:
  ///   - base: What is varied.
  ///   - measure: Takes what is wanted from an outcome, given the values of the axes.
  public func campaign<Output: Sendable>(
    over base: Simulation,
    measure: @escaping @Sendable (_ values: [Double], _ outcome: SimulationOutcome) throws -> Output
  ) -> Campaign<Output> {
    Campaign(samples: count) { sample in
      try simulation(base, at: sample.index)
    } measure: { sample, outcome in
      try measure(values(at: sample.index), outcome)
    }
  }

  /// Equally spaced values from `start` to `stop`, both included, with twelve digits.
  public static func values(from start: Double, to stop: Double, count: Int) -> [Double] {
    guard count > 1 else { return count == 1 ? [start] : [] }
    return (0..<count).map {
      CanonicalNumber.rounded(start + (stop - start) * Double($0) / Double(count - 1))
    }
  }
}
