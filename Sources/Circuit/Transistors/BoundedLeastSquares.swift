/// Levenberg-Marquardt in a box, for residuals that are costly and evaluated many at a time.
///
/// Each iteration asks for two batches: the forward differences of all variables, then three trial steps with
/// a weaker, the same and a stronger damping, of which the best is taken. Steps are cut off at the bounds, and
/// a variable that rests on a bound with the gradient pointing outwards is left out.
///
/// - Source: D. W. Marquardt, J. Soc. Indust. Appl. Math. 11, 431 (1963), doi:10.1137/0111030.
package struct BoundedLeastSquares: Sendable {
  /// Smallest values.
  package var low: [Double]
  /// Largest values.
  package var high: [Double]
  /// Increment of the forward differences.
  package var increment = 1e-3
  /// The search ends when an iteration lowers the sum of squares by less than this fraction.
  package var tolerance = 1e-3
  /// Most iterations.
  package var maximumIterations = 40

  /// Where the search ended.
  package struct Solution: Sendable {
    package var x: [Double]
    package var residuals: [Double]
    package var iterations: Int
    package var sumOfSquares: Double { residuals.reduce(0) { $0 + $1 * $1 } }
  }

  /// Makes a search in a box.
  package init(low: [Double], high: [Double]) {
    self.low = low
    self.high = high
  }

  /// Minimises the sum of squares.
  ///
  /// - Parameters:
  ///   - start: First guess; must have residuals.
  ///   - residuals: The residuals at each of several points; nil where there are none, which rejects a step.
  /// - Returns: The best point, or nil if the start, or a point next to the best, has no residuals.
  package func minimize(
    from start: [Double], residuals: ([[Double]]) async throws -> [[Double]?]
  ) async throws -> Solution? {
    var x = zip(start, zip(low, high)).map { min(max($0, $1.0), $1.1) }
    guard let first = try await residuals([x])[0] else { return nil }
    var best = Solution(x: x, residuals: first, iterations: 0)
    var damping = 1e-2
    for iteration in 1...maximumIterations {
      let steps = x.indices.map { x[$0] + increment <= high[$0] ? increment : -increment }
      let neighbours = x.indices.map { k in
        var moved = x
        moved[k] += steps[k]
        return moved
      }
      let columns = try await residuals(neighbours)
      var jacobian: [[Double]] = []
      for (k, column) in columns.enumerated() {
        guard let column else { return nil }
        jacobian.append(zip(column, best.residuals).map { ($0 - $1) / steps[k] })
      }
      let previous = best.sumOfSquares
      // A damping that no longer helps is raised until the step is negligible.
      var accepted = false
      for _ in 0..<4 where !accepted {
        let dampings = [damping / 10, damping, damping * 10]
        let trials = dampings.map {
          step(from: x, jacobian: jacobian, residuals: best.residuals, damping: $0)
        }
        for (trial, outcome) in zip(trials, try await residuals(trials)).enumerated() {
          guard let values = outcome.1, values.reduce(0, { $0 + $1 * $1 }) < best.sumOfSquares else {
            continue
          }
          best = Solution(x: outcome.0, residuals: values, iterations: iteration)
          damping = max(dampings[trial], 1e-9)
          accepted = true
        }
        if !accepted { damping *= 1000 }
      }
      x = best.x
      if !accepted || best.sumOfSquares > (1 - tolerance) * previous { break }
    }
    return best
  }

  /// The point that the damped normal equations lead to, cut off at the bounds.
  private func step(from x: [Double], jacobian: [[Double]], residuals: [Double], damping: Double) -> [Double]
  {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let gradient = jacobian.map { dot($0, residuals) }
    let free = x.indices.filter { k in
      !(x[k] <= low[k] && gradient[k] > 0) && !(x[k] >= high[k] && gradient[k] < 0)
    }
    var matrix = free.map { i in free.map { j in dot(jacobian[i], jacobian[j]) } }
    var right = free.map { -gradient[$0] }
    for i in free.indices { matrix[i][i] += damping * max(matrix[i][i], 1e-12) }
    // Gaussian elimination; the damped matrix is positive definite, so the pivots need no search.
    for i in free.indices {
      for j in free.indices where j > i {
        let ratio = matrix[j][i] / matrix[i][i]
        for k in i..<free.count { matrix[j][k] -= ratio * matrix[i][k] }
        right[j] -= ratio * right[i]
      }
    }
    var moved = x
    for i in free.indices.reversed() {
      let known = free.indices.filter { $0 > i }.reduce(0) { $0 + matrix[i][$1] * right[$1] }
      right[i] = (right[i] - known) / matrix[i][i]
      moved[free[i]] = min(max(x[free[i]] + right[i], low[free[i]]), high[free[i]])
    }
    return moved
  }
}
