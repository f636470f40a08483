import Foundation
import Models

/// Wrong symbols in single reads of the cells of one layer, by read noise.
///
/// A row is read once for each window in which its input is not zero, and the symbols read are multiplied with
/// the whole input code. That makes up to two billion reads of cells for an image, of which few are wrong.
/// Cells are grouped by their probability of error. Reads of the few cells that err often are drawn one by
/// one. For all others the reads at which an error is *considered* are found by geometric skips with a bound
/// on the probability, and accepted with the cell's own probability over the bound. The errors have their
/// exact distribution; reads that are not considered cost nothing.
struct ReadErrors: Sendable {
  private let slicing: WeightSlicing
  private let chains: SenseChains
  private let columns: Int
  /// Symbols that were stored, and where the cells lie, `[rows, columns, slices]`.
  private let levels: [UInt8]
  private let positions: [Float]
  /// Cells near a boundary: those of group g err with a probability in (2^-(g+1), 2^-g].
  private let near: [[UInt32]]
  /// A bound on the probability of all other cells; 0 if none of them matters.
  private let farBound: Double

  /// Groups of near cells; farther ones err in at most 2^-17 of their reads.
  private static let groups = 17
  /// Groups whose reads are drawn one by one: more than one read in 16 is wrong.
  private static let denseGroups = 4
  /// Distance at which the errors across two boundaries have probability 2^-17 together.
  private static let farDistance = -Math.probit(exp2(-Double(groups)) / 2)
  /// Beyond nine standard deviations (probability 1e-19) an error is left out: in all the reads of an
  /// image there is less than one in a billion images.
  private static let farthest = 9.0

  /// What one row of a weight matrix contributes.
  struct Row: Sendable {
    var levels: [UInt8] = []
    var positions: [Float] = []
    /// Near cells, by their place in the row, with their groups.
    var near: [(cell: Int, group: Int)] = []
    /// Distance of the nearest of the other cells.
    var nearestFar = Double.infinity

    /// Adds a cell that lies so many standard deviations from its nearest boundary.
    mutating func append(_ position: Float, level: Int, chain: Int, distance: Double, _ chains: SenseChains) {
      if distance >= ReadErrors.farDistance {
        nearestFar = min(nearestFar, distance)
      } else {
        let total = chains.wrongSymbols(Double(position), level: level, chain: chain).sum()
        near.append((positions.count, min(Int(-log2(min(total, 1))), ReadErrors.groups - 1)))
      }
      positions.append(position)
      levels.append(UInt8(level))
    }
  }

  init(_ layer: MatrixLayer, _ slicing: WeightSlicing, _ chains: SenseChains, rows: [Row]) {
    self.slicing = slicing
    self.chains = chains
    columns = layer.columns
    var levels: [UInt8] = []
    var positions: [Float] = []
    levels.reserveCapacity(layer.weights.count * slicing.count)
    positions.reserveCapacity(layer.weights.count * slicing.count)
    var near = [[UInt32]](repeating: [], count: Self.groups)
    var nearestFar = Double.infinity
    for row in rows {
      for (cell, group) in row.near { near[group].append(UInt32(positions.count + cell)) }
      levels += row.levels
      positions += row.positions
      nearestFar = min(nearestFar, row.nearestFar)
    }
    self.levels = levels
    self.positions = positions
    self.near = near
    farBound = nearestFar < Self.farthest ? 2 * SenseChains.upperTail(nearestFar) : 0
  }

  /// Draws the wrong reads of all windows of an image.
  ///
  /// - Parameters:
  ///   - windows: Number of windows.
  ///   - stream: Opens the stream of a group.
  ///   - input: Input code of (window, row); the row is read unless it is 0.
  ///   - apply: Receives window, column and the change of the digital sum.
  func draw(
    windows: Int, stream: (Int) -> KeyedRandom, input: (Int, Int) -> UInt8, apply: (Int, Int, Int32) -> Void
  ) {
    for group in 0..<Self.denseGroups where !near[group].isEmpty {
      drawEveryRead(near[group], windows, stream(group), input, apply)
    }
    for group in Self.denseGroups..<Self.groups where !near[group].isEmpty {
      var random = stream(group)
      drawSparsely(
        count: near[group].count, windows, bound: exp2(-Double(group)), &random, input, apply
      ) { Int(near[group][$0]) }
    }
    guard farBound > 0 else { return }
    var random = stream(Self.groups)
    drawSparsely(count: positions.count, windows, bound: farBound, &random, input, apply) { cell in
      // Cells of the near groups have been drawn already.
      let place = place(cell)
      let read = chains.read(Double(positions[cell]), level: Int(levels[cell]), chain: place.chain)
      return read.nearest < Self.farDistance ? nil : cell
    }
  }

  private func drawEveryRead(
    _ cells: [UInt32], _ windows: Int, _ stream: KeyedRandom, _ input: (Int, Int) -> UInt8,
    _ apply: (Int, Int, Int32) -> Void
  ) {
    var random = stream
    // Windows that read the row of the current cell, and their codes; cells come row after row.
    var row = -1
    var reads: [(window: Int, code: Int32)] = []
    reads.reserveCapacity(windows)
    for cell in cells {
      let place = place(Int(cell))
      if place.row != row {
        row = place.row
        reads.removeAll(keepingCapacity: true)
        for window in 0..<windows {
          let code = input(window, row)
          if code != 0 { reads.append((window, Int32(code))) }
        }
      }
      let wrong = wrongSymbols(Int(cell), chain: place.chain)
      let total = UInt64(wrong.sum() * 0x1p32)
      for read in reads {
        let draw = random.next() >> 32
        guard draw < total else { continue }
        let change = selected(Int(cell), place.chain, wrong, Double(draw) * 0x1p-32)
        apply(read.window, place.column, change * slicing.sliceWeights[place.slice] * read.code)
      }
    }
  }

  private func drawSparsely(
    count: Int, _ windows: Int, bound: Double, _ random: inout KeyedRandom, _ input: (Int, Int) -> UInt8,
    _ apply: (Int, Int, Int32) -> Void, cellAt: (Int) -> Int?
  ) {
    let scale = 1 / log1p(-bound)
    let trials = count * windows
    var trial = -1
    while true {
      let skip = Math.log(1 - random.uniform()) * scale
      guard skip < Double(trials - trial - 1) else { return }
      trial += 1 + Int(skip)
      let draw = random.uniform() * bound
      let (window, index) = trial.quotientAndRemainder(dividingBy: count)
      guard let cell = cellAt(index) else { continue }
      let place = place(cell)
      let code = input(window, place.row)
      guard code != 0 else { continue }
      let wrong = wrongSymbols(cell, chain: place.chain)
      guard draw < wrong.sum() else { continue }
      let change = selected(cell, place.chain, wrong, draw)
      apply(window, place.column, change * slicing.sliceWeights[place.slice] * Int32(code))
    }
  }

  private func place(_ cell: Int) -> (row: Int, column: Int, slice: Int, chain: Int) {
    let (weight, slice) = cell.quotientAndRemainder(dividingBy: slicing.count)
    let (row, column) = weight.quotientAndRemainder(dividingBy: columns)
    return (row, column, slice, chains.chain(row: row, column: column, slice: slice))
  }

  /// The error of a symbol that a draw below the total probability selects.
  private func selected(_ cell: Int, _ chain: Int, _ wrong: SIMD4<Double>, _ draw: Double) -> Int32 {
    var rest = draw
    var last = 0
    for symbol in 0...chains.count where wrong[symbol] > 0 {
      last = symbol
      if rest < wrong[symbol] { break }
      rest -= wrong[symbol]
    }
    let right = chains.read(Double(positions[cell]), level: Int(levels[cell]), chain: chain).symbol
    return Int32(last - right)
  }

  private func wrongSymbols(_ cell: Int, chain: Int) -> SIMD4<Double> {
    chains.wrongSymbols(Double(positions[cell]), level: Int(levels[cell]), chain: chain)
  }
}
