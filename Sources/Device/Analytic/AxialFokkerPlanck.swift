import Foundation
import Models

/// Reversal of one uniaxial macrospin by a spin current along its axis, at temperature: the exact law.
///
/// With easy axis, spin polarisation and current all along z, the torque acts as a field along the axis, and
/// the distribution of z = m_z obeys, in units of the time (1 + alpha^2) / (alpha gamma B_k),
///
/// `dW/dt = 1/(2 Delta) d/dz [(1 - z^2) (dW/dz + W dU/dz)]`, `U = -Delta (z^2 + 2 y z)`,
///
/// with y the current over the threshold. It holds from thermal activation (y well below 1) to precessional
/// reversal with its incubation (y above 1), without a free parameter.
///
/// Solved by finite volumes on cells of equal angle with exponentially fitted fluxes (positive, exact in
/// equilibrium), and by TR-BDF2 in time with steps that grow with the time elapsed, above threshold only as far
/// as they resolve the exponential growth at rate 2 (y - 1).
///
/// - Source: W. F. Brown, Phys. Rev. 130, 1677 (1963), doi:10.1103/PhysRev.130.1677 (the equation in a field);
///   Butler et al., IEEE Trans. Magn. 48, 4684 (2012), doi:10.1109/TMAG.2012.2209122 (spin torque in it).
package struct AxialFokkerPlanck {
  /// Cells between the poles.
  package var cells = 200
  /// Time step over elapsed time.
  package var relativeStep = 0.04

  /// Creates a solver of the default resolution.
  package init() {}

  /// Probability that the spin has crossed to z > 0, at each of the given times.
  ///
  /// - Parameters:
  ///   - stability: Delta, the barrier without current over kB T.
  ///   - drive: y, the current over the threshold; positive towards z = +1.
  ///   - times: Rising times in units of (1 + alpha^2) / (alpha gamma B_k).
  /// - Returns: One probability per time; the spin starts in equilibrium inside the well at z = -1.
  package func reversalProbability(stability: Double, drive: Double, times: [Double]) -> [Double] {
    var stepper = Stepper(stability: stability, drive: drive, cells: cells)
    var result: [Double] = []
    result.reserveCapacity(times.count)
    var time = 0.0
    var before = (time: 0.0, probability: 0.0)
    var after = before
    let longest = drive > 1 ? relativeStep / (drive - 1) : .infinity
    var step = relativeStep / 8
    for wanted in times {
      while time < wanted, after.probability < 1 - 1e-10 {
        // Doubling, rather than growing with every step, lets one factorisation serve many steps.
        if 1.5 * step < relativeStep * time, 2 * step <= longest { step *= 2 }
        stepper.advance(by: step)
        time += step
        before = after
        after = (time, stepper.reversed)
      }
      let span = after.time - before.time
      let fraction = span > 0 ? min(1, (wanted - before.time) / span) : 0
      result.append(before.probability + fraction * (after.probability - before.probability))
    }
    return result
  }
}

/// The discretised equation and its state.
private struct Stepper {
  private let cells: Int
  private let width: [Double]
  private let lower: [Double]
  private let diagonal: [Double]
  private let upper: [Double]
  private var density: [Double]
  private var stage: [Double]
  /// LU factors of 1 - factor A: inverse pivots, and superdiagonal over pivot.
  private var factor = 0.0
  private var pivot: [Double]
  private var ratio: [Double]

  init(stability: Double, drive: Double, cells: Int) {
    self.cells = cells
    let faces = (0...cells).map { -cos(Double.pi * Double($0) / Double(cells)) }
    let centres = (0..<cells).map { (faces[$0] + faces[$0 + 1]) / 2 }
    width = (0..<cells).map { faces[$0 + 1] - faces[$0] }
    let zeros = [Double](repeating: 0, count: cells)
    var (lower, diagonal, upper) = (zeros, zeros, zeros)
    func bernoulli(_ x: Double) -> Double { abs(x) < 1e-8 ? 1 - x / 2 : x / (exp(x) - 1) }
    func potential(_ z: Double) -> Double { -stability * (z * z + 2 * drive * z) }
    for i in 0..<(cells - 1) {
      let face = faces[i + 1]
      let mobility = (1 - face * face) / (2 * stability) / (centres[i + 1] - centres[i])
      let rise = potential(centres[i + 1]) - potential(centres[i])
      let forward = mobility * bernoulli(rise)
      let backward = mobility * bernoulli(-rise)
      diagonal[i] -= forward / width[i]
      upper[i] += backward / width[i]
      diagonal[i + 1] -= backward / width[i + 1]
      lower[i + 1] += forward / width[i + 1]
    }
    (self.lower, self.diagonal, self.upper) = (lower, diagonal, upper)
    density = centres.map { $0 < 0 ? exp(stability * ($0 * $0 - 1)) : 0 }
    let norm = zip(density, width).reduce(0) { $0 + $1.0 * $1.1 }
    for i in density.indices { density[i] /= norm }
    (stage, pivot, ratio) = (zeros, zeros, zeros)
  }

  /// Probability on the far side of the equator.
  var reversed: Double {
    var sum = 0.0
    for i in (cells / 2)..<cells { sum += density[i] * width[i] }
    return min(max(sum, 0), 1)
  }

  /// One step of TR-BDF2: second order, and stiff modes die out.
  mutating func advance(by step: Double) {
    let gamma = 2 - 2.0.squareRoot()
    let half = gamma * step / 2
    if half != factor { factorise(half) }
    let last = cells - 1
    stage[0] = density[0] + half * (diagonal[0] * density[0] + upper[0] * density[1])
    for i in 1..<last {
      let rate = lower[i] * density[i - 1] + diagonal[i] * density[i] + upper[i] * density[i + 1]
      stage[i] = density[i] + half * rate
    }
    stage[last] = density[last] + half * (lower[last] * density[last - 1] + diagonal[last] * density[last])
    solve()
    let a = 1 / (gamma * (2 - gamma))
    let b = (1 - gamma) * (1 - gamma) * a
    for i in 0...last { stage[i] = a * stage[i] - b * density[i] }
    solve()
    swap(&density, &stage)
  }

  /// Factorises 1 - factor A (Thomas algorithm; diagonally dominant by columns).
  private mutating func factorise(_ factor: Double) {
    self.factor = factor
    pivot[0] = 1 / (1 - factor * diagonal[0])
    ratio[0] = -factor * upper[0] * pivot[0]
    for i in 1..<cells {
      pivot[i] = 1 / (1 - factor * diagonal[i] + factor * lower[i] * ratio[i - 1])
      ratio[i] = -factor * upper[i] * pivot[i]
    }
  }

  /// Solves (1 - factor A) x = stage in place.
  private mutating func solve() {
    var previous = stage[0] * pivot[0]
    stage[0] = previous
    for i in 1..<cells {
      previous = (stage[i] + factor * lower[i] * previous) * pivot[i]
      stage[i] = previous
    }
    for i in stride(from: cells - 2, through: 0, by: -1) {
      previous = stage[i] - ratio[i] * previous
      stage[i] = previous
    }
  }
}
