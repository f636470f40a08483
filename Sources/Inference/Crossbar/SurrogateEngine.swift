import CKernels
import Foundation
import Models

/// A chip of row-parallel reads at a fraction of the work: products with the programmed weights, and a statistical law
/// for what lines and converters do to them.
///
/// Frozen errors of the cells are those of the bit-true engine, cell by cell, as far as converters see them. What is left -
/// rounding and clipping of every conversion, thresholds that are off, noise, drops along lines - follows the
/// ``SurrogateLaw`` of each layer, learnt from the bit-true engine of the same chip on a few calibration images: means on
/// two thirds of them, what they leave on the others.
package struct SurrogateEngine: MatrixEngine {
  private let products: ProgrammedProducts
  private let laws: [SurrogateLaw]
  private let chip: RowParallelEngine
  /// Layers of so few products that they are computed bit by bit.
  private let bitTrue: Set<Int>

  /// Share of a network's products below which a layer is computed bit by bit: the first, a classifier, shortcuts.
  static let smallShare = 0.005

  /// Learns the laws of a chip.
  ///
  /// - Parameters:
  ///   - chip: The bit-true engine.
  ///   - images: Calibration images, never those that accuracy is measured on.
  ///   - count: How many of them, from the first on.
  package init(
    _ chip: RowParallelEngine, executor: NetworkExecutor, images: ImageSet, count: Int, threads: Int
  ) {
    let layers = executor.network.layers
    let products = ProgrammedProducts(chip, layers: layers, kept: nil, threads: threads)
    let exact = IntegerEngine(executor.network)
    // Of too few images all serve for both.
    let meanImages = count < 3 ? count : count - count / 3
    let firstRecord = count < 3 ? 0 : meanImages
    var records = layers.map { _ in [SurrogateLaw.Record]() }
    var profiles = layers.map {
      ReadProfile(rows: $0.rows, rowsPerRead: chip.geometry.rowsPerRead, outputs: $0.columns)
    }
    // A few images at a time: profiles of many reads are large. They are added in the order of the images.
    for first in stride(from: 0, to: count, by: threads) {
      let some = Parallel.map(
        count: min(threads, count - first), threads: threads, workspace: { Workspace(executor.network) }
      ) { place, workspace in
        var found: [SurrogateLaw.Record] = []
        let profiling = ProfilingEngine(chip, layers: layers)
        let index = first + place
        let item = UInt64(1) << 31 | UInt64(index)
        _ = executor.run(images.image(index), engine: profiling, item: item, workspace: workspace) {
          layer, inputs, stride, sums in
          guard index >= firstRecord else { return }
          found.append(
            products.record(layer: layer, inputs: inputs, inputStride: stride, sums: sums, exact: exact))
        }
        return (index: index, records: found, profiling: profiling)
      }
      for image in some {
        for layer in layers.indices {
          if image.index >= firstRecord { records[layer].append(image.records[layer]) }
          if image.index < meanImages { profiles[layer].add(image.profiling.profile(layer)) }
        }
      }
    }
    let (learnt, profiled) = (records, profiles)
    laws = Parallel.map(count: layers.count, threads: threads, workspace: {}) { layer, _ in
      SurrogateLaw(
        learnt[layer], profiled[layer], layers[layer], rowsPerRead: chip.geometry.rowsPerRead)
    }
    self.products = ProgrammedProducts(chip, layers: layers, kept: laws.map(\.kept), threads: threads)
    self.chip = chip
    let all = layers.reduce(0) { $0 + $1.multiplyAccumulates }
    bitTrue = Set(
      layers.indices.filter { Double(layers[$0].multiplyAccumulates) < Self.smallShare * Double(all) })
  }

  package func sumStride(ofLayer layer: Int) -> Int {
    bitTrue.contains(layer) ? chip.sumStride(ofLayer: layer) : products.columns[layer]
  }

  package func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    guard !bitTrue.contains(layer) else {
      return chip.multiply(layer: layer, inputs: inputs, inputStride: inputStride, item: item, sums: sums)
    }
    let identity = chip.identity
    var random = KeyedRandom(
      seed: identity.seed, stage: "inference.surrogate.\(layer)",
      item: UInt64(identity.chip) << 32 | item)
    let key = random.next()
    let law = laws[layer]
    let windows = inputs.count / inputStride
    let reads = law.reads(inputs, inputStride: inputStride, rows: products.rows[layer])
    let means = law.means(reads)
    products.withProducts(layer: layer, inputs: inputs, inputStride: inputStride) { high, low, stride in
      law.withLayer(
        columns: products.columns[layer], unit: Float(1 / Double(ProgrammedProducts.grid)), noiseKey: key
      ) {
        tessera_surrogate(
          $0, high, low, Int64(stride), means, Int64(law.meanStride), reads.shared, reads.variances,
          reads.activity, Int32(windows), sums.baseAddress)
      }
    }
  }
}

/// Exact products with the weights that a chip's cells hold, before lines and converters.
private struct ProgrammedProducts: Sendable {
  /// Weights on a grid finer than a unit of weight: 128 high + low.
  private struct Product: Sendable {
    var high: PackedMatrix
    var low: PackedMatrix
  }

  /// Steps of the grid in one unit of weight.
  static let grid = 32

  private let products: [Product]
  let rows: [Int]
  let columns: [Int]
  private let level: tessera_level

  /// - Parameter kept: Share of the deviations of the cells of each layer that counts; `nil` for all of it.
  init(_ chip: RowParallelEngine, layers: [MatrixLayer], kept: [Double]?, threads: Int) {
    rows = layers.map(\.rows)
    columns = layers.map(\.columns)
    level = chip.level
    products = Parallel.map(count: layers.count, threads: threads, workspace: {}) { index, _ in
      let weights = chip.programmedWeights(layer: index)
      let (rows, columns) = (layers[index].rows, layers[index].columns)
      let lost = 1 - (kept?[index] ?? 1)
      let fine = weights.indices.map { place -> Int in
        let (row, column) = place.quotientAndRemainder(dividingBy: columns)
        let deviation = weights[place] - Double(layers[index].weights[column * rows + row])
        return Int(((weights[place] - lost * deviation) * Double(Self.grid)).rounded(.toNearestOrEven))
      }
      /// Multiples of 128, halves rounded up, so that what is left fits a signed byte.
      func high(_ value: Int) -> Int8 { Int8(clamping: (value + 64) >> 7) }
      return Product(
        high: PackedMatrix(rows: rows, columns: columns) { high(fine[$0 * columns + $1]) },
        low: PackedMatrix(rows: rows, columns: columns) {
          let value = fine[$0 * columns + $1]
          return Int8(clamping: value - Int(high(value)) * 128)
        })
    }
  }

  /// Products with both parts of the weights, `[windows][stride]`.
  func withProducts(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int,
    _ body: (UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?, Int) -> Void
  ) {
    let product = products[layer]
    let stride = product.high.panelCount * PackedMatrix.columnsPerPanel
    let count = inputs.count / inputStride * stride
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { memory in
      let high = memory.baseAddress
      let low = high.map { $0 + count }
      product.high.multiply(inputs, inputStride: inputStride, level: level, sums: high)
      product.low.multiply(inputs, inputStride: inputStride, level: level, sums: low)
      body(high, low, stride)
    }
  }

  /// What the bit-true engine made of one image on one layer, beside the products.
  func record(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, sums: UnsafeBufferPointer<Int32>,
    exact: IntegerEngine
  ) -> SurrogateLaw.Record {
    var record = SurrogateLaw.Record(inputs: Array(inputs), inputStride: inputStride)
    let windows = inputs.count / inputStride
    let exactStride = exact.sumStride(ofLayer: layer)
    let exactSums = [Int32](unsafeUninitializedCapacity: windows * exactStride) { memory, count in
      exact.multiply(layer: layer, inputs: inputs, inputStride: inputStride, item: 0, sums: memory)
      count = windows * exactStride
    }
    record.deviations.reserveCapacity(windows * columns[layer])
    record.products.reserveCapacity(windows * columns[layer])
    record.errors.reserveCapacity(windows * columns[layer])
    withProducts(layer: layer, inputs: inputs, inputStride: inputStride) { high, low, stride in
      guard let high, let low else { return }
      for window in 0..<windows {
        for column in 0..<columns[layer] {
          let place = window * stride + column
          let product = (128 * Double(high[place]) + Double(low[place])) / Double(Self.grid)
          record.products.append(Float(product))
          record.deviations.append(Float(product - Double(exactSums[window * exactStride + column])))
          record.errors.append(Float(Double(sums[window * columns[layer] + column]) - product))
        }
      }
    }
    return record
  }
}

/// Errors of the reads of a layer by read and class of the number of active rows, and of all outputs together by that
/// number itself; see `tessera_profile`.
struct ReadProfile: Sendable {
  let reads: Int
  /// Class of each number of active rows, `[rowsPerRead + 1]`: finer where few are active.
  let classes: [UInt8]
  let classCount: Int
  var counts: [Double]
  var errors: [Double]
  var squares: [Double]
  var fineCounts: [Double]
  var fineErrors: [Double]

  init(rows: Int, rowsPerRead: Int, outputs: Int) {
    reads = (rows + rowsPerRead - 1) / rowsPerRead
    // Two classes an octave.
    classes = (0...rowsPerRead).map { UInt8($0 == 0 ? 0 : (2 * log2(Double($0))).rounded(.down)) }
    classCount = Int(classes[rowsPerRead]) + 1
    counts = [Double](repeating: 0, count: reads * classCount)
    errors = [Double](repeating: 0, count: outputs * reads * classCount)
    squares = counts
    fineCounts = [Double](repeating: 0, count: reads * (rowsPerRead + 1))
    fineErrors = fineCounts
  }

  /// Lets a kernel add to the profile, for converters of a step in grid units.
  mutating func fill(step: Float, _ body: (UnsafePointer<tessera_profile>) -> Void) {
    counts.withUnsafeMutableBufferPointer { counts in
      errors.withUnsafeMutableBufferPointer { errors in
        squares.withUnsafeMutableBufferPointer { squares in
          fineCounts.withUnsafeMutableBufferPointer { fineCounts in
            fineErrors.withUnsafeMutableBufferPointer { fineErrors in
              classes.withUnsafeBufferPointer { classes in
                var profile = tessera_profile(
                  step: step, classes: classes.baseAddress, class_count: Int32(classCount),
                  counts: counts.baseAddress, errors: errors.baseAddress, squares: squares.baseAddress,
                  fine_counts: fineCounts.baseAddress, fine_errors: fineErrors.baseAddress)
                body(&profile)
              }
            }
          }
        }
      }
    }
  }

  mutating func add(_ other: ReadProfile) {
    for index in counts.indices {
      counts[index] += other.counts[index]
      squares[index] += other.squares[index]
    }
    for index in errors.indices { errors[index] += other.errors[index] }
    for index in fineCounts.indices {
      fineCounts[index] += other.fineCounts[index]
      fineErrors[index] += other.fineErrors[index]
    }
  }

  /// The same errors in another unit.
  func scaled(_ unit: Double) -> ReadProfile {
    var profile = self
    for index in errors.indices { profile.errors[index] *= unit }
    for index in squares.indices { profile.squares[index] *= unit * unit }
    for index in fineErrors.indices { profile.fineErrors[index] *= unit }
    return profile
  }
}

/// A bit-true engine that takes down the errors of its reads, for one image.
private final class ProfilingEngine: MatrixEngine, @unchecked Sendable {
  // Unchecked: each image has an engine of its own, used by one worker.
  private let chip: RowParallelEngine
  private var profiles: [ReadProfile]

  init(_ chip: RowParallelEngine, layers: [MatrixLayer]) {
    self.chip = chip
    profiles = layers.map {
      ReadProfile(rows: $0.rows, rowsPerRead: chip.geometry.rowsPerRead, outputs: $0.columns)
    }
  }

  /// The errors of a layer's reads in units of the digital sum.
  func profile(_ layer: Int) -> ReadProfile { profiles[layer].scaled(chip.errorUnit) }

  func sumStride(ofLayer layer: Int) -> Int { chip.sumStride(ofLayer: layer) }

  func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    let units = chip.geometry.unitsPerLevel
    let step = Float(chip.layers[layer].step.levels(units) * Double(units))
    profiles[layer].fill(step: step) { profile in
      chip.multiply(
        layer: layer, inputs: inputs, inputStride: inputStride, item: item, sums: sums, profile: profile)
    }
  }
}
