/// A function of each output of a layer: of the product of a sum, of the sum of the inputs, and of the mean error of the
/// reads.
///
/// t_0 + t_1 product + t_2 activity + t_3 product^2 + t_4 mean + t_5 mean product, with terms of each output: those of all
/// outputs together by least squares, and what each adds, shrunk by how far two halves of the images agree on it.
struct OutputSurfaces: Sendable {
  /// Terms of the kernel, `[terms, outputs]`.
  private(set) var terms: [Float]
  private let outputs: Int

  private static let count = 6
  private typealias Terms = [6 of Double]

  /// Zero everywhere.
  init(outputs: Int) {
    self.outputs = outputs
    terms = [Float](repeating: 0, count: Self.count * outputs)
  }

  /// One value of a sum to be fitted.
  typealias Sample = (
    image: Int, output: Int, product: Double, activity: Double, mean: Double, value: Double
  )

  /// Fits samples; of a single image no output learns anything of its own.
  init(outputs: Int, _ samples: [Sample]) {
    self.init(outputs: outputs)
    guard !samples.isEmpty else { return }
    func unit(_ value: (Sample) -> Double) -> Double {
      let squares = samples.reduce(0) { $0 + value($1) * value($1) }
      return squares > 0 ? (squares / Double(samples.count)).squareRoot() : 1
    }
    let (product, activity, mean) = (unit { $0.product }, unit { $0.activity }, unit { $0.mean })
    let units: Terms = [1, product, activity, product * product, mean, mean * product]
    func basis(_ sample: Sample) -> Terms {
      let (p, a, m) = (sample.product / product, sample.activity / activity, sample.mean / mean)
      return [1, p, a, p * p, m, m * p]
    }
    // All outputs together.
    var all = Cholesky()
    var sums = Terms(repeating: 0)
    for sample in samples {
      let terms = basis(sample)
      all.add(terms)
      for term in 0..<Self.count { sums[term] += terms[term] * sample.value }
    }
    all.decompose()
    let common = all.upper(all.lower(sums, over: Double(samples.count)))
    var own = [Terms](repeating: common, count: outputs)
    if samples.contains(where: { $0.image != samples[0].image }) {
      let more = Self.ownTerms(outputs: outputs, beside: common, basis: basis, samples)
      for output in 0..<outputs { for term in 0..<Self.count { own[output][term] += more[output][term] } }
    }
    for output in 0..<outputs {
      for term in 0..<Self.count { terms[term * outputs + output] = Float(own[output][term] / units[term]) }
    }
  }

  /// What each output adds.
  private static func ownTerms(
    outputs: Int, beside common: Terms, basis: (Sample) -> Terms, _ samples: [Sample]
  ) -> [Terms] {
    var factors = [Cholesky](repeating: Cholesky(), count: outputs)
    for sample in samples { factors[sample.output].add(basis(sample)) }
    for output in 0..<outputs { factors[output].decompose() }
    // Sums of the values over the basis, by half of the images.
    var halves = [[Terms]](
      repeating: [Terms](repeating: Terms(repeating: 0), count: outputs), count: 2)
    var counts = [[Double]](repeating: [Double](repeating: 0, count: outputs), count: 2)
    for sample in samples {
      let (half, output, terms) = (sample.image % 2, sample.output, basis(sample))
      counts[half][output] += 1
      var rest = sample.value
      for term in 0..<count { rest -= common[term] * terms[term] }
      for term in 0..<count { halves[half][output][term] += terms[term] * rest }
    }
    // Coefficients of the orthonormal basis: of each half, and of both.
    let found = (0..<outputs).map { output -> (halves: [Terms], all: Terms) in
      let own = (0..<2).map { factors[output].lower(halves[$0][output], over: counts[$0][output]) }
      var both = halves[0][output]
      for term in 0..<count { both[term] += halves[1][output][term] }
      return (own, factors[output].lower(both, over: counts[0][output] + counts[1][output]))
    }
    let trust = (0..<count).map { term in
      reliability(found.map { ($0.halves[0][term], $0.halves[1][term]) })
    }
    return (0..<outputs).map { output in
      var coefficients = found[output].all
      for term in 0..<count { coefficients[term] *= trust[term] }
      return factors[output].upper(coefficients)
    }
  }

  /// The value for a sum.
  func value(output: Int, product: Double, activity: Double, mean: Double) -> Double {
    func term(_ index: Int) -> Double { Double(terms[index * outputs + output]) }
    return term(0) + term(2) * activity + term(4) * mean + (term(1) + term(3) * product + term(5) * mean)
      * product
  }

  /// How far values found on all images may be trusted, from those of two halves.
  private static func reliability(_ pairs: [(Double, Double)]) -> Double {
    let common = pairs.reduce(0) { $0 + $1.0 * $1.1 }
    let all = pairs.reduce(0) { $0 + ($1.0 * $1.0 + $1.1 * $1.1) / 2 }
    // Spearman and Brown: from half of the images to all.
    let share = all > 0 ? max(0, common / all) : 0
    return 2 * share / (1 + share)
  }

  /// Mean products of the basis, and their lower triangular root; a term that those before it explain is left out.
  private struct Cholesky {
    private var count = 0.0
    private var matrix = [36 of Double](repeating: 0)

    mutating func add(_ basis: Terms) {
      count += 1
      for row in 0..<6 { for column in 0...row { matrix[6 * row + column] += basis[row] * basis[column] } }
    }

    mutating func decompose() {
      guard count > 0 else { return }
      for place in 0..<36 { matrix[place] /= count }
      for row in 0..<6 {
        for column in 0...row {
          var rest = matrix[6 * row + column]
          for inner in 0..<column { rest -= matrix[6 * row + inner] * matrix[6 * column + inner] }
          if row == column {
            matrix[7 * row] = rest > 1e-9 * matrix[7 * row] ? rest.squareRoot() : 0
          } else {
            matrix[6 * row + column] = matrix[7 * column] > 0 ? rest / matrix[7 * column] : 0
          }
        }
      }
    }

    /// Coefficients of the orthonormal basis from sums over the basis.
    func lower(_ sums: Terms, over count: Double) -> Terms {
      var found: Terms = Terms(repeating: 0)
      guard count > 0 else { return found }
      for row in 0..<6 where matrix[7 * row] > 0 {
        var rest = sums[row] / count
        for inner in 0..<row { rest -= matrix[6 * row + inner] * found[inner] }
        found[row] = rest / matrix[7 * row]
      }
      return found
    }

    /// Coefficients of the basis from those of the orthonormal one.
    func upper(_ coefficients: Terms) -> Terms {
      var found: Terms = Terms(repeating: 0)
      for row in (0..<6).reversed() where matrix[7 * row] > 0 {
        var rest = coefficients[row]
        for inner in row + 1..<6 { rest -= matrix[6 * inner + row] * found[inner] }
        found[row] = rest / matrix[7 * row]
      }
      return found
    }
  }
}
