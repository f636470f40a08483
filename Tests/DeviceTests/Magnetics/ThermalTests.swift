import Device
import Foundation
import Models
import Testing

/// The stochastic engine in equilibrium and in escape, against exact figures.
@Suite struct ThermalTests {
  /// Sixty-four uncoupled spins: four of a network in sixteen replicas.
  private static func spins(stability: Double, field: Double, damping: Double, step: Double) -> SpinReplicas {
    var network = SpinNetwork(lower: 4, upper: 0)
    let energy = stability * PhysicalConstants.boltzmann * 300
    for spin in 0..<4 {
      network.moments[spin] = 2 * energy / field
      network.damping[spin] = damping
      network.addUniaxial(to: spin, tesla: field)
    }
    let kernel = SpinKernel(network, stepSeconds: step, kelvin: 300, unitCurrentDensity: 1)
    return SpinReplicas(
      kernel, streams: (0..<16).map { KeyedRandom(seed: 4, stage: "test.thermal", item: $0) },
      along: SIMD3(0, 0, 1))
  }

  /// <m_z^2> of a uniaxial spin in equilibrium at Delta 5, 10 and 20, and independently of the time step.
  @Test(arguments: [(5.0, 0.76427), (10, 0.89273), (20, 0.94855)], [0.1, 0.2])
  func equilibrium(point: (stability: Double, expected: Double), angle: Double) throws {
    let step = angle / (PhysicalConstants.gyromagneticRatio * 1)
    let replicas = Self.spins(stability: point.stability, field: 1, damping: 0.5, step: step)
    replicas.advance(steps: Int(20 / angle * 4), drives: [])
    var means = [Double](repeating: 0, count: 64)
    let samples = 400
    for _ in 0..<samples {
      replicas.advance(steps: Int(4 / angle), drives: [])
      for spin in 0..<4 {
        for lane in 0..<16 {
          let z = replicas[spin, replica: lane].z
          means[16 * spin + lane] += z * z / Double(samples)
        }
      }
    }
    let mean = try #require(Estimate.mean(means, confidence: 0.9995))
    #expect(mean.low - 1e-3 < point.expected && point.expected < mean.high + 1e-3)
  }

  /// Replicas start as they go on: the mean square tilt of films and grains that `warm` draws from the harmonic modes is,
  /// within 15 % (small cells tilt further than harmonically), that after a
  /// long time without current.
  @Test func warmStartIsEquilibrium() throws {
    let junction = try GrainJunction(
      spec: Specs.standard(diameter: 30e-9), seed: 3, index: 0,
      tensors: GrainJunction.tensors(for: Specs.standard(diameter: 30e-9)))
    func squares(_ seconds: Double, _ first: UInt64) -> [Double] {
      var sums = [0.0, 0]
      for batch in 0..<16 {
        let replicas = SpinReplicas(
          junction.kernel,
          streams: (0..<16).map {
            KeyedRandom(seed: 4, stage: "test.warm", item: first + UInt64(16 * batch) + $0)
          },
          along: SIMD3(0, 0, -1))
        replicas.warm()
        replicas.rest(seconds: seconds)
        for cell in 0..<junction.count {
          for lane in 0..<16 {
            for (part, spin) in [cell, junction.count + cell].enumerated() {
              let m = replicas[spin, replica: lane]
              sums[part] += (m.x * m.x + m.y * m.y) / Double(16 * 16 * junction.count)
            }
          }
        }
      }
      return sums
    }
    let (start, settled) = (squares(0, 0), squares(3e-9, 1000))
    for (a, b) in zip(start, settled) { #expect(abs(a / b - 1) < 0.15) }
  }
}
