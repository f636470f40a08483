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
  private let cellsPerRow: Int
  /// Symbols that were stored, and where the cells lie, `[rows][columns, slices]`.
  private let rows: [Row]
  /// Cells near a boundary: those of group g err with a probability in (2^-(g+1), 2^-g].
  private let near: [[Near]]
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

  /// A cell near a boundary.
  struct Near: Sendable {
    /// Place in the row, `[columns, slices]`.
    var cell: Int32
    var row: Int32
    /// Probability that a read of it is wrong.
    var probability: Float
    /// Share of the likelier neighbour among the wrong symbols, negative for the lower one: what most errors
    /// are, so that they need not look at the cell again.
    var neighbour: Float

    init(cell: Int, row: Int, wrong: SIMD4<Double>, right: Int) {
      self.cell = Int32(cell)
      self.row = Int32(row)
      let total = wrong.sum()
      probability = Float(min(total, 1))
      let (below, above) = (right > 0 ? wrong[right - 1] : 0, right < 3 ? wrong[right + 1] : 0)
      neighbour = total > 0 ? Float(below > above ? -below / total : above / total) : 0
    }
  }

  /// What one row of a weight matrix contributes.
  struct Row: Sendable {
    fileprivate var levels: [UInt8] = []
    fileprivate var positions: [Float] = []
    /// Near cells with their groups.
    fileprivate var near: [(cell: Near, group: Int)] = []
    /// Distance of the nearest of the other cells.
    fileprivate var nearestFar = Double.infinity

    /// A row without cells.
    init() {}

    /// Sorts the cells of a row by their distances from the nearest boundary in standard deviations.
    init(
      levels: [UInt8], positions: [Float], symbols: [UInt8], distances: [Double], row: Int, slices: Int,
      _ chains: SenseChains
    ) {
      self.levels = levels
      self.positions = positions
      for (cell, distance) in distances.enumerated() {
        guard distance < ReadErrors.farDistance else {
          nearestFar = min(nearestFar, distance)
          continue
        }
        let (column, slice) = cell.quotientAndRemainder(dividingBy: slices)
        let wrong = chains.wrongSymbols(
          Double(positions[cell]), level: Int(levels[cell]),
          chain: chains.chain(row: row, column: column, slice: slice), row: row)
        let one = Near(cell: cell, row: row, wrong: wrong, right: Int(symbols[cell]))
        near.append((one, min(-Int(one.probability.nextDown.exponent) - 1, ReadErrors.groups - 1)))
      }
    }
  }

  init(_ layer: MatrixLayer, _ slicing: WeightSlicing, _ chains: SenseChains, rows: [Row]) {
    self.slicing = slicing
    self.chains = chains
    cellsPerRow = layer.columns * slicing.count
    var near = [[Near]](repeating: [], count: Self.groups)
    var nearestFar = Double.infinity
    for row in rows {
      for (cell, group) in row.near { near[group].append(cell) }
      nearestFar = min(nearestFar, row.nearestFar)
    }
    self.rows = rows.map { row in
      var kept = row
      kept.near = []
      return kept
    }
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
      ) { near[group][$0] }
    }
    guard farBound > 0 else { return }
    var random = stream(Self.groups)
    drawSparsely(count: rows.count * cellsPerRow, windows, bound: farBound, &random, input, apply) { place in
      let (row, cell) = place.quotientAndRemainder(dividingBy: cellsPerRow)
      let place = self.place(row: row, cell: cell)
      let (position, level) = (Double(rows[row].positions[cell]), Int(rows[row].levels[cell]))
      // Cells of the near groups have been drawn already.
      let read = chains.read(position, level: level, chain: place.chain, row: row)
      guard read.nearest >= Self.farDistance else { return nil }
      let wrong = chains.wrongSymbols(position, level: level, chain: place.chain, row: row)
      return Near(cell: cell, row: row, wrong: wrong, right: read.symbol)
    }
  }

  private func drawEveryRead(
    _ cells: [Near], _ windows: Int, _ stream: KeyedRandom, _ input: (Int, Int) -> UInt8,
    _ apply: (Int, Int, Int32) -> Void
  ) {
    var random = stream
    // Windows that read the row of the current cell, and their codes; cells come row after row.
    var row: Int32 = -1
    var reads: [(window: Int, code: Int32)] = []
    reads.reserveCapacity(windows)
    // Two draws of 32 bits from every word.
    var word: UInt64 = 0
    var isFresh = false
    for cell in cells {
      if cell.row != row {
        row = cell.row
        reads.removeAll(keepingCapacity: true)
        for window in 0..<windows {
          let code = input(window, Int(row))
          if code != 0 { reads.append((window, Int32(code))) }
        }
      }
      let total = UInt64(Double(cell.probability) * 0x1p32)
      for read in reads {
        isFresh.toggle()
        word = isFresh ? random.next() : word >> 32
        let draw = word & 0xffff_ffff
        guard draw < total else { continue }
        let error = error(of: cell, Double(draw) / Double(total))
        apply(read.window, error.column, error.change * read.code)
      }
    }
  }

  private func drawSparsely(
    count: Int, _ windows: Int, bound: Double, _ random: inout KeyedRandom, _ input: (Int, Int) -> UInt8,
    _ apply: (Int, Int, Int32) -> Void, cellAt: (Int) -> Near?
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
      guard let cell = cellAt(index), draw < Double(cell.probability) else { continue }
      let code = input(window, Int(cell.row))
      guard code != 0 else { continue }
      let error = error(of: cell, draw / Double(cell.probability))
      apply(window, error.column, error.change * Int32(code))
    }
  }

  private func place(row: Int, cell: Int) -> (column: Int, slice: Int, chain: Int) {
    let (column, slice) = cell.quotientAndRemainder(dividingBy: slicing.count)
    return (column, slice, chains.chain(row: row, column: column, slice: slice))
  }

  /// The weighted error of a wrong read, chosen among the wrong symbols by a uniform draw in [0, 1).
  private func error(of cell: Near, _ draw: Double) -> (column: Int, change: Int32) {
    let (row, index) = (Int(cell.row), Int(cell.cell))
    let place = place(row: row, cell: index)
    let weight = slicing.sliceWeights[place.slice]
    let share = Double(abs(cell.neighbour))
    if draw < share { return (place.column, cell.neighbour < 0 ? -weight : weight) }
    let (position, level) = (Double(rows[row].positions[index]), Int(rows[row].levels[index]))
    var wrong = chains.wrongSymbols(position, level: level, chain: place.chain, row: row)
    let right = chains.read(position, level: level, chain: place.chain, row: row).symbol
    var last = right
    if share > 0 {
      last += cell.neighbour < 0 ? -1 : 1
      wrong[last] = 0
    }
    var rest = (draw - share) / (1 - share) * wrong.sum()
    for symbol in 0...chains.count where wrong[symbol] > 0 {
      last = symbol
      if rest < wrong[symbol] { break }
      rest -= wrong[symbol]
    }
    return (place.column, Int32(last - right) * weight)
  }
}
