import CKernels
import Foundation
import Models

/// Wrong symbols in single reads of the cells of one layer, by read noise.
///
/// A row is read once for each window in which its input is not zero, and the symbols read are multiplied with
/// the whole input code. That makes up to two billion reads of cells for an image, of which few are wrong.
/// Cells are grouped by their probability of error. Reads of the few cells that err often are drawn one by
/// one (``UnsureCells``). For all others the reads at which an error is *considered* are found by geometric
/// skips with a bound on the probability, and accepted with the cell's own probability over the bound. The
/// errors have their exact distribution; reads that are not considered cost nothing.
struct ReadErrors: Sendable {
  private let slicing: WeightSlicing
  private let chains: SenseChains
  private let cellsPerRow: Int
  /// Column, and weight in the digital sum, of each place in a row.
  private let places: [(column: Int32, weight: Int32)]
  /// Symbols that were stored, and where the cells lie, `[rows][columns, slices]`.
  private let rows: [Row]
  /// Cells that err often.
  private let unsure: UnsureCells
  /// Other cells near a boundary: those of group g err with a probability in (2^-(g+1), 2^-g].
  private let near: [[Near]]
  /// A bound on the probability of all other cells; 0 if none of them matters.
  private let farBound: Double

  /// Groups of near cells; farther ones err in at most 2^-17 of their reads.
  private static let groups = 17
  /// Cells of lower groups, of which more than one read in 32 is wrong, are drawn read by read.
  private static let firstGroup = 5
  /// Distance at which the errors across two boundaries have probability 2^-17 together.
  private static let farDistance = -Math.probit(exp2(-Double(groups)) / 2)

  /// A cell near a boundary.
  struct Near: Sendable {
    /// Place in the row, `[columns, slices]`.
    var cell: Int32
    var row: Int32
    /// Probability that a read of it is wrong.
    var probability: Float
    /// Probability of the likelier neighbour, negative for the lower one: what most errors are, so that they
    /// need not look at the cell again.
    var likely: Float

    init(cell: Int, row: Int, wrong: SIMD4<Double>, right: Int) {
      self.cell = Int32(cell)
      self.row = Int32(row)
      probability = Float(min(wrong.sum(), 1))
      let (below, above) = (right > 0 ? wrong[right - 1] : 0, right < 3 ? wrong[right + 1] : 0)
      likely = Float(below > above ? -below : above)
    }
  }

  /// What one row of a weight matrix contributes.
  struct Row: Sendable {
    fileprivate var levels: [UInt8] = []
    fileprivate var positions: [Float] = []
    fileprivate var unsure: [UnsureCells.Cell] = []
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
          chain: chains.chain(row: row, column: column, slice: slice), row: row, slice: slice)
        let right = Int(symbols[cell])
        let group = -Int(Float(min(wrong.sum(), 1)).nextDown.exponent) - 1
        if group < ReadErrors.firstGroup {
          let (odds, isAbove) = tessera_unsure_cell.odds(wrong, right: right, row: row)
          unsure.append(UnsureCells.Cell(run: Int32(2 * cell + (isAbove ? 1 : 0)), odds: odds))
        } else {
          let one = Near(cell: cell, row: row, wrong: wrong, right: right)
          near.append((one, min(group, ReadErrors.groups - 1)))
        }
      }
    }
  }

  init(_ layer: MatrixLayer, _ slicing: WeightSlicing, _ chains: SenseChains, rows: [Row]) {
    self.slicing = slicing
    self.chains = chains
    cellsPerRow = layer.columns * slicing.count
    places = (0..<cellsPerRow).map { cell in
      let (column, slice) = cell.quotientAndRemainder(dividingBy: slicing.count)
      return (Int32(column), slicing.sliceWeights[slice])
    }
    var near = [[Near]](repeating: [], count: Self.groups)
    var nearestFar = Double.infinity
    for row in rows {
      for (cell, group) in row.near { near[group].append(cell) }
      nearestFar = min(nearestFar, row.nearestFar)
    }
    self.rows = rows.map { row in
      var kept = row
      kept.near = []
      kept.unsure = []
      return kept
    }
    self.near = near
    unsure = UnsureCells(rows.map(\.unsure), cellsPerRow: cellsPerRow, sliceWeights: slicing.sliceWeights)
    farBound = nearestFar < SenseChains.farthest ? 2 * SenseChains.upperTail(nearestFar) : 0
  }

  /// Draws the wrong reads of all windows of an image and adds what they change to the sums.
  ///
  /// - Parameters:
  ///   - windows: Number of windows.
  ///   - inputs: Input codes, `[windows][inputStride]`; a row is read unless its code is 0.
  ///   - sums: Digital sums, `[windows][sumStride]`.
  ///   - stream: Opens the stream of a part of the errors.
  func draw(
    windows: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int,
    sums: UnsafeMutableBufferPointer<Int32>, sumStride: Int, stream: (String) -> KeyedRandom
  ) {
    guard let inputs = inputs.baseAddress, let sums = sums.baseAddress else { return }
    let codes = WindowCodes(inputs, stride: inputStride, windows: windows, rows: rows.count)
    unsure.draw(
      codes, sums: sums, sumStride: sumStride, reads: stream("unsure"), open: stream("open"),
      otherError: otherError)
    let scale = 1 / Double(windows)
    /// Cell and window of a trial; windows are numbered first.
    func split(_ trial: Int) -> (cell: Int, window: Int) {
      let cell = Int(Double(trial) * scale)
      let window = trial - cell * windows
      // The quotient may be rounded past a whole number.
      return window < 0 ? (cell - 1, window + windows) : window < windows ? (cell, window) : (cell + 1, 0)
    }
    places.withUnsafeBufferPointer { places in
      /// Considers an error of a cell by a number that is uniform up to a bound on its probability.
      func consider(_ cell: Near, window: Int, draw: Double) {
        guard draw < Double(cell.probability) else { return }
        let place = places[Int(cell.cell)]
        let code = Int32(codes.values[Int(cell.row) * codes.width + window])
        let change =
          draw < Double(abs(cell.likely))
          ? (cell.likely < 0 ? -place.weight : place.weight) : otherError(cell, draw)
        sums[window * sumStride + Int(place.column)] &+= change &* code
      }
      for (group, cells) in near.enumerated() where !cells.isEmpty {
        let bound = exp2(-Double(group))
        cells.withUnsafeBufferPointer { cells in
          Self.forEachTrial(
            of: cells.count * windows, probability: bound, stream("\(group)"),
            isError: { trial, uniform in uniform * bound < Double(cells[split(trial).cell].probability) }
          ) { trial, uniform in
            let (cell, window) = split(trial)
            consider(cells[cell], window: window, draw: uniform * bound)
          }
        }
      }
      guard farBound > 0 else { return }
      let trials = rows.count * cellsPerRow * windows
      Self.forEachTrial(
        of: trials, probability: farBound, stream("far"), isError: { _, _ in true }
      ) { trial, uniform in
        let (place, window) = split(trial)
        let (row, cell) = place.quotientAndRemainder(dividingBy: cellsPerRow)
        let chain = chain(row: row, cell: cell)
        let (position, level) = (Double(rows[row].positions[cell]), Int(rows[row].levels[cell]))
        // Cells of the other groups have been drawn already.
        let slice = cell % slicing.count
        let read = chains.read(position, level: level, chain: chain, row: row, slice: slice)
        guard read.nearest >= Self.farDistance else { return }
        let wrong = chains.wrongSymbols(position, level: level, chain: chain, row: row, slice: slice)
        consider(
          Near(cell: cell, row: row, wrong: wrong, right: Int(read.symbol)), window: window,
          draw: uniform * farBound)
      }
    }
  }

  /// Visits the successes among independent trials, with a uniform number in (0, 1) for each.
  ///
  /// - Parameter isError: Picks among the successes of a batch, all of them before any is visited: cells lie far
  ///   apart, and their memory is waited for together.
  @inline(__always)
  private static func forEachTrial(
    of trials: Int, probability: Double, _ random: KeyedRandom, isError: (Int, Double) -> Bool,
    _ body: (Int, Double) -> Void
  ) {
    let scale = 1 / log1p(-probability)
    let batch = 128
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * batch) { memory in
      withUnsafeTemporaryAllocation(of: (trial: Int, uniform: Double).self, capacity: batch + 1) { picked in
        var block: UInt64 = 0
        var trial = -1
        var isOver = false
        while !isOver {
          tessera_skips(
            random.philoxKey, random.philoxStream, block, Int32(batch), scale, memory.baseAddress,
            memory.baseAddress.map { $0 + batch })
          block += UInt64(batch)
          var count = 0
          for index in 0..<batch {
            guard memory[index] < Double(trials - trial - 1) else {
              isOver = true
              break
            }
            trial += 1 + Int(memory[index])
            picked[count] = (trial, memory[batch + index])
            count += isError(trial, memory[batch + index]) ? 1 : 0
          }
          for index in 0..<count { body(picked[index].trial, picked[index].uniform) }
        }
      }
    }
  }

  private func chain(row: Int, cell: Int) -> Int {
    let (column, slice) = cell.quotientAndRemainder(dividingBy: slicing.count)
    return chains.chain(row: row, column: column, slice: slice)
  }

  /// Change of the sum for an error that is not the likely one, chosen by a draw between the probability of
  /// that one and the whole.
  private func otherError(_ cell: Near, _ draw: Double) -> Int32 {
    let (likely, total) = (Double(abs(cell.likely)), Double(cell.probability))
    let neighbour = likely > 0 ? (cell.likely < 0 ? -1 : 1) : 0
    return otherError(
      row: Int(cell.row), cell: Int(cell.cell), but: (neighbour, neighbour),
      (draw - likely) / (total - likely))
  }

  /// Change of the sum for an error of an unsure cell that is none of its likely ones.
  private func otherError(_ run: UnsureCells.Run, cell: tessera_unsure_cell, _ draw: Double) -> Int32 {
    otherError(
      row: Int(cell.row), cell: run.cell, but: (run.side, cell.high > 0 ? -run.side : run.side), draw)
  }

  /// Change of the sum for a cell that is read wrong, chosen by a uniform draw in [0, 1) among all wrong symbols
  /// but two relative to the right one.
  private func otherError(row: Int, cell: Int, but left: (Int, Int), _ draw: Double) -> Int32 {
    let (position, level) = (Double(rows[row].positions[cell]), Int(rows[row].levels[cell]))
    let (chain, slice) = (chain(row: row, cell: cell), cell % slicing.count)
    var wrong = chains.wrongSymbols(position, level: level, chain: chain, row: row, slice: slice)
    let right = Int(chains.read(position, level: level, chain: chain, row: row, slice: slice).symbol)
    wrong[right + left.0] = 0
    wrong[right + left.1] = 0
    var last = right + left.0
    var rest = draw * wrong.sum()
    for symbol in 0..<4 where wrong[symbol] > 0 {
      last = symbol
      if rest < wrong[symbol] { break }
      rest -= wrong[symbol]
    }
    return Int32(last - right) * places[cell].weight
  }
}
