import Device
import Foundation
import Models
import Synchronization

/// Device commands: each result through the store, with progress.
extension StudyRunner {
  /// Shows progress of one named piece of work.
  func withDeviceProgress<Value>(
    _ name: String, isolation: isolated (any Actor)? = #isolation,
    _ body: (@escaping @Sendable (Double) -> Void) async throws -> Value
  ) async rethrows -> Value {
    let progress = StudyProgress(stages: [.init(name, weight: 1)], sink: sink)
    defer { progress.close() }
    progress.begin(name)
    let value = try await body { progress.advance(name, done: Int(1000 * $0), of: 1000) }
    progress.finish(name, isReused: false)
    return value
  }

  /// One result with progress: from the store, or computed with the study's seed on threads of its own.
  func deviceResult<Value: Codable & Sendable>(
    _ name: String, stage: String, version: Int, inputs: some Encodable & Sendable,
    _ compute: @escaping @Sendable (UInt64, Int, @escaping @Sendable (Double) -> Void) throws -> Value
  ) async throws -> Value {
    let (seed, jobs) = (spec.seed, jobs)
    return try await withDeviceProgress(name) { progress in
      try await store.value(stage: stage, version: version, inputs: inputs, seed: seed) {
        try await Blocking.run { try compute(seed, jobs, progress) }
      }
    }
  }

  private struct SwitchInputs: Codable {
    var spec: DeviceSpec
    var junction: Int
    var cycles: Int
  }

  /// One junction against time and current.
  public func switching(of junction: DeviceSpec, junction index: Int, cycles: Int) async throws
    -> SwitchingRecord
  {
    let (seed, jobs) = (spec.seed, jobs)
    return try await store.value(
      stage: "device.switch", version: 4,
      inputs: SwitchInputs(spec: junction, junction: index, cycles: cycles),
      seed: seed
    ) {
      try await Blocking.run {
        try SwitchingRecord(spec: junction, junction: index, cycles: cycles, seed: seed, threads: jobs)
      }
    }
  }

  /// Ensembles of several junctions under the grain engine; the whole of each, or one pulse alone with one compact
  /// model for all.
  public func ensembles(of junctions: [DeviceSpec], whole: Bool) async throws -> [DeviceCharacterization] {
    try await withDeviceProgress("device ensembles") { progress in
      let count = Double(junctions.count)
      var results: [DeviceCharacterization] = []
      for (index, junction) in junctions.enumerated() {
        var model: CompactModel?
        if !whole, let first = junctions.first {
          model = try await compactModel(of: first).scaled(to: junction)
            .at(kelvin: junction.temperatureKelvin)
        }
        results.append(
          try await ensemble(of: junction, model: model) { progress((Double(index) + $0) / count) })
      }
      return results
    }
  }

  /// Ensembles under the analytic grain law.
  public func analyticEnsembles(of junctions: [DeviceSpec]) async throws -> [DeviceCharacterization] {
    try await withDeviceProgress("device ensembles") { progress in
      var results: [DeviceCharacterization] = []
      for (index, junction) in junctions.enumerated() {
        results.append(
          try await analytic(of: junction) { progress((Double(index) + $0) / Double(junctions.count)) })
      }
      return results
    }
  }

  /// What becomes of stored states of a junction.
  ///
  /// - Parameter readVolts: Read voltage across the junction, 0 to 1 V.
  public func retention(of junction: DeviceSpec, readVolts: Double) async throws -> RetentionReport {
    guard (0...1).contains(readVolts) else {
      throw StudyError(.invalidInput, "a read voltage of \(readVolts) V; expected 0 to 1", at: "--read-volts")
    }
    guard spec.device.retentionDevices > 0 else {
      throw StudyError(
        .invalidInput, "'device.retentionDevices' is 0; expected 1 or more", at: "device.retentionDevices")
    }
    let barriers: [[StateBarriers]] = try await withDeviceProgress("barriers") { progress in
      try await self.barriers(of: junction, progress: progress)
    }
    let tenYears = 10 * 365.25 * 86400
    let kelvin = [300.15, 358.15, 398.15]
    let storage = kelvin.flatMap {
      Retention.of(barriers, spec: junction, seconds: [86400, 365.25 * 86400, tenYears], kelvin: $0)
    }
    let disturb = [true, false].map { towardsParallel in
      RetentionReport.Disturb(
        volts: readVolts, towardsParallel: towardsParallel,
        retention: Retention.of(
          barriers, spec: junction, seconds: [1, 86400, tenYears], readVolts: readVolts,
          towardsParallel: towardsParallel))
    }
    let thermal = PhysicalConstants.boltzmann * junction.temperatureKelvin
    return RetentionReport(
      spec: junction, devices: barriers.count, storage: storage, disturb: disturb,
      barriers: barriers.flatMap { states in
        states.enumerated().flatMap { index, state in
          zip(state.weights, state.joules).map {
            RetentionReport.Barrier(
              state: index, weight: $0, stability: $1 < StateBarriers.held ? $1 / thermal : nil)
          }
        }
      },
      provenance: Provenance(
        seed: spec.seed, tools: Toolchain.versions, citations: GrainEnsemble.citations,
        assumptions: GrainEnsemble.assumptions))
  }

  /// The compact model of a junction beside the engine, with a pulse that it was not fitted to.
  public func fit(of junction: DeviceSpec) async throws -> FitReport {
    try await withDeviceProgress("compact model") { progress in
      try await fitReport(of: junction, progress: progress)
    }
  }

  private struct MapInputs: Codable {
    var spec: DeviceSpec
    var devices: Int
    var cycles: Int
  }

  /// The design map around a device; every point is kept, so that a broken run goes on where it stopped.
  public func designMap(
    around junction: DeviceSpec, devices: Int, cycles: Int
  ) async throws -> DesignMap {
    guard (2...1000).contains(devices) else {
      throw StudyError(.invalidInput, "\(devices) devices a point; expected 2 to 1000", at: "--devices")
    }
    guard (1...1000).contains(cycles) else {
      throw StudyError(.invalidInput, "\(cycles) writes a point; expected 1 to 1000", at: "--cycles")
    }
    let plan = DesignMap.plan(around: junction)
    let (store, seed, jobs) = (store, spec.seed, jobs)
    let points = try await withDeviceProgress("design map") { progress in
      var points: [DesignMap.Point] = []
      for (index, point) in plan.enumerated() {
        let outcome = try await store.value(
          stage: "device.map", version: 5,
          inputs: MapInputs(spec: point.spec, devices: devices, cycles: cycles),
          seed: seed
        ) {
          try await Blocking.run {
            try DesignPoint(
              spec: point.spec, devices: devices, cycles: cycles, seed: seed, threads: jobs)
          }
        }
        points.append(DesignMap.Point(part: point.part, parameters: point.parameters, outcome: outcome))
        progress(Double(index + 1) / Double(plan.count))
      }
      return points
    }
    return DesignMap(
      spec: junction, points: points,
      provenance: Provenance(
        seed: spec.seed, tools: Toolchain.versions, citations: GrainEnsemble.citations,
        assumptions: GrainEnsemble.assumptions))
  }
}
