import Foundation
import Models

/// The lowest barrier on the way of some spins from where they stand to the opposite.
///
/// Sixteen images of the network between the two states, one per replica, slide down the energy across their
/// path and are set at equal distances along it again, until the path no longer moves: the string method. The
/// barrier is the top of the parabola through the highest image and its neighbours.
///
/// - Source: E, Ren and Vanden-Eijnden, J. Chem. Phys. 126, 164103 (2007), doi:10.1063/1.2720838.
package struct EnergyBarrier: Sendable, Hashable {
  /// Highest energy along the path over the first state's, in joule.
  package let forwardJoules: Double
  /// The same over the last state's.
  package let backwardJoules: Double
  /// Whether the first state is one of rest; if not, the spins turn by themselves.
  package let startIsStable: Bool
  /// Whether the opposite state is one of rest; if not, the spins come back by themselves.
  package let isStable: Bool

  /// Finds the barrier.
  ///
  /// - Parameters:
  ///   - kernel: The network.
  ///   - spins: Where every spin stands; it is brought to rest first.
  ///   - reversing: The spins that turn to the opposite of their z, film and grain of a cell together.
  ///   - iterations: Steps of the path at most.
  package init(_ kernel: SpinKernel, from spins: [SIMD3<Double>], reversing: Set<Int>, iterations: Int = 600)
  {
    let string = SpinReplicas(kernel, streams: [], along: SIMD3(0, 0, 1))
    let network = kernel.network
    let last = SpinReplicas.count - 1
    for image in 0...last {
      let share = Double(image) / Double(last)
      for spin in spins.indices {
        let m = spins[spin]
        // Turned about y, the lower layer ahead: coupled strongly the two close up, coupled weakly it goes first.
        let part = spin < network.lower ? min(1, 1.5 * share) : max(0, 1.5 * share - 0.5)
        let turn = Double.pi * part
        // The small tilt of the rest lets the path leave a symmetry that it would not find a way out of.
        string[spin, replica: image] =
          reversing.contains(spin)
          ? SIMD3(m.z * sin(turn) + m.x * cos(turn), m.y, m.z * cos(turn) - m.x * sin(turn)).normalized
          : (m + SIMD3(1e-3 * sin(turn), 0, 0)).normalized
      }
    }
    let step = 0.25 / max(network.largestFieldTesla, 1e-3)
    var profile = [Double](repeating: 0, count: last + 1)
    var before = Double.infinity
    for iteration in 0..<iterations {
      string.descend(step: step)
      string.spaceEvenly()
      guard iteration % 25 == 24 else { continue }
      profile = string.energies()
      let height = (profile.max() ?? 0) - profile[0]
      if abs(height - before) < 1e-4 * abs(height) { break }
      before = height
    }
    let top = EnergyBarrier.top(of: profile)
    forwardJoules = max(0, top - profile[0])
    backwardJoules = max(0, top - profile[last])
    startIsStable = reversing.allSatisfy { string[$0, replica: 0].z * spins[$0].z > 0 }
    isStable = reversing.allSatisfy { string[$0, replica: last].z * spins[$0].z < 0 }
  }

  /// Top of the parabola through the highest point and its neighbours.
  private static func top(of profile: [Double]) -> Double {
    guard let highest = profile.indices.max(by: { profile[$0] < profile[$1] }), highest > 0,
      highest + 1 < profile.count
    else { return profile.max() ?? 0 }
    let (a, b, c) = (profile[highest - 1], profile[highest], profile[highest + 1])
    let curvature = a - 2 * b + c
    return curvature < 0 ? b - (a - c) * (a - c) / (8 * curvature) : b
  }
}

extension SpinReplicas {
  /// Moves every spin of every replica down its energy: m + step B, the part across m, normalised.
  func descend(step: Double) {
    withFields { state, fields in
      let step = Float(step)
      for place in 0..<(2 * kernel.cells) {
        let first = 3 * place * SpinReplicas.count
        for lane in first..<(first + SpinReplicas.count) {
          let (y, z) = (lane + SpinReplicas.count, lane + 2 * SpinReplicas.count)
          let along = state[lane] * fields[lane] + state[y] * fields[y] + state[z] * fields[z]
          let a = state[lane] + step * (fields[lane] - along * state[lane])
          let b = state[y] + step * (fields[y] - along * state[y])
          let c = state[z] + step * (fields[z] - along * state[z])
          let norm = 1 / (a * a + b * b + c * c).squareRoot()
          state[lane] = a * norm
          state[y] = b * norm
          state[z] = c * norm
        }
      }
    }
  }

  /// Sets the replicas, as images of a path in their order, at equal distances along it.
  func spaceEvenly() {
    let count = SpinReplicas.count
    withState { state, size in
      var distances = [Double](repeating: 0, count: count)
      for component in stride(from: 0, to: size, by: count) {
        for image in 1..<count {
          let difference = Double(state[component + image] - state[component + image - 1])
          distances[image] += difference * difference
        }
      }
      var along = distances.map { $0.squareRoot() }
      for image in 1..<count { along[image] += along[image - 1] }
      guard along[count - 1] > 0 else { return }
      // For each inner image the old ones around its place, and the share of the later.
      let places = (1..<(count - 1)).map { image -> (Int, Float) in
        let wanted = along[count - 1] * Double(image) / Double(count - 1)
        var later = 1
        while later < count - 1, along[later] < wanted { later += 1 }
        let span = along[later] - along[later - 1]
        return (later, span > 0 ? Float((wanted - along[later - 1]) / span) : 0)
      }
      var moved = [Float](repeating: 0, count: count)
      for component in stride(from: 0, to: size, by: count) {
        for (index, place) in places.enumerated() {
          let earlier = state[component + place.0 - 1]
          moved[index + 1] = earlier + place.1 * (state[component + place.0] - earlier)
        }
        for image in 1..<(count - 1) { state[component + image] = moved[image] }
      }
    }
    normalize()
  }

  /// Energy of each replica in joule.
  func energies() -> [Double] {
    let network = kernel.network
    var sums = [Double](repeating: 0, count: SpinReplicas.count)
    withFields { state, fields in
      for spin in 0..<network.count {
        let place = 3 * kernel.place(of: spin) * SpinReplicas.count
        for lane in sums.indices {
          for k in 0..<3 {
            let at = place + k * SpinReplicas.count + lane
            let half = (Double(fields[at]) + network.outside[spin][k]) / 2
            sums[lane] -= network.moments[spin] * Double(state[at]) * half
          }
        }
      }
    }
    return sums
  }
}
