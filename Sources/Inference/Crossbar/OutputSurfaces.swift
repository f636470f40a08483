/// A function of each output of a layer: of the product of a sum, of the sum of the inputs, and of the mean error of the
/// reads.
///
/// t_0 + t_1 product + t_2 activity + t_3 product^2 + t_4 mean + t_5 mean product, with terms of each output: those of all
/// outputs together by least squares, and what each adds, shrunk by how far two halves of the images agree on it.
package struct OutputSurfaces: Sendable {
  /// Terms of the kernel, `[terms, outputs]`.
  package private(set) var terms: [Float]
  private let outputs: Int

  private static let count = 6
  private typealias Terms = [6 of Double]

  /// Zero everywhere.
  init(outputs: Int) {
    self.outputs = outputs
    terms = [Float](repeating: 0, count: Self.count * outputs)
  }

  /// One value of a sum to be fitted.
  package typealias Sample = (
    image: Int, output: Int, product: Double, activity: Double, mean: Double, value: Double
  )

  /// Fits samples; of a single image no output learns anything of its own.
  ///
  /// - Returns: The surfaces, and for each image those without what it told of each output: its own errors are judged by
  ///   them.
  package static func fit(outputs: Int, _ samples: [Sample]) -> (
    all: OutputSurfaces, without: [OutputSurfaces]
  ) {
    let images = (samples.map(\.image).max() ?? -1) + 1
    let none = OutputSurfaces(outputs: outputs)
    guard images > 0 else { return (none, []) }
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
    var together = Moments()
    for sample in samples { together.add(basis(sample), sample.value) }
    let common = together.root.upper(together.coefficients)
    // What is left, by image and output.
    var moments = [[Moments]](repeating: [Moments](repeating: Moments(), count: outputs), count: images)
    for sample in samples {
      let terms = basis(sample)
      var rest = sample.value
      for term in 0..<count { rest -= common[term] * terms[term] }
      moments[sample.image][sample.output].add(terms, rest)
    }
    func sum(_ output: Int, _ wanted: (Int) -> Bool) -> Moments {
      var sum = Moments()
      for image in 0..<images where wanted(image) { sum.add(moments[image][output]) }
      return sum
    }
    let totals = (0..<outputs).map { sum($0) { _ in true } }
    // Terms that two halves agree on are kept.
    let halves = (0..<2).map { half in
      (0..<outputs).map { output in totals[output].root.lower(sum(output) { $0 % 2 == half }) }
    }
    let trust = (0..<count).map { term in
      images > 1 ? reliability(halves.map { $0.map { $0[term] } }) : 0
    }
    func surfaces(_ moments: [Moments]) -> OutputSurfaces {
      var surfaces = none
      for output in 0..<outputs {
        var coefficients = moments[output].coefficients
        for term in 0..<count { coefficients[term] *= trust[term] }
        let own = moments[output].root.upper(coefficients)
        for term in 0..<count {
          surfaces.terms[term * outputs + output] = Float((common[term] + own[term]) / units[term])
        }
      }
      return surfaces
    }
    return (
      surfaces(totals),
      (0..<images).map { left in surfaces((0..<outputs).map { sum($0) { $0 != left } }) }
    )
  }

  /// The value for a sum.
  package func value(output: Int, product: Double, activity: Double, mean: Double) -> Double {
    func term(_ index: Int) -> Double { Double(terms[index * outputs + output]) }
    return term(0) + term(2) * activity + term(4) * mean + (term(1) + term(3) * product + term(5) * mean)
      * product
  }

  /// How far values found on all images may be trusted, from those of two halves.
  private static func reliability(_ halves: [[Double]]) -> Double {
    let common = zip(halves[0], halves[1]).reduce(0) { $0 + $1.0 * $1.1 }
    let all = zip(halves[0], halves[1]).reduce(0) { $0 + ($1.0 * $1.0 + $1.1 * $1.1) / 2 }
    // Spearman and Brown: from half of the images to all.
    let share = all > 0 ? max(0, common / all) : 0
    return 2 * share / (1 + share)
  }

  /// Sums of products of the basis, and of it with the values.
  private struct Moments {
    private var count = 0.0
    private var products = [36 of Double](repeating: 0)
    private var values = Terms(repeating: 0)

    mutating func add(_ basis: Terms, _ value: Double) {
      count += 1
      for row in 0..<6 {
        for column in 0...row { products[6 * row + column] += basis[row] * basis[column] }
        values[row] += basis[row] * value
      }
    }

    mutating func add(_ other: Moments) {
      count += other.count
      for place in 0..<36 { products[place] += other.products[place] }
      for term in 0..<6 { values[term] += other.values[term] }
    }

    var root: Root { Root(products, over: count) }
    /// Coefficients of the orthonormal basis.
    var coefficients: Terms { root.lower(self) }

    /// The lower triangular root of the mean products; a term that those before it explain is left out.
    struct Root {
      private var matrix: [36 of Double]

      init(_ products: [36 of Double], over count: Double) {
        matrix = products
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

      /// Coefficients of the orthonormal basis of this root.
      func lower(_ moments: Moments) -> Terms {
        var found = Terms(repeating: 0)
        guard moments.count > 0 else { return found }
        for row in 0..<6 where matrix[7 * row] > 0 {
          var rest = moments.values[row] / moments.count
          for inner in 0..<row { rest -= matrix[6 * row + inner] * found[inner] }
          found[row] = rest / matrix[7 * row]
        }
        return found
      }

      /// Coefficients of the basis from those of the orthonormal one.
      func upper(_ coefficients: Terms) -> Terms {
        var found = Terms(repeating: 0)
        for row in (0..<6).reversed() where matrix[7 * row] > 0 {
          var rest = coefficients[row]
          for inner in row + 1..<6 { rest -= matrix[6 * inner + row] * found[inner] }
          found[row] = rest / matrix[7 * row]
        }
        return found
      }
    }
  }
}
