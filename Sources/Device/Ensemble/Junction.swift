import Foundation
import Models

/// One sampled junction: its grains, and what its size, barrier and contrast make of a reversed fraction.
package struct Junction: Sendable {
  package let layer: GranularLayer
  /// The grains as geometry and material; empty for a junction of given grains.
  package let layout: GrainLayout
  /// This junction's own diameter over the nominal one.
  package let diameterRatio: Double
  /// Critical current of this junction's area over the nominal one.
  package let areaRatio: Double
  /// Level with every grain antiparallel, of the nominal conductance range.
  package let low: Double
  /// Level with every grain parallel, of the nominal conductance range.
  package let high: Double

  /// Samples junction `index` of an ensemble.
  package init(spec: DeviceSpec, seed: UInt64, index: Int) {
    var random = KeyedRandom(seed: seed, stage: "device.junction", item: UInt64(index))
    func factor(_ sigma: Double) -> Double {
      let s = log(1 + sigma * sigma).squareRoot()
      return exp(s * random.normal() - s * s / 2)
    }
    let diameterFactor = factor(spec.spread.diameter)
    let resistanceFactor = factor(spec.spread.resistanceAreaProduct)
    let tmr = spec.junction.tmrZeroBias * factor(spec.spread.tmr)
    var layerRandom = KeyedRandom(seed: seed, stage: "device.layer", item: UInt64(index))
    let layout = GrainLayout(
      spec: spec, diameterMetres: spec.diameterMetres * diameterFactor, random: &layerRandom)
    layer = GranularLayer(spec: spec, layout: layout)
    self.layout = layout
    diameterRatio = diameterFactor
    areaRatio = diameterFactor * diameterFactor
    // G_P and G_AP over the nominal G_P; the nominal range is TMR / (1 + TMR) of it.
    let parallel = areaRatio / resistanceFactor
    let nominal = spec.junction.tmrZeroBias
    high = (parallel - 1 / (1 + nominal)) * (1 + nominal) / nominal
    low = (parallel / (1 + tmr) - 1 / (1 + nominal)) * (1 + nominal) / nominal
  }

  /// A junction of nominal size and barrier with given grains, for closed-form checks.
  package init(layer: GranularLayer) {
    self.layer = layer
    layout = GrainLayout()
    diameterRatio = 1
    areaRatio = 1
    low = 0
    high = 1
  }

  /// Level at a parallel fraction of the area: conductances of grains add.
  package func level(atFraction fraction: Double) -> Double { low + (high - low) * fraction }
}

/// A junction under pulses: which grains stand parallel, and the stream that decides thermal chance.
///
/// Reset turns every grain antiparallel, set pulses turn them parallel, grain by grain.
package struct JunctionState {
  package let junction: Junction
  package private(set) var parallel: [Bool]
  package var random: KeyedRandom

  package init(junction: Junction, random: KeyedRandom) {
    self.junction = junction
    self.random = random
    parallel = [Bool](repeating: true, count: junction.layer.grains.count)
  }

  /// Level that the grains make now.
  package var level: Double {
    var fraction = 0.0
    for (grain, isParallel) in zip(junction.layer.grains, parallel) where isParallel {
      fraction += grain.weight
    }
    return junction.level(atFraction: fraction)
  }

  /// Puts every grain parallel: the worst start of a reset.
  package mutating func saturate() {
    for index in parallel.indices { parallel[index] = true }
  }

  /// One reset pulse; a grain fails to reverse with one minus its probability.
  package mutating func reset(_ probabilities: [Double]) {
    for index in parallel.indices where parallel[index] {
      parallel[index] = random.uniform() >= probabilities[index]
    }
  }

  /// One set pulse.
  package mutating func set(_ probabilities: [Double]) {
    for index in parallel.indices where !parallel[index] {
      parallel[index] = random.uniform() < probabilities[index]
    }
  }
}
