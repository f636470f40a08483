/// Minimisation without derivatives.
enum PatternSearch {
  /// Pattern search along the axes and along the last successful move.
  ///
  /// - Source: Hooke and Jeeves, J. ACM 8, 212 (1961), doi:10.1145/321062.321069.
  static func minimize(
    _ function: ([Double]) -> Double, from start: [Double], step first: Double, smallestStep: Double = 1e-6
  ) -> [Double] {
    var base = start
    var value = function(base)
    var step = first
    func explore(_ point: [Double], _ valueAtPoint: Double) -> ([Double], Double) {
      var (point, value) = (point, valueAtPoint)
      for axis in point.indices {
        for direction in [step, -step] {
          var trial = point
          trial[axis] += direction
          let found = function(trial)
          if found < value {
            (point, value) = (trial, found)
            break
          }
        }
      }
      return (point, value)
    }
    while step > smallestStep {
      var (point, found) = explore(base, value)
      guard found < value else {
        step /= 2
        continue
      }
      while found < value {
        let leap = zip(point, base).map { 2 * $0 - $1 }
        (base, value) = (point, found)
        (point, found) = explore(leap, function(leap))
      }
    }
    return base
  }
}
