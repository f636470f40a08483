import CKernels
import Foundation

/// What lines and converters do to the sums of one layer, as a statistical law.
///
/// Where converters are fine they round small deviations of cells away: a layer keeps a share of them, found by least squares,
/// in its products.
/// A read has a mean error in each output, by the number of active rows: that sets where on the converters' steps the
/// sums of a column lie. It is known by classes of that number, and what the outputs have in common by the number itself,
/// which decides alone where the sums of the highest slices lie. Summed over the reads and input bits of a window it gives
/// the mean error of the window's sums. What is left of the mean is a surface over the product, the sum of the inputs
/// and that mean in each output, and then a function of the product.
/// Errors about the mean have a variance that is summed over the reads likewise, and corrected by product and output. Sums of one output err alike on like
/// inputs, and so do all outputs of a window to a part: ``ErrorShares``.
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
  /// What is left in each output.
  private var outputMeans: OutputSurfaces
  /// Variance of each output over that of the reads and of the bin of its product, less 1.
  private var outputVariances: OutputSurfaces
  /// What is still left by bins of the product: further mean error, and factor on the standard deviation.
  ///
  /// Sums that clip, or that lie between two codes, err in their own way.
  private var bins = Bins()
  /// What the errors about the mean have in common.
  private var shares = ErrorShares()
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
    outputMeans = OutputSurfaces(outputs: columns)
    outputVariances = outputMeans
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

  /// The share of the cells' deviations that the sums keep, beside what goes with the product, the sum of the inputs and the
  /// mean error of the reads.
  private func keptShare(
    _ records: [Record], _ reads: [Reads], _ means: [[Float]], columns: Int
  ) -> Double {
    // Normal equations of the error on 1, product, sum of the inputs, mean error of the reads, and deviation.
    let last = 4
    var normal = [[Double]](repeating: [Double](repeating: 0, count: last + 2), count: last + 1)
    forEach(records, reads, means, columns: columns) { image, window, place, error in
      let record = records[image]
      let full = Double(record.errors[place])
      let terms = [
        1, Double(record.products[place]), Double(reads[image].activity[window]), full - error,
        Double(record.deviations[place]), full,
      ]
      for row in 0...last {
        for column in row...last + 1 { normal[row][column] += terms[row] * terms[column] }
      }
    }
    // Elimination; a term that the ones before it explain is left out.
    for pivot in 0..<last where normal[pivot][pivot] > 0 {
      for row in pivot + 1...last {
        let share = normal[pivot][row] / normal[pivot][pivot]
        let full = normal[row][row]
        for column in row...last + 1 { normal[row][column] -= share * normal[pivot][column] }
        if normal[row][row] < 1e-9 * full { normal[row][row] = 0 }
      }
    }
    guard normal[last][last] > 0 else { return 1 }
    return min(max(0, 1 + normal[last][last + 1] / normal[last][last]), 2)
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
    /// The mean error of the reads.
    func mean(_ image: Int, _ window: Int, _ column: Int) -> Double {
      Double(means[image][window * stride + column] + reads[image].shared[window])
    }
    var (count, product, square) = (0.0, 0.0, 0.0)
    var samples: [OutputSurfaces.Sample] = []
    forEach(records, reads, means, columns: columns) { image, window, place, error in
      samples.append(
        (
          image, place % columns, Double(records[image].products[place]),
          Double(reads[image].activity[window]), mean(image, window, place % columns), error
        ))
    }
    // Each image's errors are judged without what it told of each output.
    let (all, without) = OutputSurfaces.fit(outputs: columns, samples)
    outputMeans = all
    samples = []
    func expected(_ image: Int, _ window: Int, _ column: Int) -> Double {
      let mean = mean(image, window, column)
      return mean
        + without[image].value(
          output: column, product: Double(records[image].products[window * columns + column]),
          activity: Double(reads[image].activity[window]), mean: mean)
    }
    var left = 0.0
    forEach(records, reads, means, columns: columns) { image, window, place, error in
      let found = Double(records[image].products[place])
      count += 1
      product += found
      square += found * found
      let column = place % columns
      let rest = error - expected(image, window, column) + mean(image, window, column)
      left += rest * rest
    }
    guard count > 0 else { return }
    let predicted = reads.reduce(0) { $0 + $1.variances.reduce(0) { $0 + Double($1) } } * Double(columns)
    let factor = predicted > 0 ? left / predicted : 0
    for entry in variance.indices { variance[entry] *= Float(factor) }
    guard factor > 0 else { return }
    // Three standard deviations to either side.
    product /= count
    let spread = max(0, square / count - product * product).squareRoot()
    bins.low = Float(product - 3 * spread)
    bins.perProduct = spread > 0 ? Float(Double(Bins.count) / (6 * spread)) : 0
    fitBins(records, reads, columns: columns, factor: factor, mean: mean, expected: expected)
  }

  /// Fits mean and deviation by the product, and how errors are correlated.
  private mutating func fitBins(
    _ records: [Record], _ reads: [Reads], columns: Int, factor: Double,
    mean: (Int, Int, Int) -> Double, expected: (Int, Int, Int) -> Double
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
      let rest = Double(records[index].errors[window * columns + column]) - expected(index, window, column)
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
    var samples: [OutputSurfaces.Sample] = []
    forEach { index, window, column, _, _ in
      let place = window * columns + column
      let error = Double(errors[index][place])
      samples.append(
        (
          index, column, Double(records[index].products[place]), Double(reads[index].activity[window]),
          mean(index, window, column), error * error - 1
        ))
    }
    outputVariances = OutputSurfaces.fit(outputs: columns, samples).all
    samples = []
    let outputs = outputVariances
    forEach { index, window, column, _, _ in
      let place = window * columns + column
      let more = outputs.value(
        output: column, product: Double(records[index].products[place]),
        activity: Double(reads[index].activity[window]), mean: mean(index, window, column))
      let (least, largest) = (
        Double(TESSERA_SURROGATE_LEAST_VARIANCE), Double(TESSERA_SURROGATE_LARGEST_VARIANCE)
      )
      errors[index][place] /= Float(min(max(1 + more, least), largest).squareRoot())
    }
    shares = ErrorShares(errors, columns: columns, width: width)
  }

  /// Lets the kernel draw by the law.
  func withLayer(
    columns: Int, unit: Float, noiseKey: UInt64, _ body: (UnsafePointer<tessera_surrogate_layer>) -> Void
  ) {
    NormalQuantiles.values.withUnsafeBufferPointer { normals in
      bins.means.withUnsafeBufferPointer { means in
        bins.deviations.withUnsafeBufferPointer { deviations in
          outputMeans.terms.withUnsafeBufferPointer { outputMeans in
            outputVariances.terms.withUnsafeBufferPointer { outputVariances in
              var layer = tessera_surrogate_layer(
                columns: Int32(columns), unit: unit,
                bin_low: bins.low, bins_per_product: bins.perProduct, bin_means: means.baseAddress,
                bin_deviations: deviations.baseAddress, own: shares.own, blocks: shares.blocks,
                image: shares.image, window: shares.window,
                width: Int32(width), output_means: outputMeans.baseAddress,
                output_variances: outputVariances.baseAddress, normals: normals.baseAddress,
                noise_key: noiseKey)
              body(&layer)
            }
          }
        }
      }
    }
  }
}
