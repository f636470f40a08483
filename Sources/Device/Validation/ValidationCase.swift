import Dispatch
import Models

/// A published or independently computed result that the device's physics must reproduce.
///
/// ```swift
/// for validation in ValidationCase.all where !validation.isLong {
///   print(validation.run())
/// }
/// ```
public struct ValidationCase: Sendable {
  /// Short name, in lower case with dashes.
  public let id: String
  /// What is computed.
  public let title: String
  /// The publication that states the values or the closed form that they follow from.
  public let source: Citation
  /// Whether it takes more than some seconds.
  public let isLong: Bool
  private let compute: @Sendable () -> [Quantity]

  init(
    _ id: String, _ title: String, source: Citation, isLong: Bool = false,
    _ compute: @escaping @Sendable () -> [Quantity]
  ) {
    (self.id, self.title, self.source, self.isLong, self.compute) = (id, title, source, isLong, compute)
  }

  /// One number of a case beside what it must be.
  public struct Quantity: Codable, Sendable, Hashable {
    /// What it is.
    public var name: String
    /// Its unit; empty for a pure number.
    public var unit: String
    /// What the code found.
    public var computed: Double
    /// What was published.
    public var published: Double
    /// Largest difference that passes, in the same unit.
    public var tolerance: Double
    /// Computed less published.
    public var difference: Double { computed - published }
    /// Whether the difference is within the tolerance.
    public var pass: Bool { abs(difference) <= tolerance }

    init(_ name: String, _ computed: Double, _ published: Double, within tolerance: Double, unit: String = "")
    {
      (self.name, self.unit, self.computed, self.published, self.tolerance) = (
        name, unit, computed, published, tolerance
      )
    }

    private enum CodingKeys: String, CodingKey {
      case name, unit, computed, published, difference, tolerance, pass
    }

    /// Reads what ``encode(to:)`` wrote; difference and verdict are computed anew.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decode(String.self, forKey: .name)
      unit = try values.decode(String.self, forKey: .unit)
      computed = try values.decode(Double.self, forKey: .computed)
      published = try values.decode(Double.self, forKey: .published)
      tolerance = try values.decode(Double.self, forKey: .tolerance)
    }

    /// Writes the numbers, their difference and the verdict.
    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(name, forKey: .name)
      try values.encode(unit, forKey: .unit)
      try values.encode(computed, forKey: .computed)
      try values.encode(published, forKey: .published)
      try values.encode(difference, forKey: .difference)
      try values.encode(tolerance, forKey: .tolerance)
      try values.encode(pass, forKey: .pass)
    }
  }

  /// What a case came to.
  public struct Outcome: Codable, Sendable, Hashable {
    /// ``ValidationCase/id``.
    public var id: String
    /// ``ValidationCase/title``.
    public var title: String
    /// ``ValidationCase/source``.
    public var source: Citation
    /// Whether every quantity passes.
    public var pass: Bool
    /// Each number of it.
    public var quantities: [Quantity]
    /// Time that it took.
    public var seconds: Double
  }

  /// Computes the case.
  public func run() -> Outcome {
    let start = DispatchTime.now().uptimeNanoseconds
    let quantities = compute()
    return Outcome(
      id: id, title: title, source: source, pass: !quantities.isEmpty && quantities.allSatisfy(\.pass),
      quantities: quantities, seconds: Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
  }

  /// Computes cases side by side; their order is kept.
  ///
  /// - Parameter progress: Called from any thread with the number of cases done.
  public static func run(
    _ cases: [ValidationCase], threads: Int, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) -> [Outcome] {
    let done = Counter()
    return parallelMap(cases.count, threads: threads) { place in
      let outcome = cases[place].run()
      progress(done.next())
      return outcome
    }
  }

  /// What the physics itself rests on.
  public static let methods: [Citation] = [
    .brown1963, .slonczewski1996, .zhang2004, .newell1993, .dormand1980, .exl2014,
  ]

  /// All cases.
  public static let all: [ValidationCase] =
    demagnetization + macrospins + filmWalls + standardProblems + spinTorques + thermal
}

extension [ValidationCase.Quantity] {
  /// The components of a mean magnetisation.
  static func magnetization(
    _ computed: SIMD3<Double>, _ published: SIMD3<Double>, within tolerance: Double, _ name: String = "m"
  ) -> [ValidationCase.Quantity] {
    zip(["x", "y", "z"], 0..<3).map { axis, place in
      ValidationCase.Quantity("\(name)\(axis)", computed[place], published[place], within: tolerance)
    }
  }
}
