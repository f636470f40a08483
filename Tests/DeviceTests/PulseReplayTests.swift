import Device
import Foundation
import Models
import Testing

/// Verified programming replayed from recorded pulses against the same programming pulse by pulse on live replicas.
@Suite struct PulseReplayTests {
  @Test func replayIsLiveProgramming() throws {
    var sampling = GrainSampling()
    sampling.devices = 8
    sampling.cycles = 16
    sampling.currents = 5
    sampling.retentionDevices = 0
    let spec = try Specs.withoutDeviceSpread(diameter: 30e-9)
    let ensemble = try GrainEnsemble(spec: spec, sampling: sampling, seed: 3)
    let plan = try ensemble.plan(threads: 2)
    let samples = ensemble.samples(plan: plan, threads: 2)
    let url = try ModelLibrary.standard.url("granular-mtj/compact.json", in: "devices")
    let model = try ResultFile.decode(CompactModel.self, from: ResultFile.read(url), at: "compact.json")
    let result = try ensemble.characterize(plan: plan, samples: samples, bits: [2], compactModel: model)
    let statistics = try #require(result.levels(bits: 2, scheme: .writeVerify))
    let tolerance = try #require(statistics.programming.tolerance)
    let programming = ensemble.programming
    let level = statistics.levels[1]

    // The mean level after each rung, by which the first amplitude is chosen.
    let means = plan.rungs.indices.map { rung in
      samples.reduce(0) { $0 + $1.staircases.reduce(0) { $0 + $1[rung + 1] } / Double($1.staircases.count) }
        / Double(samples.count)
    }
    let first = max(
      0, (means.firstIndex { $0 > programming.startFraction * level.target } ?? plan.rungs.count) - 1)
    var levels: [Double] = []
    for index in 0..<sampling.devices {
      let junction = GrainJunction(
        spec: spec, seed: 3, index: index, tensors: GrainJunction.tensors(for: spec))
      let replicas = SpinReplicas(
        junction.kernel,
        streams: (0..<16).map { KeyedRandom(seed: 3, stage: "test.live", item: UInt64(index * 16 + $0)) },
        along: SIMD3(0, 0, 1))
      replicas.warm()
      var noise = KeyedRandom(seed: 3, stage: "test.live.read", item: UInt64(index))
      var rungs = [Int](repeating: first, count: 16)
      var done = [Bool](repeating: false, count: 16)
      var drives = [Double](repeating: -programming.maximumDrive, count: 16)
      for pulse in 0...programming.maximumPulses {
        let outcomes = junction.apply(drives, to: replicas, shape: ensemble.pulseShape)
        for lane in 0..<16 where !done[lane] {
          let fraction = outcomes[lane].fraction
          let read = fraction + programming.verifyReadSigma * noise.normal()
          if abs(read - level.target) <= tolerance || pulse == programming.maximumPulses {
            done[lane] = true
            drives[lane] = 0
            levels.append(fraction)
          } else if read < level.target {
            drives[lane] = plan.rungs[rungs[lane]]
            rungs[lane] = min(plan.rungs.count - 1, rungs[lane] + 1)
          } else {
            drives[lane] = -programming.maximumDrive
            rungs[lane] = max(0, rungs[lane] - programming.backoffSteps)
          }
        }
        if done.allSatisfy({ $0 }) { break }
      }
    }
    let live = try #require(Moments(levels))
    #expect(levels.count == 128)
    #expect(abs(live.mean - level.mean) < 0.02)
    #expect(abs(live.standardDeviation / level.sigmaProgrammed - 1) < 0.3)
  }
}
