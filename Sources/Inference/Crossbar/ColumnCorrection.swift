import Models

/// What is taken digitally from the sums of each column of one chip: a constant, and a multiple of the sum of the inputs.
///
/// What converters err grows with the activity of the rows, which the periphery knows: it takes the same sum of the inputs
/// to undo the offset of the weights. Learnt layer by layer, each behind corrected ones, so that every layer is measured on
/// the inputs that it will get.
package struct ColumnCorrection: Sendable {
  /// The correction of one layer: `constants[column] + slopes[column] (inputs - centre)`.
  package struct Law: Sendable, Hashable {
    /// Mean sum of the inputs of a window.
    package var centre: Double
    /// In units of the sums, `[columns]`.
    package var constants: [Double]
    /// In units of the sums for a unit of the sum of the inputs, `[columns]`.
    package var slopes: [Double]

    /// Takes coefficients.
    package init(centre: Double, constants: [Double], slopes: [Double]) {
      self.centre = centre
      self.constants = constants
      self.slopes = slopes
    }

    /// Takes the correction from sums, `[windows][width]`.
    func correct(
      _ sums: UnsafeMutableBufferPointer<Int32>, width: Int, inputs: UnsafeBufferPointer<UInt8>,
      inputStride: Int
    ) {
      for window in 0..<inputs.count / inputStride {
        let activity = ColumnCorrection.activity(inputs, inputStride: inputStride, window: window) - centre
        for column in constants.indices {
          let error = (constants[column] + slopes[column] * activity).rounded(.toNearestOrEven)
          sums[window * width + column] &-= Int32(min(max(error, -0x1p31), 0x1p31 - 1))
        }
      }
    }
  }

  /// By layer.
  package let laws: [Law]

  /// Takes laws, one for each layer.
  package init(laws: [Law]) { self.laws = laws }

  /// Measures a chip.
  ///
  /// - Parameters:
  ///   - images: Training images, never those that accuracy is measured on.
  ///   - range: Which of them.
  package init(
    executor: NetworkExecutor, engine: some MatrixEngine, exact: IntegerEngine, images: ImageSet,
    range: Range<Int>, threads: Int
  ) {
    let network = executor.network
    // Every image keeps its activations while the others catch up.
    let states = range.map { index in
      let state = State(Workspace(network))
      executor.load(images.image(index), into: state.workspace)
      return state
    }
    var laws = [Law?](repeating: nil, count: network.layers.count)
    for node in network.nodes {
      guard case .matrix(let layer) = node.operation else {
        _ = Parallel.map(count: states.count, threads: threads, workspace: {}) { place, _ in
          executor.run(node, engine: engine, item: 0, workspace: states[place].workspace)
        }
        continue
      }
      let observed = Parallel.map(count: states.count, threads: threads, workspace: {}) { place, _ in
        // Items beyond those of the test images: calibration has noise of its own.
        let item = UInt64(1) << 31 | UInt64(range.lowerBound + place)
        var found = Observation(columns: network.layers[layer].columns)
        executor.run(node, engine: engine, item: item, workspace: states[place].workspace) {
          layer, inputs, stride, sums in
          let right = exact.sums(layer: layer, inputs: inputs, inputStride: stride)
          let (width, exactWidth) = (engine.sumStride(ofLayer: layer), exact.sumStride(ofLayer: layer))
          for window in 0..<inputs.count / stride {
            found.add(activity: Self.activity(inputs, inputStride: stride, window: window)) { column in
              Double(sums[window * width + column]) - Double(right[window * exactWidth + column])
            }
          }
          states[place].sums = Array(sums)
        }
        return found
      }
      let law = Self.law(observed, threads: threads)
      laws[layer] = law
      _ = Parallel.map(count: states.count, threads: threads, workspace: {}) { place, _ in
        let replayed = ReplayedSums(
          sums: states[place].sums, width: engine.sumStride(ofLayer: layer), law: law)
        executor.run(node, engine: replayed, item: 0, workspace: states[place].workspace)
      }
    }
    // A layer that no node multiplies errs nowhere.
    self.laws = zip(laws, network.layers).map { law, layer in
      law
        ?? Law(
          centre: 0, constants: [Double](repeating: 0, count: layer.columns),
          slopes: [Double](repeating: 0, count: layer.columns))
    }
  }

  /// Sum of the input codes of a window.
  private static func activity(_ inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, window: Int) -> Double
  {
    var sum: Int64 = 0
    for code in inputs[window * inputStride..<(window + 1) * inputStride] { sum += Int64(code) }
    return Double(sum)
  }

  /// Least squares over windows, shrunk by what chance makes of as many images.
  ///
  /// Windows whose error is further from the median of their column than three standard deviations, as the median of
  /// the distances states them, are left out: where converters clip, errors are of another kind, and following them would
  /// harm all others. Where most errors are the same, none is left out. The variance of a coefficient by chance is that between images, whose windows are alike (the sandwich
  /// estimate with images as clusters; Liang and Zeger, doi:10.1093/biomet/73.1.13). The part that all columns share is
  /// shrunk towards 0, that of each column towards it; of one image the variance is unknown, and nothing is shrunk.
  package static func law(_ images: [Observation], threads: Int) -> Law {
    let columns = images.first?.columns ?? 0
    let windows = images.reduce(0) { $0 + $1.activities.count }
    let centre = images.reduce(0) { $0 + $1.activities.reduce(0, +) } / Double(windows)
    let fits = Parallel.map(count: columns, threads: threads, workspace: {}) { column, _ in
      Fit(images, column: column, centre: centre)
    }
    guard images.count > 1 else {
      return Law(centre: centre, constants: fits.map(\.constant.value), slopes: fits.map(\.slope.value))
    }
    return Law(centre: centre, constants: shrunk(fits.map(\.constant)), slopes: shrunk(fits.map(\.slope)))
  }

  /// A coefficient of one column: what it is, and how each image would move it.
  package struct Coefficient: Sendable {
    package var value: Double
    /// Influence of each image on the value; their squares add up to its variance by chance.
    package var influences: [Double]

    package init(value: Double, influences: [Double]) {
      self.value = value
      self.influences = influences
    }

    var variance: Double {
      let clusters = Double(influences.count) / Double(max(influences.count - 1, 1))
      return clusters * influences.reduce(0) { $0 + $1 * $1 }
    }
  }

  /// Least squares of one column.
  private struct Fit {
    var constant: Coefficient
    var slope: Coefficient

    init(_ images: [Observation], column: Int, centre: Double) {
      func errors(_ image: Observation) -> some Collection<Float> {
        image.activities.indices.lazy.map { image.errors[$0 * image.columns + column] }
      }
      let middle = Self.median(images.flatMap { errors($0) })
      // The median distance of a normal variable is 0.6745 standard deviations.
      let limit = 3 / 0.6745 * Self.median(images.flatMap { errors($0).map { abs($0 - middle) } })
      var (count, first, second, error, product) = (0.0, 0.0, 0.0, 0.0, 0.0)
      func forEach(_ image: Observation, _ body: (Double, Double) -> Void) {
        for (window, activity) in image.activities.enumerated() {
          let error = image.errors[window * image.columns + column]
          if limit == 0 || abs(error - middle) <= limit { body(activity - centre, Double(error)) }
        }
      }
      for image in images {
        forEach(image) {
          count += 1
          first += $0
          second += $0 * $0
          error += $1
          product += $0 * $1
        }
      }
      // Inputs that hardly differ say nothing about a slope.
      let spread = second - first * first / count
      let steep = spread > 1e-9 * count * centre * centre ? (product - first * error / count) / spread : 0
      let level = error / count - steep * first / count
      var (constants, slopes): ([Double], [Double]) = ([], [])
      for image in images {
        var (score, moment) = (0.0, 0.0)
        forEach(image) {
          let left = $1 - level - steep * $0
          score += left
          moment += left * ($0 - first / count)
        }
        let turn = steep == 0 ? 0 : moment / spread
        slopes.append(turn)
        constants.append(score / count - turn * first / count)
      }
      constant = Coefficient(value: level, influences: constants)
      slope = Coefficient(value: steep, influences: slopes)
    }

    private static func median(_ values: [Float]) -> Float {
      let sorted = values.sorted()
      return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
  }

  /// Values of columns, shrunk towards their mean, and that towards 0.
  package static func shrunk(_ columns: [Coefficient]) -> [Double] {
    let count = Double(columns.count)
    let common = Coefficient(
      value: columns.reduce(0) { $0 + $1.value } / count,
      influences: (columns.first?.influences.indices ?? 0..<0).map { image in
        columns.reduce(0) { $0 + $1.influences[image] } / count
      })
    let square = common.value * common.value
    let kept = square > common.variance ? common.value * (1 - common.variance / square) : 0
    let spread =
      columns.reduce(0) { $0 + ($1.value - common.value) * ($1.value - common.value) } / max(count - 1, 1)
    let chance = columns.reduce(0) { $0 + $1.variance } / count
    let share = spread > chance ? 1 - chance / spread : 0
    return columns.map { kept + share * ($0.value - common.value) }
  }

  /// The windows of one image.
  package struct Observation: Sendable {
    /// Number of columns.
    package let columns: Int
    /// Sum of the inputs, `[windows]`.
    package var activities: [Double] = []
    /// Errors, `[windows, columns]`.
    package var errors: [Float] = []

    /// Starts with nothing.
    package init(columns: Int) { self.columns = columns }

    /// Adds a window.
    package mutating func add(activity: Double, error: (Int) -> Double) {
      activities.append(activity)
      for column in 0..<columns { errors.append(Float(error(column))) }
    }
  }

  /// An image on its way through the network.
  private final class State: @unchecked Sendable {
    // Unchecked: one worker at a time has it.
    let workspace: Workspace
    var sums: [Int32] = []

    init(_ workspace: Workspace) { self.workspace = workspace }
  }

  /// Sums that were computed before, corrected.
  private struct ReplayedSums: MatrixEngine {
    let sums: [Int32]
    let width: Int
    let law: Law

    func sumStride(ofLayer layer: Int) -> Int { width }

    func multiply(
      layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
      sums: UnsafeMutableBufferPointer<Int32>
    ) {
      _ = sums.update(fromContentsOf: self.sums)
      law.correct(sums, width: width, inputs: inputs, inputStride: inputStride)
    }
  }
}

/// Another engine with a correction taken from each column's sums, digitally.
package struct CorrectedEngine<Base: MatrixEngine>: MatrixEngine {
  private let base: Base
  private let correction: ColumnCorrection

  /// Takes a correction from the sums of an engine.
  package init(base: Base, correction: ColumnCorrection) {
    self.base = base
    self.correction = correction
  }

  package func sumStride(ofLayer layer: Int) -> Int { base.sumStride(ofLayer: layer) }

  package func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    base.multiply(layer: layer, inputs: inputs, inputStride: inputStride, item: item, sums: sums)
    correction.laws[layer].correct(
      sums, width: sumStride(ofLayer: layer), inputs: inputs, inputStride: inputStride)
  }
}
