import Models
import Testing

@Suite struct BrownianPathTests {
  private static func path(_ item: UInt64, dimensions: Int = 1) -> BrownianPath {
    BrownianPath(
      dimensions: dimensions, random: KeyedRandom(seed: 1, stage: "tests.path", item: item))
  }

  @Test func whatWasDrawnStays() {
    var path = Self.path(0, dimensions: 3)
    let far = path.value(at: 4)
    let near = path.value(at: 1)
    _ = path.value(at: 2)
    #expect(path.value(at: 4) == far && path.value(at: 1) == near && path.value(at: 0) == [0, 0, 0])
    path.forget(before: 1)
    #expect(path.value(at: 1) == near)
    #expect(zip(path.increment(from: 1, to: 4), zip(far, near)).allSatisfy { $0 == $1.0 - $1.1 })
  }

  /// A time between known ones: mean on the line between them, variance of the bridge, independent of the rest.
  @Test func bridge() {
    let count = 40_000
    var sums = (mean: 0.0, square: 0.0, withEnd: 0.0)
    for item in 0..<count {
      var path = Self.path(UInt64(item))
      let end = path.value(at: 4)[0]
      let residual = path.value(at: 1)[0] - end / 4
      sums.mean += residual
      sums.square += residual * residual
      sums.withEnd += residual * end
    }
    let n = Double(count)
    // Variance t (T - t) / T = 0.75; the sums are normal to five standard deviations.
    #expect(abs(sums.mean / n) < 5 * (0.75 / n).squareRoot())
    #expect(abs(sums.square / n - 0.75) < 5 * 0.75 * (2 / n).squareRoot())
    #expect(abs(sums.withEnd / n) < 5 * (0.75 * 4 / n).squareRoot())
  }

  /// Steps that are rejected because of their noise: conditioned noise keeps its law, noise drawn anew does not.
  @Test func rejectionDoesNotChooseTheNoise() {
    func endpoints(_ next: (inout BrownianPath, inout KeyedRandom, _ from: Double, _ to: Double) -> Double)
      -> Double
    {
      var sum = 0.0
      let paths = 4_000
      for item in 0..<paths {
        var path = Self.path(UInt64(item))
        var redrawn = KeyedRandom(seed: 2, stage: "tests.redrawn", item: UInt64(item))
        var (time, w) = (0.0, 0.0)
        while time < 1 {
          var step = min(0.25, 1 - time)
          var increment = next(&path, &redrawn, time, time + step)
          // Large increments are rejected, down to a shortest step.
          while abs(increment) > 0.3, step > 1.0 / 64 {
            step /= 2
            increment = next(&path, &redrawn, time, time + step)
          }
          w += increment
          time += step
        }
        sum += w * w
      }
      return sum / Double(paths)
    }
    let tolerance = 5 * (2 / 4_000.0).squareRoot()
    let conditioned = endpoints { path, _, from, to in path.increment(from: from, to: to)[0] }
    #expect(abs(conditioned - 1) < tolerance, "\(conditioned)")
    let redrawn = endpoints { _, random, from, to in (to - from).squareRoot() * random.normal() }
    #expect(redrawn < 1 - 2 * tolerance, "\(redrawn)")
  }
}
