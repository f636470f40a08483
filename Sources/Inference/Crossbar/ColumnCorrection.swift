import Models

/// What is taken digitally from the sums of each column of one chip: a constant, and a multiple of the sum of the inputs.
///
/// What converters err grows with the activity of the rows. Weights with an offset need the same sum of the inputs to undo
/// it; pairs of cells need it for this alone. Learnt layer by layer, each behind corrected ones, so that every layer is
/// measured on the inputs that it will get.
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
          let corrected = Double(sums[window * width + column]) - error
          sums[window * width + column] = Int32(min(max(corrected, -0x1p31), 0x1p31 - 1))
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
  ///   - executor: Runs the network, of which every layer belongs to one node.
  ///   - engine: The chip.
  ///   - exact: What its sums should be.
  ///   - images: Training images, never those that accuracy is measured on.
  ///   - range: Which of them, at least one.
  ///   - threads: Workers; they leave no trace.
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
      precondition(laws[layer] == nil, "every layer belongs to one node")
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
  /// Windows far from the line are left out of the learning: where converters clip, errors are of another kind, and
  /// following them would harm all others. The variance of a coefficient by chance is that between images, whose windows
  /// are alike (the sandwich estimate with images as clusters; Liang and Zeger, doi:10.1093/biomet/73.1.13). The part that
  /// all columns share is shrunk towards 0, that of each column towards it. Of one image the variance is unknown: the mean
  /// error of all columns is what is left. Slopes take three images.
  ///
  /// - Parameters:
  ///   - images: What the layer did on each, of equally many columns.
  ///   - threads: Workers.
  package static func law(_ images: [Observation], threads: Int) -> Law {
    let columns = images.first?.columns ?? 0
    let windows = images.reduce(0) { $0 + $1.activities.count }
    let centre = images.reduce(0) { $0 + $1.activities.reduce(0, +) } / Double(max(windows, 1))
    let fits = Parallel.map(count: columns, threads: threads, workspace: {}) { column, _ in
      Fit(images, column: column, centre: centre)
    }
    return Law(centre: centre, constants: shrunk(fits.map(\.constant)), slopes: shrunk(fits.map(\.slope)))
  }

  /// A coefficient of one column, in units of the sums.
  package struct Coefficient: Sendable {
    /// What it is.
    package var value: Double
    /// How far each image moves it.
    package var influences: [Double]

    /// Takes a value and its influences.
    package init(value: Double, influences: [Double]) {
      self.value = value
      self.influences = influences
    }

    /// By chance; infinite for one image.
    var variance: Double {
      guard influences.count > 1 else { return .infinity }
      let clusters = Double(influences.count) / Double(influences.count - 1)
      return clusters * influences.reduce(0) { $0 + $1 * $1 }
    }
  }

  /// Least squares of one column.
  private struct Fit {
    var constant: Coefficient
    var slope: Coefficient

    /// Times that windows far from the line are looked for.
    private static let passes = 3

    init(_ images: [Observation], column: Int, centre: Double) {
      let activities = images.flatMap { image in image.activities.map { $0 - centre } }
      let errors = images.flatMap { image in
        image.activities.indices.map { Double(image.errors[$0 * image.columns + column]) }
      }
      let hasSlope = images.count > 2
      // The line through the middles of the quieter and the busier half of the windows, then least squares of those near it.
      var line = Line(through: activities, errors, hasSlope: hasSlope)
      var isKept = [Bool](repeating: true, count: errors.count)
      for _ in 0..<Self.passes {
        let distances = zip(activities, errors).map { abs($1 - line.at($0)) }
        // The median distance of a normal variable is 0.6745 standard deviations; sums are whole numbers.
        let limit = max(3 / 0.6745 * Line.median(distances), 0.5)
        isKept = distances.map { $0 <= limit }
        line = Line(leastSquares: activities, errors, isKept, hasSlope: hasSlope)
      }
      var (constants, slopes): ([Double], [Double]) = ([], [])
      var first = 0
      for image in images {
        var (score, moment) = (0.0, 0.0)
        for place in first..<first + image.activities.count where isKept[place] {
          let left = errors[place] - line.at(activities[place])
          score += left
          moment += left * (activities[place] - line.middle)
        }
        first += image.activities.count
        let turn = line.spread > 0 ? moment / line.spread : 0
        slopes.append(turn)
        constants.append(score / line.count - turn * line.middle)
      }
      constant = Coefficient(value: line.at(0), influences: constants)
      slope = Coefficient(value: line.slope, influences: slopes)
    }
  }

  /// A line through points.
  private struct Line {
    /// Mean of the activities that it goes through, and the error there.
    var middle: Double
    var level: Double
    var slope: Double
    /// Points, and the sum of the squares of their activities about the middle; 0 where no slope is known.
    var count = 0.0
    var spread = 0.0

    func at(_ activity: Double) -> Double { level + slope * (activity - middle) }

    init(through activities: [Double], _ errors: [Double], hasSlope: Bool) {
      let border = Self.median(activities)
      func middle(_ isPart: (Double) -> Bool) -> (Double, Double) {
        let part = activities.indices.filter { isPart(activities[$0]) }
        return (Self.median(part.map { activities[$0] }), Self.median(part.map { errors[$0] }))
      }
      let (quiet, busy) = (middle { $0 <= border }, middle { $0 > border })
      let isSteep = hasSlope && activities.contains { $0 > border } && busy.0 > quiet.0
      self.middle = border
      slope = isSteep ? (busy.1 - quiet.1) / (busy.0 - quiet.0) : 0
      level = isSteep ? quiet.1 + slope * (border - quiet.0) : Self.median(errors)
    }

    init(leastSquares activities: [Double], _ errors: [Double], _ isKept: [Bool], hasSlope: Bool) {
      var (first, second, error, product) = (0.0, 0.0, 0.0, 0.0)
      for place in activities.indices where isKept[place] {
        count += 1
        first += activities[place]
        second += activities[place] * activities[place]
        error += errors[place]
        product += activities[place] * errors[place]
      }
      middle = count > 0 ? first / count : 0
      level = count > 0 ? error / count : 0
      let spread = second - first * middle
      // Inputs that hardly differ say nothing about a slope.
      let isSteep = hasSlope && spread > 1e-9 * second && spread > 0
      self.spread = isSteep ? spread : 0
      slope = isSteep ? (product - first * level) / spread : 0
    }

    static func median(_ values: [Double]) -> Double {
      let sorted = values.sorted()
      return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
  }

  /// Values of columns, shrunk towards their mean, and that towards 0.
  package static func shrunk(_ columns: [Coefficient]) -> [Double] {
    guard let images = columns.first?.influences.indices else { return [] }
    let count = Double(columns.count)
    func mean(_ value: (Coefficient) -> Double) -> Double { columns.reduce(0) { $0 + value($1) } / count }
    let common = Coefficient(
      value: mean(\.value), influences: images.map { image in mean { $0.influences[image] } })
    // One image says nothing about chance: what all columns share is kept.
    guard images.count > 1 else { return columns.map { _ in common.value } }
    let square = common.value * common.value
    let kept = square > common.variance ? common.value * (1 - common.variance / square) : 0
    let freedom = max(count - 1, 1)
    let spread = columns.reduce(0) { $0 + ($1.value - common.value) * ($1.value - common.value) } / freedom
    let chance =
      columns.reduce(0) { sum, column in
        let apart = zip(column.influences, common.influences).map { $0 - $1 }
        return sum + Coefficient(value: 0, influences: apart).variance
      } / freedom
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
      errors.reserveCapacity(errors.count + columns)
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
