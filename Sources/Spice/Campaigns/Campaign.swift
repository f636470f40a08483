import Models

/// Many simulations of one kind: the points of a sweep, or samples of a Monte Carlo run.
///
/// Each sample ends in exactly one recorded state; none ends the campaign. Records come in the order of the
/// samples and do not depend on how many workers computed them, also where a rule ends the campaign early.
///
/// ```swift
/// let campaign = Campaign(samples: 1000, seed: 1) { sample in
///   var simulation = latch
///   simulation.circuit = try mismatch.applied(to: latch.circuit, seed: sample.seed, sample: sample.index)
///   return simulation
/// } measure: { sample, outcome in
///   try outcome.waveforms().signal("v(op,on)").final > 0 ? 1.0 : 0.0
/// }
/// let result = try await campaign.run(on: pool)
/// print(result.outputs.count, result.failures.count)
/// ```
public struct Campaign<Output: Sendable>: Sendable {
  /// One sample: its index and the seed from which all its draws are keyed.
  public struct Sample: Sendable, Hashable {
    /// The index, from 0.
    public var index: Int
    /// The seed of the campaign.
    public var seed: UInt64

    /// A generator of this sample alone.
    public func random(_ stage: String) -> KeyedRandom {
      KeyedRandom(seed: seed, stage: stage, item: UInt64(index))
    }
  }

  /// How many samples at most.
  public var samples: Int
  /// Seed of all draws.
  public var seed: UInt64
  /// When enough is known; nil to run every sample.
  public var stopRule: StopRule<Output>?
  let simulation: @Sendable (Sample) throws -> Simulation
  let measure: @Sendable (Sample, SimulationOutcome) throws -> Output

  /// Makes a campaign.
  ///
  /// - Parameters:
  ///   - samples: How many samples at most.
  ///   - seed: Seed of all draws.
  ///   - stopRule: When enough is known.
  ///   - simulation: Makes the simulation of a sample; what it throws is that sample's state.
  ///   - measure: Takes what is wanted from an outcome; what it throws is that sample's state.
  public init(
    samples: Int, seed: UInt64 = 1, stopRule: StopRule<Output>? = nil,
    simulation: @escaping @Sendable (Sample) throws -> Simulation,
    measure: @escaping @Sendable (Sample, SimulationOutcome) throws -> Output
  ) {
    self.samples = samples
    self.seed = seed
    self.stopRule = stopRule
    self.simulation = simulation
    self.measure = measure
  }

  /// Runs the samples, handing each record over as soon as it and all before it are known.
  ///
  /// - Parameters:
  ///   - pool: The workers.
  ///   - known: Records of an earlier run that was interrupted, by index; those samples are not run again.
  ///   - progress: Called after each finished sample with how many of how many are done.
  ///   - deliver: Takes the records in order; false ends the campaign.
  /// - Throws: What `deliver` throws; ``SpiceError/Code/cancelled`` if the task was cancelled; an error that no
  ///   sample can escape, such as a missing library.
  public func run(
    on pool: WorkerPool, known: [Int: SampleRecord<Output>] = [:],
    progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil,
    deliver: (SampleRecord<Output>) async throws -> Bool
  ) async throws {
    try await run(on: pool, known: known, progress: progress, finished: { _ in }, deliver: deliver)
  }

  /// As above; `finished` sees each new record at once, in whatever order they come.
  func run(
    on pool: WorkerPool, known: [Int: SampleRecord<Output>],
    progress: (@Sendable (_ done: Int, _ of: Int) -> Void)?,
    finished: (SampleRecord<Output>) throws -> Void,
    deliver: (SampleRecord<Output>) async throws -> Bool
  ) async throws {
    var rule = stopRule
    try await withThrowingTaskGroup(of: SampleRecord<Output>.self) { group in
      var started = 0
      var done = 0
      var delivered = 0
      var waiting: [Int: SampleRecord<Output>] = [:]
      func startNext() {
        while started < samples {
          let index = started
          started += 1
          if let record = known[index] {
            waiting[index] = record
            done += 1
            continue
          }
          group.addTask { try await self.record(index, on: pool) }
          return
        }
      }
      for _ in 0..<(2 * pool.workers) { startNext() }
      while delivered < samples {
        while let next = waiting.removeValue(forKey: delivered) {
          delivered += 1
          let goesOn = try await deliver(next)
          rule?.add(next)
          if !goesOn || rule?.isSatisfied == true {
            group.cancelAll()
            return
          }
        }
        guard let record = try await group.next() else { break }
        try finished(record)
        waiting[record.index] = record
        done += 1
        startNext()
        progress?(done, samples)
      }
    }
  }

  /// Runs the samples and returns all records.
  public func run(
    on pool: WorkerPool, progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil
  ) async throws -> CampaignResult<Output> {
    var records: [SampleRecord<Output>] = []
    try await run(on: pool, progress: progress) { record in
      records.append(record)
      return true
    }
    return CampaignResult(records: records, samples: samples, seed: seed)
  }

  private func record(_ index: Int, on pool: WorkerPool) async throws -> SampleRecord<Output> {
    let sample = Sample(index: index, seed: seed)
    let simulation: Simulation
    do {
      simulation = try self.simulation(sample)
      try simulation.validate()
    } catch {
      return SampleRecord(index: index, state: .invalid("\(error)"))
    }
    let outcome = try await pool.run(simulation)
    guard outcome.isCompleted else {
      return SampleRecord(
        index: index, state: .notSimulated("\(outcome.status)"), attempts: outcome.attempts,
        seconds: outcome.timing.totalSeconds)
    }
    let state: SampleState<Output>
    do {
      state = .measured(try measure(sample, outcome))
    } catch {
      state = .notMeasured("\(error)")
    }
    return SampleRecord(
      index: index, state: state, attempts: outcome.attempts, seconds: outcome.timing.totalSeconds)
  }
}

/// How a sample ended.
public enum SampleState<Output: Sendable>: Sendable {
  /// It was simulated and measured.
  case measured(Output)
  /// Its simulation could not be made or is not valid; the reason.
  case invalid(String)
  /// The simulator did not complete it; the reason.
  case notSimulated(String)
  /// The waveforms did not allow the measurement; the reason.
  case notMeasured(String)
}

extension SampleState: Equatable where Output: Equatable {}
extension SampleState: Codable where Output: Codable {}

/// What became of one sample.
public struct SampleRecord<Output: Sendable>: Sendable {
  /// The index of the sample, from 0.
  public var index: Int
  /// How it ended.
  public var state: SampleState<Output>
  /// How many workers tried; 0 where none was asked.
  public var attempts: Int
  /// Wall-clock time of the sample in its worker, in seconds.
  public var seconds: Double

  /// Makes a record.
  public init(index: Int, state: SampleState<Output>, attempts: Int = 0, seconds: Double = 0) {
    self.index = index
    self.state = state
    self.attempts = attempts
    self.seconds = seconds
  }

  /// What was measured, or nil.
  public var output: Output? {
    if case .measured(let output) = state { output } else { nil }
  }

  /// Why nothing was measured, or nil.
  public var failure: String? {
    switch state {
    case .measured: nil
    case .invalid(let reason), .notSimulated(let reason), .notMeasured(let reason): reason
    }
  }
}

extension SampleRecord: Codable where Output: Codable {}

/// The records of a campaign in the order of their samples.
public struct CampaignResult<Output: Sendable>: Sendable {
  /// One record for each sample that was run.
  public var records: [SampleRecord<Output>]
  /// How many samples were allowed; more than there are records where a rule ended the campaign.
  public var samples: Int
  /// Seed of all draws.
  public var seed: UInt64

  /// What was measured, in order.
  public var outputs: [Output] { records.compactMap(\.output) }
  /// The samples that gave nothing, with their reasons.
  public var failures: [(index: Int, reason: String)] {
    records.compactMap { record in record.failure.map { (record.index, $0) } }
  }
}
