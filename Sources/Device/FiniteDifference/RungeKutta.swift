import CKernels
import Foundation

extension MicromagneticSolver {
  /// Moves on by Dormand and Prince's fifth-order method with error control, at zero temperature.
  ///
  /// - Parameters:
  ///   - seconds: Span.
  ///   - tolerance: Largest error of a cell's unit vector per step.
  ///   - done: Asked after each step whether to stop.
  /// - Source: Dormand and Prince, J. Comput. Appl. Math. 6, 19 (1980), doi:10.1016/0771-050X(80)90013-3.
  package func integrate(
    for seconds: Double, tolerance: Double = 1e-6, until done: ((MicromagneticSolver) -> Bool)? = nil
  ) {
    let stages = (0..<7).map { _ in Vectors(count) }
    var rates = stages.map { Optional(UnsafePointer($0.values)) }
    let (trial, error) = (Vectors(count), Vectors(count))
    let end = time + seconds
    var step = min(seconds, 1e-13)
    // The last stage of a step is the first of the next one.
    var order = Array(0..<7)
    evaluate(state, at: time, into: stages[0])
    while time < end {
      step = min(step, end - time)
      for stage in 1..<7 {
        for place in 0..<7 { rates[place] = UnsafePointer(stages[order[place]].values) }
        tessera_micromagnet_stage(
          Int64(3 * count), state.values, step, Int32(stage), Self.factors[stage - 1], rates, trial.values)
        evaluate(trial, at: time + Self.nodes[stage - 1] * step, into: stages[order[stage]])
      }
      for place in 0..<7 { rates[place] = UnsafePointer(stages[order[place]].values) }
      tessera_micromagnet_stage(Int64(3 * count), nil, step, 7, Self.errors, rates, error.values)
      let size = tessera_micromagnet_largest(Int64(count), error.values) / tolerance
      if size <= 1 {
        time = end - time <= step * (1 + 1e-12) ? end : time + step
        state.copy(from: trial)
        tessera_micromagnet_normalize(Int64(count), state.values)
        order.swapAt(0, 6)
        if done?(self) == true { return }
      }
      step *= min(5, max(0.2, 0.9 * (size > 0 ? pow(size, -0.2) : 5)))
    }
  }

  private static let factors: [[Double]] = [
    [1.0 / 5], [3.0 / 40, 9.0 / 40], [44.0 / 45, -56.0 / 15, 32.0 / 9],
    [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
    [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
    [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
  ]
  private static let nodes: [Double] = [1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1]
  private static let errors: [Double] = [
    71.0 / 57600, 0.0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40,
  ]
}
