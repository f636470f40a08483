import CKernels
import Foundation

/// What lines and converters do to the sums of one layer, as a statistical law.
///
/// Where converters are fine they round small deviations of cells away: a layer keeps a share of them, found by least squares,
/// in its products.
/// A read has a mean error in each output, by the number of active rows: that sets where on the converters' steps the
/// sums of a column lie. It is known by classes of that number, and what the outputs have in common by the number itself,
/// which decides alone where the sums of the highest slices lie. Summed over the reads and input bits of a window it gives
/// the mean error of the window's sums. What is left of the mean is linear in the product and in the sum of the inputs,
/// of all outputs and then of each, and then a function of the product.
/// Errors about the mean have a variance that is summed over the reads likewise. Sums of one output err alike on like
/// inputs: a part of the error is common to neighbouring windows, a part to all windows of an image.
struct SurrogateLaw: Sendable {
  /// Mean error of each read and output by class of active rows, in units of the digital sum over that of the bit: panels
  /// for the product with the numbers of vectors.
  private var panels: [Float]
  /// Variance about it, `[reads, classes]`.
  private var variance: [Float]
  /// What all outputs have in common beside the mean of the class, `[reads, rowsPerRead + 1]`.
  private var fine: [Float]
  private let classes: [UInt8]
  private let classCount: Int
  private let rowsPerRead: Int
  private let panelCount: Int
  /// Share of the cells' deviations that the sums keep: 1 where converters follow them, 0 where they are rounded away.
  private(set) var kept: Double = 1
  /// What is left: offset, error per unit of product, and per unit of the sum of the inputs.
  private var offset: Float = 0
  private var slope: Float = 0
  private var gain: Float = 0
  /// The same for each output alone, `[3, columns]`.
  private var planes: [Float]
  /// What is still left by bins of the product: further mean error, and factor on the standard deviation.
  ///
  /// Sums that clip, or that lie between two codes, err in their own way.
  private var bins = Bins()
  /// Standard deviations over that of a sum: of its own, common to 2 x 2 windows, and to all windows.
  private var own: Float = 1
  private var block: Float = 0
  private var image: Float = 0
  /// Windows in a row of the output.
  private let width: Int

  /// Equal bins of the product; those at the ends take what lies beyond.
  private struct Bins: Sendable {
    static let count = Int(TESSERA_SURROGATE_BINS)
    var low: Float = 0
    var perProduct: Float = 0
    var means = [Float](repeating: 0, count: Bins.count)
    var deviations = [Float](repeating: 1, count: Bins.count)

    func index(_ product: Double) -> Int {
      Int(min(max(0, (Float(product) - low) * perProduct), Float(Bins.count - 1)))
    }
  }

  /// One image on one layer, as the bit-true engine executed it.
  struct Record: Sendable {
    /// im2col inputs, `[windows, inputStride]`.
    var inputs: [UInt8]
    var inputStride: Int
    /// Products with the programmed weights, how far they are from those with the exact ones, and errors of the sums,
    /// `[windows, columns]`.
    var products: [Float] = []
    var deviations: [Float] = []
    var errors: [Float] = []
  }

  /// The reads of each window.
  struct Reads {
    /// Their vectors by class, each with the weight of its bit, `[windows, reads, classes]`.
    var counts: [Float]
    /// Variance of the errors, and sum of the inputs.
    var variances: [Float]
    var activity: [Int32]
    /// Mean error that all outputs share beside those of the classes.
    var shared: [Float]
  }

  /// Numbers from one window to the next in ``means(_:)``.
  var meanStride: Int { panelCount * Int(TESSERA_FLOAT_COLUMNS) }

  /// Learns the law by least squares; there is at least one record.
  ///
  /// - Parameters:
  ///   - records: Images on which what the means leave is fitted; better others than those of the profile.
  ///   - profile: Errors of reads, from which the means are.
  init(_ records: [Record], _ profile: ReadProfile, _ layer: MatrixLayer, rowsPerRead: Int) {
    let (rows, columns) = (layer.rows, layer.columns)
    self.width = layer.output.width
    let width = Int(TESSERA_FLOAT_COLUMNS)
    classes = profile.classes
    classCount = profile.classCount
    self.rowsPerRead = rowsPerRead
    panelCount = (columns + width - 1) / width
    let entries = profile.counts.count
    panels = [Float](repeating: 0, count: panelCount * width * entries)
    variance = [Float](repeating: 0, count: entries)
    fine = [Float](repeating: 0, count: profile.fineCounts.count)
    planes = [Float](repeating: 0, count: 3 * columns)
    for entry in 0..<entries where profile.counts[entry] > 0 {
      let count = profile.counts[entry]
      let means = (0..<columns).map { profile.errors[$0 * entries + entry] / count }
      let mean = means.reduce(0, +) / Double(columns)
      let spread = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      let scatter = max(0, profile.squares[entry] / count / Double(columns) - mean * mean - spread)
      // An output's own mean is shrunk by what chance alone would make of it.
      let chance = scatter / count
      let share = spread > chance ? (spread - chance) / spread : 0
      variance[entry] = Float(scatter)
      for (column, own) in means.enumerated() {
        panels[(column / width * entries + entry) * width + column % width] = Float(
          mean + share * (own - mean))
      }
      learnFine(profile, entry: entry, mean: mean, scatter: scatter, columns: columns)
    }
    let reads = records.map { self.reads(inputs: $0.inputs, inputStride: $0.inputStride, rows: rows) }
    let means = reads.map { self.means($0) }
    kept = keptShare(records, reads, means, columns: columns)
    let lost = Float(1 - kept)
    let rest = records.map { record in
      var own = record
      for place in own.errors.indices {
        own.products[place] -= lost * own.deviations[place]
        own.errors[place] += lost * own.deviations[place]
      }
      return own
    }
    fit(rest, reads, means, columns: columns)
  }

  /// Visits every sum with inputs: its place, and its error less that of the reads.
  private func forEach(
    _ records: [Record], _ reads: [Reads], _ means: [[Float]], columns: Int,
    _ body: (_ image: Int, _ window: Int, _ place: Int, _ error: Double) -> Void
  ) {
    let stride = meanStride
    for (index, record) in records.enumerated() {
      for (window, activity) in reads[index].activity.enumerated() where activity > 0 {
        for column in 0..<columns {
          let place = window * columns + column
          let error =
            record.errors[place] - means[index][window * stride + column] - reads[index].shared[window]
          body(index, window, place, Double(error))
        }
      }
    }
  }

  /// The share of the cells' deviations that the sums keep, beside what goes with the product and the sum of the inputs.
  private func keptShare(
    _ records: [Record], _ reads: [Reads], _ means: [[Float]], columns: Int
  ) -> Double {
    // Normal equations of the error on 1, product, sum of the inputs and deviation.
    var normal = [[Double]](repeating: [Double](repeating: 0, count: 5), count: 4)
    forEach(records, reads, means, columns: columns) { image, window, place, error in
      let terms = [
        1, Double(records[image].products[place]), Double(reads[image].activity[window]),
        Double(records[image].deviations[place]), error,
      ]
      for row in 0..<4 { for column in row..<5 { normal[row][column] += terms[row] * terms[column] } }
    }
    // Elimination; a term that the ones before it explain is left out.
    for pivot in 0..<3 where normal[pivot][pivot] > 0 {
      for row in pivot + 1..<4 {
        let share = normal[pivot][row] / normal[pivot][pivot]
        let full = normal[row][row]
        for column in row..<5 { normal[row][column] -= share * normal[pivot][column] }
        if normal[row][row] < 1e-9 * full { normal[row][row] = 0 }
      }
    }
    guard normal[3][3] > 0 else { return 1 }
    return min(max(0, 1 + normal[3][4] / normal[3][3]), 2)
  }

  /// What the outputs have in common at each number of active rows of a class, shrunk by what chance alone would make of it.
  private mutating func learnFine(
    _ profile: ReadProfile, entry: Int, mean: Double, scatter: Double, columns: Int
  ) {
    let (read, own) = entry.quotientAndRemainder(dividingBy: classCount)
    var found: [(place: Int, count: Double, deviation: Double)] = []
    for active in 0...rowsPerRead where Int(classes[active]) == own {
      let place = read * (rowsPerRead + 1) + active
      let count = profile.fineCounts[place]
      guard count > 0 else { continue }
      found.append((place, count, profile.fineErrors[place] / count / Double(columns) - mean))
    }
    let all = found.reduce(0) { $0 + $1.count }
    guard found.count > 1, all > 0 else { return }
    func chance(_ count: Double) -> Double { scatter / count / Double(columns) }
    let spread = found.reduce(0) { $0 + $1.count * ($1.deviation * $1.deviation - chance($1.count)) } / all
    guard spread > 0 else { return }
    for one in found { fine[one.place] = Float(one.deviation * spread / (spread + chance(one.count))) }
  }

  /// The reads of each window of an image.
  func reads(_ inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, rows: Int) -> Reads {
    let windows = inputs.count / inputStride
    let entries = variance.count
    var reads = Reads(
      counts: [Float](repeating: 0, count: windows * entries),
      variances: [Float](repeating: 0, count: windows),
      activity: [Int32](repeating: 0, count: windows), shared: [Float](repeating: 0, count: windows))
    var squares = reads.counts
    tessera_count_vectors(
      inputs.baseAddress, Int64(inputStride), Int32(windows), Int32(rows), Int32(rowsPerRead), classes,
      Int32(classCount), fine, &reads.counts, &squares, &reads.activity, &reads.shared)
    for window in 0..<windows {
      var sum: Float = 0
      for entry in 0..<entries { sum += squares[window * entries + entry] * variance[entry] }
      reads.variances[window] = sum
    }
    return reads
  }

  private func reads(inputs: [UInt8], inputStride: Int, rows: Int) -> Reads {
    inputs.withUnsafeBufferPointer { reads($0, inputStride: inputStride, rows: rows) }
  }

  /// Mean errors of the reads of each window, `[windows, meanStride]`.
  func means(_ reads: Reads) -> [Float] {
    let windows = reads.activity.count
    let none = [Float](repeating: 0, count: meanStride)
    return [Float](unsafeUninitializedCapacity: windows * meanStride) { means, count in
      tessera_multiply_float(
        panels, Int32(panelCount), Int32(variance.count), reads.counts, Int32(windows), none,
        means.baseAddress)
      count = windows * meanStride
    }
  }

  /// Fits what the means of the reads leave, and scales their variance to what is found.
  private mutating func fit(_ records: [Record], _ reads: [Reads], _ means: [[Float]], columns: Int) {
    let stride = meanStride
    func forEach(_ body: (Double, Double, Double) -> Void) {
      self.forEach(records, reads, means, columns: columns) { image, window, place, error in
        body(Double(records[image].products[place]), Double(reads[image].activity[window]), error)
      }
    }
    var (count, product, activity, error) = (0.0, 0.0, 0.0, 0.0)
    forEach {
      count += 1
      product += $0
      activity += $1
      error += $2
    }
    guard count > 0 else { return }
    (product, activity, error) = (product / count, activity / count, error / count)
    var (pp, pa, aa, pe, ae) = (0.0, 0.0, 0.0, 0.0, 0.0)
    forEach {
      let (p, a, e) = ($0 - product, $1 - activity, $2 - error)
      pp += p * p
      pa += p * a
      aa += a * a
      pe += p * e
      ae += a * e
    }
    let determinant = pp * aa - pa * pa
    var (slope, gain) = (0.0, 0.0)
    if determinant > 1e-9 * pp * aa {
      slope = (pe * aa - ae * pa) / determinant
      gain = (ae * pp - pe * pa) / determinant
    } else if pp > 0 {
      slope = pe / pp
    }
    let offset = error - slope * product - gain * activity
    (self.offset, self.slope, self.gain) = (Float(offset), Float(slope), Float(gain))
    fitOutputs(records, reads, means, columns: columns)
    var left = 0.0
    self.forEach(records, reads, means, columns: columns) { image, window, place, error in
      let product = Double(records[image].products[place])
      let rest = error - linear(product, reads[image].activity[window], column: place % columns)
      left += rest * rest
    }
    let predicted = reads.reduce(0) { $0 + $1.variances.reduce(0) { $0 + Double($1) } } * Double(columns)
    let factor = predicted > 0 ? left / predicted : 0
    for entry in variance.indices { variance[entry] *= Float(factor) }
    guard factor > 0 else { return }
    // Three standard deviations to either side.
    let spread = (pp / count).squareRoot()
    bins.low = Float(product - 3 * spread)
    bins.perProduct = spread > 0 ? Float(Double(Bins.count) / (6 * spread)) : 0
    let law = self
    fitBins(
      records, reads, columns: columns, factor: factor,
      means: { index, window, column in
        let mean = means[index][window * stride + column] + reads[index].shared[window]
        let product = Double(records[index].products[window * columns + column])
        return Double(mean) + law.linear(product, reads[index].activity[window], column: column)
      })
  }

  /// What is linear in the product and in the sum of the inputs.
  private func linear(_ product: Double, _ activity: Int32, column: Int) -> Double {
    let columns = planes.count / 3
    let (own, ownSlope) = (Double(planes[column]), Double(planes[columns + column]))
    return Double(offset) + own + (Double(slope) + ownSlope) * product
      + (Double(gain) + Double(planes[2 * columns + column])) * Double(activity)
  }

  /// Fits what is left in each output, each term shrunk by how far two halves of the images agree on it.
  private mutating func fitOutputs(_ records: [Record], _ reads: [Reads], _ means: [[Float]], columns: Int) {
    guard records.count > 1 else { return }
    var outputs = [OutputFit](repeating: OutputFit(), count: columns)
    func visit(_ body: (Int, Int, Double, Double, Double) -> Void) {
      forEach(records, reads, means, columns: columns) { image, window, place, error in
        let (product, activity) = (Double(records[image].products[place]), reads[image].activity[window])
        let column = place % columns
        body(image, column, product, Double(activity), error - linear(product, activity, column: column))
      }
    }
    visit { _, column, product, activity, _ in outputs[column].add(product, activity) }
    for column in 0..<columns { outputs[column].orthogonalise() }
    var halves = [outputs, outputs]
    visit { image, column, product, activity, error in
      halves[image % 2][column].add(product, activity, error: error)
    }
    for term in 0..<3 {
      let reliability = Self.reliability(halves.map { $0.map { $0.coefficient(term) } })
      for column in 0..<columns {
        outputs[column].terms[term] = reliability * halves[0][column].joint(term, halves[1][column])
      }
    }
    for column in 0..<columns {
      for (term, value) in outputs[column].plane.enumerated() {
        planes[term * columns + column] = Float(value)
      }
    }
  }

  /// How far values found on all images may be trusted, from those of two halves.
  private static func reliability(_ halves: [[Double]]) -> Double {
    let common = zip(halves[0], halves[1]).reduce(0) { $0 + $1.0 * $1.1 }
    let all = zip(halves[0], halves[1]).reduce(0) { $0 + ($1.0 * $1.0 + $1.1 * $1.1) / 2 }
    // Spearman and Brown: from half of the images to all.
    let share = all > 0 ? max(0, common / all) : 0
    return 2 * share / (1 + share)
  }

  /// Errors of one output on 1, on the product, and on what the product leaves of the sum of the inputs.
  private struct OutputFit {
    private var count = 0.0, product = 0.0, activity = 0.0, square = 0.0, mixed = 0.0
    /// Means, and the sum of the inputs for a unit of product.
    private var meanProduct = 0.0, meanActivity = 0.0, share = 0.0
    private var squares = [0.0, 0.0, 0.0], sums = [0.0, 0.0, 0.0]
    /// Coefficients of the three terms.
    var terms = [0.0, 0.0, 0.0]

    mutating func add(_ product: Double, _ activity: Double) {
      count += 1
      self.product += product
      self.activity += activity
      square += product * product
      mixed += product * activity
    }

    mutating func orthogonalise() {
      guard count > 0 else { return }
      (meanProduct, meanActivity) = (product / count, activity / count)
      let spread = square - product * meanProduct
      if spread > 1e-9 * square { share = (mixed - product * meanActivity) / spread }
    }

    mutating func add(_ product: Double, _ activity: Double, error: Double) {
      let (p, a) = (product - meanProduct, activity - meanActivity)
      add(1, 0, error)
      add(p, 1, error)
      add(a - share * p, 2, error)
    }

    private mutating func add(_ value: Double, _ term: Int, _ error: Double) {
      squares[term] += value * value
      sums[term] += value * error
    }

    func coefficient(_ term: Int) -> Double { squares[term] > 0 ? sums[term] / squares[term] : 0 }

    func joint(_ term: Int, _ other: OutputFit) -> Double {
      let all = squares[term] + other.squares[term]
      return all > 0 ? (sums[term] + other.sums[term]) / all : 0
    }

    /// Offset, error per unit of product, and per unit of the sum of the inputs.
    var plane: [Double] {
      let slope = terms[1] - terms[2] * share
      return [terms[0] - slope * meanProduct - terms[2] * meanActivity, slope, terms[2]]
    }
  }

  /// Fits mean and deviation by the product, and how errors are correlated.
  private mutating func fitBins(
    _ records: [Record], _ reads: [Reads], columns: Int, factor: Double, means: (Int, Int, Int) -> Double
  ) {
    // Errors and their standard deviations, sum by sum; 0 where there are no inputs.
    var errors = records.map { [Float](repeating: 0, count: $0.errors.count) }
    var (counts, sums) = (
      [Double](repeating: 0, count: Bins.count), [Double](repeating: 0, count: Bins.count)
    )
    var (squares, weights) = (sums, sums)
    /// Visits every sum with its place, its bin and the variance that reads predict.
    func forEach(_ body: (Int, Int, Int, Int, Double) -> Void) {
      for (index, record) in records.enumerated() {
        for (window, activity) in reads[index].activity.enumerated() {
          let variance = factor * Double(reads[index].variances[window])
          guard activity > 0, variance > 0 else { continue }
          for column in 0..<columns {
            let bin = bins.index(Double(record.products[window * columns + column]))
            body(index, window, column, bin, variance)
          }
        }
      }
    }
    forEach { index, window, column, bin, variance in
      let rest = Double(records[index].errors[window * columns + column]) - means(index, window, column)
      errors[index][window * columns + column] = Float(rest)
      counts[bin] += 1
      sums[bin] += rest
      squares[bin] += rest * rest
      weights[bin] += variance
    }
    // A bin counts as if it had some more sums like all of them.
    let few = 200.0
    for bin in 0..<Bins.count where counts[bin] > 0 {
      let mean = sums[bin] / (counts[bin] + few)
      let own = squares[bin] - 2 * mean * sums[bin] + counts[bin] * mean * mean
      let typical = weights[bin] / counts[bin]
      bins.means[bin] = Float(mean)
      bins.deviations[bin] = Float(((own + few * typical) / (weights[bin] + few * typical)).squareRoot())
    }
    forEach { index, window, column, bin, variance in
      let place = window * columns + column
      let deviation = Float(variance.squareRoot()) * bins.deviations[bin]
      errors[index][place] = deviation > 0 ? (errors[index][place] - bins.means[bin]) / deviation : 0
    }
    correlate(errors, columns: columns)
  }

  /// Lets the kernel draw by the law.
  func withLayer(
    columns: Int, unit: Float, noiseKey: UInt64, _ body: (UnsafePointer<tessera_surrogate_layer>) -> Void
  ) {
    NormalQuantiles.values.withUnsafeBufferPointer { normals in
      bins.means.withUnsafeBufferPointer { means in
        bins.deviations.withUnsafeBufferPointer { deviations in
          planes.withUnsafeBufferPointer { planes in
            var layer = tessera_surrogate_layer(
              columns: Int32(columns), unit: unit, offset: offset, slope: slope, gain: gain,
              bin_low: bins.low, bins_per_product: bins.perProduct, bin_means: means.baseAddress,
              bin_deviations: deviations.baseAddress, own: own, block: block, image: image,
              width: Int32(width), planes: planes.baseAddress, normals: normals.baseAddress,
              noise_key: noiseKey)
            body(&layer)
          }
        }
      }
    }
  }

  /// How much of the errors, `[images][windows, columns]` in units of their standard deviations, is common to windows.
  private mutating func correlate(_ errors: [[Float]], columns: Int) {
    var (all, common, neighbours, pairs) = (0.0, 0.0, 0.0, 0.0)
    for image in errors {
      let windows = image.count / columns
      guard windows > 1 else { return }
      for column in 0..<columns {
        var (sum, squares) = (0.0, 0.0)
        for window in 0..<windows {
          let own = Double(image[window * columns + column])
          sum += own
          squares += own * own
          let (x, below) = (window % width, window + width)
          if x + 1 < width {
            neighbours += own * Double(image[(window + 1) * columns + column])
            pairs += 1
          }
          if below < windows {
            neighbours += own * Double(image[below * columns + column])
            pairs += 1
          }
        }
        all += squares / Double(windows)
        // Products of different windows.
        common += (sum * sum - squares) / Double(windows) / Double(windows - 1)
      }
    }
    guard all > 0, pairs > 0 else { return }
    let count = Double(errors.count * columns)
    let unit = all / count
    let ofImage = min(max(0, common / count / unit), 1)
    // Of the four neighbours of a window in its rows and columns two lie in its block, of all eight three: the variance of a sum
    // over 3 x 3 windows is right if a block has 1.5 times the correlation of neighbours.
    let ofBlock = min(max(0, 1.5 * (neighbours / pairs / unit - ofImage)), 1 - ofImage)
    image = Float(ofImage.squareRoot())
    block = Float(ofBlock.squareRoot())
    own = Float((1 - ofImage - ofBlock).squareRoot())
  }
}
