import CKernels
import Foundation

/// What lines and converters do to the sums of one layer, as a statistical law.
///
/// A read has a mean error in each output, by the number of active rows: that sets where on the converters' steps the
/// sums of a column lie. Summed over the reads and input bits of a window it gives the mean error of the window's sums.
/// What is left of the mean is linear in the product and in the sum of the inputs. Errors about the mean are drawn
/// independently for each output and window, with a variance that is summed over the reads likewise.
struct SurrogateLaw: Sendable {
  /// Mean error of each read and output by class of active rows, in units of the digital sum over that of the bit: panels
  /// for the product with the numbers of vectors.
  private var panels: [Float]
  /// Variance about it, `[reads, classes]`.
  private var variance: [Float]
  private let classes: [UInt8]
  private let classCount: Int
  private let rowsPerRead: Int
  private let panelCount: Int
  /// What is left: offset, error per unit of product, and per unit of the sum of the inputs.
  private(set) var offset: Float = 0
  private(set) var slope: Float = 0
  private(set) var gain: Float = 0

  /// One image on one layer, as the bit-true engine executed it.
  struct Record: Sendable {
    /// im2col inputs, `[windows, inputStride]`.
    var inputs: [UInt8]
    var inputStride: Int
    /// Products with the programmed weights, and errors of the sums, `[windows, columns]`.
    var products: [Float] = []
    var errors: [Float] = []
  }

  /// The reads of each window.
  struct Reads {
    /// Their vectors by class, each with the weight of its bit, `[windows, reads, classes]`.
    var counts: [Float]
    /// Variance of the errors, and sum of the inputs.
    var variances: [Float]
    var activity: [Int32]
  }

  /// Numbers from one window to the next in ``means(_:)``.
  var meanStride: Int { panelCount * Int(TESSERA_FLOAT_COLUMNS) }

  /// Learns the law by least squares; there is at least one record.
  ///
  /// - Parameter profile: Errors of the reads of all records.
  init(_ records: [Record], _ profile: ReadProfile, rows: Int, columns: Int, rowsPerRead: Int) {
    let width = Int(TESSERA_FLOAT_COLUMNS)
    classes = profile.classes
    classCount = profile.classCount
    self.rowsPerRead = rowsPerRead
    panelCount = (columns + width - 1) / width
    let entries = profile.counts.count
    panels = [Float](repeating: 0, count: panelCount * width * entries)
    variance = [Float](repeating: 0, count: entries)
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
    }
    fit(
      records, records.map { reads(inputs: $0.inputs, inputStride: $0.inputStride, rows: rows) },
      columns: columns)
  }

  /// The reads of each window of an image.
  func reads(_ inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, rows: Int) -> Reads {
    let windows = inputs.count / inputStride
    let entries = variance.count
    var reads = Reads(
      counts: [Float](repeating: 0, count: windows * entries),
      variances: [Float](repeating: 0, count: windows),
      activity: [Int32](repeating: 0, count: windows))
    var squares = reads.counts
    tessera_count_vectors(
      inputs.baseAddress, Int64(inputStride), Int32(windows), Int32(rows), Int32(rowsPerRead), classes,
      Int32(classCount), &reads.counts, &squares, &reads.activity)
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
  private mutating func fit(_ records: [Record], _ reads: [Reads], columns: Int) {
    let means = reads.map { self.means($0) }
    let stride = meanStride
    /// Visits every sum with inputs: product, sum of the inputs, error less that of the reads.
    func forEach(_ body: (Double, Double, Double) -> Void) {
      for (index, record) in records.enumerated() {
        for (window, activity) in reads[index].activity.enumerated() where activity > 0 {
          for column in 0..<columns {
            let place = window * columns + column
            let error = record.errors[place] - means[index][window * stride + column]
            body(Double(record.products[place]), Double(activity), Double(error))
          }
        }
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
    var left = 0.0
    forEach {
      let rest = $2 - offset - slope * $0 - gain * $1
      left += rest * rest
    }
    (self.offset, self.slope, self.gain) = (Float(offset), Float(slope), Float(gain))
    let predicted = reads.reduce(0) { $0 + $1.variances.reduce(0) { $0 + Double($1) } } * Double(columns)
    let factor = predicted > 0 ? Float(left / predicted) : 0
    for entry in variance.indices { variance[entry] *= factor }
  }
}
