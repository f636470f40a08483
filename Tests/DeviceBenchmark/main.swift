// Speed on one core. Finite differences: evaluations of a cell's rate per second in the fourth standard problem, what part
// of them the demagnetising field takes, and against numpy. Grain engine: spin-steps per second against the processor's
// multiply-add limit and against numpy, and what keeping the far dipole fields over the second stage does to the result; with --ensembles the time
// that whole response curves take on two threads.
//
// swift run -c release device-benchmark [--rounds N] [--bias] [--ensembles]

import BenchmarkSupport
import CKernels
import Device
import Foundation
import Models

let arguments = CommandLine.arguments
let rounds = option("--rounds", 5)
let url = try ModelLibrary.standard.url("granular-mtj/device.toml", in: "devices")
let device = try TOMLFile(url).decode(DeviceSpec.self)

say("standard problem 4, cells  cell evaluations/s  the field alone  share of the time  numpy")
for refinement in [1, 2] {
  var (rates, fields): ([Double], [Double]) = ([], [])
  var cells = 0
  for _ in 0..<rounds {
    let solver = ValidationCase.film(refinement: refinement)
    cells = solver.magnet.mesh.count
    solver.minimize(toleranceTesla: 1e-4)
    solver.tesla = SIMD3(-24.6e-3, 4.3e-3, 0)
    solver.integrate(for: 1e-12)
    let before = solver.evaluations
    let elapsed = seconds { solver.integrate(for: refinement == 1 ? 2e-10 : 2e-11) }
    rates.append(Double(cells * (solver.evaluations - before)) / elapsed)
    let calls = 500
    fields.append(Double(cells * calls) / seconds { for _ in 0..<calls { solver.computeDemagnetization() } })
  }
  let (rate, field) = (median(rates), median(fields))
  let other = python("numpy_field.py", ["\(128 * refinement)", "\(32 * refinement)"], beside: #filePath)
  let size = "\(128 * refinement) x \(32 * refinement)"
  say(
    String(repeating: " ", count: max(0, 25 - size.count)) + size
      + String(format: "  %18.3g  %15.3g  %15.0f %%  ", rate, field, 100 * rate / field)
      + (other.map { String(format: "%.2g (1/%.1f)", $0, rate / $0) } ?? "not installed"))
}

say("\ngrains  spin-steps/s, dipoles in both stages  far in the first  ratio  of the limit  numpy")
for (pitch, diameter) in [(10e-9, 30e-9), (10e-9, 50e-9), (8e-9, 50e-9), (10e-9, 75e-9)] {
  var spec = device
  spec.diameterMetres = diameter
  spec.granular.pitchMetres = pitch
  let tensors = GrainJunction.tensors(for: spec)
  let network = GrainJunction(spec: spec, seed: 1, index: 0, tensors: tensors).kernel.network
  let operations = SpinKernel(
    network, stepSeconds: 1e-13, kelvin: 300, unitCurrentDensity: 1
  ).fieldOperations
  let steps = max(200, 4_000_000 / (network.count * network.count))
  var rates: [[Double]] = [[], []]
  var limits: [Double] = []
  for _ in 0..<rounds {
    for (place, dipoles) in [SpinKernel.Dipoles.bothStages, .firstStage].enumerated() {
      let kernel = SpinKernel(
        network, stepSeconds: network.longestStepSeconds, kelvin: 300,
        unitCurrentDensity: spec.criticalCurrentDensity, dipoles: dipoles)
      let replicas = SpinReplicas(
        kernel, streams: (0..<16).map { KeyedRandom(seed: 1, stage: "benchmark", item: $0) },
        along: SIMD3(0, 0, -1))
      let drives = [(from: Double, to: Double)](repeating: (0.6, 0.6), count: 16)
      let elapsed = seconds { replicas.advance(steps: steps, drives: drives) }
      rates[place].append(Double(16 * network.count * steps) / elapsed)
    }
    let count: Int64 = 4_000_000
    var sum: Float = 0
    let elapsed = seconds { sum = tessera_multiply_adds(count) }
    if sum.isNaN { say("not a number") }
    limits.append(Double(count * 12 * 16) / elapsed)
  }
  let (both, first) = (median(rates[0]), median(rates[1]))
  let share = both / Double(network.count) * Double(operations) / median(limits)
  let other = python(
    "numpy_grains.py", ["\(network.lower)", "\(max(50, steps / 40))"], beside: #filePath)
  say(
    String(
      format: "%6d  %37.3g  %12.3g  %7.2f  %10.0f %%  ", network.lower, both, first, first / both, 100 * share
    )
      + (other.map { String(format: "%.2g (1/%.1f)", $0, both / $0) } ?? "not installed"))
}

if arguments.contains("--bias") {
  say(
    "\nparallel share after one pulse, 16 junctions of 50 nm x 32 writes: as used, and the differences (95 %) with far "
      + "fields of the first stage alone, and with every pair of cells spin by spin")
  let tensors = GrainJunction.tensors(for: device)
  let shape = PulseShape(widthSeconds: device.dynamics.pulseWidthSeconds)
  let ways: [(SpinKernel.Dipoles, Double)] = [
    (.bothStages, SpinNetwork.wholeReach), (.firstStage, SpinNetwork.wholeReach), (.bothStages, .infinity),
  ]
  for drive in [0.55, 0.65, 0.75] {
    var shares: [[Double]] = ways.map { _ in [] }
    for index in 0..<16 {
      for (place, way) in ways.enumerated() {
        let junction = GrainJunction(
          spec: device, seed: 1, index: index, tensors: tensors, dipoles: way.0, wholeReach: way.1)
        var sum = 0.0
        for batch in 0..<2 {
          let streams = (0..<16).map {
            KeyedRandom(seed: 1, stage: "benchmark.bias", item: UInt64(index * 64 + batch * 16 + $0))
          }
          let outcomes = junction.run(drives: streams.map { _ in [drive] }, shape: shape, streams: streams)
          for outcome in outcomes { sum += outcome[0].fraction / 32 }
        }
        shares[place].append(sum)
      }
    }
    let differences = shares.dropFirst().map { other -> String in
      guard let difference = Estimate.mean(zip(other, shares[0]).map { $0 - $1 }) else { return "" }
      return String(
        format: "%+.4f (%+.4f to %+.4f)", difference.value, difference.low, difference.high)
    }
    let mean = shares[0].reduce(0, +) / Double(shares[0].count)
    say(String(format: "%.2f I_c  %.4f  ", drive, mean) + differences.joined(separator: "  "))
  }
}

if arguments.contains("--ensembles") {
  say("\nresponse curves of 30, 50 and 75 nm on two threads")
  for (devices, cycles, currents) in [(20, 8, 10), (50, 20, 12)] {
    let sampling = GrainSampling(
      devices: devices, cycles: cycles, currents: currents, staircases: false, retentionDevices: 0)
    var parts: [Double] = []
    for diameter in [30e-9, 50e-9, 75e-9] {
      var spec = device
      spec.diameterMetres = diameter
      let ensemble = try GrainEnsemble(spec: spec, sampling: sampling, seed: 1)
      let plan = try ensemble.plan(threads: 2)
      parts.append(
        seconds {
          if ensemble.samples(plan: plan, threads: 2).count != devices { say("junctions are missing") }
        })
    }
    say(
      "3 x \(devices) junctions x \(cycles) writes x \(currents) currents: "
        + String(format: "%.0f s (%.0f, %.0f and %.0f s)", parts.reduce(0, +), parts[0], parts[1], parts[2]))
  }
}
