import Device
import Foundation
import Models
import Synchronization

/// The device stage: ensembles under the grain engine, junction by junction through the store.
extension StudyRunner {
  /// What decides an ensemble.
  private struct EnsembleInputs: Codable {
    var spec: DeviceSpec
    var programming: ProgrammingSpec
    var sampling: GrainSampling
  }

  /// What decides a part of an ensemble whose currents are known.
  private struct PartInputs<Part: Codable>: Codable {
    var ensemble: EnsembleInputs
    var plan: GrainEnsemble.Plan
    var part: Part
  }

  /// One junction, and whether its barriers are computed.
  private struct JunctionInputs: Codable {
    var index: Int
    var barriers: Bool
  }

  /// A response to pulses of one width at one temperature.
  private struct ResponseInputs: Codable {
    var pulseSeconds: Double
    var kelvin: Double
    var devices: Int
  }

  private struct DeviceInputs: Codable {
    var spec: DeviceSpec
    var programming: ProgrammingSpec
    var devices: Int
    var cycles: Int
  }

  /// The junction of the study's device file at one diameter.
  public func deviceSpec(diameter: Double) throws -> DeviceSpec {
    let url = try library.url(spec.device.file, in: "devices")
    var device = try TOMLFile(url).decode(DeviceSpec.self)
    device.diameterMetres = diameter
    try device.validate(at: spec.device.file)
    return device
  }

  /// Samples every diameter of the study and the study's own under the analytic law, and sees it half way.
  func deviceStage(
    _ progress: StudyProgress
  ) async throws -> (devices: [DeviceCharacterization], analytic: DeviceCharacterization, halfway: LayerState)
  {
    progress.begin(StudyStage.device)
    let before = store.activity.computed
    let costs = spec.device.diametersMetres.map { StudyStage.deviceWeight(spec, diameter: $0) }
    let total = costs.reduce(0, +)
    var results: [DeviceCharacterization] = []
    var done = 0.0
    for (diameter, cost) in zip(spec.device.diametersMetres, costs) {
      let start = done
      results.append(
        try await ensemble(diameter: diameter) { share in
          progress.advance(
            StudyStage.device, done: Int(1000 * (start + cost * share) / total), of: 1000)
        })
      done += cost
    }
    let analytic = try await analytic(diameter: spec.device.diameterMetres)
    let halfway = try await halfway(of: deviceSpec(diameter: spec.device.diameterMetres))
    progress.finish(StudyStage.device, isReused: store.activity.computed == before)
    return (results, analytic, halfway)
  }

  /// An ensemble under the grain engine; rising pulses and barriers where the whole is asked for.
  private func grainEnsemble(_ junction: DeviceSpec, whole: Bool) throws -> GrainEnsemble {
    let device = spec.device
    let sampling = GrainSampling(
      devices: device.devices, cycles: device.cycles, currents: device.currents, staircases: whole,
      retentionDevices: whole ? min(device.retentionDevices, device.devices) : 0)
    return try GrainEnsemble(spec: junction, sampling: sampling, seed: spec.seed)
  }

  private func inputs(of ensemble: GrainEnsemble) -> EnsembleInputs {
    // The number of junctions decides none of them, so that more can be added to what is stored; neither does the
    // number of those with barriers.
    var sampling = ensemble.sampling
    sampling.devices = 3
    sampling.retentionDevices = 0
    return EnsembleInputs(spec: ensemble.spec, programming: ensemble.programming, sampling: sampling)
  }

  private func plan(of ensemble: GrainEnsemble) async throws -> GrainEnsemble.Plan {
    let jobs = jobs
    // Currents are all that the plan takes from the sampling.
    var inputs = inputs(of: ensemble)
    inputs.sampling = GrainSampling()
    inputs.sampling.currents = ensemble.sampling.currents
    return try await store.value(stage: "device.plan", version: 3, inputs: inputs, seed: spec.seed) {
      try await Blocking.run { try ensemble.plan(threads: jobs) }
    }
  }

  /// The first junctions of an ensemble, those not in the store on `jobs` threads.
  private func samples(
    of ensemble: GrainEnsemble, plan: GrainEnsemble.Plan, count: Int,
    progress: (@Sendable (Double) -> Void)?
  ) async throws -> [GrainEnsemble.Sample] {
    let inputs = inputs(of: ensemble)
    let store = store
    let seed = spec.seed
    let finished = Atomic(0)
    return try await shared(count) { index in
      let sample = try await store.value(
        stage: "device.junction", version: 5,
        inputs: PartInputs(
          ensemble: inputs, plan: plan,
          part: JunctionInputs(index: index, barriers: index < ensemble.sampling.retentionDevices)),
        seed: seed
      ) {
        try await Blocking.run { ensemble.sample(junction: index, plan: plan) }
      }
      progress?(Double(finished.add(1, ordering: .relaxed).newValue) / Double(count))
      return sample
    }
  }

  /// The response of the first junctions to pulses `width` times as long, `warmer` kelvin above the device's own
  /// temperature.
  private func response(
    of ensemble: GrainEnsemble, plan: GrainEnsemble.Plan, width: Double, warmer: Double
  ) async throws -> CompactFit.Condition {
    let devices = spec.device.fitDevices
    let pulse = width * ensemble.spec.dynamics.pulseWidthSeconds
    let kelvin = ensemble.spec.temperatureKelvin + warmer
    let jobs = jobs
    return try await store.value(
      stage: "device.response", version: 7,
      inputs: PartInputs(
        ensemble: inputs(of: ensemble), plan: plan,
        part: ResponseInputs(pulseSeconds: pulse, kelvin: kelvin, devices: devices)), seed: spec.seed
    ) {
      try await Blocking.run {
        ensemble.respond(
          pulseSeconds: pulse, kelvin: kelvin, drives: plan.drives(forWidth: width), junctions: devices,
          cycles: GrainEnsemble.fitCycles, stage: "device.response \(width) \(warmer)", threads: jobs)
      }
    }
  }

  /// Evaluates `body` for 0..<count, up to `jobs` at a time.
  func shared<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
  ) async throws -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
      var results = [Value?](repeating: nil, count: count)
      var next = 0
      func add() {
        guard next < count else { return }
        let index = next
        next += 1
        group.addTask { (index, try await body(index)) }
      }
      for _ in 0..<max(1, jobs) { add() }
      while let (index, value) = try await group.next() {
        results[index] = value
        add()
      }
      return results.compactMap { $0 }
    }
  }

  /// The junction of the study as a circuit element, fitted under several pulse widths and temperatures.
  public func compactModel(progress: (@Sendable (Double) -> Void)? = nil) async throws -> CompactModel {
    try await compactModel(of: deviceSpec(diameter: spec.device.diameterMetres), progress: progress)
  }

  /// A junction as a circuit element.
  public func compactModel(
    of junction: DeviceSpec, progress: (@Sendable (Double) -> Void)? = nil
  ) async throws -> CompactModel {
    let ensemble = try grainEnsemble(junction, whole: true)
    let plan = try await plan(of: ensemble)
    let samples = try await samples(of: ensemble, plan: plan, count: ensemble.sampling.devices) {
      progress?(0.7 * $0)
    }
    return try await compactModel(of: ensemble, plan: plan, samples: samples) { progress?(0.7 + 0.3 * $0) }
  }

  private func compactModel(
    of ensemble: GrainEnsemble, plan: GrainEnsemble.Plan, samples: [GrainEnsemble.Sample],
    progress: (@Sendable (Double) -> Void)?
  ) async throws -> CompactModel {
    let devices = spec.device.fitDevices
    return try await store.value(
      stage: "device.compact", version: 11,
      inputs: PartInputs(ensemble: inputs(of: ensemble), plan: plan, part: [samples.count, devices]),
      seed: spec.seed
    ) {
      // The same junctions under every pulse: their own difference is no effect of the pulse.
      var conditions: [CompactFit.Condition] = []
      for (width, warmer) in GrainEnsemble.fitConditions {
        conditions.append(try await self.response(of: ensemble, plan: plan, width: width, warmer: warmer))
        progress?(Double(conditions.count) / Double(GrainEnsemble.fitConditions.count))
      }
      let fixed = conditions
      return try await Blocking.run {
        CompactFit.fit(ensemble, samples: samples, conditions: fixed)
      }
    }
  }

  /// The ensemble of one diameter of the study under the grain engine; the study's own with verified levels,
  /// retention and a compact model of its own.
  ///
  /// - Parameters:
  ///   - diameter: Of the device, in metres.
  ///   - progress: Called from any thread with the share done, 0 to 1.
  public func ensemble(
    diameter: Double, progress: (@Sendable (Double) -> Void)? = nil
  ) async throws -> DeviceCharacterization {
    let junction = try deviceSpec(diameter: diameter)
    guard diameter != spec.device.diameterMetres else {
      return try await ensemble(of: junction, model: nil, progress: progress)
    }
    let model = try await compactModel().scaled(to: junction).at(kelvin: junction.temperatureKelvin)
    return try await ensemble(of: junction, model: model, progress: progress)
  }

  /// The ensemble of a junction under the grain engine.
  ///
  /// - Parameters:
  ///   - junction: The device.
  ///   - model: The compact model to state; `nil` fits one.
  ///   - whole: Whether verified levels and retention are sampled as well; by default where a model is fitted.
  ///   - progress: Called from any thread with the share done, 0 to 1.
  public func ensemble(
    of junction: DeviceSpec, model: CompactModel?, whole: Bool? = nil,
    progress: (@Sendable (Double) -> Void)? = nil
  ) async throws -> DeviceCharacterization {
    let ensemble = try grainEnsemble(junction, whole: whole ?? (model == nil))
    let plan = try await plan(of: ensemble)
    let share = model == nil ? 0.75 : 1
    let samples = try await samples(of: ensemble, plan: plan, count: ensemble.sampling.devices) {
      progress?(share * $0)
    }
    var stated = model
    if stated == nil {
      stated = try await compactModel(of: ensemble, plan: plan, samples: samples) {
        progress?(0.75 + 0.25 * $0)
      }
    }
    guard let known = stated else { throw CancellationError() }
    let inputs = PartInputs(
      ensemble: EnsembleInputs(
        spec: ensemble.spec, programming: ensemble.programming, sampling: ensemble.sampling), plan: plan,
      part: known)
    return try await store.value(stage: "device", version: 10, inputs: inputs, seed: spec.seed) {
      try await Blocking.run {
        try ensemble.characterize(plan: plan, samples: samples, compactModel: known)
      }
    }
  }

  /// The ensemble of one diameter under the analytic grain law, many junctions: the cross-check.
  public func analytic(
    diameter: Double, progress: (@Sendable (Double) -> Void)? = nil
  ) async throws -> DeviceCharacterization {
    try await analytic(of: deviceSpec(diameter: diameter), progress: progress)
  }

  /// The ensemble of a junction under the analytic grain law.
  public func analytic(
    of junction: DeviceSpec, progress: (@Sendable (Double) -> Void)? = nil
  ) async throws -> DeviceCharacterization {
    let inputs = DeviceInputs(
      spec: junction,
      programming: ProgrammingSpec(maximumDrive: AnalyticEnsemble.highestDrive),
      devices: spec.device.analyticDevices, cycles: 2)
    let (seed, jobs) = (spec.seed, jobs)
    return try await store.value(stage: "device.analytic", version: 5, inputs: inputs, seed: seed) {
      try await Blocking.run {
        try AnalyticEnsemble.characterize(
          spec: inputs.spec, programming: inputs.programming, devices: inputs.devices, cycles: inputs.cycles,
          seed: seed, threads: jobs, progress: progress)
      }
    }
  }

  /// A junction half way up its S-curve, on a mesh.
  private func halfway(of junction: DeviceSpec) async throws -> LayerState {
    let seed = spec.seed
    return try await store.value(stage: "device.halfway", version: 1, inputs: junction, seed: seed) {
      try await Blocking.run { try LayerState.halfway(of: junction, seed: seed) }
    }
  }

  /// Barriers of every grain in four states, for as many junctions as the study's retention takes.
  func barriers(
    of junction: DeviceSpec, progress: @escaping @Sendable (Double) -> Void
  ) async throws -> [[StateBarriers]] {
    let ensemble = try grainEnsemble(junction, whole: true)
    let plan = try await plan(of: ensemble)
    return try await samples(
      of: ensemble, plan: plan, count: max(1, ensemble.sampling.retentionDevices), progress: progress
    ).map(\.barriers)
  }

  /// The compact model beside every condition it was fitted to, and beside one that it was not.
  func fitReport(
    of junction: DeviceSpec, progress: @escaping @Sendable (Double) -> Void
  ) async throws -> FitReport {
    let ensemble = try grainEnsemble(junction, whole: true)
    let plan = try await plan(of: ensemble)
    let samples = try await samples(of: ensemble, plan: plan, count: ensemble.sampling.devices) {
      progress(0.6 * $0)
    }
    let model = try await compactModel(of: ensemble, plan: plan, samples: samples) {
      progress(0.6 + 0.3 * $0)
    }
    var conditions: [CompactFit.Condition] = []
    for (width, warmer) in GrainEnsemble.fitConditions + [(width: 1.4, warmer: 25)] {
      conditions.append(try await response(of: ensemble, plan: plan, width: width, warmer: warmer))
    }
    progress(1)
    let responses = conditions.enumerated().map { place, condition in
      FitReport.Response(
        condition, model: model, seed: spec.seed, isHeldOut: place >= GrainEnsemble.fitConditions.count)
    }
    return FitReport(model: model, responses: responses)
  }
}
