import Foundation
import Models

/// The live grains of one junction, stepped together with a circuit.
///
/// Input 0 is the current through the junction over the nominal critical one, positive where it drives towards
/// antiparallel. Output 0 is
/// the antiparallel share of the film, sum of w (1 - m_z / m_rest) / 2, from which the circuit makes the conductance;
/// output 1 is that of the grains, by sign, which is what stays.
///
/// Each step of the circuit is divided into steps of the grains that resolve precession. The thermal field over one
/// of them follows from the increment of a ``BrownianPath``; a step that the circuit gives up leaves its end known, and
/// what is asked for in between is conditioned on it. So rejection cannot choose the noise.
public struct GrainSystem: CoupledSystem, Sendable {
  private let weights: [Double]
  private let restPolarization: Double
  private let network: SpinNetwork
  /// Field of unit noise on each spin: sqrt(2 alpha kB T / (gamma M)), in tesla times root second.
  private let noise: [Double]
  private let unitDensity: Double
  private let longestStep: Double
  private var dynamics: SpinDynamics
  private var path: BrownianPath

  /// Longest step of the circuit that the grains vouch for, in seconds: over it the share moves by far less than a
  /// thousandth.
  public var longestCircuitStepSeconds = 5e-12

  /// The grains of junction `index` of an ensemble in one state, tilted by thermal motion.
  ///
  /// - Parameters:
  ///   - seed: Seed of the layer and of the noise.
  ///   - index: Junction.
  ///   - replica: Run of the same junction; chooses the noise.
  ///   - antiparallel: Whether it starts antiparallel.
  public init(spec: DeviceSpec, seed: UInt64, index: Int, replica: Int = 0, antiparallel: Bool) {
    let junction = GrainJunction(
      spec: spec, seed: seed, index: index, tensors: GrainJunction.tensors(for: spec))
    weights = junction.weights
    restPolarization = junction.restPolarization
    network = junction.kernel.network
    unitDensity = junction.kernel.unitCurrentDensity
    longestStep = network.longestStepSeconds
    let network = network
    noise = (0..<network.count).map {
      network.thermalField(of: $0, kelvin: spec.temperatureKelvin, stepSeconds: 1)
    }
    dynamics = SpinDynamics(network, along: SIMD3(0, 0, antiparallel ? -1 : 1))
    var start = KeyedRandom(
      seed: seed, stage: "device.coupled.start", item: UInt64(index) << 32 | UInt64(replica))
    if spec.temperatureKelvin > 0 {
      let normals = (0..<network.count).map { _ in SIMD2(start.normal(), start.normal()) }
      let tilts = network.tilts(kelvin: spec.temperatureKelvin).drawn(normals)
      dynamics.spins = tilts.map { $0.beside(antiparallel ? -1 : 1) }
    }
    path = BrownianPath(
      dimensions: 3 * network.count,
      random: KeyedRandom(
        seed: seed, stage: "device.coupled", item: UInt64(index) << 32 | UInt64(replica)))
  }

  /// The antiparallel shares of film and grains.
  private func outputs(_ spins: [SIMD3<Double>]) -> [Double] {
    var (film, grains) = (0.0, 0.0)
    for cell in weights.indices {
      film += weights[cell] * (1 - spins[cell].z / restPolarization) / 2
      if spins[weights.count + cell].z < 0 { grains += weights[cell] }
    }
    return [film, grains]
  }

  /// The antiparallel share of the grains at the committed time, by sign.
  public var antiparallelFraction: Double { outputs(dynamics.spins)[1] }

  /// The outputs at rest.
  public mutating func start() -> [Double] { outputs(dynamics.spins) }

  /// The outputs at the end of a step; the noise drawn for it stays, the state does not.
  public mutating func attempt(_ step: CoupledStep) -> CoupledAttempt {
    guard step.seconds <= longestCircuitStepSeconds * 1.001 else {
      return CoupledAttempt(
        outputs: outputs(dynamics.spins), longestStepSeconds: longestCircuitStepSeconds)
    }
    var trial = dynamics
    advance(&trial, step)
    return CoupledAttempt(outputs: outputs(trial.spins), longestStepSeconds: longestCircuitStepSeconds)
  }

  /// Moves the grains to the end of a step.
  public mutating func commit(_ step: CoupledStep) {
    var moved = dynamics
    advance(&moved, step)
    dynamics = moved
    path.forget(before: step.end)
  }

  private mutating func advance(_ dynamics: inout SpinDynamics, _ step: CoupledStep) {
    let count = max(1, Int((step.seconds / longestStep).rounded(.up)))
    let length = step.seconds / Double(count)
    var before = path.value(at: step.time)
    for index in 0..<count {
      let start = Double(index) / Double(count)
      let end = Double(index + 1) / Double(count)
      let after = path.value(at: index + 1 == count ? step.end : step.time + end * step.seconds)
      let thermal = noise.indices.map { spin -> SIMD3<Double> in
        let k = 3 * spin
        return noise[spin] / length
          * SIMD3(after[k] - before[k], after[k + 1] - before[k + 1], after[k + 2] - before[k + 2])
      }
      // Current towards antiparallel is negative along the polarisation.
      dynamics.advance(
        by: length,
        currents: (-step.input(0, at: start) * unitDensity, -step.input(0, at: end) * unitDensity),
        thermal: thermal)
      before = after
    }
  }
}
