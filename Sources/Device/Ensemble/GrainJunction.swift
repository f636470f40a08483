import Foundation
import Models

/// Rectangular current pulses with time before and after them.
public struct PulseShape: Codable, Sendable, Hashable {
  /// Time without current before the first pulse, in which spins tilted at random find their common motion, in
  /// seconds.
  public var settleSeconds = 0.2e-9
  /// Width in seconds.
  public var widthSeconds: Double
  /// Time without current after a pulse, after which the state counts, in seconds.
  public var restSeconds = 0.5e-9

  /// Pulses of a width.
  public init(widthSeconds: Double) { self.widthSeconds = widthSeconds }
}

/// One sampled junction made ready for the grain engine.
package final class GrainJunction: Sendable {
  package let junction: Junction
  package let layout: GrainLayout
  package let kernel: SpinKernel
  /// Share of each cell in the area.
  package let weights: [Double]
  /// Mean of the film's m_z by area at rest, below 1 by thermal tilts.
  ///
  /// Conductances of a specification are those that a measurement finds at rest, so that film at rest counts as wholly
  /// parallel or antiparallel.
  package let restPolarization: Double

  /// Prepares junction `index` of an ensemble.
  ///
  /// A drive of 1 is the nominal critical current, whatever this junction's area.
  ///
  /// - Parameters:
  ///   - tensors: Wide enough for this junction; see ``tensors(for:)``.
  ///   - stepSeconds: Time step; `nil` for the longest that resolves precession.
  ///   - wholeReach: See ``SpinNetwork``.
  package init(
    spec: DeviceSpec, seed: UInt64, index: Int, tensors: LatticeTensors,
    dipoles: SpinKernel.Dipoles = .bothStages, stepSeconds: Double? = nil,
    wholeReach: Double = SpinNetwork.wholeReach
  ) {
    junction = Junction(spec: spec, seed: seed, index: index)
    layout = junction.layout
    weights = layout.weights
    let network = SpinNetwork(spec: spec, layout: layout, tensors: tensors, wholeReach: wholeReach)
    kernel = SpinKernel(
      network, stepSeconds: stepSeconds ?? network.longestStepSeconds, kelvin: spec.temperatureKelvin,
      unitCurrentDensity: spec.criticalCurrentDensity / junction.areaRatio, dipoles: dipoles)
    // Each of the two transverse components has this variance, and m_z = 1 - (x^2 + y^2) / 2.
    let variances = spec.temperatureKelvin > 0 ? network.tilts(kelvin: spec.temperatureKelvin).variances : []
    restPolarization = 1 - zip(weights, variances).reduce(0) { $0 + $1.0 * min($1.1, 0.5) }
  }

  /// Tensors for every junction of a specification: up to six standard deviations of the logarithm of the diameter.
  package static func tensors(for spec: DeviceSpec) -> LatticeTensors {
    let sigma = log(1 + spec.spread.diameter * spec.spread.diameter).squareRoot()
    return LatticeTensors(spec: spec, largestDiameterMetres: spec.diameterMetres * exp(6 * sigma))
  }

  /// Cells.
  package var count: Int { weights.count }

  /// What a pulse has done.
  package struct Outcome: Sendable, Hashable {
    /// Whether each grain stands parallel after the rest.
    package var parallel: [Bool]
    /// Their share of the area.
    package var fraction: Double
    /// Film along parallel at the end of the pulse itself.
    package var filmUnderPulse: Double
    /// Share of the area whose grain pointed to parallel at the end of the pulse itself.
    package var grainsUnderPulse: Double

    /// Film along parallel less grains along parallel at the end of the pulse.
    package var filmAhead: Double { filmUnderPulse - grainsUnderPulse }
  }

  /// Runs up to sixteen replicas through pulses.
  ///
  /// - Parameters:
  ///   - drives: For each replica the amplitude of each pulse over the nominal critical current; positive towards
  ///     parallel. All replicas have equally many pulses.
  ///   - parallel: Whether they start parallel.
  ///   - streams: Random stream of each replica, all of one seed.
  /// - Returns: For each replica what stands after each pulse.
  package func run(
    drives: [[Double]], shape: PulseShape, fromParallel parallel: Bool = false, streams: [KeyedRandom]
  ) -> [[Outcome]] {
    let replicas = SpinReplicas(kernel, streams: streams, along: SIMD3(0, 0, parallel ? 1 : -1))
    replicas.warm()
    replicas.rest(seconds: shape.settleSeconds)
    var outcomes = [[Outcome]](repeating: [], count: drives.count)
    for pulse in 0..<(drives.first?.count ?? 0) {
      for (lane, outcome) in apply(drives.map { $0[pulse] }, to: replicas, shape: shape).enumerated() {
        outcomes[lane].append(outcome)
      }
    }
    return outcomes
  }

  /// One pulse of a drive each on replicas.
  package func apply(_ drives: [Double], to replicas: SpinReplicas, shape: PulseShape) -> [Outcome] {
    replicas.advance(
      steps: replicas.steps(shape.widthSeconds), drives: drives.map { (from: $0, to: $0) })
    let film = drives.indices.map { filmFraction(replicas, replica: $0) }
    let under = drives.indices.map { fraction(replicas.grainsUp(replica: $0)) }
    replicas.rest(seconds: shape.restSeconds)
    return drives.indices.map { lane in
      let up = replicas.grainsUp(replica: lane)
      return Outcome(
        parallel: up, fraction: fraction(up), filmUnderPulse: film[lane], grainsUnderPulse: under[lane])
    }
  }

  /// Film along parallel, by area: (1 + m_z / m_rest) / 2, which at rest is 0 or 1 in the mean.
  package func filmFraction(_ replicas: SpinReplicas, replica: Int) -> Double {
    let film = weights.indices.reduce(0) { $0 + weights[$1] * replicas[$1, replica: replica].z }
    return (1 + film / restPolarization) / 2
  }

  /// Share of the area of the grains that are parallel.
  package func fraction(_ parallel: [Bool]) -> Double {
    zip(weights, parallel).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
  }
}

extension SpinReplicas {
  /// Time steps that fill a time.
  package func steps(_ seconds: Double) -> Int { Int((seconds / kernel.stepSeconds).rounded(.up)) }

  /// Lets time pass without current.
  package func rest(seconds: Double) { advance(steps: steps(seconds), drives: []) }

  /// Whether each spin of the upper layer points up.
  package func grainsUp(replica: Int) -> [Bool] {
    let network = kernel.network
    return (0..<network.upper).map { self[network.lower + $0, replica: replica].z > 0 }
  }
}
