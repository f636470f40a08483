import CKernels
import Models

/// Cells of a layer of which many reads are wrong, in the order in which every read of them is drawn.
///
/// One random byte decides nearly every read. Where it does not, 24 more bits do, so that a probability is
/// exact to 2^-32. A likely error is one of at most two, the neighbouring symbols; the likelier of them takes
/// the low end of the draws, the other the high end if it comes in more than one read in 256.
package struct UnsureCells: Sendable {
  /// A cell, and where it belongs.
  package struct Cell: Sendable {
    /// Index of its run: twice the place in the row, and one more if its likelier error is to read too much.
    var run: Int32
    var odds: tessera_unsure_cell

    /// Creates a cell of a run.
    package init(run: Int32, odds: tessera_unsure_cell) {
      self.run = run
      self.odds = odds
    }
  }

  /// Cells of one column and slice with the same likelier error.
  package struct Run: Sendable {
    var first: Int
    var count: Int
    var column: Int
    /// Place in the row, `[columns, slices]`.
    var cell: Int
    /// Change of the sum for an error to the low side.
    var factor: Int32
    /// Change of the symbol for an error to the low side.
    var side: Int
  }

  /// Run after run, each with rising rows.
  private let cells: [tessera_unsure_cell]
  private let runs: [Run]

  /// Open reads that memory is held for.
  private static let openReads = 1 << 18

  /// Sorts the cells of all rows.
  ///
  /// - Parameter rows: The cells of each row.
  package init(_ rows: [[Cell]], cellsPerRow: Int, sliceWeights: [Int32]) {
    var next = [Int](repeating: 0, count: 2 * cellsPerRow + 1)
    for row in rows { for cell in row { next[Int(cell.run) + 1] += 1 } }
    for run in 1..<next.count { next[run] += next[run - 1] }
    var runs: [Run] = []
    for index in 0..<2 * cellsPerRow where next[index + 1] > next[index] {
      let (column, slice) = (index / 2).quotientAndRemainder(dividingBy: sliceWeights.count)
      let side = index % 2 == 0 ? -1 : 1
      runs.append(
        Run(
          first: next[index], count: next[index + 1] - next[index], column: column, cell: index / 2,
          factor: Int32(side) * sliceWeights[slice], side: side))
    }
    self.runs = runs
    cells = [tessera_unsure_cell](unsafeUninitializedCapacity: next[2 * cellsPerRow]) { sorted, count in
      count = next[2 * cellsPerRow]
      for row in rows {
        for cell in row {
          sorted[next[Int(cell.run)]] = cell.odds
          next[Int(cell.run)] += 1
        }
      }
    }
  }

  /// Draws every read of an image.
  ///
  /// - Parameters:
  ///   - codes: Input codes of the layer.
  ///   - sums: Digital sums, `[windows][sumStride]`.
  ///   - reads: Stream of the bytes.
  ///   - open: Stream of the further bits.
  ///   - otherError: Change of the sum for an error that is none of the two likely ones, from a uniform number,
  ///     for a cell of a run.
  package func draw(
    _ codes: WindowCodes, sums: UnsafeMutablePointer<Int32>, sumStride: Int, reads: KeyedRandom,
    open: KeyedRandom, otherError: (Run, tessera_unsure_cell, Double) -> Int32
  ) {
    guard !cells.isEmpty else { return }
    let width = codes.width
    let changes = UnsafeMutableBufferPointer<Int32>.allocate(capacity: width)
    let cellsAtOnce = min(max(Self.openReads / width, 1), Int(TESSERA_UNSURE_CELLS))
    let list = UnsafeMutableBufferPointer<tessera_open_read>.allocate(capacity: cellsAtOnce * width)
    defer {
      changes.deallocate()
      list.deallocate()
    }
    changes.initialize(repeating: 0)
    var random = open
    let (key, stream) = (reads.philoxKey, reads.philoxStream)
    cells.withUnsafeBufferPointer { cells in
      for (index, run) in runs.enumerated() {
        var taken = 0
        while taken < run.count {
          let start = run.first + taken
          let some = UnsafeBufferPointer(rebasing: cells[start..<start + min(run.count - taken, cellsAtOnce)])
          let count = tessera_draw_reads(
            key, stream, UInt64(start), some.baseAddress, Int32(some.count), codes.values, Int32(width / 16),
            codes.used, run.factor, changes.baseAddress, list.baseAddress)
          for read in list[..<Int(count)] {
            let cell = some[Int(read.cell)]
            let word = random.next()
            let draw = UInt64(read.draw) << 24 | word >> 40
            let (low, high) = (UInt64(cell.low), UInt64(cell.high))
            let change: Int32
            if draw < low {
              change = run.factor
            } else if draw >= 1 << 32 - high {
              change = -run.factor
            } else if draw < low + UInt64(cell.rest) {
              change = otherError(run, cell, Double(word & 0xff_ffff_ffff) * 0x1p-40)
            } else {
              continue
            }
            let (window, row) = (Int(read.window), Int(cell.row))
            changes[window] += change * Int32(codes.values[row * width + window])
          }
          taken += some.count
        }
        guard index + 1 == runs.count || runs[index + 1].column != run.column else { continue }
        for window in 0..<codes.windows {
          sums[window * sumStride + run.column] &+= changes[window]
          changes[window] = 0
        }
      }
    }
  }
}

extension tessera_unsure_cell {
  /// Odds of a cell from the probabilities of its wrong symbols.
  ///
  /// - Parameters:
  ///   - wrong: Probability of each symbol but the right one.
  ///   - right: The right symbol.
  /// - Returns: The odds, and whether the likelier neighbour is the one above.
  package static func odds(_ wrong: SIMD4<Double>, right: Int, row: Int) -> (odds: Self, isAbove: Bool) {
    let (below, above) = (right > 0 ? wrong[right - 1] : 0, right < 3 ? wrong[right + 1] : 0)
    /// In units of 2^-32, of which a certain error is one short.
    func odds(_ probability: Double) -> UInt32 { UInt32(clamping: Int64((probability * 0x1p32).rounded())) }
    let total = odds(wrong.sum())
    let low = min(odds(max(below, above)), total)
    let other = min(odds(min(below, above)), total - low)
    let high = other >= 1 << 24 ? other : 0
    return (Self(low: low, rest: total - low - high, high: high, row: Int32(row)), above > below)
  }
}
