/// Nonlinear least squares.
package enum LeastSquares {
  /// Minimises the sum of squares of `residuals`: damped Gauss-Newton steps with forward differences.
  ///
  /// - Parameters:
  ///   - residuals: As many at every point; `nil` where the point is not allowed, which turns a step back.
  ///   - start: Allowed; every parameter of order 1, as a logarithm is.
  /// - Source: Levenberg, Q. Appl. Math. 2, 164 (1944), doi:10.1090/qam/10666; Marquardt, J. SIAM 11, 431 (1963),
  ///   doi:10.1137/0111030.
  package static func minimize(
    _ residuals: ([Double]) -> [Double]?, from start: [Double], iterations: Int = 200
  ) -> (point: [Double], squares: Double) {
    guard var current = residuals(start) else { return (start, .infinity) }
    var point = start
    var squares = sum(current)
    var damping = 1e-2
    let step = 1e-5
    for _ in 0..<iterations {
      let columns = point.indices.map { axis -> [Double] in
        var moved = point
        moved[axis] += step
        var sign = 1.0
        var found = residuals(moved)
        if found == nil {
          moved[axis] -= 2 * step
          sign = -1
          found = residuals(moved)
        }
        guard let found else { return current.map { _ in 0 } }
        return zip(found, current).map { sign * ($0 - $1) / step }
      }
      let gradient = columns.map { dot($0, current) }
      let normal = columns.map { column in columns.map { dot(column, $0) } }
      var isImproved = false
      while damping < 1e10 {
        var damped = normal
        for axis in point.indices { damped[axis][axis] += damping * (normal[axis][axis] + 1e-12) }
        let change = solve(damped, gradient)
        let trial = zip(point, change).map { $0 - $1 }
        if let found = residuals(trial), sum(found) < squares {
          let gain = squares - sum(found)
          (point, current) = (trial, found)
          squares = sum(found)
          damping = max(1e-9, damping / 5)
          isImproved = gain > 1e-9 * squares
          break
        }
        damping *= 4
      }
      guard isImproved else { break }
    }
    return (point, squares)
  }

  private static func sum(_ values: [Double]) -> Double { dot(values, values) }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  /// Solves a x = b for a symmetric positive definite matrix by Cholesky's factors.
  private static func solve(_ a: [[Double]], _ b: [Double]) -> [Double] {
    var lower = a
    var x = b
    for column in b.indices {
      for row in column..<b.count {
        var value = a[row][column]
        for k in 0..<column { value -= lower[row][k] * lower[column][k] }
        lower[row][column] =
          row == column ? max(value, 1e-300).squareRoot() : value / lower[column][column]
      }
    }
    for row in b.indices {
      for k in 0..<row { x[row] -= lower[row][k] * x[k] }
      x[row] /= lower[row][row]
    }
    for row in b.indices.reversed() {
      for k in (row + 1)..<b.count { x[row] -= lower[k][row] * x[k] }
      x[row] /= lower[row][row]
    }
    return x
  }
}
